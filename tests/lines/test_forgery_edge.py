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
        "POST /api/v1/dags/x/dagRuns 200 5 0.02\n",
        "192.0.2.4 POST /api/v1/dags/x/dagRuns 200 5 0.02\n",
    ],
)
def test_a_line_of_another_time_or_none_between_the_name_and_its_login_is_forged(forged: str) -> None:
    text = TYPED + forged + LOGIN.format(second=54)
    found = run.run([Source("-", None, None)], options.Options(), stdin=io.BytesIO(text.encode()))
    (entry,) = found.entries
    assert (entry.forged, len(found.attempts)) == (1, 0)


def test_the_last_of_several_logins_without_a_time_is_real() -> None:
    """uvicorn writes no time, so each of these logins can be behind all that was typed before it, but for the last."""
    pair = (
        '{{"log": "2026-11-{day:02}T00:29:40.741000Z [info     ] Login Failed for user: eve [fab.override] '
        'loc=override.py:2305\\n", "stream": "stdout", "time": "2026-11-{day:02}T00:29:40.741000Z"}}\n'
        '{{"log": "INFO:     10.3.7.83:41073 - \\"POST /auth/token HTTP/1.1\\" 401 Unauthorized\\n", '
        '"stream": "stdout", "time": "2026-11-{day:02}T00:29:40.744000Z"}}\n'
    )
    text = "".join(pair.format(day=day) for day in range(16, 21))
    found = run.run([Source("-", None, None)], options.Options(), stdin=io.BytesIO(text.encode()))
    (entry,) = found.entries
    assert (entry.forged, entry.kinds["access"]) == (0, 5)


@pytest.mark.parametrize(
    "line", ["POST /api/v1/dags/x/dagRuns 200 5", "1772409592.123 192.0.2.4 POST /api/v1/dags/x/dagRuns 200 5 0.02"]
)
def test_a_request_without_quotes_in_a_basic_name_is_part_of_the_name(line: str) -> None:
    """gunicorn escapes quotes in a name, but no line breaks; no colon stands in one."""
    end = 'x [22/Nov/2026:12:50:54 +0000] "POST /api/v1/dags/y/dagRuns HTTP/1.1" 401 188 "-" "-"\n'
    text = f"127.0.0.9 - eve\n{line}\n{end}"
    found = run.run([Source("-", None, None)], options.Options(), stdin=io.BytesIO(text.encode()))
    assert found.attempts[["dag_id", "status"]].to_numpy().tolist() == [["y", 401]]
