"""The weekly reports, by name.

Owns: which reports there are. Must not know: files and formats, how attempts are parted into weeks.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from logparse.reports import by_dag, by_reason, by_time, by_user, coverage, findings, user_dag
from logparse.reports.report import Report, ReportInput, as_categories

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["REPORTS", "Report", "ReportInput", "build_reports"]
#: Columns of text that reports count by.
COUNTED_TEXTS: Final = ("user", "client", "dag_id", "outcome", "reason", "channel")
#: Every report by its name, in the order in which they are written and documented.
REPORTS: Final[dict[str, Report]] = {
    module.REPORT.name: module.REPORT for module in (by_user, by_dag, by_time, by_reason, user_dag, findings, coverage)
}


def build_reports(source: ReportInput) -> dict[str, pd.DataFrame]:
    """Build every report of one week; the tables by name of the report."""
    previous = None if source.previous is None else as_categories(source.previous, COUNTED_TEXTS)
    source = replace(source, attempts=as_categories(source.attempts, COUNTED_TEXTS), previous=previous)
    return {name: report.build(source) for name, report in REPORTS.items()}
