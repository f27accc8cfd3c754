"""Three weeks of three Airflows with causes that are known beforehand: are they found, with whom, on what, since when?

python benchmarks/fleet.py [SEED ...]

The lines are those of real servers of these versions, as `tests/data/recordings` holds them. The seed draws names,
addresses, times and the days of each cause. `prod` is 2.10.5 with two replicas, `data` is 2.10.5 and is upgraded to
3.3.2 in the middle, `dev` is 2.7.3. Each week is reported when it is over, as a weekly job does. A cause is found if
each week in which it was there has a finding of a right name, which needs action, about one of its people at least.
"""

from __future__ import annotations

import itertools
import random
import sys
import tempfile
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pandas as pd
from typer.testing import CliRunner

from logparse.cli import app

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

START: Final = datetime(2026, 11, 2, tzinfo=UTC)
WEEKS: Final = ("2026-W45", "2026-W46", "2026-W47")
DAY: Final = timedelta(days=1)
DAYS: Final = 21
WORDS: Final = (
    "orders", "stock", "geo", "ads", "risk", "billing", "clicks", "returns", "pricing", "fraud", "churn", "ledger",
    "parcel", "quotes", "mail", "tax", "audit", "loans", "claims", "fleet", "menus", "seats", "trips", "wages",
)  # fmt: skip
JAVA: Final = "Apache-HttpClient/4.5.13 (Java/17.0.9)"
#: The log does not show whether there is no such user, or an inactive one.
NAMELESS: Final = ("unknown-user", "inactive-user", "bad-credentials")
#: How far `since` and `until` may be off.
TOLERANCE: Final = timedelta(minutes=1)


@dataclass
class Cause:
    """A planted cause.

    Attributes:
        what: what was wrong.
        names: ids of findings that name it.
        deployment: where.
        over: it ended before the last day.
        started: a start of the server set it off.
        people: users, or addresses where no log names anybody.
        dags: DAGs of its attempts.
        times: of its attempts.
    """

    what: str
    names: frozenset[str]
    deployment: str
    over: bool
    started: bool
    people: set[str] = field(default_factory=set)
    dags: set[str] = field(default_factory=set)
    times: list[datetime] = field(default_factory=list)


class Fleet:
    """The logs of all servers, and what was planted in them.

    Args:
        seed: draws names, addresses and times.
    """

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        words = self.random.sample(WORDS, len(WORDS))
        self.users = [f"svc_{word}" for word in words]
        self.dags = [f"{word}_daily" for word in words]
        self.lines: dict[str, list[tuple[datetime, int, str]]] = defaultdict(list)
        self.causes: list[Cause] = []
        self.newest_first: set[str] = set()  # servers whose logs begin with the last line
        self._number = itertools.count()
        self._ports = itertools.count(40_000)
        self.addresses = {user: f"10.{n % 7}.{n}.{self.random.randrange(2, 250)}" for n, user in enumerate(self.users)}

    def cause(self, what: str, deployment: str, *names: str, over: bool = False, started: bool = False) -> Cause:
        """Plant a cause, which has no attempts yet."""
        self.causes.append(Cause(what, frozenset(names), deployment, over, started))
        return self.causes[-1]

    def times(self, first: float, last: float, hours: float) -> Iterator[datetime]:
        """Yield times from one day to another, with about so many hours between."""
        now = START + first * DAY + timedelta(minutes=self.random.randrange(1, 50))
        while now < START + last * DAY:
            yield now.replace(microsecond=self.random.randrange(1_000) * 1_000, second=self.random.randrange(5, 55))
            now += timedelta(hours=hours * self.random.uniform(0.8, 1.2))

    def repeat(self, first: float, last: float, hours: float, call: Callable[[datetime], None]) -> None:
        """Call something from one day to another, with about so many hours between."""
        for time in self.times(first, last, hours):
            call(time)

    def between(
        self, first: float, last: float, then: Callable[[datetime], None], usual: Callable[[datetime], None]
    ) -> Callable[[datetime], None]:
        """Return what calls one thing from one day to another, and another thing before and after."""
        return lambda time: (then if START + first * DAY <= time < START + last * DAY else usual)(time)

    def add(self, server: str, time: datetime, text: str) -> None:
        """Write a line."""
        self.lines[server].append((time, next(self._number), text))

    def note(self, cause: Cause | None, time: datetime, person: str, dag: str) -> None:
        """Remember an attempt of a cause."""
        if cause is not None:
            cause.people.add(person)
            cause.dags.add(dag)
            cause.times.append(time)

    def basic(  # noqa: PLR0913 - the parts of a line
        self, servers: Iterator[str], time: datetime, user: str, dag: str, status: int = 200, *, size: int = 0,
        known: str = "yes", path: str = "/api/v1/dags/{dag}/dagRuns", cause: Cause | None = None, client: str = "",
        agent: str = "python-requests/2.32.3",
    ) -> None:  # fmt: skip
        """Write a call of the API of Airflow 2.

        Args:
            servers: the next of them answers.
            time: of the answer.
            user: name in its Basic header, ``-`` for none.
            dag: that it names.
            status: of the answer.
            size: of the answer; 0: as usual with this status.
            known: ``yes``: the password is right; ``wrong``: it is not; ``no``: no such user; empty: nobody looks.
            path: with ``{dag}`` in it.
            cause: that it belongs to.
            client: address; empty: that of the user.
            agent: user agent.
        """
        server = next(servers)
        old = server.startswith("dev")
        usual = {200: 480 + 2 * len(dag), 401: 188, 403: 186, 404: 220, 409: 279, 500: 1588}
        size = size or usual[status] - old
        client = client or self.addresses.get(user, "10.9.9.9")
        for text in self._logins(user, known, old=old) if user != "-" else ():
            stamp = f"{time:%Y-%m-%dT%H:%M:%S}.{time.microsecond // 1_000:03}+0000"
            blue = "\x1b[34m{}\x1b[0m".format if old else str
            self.add(server, time, f"[{blue(stamp)}] {{{text}")
        request = f"POST {path.format(dag=dag)} HTTP/1.1"
        stamp = f"{time:%d/%b/%Y:%H:%M:%S} +0000"
        self.add(server, time, f'{client} - {user} [{stamp}] "{request}" {status} {size} "-" "{agent}"')
        self.note(cause, time, user if user != "-" else client, dag)

    def _logins(self, user: str, known: str, *, old: bool) -> Iterator[str]:
        def line(number: int, text: str) -> str:
            if not old:
                return f"override.py:{number}}} INFO - {text}"
            return f"\x1b[34mmanager.py:\x1b[0m{number}}} INFO\x1b[0m - {text}\x1b[0m"

        if known in ("yes", "wrong"):
            yield line(225, "Updated user %s") if old else line(1697, f"Updated user {user} Lab")
        if known in ("no", "wrong"):
            number = (735 if known == "wrong" else 727) if old else 2240 if known == "wrong" else 2232
            yield line(number, f"Login Failed for user: {user}")

    def bearer(  # noqa: PLR0913 - the parts of a line
        self, time: datetime, client: str, dag: str, status: int = 200, *, said: str = "", cause: Cause | None = None,
        path: str = "/api/v2/dags/{dag}/dagRuns", server: str = "data/api",
    ) -> None:  # fmt: skip
        """Write a call of the API of Airflow 3.3, which names nobody; ``said`` is what it complained of."""
        stamp = f"{time:%Y-%m-%dT%H:%M:%S.%f}Z"
        if said:
            user = "Couldn't deserialize user from token, " if "User with id" in said else ""
            text = f"{user}JWT token is not valid: {said} [airflow.api_fastapi.auth.managers.base_auth_manager]"
            self.add(server, time, f"{stamp} [error    ] {text} loc=base_auth_manager.py:151")
        fields = f"method=POST path={path.format(dag=dag)} query= status_code={status}"
        self.add(
            server, time,
            f"{stamp} [info     ] request finished               [http.access] client_addr={client}:"
            f"{next(self._ports)} duration_us={self.random.randrange(6_000, 90_000)} loc=http_access_log.py:130 "
            f"{fields}",
        )  # fmt: skip
        self.note(cause, time, client, dag)

    def start_gunicorn(self, server: str, day: float) -> None:
        """Write what gunicorn says when it starts."""
        time, pid = START + day * DAY, self.random.randrange(1_000, 30_000)
        for more, text in ((0, "Starting gunicorn 23.0.0"), (0, f"Listening at: http://0.0.0.0:8080 ({pid})"),
                           (0, "Using worker: sync"), (1, f"Booting worker with pid: {pid + 1}")):  # fmt: skip
            self.add(server, time, f"[{time:%Y-%m-%d %H:%M:%S} +0000] [{pid + more}] [INFO] {text}")

    def start_uvicorn(self, day: float) -> None:
        """Write what uvicorn says when it starts."""
        time = START + day * DAY
        said = {
            "Started server process [7]": "server.py:103", "Application startup complete. ": "on.py:62",
            "Uvicorn running on http://0.0.0.0:8080 (Press CTRL+C to quit)": "server.py:234",
        }  # fmt: skip
        for text, at in said.items():
            self.add("data/api", time, f"{time:%Y-%m-%dT%H:%M:%S.%f}Z [info     ] {text} [uvicorn.error] loc={at}")


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


def report_weeks(fleet: Fleet, folder: Path) -> pd.DataFrame:
    """Report each week when it is over; return the findings of all weeks, with ``week`` and ``deployment``."""
    out = folder / "out"
    for number, week in enumerate(WEEKS):
        start, end = START + 7 * number * DAY, START + 7 * (number + 1) * DAY
        for deployment in dict.fromkeys(server.partition("/")[0] for server in fleet.lines):
            logs = []
            for server, lines in fleet.lines.items():
                mine = [f"{text}\n" for time, _, text in sorted(lines) if start <= time < end]
                mine = mine[::-1] if server in fleet.newest_first else mine
                if server.startswith(f"{deployment}/") and mine:
                    logs.append(folder / week / f"{server}.log")
                    logs[-1].parent.mkdir(parents=True, exist_ok=True)
                    logs[-1].write_text("".join(mine), "utf-8")
            done = CliRunner().invoke(
                app, ["report", *map(str, logs), "--out", str(out), "--deployment", deployment, "--workers", "1"]
            )
            if done.exit_code:
                raise SystemExit(done.output)
    tables = [pd.read_csv(out / week / "findings.csv", keep_default_na=False).assign(week=week) for week in WEEKS]
    found = pd.concat(tables, ignore_index=True)
    return found.assign(
        **{name: pd.to_datetime(found[name], utc=True, format="ISO8601") for name in ("since", "until")}
    )


def score(cause: Cause, found: pd.DataFrame) -> dict[str, bool]:
    """Return what is right about a cause in all weeks in which it was there."""
    mine, weeks = [], 0
    found = found[found["deployment"] == cause.deployment]
    for number, week in enumerate(WEEKS):
        start, end = START + 7 * number * DAY, START + 7 * (number + 1) * DAY
        if any(start <= time < end for time in cause.times):
            weeks += 1
            there = found[(found["week"] == week) & (found["status"] != "ended") & found["finding"].isin(cause.names)]
            mine += [row for row in there.to_dict("records") if cause.people & _names(row)][:1]
    last = found[(found["key"] == (mine[-1]["key"] if mine else "")) & found["until"].notna()]["until"].to_list()
    ends = [max(cause.times)] if cause.over else []
    return {
        "found": len(mine) == weeks,
        "people": len(mine) == weeks and set().union(*map(_names, mine)) >= cause.people,
        "DAGs": len(mine) == weeks and all(set(row["dags"].split(", ")) <= cause.dags for row in mine),
        "since": len(mine) == weeks and all(_is_near(row["since"], min(cause.times)) for row in mine),
        "trigger": len(mine) == weeks and all(bool(row["likely_trigger"]) is cause.started for row in mine),
        "until": len(mine) == weeks and bool(last) == bool(ends) and all(map(_is_near, last[-1:], ends)),
    }


def _is_near(one: datetime, other: datetime) -> bool:
    return abs(one - other) <= TOLERANCE


def _names(row: Mapping[Any, Any]) -> set[str]:
    return {*row["users"].split(", "), *row["clients"].split(", ")}


def measure(seed: int, plants: Sequence[Callable[[Fleet], None]]) -> dict[str, Any]:
    """Make a fleet, report it, and return the figures."""
    fleet = Fleet(seed)
    for plant in plants:
        plant(fleet)
    with tempfile.TemporaryDirectory() as folder:
        found = report_weeks(fleet, Path(folder))
    scores = {f"{cause.deployment}: {cause.what}": score(cause, found) for cause in fleet.causes}
    shown = found[found["severity"] != "info"]
    known: defaultdict[str, set[str]] = defaultdict(set)
    for cause in fleet.causes:
        known[cause.deployment] |= cause.names
    more = [row for row in shown.to_dict("records") if row["finding"] not in known[row["deployment"]]]
    return {
        "causes": scores,
        "rows": int(shown.groupby(["week", "deployment"]).size().max()),
        "others": [(row["week"], row["deployment"], row["finding"], row["users"] or row["clients"]) for row in more],
        "table": found,
    }


def main(seeds: list[int], plants: Sequence[Callable[[Fleet], None]] = (plant_prod, plant_data, plant_dev)) -> None:
    """Print the figures of some fleets."""
    for seed in seeds:
        figures = measure(seed, plants)
        scores = figures["causes"]
        print(f"seed {seed}: {len(scores)} causes, {figures['rows']} rows in a week and deployment at most")
        for name in ("found", "people", "DAGs", "since", "until", "trigger"):
            wrong = [cause for cause, each in scores.items() if not each[name]]
            print(f"  {name}: {len(scores) - len(wrong)} right; not: {', '.join(wrong) or 'none'}")
        for other in figures["others"]:
            print("  not planted:", *other)


if __name__ == "__main__":
    main([int(seed) for seed in sys.argv[1:]] or [1, 2, 3])
