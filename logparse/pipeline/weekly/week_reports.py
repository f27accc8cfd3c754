"""Weeks from what an archive holds to their reports, side by side where there are workers.

Owns: who makes which week, and building the reports of a week that is made. Must not know: which weeks have changed,
and why.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING, Final

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from logparse.archive.index import NONE
from logparse.common.errors import OutputError
from logparse.common.schema import ATTEMPTS
from logparse.common.weeks import previous_week
from logparse.pipeline import memory
from logparse.pipeline.engines.waiting import Waiting
from logparse.pipeline.weekly.derivation import derive_week
from logparse.reports import catalog, coverage, findings
from logparse.reports.coverage import build_coverage
from logparse.reports.report import DEPLOYMENT, ReportInput
from logparse.reports.table_files import encode_table
from logparse.scans.settings import ruleset
from logparse.verdicts.frame import empty_frame

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from concurrent.futures import Future
    from datetime import tzinfo
    from typing import TypeVar

    from logparse.archive.index import Week
    from logparse.archive.storage.interface import Storage
    from logparse.pipeline.engines.pool import Pool
    from logparse.pipeline.weekly.derivation import MadeWeek
    from logparse.pipeline.weekly.week_task import WeekTask
    from logparse.reports.table_files import FileFormat
    from logparse.rules.model import RuleSet

    T = TypeVar("T")
    U = TypeVar("U")

#: Reports that hold no change since the week before.
_WITHOUT_CHANGES: Final = frozenset({coverage.REPORT.name})
_TEXTS: Final = frozenset(column.name for column in ATTEMPTS if column.type == "string" and column.name != "week")


def make_weeks(tasks: Sequence[WeekTask], before: Callable[[str], str], pool: Pool | None) -> Iterator[MadeWeek]:
    """Make weeks and their reports, in order.

    Args:
        tasks: the weeks, in order.
        before: the object that holds the attempts of the week before one; empty: no attempts are known of it. It is
            asked only where the week before is not made here.
        pool: makes several at once; None: they are made here, one by one.

    Raises:
        OutputError: what the archive holds cannot be read, or a report not be written.
    """

    def report(derived: tuple[WeekTask, MadeWeek, pd.DataFrame, pd.DataFrame | None]) -> MadeWeek:
        task, week, attempts, past = derived
        if past is None and task.name != NONE:
            past = _read_past(task.storage, before(task.name))
        return _add_reports(task, week, attempts, past)

    def derived() -> Iterator[tuple[WeekTask, MadeWeek, pd.DataFrame, pd.DataFrame | None]]:
        made: tuple[str, pd.DataFrame | None] = "", None
        for task, (week, attempts) in zip(tasks, _map_in_order(derive_week, tasks, pool), strict=True):
            follows = task.name != NONE and previous_week(task.name) == made[0]
            yield task, week, attempts, made[1] if follows else None
            made = week.name, attempts

    yield from _map_in_order(report, derived(), pool)


def _read_past(storage: Storage, name: str) -> pd.DataFrame | None:
    """Return the attempts of the week before, which are in an object; None: there are none."""
    return read_attempts(storage, name, None) if name else None


def _add_reports(task: WeekTask, week: MadeWeek, attempts: pd.DataFrame, past: pd.DataFrame | None) -> MadeWeek:
    """Store the reports of a week, and note in it where they are."""
    if week.name == NONE:
        return week
    memory.give_back()
    week.labels = sorted({*week.coverage["deployment"], *week.findings["deployment"]}) or [""]
    frames = _build_reports(attempts, past, week, week.labels, task.zone, ruleset(task.rule_folders))
    week.reports = _store_reports(task.storage, frames, week.labels, task.form)
    return week


def rebuild_comparisons(
    storage: Storage, week: Week, name: str, before: str, zone: tzinfo, rules: RuleSet
) -> dict[str, str]:
    """Build the reports of a week again that compare it with the week before, and store them.

    Args:
        storage: where the archive is.
        week: the week.
        name: its name.
        before: the object that holds the attempts of the week before; empty: no attempts are known of it.
        zone: zone of days and hours.
        rules: the rules of the run.

    Returns:
        By name of the report, the object that holds it.

    Raises:
        OutputError: attempts cannot be read, or a report not be written.
    """
    attempts, past = read_attempts(storage, week.part, name), _read_past(storage, before)
    frames = _build_reports(attempts, past, None, week.labels, zone, rules)
    return _store_reports(storage, frames, week.labels, "parquet" if week.form == "parquet" else "csv")


def _build_reports(
    attempts: pd.DataFrame,
    past: pd.DataFrame | None,
    week: MadeWeek | None,
    labels: Sequence[str],
    zone: tzinfo,
    rules: RuleSet,
) -> dict[str, pd.DataFrame]:
    """Return reports, with all deployments one behind the other; without a week, only those that compare.

    The report ``findings`` depends on other weeks: it is made in ``following``.
    """
    parts: dict[str, list[pd.DataFrame]] = {}
    for label in labels:
        read = build_coverage((), "") if week is None else week.coverage[week.coverage["deployment"] == label]
        before = None if past is None else select_deployment(past, label, labels)
        before = None if before is None or before.empty else before
        source = ReportInput(
            select_deployment(attempts, label, labels),
            before,
            zone,
            read,
            findings.no_findings(),
            catalog.list_handshakes(rules.findings),
        )
        for name, frame in catalog.build_reports(source).items():
            if name != findings.REPORT.name and (week is not None or name not in _WITHOUT_CHANGES):
                parts.setdefault(name, []).append(frame if len(labels) == 1 else frame.assign(deployment=label or None))
    return {
        name: pd.concat(frames, ignore_index=True) if len(frames) > 1 else frames[0] for name, frames in parts.items()
    }


def _store_reports(
    storage: Storage, frames: dict[str, pd.DataFrame], labels: Sequence[str], form: FileFormat
) -> dict[str, str]:
    first = (DEPLOYMENT,) if len(labels) > 1 else ()
    return {
        name: storage.put(encode_table(frame, (*first, *catalog.REPORTS[name].columns), form))
        for name, frame in frames.items()
    }


def read_attempts(storage: Storage, name: str, week: str | None, columns: Sequence[str] | None = None) -> pd.DataFrame:
    """Return the attempts in an object, columns as in ``schema.ATTEMPTS``, texts as categories; empty without a name.

    Args:
        storage: where the object is.
        name: of the object.
        week: in which the attempts are.
        columns: that are wanted at least; None: all of them.

    Raises:
        OutputError: it cannot be read.
    """
    if not name:
        return empty_frame()
    frame: pd.DataFrame = _read(storage, name, week, columns).to_pandas()
    if columns is None and "finding" not in frame:  # an earlier version wrote it
        frame["finding"] = pd.Categorical([None] * len(frame))
    return frame.assign(week=pd.Categorical([week] * len(frame)))


def read_names(storage: Storage, name: str, week: str, columns: Sequence[str]) -> dict[str, set[str]]:
    """Return the texts that stand in some columns of the attempts in an object, each once, by column.

    Raises:
        OutputError: it cannot be read.
    """
    table = _read(storage, name, week, columns) if name else pa.table({})
    return {column: set(table[column].unique().drop_null().to_pylist()) for column in table.column_names}


def _read(storage: Storage, name: str, week: str | None, columns: Sequence[str] | None = None) -> pa.Table:
    try:
        with storage.open(name) as stream:
            return pq.read_table(stream, columns=columns, partitioning=None, read_dictionary=[*_TEXTS])
    except (OSError, pa.ArrowException) as error:
        raise OutputError(storage.place, f"attempts of {week} cannot be read ({error}); see archive verify") from error


def select_deployment(attempts: pd.DataFrame, label: str, labels: Sequence[str]) -> pd.DataFrame:
    """Return the attempts of a deployment. An envelope may name one for logs for which the user named none."""
    if len(labels) == 1:
        return attempts
    names = attempts["deployment"]
    of_label = names == label if label else ~names.isin([name for name in labels if name])
    return attempts[of_label].reset_index(drop=True)


def _map_in_order(function: Callable[[T], U], tasks: Iterable[T], pool: Pool | None) -> Iterator[U]:
    """Yield the result of a function for each task, in order: one task more is begun than the pool has workers."""
    executor, workers = (Waiting(), 0) if pool is None else (pool.executor, pool.workers)
    begun: deque[Future[U]] = deque()
    for task in tasks:
        while len(begun) > workers:
            yield begun.popleft().result()
        begun.append(executor.submit(function, task))
    while begun:
        yield begun.popleft().result()
