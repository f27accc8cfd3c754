"""The Python functions: what the commands find, as data frames.

Owns: the functions' signatures and promises, and errors in the words of a script. Must not know: the command line,
output files.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING

import pandas as pd

from logparse.common.schema import ATTEMPTS
from logparse.pipeline import job
from logparse.pipeline.options import RunOptions, check_options, path_text
from logparse.pipeline.weekly import tables
from logparse.reports import catalog, messages
from logparse.reports.report import WEEK, ReportInput, conform

if TYPE_CHECKING:
    import os
    from collections.abc import Sequence
    from typing import Unpack

    from logparse.pipeline.options import Options
    from logparse.pipeline.result import Result

__all__ = ["IncompleteInputWarning", "RunOptions", "attempts", "findings", "read_archive", "report", "weeks"]


class IncompleteInputWarning(UserWarning):
    """Some input could not be read or understood, or is counted twice; the text says which, and what to try."""


def attempts(*paths: str | os.PathLike[str], **options: Unpack[RunOptions]) -> pd.DataFrame:
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
        **options: how to read and judge; ``logparse.RunOptions`` describes each option.

    Returns:
        Columns as in ``logparse.common.schema.ATTEMPTS``: texts, whole numbers and truths in dtypes of pandas that know
        missing values (``string``, ``Int64``, ``boolean``), times in UTC. All functions here, Parquet files and SQL
        agree in this. Bytes that were no UTF-8 are written as ``\xff``.

    Raises:
        TypeError: no path was given, something that is no path was given as one, or there is no such option.
        LogparseError: a path, a format string or the rules cannot be used.
        ValueError: there is no such zone, network or week.

    Warns:
        IncompleteInputWarning: some input could not be read or understood, or is counted twice.
    """
    checked, result = _run(paths, options)
    return conform(result.table(checked.weeks), ATTEMPTS)


def report(*paths: str | os.PathLike[str], **options: Unpack[RunOptions]) -> dict[str, dict[str, pd.DataFrame]]:
    """Read logs and return the weekly reports: ``report("logs")["2026-W47"]["by_user"]``.

    Arguments, errors and warnings are those of ``attempts``. Weeks are in order; without ``weeks``, all that have
    attempts. The reports of a week are ``by_user``, ``by_dag``, ``by_time``, ``by_reason``, ``user_dag``,
    ``findings``, ``coverage``.
    """
    return _make_reports(*_run(paths, options))


def findings(*paths: str | os.PathLike[str], **options: Unpack[RunOptions]) -> pd.DataFrame:
    """Read logs and return what is wrong: one row for each cause and week, the worst of a week first.

    >>> found = findings("webserver.log")
    >>> found.loc[0, ["week", "severity", "title", "users", "dags"]].to_list()
    ['2026-W47', 'low', 'The role does not allow it', 'eve', 'etl']

    Arguments, errors and warnings are those of ``attempts``. Each week is compared with the one before it, as in the
    report ``findings``, whose columns stand behind ``week``. The column ``finding`` of ``attempts`` holds the ``key``.
    """
    weekly = _make_reports(*_run(paths, options))
    columns = (WEEK, *catalog.REPORTS["findings"].columns)
    found = [tables_of_week["findings"].assign(week=week) for week, tables_of_week in weekly.items()]
    empty = pd.DataFrame(columns=[column.name for column in columns])
    return pd.concat([conform(each, columns) for each in found or [empty]], ignore_index=True)


def read_archive(
    place: str | os.PathLike[str],
    table: str = "attempts",
    *,
    weeks: str | Sequence[str] | None = None,
    since: str | None = None,
) -> pd.DataFrame:
    """Return a table of an archive that ``logparse report`` has written: attempts, or a report such as ``findings``.

    >>> found = read_archive("reports", "by_user")
    >>> found[["week", "user", "attempts", "failure_rate"]].to_dict("records")
    [{'week': '2026-W47', 'user': 'eve', 'attempts': 1, 'failure_rate': 1.0}]
    >>> read_archive("reports", since="2026-11-20")["reason"].to_list()
    ['permission_denied']

    Args:
        place: folder or URL of the archive.
        table: ``attempts`` or the name of a report.
        weeks: a week such as ``2026-W47``, or several.
        since: only weeks that end after this week or day begins.

    Returns:
        The rows of all these weeks, by default of all weeks of the archive, with dtypes as ``attempts`` has them.
        Reports have the columns ``week`` and ``deployment`` in front of their own.

    Raises:
        OutputError: there is no archive or no such week, or it cannot be read.
        ValueError: there is no such table, or there can be no such week or day.
    """
    archive = tables.open_archive(path_text(place, "place"))
    if table not in (tables.ALL, *catalog.REPORTS):
        raise ValueError(f"there is no table {table!r}; there are {', '.join((tables.ALL, *catalog.REPORTS))}")
    asked = [weeks] if isinstance(weeks, str) else archive.weeks if weeks is None else weeks
    return archive.read(table, archive.choose_weeks(asked, since))[0]


def weeks(place: str | os.PathLike[str]) -> list[str]:
    """Return the weeks that an archive holds, in order.

    >>> weeks("reports")
    ['2026-W47']

    Args:
        place: folder or URL of the archive.

    Raises:
        OutputError: there is no archive, or it cannot be read.
    """
    return tables.open_archive(path_text(place, "place")).weeks


def _make_reports(checked: Options, result: Result) -> dict[str, dict[str, pd.DataFrame]]:
    weeks = result.weeks if checked.weeks is None else checked.weeks
    handshakes = catalog.list_handshakes(result.causes.rules)
    return {
        name: catalog.build_reports(
            ReportInput(week.attempts, before, checked.zone, result.coverage, week.findings, handshakes)
        )
        for name, week, before in result.compared(weeks)
    }


def _run(paths: Sequence[str | os.PathLike[str]], options: RunOptions) -> tuple[Options, Result]:
    if not paths:
        raise TypeError('nothing to read: name a file or folder, such as "webserver.log", or "-" for standard input')
    names = [path_text(path, "path") for path in paths]
    checked = check_options(options)
    result = job.run(job.prepare(names, checked))
    if problems := messages.list_shortcomings(result.entries):
        warnings.warn("\n".join(problems), IncompleteInputWarning, stacklevel=3)
    return checked, result
