"""The weekly reports, by name.

Owns: which reports there are, and how a table of attempts is parted into weeks. Must not know: files and formats.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, tzinfo
from typing import TYPE_CHECKING, Final

from logparse.reports import by_dag, by_reason, by_time, by_user, user_dag
from logparse.reports import coverage as coverage_report
from logparse.reports import findings as findings_report
from logparse.reports.report import Report, ReportInput, dense
from logparse.weeks import previous_week

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import pandas as pd

__all__ = ["REPORTS", "Report", "ReportInput", "build", "build_all"]

#: Columns of text that reports count by.
DENSE: Final = ("user", "client", "dag_id", "outcome", "reason", "channel")
#: Every report by its name, in the order in which they are written and documented.
REPORTS: Final[dict[str, Report]] = {
    module.REPORT.name: module.REPORT
    for module in (by_user, by_dag, by_time, by_reason, user_dag, findings_report, coverage_report)
}


def build_all(
    attempts: pd.DataFrame,
    coverage: pd.DataFrame,
    findings: pd.DataFrame,
    zone: tzinfo = UTC,
    weeks: Iterable[str] | None = None,
) -> Iterator[tuple[str, dict[str, pd.DataFrame]]]:
    """Build every report of every week, one week at a time.

    Args:
        attempts: columns as in ``schema.ATTEMPTS``, any number of weeks, ``week`` told in ``zone``.
            Rows without a week are in no report but coverage.
        coverage: one row a source, columns as in the coverage report.
        findings: one row a cause and week, columns as in the report of findings and ``week``.
        zone: the time zone that days and hours are told in.
        weeks: the weeks to report, such as ``2026-W47``; a week without attempts gives empty tables.
            None: all weeks that have attempts. The other weeks in ``attempts`` still serve for comparison.

    Yields:
        The week and its tables by report name, week by week in order.

    Raises:
        ValueError: a week is malformed, or its year has no such week.
    """
    attempts = dense(attempts, DENSE)
    found = {str(week): rows for week, rows in attempts.groupby("week", observed=True)}
    for week in sorted(set(found if weeks is None else weeks)):
        rows, causes = found.get(week, attempts.iloc[:0]), findings[findings["week"] == week]
        yield week, build(ReportInput(rows, found.get(previous_week(week)), zone, coverage, causes))


def build(source: ReportInput) -> dict[str, pd.DataFrame]:
    """Every report of one week, by name."""
    previous = None if source.previous is None else dense(source.previous, DENSE)
    source = replace(source, attempts=dense(source.attempts, DENSE), previous=previous)
    return {name: report.build(source) for name, report in REPORTS.items()}
