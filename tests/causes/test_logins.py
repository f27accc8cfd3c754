"""Findings about logins: clients that never get in, and so never make an attempt, in memory and in an archive."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import pytest
from folders import invoke, rows, write

import logparse

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

MONDAY: Final = datetime(2026, 11, 16, tzinfo=UTC)


def api(minute: float, path: str, status: int, client: int = 14) -> str:
    """A line of Airflow 3.2."""
    now = MONDAY + timedelta(minutes=minute)
    return (
        f"{now:%Y-%m-%dT%H:%M:%S.%fZ} [info     ] request finished               [http.access] "
        f"client_addr=192.0.2.{client}:51000 duration_us=3772 method=POST path={path} query='' status_code={status}\n"
    )


def token(minute: float, status: int = 401, client: int = 14) -> str:
    return api(minute, "/auth/token", status, client)


def run(minute: float, status: int = 200, client: int = 14) -> str:
    return api(minute, "/api/v2/dags/etl/dagRuns", status, client)


def failed(minute: float, name: str = "svc") -> str:
    now = MONDAY + timedelta(minutes=minute)
    return f"{now:%Y-%m-%dT%H:%M:%S.%fZ} [info     ] Login Failed for user: {name}   [fab] loc=override.py:2305\n"


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        pytest.param([token(0), token(5)], [("token-refused", 2, 2)], id="refused twice"),
        pytest.param([token(0)], [], id="refused once"),
        pytest.param([token(0), token(5), token(6, 201)], [], id="then accepted"),
        pytest.param([token(0, 201), token(5), token(6)], [], id="accepted before, in this week"),
        pytest.param([token(0), token(5), run(6)], [], id="a run was made from there"),
        pytest.param([run(0), token(5), token(9)], [("token-refused", 2, 2)], id="a run was made from there before"),
        pytest.param([token(0), token(5), run(60)], [], id="a run was made soon"),
        pytest.param([token(0), token(5), run(70)], [("token-refused", 2, 2)], id="a run was made much later"),
        pytest.param([token(0), token(5), run(6, client=15)], [("token-refused", 2, 2)], id="a run of another address"),
        pytest.param([token(0), token(0.5), token(5)], [("token-refused", 3, 2)], id="a retry is no incident"),
        pytest.param([token(0, 422), token(5, 422)], [("token-request-malformed", 2, 2)], id="not read"),
        pytest.param([token(0, 404), token(5, 405)], [("token-endpoint-missing", 2, 2)], id="no such page"),
        pytest.param([token(0, 500), token(5, 503)], [], id="the server fails"),
        pytest.param([token(n / 10) for n in range(20)], [("login-guessing", 20, 1)], id="twenty in two minutes"),
        pytest.param([token(0), token(10_080 * 1)], [], id="once a week"),
        pytest.param(
            [token(0, client=1), token(5, client=1), token(0, client=2), token(5, client=2)],
            [("token-refused", 2, 2), ("token-refused", 2, 2)],
            id="two clients",
        ),
        pytest.param(
            [token(minute, client=client) for client in range(9) for minute in (0, 5)],
            [("token-refused", 14, 14), ("token-refused", 2, 2), ("token-refused", 2, 2)],
            id="many clients are three rows",
        ),
    ],
)
def test_which_logins_are_a_finding(lines: Sequence[str], expected: list[tuple[str, int, int]], tmp_path: Path) -> None:
    path = write(tmp_path / "a.log", *sorted(lines))
    found = [
        (row["finding"], row["logins"], row["incidents"])
        for reports in logparse.report(path).values()
        for row in reports["findings"].to_dict("records")
        if row["logins"]
    ]
    assert found == expected


CLICK: Final = "POST /dags/etl/trigger?redirect_url=/home"
BACK: Final = "next=http%3A%2F%2Fairflow.example.com%2Fhome"


def page(second: float, request: str, status: int, size: int, client: int = 14) -> str:
    """A line of Airflow 2.10 about a browser."""
    now = MONDAY + timedelta(seconds=second)
    return (
        f'192.0.2.{client} - - [{now:%d/%b/%Y:%H:%M:%S} +0000] "{request} HTTP/1.1" {status} {size} '
        '"http://airflow.example.com/home" "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"\n'
    )


def login(second: float, then: str, status: int = 302, client: int = 14) -> str:
    return page(second, f"POST /login/?{BACK}", 302, 261, client) + page(second + 1, then, status, 307, client)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        pytest.param([login(60 * n, "GET /home") for n in range(3)], [3], id="three within minutes"),
        pytest.param([login(60 * n, "GET /home") for n in range(2)], [], id="twice"),
        pytest.param([login(600 * n, "GET /home") for n in range(3)], [], id="seldom"),
        pytest.param([login(60 * n, "GET /home", 200) for n in range(3)], [], id="the page is shown"),
        pytest.param([login(60 * n, f"GET /login/?{BACK}", 200) for n in range(3)], [], id="the login page itself"),
        pytest.param([login(60 * n, f"GET /login/?{BACK}", 302) for n in range(3)], [], id="logged in, and sent on"),
        pytest.param([login(60 * n, f"GET /api/v2/auth/login?{BACK}", 307) for n in range(3)], [3], id="Airflow 3"),
        pytest.param(
            [login(60 * n, "GET /home", client=client) for client in (3, 4) for n in range(3)], [6], id="two people"
        ),
        pytest.param(
            [*(login(60 * n, "GET /home") for n in range(3)), *(page(200 + n, CLICK, 302, 393) for n in (0, 600))],
            [3],
            id="two clicks in the same hour",
        ),
        pytest.param(
            [
                *(login(60 * n, "GET /home") for n in range(3)),
                *(page(200 + n, CLICK, 302, 393) for n in (0, 600, 1200)),
            ],
            [],
            id="three clicks: an attempt shows the cause",
        ),
        pytest.param(
            [
                line
                for n in range(3)
                for line in (login(60 * n, "GET /logout/"), page(60 * n + 2, "GET /home", 302, 307))
            ],
            [],
            id="they log out",
        ),
        pytest.param(
            [
                line
                for n in range(3)
                for line in (page(60 * n, f"POST /login/?{BACK}", 302, 261), page(60 * n + 30, "GET /home", 302, 307))
            ],
            [],
            id="the page comes much later",
        ),
    ],
)
def test_which_logins_are_lost_at_once(lines: Sequence[str], expected: list[int], tmp_path: Path) -> None:
    path = write(tmp_path / "a.log", *lines)
    found = [
        (row["finding"], row["logins"])
        for reports in logparse.report(path).values()
        for row in reports["findings"].to_dict("records")
        if row["logins"]
    ]
    assert found == [("logins-lost", number) for number in expected]


def test_no_attempt_is_in_it_and_the_name_is_that_of_the_app_line(tmp_path: Path) -> None:
    path = write(tmp_path / "a.log", failed(0), token(0.001), failed(5), token(5.001), run(6, client=15))
    reports = logparse.report(path)["2026-W47"]
    (row,) = reports["findings"].to_dict("records")
    assert (row["users"], row["clients"], row["attempts"], row["reach"]) == ("svc", "192.0.2.14", 0, "one")
    assert row["example"] == f"{path}:2"
    assert len(logparse.attempts(path)) == reports["by_user"]["attempts"].sum() == 1
    assert logparse.attempts(path)["finding"].isna().all()


def test_names_of_logins_at_once_are_not_guessed(tmp_path: Path) -> None:
    lines = [failed(0, "ann"), failed(0, "bob"), token(0.001), token(0.001), failed(5, "ann"), token(5.001)]
    (row,) = logparse.report(write(tmp_path / "a.log", *lines))["2026-W47"]["findings"].to_dict("records")
    assert (row["users"], row["logins"]) == ("ann", 3)


def test_in_an_archive_such_a_week_is_kept_and_goes_on(tmp_path: Path) -> None:
    week = 10_080
    first = write(tmp_path / "first.log", token(0), token(5), token(week - 1, 201, client=15))
    second = write(tmp_path / "second.log", token(week), token(week + 5), run(2 * week - 1, client=15))
    third = write(tmp_path / "third.log", run(2 * week + 5, client=15), run(3 * week - 1, client=15))
    out = tmp_path / "out"
    for path in (second, first, third):
        done = invoke("report", str(path), "--out", str(out), "--fail-on", "token-refused")
        assert done.exit_code == 3, done.output  # the third run makes 2026-W48 again, too
        assert "token-refused, 2 logins" in done.output
    told = [
        [(row["status"], row["attempts"], row["logins"], row["attempts_change"]) for row in rows(out / name)]
        for name in ("2026-W47/findings.csv", "2026-W48/findings.csv", "2026-W49/findings.csv")
    ]
    assert told == [[("new", "0", "2", "")], [("continuing", "0", "2", "0")], [("ended", "0", "0", "-2")]]
    keys = {row["key"] for name in ("47", "48", "49") for row in rows(out / f"2026-W{name}/findings.csv")}
    assert len(keys) == 1


def test_the_page_the_digest_and_the_summary_tell_of_it(tmp_path: Path) -> None:
    path, out = write(tmp_path / "a.log", token(0), token(5)), tmp_path / "out"
    summary = invoke("report", str(path), "--out", str(out)).output
    assert "No trigger attempts found." in summary
    assert "A client gets no token" in summary
    page = invoke("html", str(out), "--out", str(tmp_path / "page.html"))
    assert page.exit_code == 0, page.output
    assert "2 logins" in (tmp_path / "page.html").read_text("utf-8")
    assert "2 logins, new" in invoke("digest", str(out)).output
