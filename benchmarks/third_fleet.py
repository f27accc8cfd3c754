"""Three weeks of seven further Airflows in forms of logs that the other two fleets do not have; see `fleet.py`.

python benchmarks/third_fleet.py [SEED ...]

`legacy` is 1.10.15 with passwords on the experimental API; `comp` is 2.9 of Cloud Composer as Cloud Logging exports it,
the newest line first; `mwaa` is 3.0.6 of Amazon MWAA in CloudWatch; of `corp` there is only the log of nginx in front;
`dev` is 2.7.3 with LDAP; `keys` is 3.1.8 with two replicas in Docker's JSON; `stg` is 3.3.2 in JSON, which makes a key
at each start. Harmless are scanners, clients that are asked for their password first, and tokens that are renewed.
"""

from __future__ import annotations

import itertools
import json
import sys
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from fleet_logs import DAY, DAYS, JAVA, NAMELESS, START
from fleet_scores import main
from third_fleet_tokens import plant_keys, plant_mwaa, plant_stg

if TYPE_CHECKING:
    from datetime import datetime

    from fleet_logs import Cause, Fleet

REQUESTS: Final = "python-requests/2.32.3"
CURL: Final = "curl/8.5.0"
GATEWAY: Final = 502
REFUSED: Final = {"status": 401, "known": "wrong", "agent": CURL}


def _clf(time: datetime) -> str:
    return f"{time:%d/%b/%Y:%H:%M:%S} +0000"


def _iso(time: datetime) -> str:
    return f"{time:%Y-%m-%dT%H:%M:%S.%f}Z"


def plant_legacy(fleet: Fleet) -> None:
    """Airflow 1.10.15: its experimental API answers 403 to a wrong password."""
    server, dags, users = "legacy/web", fleet.dags, fleet.users

    def call(time: datetime, user: str, dag: str, status: int = 200, cause: Cause | None = None) -> None:
        stamp = f"[{time:%Y-%m-%d %H:%M:%S},{time.microsecond // 1000:03}]"
        run = f"manual__{time:%Y-%m-%dT%H:%M:%S}+00:00"
        client = fleet.addresses.get(user, "10.8.4.4")
        if status in (200, 400):
            fleet.add(server, time, f"{stamp} {{password_auth.py:154}} INFO - User {user} successfully authenticated")
            told = f"Run id {run} already exists for dag id {dag}"
            if status == 200:  # noqa: PLR2004
                told = f"User {user} created <DagRun {dag} @ {run[8:]}: {run}, externally triggered: True>"
            fleet.add(server, time, f"{stamp} {{endpoints.py:94}} {'INFO' if told[0] == 'U' else 'ERROR'} - {told}")
        size = {200: 259, 400: 110, 401: 12, 403: 9}[status]
        request = f"POST /api/experimental/dags/{dag}/dag_runs HTTP/1.1"
        fleet.add(server, time, f'{client} - {user} [{_clf(time)}] "{request}" {status} {size} "-" "{REQUESTS}"')
        fleet.note(cause, time, user if user != "-" else client, dag)

    for user, dag in zip(users[:4], dags[:4], strict=True):
        fleet.repeat(0, DAYS, 5, partial(call, user=user, dag=dag))
    changed = fleet.cause("a password was changed", "legacy", "experimental-password-auth-403")
    mine = partial(call, user=users[4], dag=dags[4])
    begin = fleet.random.uniform(5, 9)
    fleet.repeat(0, DAYS, 4, fleet.between(begin, DAYS, partial(mine, status=403, cause=changed), mine))
    bare = fleet.cause("no credentials", "legacy", "no-credentials-v1", over=True)
    fleet.repeat(2, 9, 7, partial(call, user="-", dag=dags[5], status=401, cause=bare))
    same = fleet.cause("two runs in one second", "legacy", "experimental-same-second")
    for time in fleet.times(0, DAYS, 9):
        call(time, users[3], dags[6])
        call(time + timedelta(milliseconds=300), users[3], dags[6], 400, same)


def plant_comp(fleet: Fleet) -> None:
    """Airflow 2.9 of Cloud Composer, whose callers have no name."""
    server, dags, draw = "comp/web", fleet.dags, fleet.random
    fleet.newest_first.add(server)
    clients = [f"10.4.{number}.{draw.randrange(2, 250)}" for number in range(12)]

    def write(time: datetime, line: str) -> None:
        number = sum(map(len, fleet.lines.values()))
        entry = {
            "insertId": f"x{number}", "labels": {"process": "airflow-webserver"}, "severity": "INFO",
            "logName": "projects/p/logs/airflow-webserver", "textPayload": line, "timestamp": _iso(time),
            "resource": {"labels": {"environment_name": "comp"}, "type": "cloud_composer_environment"},
        }  # fmt: skip
        fleet.add(server, time, json.dumps(entry))

    def call(time: datetime, client: str, dag: str, status: int = 200, cause: Cause | None = None) -> None:
        size = {200: 480 + 2 * len(dag), 401: 187, 403: 185, 404: 219}[status]
        write(time, f'{client} - - [{_clf(time)}] "POST /api/v1/dags/{dag}/dagRuns HTTP/1.1" {status} {size} "-" '
              f'"{REQUESTS}"')  # fmt: skip
        fleet.note(cause, time, client, dag)

    for client, dag in zip(clients[:4], dags[:4], strict=True):
        fleet.repeat(0, DAYS, 4, partial(call, client=client, dag=dag))
    small, begin = fleet.cause("a new account has a small role", "comp", "permission-denied"), draw.uniform(3, 6)
    for dag in dags[5:8]:
        fleet.repeat(begin, DAYS, 9, partial(call, client=clients[5], dag=dag, status=403, cause=small))
    renamed, begin = fleet.cause("a DAG was renamed", "comp", "dag-not-found"), draw.uniform(8, 12)
    for client in clients[6:8]:
        mine = partial(call, client=client, dag=dags[9])
        fleet.repeat(0, DAYS, 6, fleet.between(begin, DAYS, partial(mine, status=404, cause=renamed), mine))
    fleet.repeat(begin + 0.2, DAYS, 6, partial(call, client=clients[0], dag=f"{dags[9]}_v2"))
    night = fleet.cause("a token that ends each night before the last calls", "comp", "token-ends-midway")
    for day in range(DAYS):
        for turn in range(5):
            time = START + day * DAY + timedelta(hours=1, minutes=20 * turn + draw.randrange(9))
            call(time, clients[8], dags[10], *((401, night) if turn > 2 else ()))  # noqa: PLR2004


def plant_corp(fleet: Fleet) -> None:
    """Airflow 2.9 behind nginx, whose log alone is given."""
    server, dags, users, draw = "corp/nginx", fleet.dags, fleet.users, fleet.random

    def call(  # noqa: PLR0913 - the parts of a line
        time: datetime, user: str, dag: str, status: int = 200, *, size: int = 0, alone: bool = False,
        cause: Cause | None = None, client: str = "", agent: str = REQUESTS,
    ) -> None:  # fmt: skip
        client = client or fleet.addresses.get(user, "10.9.9.9")
        took = "-" if alone else f"0.0{draw.randrange(10, 99)}"
        request = f"POST /api/v1/dags/{dag}/dagRuns HTTP/1.1"
        size = size or {200: 480 + 2 * len(dag), 401: 187}[status]
        fleet.add(server, time, f'{client} - {user} [{_clf(time)}] "{request}" {status} {size} "-" "{agent}" rt=0.021 '
                  f'uct="{took}" uht="{took}" urt="{took}"')  # fmt: skip
        fleet.note(cause, time, user if user != "-" else client, dag)

    for user, dag in zip(users[:5], dags[:5], strict=True):
        fleet.repeat(0, DAYS, 4, partial(call, user=user, dag=dag))
    front = fleet.cause("the login of nginx refuses a job", "corp", "refused-by-proxy")
    fleet.repeat(6, DAYS, 7, partial(call, user=users[6], dag=dags[6], status=401, size=179, alone=True, cause=front))
    limit, begin = fleet.cause("a limit of requests", "corp", "rate-limited", over=True), draw.uniform(8, 9)
    for number in range(120):
        time = START + (begin + number // 40) * DAY + timedelta(seconds=number % 40)
        refused: dict[str, Any] = {"status": 429, "size": 162, "alone": True, "cause": limit}
        call(time, users[7], dags[7], **(refused if number % 40 > 12 else {}))  # noqa: PLR2004
    plain = fleet.cause("http in place of https", "corp", "redirected-post")
    nameless = partial(call, user="-", alone=True)
    fleet.repeat(3, DAYS, 10, partial(nameless, dag=dags[8], status=301, size=162, client="10.3.8.8", cause=plain))
    cert = fleet.cause("a certificate of a client has expired", "corp", "refused-by-proxy")
    fleet.repeat(12, DAYS, 6, partial(nameless, dag=dags[9], status=400, size=208, client="10.3.7.7", cause=cert))
    down, begin = fleet.cause("the server behind was down", "corp", "server-error", over=True), draw.uniform(15, 16)
    for user, dag in zip(users[:5], dags[:5], strict=True):
        fleet.repeat(begin, begin + 0.1, 0.4, partial(call, user=user, dag=dag, status=GATEWAY, size=150, cause=down))
    for time in fleet.times(0, DAYS, 6):
        call(time, "-", dags[2], 401, client="10.2.2.2", agent=JAVA)
        call(time + timedelta(seconds=1), users[20], dags[2], client="10.2.2.2", agent=JAVA)
        fleet.add(server, time, f'203.0.113.77 - - [{_clf(time)}] "POST /wp-login.php HTTP/1.1" 404 456 "-" "zgrab" '
                  'rt=0.011 uct="0.001" uht="0.010" urt="0.010"')  # fmt: skip


def plant_dev(fleet: Fleet) -> None:
    """Airflow 2.7.3 with LDAP."""
    dags, users, draw = fleet.dags, fleet.users, fleet.random
    call = partial(fleet.basic, itertools.repeat("dev/web"))
    for user, dag in zip(users[:4], dags[:4], strict=True):
        fleet.repeat(0, DAYS, 5, partial(call, user=user, dag=dag))
    group, begin, end = fleet.cause("a team lost its group", "dev", "access-lost", over=True), 4.2, draw.uniform(8, 12)
    for user, dag in itertools.product(users[5:8], dags[5:7]):
        mine = partial(call, user=user, dag=dag)
        fleet.repeat(0, DAYS, 6, fleet.between(begin, end, partial(mine, status=403, cause=group), mine))
    gone, begin = fleet.cause("a user was deleted", "dev", *NAMELESS), draw.uniform(9, 13)
    mine = partial(call, user=users[9], dag=dags[9])
    fleet.repeat(0, DAYS, 4, fleet.between(begin, DAYS, partial(mine, status=401, known="no", cause=gone), mine))
    back, end = fleet.cause("a password was changed and changed back", "dev", "wrong-password", over=True), 11.5
    mine = partial(call, user=users[10], dag=dags[10])
    fleet.repeat(0, DAYS, 3, fleet.between(8.3, end, partial(mine, status=401, known="wrong", cause=back), mine))
    slow, time = fleet.cause("names are tried, one an hour", "dev", "names-tried-slowly", over=True), START + DAY
    for name in [*users[:4], "admin", "root", "airflow", "jenkins"] * 10:
        time += timedelta(minutes=draw.uniform(50, 75))
        known = "wrong" if name in users else "no"
        call(time, name, dags[0], **{**REFUSED, "known": known}, client="198.51.100.44", cause=slow)  # type: ignore[arg-type]
    guessed = fleet.cause("a password was guessed", "dev", "password-guessed", over=True)
    time = START + draw.uniform(15, 17) * DAY
    for number in range(72):
        time += timedelta(seconds=draw.uniform(2, 9))
        told = REFUSED if number < 70 else {"agent": CURL}  # noqa: PLR2004
        call(time, users[3], dags[0], **told, client="198.51.100.9", cause=guessed)


if __name__ == "__main__":
    main(
        [int(seed) for seed in sys.argv[1:]] or [1, 2, 3],
        (plant_legacy, plant_comp, plant_mwaa, plant_corp, plant_dev, plant_keys, plant_stg),
    )
