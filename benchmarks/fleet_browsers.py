"""What people do in the web UI, in made-up logs.

Owns: the requests of browsers that follow one another. Must not know: programs that call an API.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from fleet_logs import DAY, DAYS, START

if TYPE_CHECKING:
    from datetime import datetime

    from fleet_logs import Fleet

FIREFOX: Final = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"


def browse(fleet: Fleet, server: str, time: datetime, client: str, requests: list[tuple[float, str, int, int]]) -> None:
    """Write requests of a browser: seconds after a time, method and target, status, size."""
    for later, request, status, size in requests:
        at = time + timedelta(seconds=later)
        fleet.add(
            server, at, f'{client} - - [{at:%d/%b/%Y:%H:%M:%S} +0000] "{request} HTTP/1.1" {status} {size} '
            f'"https://airflow.example.com/home" "{FIREFOX}"',
        )  # fmt: skip


def click(fleet: Fleet, server: str, time: datetime, client: str, dag: str) -> None:
    """Trigger a DAG in the web UI of 2.7 on."""
    trigger = f"POST /dags/{dag}/trigger?redirect_url=/home"
    browse(fleet, server, time, client, [(0, trigger, 302, 197), (1, "GET /home", 200, 112_856)])


def find_session_gone(fleet: Fleet, server: str, time: datetime, client: str, dag: str) -> None:
    """Trigger a DAG in the web UI with a session that has expired, and log in again."""
    back = f"http%3A%2F%2Fairflow.example.com%2Fdags%2F{dag}%2Ftrigger%3Fredirect_url%3D%252Fhome"
    size = 187 + 2 * len(f"/login/?next={back}")
    trigger = f"POST /dags/{dag}/trigger?redirect_url=/home"
    page = f"GET /login/?next={back}"
    browse(fleet, server, time, client, [(0, trigger, 302, size), (1, page, 200, 18_637)])
    browse(fleet, server, time + timedelta(seconds=20), client, [(0, "POST /login/", 302, 197)])


def plant_harmless(fleet: Fleet, server: str, client: str) -> None:
    """Write what needs no action: people who click, twice now and then, and whose sessions expire."""
    dag = fleet.dags[0]
    for number, time in enumerate(fleet.times(0, DAYS, 9)):
        click(fleet, server, time, client, dag)
        if number % 7 == 3:  # noqa: PLR2004
            click(fleet, server, time + timedelta(seconds=1), client, dag)
    for time in fleet.times(2, DAYS, 150):
        find_session_gone(fleet, server, time, client, dag)


def plant_lost_sessions(fleet: Fleet, server: str, people: list[str]) -> None:
    """Write sessions that end with a restart, in pauses, or as soon as they begin."""
    dags = fleet.dags
    restart, begin = (
        fleet.cause("a restart ended all sessions", "desk", "sessions-ended-by-restart", over=True, started=True),
        9.4,
    )
    fleet.start_gunicorn(server, begin)
    for number, client in enumerate(people[1:7]):
        at = START + begin * DAY + timedelta(minutes=5 + 7 * number)
        find_session_gone(fleet, server, at, client, dags[number + 1])
        fleet.note(restart, at, client, dags[number + 1])
        click(fleet, server, at + timedelta(seconds=40), client, dags[number + 1])
    short = fleet.cause("sessions that end in a pause", "desk", "sessions-end-soon")
    for time in fleet.times(14.2, DAYS, 3):
        find_session_gone(fleet, server, time, people[8], dags[8])
        fleet.note(short, time, people[8], dags[8])
        click(fleet, server, time + timedelta(seconds=40), people[8], dags[8])
    loop, begin = (
        fleet.cause("a login that never completes", "desk", "login-loop", over=True),
        fleet.random.uniform(15, 16),
    )
    for time in fleet.times(begin, begin + 2, 12):
        for turn in range(4):
            find_session_gone(fleet, server, time + timedelta(seconds=50 * turn), "10.7.1.1", dags[11])
            fleet.note(loop, time + timedelta(seconds=50 * turn), "10.7.1.1", dags[11])
