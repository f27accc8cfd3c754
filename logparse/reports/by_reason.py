"""The report ``by_reason``: why attempts failed, through which door.

Owns: its keys. Must not know: how counting works, or where the table goes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from logparse.common.schema import Column
from logparse.reports.aggregate import aggregate, columns_by
from logparse.reports.report import Report, ReportInput

if TYPE_CHECKING:
    import pandas as pd

_KEYS: Final = (
    Column("outcome", "string", "what became of the attempts"),
    Column("reason", "string", "why they failed; empty for successes"),
    Column("detail", "string", "finer than the reason, where there is evidence for it"),
    Column("channel", "string", "where the runs were asked for"),
)
_COLUMNS: Final = columns_by(
    _KEYS,
    (
        "users",
        "dags",
        "clients",
    ),
)


def _build(source: ReportInput) -> pd.DataFrame:
    return aggregate(source.attempts, source.previous, _KEYS, _COLUMNS)


REPORT: Final = Report(
    "by_reason",
    "Why did attempts fail, and through which door?",
    _COLUMNS,
    _build,
    ("outcome", "reason", "channel", "attempts", "users", "dags", "last_seen"),
)
