"""Requests that two logs tell of are counted once, where it is said which log leads or where ids prove it."""

from __future__ import annotations

import csv
import gzip
import io
import json
import warnings
from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import permutations
from pathlib import Path
from typing import TYPE_CHECKING, Final

import pytest
import recordings
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from places import DATA
from typer.testing import CliRunner

import logparse
from logparse.cli import app
from logparse.pipeline import options as pipeline_options
from logparse.pipeline import result
from logparse.pipeline import run as pipeline
from logparse.scans.duplicates import leading, pairing
from logparse.scans.duplicates.marks import has_unique_id, is_public
from logparse.scans.scanner import scan
from logparse.scans.settings import Setup
from logparse.sources import discovery
from logparse.sources.source import Source

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    import pandas as pd

    from logparse.scans.scan import Request

PROXIED: Final = DATA / "proxied"
CASES: Final = {case.name: case for case in recordings.cases() if (PROXIED / case.name).exists()}
START: Final = datetime(2026, 11, 18, 12, tzinfo=UTC)
#: As nginx writes it with $http_x_request_id; lines of no server of Airflow's own.
WITH_ID: Final = '%(h)s %(l)s %(u)s %(t)s "%(r)s" %(s)s %(b)s "%(f)s" "%(a)s" id=%({x-request-id}i)s'


@dataclass(frozen=True)
class Line:
    """One access line."""

    at: float = 0.0
    dag: str = "etl"
    status: int = 200
    client: str = "10.0.0.1"
    user: str = "ann"
    agent: str = "curl/8.5.0"
    size: int = 512
    id: str = ""

    @property
    def path(self) -> str:
        return f"/api/v1/dags/{self.dag}/dagRuns"

    def clf(self) -> str:
        stamp = (START + timedelta(seconds=self.at)).strftime("%d/%b/%Y:%H:%M:%S +0000")
        request = f'"POST {self.path} HTTP/1.1" {self.status} {self.size} "-" "{self.agent}"'
        return f"{self.client} - {self.user} [{stamp}] {request}{f' id={self.id}' if self.id else ''}\n"

    def json(self) -> str:
        """As Airflow 3.2 and later."""
        record = {
            "timestamp": (START + timedelta(seconds=self.at)).isoformat().replace("+00:00", "Z"),
            "level": "info", "event": "request finished", "method": "POST", "query": "", "status_code": self.status,
            "path": self.path.replace("v1", "v2"), "duration_us": 2000, "client_addr": f"{self.client}:4711",
            "request_id": self.id, "logger": "http.access", "filename": "http_access_log.py", "lineno": 130,
        }  # fmt: skip
        return json.dumps(record) + "\n"

    def uvicorn(self) -> str:
        return f'INFO:     {self.client}:4711 - "POST {self.path.replace("v1", "v2")} HTTP/1.1" {self.status} OK\n'


def clf(lines: Iterable[Line]) -> str:
    return "".join(each.clf() for each in lines)


def run(folder: Path, logs: dict[str, str], leads: Sequence[str] = ("server*",), given: Sequence[str] = ()) -> Result:
    for name, text in logs.items():
        (folder / name).write_text(text)
    found = [each for each in discovery.find_sources([str(folder)]) if Path(each.name).name in logs]
    return Result(pipeline.run(found, pipeline_options.Options(Setup(log_formats=tuple(given)), leading=tuple(leads))))


class Result:
    """What a run came to."""

    def __init__(self, found: result.Result) -> None:
        self.attempts: pd.DataFrame = found.attempts
        self.entries = {Path(each.source).name: each for each in found.entries}

    def rows(self) -> Counter[str]:
        return Counter(Path(name).name for name in self.attempts["source"])

    def column(self, name: str) -> list[object]:
        values = self.attempts[name].astype(object)
        return values.where(values.notna(), None).to_list()

    def counted_in(self, name: str) -> dict[str, int]:
        return {Path(source).name: number for source, number in self.entries[name].counted_in}

    def is_said_to_overlap(self) -> bool:
        return any("counted twice" in each.problem for each in self.entries.values())


# -- which log leads -----------------------------------------------------------------------------------------------

A, B = Line(), Line(at=1)
FAR = Line(client="203.0.113.9")


@pytest.mark.parametrize(
    ("server", "proxy", "left"),
    [
        ([A], [A], 0),
        ([A], [replace(A, at=2)], 0),  # the proxy writes its line later, and its clock is another
        ([A], [replace(A, at=-2)], 0),
        ([A], [replace(A, at=4)], 1),
        ([A], [A, A], 1),  # two requests and one twin leave one
        ([A, A], [A], 0),
        ([A, A], [A, A, A], 1),
        ([A, B], [A, B], 0),
        ([A], [replace(A, dag="other")], 1),
        ([A], [replace(A, status=403)], 1),
        ([A], [replace(A, status=499)], 0),  # the client left
        ([replace(A, at=60)], [replace(A, status=499)], 0),  # ... and the server worked on
        ([A], [replace(A, at=60, status=499)], 1),  # it cannot have been done before
        ([replace(A, at=60)], [replace(A, status=504)], 0),
        ([A], [replace(A, user="-")], 0),
        ([A], [replace(A, user="bob")], 1),
        ([A], [replace(A, agent="-")], 0),
        ([A], [replace(A, agent="wget")], 1),
        ([A], [FAR], 0),  # the server saw the proxy
        ([replace(A, client="")], [FAR], 0),  # ... through a unix socket
        ([FAR], [FAR], 0),
        ([replace(FAR, client="203.0.113.8")], [FAR], 1),
        ([replace(A, user="ann"), replace(A, user="bob")], [replace(A, user="bob"), replace(A, user="ann")], 0),
        ([A], [replace(A, user="-"), A], 1),
        # Four whose bodies were passed on show that a fifth with another body was answered by the proxy itself.
        ([replace(A, at=n * 9) for n in range(5)], [replace(A, at=n * 9, size=512 + n // 4) for n in range(5)], 1),
        # ... one that compresses them changes them all.
        ([replace(A, at=n * 9) for n in range(5)], [replace(A, at=n * 9, size=400 + n) for n in range(5)], 0),
    ],
)  # fmt: skip
def test_what_a_log_that_leads_holds_is_not_counted_in_others(
    server: list[Line], proxy: list[Line], left: int, tmp_path: Path
) -> None:
    # The second log has a line of its own, so that it is no copy.
    found = run(tmp_path, {"server.log": clf(server), "proxy.log": clf([*proxy, Line(at=9999, dag="own")])})
    assert found.rows() == Counter({"server.log": len(server), "proxy.log": left + 1})
    assert found.counted_in("proxy.log") == ({"server.log": len(proxy) - left} if len(proxy) > left else {})
    assert not found.is_said_to_overlap()


def test_the_line_that_stays_takes_over_what_it_does_not_tell(tmp_path: Path) -> None:
    server = "".join(replace(A, at=n * 10, client="10.0.0.1").json() for n in range(3))
    proxy = clf(Line(at=n * 10, client=f"203.0.113.{n}", agent=f"agent/{n}") for n in range(3)).replace("v1", "v2")
    found = run(tmp_path, {"server.log": server, "proxy.log": proxy})
    assert found.rows() == Counter({"server.log": 3})
    assert found.column("client") == ["203.0.113.0", "203.0.113.1", "203.0.113.2"]
    assert found.column("user_agent") == ["agent/0", "agent/1", "agent/2"]
    assert found.column("user") == ["ann"] * 3
    assert found.column("user_source") == ["claimed"] * 3
    assert found.column("user_verified") == [False] * 3  # the server never looked at the name
    assert found.column("duration_ms") == [2.0] * 3


def test_what_several_lines_may_have_said_is_not_taken_over(tmp_path: Path) -> None:
    server = [replace(A, user="-", agent="-")] * 2
    proxy = [replace(server[0], client="203.0.113.1", agent="a"), replace(server[0], client="203.0.113.2", agent="b")]
    found = run(tmp_path, {"server.log": clf(server), "proxy.log": clf(proxy)})
    assert found.rows() == Counter({"server.log": 2})
    assert found.column("client") == ["10.0.0.1"] * 2
    assert found.column("user_agent") == [None] * 2


def test_a_proxy_in_front_knows_the_client_better_than_the_server(tmp_path: Path) -> None:
    """Both clients are internal: the log that tells more of them apart was written farther from the server."""
    server = [replace(A, at=n * 10, client="10.244.0.7") for n in range(3)]
    proxy = [replace(A, at=n * 10, client=f"10.1.0.{n}") for n in range(3)]
    logs = {"server.log": clf(server), "proxy.log": clf(proxy)}
    for leads in ("server.log", "proxy.log"):
        found = run(tmp_path, logs, [leads])
        assert found.rows() == Counter({leads: 3})
        assert found.column("client") == ["10.1.0.0", "10.1.0.1", "10.1.0.2"]


def test_lines_without_a_time_take_that_of_the_log_that_follows(tmp_path: Path) -> None:
    sent = [Line(at=n * 10, dag=f"etl_{n % 2}", client="203.0.113.1") for n in range(6)]
    server = "".join(replace(each, client="10.0.0.1").uvicorn() for each in sent)
    proxy = clf(sent).replace("v1", "v2")
    found = run(tmp_path, {"server.log": server, "proxy.log": proxy})
    assert found.rows() == Counter({"server.log": 6})
    assert [each.timestamp() for each in found.attempts["time"]] == [START.timestamp() + each.at for each in sent]
    assert found.column("time_source") == ["line"] * 6
    # Nobody knows which of them reached the server if one did not.
    one_more = clf([*sent, Line(at=999, client="203.0.113.1", dag="etl_1")]).replace("v1", "v2")
    found = run(tmp_path, {"server.log": server, "proxy.log": one_more})
    assert found.rows() == Counter({"server.log": 6, "proxy.log": 4})


def test_several_logs_lead_and_follow(tmp_path: Path) -> None:
    sent = [Line(at=n * 10, client=f"203.0.113.{n}") for n in range(9)]
    behind = [replace(each, client="10.0.0.1") for each in sent]
    logs = {
        "server-1.log": clf(behind[::2]),
        "server-2.log": clf(behind[1::2]),
        "nginx-1.log": clf([*sent[:5], Line(at=500)]),  # replicas share the requests
        "nginx-2.log": clf([*sent[5:], Line(at=600)]),
        "balancer.log": clf(replace(each, at=each.at + 1) for each in sent),  # stands before both
    }
    found = run(tmp_path, logs)
    assert found.rows() == Counter({"server-1.log": 5, "server-2.log": 4, "nginx-1.log": 1, "nginx-2.log": 1})
    assert found.counted_in("balancer.log") == {"server-1.log": 5, "server-2.log": 4}


def test_replicas_of_a_proxy_hide_nothing(tmp_path: Path) -> None:
    """A request that one proxy refused is not taken for one that the other passed on."""
    lines = [Line(at=n * 60, client=f"203.0.113.{n}", status=401) for n in range(6)]
    behind = [replace(each, client="10.0.0.1") for each in lines]
    logs = {
        "server.log": clf(behind),
        "nginx-1.log": clf(lines),
        "nginx-2.log": clf([replace(lines[0], at=1), *(Line(at=5000 + n, dag="own") for n in range(4))]),
    }
    found = run(tmp_path, logs)
    assert found.rows() == Counter({"server.log": 6, "nginx-2.log": 5})


def test_twins_of_later_requests_go_as_well(tmp_path: Path) -> None:
    """They are no attempts, but tell what became of them: here that the attempt led to the login page."""
    agent = "Mozilla/5.0 (X11; Linux x86_64)"

    def browser(client: str, late: int = 0) -> str:
        return "".join(
            f'{client} - - [18/Nov/2026:12:00:{second + late:02} +0000] "{request} HTTP/1.1" {answer} '
            f'"http://a/home" "{agent}"\n'
            for second, request, answer in (
                (1, "POST /dags/etl/trigger?origin=/home", "302 -"),
                (2, "GET /login/?next=http%3A%2F%2Fa%2Fdags%2Fetl%2Ftrigger%3Forigin%3D%2Fhome", "200 9000"),
                (21, "POST /dags/etl/trigger?origin=/home", "302 -"),
                (22, "GET /home", "200 70000"),
            )
        )  # fmt: skip

    alone = run(tmp_path, {"server.log": browser("10.0.0.1")})
    both = run(tmp_path, {"server.log": browser("10.0.0.1"), "proxy.log": browser("203.0.113.5", late=1)})
    decided = ["outcome", "reason", "confidence", "evidence", "rule", "time", "source", "line"]
    assert both.rows() == Counter({"server.log": 2})
    assert both.attempts[decided].equals(alone.attempts[decided])
    assert "follow_up" in alone.column("evidence")[0]  # type: ignore[operator]


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_real_proxy_and_its_server_add_up_to_what_was_sent(case: recordings.Case, tmp_path: Path) -> None:
    logs = {"server.log": case.content()["server.log"].decode(), **nginx(case)}
    told = run(tmp_path, logs)
    truth = PROXIED / case.name / "truth.csv.gz"
    sent = list(csv.DictReader(io.StringIO(gzip.decompress(truth.read_bytes()).decode()))) if truth.exists() else None
    outcomes = [each["outcome"] for each in sent] if sent else [each.outcome for each in recordings.truth(case)]
    clients = [each["client"] for each in sent] if sent else [each.client for each in recordings.truth(case)]
    assert Counter(told.column("outcome")) == Counter(outcomes)
    assert Counter(told.column("client")) == Counter(clients)
    assert not told.is_said_to_overlap()
    untold = run(tmp_path, logs, leads=())
    assert len(untold.attempts) > len(told.attempts)
    assert untold.is_said_to_overlap()


def nginx(case: recordings.Case) -> dict[str, str]:
    return {"nginx.log": gzip.decompress((PROXIED / case.name / "nginx_access.log.gz").read_bytes()).decode()}


times = st.integers(0, 40).map(lambda n: n / 2)
requests = st.builds(
    Line,
    at=times,
    dag=st.sampled_from(["a", "b"]),
    status=st.sampled_from([200, 403, 499]),
    client=st.sampled_from(["10.0.0.1", "203.0.113.1", "203.0.113.2", ""]),
    user=st.sampled_from(["ann", "bob", "-"]),
    agent=st.sampled_from(["curl", "wget", "-"]),
    size=st.sampled_from([0, 512]),
    id=st.sampled_from(["same-same-id", "another-other-id", "1234567890", "short", "-"]),
)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(server=st.lists(requests, min_size=1, max_size=12), proxy=st.lists(requests, min_size=1, max_size=12))
def test_nothing_that_leads_is_lost_and_no_twin_serves_twice(
    server: list[Line], proxy: list[Line], tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("logs")
    logs = {"server.log": clf([*server, Line(dag="one", id="-")]), "proxy.log": clf([*proxy, Line(dag="two", id="-")])}
    found = run(folder, logs, given=[WITH_ID])
    dropped = found.counted_in("proxy.log").get("server.log", 0)
    assert found.rows() == Counter({"server.log": len(server) + 1, "proxy.log": len(proxy) + 1 - dropped})
    of_each = Counter(each.path for each in proxy) - Counter(each.path for each in server)
    kept = zip(found.column("path"), found.column("source"), strict=True)
    left = Counter(str(path) for path, name in kept if str(name).endswith("proxy.log"))
    assert not of_each - left
    again = run(
        folder, {**logs, "proxy.log": "".join(sorted(logs["proxy.log"].splitlines(keepends=True)))}, given=[WITH_ID]
    )
    assert again.rows() == found.rows()


def test_pairing_takes_no_longer_for_hostile_input() -> None:
    """Thousands of requests in one second, all by other users or none."""
    lines = [Line(user=f"user{n}" if n % 3 else "-", client=f"203.0.{n % 250}.{n % 7}") for n in range(12_000)]
    proxy, server = scanned(clf(lines)), scanned(clf(replace(each, client="10.0.0.1") for each in lines), number=1)
    assert len(pairing.pair_lines(server, proxy)) == len(lines)


def scanned(text: str, number: int = 0) -> list[Request]:
    return scan(Source("-", None, None), number, Setup(), stdin=io.BytesIO(text.encode())).whole().requests


# -- ids -----------------------------------------------------------------------------------------------------------

UUID = "7f3a0c1e-2b64-4d7a-9a4b-5f0e1d2c3b4a"


def test_ids_prove_it_and_the_line_of_the_server_stays(tmp_path: Path) -> None:
    lines = [Line(at=n, id=f"{n}-{UUID}", client="203.0.113.7") for n in range(5)]
    logs = {
        "a-proxy.log": clf([*lines, Line(at=70, id=UUID)]).replace("v1", "v2"),
        "server.log": "".join(replace(each, at=each.at + 7, client="10.0.0.1").json() for each in lines),
    }
    found = run(tmp_path, logs, leads=(), given=[WITH_ID])
    assert found.rows() == Counter({"server.log": 5, "a-proxy.log": 1})
    assert found.counted_in("a-proxy.log") == {"server.log": 5}
    assert found.column("client")[1:] == ["203.0.113.7"] * 5
    assert not found.is_said_to_overlap()


@pytest.mark.parametrize("request_id", ["-", "1", "req-1", "123456789012"])
def test_ids_that_tell_nothing_prove_nothing(request_id: str, tmp_path: Path) -> None:
    logs = {
        "proxy.log": clf(Line(at=n * 20, id=request_id) for n in range(5)).replace("v1", "v2"),
        "server.log": "".join(Line(at=n * 20, id=request_id).json() for n in range(5)),
    }
    found = run(tmp_path, logs, leads=(), given=[WITH_ID])
    assert len(found.attempts) == 10
    assert found.is_said_to_overlap()


def test_a_client_that_sends_one_id_a_thousand_times_hides_no_attempt(tmp_path: Path) -> None:
    lines = [Line(at=n / 50, id=UUID) for n in range(1000)]
    proxy = clf(lines).replace("v1", "v2")
    one = "".join(each.json() for each in lines[::2])
    two = "".join(each.json() for each in lines[1::2])
    refused = clf([replace(lines[0], dag="other"), replace(lines[0], status=401)]).replace("v1", "v2")
    for logs, number in (
        ({"server.log": one}, 500),
        ({"server-1.log": one, "server-2.log": two}, 1000),  # replicas
        ({"proxy-1.log": clf(lines[:200] + lines[800:]), "proxy-2.log": clf([*lines[200:800], B])}, 1001),
        ({"server-1.log": one, "server-2.log": two, "proxy.log": proxy}, 1000),
        ({"server-1.log": one, "server-2.log": two, "proxy.log": proxy + refused}, 1002),
    ):
        assert len(run(tmp_path, logs, leads=(), given=[WITH_ID]).attempts) == number


def test_a_retry_with_the_same_id_at_another_server_is_an_attempt(tmp_path: Path) -> None:
    lines = [Line(at=n * 5, id=f"{n}-{UUID}", status=500) for n in range(6)]
    logs = {
        "server-1.log": "".join(each.json() for each in lines),
        "server-2.log": "".join(replace(each, at=each.at + 0.25).json() for each in lines),
    }
    assert len(run(tmp_path, logs, leads=()).attempts) == 12


def test_two_exports_of_one_log_with_ids_are_counted_once(tmp_path: Path) -> None:
    lines = [Line(at=n * 5 + 0.123, id=f"{n}-{UUID}") for n in range(9)]
    logs = {"a.log": "".join(each.json() for each in lines[:7]), "b.log": "".join(each.json() for each in lines[3:])}
    found = run(tmp_path, logs, leads=())
    assert found.rows() == Counter({"a.log": 7, "b.log": 2})


def test_the_result_does_not_depend_on_the_order_of_sources(tmp_path: Path) -> None:
    lines = [Line(at=n % 7, id=f"{n % 4}-{UUID}", client="203.0.113.7") for n in range(20)]
    logs = {
        "proxy.log": clf(lines).replace("v1", "v2"), "server-1.log": "".join(each.json() for each in lines[::2]),
        "server-2.log": "".join(each.json() for each in lines[1::2]),
    }  # fmt: skip
    for name, text in logs.items():
        (tmp_path / name).write_text(text)
    for leads in ((), ("proxy*",), ("server*",)):
        frames = []
        for names in permutations(logs):
            found = discovery.find_sources([str(tmp_path / name) for name in names])
            options = pipeline_options.Options(Setup(log_formats=(WITH_ID,)), leading=leads)
            frames.append(pipeline.run(found, options).attempts)
        assert all(each.equals(frames[0]) for each in frames)


# -- what is told --------------------------------------------------------------------------------------------------


def test_the_command_says_what_is_counted_where(tmp_path: Path) -> None:
    (tmp_path / "server.log").write_text(clf([A, replace(A, at=30)]))
    (tmp_path / "proxy.log").write_text(clf([FAR, replace(FAR, at=30)]))
    args = ["attempts", str(tmp_path), "--leading"]
    done = CliRunner().invoke(app, [*args, "server*.log"])
    assert done.exit_code == 0
    assert f"{tmp_path}/proxy.log: 2 trigger attempts also in {tmp_path}/server.log; counted there" in done.stderr
    assert CliRunner().invoke(app, [*args, str(tmp_path / "server.log")]).stdout == done.stdout
    wrong = CliRunner().invoke(app, [*args, "webserver*.log"])
    assert (wrong.exit_code, wrong.stdout) == (2, "")
    assert "webserver*.log: no log that is read is called so" in wrong.stderr


def test_the_functions_take_which_log_leads(tmp_path: Path) -> None:
    (tmp_path / "server.log").write_text(clf([A]))
    (tmp_path / "proxy.log").write_text(clf([FAR]))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(logparse.attempts(tmp_path, leading="server.log")) == 1
        tables = logparse.report(tmp_path, leading=["server.log"])["2026-W47"]
    assert tables["coverage"]["problem"].to_list() == [f"1 trigger attempts are counted in {tmp_path}/server.log", ""]
    assert tables["by_user"]["attempts"].sum() == 1


def test_the_copy_of_a_log_that_leads_leads(tmp_path: Path) -> None:
    logs = {"a-copy.log": clf([A]), "server.log": clf([A]), "proxy.log": clf([FAR])}
    assert run(tmp_path, logs).rows() == Counter({"a-copy.log": 1})


@pytest.mark.parametrize(
    ("client", "expected"),
    [
        ("203.0.113.7", True), ("2001:db8::17", True), ("10.1.2.3", False), ("127.0.0.1", False), ("::1", False),
        ("fd00::1", False), ("172.31.0.1", False), ("172.32.0.1", True), ("web.example", False), (None, False),
    ],
)  # fmt: skip
def test_addresses_that_proxies_have_among_each_other(client: str | None, expected: bool) -> None:
    assert is_public(client) is expected


def test_names_are_matched_as_given_or_by_their_file() -> None:
    leading.check_patterns(["server.log", "logs/*/server.log", "*/server.lo?"], ["logs/a/server.log"])
    assert not has_unique_id(scanned(A.clf())[0])
