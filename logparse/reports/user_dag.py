"""The report ``user_dag``: who tried to trigger which DAG, and with what success.

Owns: its keys. Must not know: how counting works, or where the table goes.
"""

from __future__ import annotations

from typing import Final

from logparse.common.schema import Column
from logparse.reports.aggregate import BRIEF, report_by

REPORT: Final = report_by(
    "user_dag",
    "Who tried to trigger which DAG, and with what success?",
    (
        Column("user", "string", "who made the attempts, as far as known; empty: not known"),
        Column("dag_id", "string", "the DAG; empty where the request names none"),
    ),
    ("clients",),
    ("user", "dag_id", *BRIEF),
)
