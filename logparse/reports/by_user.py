"""The report ``by_user``: who tried, and with what success.

Owns: its key and the count of verified attempts. Must not know: how counting works, or where the table goes.
"""

from __future__ import annotations

from typing import Final

from logparse.common.schema import Column
from logparse.reports.aggregate import BRIEF, report_by

REPORT: Final = report_by(
    "by_user",
    "Who tried, and with what success?",
    (Column("user", "string", "who made the attempts, as far as known; empty: not known"),),
    ("dags", "clients"),
    ("user", *BRIEF),
    (Column("verified_attempts", "int64", "attempts for which the server accepted that identity"),),
)
