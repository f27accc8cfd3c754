"""The report ``by_time``: when attempts came, hour by hour on a clock in the report's zone.

Owns: days and hours. Must not know: how counting works, or where the table goes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pandas as pd

from logparse.common.schema import Column
from logparse.reports.aggregate import BRIEF, aggregate, columns_by
from logparse.reports.report import Report, ReportInput

if TYPE_CHECKING:
    from datetime import tzinfo

_KEYS: Final = (
    Column("day", "string", "date such as `2026-11-22` in the report's time zone"),
    Column("hour", "int64", "hour of the day, 0 to 23, in the report's time zone; only hours that have attempts"),
)
_COLUMNS: Final = columns_by(_KEYS, ("users", "dags", "clients"))


def _build(source: ReportInput) -> pd.DataFrame:
    attempts = _on_clock(source.attempts, source.zone)
    # The week before is moved on to the same weekdays of this week.
    previous = None if source.previous is None else _on_clock(source.previous, source.zone, days_later=7)
    table = aggregate(attempts, previous, _KEYS, _COLUMNS)
    return table.sort_values(["day", "hour"], na_position="last", ignore_index=True)


def _on_clock(attempts: pd.DataFrame, zone: tzinfo, days_later: int = 0) -> pd.DataFrame:
    clock = attempts["time"].dt.tz_convert(zone).dt.tz_localize(None) + pd.Timedelta(days=days_later)
    days = clock.dt.normalize().astype("category")
    named = days.cat.rename_categories([f"{day:%Y-%m-%d}" for day in days.cat.categories])
    return attempts.assign(day=named, hour=clock.dt.hour.astype("Int64"))


REPORT: Final = Report(
    "by_time", "When did attempts come, and when did they fail?", _COLUMNS, _build, ("day", "hour", *BRIEF)
)
