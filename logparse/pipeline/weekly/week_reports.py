"""Weeks from what an archive holds to their reports, side by side where there are workers.

Owns: what is handed to whoever makes a week, and building its reports once it is known. Must not know: which weeks have
changed, and why.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from logparse.archive.index import DAY, NONE
from logparse.common.errors import OutputError
from logparse.common.schema import ATTEMPTS, Column
from logparse.common.timestamps import microseconds
from logparse.common.weeks import previous_week, week_at, week_bounds
from logparse.pipeline import memory
from logparse.pipeline.weekly.derivation import AROUND, Task, derive
from logparse.reports import catalog, findings
from logparse.reports.coverage import build_coverage
from logparse.reports.report import ReportInput
from logparse.reports.table_files import encoded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from concurrent.futures import Future
    from datetime import tzinfo
    from typing import TypeVar

    from logparse.archive.index import Entry, Index, Week
    from logparse.archive.storage.interface import Storage
    from logparse.pipeline.engines.pool import Pool
    from logparse.pipeline.weekly.derivation import Derived
    from logparse.reports.table_files import FileFormat

    T = TypeVar("T")
    U = TypeVar("U")

#: First column of reports where there is more than one Airflow.
DEPLOYMENT: Final = Column("deployment", "string", "which Airflow, where the archive tells of more than one")
#: Reports that compare with nothing.
_ALONE: Final = frozenset({"findings", "coverage"})
_TEXTS: Final = frozenset(column.name for column in ATTEMPTS if column.type == "string" and column.name != "week")


def task(
    index: Index, name: str, storage: Storage, rule_folders: tuple[str, ...], zone: tzinfo, people: dict[str, str]
) -> Task:
    """What has to be known to make a week.

    Raises:
        ValueError: there is no such week.
    """
    bounds: tuple[int, int] | None = None
    if name == NONE:
        timeless = set(index.days.get(NONE, ()))
        entries = [each for each in index.sources.values() if NONE in each.days and each.counts]
        days = {day for entry in entries for day in entry.days} - {NONE}
    else:
        bounds = start, end = _bounds(name, zone)
        days = {str(day) for day in range((start - AROUND) // DAY, (end + AROUND - 1) // DAY + 1)} & index.days.keys()
        entries = [
            each
            for each in index.sources.values()
            if each.counts and (not days.isdisjoint(each.days) or each.reaches(start, end))
        ]
        timeless = set(index.days.get(NONE, ())) if any(NONE in each.days for each in entries) else set()
    window = (0, 1 << 62) if bounds is None else (bounds[0] - AROUND, bounds[1] + AROUND)
    known = index.weeks.get(name)
    return Task(
        name=name,
        bounds=bounds,
        storage=storage,
        objects=[each for day in sorted(days) for each in index.days[day]],
        timeless=sorted(timeless),
        entries=entries,
        exports=[
            each
            for each in index.exports
            if any(since < window[1] and until >= window[0] for since, until in each.spans)
        ],
        people={**({} if known is None else known.people), **people},
        old="" if known is None else known.old,
        rule_folders=rule_folders,
        zone=zone,
        overlap=index.overlap,
    )


@dataclass(frozen=True, slots=True)
class Plan:
    """How a week is to be made.

    Attributes:
        task: what it is made of.
        form: of its reports, ``csv`` or ``parquet``.
    """

    task: Task
    form: FileFormat


def made(plans: Sequence[Plan], before: Callable[[str], str], pool: Pool | None) -> Iterator[Derived]:
    """Make weeks and their reports, in order.

    Whoever takes a week sees to it that ``before`` knows it, for the week after it.

    Args:
        plans: the weeks, in order.
        before: the object that holds the attempts of the week before one; empty: no attempts are known of it.
        pool: makes several at once; None: they are made here, one by one.
    """
    if pool is None or len(plans) == 1:
        for plan in plans:
            found, attempts = derive(plan.task)
            yield _with_reports(plan, found, attempts, "" if plan.task.name == NONE else before(plan.task.name))
        return
    weeks = list(_each(_derived, plans, pool))
    parts = {week.name: week.part for week in weeks}

    def ready() -> Iterator[tuple[Plan, Derived, str]]:
        for plan, week in zip(plans, weeks, strict=True):
            past = "" if week.name == NONE else previous_week(week.name)
            yield plan, week, parts[past] if past in parts else before(week.name) if past else ""

    yield from _each(_built, ready(), pool)


def _derived(plan: Plan) -> Derived:
    return derive(plan.task)[0]


def _built(asked: tuple[Plan, Derived, str]) -> Derived:
    plan, week, before = asked
    return _with_reports(plan, week, read_attempts(plan.task.storage, week.part, week.name), before)


def _with_reports(plan: Plan, week: Derived, attempts: pd.DataFrame, before: str) -> Derived:
    """The same with its reports.

    Raises:
        OutputError: the week before cannot be read, or a report not be written.
    """
    if week.name == NONE:
        return week
    memory.give_back()
    storage = plan.task.storage
    past = read_attempts(storage, before, None) if before else None
    week.labels = sorted({*week.coverage["deployment"], *week.findings["deployment"]}) or [""]
    frames = _built_reports(attempts, past, week, week.labels, plan.task.zone)
    week.reports = {name: storage.put(_encoded(name, frame, week.labels, plan.form)) for name, frame in frames.items()}
    return week


def compared(storage: Storage, week: Week, name: str, before: str, zone: tzinfo) -> dict[str, str]:
    """Reports of a week that compare with the week before, built anew: by name, the object that each is.

    Raises:
        OutputError: attempts cannot be read, or a report not be written.
    """
    attempts = read_attempts(storage, week.part, name)
    past = read_attempts(storage, before, None) if before else None
    frames = _built_reports(attempts, past, None, week.labels, zone)
    form: FileFormat = "parquet" if week.form == "parquet" else "csv"
    return {report: storage.put(_encoded(report, frame, week.labels, form)) for report, frame in frames.items()}


def _built_reports(
    attempts: pd.DataFrame, past: pd.DataFrame | None, week: Derived | None, labels: Sequence[str], zone: tzinfo
) -> dict[str, pd.DataFrame]:
    """Reports, of all deployments one behind the other; without a week, only those that compare."""
    parts: dict[str, list[pd.DataFrame]] = {}
    for label in labels:
        coverage = build_coverage((), "") if week is None else week.coverage[week.coverage["deployment"] == label]
        causes = findings.none() if week is None else week.findings[week.findings["deployment"] == label]
        source = ReportInput(_of(attempts, label, labels), _past(past, label, labels), zone, coverage, causes)
        for name, frame in catalog.build(source).items():
            if week is not None or name not in _ALONE:
                parts.setdefault(name, []).append(frame if len(labels) == 1 else frame.assign(deployment=label or None))
    return {
        name: pd.concat(frames, ignore_index=True) if len(frames) > 1 else frames[0] for name, frames in parts.items()
    }


def _encoded(name: str, frame: pd.DataFrame, labels: Sequence[str], form: FileFormat) -> bytes:
    columns = catalog.REPORTS[name].columns
    return encoded(frame, (DEPLOYMENT, *columns) if len(labels) > 1 else columns, form)


def read_attempts(storage: Storage, name: str, week: str | None) -> pd.DataFrame:
    """Attempts of an object, columns as in ``schema.ATTEMPTS``, texts as categories.

    Raises:
        OutputError: it cannot be read.
    """
    from logparse.verdicts import row_builder  # noqa: PLC0415 - for weeks without attempts only

    if not name:
        return row_builder.none()
    try:
        with storage.open(name) as stream:
            frame: pd.DataFrame = pq.read_table(stream, partitioning=None, read_dictionary=[*_TEXTS]).to_pandas()
    except (OSError, pa.ArrowException) as error:
        raise OutputError(storage.place, f"attempts of {week} cannot be read ({error}); see archive verify") from error
    return frame.assign(week=pd.Categorical([week] * len(frame)))


def _past(attempts: pd.DataFrame | None, label: str, labels: Sequence[str]) -> pd.DataFrame | None:
    """Attempts of a deployment in the week before; None: no attempts are known of it."""
    found = None if attempts is None else _of(attempts, label, labels)
    return None if found is None or found.empty else found


def _of(attempts: pd.DataFrame, label: str, labels: Sequence[str]) -> pd.DataFrame:
    """Attempts of a deployment; of logs for which the user named none, an envelope may name one."""
    if len(labels) == 1:
        return attempts
    names = attempts["deployment"]
    return attempts[names == label if label else ~names.isin([each for each in labels if each])].reset_index(drop=True)


def _each(function: Callable[[T], U], tasks: Iterable[T], pool: Pool | None) -> Iterator[U]:
    """What a function makes of each task, in order: as many at once as the pool has workers, and one that waits."""
    begun: deque[Future[U]] = deque()
    for each in tasks:
        if pool is None:
            yield function(each)
            continue
        while len(begun) > pool.workers:
            yield begun.popleft().result()
        begun.append(pool.executor.submit(function, each))
    while begun:
        yield begun.popleft().result()


def weeks_of(days: Iterable[str], zone: tzinfo, around: int = AROUND) -> set[str]:
    """Weeks that lines of some days concern: those that they are in, and those that they are near.

    Args:
        days: numbered from 1970, or ``unknown``.
        zone: in which weeks begin.
        around: how near, in microseconds.
    """
    moments = {int(day) * DAY + step for day in days if day != NONE for step in (-around, 0, DAY - 1, DAY + around - 1)}
    return {week_at(moment, zone) for moment in moments} | ({NONE} if NONE in days else set())


def weeks_reached(entry: Entry, zone: tzinfo) -> set[str]:
    """Weeks that a source reaches into."""
    if entry.span is None:
        return set()
    first, last = entry.span
    weeks = {week_at(moment, zone) for moment in (*range(first, last, 6 * DAY), last)}
    return {week for week in weeks if entry.reaches(*_bounds(week, zone))}


def _bounds(week: str, zone: tzinfo) -> tuple[int, int]:
    start, end = week_bounds(week, zone)
    return microseconds(start), microseconds(end)
