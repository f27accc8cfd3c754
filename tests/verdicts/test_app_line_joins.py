"""App lines and requests that overlap: who left which line, on lines of real servers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from logparse.pipeline import options, run
from logparse.scans.settings import Setup
from logparse.sources import discovery
from logparse.verdicts.evidence.line_assignment import Asker, Line, assign_lines

if TYPE_CHECKING:
    from pathlib import Path

    import pandas as pd


def attempts(tmp_path: Path, text: str, name: str = "server.log") -> pd.DataFrame:
    (tmp_path / name).write_text(text, "utf-8")
    return run.run(discovery.find_sources([str(tmp_path)]), options.Options()).attempts


def line(opens: int, costs: dict[int, float], *, alone: float = 6.0, repeats: int = -1) -> Line:
    return Line(opens, opens + 100, alone, costs, repeats, 0.5)


class TestAssignment:
    def test_overlapping_lines_and_requests_pair_in_order(self) -> None:
        lines = [line(1, {0: 1.0, 1: 1.75}), line(2, {0: 0.3, 1: 1.0})]
        assert assign_lines(lines, [Asker(3, 0.7), Asker(4, 0.7)]) == [0, 1]

    def test_a_line_without_its_request_shifts_no_other(self) -> None:
        lines = [line(1, {0: 1.0, 1: 3.8}, alone=0.5), line(2, {0: 0.3, 1: 3.1})]
        assert assign_lines(lines, [Asker(3, 0.7), Asker(7, 0.7)]) == [-1, 0]

    def test_a_line_that_only_repeats_takes_no_second_request(self) -> None:
        lines = [line(1, {0: 0.95, 1: 4.25}), line(2, {0: 0.25, 1: 4.25}, repeats=0)]
        assert assign_lines(lines, [Asker(3, 0.7), Asker(30, 0.7)]) == [0, 0]

    def test_two_lines_and_two_requests_are_no_repetition(self) -> None:
        lines = [line(1, {0: 0.95, 1: 1.65}), line(2, {0: 0.25, 1: 0.95}, repeats=0)]
        assert assign_lines(lines, [Asker(3, 3.0), Asker(4, 3.0)]) == [0, 1]

    def test_a_line_far_away_still_finds_the_only_request(self) -> None:
        assert assign_lines([line(1, {0: 4.25})], [Asker(90, 0.7)]) == [0]

    def test_a_request_behind_the_window_is_none(self) -> None:
        assert assign_lines([line(1, {0: 4.25})], [Asker(102, 0.7)]) == [-1]


#: Airflow 3.1.5: 127.0.0.15 sends garbage each time, 127.0.0.5 a good token whose role is too small.
BURST = """\
2026-11-22T16:03:06.133919Z [error    ] JWT token is not valid: Not enough segments \
[airflow.api_fastapi.auth.managers.base_auth_manager] loc=base_auth_manager.py:107
INFO:     127.0.0.15:33795 - "POST /api/v2/dags/billing/dagRuns HTTP/1.1" 403 Forbidden
INFO:     127.0.0.5:38595 - "POST /api/v2/dags/etl_daily/dagRuns HTTP/1.1" 403 Forbidden
2026-11-22T16:03:06.475118Z [error    ] JWT token is not valid: Not enough segments \
[airflow.api_fastapi.auth.managers.base_auth_manager] loc=base_auth_manager.py:107
INFO:     127.0.0.15:51757 - "POST /api/v2/dags/billing/dagRuns HTTP/1.1" 403 Forbidden
INFO:     127.0.0.5:44813 - "POST /api/v2/dags/etl_daily/dagRuns HTTP/1.1" 403 Forbidden
INFO:     127.0.0.5:32843 - "POST /api/v2/dags/etl_daily/dagRuns HTTP/1.1" 403 Forbidden
2026-11-22T16:03:07.702620Z [error    ] JWT token is not valid: Not enough segments \
[airflow.api_fastapi.auth.managers.base_auth_manager] loc=base_auth_manager.py:107
INFO:     127.0.0.15:52445 - "POST /api/v2/dags/etl_daily/dagRuns HTTP/1.1" 401 Unauthorized
INFO:     127.0.0.5:41941 - "POST /api/v2/dags/etl_daily/dagRuns HTTP/1.1" 403 Forbidden
INFO:     127.0.0.15:42187 - "POST /api/v2/dags/billing/dagRuns HTTP/1.1" 403 Forbidden
"""


def test_callers_fail_as_they_did_before_if_a_line_may_be_of_either(tmp_path: Path) -> None:
    found = attempts(tmp_path, BURST)
    of = found[found["status"] == 403].groupby("client", observed=True)["outcome"].agg(set).to_dict()
    assert of == {"127.0.0.15": {"authentication_failure"}, "127.0.0.5": {"authorization_failure"}}


def test_and_who_never_came_before_gets_the_line_by_order(tmp_path: Path) -> None:
    last = "".join(BURST.splitlines(keepends=True)[-4:])
    found = attempts(tmp_path, last)
    refused = found[found["status"] == 403].sort_values("line")
    assert refused["outcome"].tolist() == ["authentication_failure", "authorization_failure"]


REJECTED = (
    "[2026-11-29T03:44:22.309+0000] {api_key.py:34} WARNING - API key rejected: unknown key ak_p*** from 127.0.0.20\n"
)
REFUSED = (
    '127.0.0.20 - - [29/Nov/2026:03:44:22 +0000] "POST /api/v1/dags/sales_daily_load/dagRuns HTTP/1.1" 403 185 "-" '
    '"python-requests/2.32.5"\n'
)
ACCEPTED = "[2026-11-29T03:44:22.309+0000] {api_key.py:44} INFO - API key accepted for svc_monitor\n"


class TestOwnBackends:
    def test_a_rejected_key_is_a_failure_of_authentication(self, tmp_path: Path) -> None:
        (row,) = attempts(tmp_path, REJECTED + REFUSED).to_dict("records")
        assert (row["outcome"], row["reason"], row["confidence"]) == (
            "authentication_failure", "bad_credentials", "likely",
        )  # fmt: skip

    def test_an_accepted_key_names_who_lacks_a_role(self, tmp_path: Path) -> None:
        (row,) = attempts(tmp_path, ACCEPTED + REFUSED).to_dict("records")
        assert (row["outcome"], row["reason"], row["user"], row["user_source"]) == (
            "authorization_failure", "permission_denied", "svc_monitor", "app_log",
        )  # fmt: skip

    @pytest.mark.parametrize("other", [ACCEPTED.replace("monitor", "ci"), ACCEPTED.replace("monitor", "etl")])
    def test_nobody_is_named_if_a_line_of_another_call_may_be_it(self, tmp_path: Path, other: str) -> None:
        (row,) = attempts(tmp_path, other + ACCEPTED + REFUSED).to_dict("records")
        assert row["user"] is None

    @pytest.mark.parametrize(("address", "reasons"), [
        ("127.0.0.20", ["permission_denied", "bad_credentials"]),
        ("127.0.0.21", ["bad_credentials", "permission_denied"]),
        ("127.0.0.2", ["bad_credentials", "permission_denied"]),  # a proxy's, say: the first call of that second
    ])  # fmt: skip
    def test_a_line_is_about_the_call_from_the_address_that_it_names(
        self, address: str, reasons: list[str], tmp_path: Path
    ) -> None:
        (tmp_path / "access.log").write_text(REFUSED.replace("0.0.20", "0.0.21") + REFUSED, "utf-8")
        assert attempts(tmp_path, REJECTED.replace("127.0.0.20", address))["reason"].tolist() == reasons

    @pytest.mark.parametrize(("calls", "users"), [
        (REFUSED, ["svc_monitor"]),
        (REFUSED.replace("0.0.20", "0.0.21").replace("2.32.5", "2.31.0") + REFUSED, ["", ""]),
    ])  # fmt: skip
    def test_or_if_another_call_of_the_same_second_may_have_left_it(
        self, tmp_path: Path, calls: str, users: list[str]
    ) -> None:
        (tmp_path / "access.log").write_text(calls, "utf-8")
        assert attempts(tmp_path, ACCEPTED)["user"].fillna("").tolist() == users

    def test_a_rule_of_ten_lines_makes_it_sure(self, tmp_path: Path) -> None:
        rules = tmp_path / "rules" / "events"
        rules.mkdir(parents=True)
        (rules / "our-key-refused.toml").write_text(
            'id = "our-key-refused"\ntitle = "Our backend refused a key"\nrole = "credentials_refused"\n'
            "message = '''^API key rejected: (?:unknown key|user )'''\nanchors = [\"rejected\"]\n"
            '[joins]\nrequests = ["rest_api", "refused-request"]\nstatuses = [401, 403]\nsame = []\n'
            '[[match]]\nmessage = "API key rejected: unknown key ak_p*** from 192.0.2.20"\n'
            '[[ignore]]\nmessage = "API key accepted for svc_ci"\n',
            "utf-8",
        )
        (tmp_path / "logs").mkdir()
        (tmp_path / "logs" / "server.log").write_text(REJECTED + REFUSED, "utf-8")
        setup = Setup(rule_folders=(str(tmp_path / "rules"),))
        found = run.run(discovery.find_sources([str(tmp_path / "logs")]), options.Options(setup=setup)).attempts
        assert found["reason"].tolist() == ["bad_credentials"]


#: Airflow 2.6.1 behind Apache, whose lines show when a request began; app lines are in a file of their own.
APACHE = """\
192.0.2.30 - - [29/Nov/2026:18:48:37 +0000] "POST /trigger?dag_id=etl HTTP/1.1" 400 470 "http://af.example.com/home" \
"Mozilla/5.0 (X11; Linux x86_64; rv:120.0) Gecko/20100101 Firefox/120.0"
192.0.2.5 - - [29/Nov/2026:18:48:39 +0000] "GET /api/v1/dags HTTP/1.1" 401 365 "-" "curl/8.4.0"
192.0.2.12 - - [29/Nov/2026:18:50:28 +0000] "POST /trigger?dag_id=kpi HTTP/1.1" 400 470 "-" "python-requests/2.31.0"
"""
NO_TOKEN = "[2026-11-29T{}+0000] {{csrf.py:263}} INFO - The CSRF token is missing.\n"


@pytest.mark.parametrize(("lines", "reasons"), [
    (("18:48:38.057", "18:50:29.168"), ["csrf_rejected", "csrf_rejected"]),
    (("18:48:38.057",), ["no_session|csrf_rejected", "no_session|csrf_rejected"]),
])  # fmt: skip
def test_two_lines_show_that_a_proxy_writes_when_requests_began(
    lines: tuple[str, ...], reasons: list[str], tmp_path: Path
) -> None:
    (tmp_path / "access.log").write_text(APACHE, "utf-8")
    found = attempts(tmp_path, "".join(NO_TOKEN.format(moment) for moment in lines))
    assert found["reason"].tolist() == reasons


#: Airflow 2.2.2: gunicorn names its zone, app lines do not.
PACIFIC = """\
2026-11-29 {0}:21,595 - airflow.www.api.experimental.endpoints - ERROR - Dag id etl_old not found in DagModel
192.0.2.18 - svc [29/Nov/2026:14:35:21 -0800] "POST /api/experimental/dags/etl_old/dag_runs HTTP/1.1" 404 49 "-" "x"
2026-11-29 {0}:23,994 - airflow.www.api.experimental.endpoints - ERROR - A Dag Run already exists for dag id etl \
at 2026-11-29 22:35:23+00:00 with run id x-77
192.0.2.18 - svc [29/Nov/2026:14:35:23 -0800] "POST /api/experimental/dags/etl/dag_runs HTTP/1.1" 400 115 "-" "x"
2026-11-29 {0}:41,102 - airflow.www.api.experimental.endpoints - ERROR - Dag id ghost not found in DagModel
192.0.2.18 - svc [29/Nov/2026:14:35:41 -0800] "POST /api/experimental/dags/ghost/dag_runs HTTP/1.1" 404 49 "-" "x"
"""


@pytest.mark.parametrize(("minute", "count", "known"), [
    ("14:35", 6, True),  # the zone of the access lines
    ("22:35", 6, True),  # UTC, as assumed
    ("14:42", 6, False),  # no zone is off by seven minutes more
    ("14:35", 4, False),  # two lines show no zone
])  # fmt: skip
def test_app_lines_are_in_the_zone_of_the_access_lines_beside_them(
    minute: str, count: int, known: bool, tmp_path: Path
) -> None:
    found = attempts(tmp_path, "".join(PACIFIC.format(minute).splitlines(keepends=True)[:count]))
    assert found["reason"].isin(["dag_not_found", "conflict"]).tolist() == [known] * (count // 2)


#: Airflow 2.10.2 behind HAProxy, whose lines name no user and show to the millisecond when a request ended.
HAPROXY = """\
192.0.2.50:54831 [30/Nov/2026:01:53:{}] airflow web/s1 0/0/0/1/1 401 382 - - ---- 1/1/0/0/0 0/0 \
"POST /api/v1/dags/load/dagRuns HTTP/1.1"
192.0.2.19:52649 [30/Nov/2026:01:53:50.085] airflow web/s1 0/0/0/45/50 401 382 - - ---- 1/1/0/0/0 0/0 \
"POST /api/v1/dags/load/dagRuns HTTP/1.1"
"""


@pytest.mark.parametrize(("first", "reasons"), [
    ("49.836", ["no_credentials", "bad_credentials"]),  # it had ended before
    ("50.129", ["bad_credentials", "no_credentials"]),  # of two at that moment, the shorter one
])  # fmt: skip
def test_a_request_that_had_ended_left_no_line(first: str, reasons: list[str], tmp_path: Path) -> None:
    (tmp_path / "haproxy.log").write_text(HAPROXY.format(first), "utf-8")
    app = "[2026-11-30T01:53:50.130+0000] {override.py:2204} INFO - Login Failed for user: idle.ida\n"
    assert attempts(tmp_path, app)["reason"].tolist() == reasons


#: Airflow 2.11.0 behind Apache, to the second; a name and the password of a person who may not, and a wrong password.
SECOND = """\
192.0.2.14 - - [29/Nov/2026:18:48:55 +0000] "POST /api/v1/dags/load/dagRuns HTTP/1.1" 403 560 "-" "curl/7.85.0"
192.0.2.12 - - [29/Nov/2026:18:48:55 +0000] "POST /api/v1/dags/load/dagRuns HTTP/1.1" {} 565 "-" "curl/8.4.0"
"""


@pytest.mark.parametrize(("status", "reasons"), [
    (401, ["permission_denied", "bad_credentials"]),
    (403, ["bad_credentials", "permission_denied"]),  # where nobody gets 401 the first one is as likely as the other
])  # fmt: skip
def test_a_password_is_refused_with_401_where_others_are(status: int, reasons: list[str], tmp_path: Path) -> None:
    (tmp_path / "access.log").write_text(SECOND.format(status), "utf-8")
    app = "[2026-11-29T18:48:55.316+0000] {override.py:1697} INFO - Login Failed for user: otis\n"
    assert attempts(tmp_path, app)["reason"].tolist() == reasons
