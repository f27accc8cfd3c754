"""The report ``user_dag``: who tried to trigger which DAG, and with what success.

Owns: its keys. Must not know: how counting works, or where the table goes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from logparse.common.schema import Column
from logparse.reports.aggregate import BRIEF, aggregate, columns_by
from logparse.reports.report import Report, ReportInput

if TYPE_CHECKING:
    import pandas as pd

_KEYS: Final = (
    Column("user", "string", "who made the attempts, as far as known; empty: not known"),
    Column("dag_id", "string", "the DAG; empty where the request names none"),
)
_COLUMNS: Final = columns_by(_KEYS, ("clients",))


def _build(source: ReportInput) -> pd.DataFrame:
    return aggregate(source.attempts, source.previous, _KEYS, _COLUMNS)


REPORT: Final = Report(
    "user_dag", "Who tried to trigger which DAG, and with what success?", _COLUMNS, _build, ("user", "dag_id", *BRIEF)
)
