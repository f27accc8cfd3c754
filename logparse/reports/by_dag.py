"""The report ``by_dag``: which DAGs were to be triggered, and with what success.

Owns: its key. Must not know: how counting works, or where the table goes.
"""

from __future__ import annotations

from typing import Final

from logparse.common.schema import Column
from logparse.reports.aggregate import BRIEF, report_by

REPORT: Final = report_by(
    "by_dag",
    "Which DAGs were to be triggered, and with what success?",
    (Column("dag_id", "string", "the DAG; empty where the request names none (asset events, form bodies)"),),
    ("users", "clients"),
    ("dag_id", *BRIEF),
)
