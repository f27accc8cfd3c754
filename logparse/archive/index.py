"""The index of an archive: its sources, lines, weeks and exports, with the names of the objects that hold them.

Owns: the form of the index and its JSON. Must not know: what is in an object, how it is stored.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from logparse.common.errors import OutputError
from logparse.common.flat_records import fields_of, known_fields
from logparse.scans.coverage import restore_coverage

if TYPE_CHECKING:
    from collections.abc import Iterator

    from logparse.scans.coverage import Coverage

#: Version of this form of index; an archive of a later form is left alone.
FORM: Final = 1
#: Name of the week, or of the day, of lines without a known time. Pandas refuses the name that Hive has for it.
NONE: Final = "unknown"
#: Microseconds of a day.
DAY: Final = 86_400_000_000


@dataclass(slots=True)
class Entry:
    """One source, or the part of it that was added since it was read before.

    Attributes:
        id: digest of its text, up to where it was read.
        key: what its stored lines hold in the column ``source``; another text each time that it is read again.
        name, folder: name and folder as the user gave them.
        deployment: name of the Airflow that wrote it, if the user gave one, else empty.
        told: its coverage, as a dictionary; if it was read before, only that of the added part.
        total: of all of its text: bytes, lines, lines by kind, by format and by envelope, forged lines.
        head: digest of its first bytes.
        packed: size and digest of the file on disk, if that is compressed; else None.
        since: lines up to this one are counted where it was read before.
        until: lines behind this one are counted where it was read later; None: none are.
        before: id of what was read before.
        leads: the user lets it lead: requests that other logs hold too are counted in it.
        read_as: options with which it was read, as a text.
        zone: zone of times that name none.
        rules: digest of the rules that said which lines matter.
        days: days of its stored lines, numbered from 1970, or ``unknown``.
        fresh: days of its stored lines that were added since it was read before.
        whole: it was read to its end.
    """

    id: str
    key: str
    name: str
    folder: str
    deployment: str
    told: dict[str, Any]
    total: dict[str, Any]
    head: str
    packed: list[Any] | None
    since: int = 0
    until: int | None = None
    before: str = ""
    leads: bool = False
    read_as: str = ""
    zone: str = "UTC"
    rules: str = ""
    days: list[str] = field(default_factory=list)
    fresh: list[str] = field(default_factory=list)
    whole: bool = True

    @property
    def size(self) -> int:
        """Number of bytes of its text."""
        return int(self.total["bytes"])

    def reaches(self, start: int, end: int) -> bool:
        """True if it, or its added part, reaches into the time from ``start`` to before ``end``, microseconds UTC."""
        span = self.span
        if span is None or span[0] >= end or span[1] < start:
            return False
        days = range(start // DAY, (end - 1) // DAY + 1)
        return not self.before or span[0] < start or any(day != NONE and int(day) in days for day in self.fresh)

    @property
    def counts(self) -> bool:
        """True if any lines count as its own."""
        return self.until is None or self.until > self.since

    @property
    def coverage(self) -> Coverage:
        """The coverage of the source, or of its added part."""
        return restore_coverage(self.told)

    @property
    def span(self) -> tuple[int, int] | None:
        """Its first and last time, microseconds UTC; None if no line carries one."""
        first, last = self.told["first"], self.told["last"]
        return None if first is None or last is None else (int(first), int(last))


@dataclass(slots=True)
class Week:
    """One week.

    Attributes:
        rules: digest of the rules that judged its attempts.
        version: version of logparse that made it.
        form: form of its reports, ``csv`` or ``parquet``.
        attempts: number of attempts.
        part: object that holds the attempts; empty if there are none.
        own: object that holds them with the findings called as the week by itself calls them; empty: it is ``part``.
        reports: by name of the report, the object that holds it.
        counts, undecided: by id of the source, the number of attempts in it, and of those that no rule decided.
        findings: by id of the finding, its number of attempts.
        outcomes: number of attempts by outcome.
        people: by deployment, the object that holds its users and roles.
        labels: deployments that its reports hold.
        old: object that holds attempts of an earlier version, of which no lines are stored; empty: none.
        causes: object that holds the findings as they are without other weeks; empty: there is none.
        lives: by deployment and key of a finding, what later weeks must know of it (``finding_past.Life``).
    """

    rules: str
    version: str
    form: str
    attempts: int = 0
    part: str = ""
    reports: dict[str, str] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    undecided: dict[str, int] = field(default_factory=dict)
    findings: dict[str, int] = field(default_factory=dict)
    outcomes: dict[str, int] = field(default_factory=dict)
    people: dict[str, str] = field(default_factory=dict)
    labels: list[str] = field(default_factory=list)
    old: str = ""
    causes: str = ""
    lives: dict[str, dict[str, list[Any]]] = field(default_factory=dict)
    own: str = ""


@dataclass(slots=True)
class Given:
    """One export of the database.

    Attributes:
        object: name of the object that holds it.
        deployment: name of the Airflow that it is from.
        spans: times that its records cover, each with its first and last moment, microseconds UTC.
    """

    object: str
    deployment: str
    spans: list[list[int]] = field(default_factory=list)


@dataclass(slots=True)
class Index:
    """All that an archive holds.

    Attributes:
        timezone: in which its weeks begin.
        overlap: what becomes of equal lines in two sources.
        sources: by id.
        seen: by name, size and times of a file as it was last read, and the id of what was in it.
        days: by day, numbered from 1970 (or ``unknown``), the objects that hold its lines.
        weeks: by name; ``unknown`` holds attempts without a known time.
        stale: weeks that are to be made, since what they are made of has changed.
        exports: of the database.
        coverage: the object that tells what was read.
        coverage_form: ``csv`` or ``parquet``.
        record, views: the objects that tell of the last run, and that hold the views for SQL.
        floor: weeks before this one were removed; empty: none.
        gone: ids of sources that were removed by ``prune``, which are not to be read again.
        failed: by name, the coverage of sources that could not be read at all.
        privacy: what tables hide of people, see ``common.privacy``; empty: nothing.
    """

    timezone: str
    overlap: str = "auto"
    sources: dict[str, Entry] = field(default_factory=dict)
    seen: dict[str, list[Any]] = field(default_factory=dict)
    days: dict[str, list[str]] = field(default_factory=dict)
    weeks: dict[str, Week] = field(default_factory=dict)
    stale: list[str] = field(default_factory=list)
    exports: list[Given] = field(default_factory=list)
    coverage: str = ""
    coverage_form: str = "csv"
    record: str = ""
    views: str = ""
    floor: str = ""
    gone: list[str] = field(default_factory=list)
    failed: dict[str, dict[str, Any]] = field(default_factory=dict)
    privacy: dict[str, Any] = field(default_factory=dict)

    def json(self) -> bytes:
        """Return the index as JSON; equal indexes give equal bytes."""
        told = {"form": FORM, **fields_of(self)}
        for name in ("sources", "weeks"):
            told[name] = {key: fields_of(value) for key, value in sorted(told[name].items())}
        told["exports"] = [fields_of(each) for each in self.exports]
        if not self.privacy:  # so that earlier versions can read it
            del told["privacy"]
        for name in ("seen", "days", "failed"):
            told[name] = dict(sorted(told[name].items()))
        return (json.dumps(told, ensure_ascii=True, separators=(",", ":")) + "\n").encode()

    @classmethod
    def of(cls, data: bytes, place: str) -> Index:
        """Return the index that ``json`` has written.

        Raises:
            OutputError: it is damaged, or of a later version of the program.
        """
        try:
            told = json.loads(data)
            if told["form"] == FORM:
                told["sources"] = {key: Entry(**known_fields(Entry, value)) for key, value in told["sources"].items()}
                told["weeks"] = {key: Week(**known_fields(Week, value)) for key, value in told["weeks"].items()}
                told["exports"] = [Given(**known_fields(Given, value)) for value in told["exports"]]
                return cls(**known_fields(cls, told))
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise OutputError(place, "the index of the archive is damaged; see logparse archive verify") from error
        raise OutputError(place, "is an archive of a later version of logparse; use that, or give another folder")

    def visible(self) -> dict[str, str]:
        """Return the files that users see: by relative path, the object that each is."""
        found = {"run.json": self.record} if self.record else {}
        if self.views:
            found["views.sql"] = self.views
        if self.coverage:
            found[f"coverage.{self.coverage_form}"] = self.coverage
        for name, week in self.weeks.items():
            if week.part:
                found[f"attempts/week={name}/part-0.parquet"] = week.part
            found |= {f"{name}/{report}.{week.form}": each for report, each in week.reports.items()}
        return found

    def objects(self) -> Iterator[str]:
        """Yield the names of all objects that are needed, some more than once."""
        yield from self.visible().values()
        yield from (name for names in self.days.values() for name in names)
        for week in self.weeks.values():
            yield from week.people.values()
            yield from filter(None, (week.old, week.causes, week.own))
        yield from (each.object for each in self.exports)
