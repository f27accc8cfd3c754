"""What an archive holds, and whether all of it is as it was written.

Owns: what is told of the weeks, sources and objects of an archive. Must not know: how they are shown, how to change an
archive.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from logparse.archive.index import Index
from logparse.archive.storage.opening import open_storage
from logparse.common.errors import OutputError
from logparse.common.text import count
from logparse.common.timestamps import format_time
from logparse.common.weeks import parse_zone
from logparse.pipeline.weekly.run_record import find_partial_weeks

if TYPE_CHECKING:
    from datetime import datetime

    from logparse.archive.index import Entry
    from logparse.archive.storage.interface import Storage

#: Said of a place that holds none.
NO_ARCHIVE: Final = "is no archive; logparse report --out makes one"
#: End of what a storage says of files that users have put there.
NOT_OURS: Final = "is not the archive's own"


class Contents(NamedTuple):
    """What an archive holds.

    Attributes:
        weeks: for each week its name, numbers of attempts, sources and findings, the version of logparse that made it,
            and what it lacks.
        sources: for each source its name, deployment, lines, first and last time, attempts, and what is wrong with it.
        objects: number of objects, and their bytes.
        text: bytes of the logs that were read.
        stale: weeks that the next run will make.
    """

    weeks: list[list[str | int]]
    sources: list[list[str | int]]
    objects: tuple[int, int]
    text: int
    stale: list[str]


def list_contents(place: str) -> Contents:
    """Return what an archive holds.

    Raises:
        OutputError: there is none, or it cannot be read.
    """
    storage = open_storage(place)
    index = read_index(storage, place)
    zone = parse_zone(index.timezone)
    parts = find_partial_weeks(index, [*index.weeks], zone)
    names = {entry.id: (entry.deployment, entry.name) for entry in index.sources.values()}
    weeks: list[list[str | int]] = []
    for name, week in sorted(index.weeks.items()):
        sources_of = {names.get(key, key) for key in week.counts}
        in_findings = sum(week.findings.values())
        lacks = _lacking(name, index, parts)
        weeks.append([name, week.attempts, len(sources_of), in_findings, week.version, lacks])
    attempts: dict[str, int] = {}
    for week in index.weeks.values():
        for source, number in week.counts.items():
            attempts[source] = attempts.get(source, 0) + number
    sources: list[list[str | int]] = [
        [
            entry.name, entry.deployment, int(entry.told["lines"]), *_times(entry.span), attempts.get(entry.id, 0),
            _wrong(entry),
        ]
        for entry in sorted(index.sources.values(), key=lambda one: (one.deployment, one.name, one.span or (0, 0)))
        if entry.counts
    ]  # fmt: skip
    sizes = storage.objects()
    text = sum(int(entry.told["bytes"]) for entry in index.sources.values() if entry.counts)
    return Contents(weeks, sources, (len(sizes), sum(sizes.values())), text, index.stale)


def _lacking(name: str, index: Index, parts: dict[str, list[tuple[datetime, datetime]]]) -> str:
    lacks = []
    if index.weeks[name].old:
        lacks.append("holds attempts of an earlier version")
    if name in index.stale:
        lacks.append("will be made again by the next run")
    lacks += [f"nothing from {since:%Y-%m-%d %H:%M} to {until:%Y-%m-%d %H:%M}" for since, until in parts.get(name, ())]
    return "; ".join(lacks)


def _wrong(entry: Entry) -> str:
    """Return what could not be read or understood of a source; empty if nothing."""
    strange = int(entry.told["kinds"]["unparsed"])
    return "; ".join(
        filter(None, (entry.told["problem"], f"{count(strange, 'line')} not understood" if strange else ""))
    )


def _times(span: tuple[int, int] | None) -> tuple[str, str]:
    return ("", "") if span is None else (format_time(span[0]), format_time(span[1]))


def verify(place: str) -> tuple[list[str], list[str]]:
    """Read every byte of an archive.

    Returns:
        A sentence for everything that is missing or damaged, and one for each file that is not the archive's own.

    Raises:
        OutputError: there is no archive, or it cannot be read at all.
    """
    storage = open_storage(place)
    index = read_index(storage, place)
    present = storage.objects()
    lost = sorted({name for name in index.objects() if name not in present})
    named = {part: name for name, week in index.weeks.items() for part in (week.part, week.own)}
    missing = [f"object {name} is missing{f', attempts of {named[name]}' if name in named else ''}" for name in lost]
    problems = storage.check(index.visible())
    others = [problem for problem in problems if problem.endswith(NOT_OURS)]
    return [*(problem for problem in problems if not problem.endswith(NOT_OURS)), *missing], others


def read_index(storage: Storage, place: str) -> Index:
    """Return what an archive holds.

    Raises:
        OutputError: there is no archive, or it cannot be read.
    """
    head = storage.head()
    if head is None:
        raise OutputError(place, NO_ARCHIVE)
    return Index.of(head.index, place)
