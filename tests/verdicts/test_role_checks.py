"""Who was let in, where the redirect leads to the list of DAGs after a success and after a refusal alike (2.8 on).

Lines are those of a server of 2.9.3, unless a test says otherwise.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from logparse.pipeline import options, run
from logparse.sources import discovery

if TYPE_CHECKING:
    from pathlib import Path

SITE = "http://127.0.0.1:18293"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0"
CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"


def line(second: int, request: str, answer: str, referer: str = "/home", agent: str = FIREFOX) -> str:
    time = f"22/Nov/2026:16:10:{second:02} +0000"
    return f'127.0.0.22 - - [{time}] "{request} HTTP/1.1" {answer} "{SITE}{referer}" "{agent}"'


FORM = "/dags/etl_daily/trigger?origin=%2Fhome"
HOME = line(5, "GET /home", "200 67268", "/login/")
FORM_AGAIN = line(20, f"POST {FORM}", "200 21651", FORM)
BACK_TO_GRID = line(
    20, "POST /dags/etl_daily/trigger?origin=%2Fdags%2Fetl_daily%2Fgrid", "302 271", "/dags/etl_daily/grid"
)
SENT_HOME = line(23, "POST /dags/etl_daily/trigger?redirect_url=/home", "302 197")
#: The first page is 170 bytes longer than the one before it: `Access is Denied`.
REFUSED = "\n".join((line(6, "POST /dags/etl_daily/trigger?redirect_url=/home", "302 197"),
                     line(6, "GET /home", "200 67438"), line(9, "GET /home", "200 67268")))  # fmt: skip
OPEN = ("undetermined", "success|permission_denied")
MADE = ("success", "")


def judged(text: str, folder: Path) -> tuple[str, str]:
    """Outcome and reason of the last attempt."""
    (folder / "server.log").write_text(text + "\n", "utf-8")
    last = run.run(discovery.find_sources([str(folder)]), options.Options()).attempts.iloc[-1]
    return last["outcome"], last["reason"] if isinstance(last["reason"], str) else ""


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        pytest.param([HOME], OPEN, id="nothing else is known"),
        pytest.param([HOME, FORM_AGAIN], MADE, id="the form came back with an error"),
        pytest.param(
            [HOME, BACK_TO_GRID], MADE, id="sent back to the page of the DAG, as only those are who are let in"
        ),
        pytest.param([HOME, FORM_AGAIN.replace("etl_daily", "billing")], OPEN, id="another DAG"),
        pytest.param([HOME, FORM_AGAIN.replace(FIREFOX, CHROME)], OPEN, id="another browser"),
        pytest.param([HOME, FORM_AGAIN.replace("127.0.0.22", "127.0.0.23")], OPEN, id="another address"),
        pytest.param(
            [HOME, REFUSED, FORM_AGAIN], OPEN, id="refused before: somebody else sits there, or the role changed"
        ),
        pytest.param([FORM_AGAIN], OPEN, id="the browser got no page of users"),
    ],
)
def test_let_in(before: list[str], expected: tuple[str, str], tmp_path: Path) -> None:
    assert judged("\n".join([*before, SENT_HOME]), tmp_path) == expected


def test_refused_ones_of_2_7_are_sent_elsewhere(tmp_path: Path) -> None:
    login = [
        line(7, "POST /dags/billing/trigger?redirect_url=/home", "302 201"),
        line(7, "GET /login/", "302 189"),
    ]
    assert judged("\n".join([HOME, *login, SENT_HOME]), tmp_path) == MADE


def test_message_of_a_refusal_is_none_of_a_server_that_sends_the_refused_to_the_login_page(tmp_path: Path) -> None:
    login = [
        line(1, "POST /dags/billing/trigger?redirect_url=/home", "302 201"),
        line(1, "GET /login/", "302 189"),
        line(2, "GET /home", "200 67268"),
    ]
    # A page that moved by 38 bytes, with the message of a success, is as long as one with that of a refusal.
    after = [line(24, "GET /home", "200 67438"), line(26, "GET /home", "200 67268")]
    assert judged("\n".join([HOME, SENT_HOME, *after]), tmp_path)[1] == "permission_denied"
    assert judged("\n".join([*login, HOME, SENT_HOME, *after]), tmp_path) == MADE
