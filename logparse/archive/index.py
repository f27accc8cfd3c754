"""What an archive holds: its sources, lines, weeks and exports, by the names of the objects that hold them.

Owns: the form of the index and its JSON. Must not know: what is in an object, how it is stored.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields
from typing import TYPE_CHECKING, Any, Final

from logparse.common.errors import OutputError
from logparse.scans.coverage import Coverage

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Of this form; an archive of a later form is left alone.
FORM: Final = 1
#: Stands for a week, or a day, where no time is known: pandas refuses the name that Hive has for it, and pyarrow where
#: there is no other week.
NONE: Final = "unknown"
#: Microseconds of a day.
DAY: Final = 86_400_000_000


@dataclass(slots=True)
class Entry:
    """One source, or what came to it since it was read before.

    Attributes:
        id: digest of its text, up to where it was read.
        key: what its lines are stored under; another one each time that it is read anew.
        name, folder: as it was given when it was read.
        deployment: which Airflow, if the user said so, else empty.
        told: its coverage, as ``dataclasses.asdict`` has it: what came to it, if it was read before.
        total: lines, and lines by kind, of all of its text; bytes, forged lines, lines by format and envelope too.
        head: digest of its first bytes.
        packed: size and digest of the file as it is on disk, where that is not the text; None else.
        since: lines up to this one are counted where it was read before.
        until: lines behind this one are counted where it was read later; None: none are.
        before: id of what was read before.
        leads: the user says that it counts where other logs hold the same requests.
        users: lines were kept that matter only where the users of the server are known.
        read_as: with which options it was read.
        zone: of stamps that name none.
        rules: digest of the rules that told which lines matter.
        days: days that it has lines of that matter, numbered from 1970, or ``unknown``.
        fresh: days that it has such lines of that were not there when it was read before.
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
    users: bool = False
    read_as: str = ""
    zone: str = "UTC"
    rules: str = ""
    days: list[str] = field(default_factory=list)
    fresh: list[str] = field(default_factory=list)
    whole: bool = True

    @property
    def size(self) -> int:
        """Bytes of its text."""
        return int(self.total["bytes"])

    def reaches(self, start: int, end: int) -> bool:
        """Whether it, or what came to it since it was read, tells of the time from one moment to before another."""
        span = self.span
        if span is None or span[0] >= end or span[1] < start:
            return False
        days = range(start // DAY, (end - 1) // DAY + 1)
        return not self.before or span[0] < start or any(day != NONE and int(day) in days for day in self.fresh)

    @property
    def counts(self) -> bool:
        """Whether any lines count as its own."""
        return self.until is None or self.until > self.since

    @property
    def coverage(self) -> Coverage:
        """What it was and what was made of it."""
        return restore_coverage(self.told)

    @property
    def span(self) -> tuple[int, int] | None:
        """Its first and last time in microseconds UTC; None if no line tells any."""
        first, last = self.told["first"], self.told["last"]
        return None if first is None or last is None else (int(first), int(last))


def restore_coverage(told: dict[str, Any]) -> Coverage:
    """Coverage as it was before it became JSON."""
    unparsed = tuple((int(line), str(text)) for line, text in told["unparsed"])
    others = tuple((str(name), int(number)) for name, number in told["counted_in"])
    return Coverage(**{**told, "unparsed": unparsed, "counted_in": others, "beginnings": ()})


@dataclass(slots=True)
class Week:
    """One week as it was made.

    Attributes:
        rules: digest of the rules that decided.
        version: of the program.
        form: ``csv`` or ``parquet``, of its reports.
        attempts: how many there are.
        part: object that holds them; empty if there are none.
        reports: objects by name of the report.
        counts: by id of the source, how many attempts it holds.
        findings: ids of its findings, with their attempts.
        outcomes: attempts by outcome.
        people: by deployment, the object that holds its users and roles.
        labels: deployments that its reports tell of.
        old: object of attempts that an earlier version wrote and of which no line is stored; empty: none.
    """

    rules: str
    version: str
    form: str
    attempts: int = 0
    part: str = ""
    reports: dict[str, str] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    findings: dict[str, int] = field(default_factory=dict)
    outcomes: dict[str, int] = field(default_factory=dict)
    people: dict[str, str] = field(default_factory=dict)
    labels: list[str] = field(default_factory=list)
    old: str = ""


@dataclass(slots=True)
class Given:
    """One export of the database.

    Attributes:
        object: that holds it.
        deployment: whose it is.
        spans: from when to when its records go, microseconds UTC.
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
        record: the object that tells of the last run.
        floor: weeks before this one were removed; empty: none.
        gone: ids of sources that were removed by ``prune``, which are not to be read again.
        failed: by name, the coverage of sources that could not be read at all.
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
    floor: str = ""
    gone: list[str] = field(default_factory=list)
    failed: dict[str, dict[str, Any]] = field(default_factory=dict)

    def json(self) -> bytes:
        """The same bytes for the same content."""
        told = {"form": FORM, **{each.name: getattr(self, each.name) for each in fields(self)}}
        for name in ("sources", "weeks"):
            told[name] = {key: asdict(value) for key, value in sorted(told[name].items())}
        told["exports"] = [asdict(each) for each in self.exports]
        for name in ("seen", "days", "failed"):
            told[name] = dict(sorted(told[name].items()))
        return (json.dumps(told, ensure_ascii=True, separators=(",", ":")) + "\n").encode()

    @classmethod
    def of(cls, data: bytes, place: str) -> Index:
        """The index that ``json`` has written.

        Raises:
            OutputError: it is damaged, or of a later version of the program.
        """
        try:
            told = json.loads(data)
            form = told.pop("form")
            if form == FORM:
                told["sources"] = {key: Entry(**value) for key, value in told["sources"].items()}
                told["weeks"] = {key: Week(**value) for key, value in told["weeks"].items()}
                told["exports"] = [Given(**value) for value in told["exports"]]
                return cls(**told)
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise OutputError(place, "the index of the archive is damaged; see logparse archive verify") from error
        raise OutputError(place, "is an archive of a later version of logparse; use that, or give another folder")

    def visible(self) -> dict[str, str]:
        """What users see: relative path of each file, and the object that it is."""
        found = {"run.json": self.record} if self.record else {}
        if self.coverage:
            found[f"coverage.{self.coverage_form}"] = self.coverage
        for name, week in self.weeks.items():
            if week.part:
                found[f"attempts/week={name}/part-0.parquet"] = week.part
            found |= {f"{name}/{report}.{week.form}": each for report, each in week.reports.items()}
        return found

    def objects(self) -> Iterator[str]:
        """All objects that are needed, some more than once."""
        yield from self.visible().values()
        for names in self.days.values():
            yield from names
        for week in self.weeks.values():
            yield from week.people.values()
            if week.old:
                yield week.old
        yield from (each.object for each in self.exports)
