"""Settings change at restarts: what was answered before and after is judged apart, on lines of real servers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from logparse.pipeline import options, run
from logparse.sources import discovery

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd

START = "[2026-11-22 {time} +0000] [32181] [INFO] Listening at: http://127.0.0.1:18210 (32181)\n"
CALL = (
    '127.0.0.{host} - {user} [22/Nov/2026:{time} +0000] "POST /api/v1/dags/etl_daily/dagRuns HTTP/1.1" {status} {size} '
    '"-" "curl/8.5.0"\n'
)
FAILED = "[2026-11-22T{time}.123+0000] {{override.py:2240}} INFO - Login Failed for user: {user}\n"


def attempts(tmp_path: Path, text: str) -> pd.DataFrame:
    (tmp_path / "server.log").write_text(text, "utf-8")
    return run.run(discovery.find_sources([str(tmp_path)]), options.Options()).attempts.sort_values("line")


def call(time: str, user: str, status: int) -> str:
    return CALL.format(time=time, user=user, status=status, size=188 if status == 401 else 500, host=2)


#: Basic authentication works, is switched off for a while, and works again.
BEFORE = (
    START.format(time="12:00:00") + call("12:00:01", "uma", 200) + call("12:00:02", "svc_ci", 200)
    + FAILED.format(time="12:00:03", user="eve") + call("12:00:03", "eve", 401)
)  # fmt: skip
OFF = call("13:00:01", "uma", 401) + call("13:00:02", "svc_ci", 401) + call("13:00:03", "olga", 401)
AFTER = call("14:00:01", "uma", 200) + FAILED.format(time="14:00:03", user="eve") + call("14:00:03", "eve", 401)


def test_a_setting_holds_from_one_start_to_the_next(tmp_path: Path) -> None:
    text = BEFORE + START.format(time="13:00:00") + OFF + START.format(time="14:00:00") + AFTER
    refused = attempts(tmp_path, text).query("status == 401")
    assert refused["reason"].tolist() == ["bad_credentials", *["api_auth_disabled"] * 3, "bad_credentials"]


def test_and_without_a_start_nothing_is_known_of_a_change(tmp_path: Path) -> None:
    refused = attempts(tmp_path, BEFORE + OFF + AFTER).query("status == 401")
    assert refused["reason"].tolist() == ["bad_credentials", *["no_credentials"] * 3, "bad_credentials"]


@pytest.mark.parametrize("worker", ["[2026-11-22 13:00:00 +0000] [1754] [INFO] Booting worker with pid: 1754\n"])
def test_a_new_worker_is_no_start(tmp_path: Path, worker: str) -> None:
    refused = attempts(tmp_path, BEFORE + worker + OFF + AFTER).query("status == 401")
    assert "api_auth_disabled" not in refused["reason"].tolist()


AGENT = '"Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"\n'
#: Airflow 2.10.5: somebody who is not logged in, and somebody who opens the login page after a trigger.
LOGIN = (
    '127.0.0.3 - - [22/Nov/2026:12:38:50 +0000] "GET /home HTTP/1.1" 302 287 "-" ' + AGENT
    + '127.0.0.3 - - [22/Nov/2026:12:38:50 +0000] "GET /login/?next=http%3A%2F%2F127.0.0.1%3A18210%2Fhome HTTP/1.1" '
    '200 18637 "-" ' + AGENT
)  # fmt: skip
SENT_HOME = (
    '127.0.0.4 - - [22/Nov/2026:12:38:52 +0000] "GET /dags/etl_daily/trigger?origin=%2Fhome HTTP/1.1" 302 197 '
    '"http://127.0.0.1:18210/home" ' + AGENT
)  # fmt: skip
STRAY = (
    '127.0.0.4 - - [22/Nov/2026:12:38:53 +0000] "POST /dags/etl_daily/trigger?redirect_url=/home HTTP/1.1" 302 0 '
    '"http://127.0.0.1:18210/home" ' + AGENT
    + '127.0.0.4 - - [22/Nov/2026:12:38:54 +0000] "GET /login/ HTTP/1.1" 200 18637 "http://127.0.0.1:18210/home" '
    + AGENT
)  # fmt: skip


class TestVotes:
    def test_one_stray_login_page_makes_no_airflow_2_7(self, tmp_path: Path) -> None:
        found = attempts(tmp_path, LOGIN + SENT_HOME + STRAY + LOGIN)
        assert found["method"].tolist() == ["POST"]

    def test_where_nothing_speaks_against_it_it_is_believed(self, tmp_path: Path) -> None:
        found = attempts(tmp_path, SENT_HOME + STRAY)
        assert found["method"].tolist() == ["GET", "POST"]
