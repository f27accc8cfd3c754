"""Three weeks of four further Airflows, whose causes follow from a catalogue of public reports; see `fleet.py`.

python benchmarks/fourth_fleet.py [SEED ...]

`erp` is 1.10.15, whose people use the web UI and whose programs the experimental API; `web` is 2.10.5 with
passwords; `hub` is 3.2.2 in JSON with two replicas; `fin` is 2.9.3 in the log of Kubernetes, upgraded to 3.1.8 in the
middle. Harmless are typing errors, double clicks, forms that were open for long, handshakes, health checks, repeats
of a CI, and tokens that are renewed.
"""

from __future__ import annotations

import itertools
import sys
from datetime import timedelta
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from fleet_browsers import browse
from fleet_logs import DAY, DAYS, JAVA, NAMELESS, START
from fleet_scores import main
from fourth_fleet_tokens import plant_fin, plant_hub

if TYPE_CHECKING:
    from datetime import datetime

    from fleet_logs import Cause, Fleet

CURL = "curl/8.5.0"


def plant_erp(fleet: Fleet) -> None:
    """Airflow 1.10.15 with roles, whose experimental API is open to anybody and then closed to all."""
    server, dags, draw = "erp/web", fleet.dags, fleet.random
    people = [f"10.60.0.{number}" for number in range(2, 14)]

    def click(time: datetime, client: str, dag: str, cause: Cause | None = None, *, denied: bool = False) -> None:
        trigger = f"POST /trigger?dag_id={dag}"
        page = [(-6.0, f"GET /trigger?dag_id={dag}", 200, 6_214)] if not denied else []
        after = [(0, trigger, 302, 217), (1, "GET /home", 200, 65_797)]
        if denied:
            after = [(0, trigger, 302, 221), (1, "GET /login/", 302, 209), (1, "GET /", 302, 217),
                     (2, "GET /home", 200, 65_688)]  # fmt: skip
        browse(fleet, server, time, client, [*page, *after])
        fleet.note(cause, time, client, dag)

    for client, dag in zip(people[:8], dags[:8], strict=True):
        if client not in people[2:4]:
            fleet.repeat(0, DAYS, 7, partial(click, client=client, dag=dag))
    lost = fleet.cause("two people lost a role", "erp", "access-lost", "access-lost-nameless", over=True)
    begin, end = draw.uniform(3, 6), draw.uniform(8, 10)
    for client, dag in zip(people[2:4], dags[2:4], strict=True):
        mine = partial(click, client=client, dag=dag)
        fleet.repeat(0, DAYS, 5, fleet.between(begin, end, partial(mine, denied=True, cause=lost), mine))
    stale = fleet.cause("forms that are open overnight", "erp", "csrf-expired")
    for number, client in itertools.product(range(DAYS), people[8:11]):
        time = START + number * DAY + timedelta(hours=8, minutes=draw.randrange(50))
        stamp = f"[{time:%Y-%m-%d %H:%M:%S},{time.microsecond // 1000:03}]"
        fleet.add(server, time, f"{stamp} {{csrf.py:258}} INFO - The CSRF token has expired.")
        browse(fleet, server, time, client, [(0, f"POST /trigger?dag_id={dags[9]}", 400, 143)])
        fleet.note(stale, time, client, dags[9])
        click(time + timedelta(seconds=50), client, dags[9])
    plant_experimental(fleet, server)


def plant_experimental(fleet: Fleet, server: str) -> None:
    """Programs that call the experimental API."""
    dags, users, draw = fleet.dags, fleet.users, fleet.random

    def call(time: datetime, user: str, dag: str, status: int = 200, cause: Cause | None = None) -> None:
        stamp = f"[{time:%Y-%m-%d %H:%M:%S},{time.microsecond // 1000:03}]"
        client, run = fleet.addresses.get(user, "10.9.9.9"), f"manual__{time:%Y-%m-%dT%H:%M:%S}+00:00"
        if status == HTTPStatus.OK:
            fleet.add(server, time, f"{stamp} {{endpoints.py:94}} INFO - User <flask_login.mixins.AnonymousUserMixin "
                      f"object at 0x7f61f434a070> created <DagRun {dag} @ {time:%Y-%m-%d %H:%M:%S}+00:00: {run}, "
                      "externally triggered: True>")  # fmt: skip
        if status == HTTPStatus.INTERNAL_SERVER_ERROR:
            for text in (f"{stamp} {{app.py:1892}} ERROR - Exception on /api/experimental/dags/{dag}/dag_runs [POST]",
                         "Traceback (most recent call last):",
                         '  File "/opt/venv/lib/python3.8/site-packages/flask/app.py", line 2447, in wsgi_app',
                         "    response = self.full_dispatch_request()",
                         "AttributeError: 'bool' object has no attribute 'lower'"):  # fmt: skip
                fleet.add(server, time, text)
        size = {200: 259, 403: 9, 500: 1_483}[status]
        request = f"POST /api/experimental/dags/{dag}/dag_runs HTTP/1.1"
        fleet.add(server, time, f'{client} - {user} [{time:%d/%b/%Y:%H:%M:%S} +0000] "{request}" {status} {size} "-" '
                  '"python-requests/2.25.1"')  # fmt: skip
        fleet.note(cause, time, user if user != "-" else client, dag)

    closed = draw.uniform(7.2, 9)
    for day in (0, closed):
        fleet.start_gunicorn(server, day)
    hole = fleet.cause("anybody may use the experimental API", "erp", "experimental-names-unread", over=True)
    deny = fleet.cause("the experimental API was closed to all", "erp", "deny-all-experimental", started=True)
    for user, dag in zip(users[:4], dags[12:16], strict=True):
        mine = partial(call, user=user, dag=dag)
        told = partial(mine, status=403, cause=deny)
        fleet.repeat(0, DAYS, 6, fleet.between(closed, DAYS, told, partial(mine, cause=hole)))
    raises = fleet.cause("a body that makes the server fail", "erp", "server-error", over=True)
    fleet.repeat(0.5, 6.5, 9, partial(call, user=users[5], dag=dags[16], status=500, cause=raises))


def plant_web(fleet: Fleet) -> None:
    """Airflow 2.10.5 with passwords on the API."""
    dags, users, draw = fleet.dags, fleet.users, fleet.random
    servers = itertools.repeat("web/web")
    call = partial(fleet.basic, servers)
    fleet.start_gunicorn("web/web", 0)
    for user, dag in zip(users[:6], dags[:6], strict=True):
        fleet.repeat(0, DAYS, 4, partial(call, user=user, dag=dag))
    broken = fleet.cause("a DAG's file has an error", "web", "dag-import-error", over=True)
    begin, end = draw.uniform(4, 6), draw.uniform(7.5, 9)
    for user in users[:2]:
        mine = partial(call, user=user, dag=dags[6])
        fleet.repeat(
            0,
            DAYS,
            5,
            fleet.between(begin, end, partial(mine, status=400, size=229 + len(dags[6]), cause=broken), mine),
        )
    params = fleet.cause("values that a DAG's params do not take", "web", "bad-request-v1")
    fleet.repeat(0, DAYS, 14, partial(call, user=users[2], dag=dags[7], status=400, size=305, cause=params))
    deleted, begin = fleet.cause("a DAG was deleted", "web", "dag-not-found"), draw.uniform(6, 12)
    for user in users[3:5]:
        mine = partial(call, user=user, dag=dags[8])
        fleet.repeat(0, DAYS, 8, fleet.between(begin, DAYS, partial(mine, status=404, cause=deleted), mine))
    off, begin = fleet.cause("a user was deactivated", "web", *NAMELESS), draw.uniform(9, 13)
    mine = partial(call, user=users[7], dag=dags[9])
    fleet.repeat(0, DAYS, 5, fleet.between(begin, DAYS, partial(mine, status=401, known="no", cause=off), mine))
    one = fleet.cause("a team may not trigger one DAG for some days", "web", "access-lost", over=True)
    begin, end = draw.uniform(2, 4), draw.uniform(9, 11)
    for user in users[8:11]:
        fleet.repeat(0, DAYS, 6, partial(call, user=user, dag=dags[10]))
        mine = partial(call, user=user, dag=dags[11])
        fleet.repeat(0, DAYS, 6, fleet.between(begin, end, partial(mine, status=403, cause=one), mine))
    later, end = fleet.cause("a new program gets its role later", "web", "access-came-later", over=True), 10.3
    mine = partial(call, user=users[12], dag=dags[12])
    fleet.repeat(8.1, DAYS, 3, fleet.between(0, end, partial(mine, status=403, cause=later), mine))
    loop, time = fleet.cause("a program repeats for ever", "web", "no-credentials-v1", over=True), START + 14.3 * DAY
    for _ in range(1_500):
        time += timedelta(seconds=draw.uniform(58, 63))
        call(time, "-", dags[13], 401, client="10.61.0.7", agent="Go-http-client/2.0", cause=loop)
    prefix = fleet.cause("a base path that the server does not have", "web", "wrong-path")
    fleet.repeat(3, DAYS, 10, partial(call, user=users[13], dag=dags[14], status=404, size=456, known="",
                                      path="/airflow/api/v1/dags/{dag}/dagRuns", cause=prefix))  # fmt: skip
    query = fleet.cause("a token in the address", "web", "bad-request-v1", over=True)
    fleet.repeat(1, 6, 12, partial(call, user="-", client="10.61.0.9", dag=dags[15], status=400, size=236,
                                   path="/api/v1/dags/{dag}/dagRuns?token=abc123", cause=query))  # fmt: skip
    case = fleet.cause("an id in capital letters", "web", "dag-not-found")
    fleet.repeat(5, DAYS, 11, partial(call, user=users[5], dag=dags[0].title(), status=404, cause=case))
    plant_web_people(fleet)
    plant_guess(fleet)


def plant_web_people(fleet: Fleet) -> None:
    """People in browsers, and what needs no action."""
    dags, users, draw, server = fleet.dags, fleet.users, fleet.random, "web/web"
    people = [f"10.62.0.{number}" for number in range(2, 14)]
    call = partial(fleet.basic, itertools.repeat(server))

    def click(time: datetime, client: str, dag: str, cause: Cause | None = None, more: int = 252) -> None:
        base = 112_600 + 8 * draw.randrange(2)
        trigger = f"POST /dags/{dag}/trigger?redirect_url=%2Fhome"
        browse(fleet, server, time, client, [(-9, "GET /home", 200, base), (0, trigger, 302, 197),
               (1, "GET /home", 200, base + more), (1.5, "POST /dag_stats", 200, 300)])  # fmt: skip
        fleet.note(cause, time, client, dag)

    for client, dag in zip(people[:6], dags[:6], strict=True):
        fleet.repeat(0, DAYS, 9, partial(click, client=client, dag=dag))
    viewer = fleet.cause("a viewer clicks in the web UI", "web", "ui-refused")
    fleet.repeat(0, DAYS, 17, partial(click, client=people[7], dag=dags[17], more=170, cause=viewer))
    bare = fleet.cause("people without any role", "web", "no-role", over=True)
    for client in people[8:10]:
        for time in fleet.times(15, 19, 20):
            browse(fleet, server, time, client, [(-4, "GET /home", 403, 1_031),
                   (0, f"POST /dags/{dags[18]}/trigger", 403, 1_031)])  # fmt: skip
            fleet.note(bare, time, client, dags[18])
    # Harmless from here on.
    for number, time in enumerate(fleet.times(0.3, DAYS, 60)):
        user = users[number % 6]
        call(time, user, dags[number % 6], 401, known="wrong", agent=CURL)
        call(time + timedelta(seconds=25), user, dags[number % 6], agent=CURL)
    for time in fleet.times(0, DAYS, 5):
        call(time, "-", dags[3], 401, client="10.2.2.2", agent=JAVA)
        call(time + timedelta(milliseconds=300), users[20], dags[3], client="10.2.2.2", agent=JAVA)
    for time in fleet.times(0.2, DAYS, 70):
        call(time, users[21], dags[19])
        call(time + timedelta(seconds=2), users[21], dags[19], 409)
    for time in fleet.times(0, DAYS, 0.4):
        fleet.add(server, time, f'10.0.0.9 - - [{time:%d/%b/%Y:%H:%M:%S} +0000] "GET /health HTTP/1.1" 200 318 "-" '
                  '"kube-probe/1.29"')  # fmt: skip
    for time in fleet.times(1, DAYS, 75):
        stamp = f"{time:%Y-%m-%dT%H:%M:%S}.{time.microsecond // 1_000:03}+0000"
        fleet.add(server, time, f"[{stamp}] {{csrf.py:263}} INFO - The CSRF session token is missing.")
        browse(fleet, server, time, people[4], [(0, f"POST /dags/{dags[4]}/trigger?redirect_url=%2Fhome", 400, 125),
               (5, "GET /home", 302, 307), (6, "GET /login/?next=http%3A%2F%2Fa.example.com%2Fhome", 200, 18_637),
               (25, "POST /login/?next=http%3A%2F%2Fa.example.com%2Fhome", 302, 261),
               (26, "GET /home", 200, 112_600)])  # fmt: skip
        click(time + timedelta(seconds=60), people[4], dags[4])


def plant_guess(fleet: Fleet) -> None:
    """Somebody tries passwords of one user, slowly, gets in, and makes runs."""
    call = partial(fleet.basic, itertools.repeat("web/web"), user=fleet.users[1], client="203.0.113.50", agent=CURL)
    guessed = fleet.cause("a password was guessed, slowly", "web", "password-guessed-slowly", over=True)
    time = START + fleet.random.uniform(10, 11) * DAY
    refused: dict[str, Any] = {"status": 401, "known": "wrong", "cause": guessed}
    for dag, told in [(fleet.dags[0], refused)] * 84 + [(dag, {}) for dag in fleet.dags[:6]]:
        time += timedelta(minutes=fleet.random.uniform(18, 24))
        call(time, dag=dag, **told)


if __name__ == "__main__":
    main([int(seed) for seed in sys.argv[1:]] or [1, 2, 3], (plant_erp, plant_web, plant_hub, plant_fin))
