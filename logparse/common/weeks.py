"""ISO weeks in a time zone: which week a time falls in, when a week starts and ends, and what a zone is called.

Owns: the week's name (``2026-W47``), its bounds, zone names. Must not know: tables, reports, log lines.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from dateutil.parser import isoparser

from logparse.common.timestamps import EPOCH

if TYPE_CHECKING:
    import pandas as pd

_WEEK: Final = re.compile(r"([12][0-9]{3})-W([0-9]{2})")


def week_of(time: pd.Series, zone: tzinfo) -> pd.Series:
    """Name the ISO week that each time falls in, as seen on a clock in ``zone``.

    Args:
        time: timezone-aware timestamps, nulls allowed.
        zone: the zone whose midnights part the weeks.

    Returns:
        Strings such as ``2026-W47``, null where the time is; same index, dtype ``string``.
    """
    import pandas as pd  # noqa: PLC0415 - heavy, and not needed for one line

    days = time.dt.tz_convert(zone).dt.tz_localize(None).dt.normalize()
    codes, distinct = pd.factorize(days)
    names = pd.array([_name(day) for day in pd.DatetimeIndex(distinct)], dtype=pd.StringDtype("python"))
    return pd.Series(names.take(codes, allow_fill=True), index=time.index, name="week")


def week_at(time: int, zone: tzinfo) -> str:
    """Name the ISO week that a time falls in, as seen on a clock in ``zone``.

    Args:
        time: microseconds since 1970, UTC.
        zone: the zone whose midnights part the weeks.
    """
    return _name((EPOCH + timedelta(microseconds=time)).astimezone(zone))


def week_bounds(week: str, zone: tzinfo) -> tuple[datetime, datetime]:
    """Return when a week starts (inclusive) and ends (exclusive), both in UTC.

    A week with a clock change is 167 or 169 hours long.

    Raises:
        ValueError: ``week`` is malformed, or its year has no such week.
    """
    monday = _monday(week)
    return _midnight(monday, zone), _midnight(monday + timedelta(weeks=1), zone)


def parse_start(text: str, zone: tzinfo) -> int:
    """Return when a week (``2026-W47``) or a day (``2026-11-22``) begins, in microseconds since 1970, UTC.

    Raises:
        ValueError: the text is neither.
    """
    try:
        day = _monday(text) if "W" in text else date.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"{text!r} is neither a week such as 2026-W47 nor a day such as 2026-11-22") from error
    return (_midnight(day, zone) - EPOCH) // timedelta(microseconds=1)


def previous_week(week: str) -> str:
    """Name the week before.

    Raises:
        ValueError: ``week`` is malformed, or its year has no such week.
    """
    return _name(_monday(week) - timedelta(weeks=1))


def parse_zone(name: str) -> tzinfo:
    """Look up a time zone by its IANA name (``Europe/Berlin``, ``UTC``) or as a fixed offset (``+02:00``, ``-0330``).

    ``UTC+02:00`` is a fixed offset too: Python writes it so, and archives name their zone with that text.

    Raises:
        ValueError: there is no such zone; the text names three that there are.
    """
    if name.upper() in {"UTC", "Z"}:
        return UTC
    try:
        if name.removeprefix("UTC").startswith(("+", "-")):
            return timezone(isoparser().parse_tzstr(name.removeprefix("UTC")).utcoffset(None) or timedelta())
        return ZoneInfo(name)
    # ZoneInfo raises KeyError for an unknown name, OSError for a folder such as "Europe", ValueError for "../x".
    except (KeyError, OSError, ValueError) as error:
        raise ValueError(f"unknown time zone {name!r}; try Europe/Berlin, UTC or +02:00") from error


def _name(day: date) -> str:
    year, week, _ = day.isocalendar()
    return f"{year:04d}-W{week:02d}"


def _monday(week: str) -> date:
    parts = _WEEK.fullmatch(week)
    if parts is None:
        raise ValueError(f"{week!r} is not an ISO week; write year and week as in 2026-W47")
    year, number = int(parts[1]), int(parts[2])
    try:
        return date.fromisocalendar(year, number, 1)
    except ValueError as error:
        last = date(year, 12, 28).isocalendar().week
        raise ValueError(f"there is no week {week}; the weeks of {year} are {year}-W01 to {year}-W{last}") from error


def _midnight(day: date, zone: tzinfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)
