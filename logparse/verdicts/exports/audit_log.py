"""The audit log: the table ``log``, as CSV or as the answers of ``eventLogs``.

Owns: its columns in all versions, what a row tells of the request that left it, and what of it nobody needs. Must not
know: requests, outcomes.

A row is written once the caller was let through, never for one who was refused (but for backfills of 3.2 on and assets
of 3.3), and before the work is done: it is no proof of success. Names of events: ``trigger`` (web UI, 1.10 to 2.11;
also for a view of the form), ``dag_run.create`` (2.5 to 2.8), ``api.post_dag_run`` and ``ui.post_dag_run`` (2.9 on),
``trigger_dag_run`` (3.0 on).
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from logparse.common.errors import InputError
from logparse.common.printed import read_printed
from logparse.verdicts.exports import export_files, export_pages
from logparse.verdicts.exports.export_files import text, word
from logparse.verdicts.exports.moments import in_order, read_moments

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

#: Events that a trigger attempt may leave; of the others only the time counts.
EVENTS: Final = frozenset(
    {
        "trigger", "dag_run.create", "api.post_dag_run", "ui.post_dag_run", "api.create_dataset_event",
        "ui.create_dataset_event", "trigger_dag_run", "create_asset_event", "materialize_asset", "create_backfill",
    }
)  # fmt: skip
#: Events that change what users may do: commands of Airflow's. Nothing is written where the web UI or an API does it.
CHANGES: Final = frozenset(
    {
        "cli_roles_create", "cli_roles_delete", "cli_roles_add_perms", "cli_roles_del_perms", "cli_roles_import",
        "cli_users_manage_role", "cli_users_delete", "cli_users_import", "cli_sync_perm",
    }
)  # fmt: skip
#: What the body of a POST of the trigger form holds, and the query of a view of the form does not.
_FORM: Final = frozenset({"conf", "unpause", "csrf_token", "execution_date", "logical_date", "run_id"})
#: Keys of ``extra`` whose value counts; of the form's others it counts whether they are there.
_VALUES: Final = frozenset({"dag_run_id", "run_id", "dag_id", "origin", "redirect_url", "asset_id"})


@dataclass(frozen=True, slots=True)
class AuditRecord:
    """A row about a trigger attempt.

    Attributes:
        time: microseconds UTC, between the begin of the request and its end.
        event: its name.
        dag_id: None where the request names none, such as for asset events.
        user: name of the owner; 2.6 adds the display name in brackets, 2.7 writes that alone.
        display: display name, where it has a column of its own (2.10 on).
        run_id: that was asked for, if any was.
        posted: ``extra`` holds what only a form that was sent holds.
        back: where the form said to go next, or else the query, if they did.
        query_back: where the query said to go next, if it did; the form may say something else.
        asset: id of the asset, if the body names one.
    """

    time: int
    event: str
    dag_id: str | None
    user: str | None
    display: str | None
    run_id: str | None
    posted: bool
    back: str | None
    query_back: str | None
    asset: str | None


@dataclass(frozen=True, slots=True)
class ChangeRecord:
    """A row about a change of what users may do.

    Attributes:
        time: microseconds UTC.
        event: its name.
    """

    time: int
    event: str


class Loaded(NamedTuple):
    """What an audit log holds that matters.

    Attributes:
        attempts: rows about trigger attempts, in order of time and each once; None: no audit log was given.
        changes: rows about changes of what users may do, in order of time.
        span: the time that all rows span.
        gaps: what is missing.
    """

    attempts: tuple[AuditRecord, ...] | None = None
    changes: tuple[ChangeRecord, ...] = ()
    span: tuple[int, int] | None = None
    gaps: tuple[export_pages.Gap, ...] = ()


def load(files: Iterable[export_files.Written]) -> Loaded:
    """Return the rows that matter.

    Raises:
        InputError: a file is no audit log.
    """
    found: dict[Any, AuditRecord] = {}
    changes: set[ChangeRecord] = set()
    times: list[int] = []
    pages: list[export_pages.Page] = []
    given = False
    for file in files:
        given = True
        needed = (("dttm", "when"), ("event",), ("owner",))
        content = export_files.records(file, ("event_logs", "eventlogs"), needed, "audit log")
        pages += content.pages
        row, known = 0, len(times)
        for records in content.batches():
            moments = read_moments([record.get("dttm") or record.get("when") for record in records])
            times += [time for time in moments if time is not None]
            for record, time in zip(records, moments, strict=True):
                row += 1
                if time is not None and record.get("event") in EVENTS:
                    key = record.get("id", record.get("event_log_id")) or (file.name, row)
                    found[str(key)] = _record(record, time)
                elif time is not None and record.get("event") in CHANGES:
                    changes.add(ChangeRecord(time, record["event"]))
        if row and len(times) == known:
            raise InputError(file.name, "holds no time that can be read", "export `dttm` as it is in the database")
    if not given:
        return Loaded()
    ordered = in_order(found.values(), lambda row: (row.event, row.dag_id or "", row.user or ""))
    span = (min(times), max(times)) if times else None
    in_time = sorted(changes, key=lambda change: (change.time, change.event))
    return Loaded(tuple(ordered), tuple(in_time), span, export_pages.find_gaps("audit log", pages))


def _record(record: export_files.Record, time: int) -> AuditRecord:
    extra = _extra(text(record.get("extra")) or "")
    run_id = record.get("run_id") or extra.get("dag_run_id") or extra.get("run_id")
    return AuditRecord(
        time=time,
        event=word(record["event"]) or "",
        dag_id=word(record.get("dag_id") or extra.get("dag_id")),
        user=word(record.get("owner")),
        display=word(record.get("owner_display_name")),
        run_id=text(run_id),
        posted=not _FORM.isdisjoint(extra),
        back=text(extra.get("origin") or extra.get("redirect_url")),
        query_back=text(extra.get("redirect_url")),
        asset=text(extra.get("asset_id")),
    )


def reduce_extra(written: str) -> str:
    """Return what ``load`` uses of ``extra`` of a row: no settings of runs, no passwords."""
    extra = _extra(written)
    return json.dumps({key: text(extra[key]) if key in _VALUES else None for key in extra if key in _VALUES | _FORM})


@lru_cache(maxsize=1 << 8)
def _extra(written: str) -> Mapping[str, Any]:
    """``extra`` is JSON from 2.10 on, a Python list of pairs before."""
    try:
        return dict(json.loads(written) if written[:1] == "{" else read_printed(written) or ())
    except (ValueError, TypeError, RecursionError):
        return {}
