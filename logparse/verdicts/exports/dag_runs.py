"""DAG runs: the table ``dag_run``, or the answers of the API and the command line.

Owns: their columns in all versions, and when a run was made. Must not know: requests, outcomes.

``queued_at`` is set when a run is made, and again when it is cleared; ``created_at`` (3.1 on) only then. A run id that
Airflow made up holds the moment as well, unless the caller chose the date of the run. 1.10 and 2.0 start a run when
they make it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from logparse.common import timestamps
from logparse.common.errors import InputError
from logparse.verdicts.exports import export_files, export_pages
from logparse.verdicts.exports.export_files import text, word
from logparse.verdicts.exports.moments import in_order, read_moments

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

#: Runs that nobody asked for by name: their run type (2.0 on), or how their id begins (1.10).
_AUTOMATIC: Final = ("scheduled", "dataset_triggered", "asset_triggered")
#: Who made a run (``triggered_by``, 3.0 on), other than a request.
_NO_REQUEST: Final = frozenset({"cli", "operator", "timetable", "test", "asset", "backfill"})
#: A run whose date is not at most so long before its start has a date that its caller chose.
_LONGEST_WAIT: Final = 86_400_000_000
_OWN_ID: Final = re.compile(
    r"(?:manual|asset_materialization|backfill)__(\d{4}-\d{2}-\d{2}T[\d:.]+(?:Z|[+-]\d{2}:?\d{2})?)"
)


@dataclass(frozen=True, slots=True)
class RunRecord:
    """A run that a request may have made.

    Attributes:
        time: when it was made, microseconds UTC.
        dag_id, run_id: which.
        user: who triggered it (``triggering_user_name``, 3.1 on).
    """

    time: int
    dag_id: str | None
    run_id: str | None
    user: str | None


def load(
    files: Iterable[export_files.Written],
) -> tuple[tuple[RunRecord, ...] | None, tuple[int, int] | None, tuple[export_pages.Gap, ...]]:
    """Return the runs that matter, in order of time and each once; the time that they span; what is missing.

    Raises:
        InputError: a file holds no DAG runs.
    """
    found: dict[tuple[Any, ...], RunRecord] = {}
    times: list[int] = []
    pages: list[export_pages.Page] = []
    given = False
    for file in files:
        given = True
        needed = (("dag_id",), ("run_id", "dag_run_id"))
        content = export_files.records(file, ("dag_runs",), needed, "list of DAG runs")
        pages += content.pages
        for records in content.batches():
            if "event" in records[0]:  # the audit log names DAGs and runs as well
                raise InputError(file.name, "is an audit log, no list of DAG runs", "give it as --audit-log")
            for record, made in zip(records, _made(records), strict=True):
                if made is None:
                    continue
                times.append(made)
                if _asked_for(record):
                    run = _record(record, made)
                    found[run.dag_id, run.run_id] = run
    if not given:
        return None, None, ()
    ordered = in_order(found.values(), lambda run: (run.dag_id or "", run.run_id or ""))
    span = (min(times), max(times)) if times else None
    return tuple(ordered), span, export_pages.find_gaps("DAG runs", pages)


def _record(record: export_files.Record, made: int) -> RunRecord:
    return RunRecord(
        time=made,
        dag_id=word(record.get("dag_id")),
        run_id=text(record.get("run_id") or record.get("dag_run_id")),
        user=word(record.get("triggering_user_name")),
    )


def _asked_for(record: export_files.Record) -> bool:
    run_id = text(record.get("run_id") or record.get("dag_run_id")) or ""
    kind = (text(record.get("run_type")) or "").lower().rpartition(".")[2]
    by = (text(record.get("triggered_by")) or "").lower().rpartition(".")[2]
    return not (kind in _AUTOMATIC or (not kind and run_id.startswith(_AUTOMATIC)) or by in _NO_REQUEST)


def _made(records: Sequence[export_files.Record]) -> Iterator[int | None]:
    """Yield of each record the earliest moment at which it can have been written, not one that the user chose."""
    created = read_moments([record.get("created_at") for record in records])
    queued = read_moments([record.get("queued_at") for record in records])
    for record, moment, when_queued in zip(records, created, queued, strict=True):
        if moment is not None:
            yield moment
        elif when_queued is not None and str(record.get("clear_number") or "0") == "0":
            yield when_queued
        else:
            yield _named(record, when_queued)


def _named(record: export_files.Record, queued: int | None) -> int | None:
    """Return the moment that the id of a run holds, or the first of its dates."""
    own = _OWN_ID.fullmatch(text(record.get("run_id") or record.get("dag_run_id")) or "")
    named = _moment(own[1] if own else None)
    dates = (named, queued, *(_moment(record.get(name)) for name in ("run_after", "execution_date", "logical_date")))
    made = next((moment for moment in dates if moment is not None), None)
    started = _moment(record.get("start_date")) if queued is None else None
    # 1.10 and 2.0 start a run when they make it; the date of the run is the caller's own if it is far from that.
    return made if started is None or (made is not None and 0 <= started - made <= _LONGEST_WAIT) else started


def _moment(value: Any) -> int | None:
    stamp = timestamps.parse_timestamp(str(value)) if value else None
    return None if stamp is None else stamp.utc
