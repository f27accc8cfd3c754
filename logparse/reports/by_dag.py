"""The report ``by_dag``: which DAGs were to be triggered, and with what success.

Owns: its key. Must not know: how counting works, or where the table goes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from logparse.common.schema import Column
from logparse.reports.aggregate import BRIEF, aggregate, columns_by
from logparse.reports.report import Report, ReportInput

if TYPE_CHECKING:
    import pandas as pd

_KEYS: Final = (Column("dag_id", "string", "the DAG; empty where the request names none (asset events, form bodies)"),)
_COLUMNS: Final = columns_by(
    _KEYS,
    (
        "users",
        "clients",
    ),
)


def _build(source: ReportInput) -> pd.DataFrame:
    return aggregate(source.attempts, source.previous, _KEYS, _COLUMNS)


REPORT: Final = Report(
    "by_dag", "Which DAGs were to be triggered, and with what success?", _COLUMNS, _build, ("dag_id", *BRIEF)
)
