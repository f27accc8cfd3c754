"""Time stamps as text, and as microseconds since 1970 in UTC.

Owns: the forms in which servers write a time, and what happens to a time that names no zone.
Must not know: formats of whole lines, weeks.
"""

from __future__ import annotations

import re
import tomllib
from datetime import UTC, datetime, timedelta, tzinfo
from decimal import ROUND_FLOOR, Decimal
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

from logparse.common.memo import remember_short

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
#: Microseconds.
SECOND: Final = 1_000_000
#: Times of other years are none: nothing logged them, and those at the ends of the calendar have no week.
YEARS: Final = range(1990, 2200)
#: Hours from UTC: no zone has ever been further away (Alaska before 1867, by solar time).
FARTHEST: Final = 15
#: As servers and syslog write them, and the number of each. Python and journald follow the locale of their process:
#: names in other languages are data.
MONTHS: Final = {
    "Jan": 1, "Feb": 2, "Mar": 3, "Apr": 4, "May": 5, "Jun": 6,
    "Jul": 7, "Aug": 8, "Sep": 9, "Oct": 10, "Nov": 11, "Dec": 12,
}  # fmt: skip
MONTHS_FILE: Final = Path(__file__).with_name("shipped") / "months.toml"
_MONTH: Final = r"(?:[^\W\d_]{3,7}\.?|\d{1,2}[月월])"
# `22/Nov/2026:12:35:08 +0000` (gunicorn %(t)s: local zone of the process, always with offset),
# `22/Nov/2026 12:51:55` (werkzeug: local zone, no offset) and `22/Nov/2026:12:51:55.123` (HAProxy: the same).
_CLF: Final = re.compile(
    rf"(\d{{2}})/ ?({_MONTH})/"
    r"(\d{4})[: ](\d{2}):(\d{2}):(\d{2})(?:\.(\d{1,9}))?(?: ([+-]\d{2}):?(\d{2}))?"
)
# `2026-11-22 12:37:23,506` (1.10 to 2.4: comma, no zone), `2026-11-22T12:38:54.123+0000` (2.5 to 3.1),
# `2026-11-22T12:36:29.340789Z` (3.1 on), `2026-11-22 12:35:06 +0000` (gunicorn's own lines),
# `2026-11-22 12:37:23.506 UTC` (BigQuery), `2026-11-22 12:37:23.506+00` (PostgreSQL), `2026/11/22 12:37:23.506`
# (Caddy's console: local zone, not named), `2026/11/22 - 12:37:23` (Gin: the same).
_ISO: Final = re.compile(
    r"(\d{4})([/-])(\d{2})\2(\d{2})(?:[T ]| - )(\d{2}):(\d{2}):(\d{2})(?:[.,](\d{1,9}))? ?"
    r"(?:(Z|UTC|GMT)|([+-]\d{2}):?(\d{2})?)?"
)
# Seconds since 1970, with decimals (nginx $msec, Caddy, Python, also as 1.7e9), or whole milli-, micro- or nanoseconds.
_NUMBER: Final = re.compile(r"[+-]?\d{1,24}(?:[.,]\d{0,24})?(?:[eE]\+?\d{1,2})?")
#: Digits before the decimal point, for times between 2001 and 2286, to how many of them make a second.
_EPOCHS: Final = {10: 0, 13: 3, 16: 6, 19: 9}
#: `Mar  1 23:59:52`, and with the year put in: `Mar  1 2026 23:59:52`.
_YEARLESS: Final = re.compile(rf"{_MONTH} [ \d]\d \d{{2}}:\d{{2}}:\d{{2}}(?:\.\d{{1,9}})?")
_SYSLOG: Final = re.compile(rf"({_MONTH}) ([ \d]\d) (\d{{4}}) (\d{{2}}):(\d{{2}}):(\d{{2}})(?:\.(\d{{1,9}}))?")


class Stamp(NamedTuple):
    """One time stamp as read.

    Attributes:
        utc: microseconds since 1970-01-01T00:00Z.
        wall: what a clock on the server's wall showed, in microseconds, as if that clock were in UTC.
        zoned: whether the text itself named its zone.
    """

    utc: int
    wall: int
    zoned: bool


def microseconds(moment: datetime) -> int:
    """Convert an aware ``moment`` to microseconds since 1970-01-01T00:00Z."""
    return (moment - EPOCH) // timedelta(microseconds=1)


@remember_short(1 << 14)
def parse_timestamp(text: str, zone: tzinfo = UTC) -> Stamp | None:
    """Read a time stamp; None if the text names no moment (31 February, an offset of 99 hours).

    Args:
        text: a time stamp in any of the forms above, or in one that python-dateutil knows.
        zone: the zone of stamps that name none.
    """
    try:
        if match := _CLF.fullmatch(text):
            day, month, year, hour, minute, second, fraction, hours, minutes = match.groups()
            wall = _wall(year, month_number(month), day, hour, minute, second)
            return _stamp(wall, _micros(fraction), hours, minutes, zone)
        if match := _ISO.fullmatch(text):
            year, _, month, day, hour, minute, second, fraction, utc, hours, minutes = match.groups()
            wall = _wall(year, int(month), day, hour, minute, second)
            return _stamp(wall, _micros(fraction), "+00" if utc else hours, "00" if utc else minutes, zone)
        if match := _SYSLOG.fullmatch(text):
            month, day, year, hour, minute, second, fraction = match.groups()
            wall = _wall(year, month_number(month), day, hour, minute, second)
            return _stamp(wall, _micros(fraction), None, None, zone)
        if _NUMBER.fullmatch(text):
            return _epoch(text.replace(",", "."))
    except (KeyError, ValueError, OverflowError):
        return None
    return None if lacks_year(text) else _other(text, zone)


def lacks_year(text: str) -> bool:
    """Whether a stamp is one of syslog's (RFC 3164), which name month and day but no year."""
    return _YEARLESS.fullmatch(text) is not None


def _wall(year: str, month: int, day: str, hour: str, minute: str, second: str) -> datetime:
    return datetime(int(year), month, int(day), int(hour), int(minute), _second(second), tzinfo=UTC)


def month_number(name: str) -> int:
    """Return the number of a month by its short name in any language of ``shipped/months.toml``.

    Raises:
        KeyError: no month is called so.
    """
    return MONTHS.get(name) or _other_months()[name.rstrip(".").casefold()]


@cache
def _other_months() -> dict[str, int]:
    languages = tomllib.loads(MONTHS_FILE.read_text(encoding="utf-8"))["languages"].values()
    return {name: number for names in languages for number, name in enumerate(names.split(), 1) if name != "-"}


def _second(text: str) -> int:
    """Read the second; a leap second counts as the one before it, and ``datetime`` refuses any higher number."""
    return 59 if text == "60" else int(text)


def _micros(fraction: str | None) -> int:
    return int((fraction or "0").ljust(6, "0")[:6])


def _epoch(text: str) -> Stamp | None:
    """Read a bare number, whose unit follows from how many digits it has; dateutil would take any number for a time."""
    number = Decimal(text)
    scale = _EPOCHS.get(number.adjusted() + 1) if number > 0 and text.isascii() else None
    if scale is None:
        return None
    micros = int(number.scaleb(6 - scale).to_integral_value(ROUND_FLOOR))
    if (EPOCH + timedelta(microseconds=micros)).year not in YEARS:
        return None
    return Stamp(micros, micros, zoned=True)


def _stamp(wall: datetime, micros: int, hours: str | None, minutes: str | None, zone: tzinfo) -> Stamp:
    if wall.year not in YEARS:
        raise ValueError(wall.year)
    local = microseconds(wall) + micros
    if hours is not None:
        minutes = minutes or "00"
        if abs(int(hours)) > FARTHEST or int(minutes) > 59:  # noqa: PLR2004
            raise ValueError(hours)
        offset = int(hours) * 3600 + (-1 if hours[0] == "-" else 1) * int(minutes) * 60
        return Stamp(local - offset * SECOND, local, zoned=True)
    return Stamp(microseconds(wall.replace(tzinfo=zone)) + micros, local, zoned=False)


def _other(text: str, zone: tzinfo) -> Stamp | None:
    """Read a stamp in the operator's own ``log_timestamp_format`` (Airflow 3.1+: any strftime string)."""
    from dateutil import parser  # noqa: PLC0415  20 ms that only odd stamps need

    if len(text) > 64 or not any(letter.isdigit() for letter in text):  # noqa: PLR2004
        return None
    try:
        moment = parser.parse(text.replace(" @ ", " "), fuzzy=False, default=datetime(1, 1, 1))  # noqa: DTZ001
        if moment.year not in YEARS:  # the year 1: no date in it, and a time of day names no moment
            return None
        local = microseconds(moment.replace(tzinfo=UTC))
        aware = moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)
        return Stamp(microseconds(aware.astimezone(UTC)), local, zoned=moment.tzinfo is not None)
    except (ValueError, ArithmeticError, TypeError):
        return None


def format_time(time: int | None) -> str:
    """Write microseconds UTC as ISO 8601; ``unknown`` for None."""
    if time is None:
        return "unknown"
    return (EPOCH + timedelta(microseconds=time)).isoformat().replace("+00:00", "Z")
