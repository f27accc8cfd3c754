"""Weeks: names, bounds, zones."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from logparse.common.weeks import parse_zone, previous_week, week_bounds, week_of

BERLIN = ZoneInfo("Europe/Berlin")
ZONES = st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Tehran", "Pacific/Apia", "-03:30", "+05:45"])


def series(times: list[str] | list[None] | list[str | None]) -> pd.Series:
    return pd.to_datetime(pd.Series(times, dtype=object), utc=True, format="ISO8601").dt.as_unit("us")


def weeks_of(times: list[str], zone: tzinfo = UTC) -> list[str]:
    return week_of(series(times), zone).tolist()


@pytest.mark.parametrize(
    ("time", "week"),
    [
        ("2026-11-22T23:59:59.999999", "2026-W47"),
        ("2026-11-23T00:00:00", "2026-W48"),
        ("2026-12-31T12:00:00", "2026-W53"),
        ("2027-01-01T12:00:00", "2026-W53"),
        ("2027-01-04T00:00:00", "2027-W01"),
        ("2024-12-30T00:00:00", "2025-W01"),
        ("1969-12-31T23:59:59", "1970-W01"),
    ],
)
def test_weeks_are_iso_weeks(time: str, week: str) -> None:
    assert weeks_of([time]) == [week]


def test_the_zone_moves_the_border_between_weeks() -> None:
    border = ["2026-11-22T22:59:59.999999", "2026-11-22T23:00:00"]
    assert weeks_of(border, BERLIN) == ["2026-W47", "2026-W48"]
    assert weeks_of(border, parse_zone("-02:00")) == ["2026-W47", "2026-W47"]


def test_a_null_time_has_no_week_and_the_index_stays() -> None:
    weeks = week_of(series(["2026-11-22", None]).set_axis([7, 3]), UTC)
    assert weeks.index.tolist() == [7, 3]
    assert weeks[7] == "2026-W47"
    assert pd.isna(weeks[3])


@pytest.mark.parametrize("times", [[], [None, None]])
def test_without_times_the_dtype_is_the_same(times: list[None]) -> None:
    weeks = week_of(series(times), BERLIN)
    assert weeks.dtype == "string"
    assert weeks.isna().all()


@pytest.mark.parametrize(("week", "hours"), [("2026-W12", 168), ("2026-W13", 167), ("2026-W43", 169)])
def test_bounds_follow_clock_changes(week: str, hours: int) -> None:
    start, end = week_bounds(week, BERLIN)
    assert end - start == timedelta(hours=hours)
    assert start.tzinfo is UTC


def test_bounds_are_local_midnights_in_utc() -> None:
    assert week_bounds("2026-W47", BERLIN) == (
        datetime(2026, 11, 15, 23, tzinfo=UTC),
        datetime(2026, 11, 22, 23, tzinfo=UTC),
    )


def test_bounds_start_with_the_first_moment_of_a_monday_that_has_no_midnight() -> None:
    # On Monday, 22 March 2021, clocks in Tehran went from 00:00 to 01:00.
    start, _ = week_bounds("2021-W12", ZoneInfo("Asia/Tehran"))
    assert start == datetime(2021, 3, 21, 20, 30, tzinfo=UTC)


@given(st.datetimes(datetime(1990, 1, 1), datetime(2037, 1, 1)), ZONES)  # noqa: DTZ001 - made aware below
def test_a_time_is_within_the_bounds_of_its_week(naive: datetime, name: str) -> None:
    time, zone = naive.replace(tzinfo=UTC), parse_zone(name)
    (week,) = weeks_of([time.isoformat()], zone)
    start, end = week_bounds(week, zone)
    assert start <= time < end
    assert week_bounds(previous_week(week), zone)[1] == start


@pytest.mark.parametrize(
    ("week", "before"), [("2026-W47", "2026-W46"), ("2027-W01", "2026-W53"), ("2026-W01", "2025-W52")]
)
def test_previous_week(week: str, before: str) -> None:
    assert previous_week(week) == before


@pytest.mark.parametrize("week", ["2025-W53", "2026-W00", "2026-W54"])
def test_an_impossible_week_is_told_the_weeks_of_its_year(week: str) -> None:
    with pytest.raises(ValueError, match=rf"no week {week}; the weeks of {week[:4]} are {week[:4]}-W01 to"):
        week_bounds(week, UTC)


@pytest.mark.parametrize(
    "week", ["", "2026W47", "2026-47", "2026-w47", "2026-W7", "2026-W47\n", "٢٠٢٦-W47", "0000-W01"]
)
def test_a_malformed_week_is_told_the_form(week: str) -> None:
    with pytest.raises(ValueError, match="write year and week as in 2026-W47"):
        previous_week(week)


@pytest.mark.parametrize(
    ("name", "hours"),
    [
        ("UTC", 0),
        ("utc", 0),
        ("Z", 0),
        ("+02:00", 2),
        ("+0200", 2),
        ("-0330", -3.5),
        ("+00:00", 0),
        ("Asia/Kolkata", 5.5),
    ],
)
def test_zones_by_name_and_offset(name: str, hours: float) -> None:
    assert parse_zone(name).utcoffset(datetime(2026, 1, 1, tzinfo=UTC).replace(tzinfo=None)) == timedelta(hours=hours)


@pytest.mark.parametrize(
    "name", ["", "X", "Europe", "../etc/passwd", "/etc/localtime", "+25:00", "+", "+02:00x", "a\0b"]
)
def test_an_unknown_zone_is_told_three_that_are_known(name: str) -> None:
    with pytest.raises(ValueError, match="unknown time zone") as caught:
        parse_zone(name)
    assert str(caught.value) == f"unknown time zone {name!r}; try Europe/Berlin, UTC or +02:00"
