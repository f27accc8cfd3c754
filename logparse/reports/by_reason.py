"""The report ``by_reason``: why attempts failed, through which door.

Owns: its keys. Must not know: how counting works, or where the table goes.
"""

from __future__ import annotations

from typing import Final

from logparse.common.schema import Column
from logparse.reports.aggregate import report_by

REPORT: Final = report_by(
    "by_reason",
    "Why did attempts fail, and through which door?",
    (
        Column("outcome", "string", "what became of the attempts"),
        Column("reason", "string", "why they failed; empty for successes"),
        Column("detail", "string", "finer than the reason, where there is evidence for it"),
        Column("channel", "string", "where the runs were asked for"),
    ),
    ("users", "dags", "clients"),
    ("outcome", "reason", "channel", "attempts", "users", "dags", "last_seen"),
)
