"""The report ``by_user``: who tried, and with what success.

Owns: its key and the count of verified attempts. Must not know: how counting works, or where the table goes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from logparse.common.schema import Column
from logparse.reports.aggregate import BRIEF, aggregate, columns_by
from logparse.reports.report import Report, ReportInput

if TYPE_CHECKING:
    import pandas as pd

_KEYS: Final = (Column("user", "string", "who made the attempts, as far as known; empty: not known"),)
_COLUMNS: Final = (
    *columns_by(_KEYS, ("dags", "clients")),
    Column("verified_attempts", "int64", "attempts for which the server accepted that identity"),
)


def _build(source: ReportInput) -> pd.DataFrame:
    return aggregate(source.attempts, source.previous, _KEYS, _COLUMNS)


REPORT: Final = Report("by_user", "Who tried, and with what success?", _COLUMNS, _build, ("user", *BRIEF))
