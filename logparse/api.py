"""The Python functions: what the commands find, as data frames.

Owns: the functions' signatures and promises. Must not know: the command line, output files.
"""

from __future__ import annotations

import os
import warnings
from typing import TYPE_CHECKING, TypeAlias

from logparse.common.weeks import parse_zone
from logparse.pipeline import job
from logparse.reports import catalog
from logparse.reports import messages as summary
from logparse.reports.report import ReportInput
from logparse.verdicts import frame
from logparse.verdicts.exports import loader

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from logparse.pipeline.result import Result
    from logparse.scans.settings import Setup
    from logparse.verdicts.exports.loader import Exports

#: One file or folder, or several.
Files: TypeAlias = "str | os.PathLike[str] | Sequence[str | os.PathLike[str]]"


class IncompleteInputWarning(UserWarning):
    """Some input could not be read or understood, or is counted twice; the text says which, and what to try."""


def attempts(  # noqa: PLR0913 - what one may ask for
    *paths: str | os.PathLike[str],
    timezone: str = "UTC",
    assume_timezone: str = "UTC",
    log_formats: str | Sequence[str] = (),
    message_fields: str | Sequence[str] = (),
    trusted_proxies: str | Sequence[str] = (),
    audit_logs: Files = (),
    dag_runs: Files = (),
    users: Files = (),
    roles: Files = (),
    rules: Files = (),
    deployment: str | None = None,
    leading: str | Sequence[str] = (),
    workers: int = 1,
    scheduler: str | None = None,
    weeks: str | Sequence[str] | None = None,
) -> pd.DataFrame:
    r"""Read logs and return the trigger attempts in them, one row each, in order of source and line.

    >>> from pathlib import Path
    >>> line = '10.0.0.7 - eve [22/Nov/2026:12:35:08 +0000] "POST /api/v1/dags/etl/dagRuns HTTP/1.1" 403 142 "-" "curl"'
    >>> _ = Path("webserver.log").write_text(line)
    >>> found = attempts("webserver.log")
    >>> found.loc[0, ["week", "user", "dag_id", "outcome", "reason"]].to_list()
    ['2026-W47', 'eve', 'etl', 'authorization_failure', 'permission_denied']

    Args:
        *paths: files, folders, globs, the same in buckets (``s3://``, ``gs://``, ``abfs://``), or ``-`` for standard
            input.
        timezone: in whose midnights weeks begin, such as ``Europe/Berlin`` or ``+02:00``.
        assume_timezone: of times that are logged without one.
        log_formats: format strings of the server's access log, for lines that no known format fits; one or several.
        message_fields: JSON key (dots lead into objects) or CSV column that holds the log line; one or several.
        trusted_proxies: whose X-Forwarded-For is believed: addresses, networks such as ``10.0.0.0/8``, ``unix`` for
            unix sockets, or ``none`` for nobody; one or several. Without any: addresses that are not of the Internet.
        audit_logs: exports of the audit log: the table ``log`` as CSV, or pages of ``eventLogs`` as JSON.
        dag_runs: exports of DAG runs: the table ``dag_run`` as CSV, or pages of ``dagRuns`` as JSON.
        users: users and their roles, as ``airflow users export`` or the API writes them.
        roles: roles and their permissions, as ``airflow roles export`` or the API writes them.
        rules: folders of rules that add to the shipped ones, or override those of the same name; one or several.
        deployment: which Airflow the logs are of, for the column of that name.
        leading: names of logs, or globs: what other logs hold of the same requests (a proxy's) is not counted.
        workers: processes that read. With more than one, a script needs its ``if __name__ == "__main__":``.
        scheduler: address of that of a Dask cluster, whose workers read instead (extra ``logparse[dask]``).
        weeks: only these, such as ``"2026-W47"`` or several; None for all, with attempts whose time is not known.

    Returns:
        Columns as in ``logparse.common.schema.ATTEMPTS``. Bytes that were no UTF-8 are written as ``\xff``.

    Raises:
        TypeError: no path was given, or what is none.
        LogparseError: a path, a format string or the rules cannot be used.
        ValueError: there is no such zone, network or week.

    Warns:
        IncompleteInputWarning: some input could not be read or understood, or is counted twice.
    """
    given = _exported(audit_logs, dag_runs, users, roles)
    how = _setup(log_formats, message_fields, trusted_proxies, rules, assume_timezone)
    asked = _prepare(paths, how, timezone, given, deployment, leading, (workers, scheduler), weeks)
    return frame.plain(_run(asked).table(asked.weeks))


def report(  # noqa: PLR0913 - what one may ask for
    *paths: str | os.PathLike[str],
    timezone: str = "UTC",
    assume_timezone: str = "UTC",
    log_formats: str | Sequence[str] = (),
    message_fields: str | Sequence[str] = (),
    trusted_proxies: str | Sequence[str] = (),
    audit_logs: Files = (),
    dag_runs: Files = (),
    users: Files = (),
    roles: Files = (),
    rules: Files = (),
    deployment: str | None = None,
    leading: str | Sequence[str] = (),
    workers: int = 1,
    scheduler: str | None = None,
    weeks: str | Sequence[str] | None = None,
) -> dict[str, dict[str, pd.DataFrame]]:
    """Read logs and return the weekly reports: ``report("logs")["2026-W47"]["by_user"]``.

    Arguments, errors and warnings are those of ``attempts``. Weeks are in order; without ``weeks``, all that have
    attempts. The reports of a week are ``by_user``, ``by_dag``, ``by_time``, ``by_reason``, ``user_dag``,
    ``findings``, ``coverage``.
    """
    given = _exported(audit_logs, dag_runs, users, roles)
    how = _setup(log_formats, message_fields, trusted_proxies, rules, assume_timezone)
    asked = _prepare(paths, how, timezone, given, deployment, leading, (workers, scheduler), weeks)
    result = _run(asked)
    wanted = result.decided.weeks if asked.weeks is None else asked.weeks
    return {
        week: catalog.build(ReportInput(found.attempts, before, asked.options.zone, result.coverage, found.findings))
        for week, found, before in result.compared(wanted)
    }


def _exported(audit_logs: Files, dag_runs: Files, users: Files, roles: Files) -> Exports:
    return loader.load(
        _several(audit_logs, "audit_logs"),
        _several(dag_runs, "dag_runs"),
        _several(users, "users"),
        _several(roles, "roles"),
    )


def _setup(
    log_formats: str | Sequence[str],
    message_fields: str | Sequence[str],
    trusted_proxies: str | Sequence[str],
    rules: Files,
    zone: str,
) -> Setup:
    return job.setup(
        [log_formats] if isinstance(log_formats, str) else log_formats,
        _several(rules, "rules"),
        zone,
        [trusted_proxies] if isinstance(trusted_proxies, str) else trusted_proxies,
        [message_fields] if isinstance(message_fields, str) else message_fields,
    )


def _prepare(  # noqa: PLR0913, PLR0917 - what one may ask for
    paths: Sequence[str | os.PathLike[str]],
    how: Setup,
    timezone: str,
    given: Exports,
    deployment: str | None,
    leading: str | Sequence[str],
    readers: tuple[int, str | None],
    weeks: str | Sequence[str] | None,
) -> job.Job:
    names = [_path(path, "path") for path in paths]
    if not names:
        raise TypeError('nothing to read: name a file or folder, such as "webserver.log", or "-" for standard input')
    zone = parse_zone(timezone)
    wanted = [weeks] if isinstance(weeks, str) else weeks
    leads = [leading] if isinstance(leading, str) else leading
    workers, scheduler = readers
    return job.prepare(
        names,
        how,
        zone=zone,
        weeks=wanted,
        deployment=deployment,
        given=given,
        leads=leads,
        workers=workers,
        scheduler=scheduler,
    )


def _several(given: Files, what: str) -> list[str]:
    return [_path(each, what) for each in ([given] if isinstance(given, (str, os.PathLike)) else given)]


def _path(given: str | os.PathLike[str], what: str) -> str:
    try:
        return os.fsdecode(given)
    except TypeError as error:
        raise TypeError(f"{what}: {given!r} is no path; give each as an argument of its own") from error


def _run(asked: job.Job) -> Result:
    result = job.run(asked)
    if messages := summary.shortcomings(result.entries):
        warnings.warn("\n".join(messages), IncompleteInputWarning, stacklevel=3)
    return result
