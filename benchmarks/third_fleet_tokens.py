"""Those Airflows of `third_fleet.py` whose callers have tokens: 3.0.6, 3.1.8 and 3.3.2."""

from __future__ import annotations

import itertools
import json
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from fleet_logs import DAY, DAYS, START

if TYPE_CHECKING:
    from datetime import datetime

    from fleet_logs import Cause, Fleet

RUNS: Final = "/api/v2/dags/{dag}/dagRuns"
PHRASES: Final = {
    200: "OK", 201: "Created", 401: "Unauthorized", 403: "Forbidden", 405: "Method Not Allowed",
    422: "Unprocessable Content",
}  # fmt: skip
MANAGER: Final = "airflow.api_fastapi.auth.managers.base_auth_manager"


def _iso(time: datetime) -> str:
    return f"{time:%Y-%m-%dT%H:%M:%S.%f}Z"


def plant_mwaa(fleet: Fleet) -> None:
    """Airflow 3.0.6 of Amazon MWAA, in CloudWatch."""
    server, dags, draw = "mwaa/web", fleet.dags, fleet.random
    ports = itertools.count(30_001)
    clients = [f"169.254.172.{number}" for number in range(20, 40)]

    def call(
        time: datetime, client: str, dag: str, status: int = 200, *, said: str = "", cause: Cause | None = None,
        path: str = RUNS,
    ) -> None:  # fmt: skip
        stamp = f"{time:%Y-%m-%dT%H:%M:%S}.{time.microsecond // 1000:03}+0000"
        request = f'"POST {path.format(dag=dag)} HTTP/1.1" {status} {PHRASES[status]}'
        lines = [f"[{stamp}] {{base_auth_manager.py:105}} ERROR - JWT token is not valid: {said}"] if said else []
        for line in (*lines, f"INFO:     {client}:{next(ports)} - {request}"):
            event = {"logStreamName": "webserver-9", "timestamp": int(time.timestamp() * 1000), "message": line,
                     "eventId": f"{next(ports):056d}"}  # fmt: skip
            fleet.add(server, time, json.dumps(event))
        fleet.note(cause, time, client, dag)

    for client, dag in zip(clients[:4], dags[:4], strict=True):
        fleet.repeat(0, DAYS, 5, partial(call, client=client, dag=dag))
    mapped = fleet.cause("roles were mapped to a smaller one", "mwaa", "access-lost", "access-lost-nameless", over=True)
    begin, end = draw.uniform(4, 6), draw.uniform(8.5, 11)
    for client, dag in zip(clients[4:7], dags[4:7], strict=True):
        mine = partial(call, client=client, dag=dag)
        fleet.repeat(0, DAYS, 4, fleet.between(begin, end, partial(mine, status=403, cause=mapped), mine))
    doubled = fleet.cause("a base path that is there twice", "mwaa", "wrong-path", "base-path-differs", over=True)
    fleet.repeat(9, 15, 8, partial(call, client=clients[8], dag=dags[8], status=405, path=f"/api/v2{RUNS}",
                                   cause=doubled))  # fmt: skip
    stale, begin = fleet.cause("a token that is never renewed", "mwaa", "token-expired"), draw.uniform(10, 13)
    mine = partial(call, client=clients[9], dag=dags[9])
    ended = partial(mine, status=401, said="Signature has expired", cause=stale)
    fleet.repeat(begin - 1, DAYS, 3, fleet.between(begin, DAYS, ended, mine))


def plant_keys(fleet: Fleet) -> None:
    """Airflow 3.1.8, two replicas, in Docker's JSON."""
    dags, draw = fleet.dags, fleet.random
    turn, ports = itertools.cycle(("keys/api-0", "keys/api-1")), itertools.count(40_001)
    clients = [f"10.30.{number}.{draw.randrange(2, 250)}" for number in range(16)]

    def write(time: datetime, *lines: str) -> None:
        server = next(turn)
        for line in lines:
            fleet.add(server, time, json.dumps({"log": f"{line}\n", "stream": "stdout", "time": _iso(time)}))

    def call(
        time: datetime, client: str, dag: str, status: int = 200, *, said: str = "", cause: Cause | None = None,
        path: str = RUNS,
    ) -> None:  # fmt: skip
        user = "Couldn't deserialize user from token, " if "User with id" in said else ""
        complaint = f"{_iso(time)} [error    ] {user}JWT token is not valid: {said} [{MANAGER}] loc=x.py:130"
        request = f'"POST {path.format(dag=dag)} HTTP/1.1" {status} {PHRASES[status]}'
        write(time, *([complaint] if said else []), f"INFO:     {client}:{next(ports)} - {request}")
        fleet.note(cause, time, client, dag)

    for client, dag in zip(clients[:5], dags[:5], strict=True):
        fleet.repeat(0, DAYS, 3, partial(call, client=client, dag=dag))
    skew, end = fleet.cause("a clock that is ahead", "keys", "token-clock-skew", over=True), draw.uniform(9, 12)
    for number, time in enumerate(fleet.times(0, DAYS, 4)):
        ahead: dict[str, Any] = {"status": 403, "said": "The token is not yet valid (iat)", "cause": skew}
        early = START + 4.5 * DAY <= time < START + end * DAY and number % 3 > 0
        call(time, clients[5], dags[5], **(ahead if early else {}))
    gone, begin = fleet.cause("a token of a user who was deleted", "keys", "token-user-gone"), draw.uniform(8, 10)
    mine = partial(call, client=clients[6], dag=dags[6])
    void = partial(mine, status=403, said="User with id 12 not found", cause=gone)
    fleet.repeat(0, DAYS, 5, fleet.between(begin, DAYS, void, mine))
    never = fleet.cause("a program that gets no token", "keys", "token-refused")
    for time in fleet.times(2, DAYS, 12):
        module = "airflow.providers.fab.auth_manager.security_manager.override"
        write(
            time, f"{_iso(time)} [info     ] Login Failed for user: svc_nightly [{module}] loc=override.py:2305",
            f'INFO:     {clients[7]}:{next(ports)} - "POST /auth/token HTTP/1.1" 401 Unauthorized',
        )  # fmt: skip
        fleet.note(never, time, clients[7], "")
    body = fleet.cause("a wrong body, every minute", "keys", "body-rejected-v2", over=True)
    time = START + draw.uniform(15, 17) * DAY
    for _ in range(600):
        time += timedelta(seconds=draw.uniform(58, 62))
        call(time, clients[8], dags[8], 422, cause=body)
    assets = fleet.cause("assets that a role may not materialise", "keys", "asset-materialize-denied")
    for time in fleet.times(1, DAYS, 11):
        call(time, clients[9], "", 403, cause=assets, path="/api/v2/assets/7/materialize")
    for time in fleet.times(0, DAYS, 20):  # harmless
        call(time, clients[10], dags[10], 401, said="Signature has expired")
        call(time + timedelta(seconds=1), clients[10], "", 201, path="/auth/token")
        call(time + timedelta(seconds=2), clients[10], dags[10])


def plant_stg(fleet: Fleet) -> None:
    """Airflow 3.3.2 in JSON, which makes a key at each start."""
    dags, draw, ports = fleet.dags, fleet.random, itertools.count(50_001)
    clients = [f"10.40.{number}.{draw.randrange(2, 250)}" for number in range(8)]

    def write(time: datetime, event: str, logger: str, **more: object) -> None:
        entry = {"timestamp": _iso(time), "level": "info", "event": event, **more, "logger": logger}
        fleet.add("stg/api", time, json.dumps(entry))

    def call(
        time: datetime, client: str, dag: str, status: int = 200, said: str = "", cause: Cause | None = None
    ) -> None:
        if said:
            write(time, f"JWT token is not valid: {said}", MANAGER, level="error")
        write(
            time, "request finished", "http.access", method="POST", path=RUNS.format(dag=dag), query="",
            status_code=status, duration_us=draw.randrange(5_000, 90_000), client_addr=f"{client}:{next(ports)}",
        )  # fmt: skip
        fleet.note(cause, time, client, dag)

    restart = draw.uniform(3, 5)
    for day in (0, restart):
        time = START + day * DAY
        told = "`api_auth/jwt_secret` was empty, using a generated one for now. Please set the value in your config."
        write(time, told, "airflow.api_fastapi.auth.tokens", level="warning")
        write(time, "Started server process [7]", "uvicorn.error")
        write(time, "Application startup complete. ", "uvicorn.error")
        write(time, "Uvicorn running on http://0.0.0.0:8080 (Press CTRL+C to quit)", "uvicorn.error")
    key = fleet.cause(
        "tokens of before a restart, no key is set", "stg", "jwt-secret-generated", over=True, started=True
    )
    for client, dag in zip(clients[:4], dags[:4], strict=True):
        mine = partial(call, client=client, dag=dag)
        void = partial(mine, status=403, said="Signature verification failed", cause=key)
        renewed = restart + draw.uniform(0.4, 1.0)
        fleet.repeat(0.01, DAYS, 2, fleet.between(restart, renewed, void, mine))
    typo = fleet.cause("an id that lacks a letter", "stg", "dag-not-found", over=True)
    fleet.repeat(8, 13, 5, partial(call, client=clients[4], dag=dags[0][1:], status=404, cause=typo))
    fleet.repeat(0.1, DAYS, 6, partial(call, client=clients[4], dag=dags[0]))
