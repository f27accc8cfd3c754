"""Looking after an archive: what is in it, whether all of it is as it was written, and taking things out.

Owns: these four errands. Must not know: how logs are read, what a user sees.
"""

from __future__ import annotations

import fnmatch
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from logparse.archive.days import compact_day
from logparse.archive.index import DAY, NONE, Index
from logparse.archive.storage.opening import opened
from logparse.common.errors import InputError, OutputError
from logparse.common.text import count
from logparse.common.timestamps import format_time, microseconds
from logparse.common.weeks import parse_zone, week_bounds
from logparse.pipeline.job import Job
from logparse.pipeline.options import check_options
from logparse.pipeline.weekly.derivation import AROUND
from logparse.pipeline.weekly.run_record import partial
from logparse.pipeline.weekly.transaction import commit, opened_index
from logparse.pipeline.weekly.update import Run, Wanted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from logparse.archive.index import Entry
    from logparse.archive.storage.interface import Storage

#: What a storage says of files that users have put there.
NOT_OURS: Final = "is not the archive's own"


class Held(NamedTuple):
    """What an archive holds.

    Attributes:
        weeks: name, attempts, sources, findings, the version that made it, and what it lacks.
        sources: name, deployment, lines, first and last time, attempts.
        objects: how many there are, and their bytes.
        text: bytes of the logs that were read.
        stale: weeks that are to be made.
    """

    weeks: list[list[str | int]]
    sources: list[list[str | int]]
    objects: tuple[int, int]
    text: int
    stale: list[str]


def held(place: str) -> Held:
    """What an archive holds.

    Raises:
        OutputError: there is none, or it cannot be read.
    """
    storage = opened(place)
    index = _index(storage, place)
    zone = parse_zone(index.timezone)
    parts = partial(index, [*index.weeks], zone)
    names = {entry.id: (entry.deployment, entry.name) for entry in index.sources.values()}
    weeks: list[list[str | int]] = []
    for name, week in sorted(index.weeks.items()):
        sources_of = {names.get(each, each) for each in week.counts}
        found = sum(week.findings.values())
        weeks.append([name, week.attempts, len(sources_of), found, week.version, _lacking(name, index, parts)])
    attempts: dict[str, int] = {}
    for week in index.weeks.values():
        for source, number in week.counts.items():
            attempts[source] = attempts.get(source, 0) + number
    sources: list[list[str | int]] = [
        [
            entry.name, entry.deployment, int(entry.told["lines"]), *_times(entry.span), attempts.get(entry.id, 0),
            _wrong(entry),
        ]
        for entry in sorted(index.sources.values(), key=lambda each: (each.deployment, each.name, each.span or (0, 0)))
        if entry.counts
    ]  # fmt: skip
    sizes = storage.objects()
    text = sum(int(entry.told["bytes"]) for entry in index.sources.values() if entry.counts)
    return Held(weeks, sources, (len(sizes), sum(sizes.values())), text, index.stale)


def _lacking(name: str, index: Index, parts: dict[str, list[tuple[datetime, datetime]]]) -> str:
    told = []
    if index.weeks[name].old:
        told.append("holds attempts of an earlier version")
    if name in index.stale:
        told.append("is to be made anew")
    told += [f"nothing from {since:%Y-%m-%d %H:%M} to {until:%Y-%m-%d %H:%M}" for since, until in parts.get(name, ())]
    return "; ".join(told)


def _wrong(entry: Entry) -> str:
    """What could not be read or understood of a source."""
    strange = int(entry.told["kinds"]["unparsed"])
    return "; ".join(
        filter(None, (entry.told["problem"], f"{count(strange, 'line')} not understood" if strange else ""))
    )


def _times(span: tuple[int, int] | None) -> tuple[str, str]:
    return ("", "") if span is None else (format_time(span[0]), format_time(span[1]))


def verify(place: str) -> tuple[list[str], list[str]]:
    """Read every byte of an archive: what is missing or damaged, a sentence each, and which files are not its own.

    Raises:
        OutputError: there is no archive, or it cannot be read at all.
    """
    storage = opened(place)
    index = _index(storage, place)
    there = storage.objects()
    lost = sorted({name for name in index.objects() if name not in there})
    named = {week.part: name for name, week in index.weeks.items()}
    said = [f"object {name} is missing{f', attempts of {named[name]}' if name in named else ''}" for name in lost]
    told = storage.check(index.visible())
    others = [each for each in told if each.endswith(NOT_OURS)]
    return [*(each for each in told if not each.endswith(NOT_OURS)), *said], others


def forget(place: str, patterns: Sequence[str], rules: Sequence[str] = (), *, wait: float = 0.0) -> list[str]:
    """Take sources out, with all lines of theirs, and make the weeks anew that they concern.

    Args:
        place: folder or URL.
        patterns: names of sources, or globs of them.
        rules: folders of rules of the user's own.
        wait: seconds to wait for a run to end.

    Returns:
        The names of the sources that were taken out.

    Raises:
        InputError: no source is called so.
        OutputError: the archive cannot be read or written; it is as it was before.
    """
    with _changing(place, rules, wait) as run:
        index = run.index
        gone = [
            entry
            for entry in index.sources.values()
            if any(fnmatch.fnmatchcase(entry.name, each) or entry.id == each for each in patterns)
        ]
        failed = {name for name in index.failed if any(fnmatch.fnmatchcase(name, each) for each in patterns)}
        if not gone and not failed:
            raise InputError(
                patterns[0], "no source of the archive is called so", f"see logparse archive list --sources {place}"
            )
        ids = {entry.id for entry in gone}
        days = {day for entry in gone for day in entry.days}
        for entry in gone:
            del index.sources[entry.id]
        for entry in index.sources.values():
            if entry.before in ids:
                entry.before = ""
        index.seen = {name: hint for name, hint in index.seen.items() if hint[-1] not in ids}
        index.failed = {name: told for name, told in index.failed.items() if name not in failed}
        for day in sorted(days):
            compact_day(run.storage, index, day)
        for entry in gone:
            run.addition.touch(entry)
        return sorted({entry.name for entry in gone if entry.counts} | failed)


@dataclass(frozen=True, slots=True)
class Pruned:
    """What was taken out.

    Attributes:
        weeks: their names.
        sources: how many sources had lines in no other week.
    """

    weeks: list[str]
    sources: int


def prune(place: str, before: str, rules: Sequence[str] = (), *, wait: float = 0.0) -> Pruned:
    """Take out all weeks before one, their reports and all lines of theirs.

    What was in them stays known, so that old logs are not read again. Lines of the day before the first week that stays
    are kept: evidence of that week.

    Args:
        place: folder or URL.
        before: the first week that stays.
        rules: folders of rules of the user's own.
        wait: seconds to wait for a run to end.

    Raises:
        ValueError: there is no such week.
        OutputError: the archive cannot be read or written; it is as it was before.
    """
    with _changing(place, rules, wait) as run:
        index = run.index
        start = microseconds(week_bounds(before, run.job.options.zone)[0])
        weeks = sorted(name for name in index.weeks if name != NONE and name < before)
        for name in weeks:
            del index.weeks[name]
        index.stale = [name for name in index.stale if name == NONE or name >= before]
        index.floor = max(index.floor, before)
        first = (start - AROUND) // DAY
        old = [day for day in index.days if day != NONE and int(day) < first]
        for day in old:
            del index.days[day]
        gone = 0
        for entry in list(index.sources.values()):
            entry.days = [day for day in entry.days if day not in old]
            if not entry.days and entry.span is not None and entry.span[1] < start:
                del index.sources[entry.id]
                index.gone.append(entry.id)
                gone += 1
        known = {entry.id for entry in index.sources.values()}
        for entry in index.sources.values():
            entry.before = entry.before if entry.before in known else ""
        index.gone = sorted(set(index.gone))
        index.exports = [
            each for each in index.exports if not each.spans or max(until for _, until in each.spans) >= start - AROUND
        ]
        index.stale = sorted({*index.stale, before})
        return Pruned(weeks, gone)


def _index(storage: Storage, place: str) -> Index:
    head = storage.head()
    if head is None:
        raise OutputError(place, "is no archive; logparse report --out makes one")
    return Index.of(head.index, place)


@contextmanager
def _changing(place: str, rules: Sequence[str], wait: float) -> Iterator[Run]:
    """An archive that is changed, under its lock; committed where nothing fails."""
    storage = opened(place)
    _index(storage, place)  # before anything is made there
    with storage.lock(wait):
        storage.settle()
        index, number, _ = opened_index(storage, place, None)
        job = Job((), check_options({"rules": rules, "timezone": parse_zone(index.timezone)}))
        run = Run(storage, index, job, Wanted(place))
        yield run
        run.make(None)
        commit(storage, index, number)
