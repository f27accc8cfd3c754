"""The log of one Airflow 2.10 over weeks, what is true of it, and the ways in which people hand such logs over.

``simulate`` writes, from a seed, lines as the recordings hold them: gunicorn's access lines between Airflow's app
lines. Each line knows which attempt it is, if any, and which lines tell what became of it (its *story*). A *way* is a
list of runs: which files the folder holds when the job starts, and which lines are in them.
"""

from __future__ import annotations

import gzip
import json
import random
from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple
from zoneinfo import ZoneInfo

import zstandard

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

HOUR: Final = 3600
DAY: Final = 24 * HOUR
ZONES: Final = ("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata")
#: Hours of the day at which logs are cut: two stories go across, one attempt stands on each side, equal ones do.
ACROSS: Final = (0, 6)
LONE: Final = (2, 11)
EQUAL: Final = (17,)
#: So many seconds before and behind, nothing else happens.
QUIET: Final = 60
#: So many of the calls are sent again at once.
RETRIED: Final = 0.1


class Attempt(NamedTuple):
    """What is true of a trigger attempt; the fields are columns of the same names, the time in seconds."""

    time: int
    method: str
    path: str
    status: int
    user: str | None
    outcome: str
    reason: str | None


class Line(NamedTuple):
    """One line of a replica's log.

    Attributes:
        at: when it was written, in seconds; an access line tells whole ones only.
        number: no other line has it.
        story: lines that tell of each other have it in common.
    """

    at: float
    number: int
    replica: str
    story: int
    text: str
    attempt: Attempt | None


# -- what happens on the server ---------------------------------------------------------------------------------------


class Said(NamedTuple):
    """A line of a story: seconds after its moment, what it says, and outcome and reason if it is an attempt."""

    after: float
    text: str
    outcome: str = ""


def access(
    request: str, status: int, size: int, *, client: str, agent: str, user: str = "-", referer: str = "-"
) -> str:
    """An access line but for its time."""
    return f'{client} - {user} [<clf>] "{request} HTTP/1.1" {status} {size} "{referer}" "{agent}"'


def call(
    user: str, client: int, agent: str, dag: str, status: int, size: int, outcome: str, *app: str
) -> tuple[Said, ...]:
    """A REST call; what the app says of it comes some milliseconds earlier."""
    said = [Said(-0.01 * (len(app) - n), f"[<iso>+0000] {text}") for n, text in enumerate(app)]
    request = f"POST /api/v1/dags/{dag}/dagRuns"
    line = access(request, status, size, client=f"10.8.0.{client}", agent=agent, user=user)
    return (*said, Said(0.1, line, outcome))


HOST: Final = "http://127.0.0.1:18210"
CHROME: Final = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"
SAFARI: Final = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Safari/605.1.15"
)
REQUESTS: Final = "python-requests/2.32.3"
TRIGGER: Final = "POST /dags/etl_daily/trigger?redirect_url=/home"
BACK: Final = "http%3A%2F%2F127.0.0.1%3A18210%2Fdags%2Fetl_daily%2Ftrigger%3Fredirect_url%3D%252Fhome"
FAILED: Final = "{{override.py:{}}} INFO - Login Failed for user: {}"
KNOWN: Final = "{{override.py:1697}} INFO - Updated user {} Lab"
INVALID: Final = (
    f"{{validation.py:216}} ERROR - {HOST}/api/v1/dags/etl_daily/dagRuns validation error: 'x' is not of type 'object'"
)
#: What stands in the log when the trigger view looks for a DAG that is none.
CRASH: Final = (
    "[<iso>+0000] {app.py:1744} ERROR - Exception on /dags/no_such_dag/trigger [POST]",
    "Traceback (most recent call last):",
    '  File "/opt/airflow-venv/lib/python3.11/site-packages/airflow/www/views.py", line 2040, in trigger',
    "    for k, v in dag.params.items():",
    "                ^^^^^^^^^^",
    "AttributeError: 'NoneType' object has no attribute 'params'",
)


def button(client: str, agent: str, usual: int, message: int, outcome: str) -> tuple[Said, ...]:
    """A trigger in the browser: by how much the next page is longer than usual tells what became of it."""
    page = [
        access(request, status, size, client=client, agent=agent, referer=f"{HOST}/home")
        for request, status, size in (
            ("GET /home", 200, usual), (TRIGGER, 302, 197), ("GET /home", 200, usual + message)
        )
    ]  # fmt: skip
    return Said(-16, page[0]), Said(-0.4, page[1], outcome), Said(0.3, page[2])


NAMELESS: Final = call("-", 2, "curl/8.5.0", "etl_daily", 401, 188, "authentication_failure no_credentials")
PASSWORD: Final = call(
    "uma", 3, REQUESTS, "etl_daily", 401, 188, "authentication_failure bad_credentials",
    KNOWN.format("uma"), FAILED.format(2240, "uma"),
)  # fmt: skip
MADE: Final = call("svc_ci", 9, "OpenAPI-Generator/2.10.0/python", "etl_daily", 200, 506, "success", KNOWN.format("ci"))
CONFLICT: Final = call("svc_ci", 9, REQUESTS, "etl_daily", 409, 279, "other_failure conflict", KNOWN.format("ci"))
DENIED: Final = button("10.8.1.5", SAFARI, 35_975, 170, "authorization_failure permission_denied")
CRASHED: Final = (
    *(Said(-0.02 + number / 10_000, text) for number, text in enumerate(CRASH)),
    Said(0.1, access("POST /dags/no_such_dag/trigger?redirect_url=/home", 500, 1588, client="10.8.1.2", agent=CHROME,
                     referer=f"{HOST}/home"), "other_failure dag_not_found"),
)  # fmt: skip
STORIES: Final[dict[tuple[Said, ...], int]] = {
    NAMELESS: 8, PASSWORD: 12, MADE: 40, CONFLICT: 6, DENIED: 6, CRASHED: 4,
    call("admin", 4, "Go-http-client/1.1", "billing", 200, 504, "success", KNOWN.format("admin")): 20,
    call("ghost", 5, "Java/17.0.9", "etl_daily", 401, 188, "authentication_failure bad_credentials",
         FAILED.format(2232, "ghost")): 4,
    call("rita", 8, "PostmanRuntime/7.39.0", "sales.report.v2", 403, 186, "authorization_failure permission_denied",
         KNOWN.format("rita")): 12,
    call("admin", 4, "Go-http-client/1.1", "no_such_dag", 404, 220, "other_failure dag_not_found",
         KNOWN.format("admin")): 5,
    call("admin", 4, "curl/8.5.0", "etl_daily", 400, 223, "other_failure bad_request", INVALID): 4,
    button("10.8.1.7", CHROME, 112_600, 257, "success"): 5,
    (Said(-0.3, access(TRIGGER, 302, 385, client="10.8.1.9", agent=REQUESTS, referer=f"{HOST}/login/"),
          "authentication_failure no_session"),
     Said(0.1, access(f"GET /login/?next={BACK}", 200, 18_637, client="10.8.1.9", agent=REQUESTS,
                      referer=f"{HOST}/login/"))): 4,
    (Said(-0.004, "[<iso>+0000] {csrf.py:263} INFO - The CSRF session token is missing."),
     Said(0.1, access("POST /dags/billing/trigger?redirect_url=/home", 400, 125, client="10.8.1.3", agent=CHROME,
                      referer=f"{HOST}/home"), "authentication_failure no_session")): 4,
}  # fmt: skip
NOISE: Final[tuple[tuple[Said, ...], ...]] = (
    (Said(0, f"[<iso>+0000] {FAILED.format(2240, 'admin')}"),
     Said(0.1, access("POST /login/", 302, 227, client="10.8.1.6", agent=REQUESTS, referer=f"{HOST}/login/"))),
    (Said(0, access("GET /api/v1/pools", 401, 188, client="10.8.0.2", agent="Go-http-client/1.1")),),
    (Said(0, "/opt/airflow-venv/www/views.py:859 SADeprecationWarning: DISTINCT ON is currently ignored"),),
    *((Said(0, access(f"GET /{page}", 200, size, client="10.8.1.8", agent=CHROME, referer=f"{HOST}/home")),)
      for page, size in (("dags/etl_daily/grid", 29_211), ("object/grid_data?dag_id=billing&num_runs=25", 1441),
                         ("static/appbuilder/css/ab.css", 0), ("dags/billing/graph", 31_120))),
)  # fmt: skip


@dataclass(frozen=True)
class Log:
    """What a server wrote between two midnights of UTC, in seconds; lines of all replicas in order."""

    begin: int
    end: int
    lines: tuple[Line, ...]

    @cached_property
    def _times(self) -> list[float]:
        return [line.at for line in self.lines]

    @cached_property
    def stories(self) -> Counter[int]:
        """How many lines each story has."""
        return Counter(line.story for line in self.lines)

    def between(self, start: float, end: float) -> tuple[Line, ...]:
        """The lines written from ``start`` on and before ``end``."""
        return self.lines[bisect_left(self._times, start) : bisect_left(self._times, end)]


def mondays(begin: int, end: int, zone: str) -> Iterator[int]:
    """When weeks begin in a zone."""
    day = datetime.fromtimestamp(begin, UTC).replace(tzinfo=ZoneInfo(zone))
    while day.timestamp() < end + DAY:
        yield int(day.timestamp())
        day += timedelta(days=7)


class _Teller:
    """Tells stories, each at its moment."""

    def __init__(self, begin: int, end: int, replicas: str, seed: int) -> None:
        self.begin, self.end, self.replicas = begin, end, replicas
        self.chance = random.Random(seed)
        self.lines: list[Line] = []

    def tell(self, story: Sequence[Said], at: float, replica: str = "") -> None:
        """A story of one replica, any unless it is named."""
        replica = replica or self.chance.choice(self.replicas)
        number = self.lines[-1].story + 1 if self.lines else 0
        self.lines.extend(_line(said, at, replica, len(self.lines) + n, number) for n, said in enumerate(story))

    def retry(self, story: Sequence[Said], at: float, times: int) -> None:
        """The same request several times in a second: a balancer spreads them over the replicas."""
        for number in range(times):
            self.tell(story, at + 0.2 * number)

    def sometime(self) -> int:
        """Any second that is not near a whole hour."""
        hours = (self.end - self.begin) // HOUR
        return self.begin + self.chance.randrange(hours) * HOUR + self.chance.randrange(QUIET, HOUR - QUIET)

    def cuts(self, days: int) -> None:
        """What goes on where logs are cut and weeks begin."""
        for day in range(self.begin, self.end + 1, days * DAY):
            for hour, story in ((hour, story) for hour in ACROSS for story in (DENIED, PASSWORD, CRASHED)):
                self.tell(story, day + hour * HOUR)
            for at in (day + hour * HOUR + late for hour in LONE for late in (-1, 0)):
                self.tell(NAMELESS, at)
            for hour in EQUAL:
                self.retry(NAMELESS, day + hour * HOUR - 1, 2)
                self.retry(NAMELESS, day + hour * HOUR, 3)
        for midnight in (at for zone in ZONES for at in mondays(self.begin, self.end, zone)):
            self.tell(MADE, midnight - 1)
            self.tell(MADE, midnight)
            self.retry(CONFLICT, midnight, 2)

    def days(self, attempts: int, noise: int) -> None:
        """What comes at any time."""
        for story in self.chance.choices(list(STORIES), list(STORIES.values()), k=attempts):
            at = self.sometime()
            self.tell(story, at)
            if self.chance.random() < RETRIED:
                self.retry(story if len(story) == 1 else CONFLICT, at, 2)
        for replica in self.replicas:
            client = f"10.1.0.{ord(replica)}"
            probe = Said(0, access("GET /health", 200, 255, client=client, agent="kube-probe/1.29"))
            for at in range(self.begin + QUIET + ord(replica), self.end, HOUR):
                self.tell([probe], at, replica)
            for _ in range(noise):
                self.tell(self.chance.choice(NOISE), self.sometime() + self.chance.random(), replica)

    def log(self) -> Log:
        """All that was told from beginning to end."""
        cut = {line.story for line in self.lines if not self.begin <= line.at < self.end}
        kept = sorted(line for line in self.lines if line.story not in cut)
        return Log(self.begin, self.end, tuple(line._replace(number=n) for n, line in enumerate(kept)))


def simulate(
    span: int = 15, attempts: int = 500, noise: int = 300, *, replicas: str = "a", every: int = 1, seed: int = 1
) -> Log:
    """The log of some days from a Monday on: of a month at most around the end of summer time, of more from January.

    Args:
        span: how many days.
        attempts: how many come at any time; others come where logs are cut and weeks begin.
        noise: how often each replica writes what triggers nothing.
        replicas: their names, a letter each.
        every: on one of so many days, something goes on at the hours at which logs are cut.
        seed: of the random numbers.
    """
    begin = int(datetime(*((2026, 10, 19) if span < 31 else (2026, 1, 5)), tzinfo=UTC).timestamp())
    teller = _Teller(begin, begin + span * DAY, replicas, seed)
    teller.cuts(every)
    teller.days(attempts, noise)
    return teller.log()


def _line(said: Said, at: float, replica: str, number: int, story: int) -> Line:
    at += said.after
    when = datetime.fromtimestamp(at, UTC)
    text = said.text.replace("<clf>", f"{when:%d/%b/%Y:%H:%M:%S} +0000")
    text = text.replace("<iso>", f"{when:%Y-%m-%dT%H:%M:%S}.{when.microsecond // 1000:03}")
    attempt = None
    if said.outcome:
        before, request, behind, *_ = text.split('"')
        method, target, _ = request.split()
        outcome, _, reason = said.outcome.partition(" ")
        user = before.split()[2].replace("-", "")
        attempt = Attempt(
            int(at), method, target.partition("?")[0], int(behind.split()[0]), user or None, outcome, reason or None
        )
    return Line(at, number, replica, story, text, attempt)


# -- how it is handed over --------------------------------------------------------------------------------------------


class Run(NamedTuple):
    """What one run of the job finds: files by name, the lines in them, and options for this run."""

    files: dict[str, bytes]
    lines: tuple[Line, ...]
    options: tuple[str, ...] = ()


Way = list[Run]


def plain(lines: Iterable[Line]) -> bytes:
    """As the server wrote them."""
    return "".join(f"{line.text}\n" for line in lines).encode()


def docker(lines: Iterable[Line]) -> bytes:
    """As Docker's json-file driver keeps them."""
    records = (
        {"log": f"{line.text}\n", "stream": "stdout", "time": f"{datetime.fromtimestamp(line.at, UTC):%FT%T.%f}123Z"}
        for line in lines
    )
    return "".join(json.dumps(record, separators=(",", ":")) + "\n" for record in records).encode()


FORMS: Final[dict[str, Callable[[Sequence[Line]], bytes]]] = {
    "plain": plain,
    "docker": docker,
    "gzip": lambda lines: gzip.compress(plain(lines), mtime=0),
    "zstd": lambda lines: zstandard.ZstdCompressor().compress(plain(lines)),
    "CRLF": lambda lines: plain(lines).replace(b"\n", b"\r\n"),
    "without the last newline": lambda lines: plain(lines).removesuffix(b"\n"),
}


def files(lines: Sequence[Line], name: str, form: str = "plain", *, joined: bool = False) -> dict[str, bytes]:
    """One file a replica, or the replicas one behind the other in one file."""
    replicas = sorted({line.replica for line in lines})
    each = {f"{name}-{replica}.log": [line for line in lines if line.replica == replica] for replica in replicas}
    if joined:
        return {f"{name}.log": FORMS[form]([line for some in each.values() for line in some])}
    return {name: FORMS[form](some) for name, some in each.items()}


def moments(log: Log, days: int = 7, at: tuple[int, int] = (0, 0)) -> list[int]:
    """When something is done every so many days, at a day of the week and an hour, the last time behind the end."""
    first = log.begin + (at[0] * DAY + at[1] * HOUR) % (days * DAY)
    times = list(range(first, log.end + days * DAY, days * DAY))
    return times if first > log.begin else times[1:]


def exports(
    log: Log,
    *,
    days: int = 7,
    at: tuple[int, int] = (0, 0),
    shift: float = 0,
    more: int = 0,
    form: str = "plain",
    joined: bool = False,
) -> Way:
    """One export a run, cut some seconds (``shift``) after the hour; it goes on for ``more`` behind the next cut."""
    way = []
    for until in moments(log, days, at):
        since = until - days * DAY
        lines = log.between(since + shift, until + shift + more)
        name = f"webserver-{datetime.fromtimestamp(since, UTC):%Y%m%dT%H}"
        way.append(Run(files(lines, name, form, joined=joined), lines))
    return [run for run in way if run.lines]


def together(runs: Iterable[Run]) -> Run:
    """The files of several runs in one."""
    some = list(runs)
    found = {name: content for run in some for name, content in run.files.items()}
    return Run(found, tuple(line for run in some for line in run.lines))


def batches(way: Way, size: int) -> Way:
    """So many exports a run."""
    return [together(way[at : at + size]) for at in range(0, len(way), size)]


def piled(log: Log) -> Way:
    """A file a day, and a run a week over the whole folder."""
    daily = exports(log, days=1)
    return [together(run for run in daily if run.lines[-1].at < at) for at in moments(log, at=(0, 6))]


def growing(log: Log, *, at: tuple[int, int] = (0, 6), torn: bool = False) -> Way:
    """A file that grows, read whole once a week; ``torn``: while its next line is being written."""
    way = []
    for until in moments(log, at=at):
        lines = log.between(log.begin, until)
        found = files(lines, "app")
        for line in log.between(until, until + 1)[: int(torn)]:
            found[f"app-{line.replica}.log"] += line.text[:90].encode()
        way.append(Run(found, lines))
    return way


def rotated(log: Log, at: tuple[int, int]) -> Way:
    """A log that is renamed once a week, then packed, then removed; the folder is read on Mondays at 06:00."""
    way = []
    for until in moments(log, at=(0, 6)):
        turns = [turn for turn in (log.begin, *moments(log, at=at)) if turn < until][-3:]
        parts = [log.between(*times) for times in pairwise([*turns, until])]
        names = {"app.log": "plain", "app.log.1": "plain", "app.log.2.gz": "gzip"}
        newest_first = zip(names.items(), reversed(parts), strict=False)
        found = {name: FORMS[form](part) for (name, form), part in newest_first}
        way.append(Run(found, tuple(line for part in parts for line in part)))
    return way


def late(log: Log) -> Way:
    """The files of seven days a run; that of the first Wednesday comes at the end of it all."""
    daily = exports(log, days=1)
    wednesday = daily.pop(2)
    return [together(daily[:6]), *batches(daily[6:], 7), wednesday]


def shuffled(way: Way, seed: int) -> Way:
    """The same runs in another order."""
    return random.Random(seed).sample(way, len(way))


def again(log: Log, form: str, *, joined: bool = False) -> Way:
    """Two weeks, one by one; all of them with other boundaries, in another form; and all once more, in one file."""
    others = together(exports(log, at=(2, 17), form=form, joined=joined))
    return [*exports(log)[:2], others, Run(files(log.lines, "all"), log.lines)]


def told(way: Way, *options: str) -> Way:
    """The same runs with options."""
    return [run._replace(options=options) for run in way]
