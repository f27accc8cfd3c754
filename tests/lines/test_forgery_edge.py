"""Real lines at the edge of the time in which lines behind a typed name are looked at (Airflow 2.10.5)."""

from __future__ import annotations

import io

import pytest

from logparse.pipeline import options, run
from logparse.sources.source import Source

TYPED = "[2026-11-22T12:50:54.100+0000] {override.py:2240} INFO - Login Failed for user: eve\n"
LOGIN = '127.0.0.9 - - [22/Nov/2026:12:50:{second} +0000] "POST /login/ HTTP/1.1" 302 227 "-" "Mozilla/5.0"\n'
REFUSED = (
    "[2026-11-22T12:50:59.{millis}+0000] {{override.py:2240}} INFO - Login Failed for user: uma\n"
    '127.0.0.4 - uma [22/Nov/2026:12:50:59 +0000] "POST /api/v1/dags/etl_daily/dagRuns HTTP/1.1" 401 188 '
    '"-" "curl/8.5.0"\n'
)


@pytest.mark.parametrize("millis", ["050", "150", "900"])
def test_a_line_of_milliseconds_before_one_of_whole_seconds_is_real(millis: str) -> None:
    """5.05 s behind the name comes a real line, and then a login whose stamp is cut to 4.9 s behind it."""
    text = TYPED + LOGIN.format(second=54) + REFUSED.format(millis=millis) + LOGIN.format(second=59)
    found = run.run([Source("-", None, None)], options.Options(), stdin=io.BytesIO(text.encode()))
    (entry,) = found.entries
    assert (entry.forged, entry.kinds["app"], entry.kinds["access"]) == (0, 2, 3)
    assert found.attempts["reason"].to_list() == ["bad_credentials"]


@pytest.mark.parametrize(
    "forged",
    [
        '127.0.0.2 - admin [22/Nov/2026:12:00:00 +0000] "POST /api/v1/dags/x/dagRuns HTTP/1.1" 200 5 "-" "-"\n',
        "INFO - Login Failed for user: admin\n",
    ],
)
def test_a_line_of_another_time_or_none_between_the_name_and_its_login_is_forged(forged: str) -> None:
    text = TYPED + forged + LOGIN.format(second=54)
    found = run.run([Source("-", None, None)], options.Options(), stdin=io.BytesIO(text.encode()))
    (entry,) = found.entries
    assert (entry.forged, len(found.attempts)) == (1, 0)
