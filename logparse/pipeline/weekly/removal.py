"""Taking sources and weeks out of an archive.

Owns: what goes with a source or a week, and what must be made again then. Must not know: how logs are read, what a user
sees.
"""

from __future__ import annotations

import fnmatch
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from logparse.archive.days import compact_day
from logparse.archive.index import DAY, NONE
from logparse.archive.storage.opening import open_storage
from logparse.common.errors import InputError
from logparse.common.timestamps import microseconds
from logparse.common.weeks import parse_zone, week_bounds
from logparse.pipeline.job import Job
from logparse.pipeline.options import RunOptions, check_options
from logparse.pipeline.weekly.contents import read_index
from logparse.pipeline.weekly.transaction import commit, open_index
from logparse.pipeline.weekly.update import Run, Wanted
from logparse.pipeline.weekly.week_task import AROUND

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


def forget(
    place: str, patterns: Sequence[str], rules: Sequence[str] = (), *, wait: float = 0.0, key: str | None = None
) -> list[str]:
    """Take sources out, with all lines of theirs, and make the weeks anew that they concern.

    Args:
        place: folder or URL.
        patterns: names of sources, or globs of them.
        rules: folders of rules of the user's own.
        wait: seconds to wait for a run to end.
        key: of the pseudonyms that the archive shows.

    Returns:
        The names of the sources that were taken out.

    Raises:
        InputError: no source has such a name.
        OutputError: the archive cannot be read or written; it is as it was before.
    """
    with change_archive(place, rules, wait, key) as run:
        index = run.index
        gone = [
            entry
            for entry in index.sources.values()
            if any(fnmatch.fnmatchcase(entry.name, pattern) or entry.id == pattern for pattern in patterns)
        ]
        failed = {name for name in index.failed if any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)}
        if not gone and not failed:
            raise InputError(
                patterns[0], "the archive holds no source of this name", f"see logparse archive list --sources {place}"
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


def prune(place: str, before: str, rules: Sequence[str] = (), *, wait: float = 0.0, key: str | None = None) -> Pruned:
    """Take out all weeks before one, their reports and all lines of theirs.

    What was in them stays known, so that old logs are not read again. Lines of the day before the first week that stays
    are kept: evidence of that week.

    Args:
        place: folder or URL.
        before: the first week that stays.
        rules: folders of rules of the user's own.
        wait: seconds to wait for a run to end.
        key: of the pseudonyms that the archive shows.

    Raises:
        ValueError: there is no such week.
        OutputError: the archive cannot be read or written; it is as it was before.
    """
    with change_archive(place, rules, wait, key) as run:
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
            export
            for export in index.exports
            if not export.spans or max(until for _, until in export.spans) >= start - AROUND
        ]
        index.stale = sorted({*index.stale, before})
        return Pruned(weeks, gone)


@contextmanager
def change_archive(
    place: str, rules: Sequence[str], wait: float, key: str | None, *, dry_run: bool = False
) -> Iterator[Run]:
    """Hold the lock of an archive while it is changed; commit if nothing fails, and if this is no trial.

    Args:
        place: folder or URL.
        rules: folders of rules of the user's own.
        wait: seconds to wait for a run to end.
        key: of the pseudonyms that the archive shows.
        dry_run: leave the archive as it was.
    """
    storage = open_storage(place)
    read_index(storage, place)  # before anything is made there
    with storage.lock(wait):
        storage.settle()
        index, number, _ = open_index(storage, place, None)
        given: RunOptions = {"rules": rules, "timezone": parse_zone(index.timezone), "pseudonym_key": key}
        job = Job((), check_options(given))
        run = Run(storage, index, job, Wanted(place))
        before = set(index.objects())
        yield run
        if dry_run:
            storage.remove(set(storage.objects()) - before)
            return
        run.make(None)
        commit(storage, index, number)
