"""The weekly reports, by name.

Owns: which reports there are. Must not know: files and formats, how attempts are parted into weeks.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from logparse.reports import by_dag, by_reason, by_time, by_user, coverage, findings, user_dag
from logparse.reports.aggregate import order_categories
from logparse.reports.report import Report, ReportInput

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from logparse.rules.model import FindingRule

__all__ = ["REPORTS", "Report", "ReportInput", "build_reports"]
#: Columns of text that reports count by.
COUNTED_TEXTS: Final = ("user", "client", "dag_id", "outcome", "reason", "channel")
#: Every report by its name, in the order in which they are written and documented.
REPORTS: Final[dict[str, Report]] = {
    module.REPORT.name: module.REPORT for module in (by_user, by_dag, by_time, by_reason, user_dag, findings, coverage)
}


def build_reports(source: ReportInput) -> dict[str, pd.DataFrame]:
    """Build every report of one week; the tables by name of the report."""
    frames = [source.attempts] if source.previous is None else [source.attempts, source.previous]
    frames = [
        _note_handshakes(frame, source.handshakes) for frame in order_categories(frames, (*COUNTED_TEXTS, "finding"))
    ]
    source = replace(source, attempts=frames[0], previous=None if source.previous is None else frames[1])
    return {name: report.build(source) for name, report in REPORTS.items()}


def list_handshakes(rules: Iterable[FindingRule]) -> frozenset[str]:
    """Return the ids of findings whose attempts are no failures."""
    return frozenset(rule.id for rule in rules if rule.no_failure)


def _note_handshakes(attempts: pd.DataFrame, handshakes: frozenset[str]) -> pd.DataFrame:
    """Return attempts with a column ``no_failure``."""
    of_handshakes = [key for key in attempts["finding"].cat.categories if key.partition("/")[0] in handshakes]
    return attempts.assign(no_failure=attempts["finding"].isin(of_handshakes))
