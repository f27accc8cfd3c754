"""A run from its lock to its commit, and what it leaves of itself: the record of the run.

Owns: the order of these steps, what stops a commit, the coverage of the whole archive. Must not know: what a run does
to an archive in between (``updating``), what a user sees of it.
"""

from __future__ import annotations

import json
import logging
import os
import re
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from logparse import __version__, covered, reports, summary, temporary
from logparse.archive import old
from logparse.archive.index import Index, coverage_of
from logparse.archive.making import DEPLOYMENT
from logparse.archive.storage import ConflictError, opened
from logparse.archive.updating import Run
from logparse.errors import OutputError
from logparse.reports.report import conform
from logparse.spans import missing
from logparse.weeks import parse_zone
from logparse.write import encoded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager
    from datetime import tzinfo

    from logparse.archive.storage import Storage
    from logparse.asked import Overlap
    from logparse.engines import Pool
    from logparse.found import Coverage
    from logparse.job import Job
    from logparse.write import FileFormat

_WEEK_FOLDER: Final = re.compile(r"\d{4}-W\d{2}")
LOG: Final = logging.getLogger("logparse.archive")
#: So often a run begins anew upon what others have committed to a bucket in the meantime.
_TRIES: Final = 5


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a run is asked to do with an archive.

    Attributes:
        place: folder or URL.
        form: of the reports; None: as they are, or ``csv``.
        reclassify: make weeks anew that other rules decided, and read what is given anew.
        rebuild: make all weeks anew.
        overlap: what becomes of equal lines in two sources; None: as before, or ``auto``.
        strict: write nothing if anything was lost or not understood.
        dry_run: write nothing.
        wait: seconds to wait for another run to end.
    """

    place: str
    form: FileFormat | None = None
    reclassify: bool = False
    rebuild: bool = False
    overlap: Overlap | None = None
    strict: bool = False
    dry_run: bool = False
    wait: float = 0.0


@dataclass(slots=True)
class Done:
    """What a run came to.

    Attributes:
        run: what it did.
        mended: what a run that died had left.
        shortcomings: what was lost, not understood, or is counted twice.
        committed: whether the archive has changed.
        partial: by week, the parts of it that no log reaches into, of the weeks that were made.
        record: as it was written.
    """

    run: Run
    mended: list[str] = field(default_factory=list)
    shortcomings: list[str] = field(default_factory=list)
    committed: bool = False
    partial: dict[str, list[tuple[datetime, datetime]]] = field(default_factory=dict)
    record: dict[str, Any] = field(default_factory=dict)


def zone_of(place: str) -> tzinfo | None:
    """The zone in which the weeks of an archive begin; None: there is no archive yet.

    Raises:
        OutputError: what is there cannot be read.
    """
    head = opened(place).head()
    if head is not None:
        return parse_zone(Index.of(head.index, place).timezone)
    folder = Path(place)
    return parse_zone(old.zone_of(folder)) if "://" not in place and old.is_old(folder) else None


def run(
    job: Job,
    wanted: Wanted,
    working: Callable[[], AbstractContextManager[Pool | None]],
    on_bytes: Callable[[int], None] | None = None,
) -> Done:
    """Add logs to an archive, and make the weeks that they concern: all of it or nothing.

    Args:
        job: what is to be read, and how.
        wanted: what to do with the archive.
        working: the workers, once they are needed.
        on_bytes: told of every portion of bytes read.

    Raises:
        LockedError: another run is at work.
        OutputError: it cannot be written, or what it holds not be read; it is as it was before.
        FormatError, RuleError: formats or rules cannot be used.
    """
    temporary.sweep()
    storage = opened(wanted.place)
    for left in range(_TRIES, 0, -1):
        try:
            with storage.lock(wanted.wait):
                return _locked(storage, job, wanted, working, on_bytes)
        except ConflictError:
            if left == 1 or any(source.piped for source in job.sources):  # which cannot be read again
                raise
            LOG.info("%s: another run has committed; beginning anew upon that", wanted.place)
    raise AssertionError


def _locked(
    storage: Storage,
    job: Job,
    wanted: Wanted,
    working: Callable[[], AbstractContextManager[Pool | None]],
    on_bytes: Callable[[int], None] | None,
) -> Done:
    began = datetime.now(UTC)
    mended = storage.settle()
    for sentence in mended:
        LOG.info("%s: %s", wanted.place, sentence)
    with opened_index(storage, wanted.place, job.options.zone) as (index, number, said):
        before = set(index.objects()) if number else set()
        run = Run(storage, index, job, wanted.form, wanted.reclassify, wanted.rebuild)
        run.messages += said
        if wanted.overlap is not None and wanted.overlap != index.overlap:
            run.rebuild = run.rebuild or bool(index.sources)
            index.overlap = str(wanted.overlap)
        with working() as pool:
            run.read(pool, on_bytes)
            LOG.info(
                "%s: read %d sources in %.1f s, %d were known",
                wanted.place, len(run.addition.entries), run.timings["read"], len(run.addition.known),
            )  # fmt: skip
            run.make(pool)
            LOG.info("%s: made %d weeks in %.1f s", wanted.place, len(run.made), run.timings["weeks"])
    done = Done(run, mended)
    done.partial = partial(index, [each for each in run.made if each in index.weeks], job.options.zone)
    problems = [replace(each) for each in run.addition.entries]
    done.shortcomings = summary.shortcomings(problems) + _counted_twice(run)
    _note_other_rules(run)
    for message in (*run.messages, *done.shortcomings):
        LOG.warning("%s: %s", wanted.place, message)
    done.record = _record(done, wanted, began)
    if wanted.dry_run or (wanted.strict and done.shortcomings):
        storage.remove(set(storage.objects()) - before)
        return done
    index.coverage_form = wanted.form or index.coverage_form
    index.coverage = storage.put(coverage_file(index, index.coverage_form))
    index.record = storage.put((json.dumps(done.record, indent=1, sort_keys=True) + "\n").encode())
    done.mended += storage.commit(number + 1, index.json(), index.visible())
    done.committed = True
    LOG.info("%s: committed generation %d", wanted.place, number + 1)
    storage.remove(set(storage.objects()) - set(index.objects()))
    return done


@contextmanager
def opened_index(storage: Storage, place: str, zone: tzinfo | None) -> Iterator[tuple[Index, int, list[str]]]:
    """The index of an archive, the number of its generation, and what to tell the user.

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
        yield index, head.number, []
    elif "://" not in place and old.is_old(Path(place)):
        index, said = old.taken_over(Path(place), storage, zone or UTC)
        yield index, 0, [said]
    else:
        yield Index(str(zone or UTC)), 0, []


def is_ours(path: Path, folder: Path) -> bool:
    """Whether a file is what logparse has written into a folder, so that it is not read as a log."""
    try:
        # Path.resolve raises RuntimeError for a link to itself before Python 3.13.
        parts = Path(os.path.realpath(path)).relative_to(os.path.realpath(folder)).parts
    except ValueError:
        return False
    if len(parts) == 1:
        return parts[0] in {"coverage.csv", "coverage.parquet", "run.json", old.MANIFEST}
    if parts[0] in {".logparse", "attempts"}:
        return parts[0] == ".logparse" or parts[1].startswith("week=")
    return bool(_WEEK_FOLDER.fullmatch(parts[0])) and Path(parts[-1]).stem in reports.REPORTS


def partial(index: Index, weeks: list[str], zone: tzinfo) -> dict[str, list[tuple[datetime, datetime]]]:
    """Weeks that the logs of an archive do not span, with the parts that they do not reach into."""
    spans = [each.span for each in index.sources.values() if each.span is not None]
    parts = {week: missing(week, zone, spans) for week in sorted(weeks) if week[:1].isdigit()}
    return {week: each for week, each in parts.items() if each}


def _counted_twice(run: Run) -> list[str]:
    told = {f"{name}: {problem}" for made in run.made.values() for name, problem in made.problems.items()}
    return sorted(told)


def _note_other_rules(run: Run) -> None:
    from logparse.scan import ruleset  # noqa: PLC0415 - it is at hand

    digest = ruleset(run.job.options.setup.rule_folders).digest
    other = sorted(name for name, week in run.index.weeks.items() if week.rules != digest and not week.old)
    if other:
        weeks = f"{other[0]} to {other[-1]}" if len(other) > 1 else other[0]
        run.messages.append(
            f"{len(other):,} of {len(run.index.weeks):,} weeks were decided by other rules ({weeks}); to see which "
            "would change, add --reclassify --dry-run; to decide them anew, add --reclassify"
        )


def coverage_file(index: Index, form: str) -> bytes:
    """What was read, one row a source however often it has grown."""
    totals: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0])
    for name, week in index.weeks.items():
        for source, number in week.counts.items():
            totals[source][0] += number
            totals[source][1] += number if not name[:1].isdigit() else 0
    rows: dict[tuple[str, str, str], Coverage] = {}
    ordered = sorted(index.sources.values(), key=lambda each: (each.deployment, each.name, each.size, each.id))
    for entry in ordered:
        if not entry.counts:
            continue
        attempts, timeless = totals[entry.id]
        told = replace(entry.coverage, attempts=attempts, timeless=timeless)
        key = (entry.deployment, entry.name, entry.zone)
        rows[key] = told if key not in rows else covered.summed(rows[key], told)
    for name, failed in index.failed.items():
        rows.setdefault(("", name, ""), coverage_of(failed))
    frames = [
        covered.table([told], zone).assign(deployment=label or None) for (label, _, zone), told in sorted(rows.items())
    ]
    frame = pd.concat(frames, ignore_index=True) if frames else covered.table((), "").assign(deployment=None)
    columns = reports.REPORTS["coverage"].columns
    if len({label for label, _, _ in rows}) > 1:
        columns = (DEPLOYMENT, *columns)
    return encoded(conform(frame, columns), columns, "parquet" if form == "parquet" else "csv")


def _record(done: Done, wanted: Wanted, began: datetime) -> dict[str, Any]:
    """What a machine may want to know of a run."""
    run, index = done.run, done.run.index
    return {
        "version": __version__,
        "began": began.isoformat(timespec="seconds"),
        "ended": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": {name: round(value, 3) for name, value in run.timings.items()},
        "archive": {
            "place": wanted.place,
            "timezone": index.timezone,
            "weeks": len([name for name in index.weeks if name[:1].isdigit()]),
            "attempts": sum(week.attempts for week in index.weeks.values()),
            "sources": sum(each.counts for each in index.sources.values()),
        },
        "read": {
            "sources": len(run.addition.entries),
            "known": len(run.addition.known),
            "bytes": sum(each.bytes for each in run.addition.entries),
            "lines": sum(each.lines for each in run.addition.entries),
            "unparsed": sum(each.kinds["unparsed"] for each in run.addition.entries),
        },
        "weeks": {
            name: {
                "attempts": made.attempts,
                "added": run.added.get(name, 0),
                "outcomes": made.outcomes,
                "findings": {
                    str(finding): int(number)
                    for finding, number in made.findings.groupby("finding")["attempts"].sum().items()
                },
            }
            for name, made in sorted(run.made.items())
        },
        "left": index.stale,
        "mended": done.mended,
        "messages": run.messages,
        "problems": done.shortcomings,
    }
