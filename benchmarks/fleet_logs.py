"""Logs of Airflows that are made up, with causes of failures that are known beforehand.

Owns: how a line of each server is written, and what is noted of a cause. Must not know: which causes there are.
"""

from __future__ import annotations

import itertools
import random
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

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
NAMELESS: Final = ("unknown-user", "inactive-user", "bad-credentials", "user-shut-out")


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
