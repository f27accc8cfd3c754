"""What a week is made of: the lines, sources and exports of an archive that concern it.

Owns: which of them concern a week, and which weeks lines concern. Must not know: how a week is made, what has changed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from logparse.archive.index import DAY, NONE
from logparse.common.timestamps import microseconds
from logparse.common.weeks import week_at, week_bounds

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import tzinfo

    from logparse.archive.index import Entry, Given, Index
    from logparse.archive.storage.interface import Storage
    from logparse.common.privacy import Privacy
    from logparse.pipeline.options import Options
    from logparse.reports.table_files import FileFormat

#: Pages, logins and settings of the server may explain an attempt that is this much earlier or later (microseconds).
AROUND: Final = 86_400_000_000


@dataclass(slots=True)
class WeekTask:
    """All that a process must know to make a week and its reports.

    Attributes:
        name: name of the week; ``unknown``: the attempts without a known time.
        bounds: first moment of the week and first moment behind it, microseconds UTC; None for ``unknown``.
        storage: where the archive is.
        objects: objects that hold lines of the week and of the time around it.
        timeless: objects that hold lines without a time.
        entries: sources that have lines in any of these objects.
        exports: exports of the database that reach into that time.
        people: by deployment, the object that holds users and roles.
        old: object that holds attempts of an earlier version; empty: none.
        rule_folders: folders of the user's own rules.
        zone: zone in which weeks begin.
        overlap: what becomes of equal lines in two sources.
        form: how the reports are written.
        privacy: what tables hide of people.
    """

    name: str
    bounds: tuple[int, int] | None
    storage: Storage
    objects: list[str]
    timeless: list[str]
    entries: list[Entry]
    exports: list[Given]
    people: dict[str, str]
    old: str
    rule_folders: tuple[str, ...]
    zone: tzinfo
    overlap: str
    form: FileFormat
    privacy: Privacy


def plan_week(
    index: Index,
    name: str,
    storage: Storage,
    options: Options,
    *,
    people: dict[str, str],
    form: FileFormat,
) -> WeekTask:
    """Find out what a week is made of.

    Args:
        index: what the archive holds.
        name: name of the week, or ``unknown``.
        storage: where the archive is.
        options: rules, the zone in which weeks begin, and what tables are to hide.
        people: by deployment, the object that holds users and roles given now; they replace those given before.
        form: how the reports are to be written.

    Raises:
        ValueError: there is no such week.
    """
    bounds: tuple[int, int] | None = None
    undated = set(index.days.get(NONE, ()))
    if name == NONE:
        entries = [entry for entry in index.sources.values() if NONE in entry.days and entry.counts]
        days = {day for entry in entries for day in entry.days} - {NONE}
        since, until = 0, 1 << 62
    else:
        bounds = start, end = bounds_of(name, options.zone)
        since, until = start - AROUND, end + AROUND
        days = {str(day) for day in range(since // DAY, (until - 1) // DAY + 1)} & index.days.keys()
        entries = [
            entry
            for entry in index.sources.values()
            if entry.counts and (not days.isdisjoint(entry.days) or entry.reaches(start, end))
        ]
        if not any(NONE in entry.days for entry in entries):
            undated = set()
    known = index.weeks.get(name)
    return WeekTask(
        name=name,
        bounds=bounds,
        storage=storage,
        objects=[held for day in sorted(days) for held in index.days[day]],
        timeless=sorted(undated),
        entries=entries,
        exports=[
            export for export in index.exports if any(first < until and last >= since for first, last in export.spans)
        ],
        people={**({} if known is None else known.people), **people},
        old="" if known is None else known.old,
        rule_folders=options.setup.rule_folders,
        zone=options.zone,
        overlap=index.overlap,
        form=form,
        privacy=options.privacy,
    )


def weeks_near(days: Iterable[str], zone: tzinfo, around: int = AROUND) -> set[str]:
    """Return the weeks that lines of some days concern: the weeks that these days are in or near.

    Args:
        days: numbers of days from 1970, or ``unknown``.
        zone: zone in which weeks begin.
        around: how near, in microseconds.
    """
    moments = {int(day) * DAY + step for day in days if day != NONE for step in (-around, 0, DAY - 1, DAY + around - 1)}
    return {week_at(moment, zone) for moment in moments} | ({NONE} if NONE in days else set())


def weeks_reached(entry: Entry, zone: tzinfo) -> set[str]:
    """Return the weeks that a source reaches into."""
    if entry.span is None:
        return set()
    first, last = entry.span
    weeks = {week_at(moment, zone) for moment in (*range(first, last, 6 * DAY), last)}
    return {week for week in weeks if entry.reaches(*bounds_of(week, zone))}


def bounds_of(week: str, zone: tzinfo) -> tuple[int, int]:
    """Return the first moment of a week and the first moment behind it, microseconds UTC.

    Raises:
        ValueError: there is no such week.
    """
    start, end = week_bounds(week, zone)
    return microseconds(start), microseconds(end)
