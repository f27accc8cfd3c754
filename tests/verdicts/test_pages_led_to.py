"""Where answers led in logs without queries, as the page of a DAG behind them shows; lines as 2.5.2 and 2.10.3 have."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from logparse.pipeline import options, run
from logparse.sources import discovery

if TYPE_CHECKING:
    from pathlib import Path

SITE = "http://airflow.rail.example"
AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:142.0) Gecko/20100101 Firefox/142.0"
DAG = "/dags/fares.settlement"
#: A form that names no DAG: the log has no queries.
CUT = "GET /trigger 200 23257"
#: As long as an answer that leads to the page of the DAG; 2.10 adds the new run.
BACK, WITH_RUN = 187 + 2 * len(f"{SITE}{DAG}/grid"), 187 + 2 * (len(f"{SITE}{DAG}/grid") + 60)
#: ... as long as one that leads to the login page, from `/trigger` and from that of a DAG.
TRIGGER_REFUSED = f"POST /trigger 302 {187 + 2 * len(f'/login/?next=http%3A%2F%2F{SITE[7:]}%2Ftrigger')}"
TRIGGER, MODERN = f"POST /trigger 302 {BACK}", f"POST {DAG}/trigger 302 {BACK}"
SENT_AWAY, SHOWN = f"GET {DAG}/grid 302 345", f"GET {DAG}/grid 200 41213"
LOGIN = "GET /login/ 302 189"
HOME = "GET /home 200 82123"
MADE, REFUSED = "success likely", "authorization_failure confirmed"


def log_of(steps: list[str], *, since: int = 37, apart: int = 0, referer: str = f"{SITE}/home") -> str:
    text = ""
    for number, step in enumerate(steps):
        method, path, status, size = step.split()
        text += (
            f"127.0.0.40 - - [01/Dec/2026:00:59:{since + apart * number:02} +0000] "
            f'"{method} {path} HTTP/1.1" {status} {size} "{referer}" "{AGENT}"\n'
        )
    return text


def judged(text: str, folder: Path) -> list[str]:
    (folder / "server.log").write_text(log_of([CUT, HOME], since=1) + text, "utf-8")
    found = run.run(discovery.find_sources([str(folder)]), options.Options()).attempts
    return [f"{outcome} {confidence}" for outcome, confidence in found[["outcome", "confidence"]].values]


@pytest.mark.parametrize(
    ("steps", "told"),
    [
        # The page of the DAG refuses who may only trigger, so that the login page is none of the trigger's business.
        ([TRIGGER, SENT_AWAY, LOGIN, HOME], MADE),
        ([MODERN, SENT_AWAY, LOGIN, HOME], MADE),
        ([TRIGGER, SHOWN], MADE),
        # The login page follows at once: the trigger itself was refused.
        ([TRIGGER_REFUSED, LOGIN, HOME], REFUSED),
        ([TRIGGER_REFUSED, LOGIN, HOME, SENT_AWAY, LOGIN], REFUSED),
        # It was another page: the answer is not as long as one that leads there.
        ([TRIGGER_REFUSED, SENT_AWAY, LOGIN, HOME], REFUSED),
        # No way to the login page is as short as that, whatever the query was; the page is not in the log.
        ([TRIGGER, LOGIN, HOME], MADE),
        ([TRIGGER], MADE),
        # The page of a DAG that cannot be loaded leads home.
        ([TRIGGER, f"GET {DAG}/grid 302 197", HOME], "undetermined ambiguous"),
        ([f"POST {DAG}/trigger 302 {WITH_RUN}", SHOWN], "success confirmed"),
        ([f"POST {DAG}/trigger 302 {WITH_RUN + 2}", SHOWN], "undetermined ambiguous"),
    ],
)
def test_the_page_that_follows_shows_where_an_answer_led(steps: list[str], told: str, tmp_path: Path) -> None:
    assert judged(log_of(steps), tmp_path) == [told]


#: As long as one to the page with the new run, or to a login page that is told where to return to.
LONG = MODERN.replace(str(BACK), str(WITH_RUN))


def test_a_page_that_somebody_opens_later_shows_nothing(tmp_path: Path) -> None:
    assert judged(log_of([LONG, SHOWN], apart=3), tmp_path) == ["undetermined ambiguous"]


def test_a_page_that_another_page_asked_for_shows_nothing(tmp_path: Path) -> None:
    text = log_of([LONG]) + log_of([SHOWN], referer=f"{SITE}/dags/crew_roster/grid")
    assert judged(text, tmp_path) == ["undetermined ambiguous"]


def test_a_run_behind_which_another_version_shows_none_is_a_conflict(tmp_path: Path) -> None:
    text = log_of([LONG, SHOWN]) + log_of([MODERN, SHOWN], since=50)
    assert judged(text, tmp_path) == ["success confirmed", "other_failure likely"]
