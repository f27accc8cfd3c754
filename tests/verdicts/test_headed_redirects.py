"""Sizes that hold the headers, as Apache httpd on Debian writes them: lines of a server of 2.6.2."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from logparse.pipeline import options, run
from logparse.sources import discovery

if TYPE_CHECKING:
    from pathlib import Path

AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0"
SITE = "http://airflow.intra.example"
NEXT = "http%3A%2F%2Fairflow.intra.example"


def line(asked: str, answer: str, referer: str = "/home") -> str:
    return f'127.0.0.40 - - [30/Nov/2026:15:22:17 +0000] "{asked} HTTP/1.1" {answer} "{SITE}{referer}" "{AGENT}"\n'


#: Two targets that are known: the login page with the way back, and where the login led.
SENT_AWAY = line("GET /home", "302 708") + line(f"GET /login/?next={NEXT}%2Fhome", "200 18208")
LOGIN = line(f"POST /login/?next={NEXT}%2Fhome", "302 645", f"/login/?next={NEXT}%2Fhome")
KNOWN = SENT_AWAY + LOGIN
#: The form of the list of DAGs, that of a DAG's page, and one that was refused.
HOME = line("POST /trigger", "302 561")
GRID = line("POST /trigger", "302 696", "/dags/sales_daily/grid")
REFUSED = line("POST /trigger", "302 717", "/dags/sales_daily/grid")
TOKEN, SESSION = line("POST /trigger", "400 470"), line("POST /trigger", "400 478", "/dags/sales_daily/grid")


def without_headers(log: str) -> str:
    """The same answers in a log whose sizes are those of bodies."""
    bodies = {708: 295, 645: 253, 561: 197, 696: 287, 717: 301, 470: 117, 478: 125}
    return re.sub(r"(?<= )(\d{3})(?= \")", lambda size: str(bodies.get(int(size[1]), size[1])), log)


@pytest.mark.parametrize(
    ("log", "results"),
    [
        (KNOWN + HOME, ["success"]),
        (KNOWN + GRID, ["success"]),
        (KNOWN + REFUSED, ["no_session|permission_denied"]),
        (KNOWN + HOME + TOKEN + SESSION, ["success", "csrf_rejected", "no_session"]),
        (KNOWN + HOME + SESSION, ["success", "no_session"]),
        # Nothing shows how long the headers are.
        (SENT_AWAY + HOME, ["success|no_session|permission_denied"]),
        (KNOWN.replace(" 645 ", " 646 ") + HOME, ["success|no_session|permission_denied"]),
        (TOKEN + SESSION, ["no_session|csrf_rejected"] * 2),
        # Another page, which answers with a message of its own: no size is sure then.
        (KNOWN + HOME + TOKEN.replace("470", "902") + SESSION, ["success", *["no_session|csrf_rejected"] * 2]),
    ],
)
def test_redirects_show_how_long_headers_are(log: str, results: list[str], tmp_path: Path) -> None:
    (tmp_path / "access.log").write_text(log, "utf-8")
    assert reasons(tmp_path) == results


@pytest.mark.parametrize("log", [KNOWN + HOME, KNOWN + GRID, KNOWN + REFUSED, KNOWN + HOME + TOKEN + SESSION])
def test_the_outcome_is_that_of_a_log_without_headers(log: str, tmp_path: Path) -> None:
    for name, text in (("with", log), ("without", without_headers(log))):
        (tmp_path / name).mkdir()
        (tmp_path / name / "access.log").write_text(text, "utf-8")
    assert reasons(tmp_path / "with") == reasons(tmp_path / "without")


def reasons(folder: Path) -> list[str]:
    found = run.run(discovery.find_sources([str(folder)]), options.Options()).attempts
    rows = zip(found["outcome"], found["reason"], strict=True)
    return [outcome if outcome == "success" else reason for outcome, reason in rows]
