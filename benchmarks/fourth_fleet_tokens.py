"""Those Airflows of `fourth_fleet.py` whose callers have tokens: 3.2.2, and 2.9.3 that is upgraded to 3.1.8."""

from __future__ import annotations

import itertools
import json
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from fleet_logs import DAY, DAYS, JAVA, START

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from fleet_logs import Cause, Fleet

RUNS: Final = "/api/v2/dags/{dag}/dagRuns"
PHRASES: Final = {
    200: "OK", 201: "Created", 204: "No Content", 401: "Unauthorized", 403: "Forbidden", 404: "Not Found",
    405: "Method Not Allowed", 409: "Conflict",
}  # fmt: skip
MANAGER: Final = "airflow.api_fastapi.auth.managers.base_auth_manager"
WRONG_KEY: Final[dict[str, Any]] = {"status": 403, "said": "Signature verification failed"}
EXPIRED: Final[dict[str, Any]] = {"status": 401, "said": "Signature has expired"}


class Hub:
    """The log of Airflow 3.2.2 in JSON, two replicas behind a balancer."""

    def __init__(self, fleet: Fleet) -> None:
        self.fleet, self.replicas = fleet, ("hub/api-0", "hub/api-1")
        self.turn, self._ports = itertools.cycle(self.replicas), itertools.count(33_001)
        self.clients = [f"10.70.{number}.{fleet.random.randrange(2, 250)}" for number in range(24)]

    def write(self, server: str, time: datetime, event: str, logger: str, **more: object) -> None:
        """Write a line."""
        entry = {"timestamp": f"{time:%Y-%m-%dT%H:%M:%S.%f}Z", "level": "info", "event": event, **more}
        self.fleet.add(server, time, json.dumps({**entry, "logger": logger}))

    def call(  # noqa: PLR0913 - the parts of a line
        self, time: datetime, client: str, dag: str, status: int = 200, *, said: str = "", cause: Cause | None = None,
        path: str = RUNS, server: str = "",
    ) -> None:  # fmt: skip
        """Write a request, and what the server complained of."""
        server = server or next(self.turn)
        if said:
            self.write(server, time, f"JWT token is not valid: {said}", MANAGER, level="error")
        self.write(
            server, time, "request finished", "http.access", method="POST", path=path.format(dag=dag), query="",
            status_code=status, duration_us=self.fleet.random.randrange(5_000, 90_000),
            client_addr=f"{client}:{next(self._ports)}",
        )  # fmt: skip
        self.fleet.note(cause, time, client, dag)


def plant_hub(fleet: Fleet) -> None:
    """Airflow 3.2.2 in JSON, two replicas behind a balancer."""
    hub = Hub(fleet)
    for plant in (plant_hub_callers, plant_hub_requests, plant_hub_tokens, plant_hub_harmless):
        plant(hub)


def plant_hub_callers(hub: Hub) -> None:
    """Keys, roles, and who forges tokens."""
    fleet, call, dags, clients, draw = hub.fleet, hub.call, hub.fleet.dags, hub.clients, hub.fleet.random
    for server in hub.replicas:
        for event in ("Started server process [7]", "Application startup complete. "):
            hub.write(server, START, event, "uvicorn.error")
    for client, dag in zip(clients[:6], dags[:6], strict=True):
        fleet.repeat(0, DAYS, 3, partial(call, client=client, dag=dag))
    keys = fleet.cause("replicas with different keys", "hub", "jwt-secret-differs", over=True)
    begin = draw.uniform(4, 6)
    for client, dag in zip(clients[6:10], dags[6:10], strict=True):
        for time, server in zip(fleet.times(0, DAYS, 2), itertools.cycle(hub.replicas), strict=False):
            wrong = server == hub.replicas[1] and START + begin * DAY < time < START + (begin + 1.8) * DAY
            call(time, client, dag, server=server, **({**WRONG_KEY, "cause": keys} if wrong else {}))
    team = fleet.cause("a team's role was taken away", "hub", "access-lost", "access-lost-nameless", over=True)
    begin, end = draw.uniform(8, 9), draw.uniform(11, 13)
    for client, dag in itertools.product(clients[10:13], dags[10:12]):
        mine = partial(call, client=client, dag=dag)
        fleet.repeat(0, DAYS, 6, fleet.between(begin, end, partial(mine, status=403, cause=team), mine))
    forged = fleet.cause("tokens are forged", "hub", "tokens-forged", over=True)
    time = START + draw.uniform(15, 18) * DAY
    for number in range(60):
        time += timedelta(seconds=draw.uniform(5, 40))
        said = ("The specified alg value is not allowed", "Signature verification failed", "Not enough segments")
        call(time, "198.51.100.23", dags[number % 4], 403, said=said[number % 3], cause=forged)


def plant_hub_requests(hub: Hub) -> None:
    """Requests that are wrong, and DAGs that are."""
    fleet, call, dags, clients, draw = hub.fleet, hub.call, hub.fleet.dags, hub.clients, hub.fleet.random
    plain = fleet.cause("passwords in place of tokens", "hub", "no-credentials-v2")
    fleet.repeat(0, DAYS, 6, partial(call, client=clients[13], dag=dags[12], status=401, cause=plain))
    manual, begin = fleet.cause("a DAG forbids manual runs", "hub", "dag-takes-no-runs"), draw.uniform(6, 10)
    for client in clients[:3]:
        mine = partial(call, client=client, dag=dags[13])
        fleet.repeat(0, DAYS, 9, fleet.between(begin, DAYS, partial(mine, status=400, cause=manual), mine))
    twice = fleet.cause("two programs start the same run", "hub", "run-exists")
    for time in fleet.times(0, DAYS, 6):
        call(time, clients[14], dags[14])
        call(time + timedelta(seconds=3), clients[15], dags[14], 409, cause=twice)
    asset = fleet.cause("an asset that does not exist", "hub", "asset-not-found")
    fleet.repeat(3, DAYS, 12, partial(call, client=clients[16], dag="", status=404, cause=asset,
                                      path="/api/v2/assets/999/materialize"))  # fmt: skip
    renamed, begin = fleet.cause("a DAG was renamed", "hub", "dag-not-found", over=True), draw.uniform(9, 11)
    for client in clients[17:19]:
        now, then = partial(call, client=client, dag=f"{dags[15]}_v2"), partial(call, client=client, dag=dags[15])
        gone = partial(then, status=404, cause=renamed)
        fleet.repeat(0, 16, 6, fleet.between(begin, 16, gone, then))
        fleet.repeat(16, DAYS, 6, now)
    fleet.repeat(begin, DAYS, 6, partial(call, client=clients[0], dag=f"{dags[15]}_v2"))
    serial, begin = fleet.cause("one DAG makes the server fail", "hub", "server-error"), draw.uniform(12, 15)
    for client in clients[:2]:
        mine = partial(call, client=client, dag=dags[16])
        fleet.repeat(0, DAYS, 7, fleet.between(begin, DAYS, partial(mine, status=500, cause=serial), mine))


def plant_hub_tokens(hub: Hub) -> None:
    """Programs without a token that is valid."""
    fleet, call, dags, clients = hub.fleet, hub.call, hub.fleet.dags, hub.clients
    weekly = fleet.cause("a token that is made once a week", "hub", "token-expired")
    for time in fleet.times(0, DAYS, 4):
        mine = partial(call, client=clients[20], dag=dags[18])
        mine(time, **({**EXPIRED, "cause": weekly} if (time - START) % (7 * DAY) > DAY else {}))
    login = fleet.cause("a program that gets no token", "hub", "token-refused", over=True)
    for time in fleet.times(13, 19, 2):
        server = next(hub.turn)
        hub.write(
            server,
            time,
            "Login Failed for user: svc_export",
            "airflow.providers.fab.auth_manager.security_manager.override",
        )
        call(time, clients[21], "", 401, path="/auth/token", cause=login, server=server)


def plant_hub_harmless(hub: Hub) -> None:
    """What needs no action."""
    fleet, call, dags, clients = hub.fleet, hub.call, hub.fleet.dags, hub.clients
    for time in fleet.times(0, DAYS, 24):
        call(time, clients[22], dags[19], **EXPIRED)
        call(time + timedelta(seconds=1), clients[22], "", 201, path="/auth/token")
        call(time + timedelta(seconds=2), clients[22], dags[19])
    for time in fleet.times(0.4, DAYS, 80):  # a person's double click
        call(time, clients[23], dags[20])
        call(time, clients[23], dags[20], 409)


def plant_fin(fleet: Fleet) -> None:
    """Airflow 2.9.3, whose callers without a name have the role Public, then 3.1.8; in the log of Kubernetes."""
    dags, users, draw = fleet.dags, fleet.users, fleet.random
    upgrade, ports = draw.uniform(9.5, 11.5), itertools.count(41_001)
    call = partial(fleet.basic, itertools.repeat("fin/web"))
    ok: dict[str, Any] = {"size": 470}
    denied: dict[str, Any] = {"status": 403, "size": 185}
    fleet.start_gunicorn("fin/web", 0)

    def token(
        time: datetime, client: str, dag: str, status: int = 200, *, said: str = "", cause: Cause | None = None,
        path: str = RUNS,
    ) -> None:  # fmt: skip
        if said:
            fleet.add("fin/api", time, f"{time:%Y-%m-%dT%H:%M:%S.%f}Z [error    ] JWT token is not valid: {said} "
                      f"[{MANAGER}] loc=base_auth_manager.py:140")  # fmt: skip
        request = f'"POST {path.format(dag=dag)} HTTP/1.1" {status} {PHRASES[status]}'
        fleet.add("fin/api", time, f"INFO:     {client}:{next(ports)} - {request}")
        fleet.note(cause, time, client, dag)

    time = START + upgrade * DAY
    for text in ("Started server process [7]", "Waiting for application startup.", "Application startup complete.",
                 "Uvicorn running on http://0.0.0.0:8080 (Press CTRL+C to quit)"):  # fmt: skip
        fleet.add("fin/api", time, f"INFO:     {text}")
    address = fleet.addresses
    for user, dag in zip(users[:6], dags[:6], strict=True):
        fleet.repeat(0, upgrade, 4, partial(call, user=user, dag=dag, **ok))
        fleet.repeat(upgrade + 0.05, DAYS, 4, partial(token, client=address[user], dag=dag))
    wrong = fleet.cause("a wrong password that is answered by 403", "fin", "wrong-password", over=True)
    mine = partial(call, user=users[6], dag=dags[6])
    refused = partial(mine, **denied, known="wrong", cause=wrong)
    fleet.repeat(0, upgrade, 5, fleet.between(draw.uniform(2, 4), upgrade, refused, partial(mine, **ok)))
    nobody = fleet.cause("no credentials, answered by 403", "fin", "public-role-answers", over=True)
    fleet.repeat(1, upgrade, 8, partial(call, user="-", client="10.80.0.7", dag=dags[7], **denied, cause=nobody))
    small = fleet.cause("a role that is too small", "fin", "permission-denied", over=True)
    fleet.repeat(0, upgrade, 9, partial(call, user=users[8], dag=dags[8], **denied, cause=small))
    after: Iterable[tuple[int, int, str, str, list[str]]] = (
        (9, 405, "a client of Airflow 2 after the upgrade", "/api/v1/dags/{dag}/dagRuns", ["v1-client-on-airflow-3"]),
        (10, 401, "a password after the upgrade", RUNS, ["no-credentials-v2"]),
        (11, 405, "a slash too many after the upgrade", f"{RUNS}/", ["wrong-path"]),
    )
    for number, status, what, path, names in after:
        user, dag = users[number], dags[number]
        fleet.repeat(0, upgrade, 6, partial(call, user=user, dag=dag, **ok))
        lost = partial(token, client=address[user], dag=dag, status=status, path=path)
        fleet.repeat(upgrade, DAYS, 6, partial(lost, cause=fleet.cause(what, "fin", *names)))
    team = fleet.cause("rights that the upgrade lost", "fin", "access-lost-nameless", over=True)
    for user, dag in zip(users[12:15], dags[12:15], strict=True):
        fleet.repeat(0, upgrade, 5, partial(call, user=user, dag=dag, **ok))
        mine = partial(token, client=address[user], dag=dag)
        lost = partial(mine, status=403, cause=team)
        fleet.repeat(upgrade, DAYS, 5, fleet.between(upgrade, upgrade + 2.5, lost, mine))
    foreign = fleet.cause("a token of another Airflow", "fin", "token-signature")
    mine = partial(token, client="10.80.0.9", dag=dags[15], **WRONG_KEY, cause=foreign)
    fleet.repeat(upgrade + 2, DAYS, 7, mine)
    fixed = fleet.cause("a task that starts a run that exists", "fin", "run-exists")
    fleet.repeat(upgrade + 1, DAYS, 12, partial(token, client="10.80.1.4", dag=dags[16], status=409, cause=fixed,
                                                path="/execution/dag-runs/{dag}/nightly"))  # fmt: skip
    # Harmless from here on.
    for time in fleet.times(0, upgrade, 7):
        call(time, "-", dags[3], client="10.2.2.3", agent=JAVA, **denied)
        call(time + timedelta(milliseconds=300), users[20], dags[3], client="10.2.2.3", agent=JAVA, **ok)
    for time in fleet.times(upgrade + 1, DAYS, 24):
        token(time, "10.80.0.20", dags[17], **EXPIRED)
        token(time + timedelta(seconds=1), "10.80.0.20", "", 201, path="/auth/token")
        token(time + timedelta(seconds=2), "10.80.0.20", dags[17])
    for server in ("fin/web", "fin/api"):
        fleet.lines[server] = [
            (time, number, f"{time:%Y-%m-%dT%H:%M:%S.%f}123Z {'stderr' if 'JWT' in text else 'stdout'} F {text}")
            for time, number, text in fleet.lines[server]
        ]
