"""Times as Airflow's servers write them."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logparse.common import timestamps

NEW_YORK = ZoneInfo("America/New_York")


@pytest.mark.parametrize(
    ("text", "moment", "zoned"),
    [
        ("22/Nov/2026:12:35:08 +0000", "2026-11-22T12:35:08+00:00", True),
        ("22/Nov/2026:07:54:04 -0500", "2026-11-22T12:54:04+00:00", True),
        ("22/Nov/2026:18:05:04 +0530", "2026-11-22T12:35:04+00:00", True),
        ("22/Nov/2026:08:05:04 -0430", "2026-11-22T12:35:04+00:00", True),
        ("22/Nov/2026 12:51:55", "2026-11-22T12:51:55+00:00", False),
        ("22/Nov/2026:07:54:04.123 -0500", "2026-11-22T12:54:04.123000+00:00", True),
        ("2026-11-22 12:37:23,506", "2026-11-22T12:37:23.506000+00:00", False),
        ("2026-11-22T12:38:54.123+0000", "2026-11-22T12:38:54.123000+00:00", True),
        ("2026-11-22T07:59:31.030-0500", "2026-11-22T12:59:31.030000+00:00", True),
        ("2026-11-22T12:36:29.340789Z", "2026-11-22T12:36:29.340789+00:00", True),
        ("2026-11-22T12:36:29.340789123Z", "2026-11-22T12:36:29.340789+00:00", True),
        ("2026-11-22 12:35:06 +0000", "2026-11-22T12:35:06+00:00", True),
        ("2026-11-22T12:36:29+01:00", "2026-11-22T11:36:29+00:00", True),
        ("Sun 22 Nov 2026 12:36:29 PM UTC", "2026-11-22T12:36:29+00:00", True),
        ("22/Nov/2026:23:59:60 +0000", "2026-11-22T23:59:59+00:00", True),
        ("22/Nov/2026:12:51:55.123", "2026-11-22T12:51:55.123000+00:00", False),
        ("22/Nov/2026:12:51:55.123 +0100", "2026-11-22T11:51:55.123000+00:00", True),
        ("22/Mär/2026:12:35:08 +0000", "2026-03-22T12:35:08+00:00", True),
        ("22/févr./2026:12:35:08 +0100", "2026-02-22T11:35:08+00:00", True),
        ("22/ 3月/2026:12:35:08 +0000", "2026-03-22T12:35:08+00:00", True),
        ("янв  2 2026 12:35:08", "2026-01-02T12:35:08+00:00", False),
        ("2026/03/01 23:59:52.007", "2026-03-01T23:59:52.007000+00:00", False),
        ("2026-03-01 23:59:52.002 UTC", "2026-03-01T23:59:52.002000+00:00", True),
        ("2026-03-01T23:59:52.002003999+01:00", "2026-03-01T22:59:52.002003+00:00", True),
        ("1772409592", "2026-03-01T23:59:52+00:00", True),
        ("1772409592.004", "2026-03-01T23:59:52.004000+00:00", True),
        ("1772409590.0042922", "2026-03-01T23:59:50.004292+00:00", True),
        ("1772409590,004", "2026-03-01T23:59:50.004000+00:00", True),
        ("1.772409590005705e+09", "2026-03-01T23:59:50.005705+00:00", True),
        ("1772409592004", "2026-03-01T23:59:52.004000+00:00", True),
        ("1772409592004.5", "2026-03-01T23:59:52.004500+00:00", True),
        ("1772409592004005", "2026-03-01T23:59:52.004005+00:00", True),
        ("1772409592004005999", "2026-03-01T23:59:52.004005+00:00", True),
    ],
)
def test_forms(text: str, moment: str, zoned: bool) -> None:
    found = timestamps.parse_timestamp(text)
    assert found is not None
    assert found.utc == timestamps.microseconds(datetime.fromisoformat(moment))
    assert found.zoned is zoned


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-",
        "31/Feb/2026:12:00:00 +0000",
        "22/Foo/2026:12:00:00 +0000",
        "12:36:29",
        "yesterday",
        "2026-13-01 00:00:00",
        "20260301",
        "202603",
        "2026",
        "12",
        "-1772409592",
        "17724095920",
        "0.005",
        "1e99",
        "9" * 19,
        "9" * 30,
        "\N{ARABIC-INDIC DIGIT ONE}" * 10,
    ],
)
def test_what_names_no_moment(text: str) -> None:
    assert timestamps.parse_timestamp(text) is None


def test_the_assumed_zone_is_for_stamps_without_one() -> None:
    naive = timestamps.parse_timestamp("2026-11-22 12:37:23,506", NEW_YORK)
    assert naive is not None
    assert naive.utc == timestamps.microseconds(datetime(2026, 11, 22, 17, 37, 23, 506000, tzinfo=UTC))
    assert naive.wall == timestamps.microseconds(datetime(2026, 11, 22, 12, 37, 23, 506000, tzinfo=UTC))
    assert timestamps.parse_timestamp("22/Nov/2026:12:35:08 +0000", NEW_YORK) == timestamps.parse_timestamp(
        "22/Nov/2026:12:35:08 +0000"
    )


def test_an_offset_settles_the_hour_that_comes_twice() -> None:
    before = timestamps.parse_timestamp("01/Nov/2026:01:30:00 -0400")
    after = timestamps.parse_timestamp("01/Nov/2026:01:30:00 -0500")
    assert before is not None
    assert after is not None
    assert after.utc - before.utc == 3_600_000_000


@given(st.text(max_size=40))
def test_no_text_raises(text: str) -> None:
    timestamps.parse_timestamp(text)


@given(st.datetimes(datetime(1990, 1, 1), datetime(2199, 12, 31), timezones=st.just(UTC)))  # noqa: DTZ001
def test_what_gunicorn_writes_is_read_back(moment: datetime) -> None:
    found = timestamps.parse_timestamp(f"{moment:%d}/{moment:%b}/{moment.year:04d}:{moment:%H:%M:%S} +0000")
    assert found is not None
    assert found.utc == timestamps.microseconds(moment.replace(microsecond=0))


@pytest.mark.parametrize(
    "text",
    [
        "31/Feb/2026:00:00:00 +0000",
        "00/Nov/2026:12:00:00 +0000",
        "22/Foo/2026:12:00:00 +0000",
        "22/Nov/2026:24:00:00 +0000",
        "22/Nov/2026:12:60:00 +0000",
        "22/Nov/2026:12:00:61 +0000",
        "22/Nov/2026:12:00:00 +9999",
        "22/Nov/2026:12:00:00 -1600",
        "22/Nov/2026:12:00:00 +0060",
        "2026-02-30T00:00:00Z",
        "2026-11-22T12:00:00+99:00",
        "2026-11-22 12:00:00,123 +1460",
        "Feb 31 2026 12:00:00",
    ],
)
def test_moments_that_are_none(text: str) -> None:
    assert timestamps.parse_timestamp(text) is None


@pytest.mark.parametrize(
    "text", ["22/Nov/2026:12:00:60 +0000", "22/Nov/2026:23:00:59 +1100", "2026-11-23T02:45:59+1445"]
)
def test_leap_seconds_and_far_zones(text: str) -> None:
    found, same = timestamps.parse_timestamp(text), timestamps.parse_timestamp("22/Nov/2026:12:00:59 +0000")
    assert found is not None
    assert same is not None
    assert found.utc == same.utc


@pytest.mark.parametrize("text", ["31/Dec/9999:23:59:59 -2359", "01/Jan/0001:00:00:00 +2359", "9998-11-22T12:35:08Z"])
def test_years_that_no_log_is_of(text: str) -> None:
    assert timestamps.parse_timestamp(text) is None
