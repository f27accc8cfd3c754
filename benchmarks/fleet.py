"""Three weeks of three Airflows with causes that are known beforehand: are they found, with whom, on what, since when?

python benchmarks/fleet.py [SEED ...]

The lines are those of real servers of these versions, as `tests/data/recordings` holds them. The seed draws names,
addresses, times and the days of each cause. `prod` is 2.10.5 with two replicas, `data` is 2.10.5 and is upgraded to
3.3.2 in the middle, `dev` is 2.7.3. Each week is reported when it is over, as a weekly job does. A cause is found if
each week in which it was there has a finding of a right name, which needs action, about one of its people at least.
"""

from __future__ import annotations

import itertools
import sys
from datetime import datetime, timedelta
from functools import partial
from http import HTTPStatus
from typing import Any

from fleet_logs import DAY, DAYS, JAVA, NAMELESS, START, Fleet
from fleet_scores import main


def plant_prod(fleet: Fleet) -> None:
    """Airflow 2.10.5, two replicas behind a balancer."""
    users, dags, draw = fleet.users, fleet.dags, fleet.random
    for server in ("prod/web-0", "prod/web-1"):
        fleet.start_gunicorn(server, 0)
    call = partial(fleet.basic, itertools.cycle(["prod/web-0", "prod/web-1"]))
    for user, dag in zip(users[:6], dags[:6], strict=True):
        fleet.repeat(0, DAYS, draw.uniform(3, 6), partial(call, user=user, dag=dag))
    lost = fleet.cause("a role was changed", "prod", "access-lost", over=True)
    begin, end = draw.uniform(2, 5), draw.uniform(8, 11)
    for user, dag in itertools.product(users[6:8], dags[6:9]):
        mine = partial(call, user=user, dag=dag)
        fleet.repeat(0, DAYS, 5, fleet.between(begin, end, partial(mine, status=403, cause=lost), mine))
    rotated, begin = fleet.cause("a password was changed", "prod", "wrong-password"), draw.uniform(8, 12)
    mine = partial(call, user=users[8], dag=dags[9])
    wrong = partial(mine, status=401, known="wrong", cause=rotated)
    fleet.repeat(0, DAYS, 3, fleet.between(begin, DAYS, wrong, mine))
    ghost = fleet.cause("a user who does not exist", "prod", *NAMELESS)
    fleet.repeat(0, DAYS, 7, partial(call, user="ghost_ci", dag=dags[0], status=401, known="no", cause=ghost))
    typo, name = fleet.cause("a mistyped DAG id", "prod", "dag-not-found"), f"{dags[1][:-3]}{dags[1][-1]}il"
    fleet.repeat(1, DAYS, 10, partial(call, user=users[0], dag=name, status=404, cause=typo))
    bare = partial(call, user="-", dag=dags[2], status=401, client="10.1.9.9", agent="curl/8.5.0")
    monitor = fleet.cause("a monitor without credentials", "prod", "no-credentials-v1")
    fleet.repeat(0, DAYS, 12, partial(bare, cause=monitor))
    newer = fleet.cause("a client of Airflow 3", "prod", "v2-client-on-airflow-2")
    odd = partial(call, status=404, known="")
    path = "/api/v2/dags/{dag}/dagRuns"
    fleet.repeat(7, DAYS, 11, partial(odd, user=users[9], dag=dags[10], size=456, path=path, cause=newer))
    twice = fleet.cause("a run id that exists", "prod", "run-exists")
    fleet.repeat(0, DAYS, 20, partial(call, user=users[1], dag=dags[11], status=409, cause=twice))
    slash, path = fleet.cause("a slash too many", "prod", "wrong-path", over=True), "/api/v1/dags/{dag}/dagRuns/"
    fleet.repeat(9, 13, 9, partial(odd, user=users[2], dag=dags[12], size=205, path=path, cause=slash))
    guess(fleet, draw.uniform(10, 13))
    # Harmless: a client that sends its password when it is asked.
    java = partial(fleet.basic, itertools.repeat("prod/web-1"), dag=dags[3], client="10.2.2.2", agent=JAVA)
    for time in fleet.times(0, DAYS, 6):
        java(time, user="-", status=401)
        java(time + timedelta(milliseconds=300), user="svc_java")


def guess(fleet: Fleet, day: float) -> None:
    """Somebody tries many names and passwords from one address, and gets in with one."""
    draw, victim = fleet.random, fleet.users[3]
    call = partial(fleet.basic, itertools.repeat("prod/web-0"), dag=fleet.dags[0], client="198.51.100.7")
    others = fleet.cause("many names were tried from one address", "prod", "many-names-one-address", over=True)
    attack = fleet.cause("passwords were guessed, one got in", "prod", "password-guessed", over=True)
    time = START + day * DAY
    names = [*(user for user in fleet.users[:6] if user != victim), "admin", "root", "airflow", "test"]
    for name in [*(draw.choice(names) for _ in range(110)), *[victim] * 12]:
        time += timedelta(seconds=draw.uniform(1, 5))
        known, cause = "wrong" if name in fleet.users else "no", attack if name == victim else others
        call(time, user=name, status=401, known=known, cause=cause)
    for _ in range(2):
        time += timedelta(seconds=20)
        call(time, user=victim, cause=attack)


def plant_data(fleet: Fleet) -> None:
    """Airflow 2.10.5, upgraded to 3.3.2 in the middle."""
    users, dags, draw = fleet.users, fleet.dags, fleet.random
    upgrade, clients = draw.uniform(9, 12), [fleet.addresses[user] for user in fleet.users]
    fleet.start_gunicorn("data/web", 0)
    fleet.start_uvicorn(upgrade)
    old = partial(fleet.basic, itertools.repeat("data/web"))
    for user, client, dag in zip(users[:5], clients[:5], dags[:5], strict=True):
        fleet.repeat(0, upgrade, 5, partial(old, user=user, dag=dag))
        fleet.repeat(upgrade + 0.1, DAYS, 5, partial(fleet.bearer, client=client, dag=dag))
    inactive = fleet.cause("a user who may not log in", "data", *NAMELESS, over=True)
    fleet.repeat(0, upgrade, 8, partial(old, user=users[10], dag=dags[13], status=401, known="no", cause=inactive))
    fleet.repeat(0, upgrade, 6, partial(old, user=users[11], dag=dags[14]))
    after = (
        (11, 14, 405, 6, "a client of Airflow 2 after the upgrade", ["v1-client-on-airflow-3"]),
        (12, 15, 401, 7, "no token after the upgrade", ["no-credentials-v2", "token-missing-or-expired"]),
        (13, 16, 422, 9, "a body without logical_date", ["body-rejected-v2", "bad-request-v2"]),
        (14, 17, 403, 8, "a role that is too small", ["permission-denied"]),
        (15, 18, 404, 10, "a DAG that was removed", ["dag-not-found"]),
    )
    for client_number, dag_number, status, hours, what, names in after:
        path = "/api/v1/dags/{dag}/dagRuns" if status == HTTPStatus.METHOD_NOT_ALLOWED else "/api/v2/dags/{dag}/dagRuns"
        mine = partial(fleet.bearer, client=clients[client_number], dag=dags[dag_number], status=status, path=path)
        fleet.repeat(upgrade, DAYS, hours, partial(mine, cause=fleet.cause(what, "data", *names)))
    stale = partial(fleet.bearer, client=clients[16], dag=dags[19], status=401, said="Signature has expired")
    never = fleet.cause("a token that is never renewed", "data", "token-expired")
    fleet.repeat(upgrade + 1, DAYS, 6, partial(stale, cause=never))
    key, change = (
        fleet.cause("the key of tokens was changed", "data", "jwt-key-changed", over=True, started=True),
        draw.uniform(15, 17),
    )
    fleet.start_uvicorn(change)
    for client, dag in zip(clients[17:21], dags[17:21], strict=True):
        mine = partial(fleet.bearer, client=client, dag=dag)
        void = partial(mine, status=403, said="Signature verification failed", cause=key)
        fleet.repeat(upgrade + 0.1, DAYS, 3, fleet.between(change, change + 0.5, void, mine))


def plant_dev(fleet: Fleet) -> None:
    """Airflow 2.7.3, one server, whose API takes no passwords for some days."""
    users, dags, draw = fleet.users, fleet.dags, fleet.random
    off, on = draw.uniform(7, 8), draw.uniform(9, 11)
    for day in (0, off, on):
        fleet.start_gunicorn("dev/web", day)
    backend = fleet.cause(
        "the API backend was changed", "dev", "basic-auth-not-enabled", "basic-auth-refused", over=True, started=True
    )

    def call(time: datetime, user: str, dag: str, **more: Any) -> None:
        closed = START + off * DAY <= time < START + on * DAY
        told = {"status": 401, "known": "", "cause": backend} if closed else more
        fleet.basic(itertools.repeat("dev/web"), time, user, dag, **told)

    for user, dag in zip(users[:6], dags[:6], strict=True):
        fleet.repeat(0, DAYS, 5, partial(call, user=user, dag=dag))
    single = fleet.cause("a DAG that a user may not trigger", "dev", "dag-not-granted")
    fleet.repeat(0, DAYS, 9, partial(call, user=users[6], dag=dags[20]))
    fleet.repeat(0, DAYS, 9, partial(call, user=users[6], dag=dags[21], status=403, cause=single))
    viewer = fleet.cause("a user who may only look", "dev", "user-triggers-nothing")
    for dag in dags[:2]:
        fleet.repeat(0, DAYS, 14, partial(call, user=users[7], dag=dag, status=403, cause=viewer))
    failing, when = fleet.cause("the server failed", "dev", "server-error", over=True), draw.uniform(15, 18)
    fleet.repeat(when, when + 0.3, 0.5, partial(call, user=users[0], dag=dags[0], status=500, cause=failing))
    bare = fleet.cause("no credentials", "dev", "no-credentials-v1", over=True)
    wget = partial(call, user="-", dag=dags[5], status=401, client="10.3.3.3", agent="Wget/1.21")
    fleet.repeat(1, 6, 8, partial(wget, cause=bare))
    unknown = fleet.cause("a user who was removed", "dev", *NAMELESS)
    fleet.repeat(12, DAYS, 6, partial(call, user=users[22], dag=dags[22], status=401, known="no", cause=unknown))
    wrong = fleet.cause("a password with a mistake", "dev", "wrong-password", over=True)
    mine = partial(call, user=users[23], dag=dags[23])
    fleet.repeat(2, 6.5, 6, fleet.between(2, 5, partial(mine, status=401, known="wrong", cause=wrong), mine))


if __name__ == "__main__":
    main([int(seed) for seed in sys.argv[1:]] or [1, 2, 3], (plant_prod, plant_data, plant_dev))
