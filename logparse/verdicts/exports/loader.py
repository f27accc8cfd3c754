"""Exports of Airflow's metadata database: the audit log, DAG runs, users and roles.

Owns: what exports a run was given, and the stretch of time that each speaks for. Must not know: log lines, how a record
is joined with a request (``correlate.records``), or what it means (``decide``).

The log says who asked and what was answered; only the database says what was made and who is allowed what. An export
is of one Airflow, so all logs that are given with it are taken to be of that Airflow.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, TypeVar

from logparse.common import secrets
from logparse.verdicts.exports import audit_log, export_files, people
from logparse.verdicts.exports import dag_runs as runs

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from logparse.verdicts.exports.audit_log import AuditRecord, ChangeRecord
    from logparse.verdicts.exports.dag_runs import RunRecord
    from logparse.verdicts.exports.export_files import Written
    from logparse.verdicts.exports.export_pages import Gap
    from logparse.verdicts.exports.people import People

__all__ = ["NONE", "Exports", "load", "of"]
#: What of a record somebody outside could write.
_AUDIT_TEXTS: Final = ("dag_id", "user", "display", "run_id", "back", "query_back", "asset")
_RUN_TEXTS: Final = ("dag_id", "user", "run_id")
Record = TypeVar("Record", "AuditRecord", "RunRecord")


@dataclass(frozen=True, slots=True)
class Exports:
    """The exports of a run.

    Attributes:
        audit: rows of the table ``log`` that can be about trigger attempts, in order of time; None if none was given.
        changes: changes of what users may do, as the audit log has them, in order of time.
        audit_spans: from when to when the rows of each export go, microseconds UTC.
        runs: DAG runs that a request may have made, in order of time; None if none were given.
        runs_spans: from when to when the runs of each export go.
        people: users and their roles, as far as given.
        gaps: pages of the API that were not exported.
    """

    audit: tuple[AuditRecord, ...] | None = None
    audit_spans: tuple[tuple[int, int], ...] = ()
    runs: tuple[RunRecord, ...] | None = None
    runs_spans: tuple[tuple[int, int], ...] = ()
    people: People = people.NOBODY
    gaps: tuple[Gap, ...] = ()
    changes: tuple[ChangeRecord, ...] = ()

    @property
    def given(self) -> bool:
        """Whether there is any."""
        return self.audit is not None or self.runs is not None or self.people.given

    @property
    def options(self) -> frozenset[str]:
        """The options by which they were given."""
        found = {
            "--audit-log": self.audit, "--dag-runs": self.runs, "--users": self.people.users,
            "--roles": self.people.roles,
        }  # fmt: skip
        return frozenset(option for option, each in found.items() if each is not None)


NONE = Exports()


def load(
    audit_logs: Iterable[str] = (),
    dag_runs: Iterable[str] = (),
    users: Iterable[str] = (),
    roles: Iterable[str] = (),
) -> Exports:
    """Read exports; several files of a kind are pages of one. Times without a zone are UTC, as Airflow stores them.

    Args:
        audit_logs: the table ``log`` as CSV, or pages of ``/api/v1/eventLogs`` or ``/api/v2/eventLogs``.
        dag_runs: the table ``dag_run`` as CSV, pages of ``/dags/~/dagRuns``, or ``airflow dags list-runs -o json``.
        users: ``airflow users export``, ``airflow users list -o json``, pages of ``/users``, the table ``ab_user``, or
            the users of the simple auth manager.
        roles: ``airflow roles export``, ``airflow roles list -p -o json``, or pages of ``/roles``.

    Raises:
        InputError: a file cannot be read, or is no such export.
    """
    return of(*(map(export_files.open_file, paths) for paths in (audit_logs, dag_runs, users, roles)))


def of(
    audit_logs: Iterable[Written] = (),
    dag_runs: Iterable[Written] = (),
    users: Iterable[Written] = (),
    roles: Iterable[Written] = (),
) -> Exports:
    """As ``load``, for files that were read."""
    audit = audit_log.load(audit_logs)
    run_rows, runs_span, run_gaps = runs.load(dag_runs)
    spans = (() if span is None else (span,) for span in (audit.span, runs_span))
    known = people.load(users, roles)
    return Exports(
        None if audit.attempts is None else _hide_secrets(audit.attempts, _AUDIT_TEXTS),
        next(spans),
        None if run_rows is None else _hide_secrets(run_rows, _RUN_TEXTS),
        next(spans),
        known,
        audit.gaps + run_gaps + known.gaps,
        audit.changes,
    )


def _hide_secrets(records: tuple[Record, ...], names: Sequence[str]) -> tuple[Record, ...]:
    """Hide secrets as in lines of logs, so that a record and its request still name the same DAG and user."""
    columns = [[getattr(record, name) for record in records] for name in names]
    hidden = [secrets.hide_known(column) for column in columns]
    if hidden == columns:
        return records
    return tuple(
        replace(record, **dict(zip(names, values, strict=True)))
        for record, values in zip(records, zip(*hidden, strict=True), strict=True)
    )
