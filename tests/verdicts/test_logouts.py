"""Refusals after a logout of the same address, without app lines and user agents, as Airflow 3.2 and 3.3 log them."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest

from logparse.pipeline import options, run
from logparse.sources.source import Source

if TYPE_CHECKING:
    from collections.abc import Sequence

STDIN = Source("-", None, None)
REVOKED, DENIED = "token_invalid", "permission_denied"


def line(second: float, method: str, path: str, status: int, client: str = "192.0.2.77:0") -> str:
    """A line of 3.2.1 with ``json_logs``."""
    return (
        f'{{"timestamp":"2026-11-30T21:24:{second:09.6f}Z","level":"info","event":"request finished",'
        f'"method":"{method}","path":"{path}","query":"","status_code":{status},"duration_us":12013,"client_addr":"{client}",'
        '"logger":"http.access","filename":"http_access_log.py","lineno":98}\n'
    )


START = (
    '{"timestamp":"2026-11-30T21:22:56.243717Z","level":"info","event":"Application startup complete.",'
    '"logger":"uvicorn.error","filename":"on.py","lineno":62}\n'
)


def login(second: float, client: str = "192.0.2.77:0") -> str:
    return line(second, "POST", "/auth/login/", 302, client)


def logout(second: float) -> str:
    return line(second, "GET", "/api/v2/auth/logout", 307) + line(second + 0.01, "GET", "/auth/logout", 307)


def trigger(second: float, status: int = 403, client: str = "192.0.2.77:0") -> str:
    return line(second, "POST", "/api/v2/dags/lab_report/dagRuns", status, client)


def reasons(lines: Sequence[str]) -> list[str | None]:
    attempts = run.run([STDIN], options.Options(), stdin=io.BytesIO((START + "".join(lines)).encode())).attempts
    return attempts["reason"].astype(object).to_list()


@pytest.mark.parametrize(
    ("lines", "last"),
    [
        pytest.param([login(1), logout(9), trigger(11)], REVOKED, id="one person"),
        pytest.param([login(1), login(2), logout(9), trigger(11)], REVOKED, id="one who logged in twice, perhaps"),
        pytest.param(
            [login(1), login(2), trigger(5), logout(9), trigger(11)], DENIED, id="two, and a role was refused before"
        ),
        pytest.param([login(1), trigger(5), logout(9), trigger(11)], REVOKED, id="one whose role was refused before"),
        pytest.param(
            [login(1), login(2), trigger(5), logout(7), logout(10), trigger(11)], REVOKED, id="two, and both logged out"
        ),
        pytest.param(
            [login(1), login(2), trigger(5, client="192.0.2.78:0"), logout(9), trigger(11)],
            REVOKED,
            id="a role is refused at another address",
        ),
    ],
)
def test_a_logout_is_that_of_one_person(lines: Sequence[str], last: str) -> None:
    assert reasons(lines)[-1] == last


def test_a_refusal_that_comes_later_counts_as_well() -> None:
    assert reasons([login(1), login(2), logout(9), trigger(11), login(25), trigger(26)]) == [DENIED, DENIED]


def test_many_are_decided_as_few_are() -> None:
    """From sixteen on, requests are columns: a refusal of one address must not be looked at for another."""
    others = [trigger(5 + number / 100, client="192.0.2.78:0") for number in range(40)]
    both = [login(1), login(2), *others, logout(9), trigger(11)]
    assert reasons(both)[-1] == REVOKED
    assert reasons([*both[:2], *[trigger(5)] * 40, *both[2:]])[-1] == DENIED
