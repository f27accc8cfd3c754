"""A run from its lock to its commit.

Owns: the order of these steps, what stops a commit, which files of a folder are its own. Must not know: what a run does
to an archive in between (``update``), what a user sees of it.
"""

from __future__ import annotations

import json
import logging
import os
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from logparse.archive import old_folders
from logparse.archive.index import NONE, Index
from logparse.archive.storage.interface import ConflictError
from logparse.archive.storage.opening import open_storage
from logparse.common import temporary
from logparse.common.errors import OutputError
from logparse.common.weeks import parse_zone
from logparse.pipeline.job import open_workers
from logparse.pipeline.weekly.run_record import (
    encode_coverage,
    find_partial_weeks,
    gather_coverage,
    make_record,
    write_sql,
)
from logparse.pipeline.weekly.update import Run, Wanted
from logparse.reports import catalog, expectations, messages

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import tzinfo

    from logparse.archive.storage.interface import Storage
    from logparse.pipeline.job import Job
    from logparse.scans.coverage import Coverage

LOG: Final = logging.getLogger("logparse.archive")
#: How often a run begins again if others have committed to the bucket in the meantime.
_TRIES: Final = 5


@dataclass(slots=True)
class Done:
    """The end of a run.

    Attributes:
        run: what it did.
        mended: what was repaired after a run that died.
        shortcomings: what was lost, not understood, or is counted twice; if nothing may be missing, ``missing`` too.
        missing: what was expected and is not there.
        committed: whether the archive has changed.
        record: what is in ``run.json``, for programs that watch over it.
        partial: by week, the parts of it that no log reaches into, of the weeks that were made.
    """

    run: Run
    mended: list[str] = field(default_factory=list)
    shortcomings: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    committed: bool = False
    record: dict[str, Any] = field(default_factory=dict)
    partial: dict[str, list[tuple[datetime, datetime]]] = field(default_factory=dict)


def find_zone(place: str) -> tzinfo | None:
    """Return the zone in which the weeks of an archive begin; None: there is no archive yet.

    Raises:
        OutputError: what is there cannot be read.
    """
    head = open_storage(place).head()
    if head is not None:
        return parse_zone(Index.of(head.index, place).timezone)
    folder = Path(place)
    return parse_zone(old_folders.zone_of(folder)) if "://" not in place and old_folders.is_old_folder(folder) else None


def run_weekly(
    job: Job,
    wanted: Wanted,
    on_bytes: Callable[[int], None] | None = None,
) -> Done:
    """Add logs to an archive, and make the weeks that they concern: all of it or nothing.

    Args:
        job: what is to be read, and how.
        wanted: what to do with the archive.
        on_bytes: told of every portion of bytes read.

    Raises:
        LockedError: another run is at work.
        OutputError: it cannot be written, or what it holds not be read; it is as it was before.
        FormatError, RuleError: formats or rules cannot be used.
        LogparseError: the cluster cannot be used.
    """
    temporary.sweep()
    storage = open_storage(wanted.place)
    if wanted.dry_run and storage.head() is None:  # so that not even an empty archive is left there
        trial = temporary.Folder()
        storage = open_storage(str(trial.path))
    for left in range(_TRIES, 0, -1):
        try:
            with storage.lock(wanted.wait):
                return _locked(storage, job, wanted, on_bytes)
        except ConflictError:
            if left == 1 or any(source.piped for source in job.sources):  # which cannot be read again
                raise
            LOG.info("%s: another run has committed; beginning anew upon that", wanted.place)
    raise AssertionError


def _locked(
    storage: Storage,
    job: Job,
    wanted: Wanted,
    on_bytes: Callable[[int], None] | None,
) -> Done:
    began = datetime.now(UTC)
    mended = storage.settle()
    for sentence in mended:
        LOG.info("%s: %s", wanted.place, sentence)
    index, number, said = open_index(storage, wanted.place, job.options.zone)
    before = set(index.objects()) if number else set()
    run = Run(storage, index, job, wanted)
    run.messages += said
    with open_workers(job) as pool:
        run.read(pool, on_bytes)
        LOG.info(
            "%s: read %d sources in %.1f s, %d were known",
            wanted.place, len(run.addition.entries), run.timings["read"], len(run.addition.known),
        )  # fmt: skip
        run.make(pool)
        LOG.info("%s: made %d weeks in %.1f s", wanted.place, len(run.made), run.timings["weeks"])
    done = Done(run, mended)
    done.partial = find_partial_weeks(index, [each for each in run.made if each in index.weeks], job.options.zone)
    read = {entry.source for entry in run.addition.entries}
    # With all attempts that the archive holds of them.
    whole = [entry for entry in gather_coverage(index).values() if entry.source in read] if NONE in index.weeks else []
    done.shortcomings = [
        *job.unfilled,
        *messages.list_shortcomings(run.addition.entries),
        *expectations.list_undated(whole),
        *_counted_twice(run),
    ]
    done.missing = _list_missing(run, whole, done.partial)
    if wanted.strict:
        done.shortcomings += done.missing
    for message in (*run.messages, *done.shortcomings):
        LOG.warning("%s: %s", wanted.place, message)
    done.record = make_record(run, began, done.mended, done.shortcomings)
    if wanted.dry_run or (wanted.strict and done.shortcomings):
        storage.remove(set(storage.objects()) - before)
        return done
    index.coverage_form = wanted.form or index.coverage_form
    index.record = storage.put((json.dumps(done.record, indent=1, sort_keys=True) + "\n").encode())
    done.mended += commit(storage, index, number)
    done.committed = True
    LOG.info("%s: committed generation %d", wanted.place, number + 1)
    return done


def _list_missing(
    run: Run, whole: Sequence[Coverage], partial: Mapping[str, Sequence[tuple[datetime, datetime]]]
) -> list[str]:
    """Return a message for whatever was expected and is not there; ``whole`` as in ``_locked``."""
    entries, sources, options = run.addition.entries, run.job.sources, run.job.options
    return [
        *messages.list_empty(entries, sources),
        *expectations.list_hollow(entries, sources),
        *expectations.list_without_requests([] if run.index.weeks else entries),
        *expectations.list_unmatched(entries, options.setup),
        *expectations.list_timeless(whole),
        *expectations.list_missing_weeks(options.weeks or (), partial, options.zone),
    ]


def open_index(storage: Storage, place: str, zone: tzinfo | None) -> tuple[Index, int, list[str]]:
    """Return the index of an archive, the number of its generation, and messages to the user.

    Args:
        storage: where it is.
        place: as the user wrote it.
        zone: in which weeks are to begin; None: as they do.

    Raises:
        OutputError: its weeks begin in another zone, or it cannot be read.
    """
    head = storage.head()
    if head is not None:
        index = Index.of(head.index, place)
        if zone is not None and index.timezone != str(zone):
            raise OutputError(
                place,
                f"holds reports whose weeks begin in {index.timezone}, not {zone}; give another folder, or "
                f"--timezone {index.timezone}",
            )
        return index, head.number, []
    if "://" not in place and old_folders.is_old_folder(Path(place)):
        index, said = old_folders.take_over(Path(place), storage, zone or UTC)
        return index, 0, [said]
    return Index(str(zone or UTC)), 0, []


def commit(storage: Storage, index: Index, number: int) -> list[str]:
    """Make an index the next generation of an archive, and remove what is needed no more; return what was repaired.

    Args:
        storage: where it is.
        index: what it is to hold; its coverage and views are written here.
        number: of the generation that holds.

    Raises:
        ConflictError: somebody else has committed in the meantime.
        OutputError: it cannot be written.
    """
    index.coverage = storage.put(encode_coverage(index))
    index.views = storage.put(write_sql(index).encode())
    mended = storage.commit(number + 1, index.json(), index.visible())
    storage.remove(set(storage.objects()) - set(index.objects()))
    return mended


def is_own_file(path: Path, folder: Path) -> bool:
    """True if logparse has written a file into a folder, so that it is no log."""
    try:
        # Path.resolve raises RuntimeError for a link to itself before Python 3.13.
        parts = Path(os.path.realpath(path)).relative_to(os.path.realpath(folder)).parts
    except ValueError:
        return False
    if len(parts) == 1:
        return parts[0] in {"coverage.csv", "coverage.parquet", "run.json", "views.sql", old_folders.MANIFEST}
    if parts[0] in {".logparse", "attempts"}:
        return parts[0] == ".logparse" or parts[1].startswith("week=")
    return bool(old_folders.WEEK_FOLDER.fullmatch(parts[0])) and Path(parts[-1]).stem in catalog.REPORTS


def _counted_twice(run: Run) -> list[str]:
    told = {f"{name}: {problem}" for made in run.made.values() for name, problem in made.problems.items()}
    return sorted(told)
