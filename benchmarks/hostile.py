"""Logs that are made to cost as much as possible, each to hurt one step of the work.

A case writes as many lines (or files, or rows) as it is asked for. `benchmarks/growth.py` measures what they cost, and
`tests/system/test_growth.py` counts the work that some of them make.

Owns: the cases. Must not know: how they are measured, what logparse does with them.
"""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path
    from typing import TextIO

    #: Lines by the name of the file that they stand in; a name that begins with ``export`` is no log.
    Files = dict[str, Iterable[str]]

BEGIN: Final = datetime(2026, 9, 1, tzinfo=UTC)
BROWSER: Final = "Mozilla/5.0 (X11; Linux x86_64) Chrome/126.0.0.0"
HOST: Final = "http://airflow.example.com"
#: By name, what a case hurts.
CASES: Final[dict[str, Case]] = {}


@dataclass(frozen=True, slots=True)
class Case:
    """A log that is made to cost much.

    Attributes:
        name: of the case.
        hurts: what there is much of, in words.
        number: how many of them make a log of about a megabyte.
        files: the lines of a log with so many.
        options: of `logparse attempts`; names of files beginning with ``export`` are files of the case.
        command: the command of `logparse` that is hurt.
    """

    name: str
    hurts: str
    number: int
    files: Callable[[int], Files]
    options: tuple[str, ...] = ()
    command: str = "attempts"

    def write(self, folder: Path, number: int) -> int:
        """Write the files of the case to a folder, the logs to ``logs`` in it; return how many bytes of text these are.

        A file whose name ends in ``.gz`` is packed.
        """
        logs = folder / "logs"
        logs.mkdir(parents=True, exist_ok=True)
        size = 0
        for name, lines in self.files(number).items():
            path = (folder if name.startswith("export") else logs) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            with _open(path) as stream:
                for line in lines:
                    size += stream.write(line)
        return size


def _open(path: Path) -> TextIO:
    if path.suffix == ".gz":
        return gzip.open(path, "wt", encoding="utf-8", newline="")
    return path.open("w", encoding="utf-8", newline="")


def case(
    hurts: str, number: int, *options: str, command: str = "attempts"
) -> Callable[[Callable[[int], Files | Iterable[str]]], Callable[[int], Files | Iterable[str]]]:
    """Make a case of a function from a number to files, or to the lines of one."""

    def add(make: Callable[[int], Files | Iterable[str]]) -> Callable[[int], Files | Iterable[str]]:
        def files(number: int) -> Files:
            made = make(number)
            return made if isinstance(made, dict) else {"server.log": made}

        name = make.__name__.strip("_").replace("_", "-")
        CASES[name] = Case(name, hurts, number, files, options, command)
        return make

    return add


def access(  # noqa: PLR0913 - the fields of a line
    second: float,
    request: str,
    status: int,
    *,
    client: str = "192.0.2.1",
    user: str = "-",
    size: int = 3,
    referer: str = "-",
    agent: str = "curl/8.4.0",
) -> str:
    """Return a line of gunicorn."""
    time = BEGIN + timedelta(seconds=int(second))
    stamp = f"[{time:%d/%b/%Y:%H:%M:%S} +0000]"
    return f'{client} - {user} {stamp} "{request} HTTP/1.1" {status} {size} "{referer}" "{agent}"\n'


def app(second: float, text: str, level: str = "INFO", loc: str = "override.py:1697") -> str:
    """Return an app line of Airflow 2."""
    time = BEGIN + timedelta(seconds=second)
    return f"[{time:%Y-%m-%dT%H:%M:%S}.{time.microsecond // 1000:03}+0000] {{{loc}}} {level} - {text}\n"


def run(dag: object, version: int = 1) -> str:
    """Return the request for a run of a DAG."""
    return f"POST /api/v{version}/dags/{dag}/dagRuns"


def address(number: int) -> str:
    """Return one of 16 million addresses."""
    return f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"


# Lines of the file.


@case("blank lines", 1_000_000)
def _blank_lines(n: int) -> Iterator[str]:
    yield access(0, run("etl"), 200)
    for _ in range(n // 1000):
        yield "\n" * 1000


@case("lines that are no log", 40_000)
def _junk_lines(n: int) -> Iterator[str]:
    return (f"some text {i} that is no line of a log\n" for i in range(n))


@case("lines of one character", 100_000)
def _characters(n: int) -> Iterator[str]:
    return (f"{chr(97 + i % 26)}\n" for i in range(n))


@case("lines of one word", 50_000)
def _words(n: int) -> Iterator[str]:
    return (f"w{i}\n" for i in range(n))


@case("headers of tables among access lines", 5_000)
def _headers(n: int) -> Iterator[str]:
    for i in range(n):
        yield f"time,message,c{i}\n"
        yield access(i, "GET /health", 200)


@case("entries of a journal without a message", 20_000)
def _cursors(n: int) -> Iterator[str]:
    return (f"__CURSOR=s={i}\n" for i in range(n))


@case("lines that are no log, among access lines", 12_000)
def _junk_between(n: int) -> Iterator[str]:
    for i in range(n):
        yield f"some text {i} that is no line of a log\n"
        yield access(i, "GET /health", 200)


@case("lines `{`", 300_000)
def _open_braces(n: int) -> Iterator[str]:
    return ("{\n" for _ in range(n))


@case("lines with a quote that opens", 100_000)
def _open_quotes(n: int) -> Iterator[str]:
    return (f'"{i},\n' for i in range(n))


@case("bytes of one line", 8_000_000)
def _one_line(n: int) -> Iterator[str]:
    return ("x" * 1000 for _ in range(n // 1000))


@case("bytes of a bomb", 8_000_000)
def _bomb(n: int) -> Files:
    return {"server.log.gz": ("x" * 999 + "\n" for _ in range(n // 1000))}


@case("records of a document of many lines", 2_000)
def _pretty_json(n: int) -> Iterator[str]:
    yield '{\n    "events": [\n'
    for i in range(n):
        text = (access(i, "GET /health", 200) if i % 50 else access(i, run("etl"), 401)).rstrip("\n")
        yield f"""        {{
            "logStreamName": "webserver_ip-10-0-0-1.ec2.internal_1772408000.1234567.log",
            "timestamp": {1_788_220_800_000 + i * 1000},
            "message": {json.dumps(text)},
            "ingestionTime": {1_788_220_800_500 + i * 1000},
            "eventId": "{i:056}"
        }}{"," if i < n - 1 else ""}
"""
    yield "    ]\n}\n"


@case("results of a query", 4_000)
def _query_results(n: int) -> Iterator[str]:
    yield '{"results": [\n'
    for i in range(n):
        text = (access(i, "GET /health", 200) if i % 50 else access(i, run("etl"), 401)).rstrip("\n")
        time = BEGIN + timedelta(seconds=i)
        fields = {"@timestamp": f"{time:%Y-%m-%d %H:%M:%S}.000", "@message": text}
        cells = [{"field": name, "value": value} for name, value in fields.items()]
        yield json.dumps(cells) + ("," if i < n - 1 else "") + "\n"
    yield '], "status": "Complete"}\n'


@case("rows of a table", 8_000)
def _table_rows(n: int) -> Iterator[str]:
    yield "time,message\n"
    for i in range(n):
        text = access(i, "GET /health" if i % 50 else run("etl"), 401).rstrip("\n").replace('"', '""')
        yield f'{i},"{text}"\n'


@case("rows of a table with line breaks in a cell", 5_000)
def _broken_cells(n: int) -> Iterator[str]:
    yield "time,message\n"
    for i in range(n):
        yield f'{i},"some text\n\nand more {i}\n"\n'


@case("lines of two mebibytes", 4)
def _long_lines(n: int) -> Iterator[str]:
    for i in range(n):
        yield "x" * (2 << 20) + "\n"
        yield access(i, run("etl"), 200)


@case("lines of 100 kB that begin like access lines", 10)
def _long_targets(n: int) -> Iterator[str]:
    return (access(i, run("x" * 100_000), 404) for i in range(n))


@case("requests for DAGs with ids of 900 kB, in Docker's JSON", 15)
def _endless_dags(n: int) -> Iterator[str]:
    for i in range(n):
        text = access(i, run(f"{i:06}{'x' * 900_000}"), 404).replace('"', '\\"').replace("\n", "\\n")
        yield f'{{"log":"{text}","stream":"stdout","time":"2026-09-01T00:00:00.0Z"}}\n'


@case("opening brackets within one line", 1_000_000)
def _deep_json(n: int) -> Iterator[str]:
    return ("[" * 1000 for _ in range(n // 1000))


@case("lines of 20 kB of signs", 50)
def _long_signs(n: int) -> Iterator[str]:
    return (f"{i}" + "(" * 20_000 + "\n" for i in range(n))


@case("objects, each with a key of its own", 8_000)
def _own_keys(n: int) -> Iterator[str]:
    return (f'{{"k{i}": "v", "message": "x"}}\n' for i in range(n))


@case("objects that do not end", 8_000)
def _endless_objects(n: int) -> Iterator[str]:
    return (f'{{"a": [{{"b": {i},\n' for i in range(n))


@case("YAML documents", 10_000)
def _yaml_documents(n: int) -> Iterator[str]:
    return (f"---\nk{i}: v\n" for i in range(n))


@case("lines that end like no access line", 4_000)
def _like_access_lines(n: int) -> Iterator[str]:
    return (access(i, f"GET /x{i}", 200).replace('" 200 ', '" abc ') for i in range(n))


@case("lines of a traceback", 20_000)
def _traceback(n: int) -> Iterator[str]:
    yield app(0, "Exception on /home [GET]", "ERROR", "app.py:1744")
    for i in range(n):
        yield f'  File "/opt/airflow/{i}.py", line {i}, in f\n'


@case("names with line breaks", 8_000)
def _broken_names(n: int) -> Iterator[str]:
    for i in range(n):
        yield app(i, f"Login Failed for user: a{i}")
        yield "b\n"
        yield f"192.0.2.1 - a{i}\n"
        yield access(i, run("etl"), 401, user="b").removeprefix("192.0.2.1 - ")


@case("starts of access lines that are cut off", 20_000)
def _cut_off(n: int) -> Iterator[str]:
    return (f"192.0.2.1 - name{i}\n" for i in range(n))


@case("lines of a text after a typed name", 20_000)
def _typed_name(n: int) -> Iterator[str]:
    yield app(0, "Login Failed for user: a")
    for _ in range(n):
        yield access(0, "POST /login/", 302, size=227)


# App lines and logins.


@case("refused API calls, each with its app line", 5_000)
def _failed_logins(n: int) -> Iterator[str]:
    for i in range(n):
        yield app(i, f"Login Failed for user: u{i}")
        yield access(i, run(f"d{i % 40}"), 401)


@case("refused API calls in one second, each with its app line", 5_000)
def _failed_at_once(n: int) -> Iterator[str]:
    for i in range(n):
        yield app(0, f"Login Failed for user: u{i}")
        yield access(0, run(f"d{i % 40}"), 401)


@case("app lines in one file and requests in another, in one second", 5_000)
def _apart_at_once(n: int) -> Files:
    return {
        "app.log": (app(0, f"Login Failed for user: u{i}") for i in range(n)),
        "access.log": (access(0, run(f"d{i % 40}"), 401) for i in range(n)),
    }


@case("form logins, each with its app line", 5_000)
def _updated_user(n: int) -> Iterator[str]:
    for i in range(n):
        yield app(i, "Updated user Ann Lee")
        yield access(i, "POST /login/", 302, size=300, agent=BROWSER)


@case("form logins alone", 10_000)
def _logins_alone(n: int) -> Iterator[str]:
    return (access(i, "POST /login/", 302, size=300, agent=BROWSER) for i in range(n))


@case("form logins that fail", 5_000)
def _failed_form_logins(n: int) -> Iterator[str]:
    for i in range(n):
        yield app(i, f"Login Failed for user: u{i}")
        yield access(i, "POST /login/", 302, size=227, agent=BROWSER)


@case("form logins and attempts of one browser", 5_000)
def _logins_and_attempts(n: int) -> Iterator[str]:
    for i in range(n // 2):
        yield app(i, f"Updated user Ann{i} Lee")
        yield access(i, "POST /login/", 302, size=300, agent=BROWSER)
    for i in range(n // 2, n):
        yield access(i, f"POST /dags/d{i % 40}/trigger", 302, size=300, agent=BROWSER)


@case("app lines with no request", 10_000)
def _app_lines_alone(n: int) -> Iterator[str]:
    yield access(0, run("etl"), 200)
    for i in range(n):
        yield app(i, f"Login Failed for user: u{i}")


@case("app lines without a time", 10_000)
def _timeless_app_lines(n: int) -> Iterator[str]:
    for i in range(n):
        yield f"Login Failed for user: u{i}\n"
        yield access(i, run(f"d{i % 40}"), 401)


@case("access lines without a time", 10_000)
def _timeless_lines(n: int) -> Iterator[str]:
    return (f'INFO:     192.0.2.1:0 - "{run(i % 40, 2)} HTTP/1.1" 401 Unauthorized\n' for i in range(n))


@case("pairs of app lines that one request leaves", 4_000)
def _paired_app_lines(n: int) -> Iterator[str]:
    for i in range(n):
        yield app(i, "JWT token is not valid: Signature verification failed", "ERROR")
        yield app(i, "JWT token is not valid: Signature verification failed", "ERROR")
        yield access(i, run(f"d{i % 40}", 2), 401)


# Distinct texts.


@case("DAG ids", 8_000)
def _distinct_dags(n: int) -> Iterator[str]:
    return (access(i, run(f"x{i}"), 404) for i in range(n))


@case("DAG ids, refused", 8_000)
def _refused_dags(n: int) -> Iterator[str]:
    return (access(i, run(f"x{i}"), 403, user="ann") for i in range(n))


@case("DAG ids and successes of one user", 8_000)
def _mixed_dags(n: int) -> Iterator[str]:
    return (access(i, run(f"x{i}"), 403 if i % 2 else 200, user="ann") for i in range(n))


@case("users", 8_000)
def _distinct_users(n: int) -> Iterator[str]:
    return (access(i, run("etl"), 403, user=f"user{i}") for i in range(n))


@case("clients", 8_000)
def _distinct_clients(n: int) -> Iterator[str]:
    return (access(i, run("etl"), 401, client=address(i)) for i in range(n))


@case("user agents", 8_000)
def _distinct_agents(n: int) -> Iterator[str]:
    return (access(i, run("etl"), 401, agent=f"tool/{i}") for i in range(n))


@case("callers, DAGs and agents, all different", 8_000)
def _all_distinct(n: int) -> Iterator[str]:
    for i in range(n):
        status = (200, 401, 403, 404)[i % 4]
        yield access(i, run(f"d{i}"), status, user=f"u{i}", client=address(i), agent=f"tool/{i}", size=i)


@case("targets", 8_000)
def _distinct_targets(n: int) -> Iterator[str]:
    return (access(i, f"{run('etl')}?x={i}", 404) for i in range(n))


@case("passwords in targets, percent-encoded", 8_000)
def _encoded_passwords(n: int) -> Iterator[str]:
    return (access(i, f"{run('etl')}?%70assword%3Dhunter{i}", 401) for i in range(n))


@case("sizes of answers", 8_000)
def _distinct_sizes(n: int) -> Iterator[str]:
    return (access(i, run(f"d{i % 40}"), 404, size=i) for i in range(n))


@case("long DAG ids of all lengths", 2_000)
def _long_dags(n: int) -> Iterator[str]:
    return (access(i, f"POST /trigger?dag_id={'d' * (i % 2000)}", 302, size=i, agent=BROWSER) for i in range(n))


# The web UI.


@case("attempts in the web UI that no page follows", 8_000)
def _unfollowed(n: int) -> Iterator[str]:
    for i in range(n):
        yield access(i, f"POST /dags/d{i % 40}/trigger", 302, size=300, agent=BROWSER)


@case("attempts in the web UI, each followed by a page", 5_000)
def _followed(n: int) -> Iterator[str]:
    for i in range(n):
        yield access(2 * i, f"POST /dags/d{i % 40}/trigger", 302, size=208, agent=BROWSER, referer=f"{HOST}/home")
        yield access(2 * i + 1, "GET /home", 200, size=50_000 + i * 7 % 900, agent=BROWSER, referer=f"{HOST}/home")


@case("pages of one browser, of all sizes", 8_000)
def _pages(n: int) -> Iterator[str]:
    yield access(0, "POST /dags/etl/trigger", 302, size=208, agent=BROWSER)
    for i in range(n):
        yield access(i, "GET /home", 200, size=10_000 + i * 2000, agent=BROWSER)


@case("attempts and pages of one second", 4_000)
def _followed_at_once(n: int) -> Iterator[str]:
    for i in range(n):
        yield access(0, f"POST /dags/d{i % 40}/trigger", 302, size=208, agent=BROWSER, referer=f"{HOST}/home")
    for _ in range(n):
        yield access(0, "GET /home", 200, size=50_000, agent=BROWSER, referer=f"{HOST}/home")


@case("browsers, each with a login, an attempt and a page", 3_000)
def _sessions(n: int) -> Iterator[str]:
    for i in range(n):
        client = address(i)
        yield app(i, f"Updated user Ann{i} Lee")
        yield access(i, "POST /login/", 302, size=300, agent=BROWSER, client=client)
        yield access(i, f"POST /dags/d{i % 40}/trigger", 302, size=208, agent=BROWSER, client=client)
        yield access(i, "GET /home", 200, size=50_000, agent=BROWSER, client=client)


@case("logouts", 8_000)
def _logouts(n: int) -> Iterator[str]:
    for i in range(n):
        yield access(i, "GET /logout/", 302, size=200, agent=BROWSER)
        yield access(i, f"POST /dags/d{i % 40}/trigger", 302, size=300, agent=BROWSER)


@case("redirects to the login page", 5_000)
def _redirects(n: int) -> Iterator[str]:
    for i in range(n):
        target = f"/dags/d{i}/trigger"
        yield access(i, f"POST {target}", 302, size=300 + i % 100, agent=BROWSER)
        yield access(i, f"GET /login/?next={HOST}{target}", 200, size=18_000, agent=BROWSER)


# Times.


@case("requests of one second", 10_000)
def _equal_times(n: int) -> Iterator[str]:
    return (access(0, run(f"d{i % 40}"), (200, 401, 403)[i % 3], user=f"u{i % 9}") for i in range(n))


@case("times that go back", 10_000)
def _backwards(n: int) -> Iterator[str]:
    return (access(n - i, run(f"d{i % 40}"), 401, agent=BROWSER) for i in range(n))


@case("times in any order, with app lines", 5_000)
def _unsorted(n: int) -> Iterator[str]:
    for i in range(n):
        second = i * 7919 % n * 60
        yield app(second, f"Login Failed for user: u{i}")
        yield access(second, run(f"d{i % 40}"), 401)


@case("weeks", 400)
def _weeks(n: int) -> Iterator[str]:
    for i in range(n):
        for j in range(20):
            yield access((i - n) * 7 * 86_400 + j, run(f"d{j}"), 403, user="ann")


@case("weeks of 400 attempts, as reports", 20, "--out", "reports", command="report")
def _weekly(n: int) -> Iterator[str]:
    for i in range(n):
        for j in range(400):
            yield access((i - n) * 7 * 86_400 + j, run(f"d{j}"), 403, user="ann")


@case("DAG ids, users and clients, as reports", 8_000, "--out", "reports", command="report")
def _reported(n: int) -> Iterator[str]:
    for i in range(n):
        status = (200, 401, 403, 404)[i % 4]
        yield access(i, run(f"d{i}"), status, user=f"u{i}", client=address(i), agent=f"tool/{i}", size=i)


@case("form logins and refusals, as reports", 4_000, "--out", "reports", command="report")
def _logins_reported(n: int) -> Iterator[str]:
    for i in range(n):
        yield app(i, f"Login Failed for user: u{i}")
        yield access(i, run(f"d{i % 40}"), 401)
        yield access(i, "POST /login/", 302, size=300, agent=BROWSER)


# Files.


@case("files", 300)
def _many_files(n: int) -> Files:
    return {
        f"web-{i}.log": [access(i * 20 + j, run(f"d{j}"), 401, client=address(i)) for j in range(20)] for i in range(n)
    }


@case("files of ten kilobytes", 200)
def _busy_files(n: int) -> Files:
    def lines(number: int) -> Iterator[str]:
        for i in range(number * 90, number * 90 + 90):
            yield access(i, "GET /health", 200) if i % 50 else access(i, run(f"d{i % 40}"), 401)

    return {f"web-{number:05}.log": lines(number) for number in range(n)}


@case("files in folders of their own", 300)
def _many_folders(n: int) -> Files:
    return {f"pod-{i}/web.log": [access(j, run(f"d{i}"), 401, client=address(i)) for j in range(20)] for i in range(n)}


@case("files with the same attempts", 600)
def _overlapping_files(n: int) -> Files:
    return {
        f"web-{i}.log": [access(j, run(f"d{j}"), 401, client=address(i)) for j in range(10)]
        + [access(j, run("own"), 401, user=f"u{i}") for j in range(10)]
        for i in range(n)
    }


@case("files with the same lines, some of each", 150)
def _rolling_files(n: int) -> Files:
    return {
        f"web.log.{i}": [access(i * 10 + j, run(f"d{j}"), 401, client=address(i * 10 + j)) for j in range(30)]
        for i in range(n)
    }


@case("files with app lines and with requests", 300)
def _app_and_access_files(n: int) -> Files:
    return {
        **{f"app-{i}.log": [app(j, f"Login Failed for user: u{j}") for j in range(20)] for i in range(n)},
        **{f"access-{i}.log": [access(j, run(f"d{j}"), 401) for j in range(20)] for i in range(n)},
    }


@case("pods in one file", 1_500)
def _many_pods(n: int) -> Iterator[str]:
    for i in range(n):
        for j in range(4):
            yield f"airflow-web-{i} web " + app(i, f"Login Failed for user: u{j}")
            yield f"airflow-web-{i} web " + access(i, run(f"d{j}"), 401)


@case("containers in one file, in JSON", 1_500)
def _many_containers(n: int) -> Iterator[str]:
    for i in range(n):
        for j in range(4):
            text = access(i, run(f"d{j}"), 401).rstrip("\n").replace('"', '\\"')
            yield f'{{"kubernetes":{{"pod_name":"web-{i}","namespace_name":"airflow"}},"log":"{text}\\n"}}\n'


@case("requests in two logs, one of which leads", 4_000, "--leading", "server.log")
def _leading(n: int) -> Files:
    return {
        "server.log": (access(i, run(f"d{i % 40}"), 401) for i in range(n)),
        "proxy.log": (access(i, run(f"d{i % 40}"), 401, client="198.51.100.7") for i in range(n)),
    }


@case("equal requests of one second in two logs, one of which leads", 4_000, "--leading", "server.log")
def _leading_at_once(n: int) -> Files:
    return {
        "server.log": (access(0, run("etl"), 401) for _ in range(n)),
        "proxy.log": (access(0, run("etl"), 401, client="198.51.100.7") for _ in range(n)),
    }


# Exports.

AUDIT: Final = "id,dttm,dag_id,task_id,event,execution_date,owner,extra\n"
RUNS: Final = "id,dag_id,run_id,execution_date,queued_at,run_type,state,external_trigger\n"


def audit(number: int, second: float, dag: str, event: str = "trigger", owner: str = "ann") -> str:
    """Return a row of the audit log."""
    time = BEGIN + timedelta(seconds=second)
    return f"{number},{time:%Y-%m-%d %H:%M:%S.%f},{dag},,{event},,{owner},\n"


def dag_run(number: int, second: float, dag: str) -> str:
    """Return a DAG run."""
    time = BEGIN + timedelta(seconds=second)
    return f"{number},{dag},manual__{number},{time:%Y-%m-%d %H:%M:%S.%f},{time:%Y-%m-%d %H:%M:%S.%f},manual,queued,1\n"


@case("audit rows that belong to no request", 20_000, "--audit-log", "export-audit.csv")
def _audit_alone(n: int) -> Files:
    return {
        "server.log": (access(i * 100, run(f"d{i % 40}"), 200) for i in range(n // 100)),
        "export-audit.csv": [AUDIT, *(audit(i, i, f"d{i % 40}") for i in range(n))],
    }


@case("requests and audit rows of one second", 4_000, "--audit-log", "export-audit.csv")
def _audit_at_once(n: int) -> Files:
    return {
        "server.log": (access(0, "POST /trigger?dag_id=etl", 302, agent=BROWSER, size=208) for _ in range(n)),
        "export-audit.csv": [AUDIT, *(audit(i, 0.5, "etl") for i in range(n))],
    }


@case("requests of one second for many DAGs, with audit rows", 5_000, "--audit-log", "export-audit.csv")
def _audit_dags(n: int) -> Files:
    return {
        "server.log": (access(0, f"POST /trigger?dag_id=d{i}", 302, agent=BROWSER, size=208) for i in range(n)),
        "export-audit.csv": [AUDIT, *(audit(i, 0.5, f"d{i}") for i in range(n))],
    }


@case("requests with audit rows", 5_000, "--audit-log", "export-audit.csv")
def _audit_matching(n: int) -> Files:
    return {
        "server.log": (access(i, f"POST /trigger?dag_id=d{i}", 302, agent=BROWSER, size=208) for i in range(n)),
        "export-audit.csv": [AUDIT, *(audit(i, i, f"d{i}", owner=f"u{i}") for i in range(n))],
    }


@case("requests of one browser with audit rows of many owners", 5_000, "--audit-log", "export-audit.csv")
def _audit_owners(n: int) -> Files:
    return {
        "server.log": (access(i, "POST /trigger?dag_id=etl", 302, agent=BROWSER, size=208) for i in range(n)),
        "export-audit.csv": [AUDIT, *(audit(i, i, "etl", owner=f"u{i % 100}" if i % 2 else "") for i in range(n))],
    }


@case("runs that belong to no request", 20_000, "--dag-runs", "export-runs.csv")
def _runs_alone(n: int) -> Files:
    return {
        "server.log": (access(i * 100, run(f"d{i % 40}"), 200) for i in range(n // 100)),
        "export-runs.csv": [RUNS, *(dag_run(i, i, f"d{i % 40}") for i in range(n))],
    }


@case("requests and runs of one second", 4_000, "--dag-runs", "export-runs.csv")
def _runs_at_once(n: int) -> Files:
    return {
        "server.log": (access(0, run("etl"), 200) for _ in range(n)),
        "export-runs.csv": [RUNS, *(dag_run(i, 0.5, "etl") for i in range(n))],
    }
