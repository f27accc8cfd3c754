"""Three weeks of five other Airflows with other causes than `fleet.py` has; see there what counts as found.

python benchmarks/second_fleet.py [SEED ...]

`shop` is 1.10.15, whose log begins with its newest line; `cloud` is 2.10 of Amazon MWAA, two replicas in one file,
whose callers have no name; `bank` is 2.11 with LDAP; `desk` is 2.10, whose people use the web UI alone; `lake` is
3.3.2; the last three have two replicas. Everywhere there are things that need no action: double clicks, expired
sessions, clients that are asked for their password first.
"""

from __future__ import annotations

import itertools
import sys
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

from fleet_browsers import browse, click, plant_harmless, plant_lost_sessions
from fleet_logs import DAY, DAYS, JAVA, START
from fleet_scores import main

if TYPE_CHECKING:
    from datetime import datetime

    from fleet_logs import Cause, Fleet

RUNS: Final = "/api/v1/dags/{dag}/dagRuns"


def plant_shop(fleet: Fleet) -> None:
    """Airflow 1.10.15 with roles; the log is an export that begins with the newest line."""
    server, dags, users = "shop/web", fleet.dags, fleet.users
    fleet.newest_first.add(server)
    for time in fleet.times(0, DAYS, 6):
        trigger = f"POST /trigger?dag_id={dags[0]}"
        browse(fleet, server, time, "10.5.0.2", [(0, trigger, 302, 217), (1, "GET /home", 200, 65_797)])
    hole = fleet.cause("anybody may use the experimental API", "shop", "experimental-open")
    gone = fleet.cause("a DAG that 1.10 does not have", "shop", "dag-not-found")

    def experiment(time: datetime, user: str, dag: str, status: int, cause: Cause | None) -> None:
        stamp = f"{time:%Y-%m-%d %H:%M:%S},{time.microsecond // 1_000:03}"
        if status == 404:  # noqa: PLR2004
            fleet.add(server, time, f"[{stamp}] {{endpoints.py:88}} ERROR - Dag id {dag} not found in DagModel")
        else:
            fleet.add(
                server, time, f"[{stamp}] {{endpoints.py:94}} INFO - User <flask_login.mixins.AnonymousUserMixin "
                f"object at 0x7f61f434a070> created <DagRun {dag} @ {time:%Y-%m-%d %H:%M:%S}+00:00: "
                f"manual__{time:%Y-%m-%dT%H:%M:%S}+00:00, externally triggered: True>",
            )  # fmt: skip
        client = fleet.addresses.get(user, "10.9.9.9")
        fleet.add(
            server, time, f'{client} - {user} [{time:%d/%b/%Y:%H:%M:%S} +0000] "POST '
            f'/api/experimental/dags/{dag}/dag_runs HTTP/1.1" {status} {259 if status == 200 else 53} '  # noqa: PLR2004
            '"-" "python-requests/2.25.1"',
        )  # fmt: skip
        fleet.note(cause, time, user if user != "-" else client, dag)

    for user, dag in ((users[0], dags[0]), ("-", dags[1])):
        fleet.repeat(0, DAYS, 8, partial(experiment, user=user, dag=dag, status=200, cause=hole))
    fleet.repeat(3, DAYS, 11, partial(experiment, user=users[1], dag=f"old_{dags[2]}", status=404, cause=gone))


def plant_cloud(fleet: Fleet) -> None:
    """Airflow 2.10 of MWAA: sessions, no names, two replicas in one file."""
    server, dags, draw = "cloud/web", fleet.dags, fleet.random
    call = partial(fleet.basic, itertools.repeat(server), user="-")
    clients = [f"169.254.175.{number}" for number in range(10, 24)]
    for client, dag in zip(clients[:4], dags[:4], strict=True):
        for time in fleet.times(0, DAYS, 5):
            login = f'{client} - - [{time:%d/%b/%Y:%H:%M:%S} +0000] "POST /aws_mwaa/login HTTP/1.1" 302 33 "-" "-"'
            fleet.add(server, time - timedelta(seconds=1), login)
            call(time, dag=dag, client=client)
    plant_harmless(fleet, server, clients[5])
    small = fleet.cause("the role behind a session is too small", "cloud", "permission-denied")
    for dag in dags[4:6]:
        fleet.repeat(0, DAYS, 8, partial(call, dag=dag, client=clients[6], status=403, cause=small))
    lost, begin = (
        fleet.cause("a session lost its role", "cloud", "access-lost", "permission-denied"),
        draw.uniform(8, 12),
    )
    mine = partial(call, dag=dags[6], client=clients[7])
    fleet.repeat(0, DAYS, 5, fleet.between(begin, DAYS, partial(mine, status=403, cause=lost), mine))
    typo = fleet.cause("a mistyped id", "cloud", "dag-not-found", over=True)
    fleet.repeat(2, 9, 6, partial(call, dag=f"{dags[0]}y", client=clients[0], status=404, cause=typo))
    twice = fleet.cause("a client sends each request twice", "cloud", "delivered-twice")
    for time in fleet.times(0, DAYS, 7):
        call(time, dag=dags[7], client=clients[8])
        call(time + timedelta(seconds=1), dag=dags[7], client=clients[8], status=409, cause=twice)
    down, when = fleet.cause("the database was down", "cloud", "server-error", over=True), draw.uniform(15, 17)
    for client, dag in zip(clients[:4], dags[:4], strict=True):
        fleet.repeat(when, when + 0.1, 0.3, partial(call, dag=dag, client=client, status=500, cause=down))
    stale = fleet.cause("a session that is never renewed", "cloud", "no-credentials-v1", "no-session-api")
    fleet.repeat(10, DAYS, 4, partial(call, dag=dags[8], client=clients[9], status=401, cause=stale))


def plant_bank(fleet: Fleet) -> None:
    """Airflow 2.11 with LDAP, two replicas."""
    users, dags, draw = fleet.users, fleet.dags, fleet.random
    servers = ("bank/web-0", "bank/web-1")
    call = partial(fleet.basic, itertools.cycle(servers))
    for user, dag in zip(users[:6], dags[:6], strict=True):
        fleet.repeat(0, DAYS, draw.uniform(2, 4), partial(call, user=user, dag=dag))
    plant_harmless(fleet, servers[0], "10.6.0.9")
    java = partial(fleet.basic, itertools.repeat(servers[1]), dag=dags[3], client="10.6.2.2", agent=JAVA)
    for time in fleet.times(0, DAYS, 3):
        java(time, user="-", status=401)
        java(time + timedelta(milliseconds=200), user=users[20])
    ldap, when = (
        fleet.cause("the LDAP server was down", "bank", "identity-provider-down", over=True),
        draw.uniform(3, 5),
    )
    for user, dag in zip(users[:6], dags[:6], strict=True):
        for time in fleet.times(when, when + 0.12, 0.5):
            server = draw.choice(servers)
            said = """{'result': -1, 'desc': "Can't contact LDAP server", 'errno': 107, 'ctrls': []}"""
            stamp = f"{time:%Y-%m-%dT%H:%M:%S}.{time.microsecond // 1_000:03}+0000"
            fleet.add(server, time, f"[{stamp}] {{override.py:2209}} ERROR - {said}")
            fleet.basic(itertools.repeat(server), time, user, dag, 401, known="no", cause=ldap)
    guessed = fleet.cause("passwords of one name were guessed", "bank", "password-guessing", over=True)
    time = START + draw.uniform(9, 12) * DAY
    for _ in range(60):
        time += timedelta(seconds=draw.uniform(1, 4))
        fleet.basic(
            itertools.repeat(servers[0]), time, users[7], dags[0], 401, known="wrong", cause=guessed,
            client="203.0.113.9",
        )  # fmt: skip
    closed = fleet.cause("a DAG that nobody may trigger any more", "bank", "access-lost", "dag-closed")
    begin = draw.uniform(7.5, 10)
    for user in users[:4]:
        mine = partial(call, user=user, dag=dags[12])
        fleet.repeat(0, DAYS, 6, fleet.between(begin, DAYS, partial(mine, status=403, cause=closed), mine))
    storm = fleet.cause("a program that does not give up", "bank", "permission-denied", over=True)
    first = draw.uniform(15, 17)
    fleet.repeat(first, first + 0.3, 0.02, partial(call, user=users[8], dag=dags[13], status=403, cause=storm))
    viewer = fleet.cause("a user who may only look", "bank", "user-triggers-nothing")
    for dag in dags[14:17]:
        fleet.repeat(0, DAYS, 20, partial(call, user=users[9], dag=dag, status=403, cause=viewer))
    broken = fleet.cause("a body that Airflow 2 does not take", "bank", "bad-request-v1", "bad-request")
    fleet.repeat(0, DAYS, 15, partial(call, user=users[10], dag=dags[17], status=400, size=210, cause=broken))
    proxy = fleet.cause("a proxy changed the host", "bank", "csrf-referrer", over=True)
    begin = draw.uniform(14.5, 16)
    for time in fleet.times(begin, begin + 2, 3):
        client = draw.choice(["10.6.1.1", "10.6.1.2", "10.6.1.3"])
        stamp = f"{time:%Y-%m-%dT%H:%M:%S}.{time.microsecond // 1_000:03}+0000"
        fleet.add(servers[1], time, f"[{stamp}] {{csrf.py:263}} INFO - The referrer does not match the host.")
        trigger = f"POST /dags/{dags[18]}/trigger?redirect_url=/home"
        browse(fleet, servers[1], time, client, [(0, trigger, 400, 132)])
        fleet.note(proxy, time, client, dags[18])


def plant_desk(fleet: Fleet) -> None:
    """Airflow 2.10 whose people use the web UI alone, two replicas."""
    servers, dags, draw = ("desk/web-0", "desk/web-1"), fleet.dags, fleet.random
    people = [f"10.7.0.{number}" for number in range(2, 12)]
    for server in servers:
        fleet.start_gunicorn(server, 0)
    for client, dag in zip(people, dags[:10], strict=True):
        for time in fleet.times(0, DAYS, 7):
            click(fleet, servers[0], time, client, dag)
    differs = fleet.cause("replicas with different secret keys", "desk", "secret-key-differs", over=True)
    begin = draw.uniform(3, 5)
    for time in fleet.times(begin, begin + 0.4, 0.5):
        for turn in range(4):
            at = time + timedelta(seconds=40 * turn)
            if turn % 2 == 0:
                click(fleet, servers[0], at, people[0], dags[0])
                continue
            stamp = f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1_000:03}+0000"
            fleet.add(servers[1], at, f"[{stamp}] {{csrf.py:263}} INFO - The CSRF session token is missing.")
            browse(
                fleet, servers[1], at, people[0], [(0, f"POST /dags/{dags[0]}/trigger?redirect_url=/home", 400, 125)]
            )
            fleet.note(differs, at, people[0], dags[0])
    plant_lost_sessions(fleet, servers[0], people)


def plant_lake(fleet: Fleet) -> None:
    """Airflow 3.3.2, two replicas."""
    servers, dags, draw = ("lake/api-0", "lake/api-1"), fleet.dags, fleet.random
    clients, turn = [fleet.addresses[user] for user in fleet.users], itertools.cycle(servers)

    def call(time: datetime, **more: object) -> None:
        fleet.bearer(time, server=next(turn), **more)  # type: ignore[arg-type]

    def steady(first: float, last: float, hours: float, **more: object) -> None:
        fleet.repeat(first, last, hours, lambda time: call(time, **more))

    for client, dag in zip(clients[:6], dags[:6], strict=True):
        steady(0, DAYS, 4, client=client, dag=dag)
    # Harmless: a client that fetches a new token when the old one has expired, and asks again.
    for time in fleet.times(0, DAYS, 24):
        renew = partial(fleet.bearer, client=clients[6], dag=dags[6], server=servers[0])
        renew(time, status=401, said="Signature has expired")
        renew(time + timedelta(seconds=1), status=201, path="/auth/token")
        renew(time + timedelta(seconds=2))
    for number, (said, status, what, name) in enumerate((
        ("Audience doesn't match", 403, "a token for another server", "token-wrong-audience"),
        ("The token is not yet valid (iat)", 403, "a clock that goes wrong", "token-clock-skew"),
        ("User with id 10 is not active", 403, "a user who was switched off", "token-user-inactive"),
        ("Signature has expired", 401, "a token that has run out", "token-expired"),
    ), 7):  # fmt: skip
        begin, client, dag = draw.uniform(0, 9), clients[number], dags[number]
        steady(begin, DAYS, 7, client=client, dag=dag, status=status, said=said, cause=fleet.cause(what, "lake", name))
    assets = fleet.cause("asset events that are refused", "lake", "asset-event-denied")
    for time in fleet.times(1, DAYS, 12):
        call(time, client=clients[12], dag="", status=403, path="/api/v2/assets/events", cause=assets)
    backfill = fleet.cause("backfills that are refused", "lake", "backfill-denied", over=True)
    for time in fleet.times(1, 6, 9):
        call(time, client=clients[13], dag="", status=403, path="/api/v2/backfills", cause=backfill)
    values = fleet.cause("values that a DAG does not take", "lake", "bad-request-v2")
    steady(0, DAYS, 13, client=clients[14], dag=dags[14], status=400, cause=values)
    exists = fleet.cause("a run id that exists", "lake", "run-exists")
    steady(0, DAYS, 16, client=clients[15], dag=dags[15], status=409, cause=exists)
    differs = fleet.cause("replicas with different keys", "lake", "jwt-secret-differs", over=True)
    begin = draw.uniform(11, 12)
    for client, dag in zip(clients[16:19], dags[16:19], strict=True):
        for time, server in zip(fleet.times(0, DAYS, 1.5), itertools.cycle(servers), strict=False):
            wrong = begin < (time - START) / DAY < begin + 1.5 and server == servers[1]
            told = {"status": 403, "said": "Signature verification failed", "cause": differs} if wrong else {}
            fleet.bearer(time, client, dag, server=server, **told)  # type: ignore[arg-type]


if __name__ == "__main__":
    main(
        [int(seed) for seed in sys.argv[1:]] or [1, 2, 3], (plant_shop, plant_cloud, plant_bank, plant_desk, plant_lake)
    )
