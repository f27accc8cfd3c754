"""Text in front of lines: found from the lines of a file, opened as its data file says, and no way in for strangers."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any, Final

import pytest

import logparse
from logparse.common import timestamps
from logparse.envelopes.fronts.finder import find_front
from logparse.envelopes.fronts.template import front_file, front_id, make_front
from logparse.envelopes.loader import find_envelope
from logparse.formats.given import compile_formats
from logparse.formats.recognizer import Recognizer
from logparse.scans.scanner import scan
from logparse.scans.settings import Setup
from logparse.sources.source import Source

if TYPE_CHECKING:
    from pathlib import Path

    from logparse.formats.data_files import Sample
    from logparse.scans.scan import Scan

LINE: Final = (
    '172.20.0.{0} - admin [02/Mar/2026:00:{1:02}:{2:02} +0000] "POST /api/v1/dags/a/dagRuns HTTP/1.1" {3} 18 "-" "x"'
)
APP: Final = "[2026-03-02T00:00:03.101+0000] {dagbag.py:545} INFO - Filling up the DagBag from /dags"
FRONTS: Final = {
    "grep": "logs/webserver.log.{0}:",
    "grep -n": "webserver.log:{1}:",
    "honcho": "00:{0:02}:{1:02} webserver.1   | ",
    "pm2": "{0}|webserver  | ",
    "heroku": "2026-03-02T00:{0:02}:{1:02}.123456+00:00 app[web.1]: ",
    "awslogs": "airflow-prod-WebServer webserver_ip-10-0-1-2.ec2.internal_1772400000.0.log ",
    "brackets": "[2026-03-02 00:{0:02}:{1:02}] ",
    "dash": "2026-03-02T13:{0:02}:{1:02} - ",
    "word": "webserver ",
    "indented": "    ",
    "quoted": "> ",
    "two blanks": "Mar  2 00:{0:02}:{1:02} host-a airflow[1]:  ",
    "svlogd": "2026-03-02_00:{0:02}:{1:02}.12345 ",
    "month of another language": "мар 02 00:{0:02}:{1:02} host-a airflow[238738]: ",
    "numbered": "{1:6}\t",
    "time of day and dash": "00:{0:02}:{1:02} - ",
    "blanks behind a tab": "{1}\t  ",
    "colours": "\x1b[32mprod-web\x1b[0m \x1b[36mweb_{0}\x1b[0m ",
    "Kiwi Syslog": "2026-03-02 00:{0:02}:{1:02}\tLocal0.Info\t10.0.0.5\tMar  2 00:{0:02}:{1:02} host-a airflow[1]: ",
}


def known(line: str) -> bool:
    return Recognizer(compile_formats()).kind(line) in ("access", "app")


def story(count: int) -> list[str]:
    return [
        APP if n % 7 == 3 else LINE.format(n % 200, n // 60 % 60, n % 60, 403 if n % 2 else 200) for n in range(count)
    ]


def scanned(lines: list[str]) -> Scan:
    data = "".join(f"{line}\n" for line in lines).encode()
    return scan(Source("-", None, None), 0, Setup(), stdin=io.BytesIO(data)).whole()


def requests(folder: Path, lines: list[str]) -> list[tuple[Any, ...]]:
    """Line, client, user, status and time of each attempt in a log."""
    path = folder / "some.log"
    path.write_text("".join(f"{line}\n" for line in lines))
    found = logparse.attempts(path)
    return sorted(found[["line", "client", "user", "status", "time"]].itertuples(index=False, name=None))


@pytest.mark.parametrize("sample", front_file().samples, ids=lambda sample: sample.why)
def test_a_sample_is_opened_as_its_file_says(sample: Sample) -> None:
    expect = dict(sample.expect)
    front = front_id(expect.pop("front"))
    opened = make_front(front).open(sample.line)
    assert opened is not None
    time = expect.pop("time", None)
    if time is not None:
        stamp = timestamps.parse_timestamp(opened.time)
        assert stamp is not None
        assert stamp == timestamps.parse_timestamp(time)
    assert {"payload": opened.payload, **opened.origin._asdict()} == {**opened.origin._asdict(), **expect}
    found = find_front([sample.line] * 3, known)
    assert found
    assert find_envelope(found).open(sample.line) is not None
    other = find_envelope(found).open(sample.line)
    assert other is not None
    assert other.payload == opened.payload


@pytest.mark.sampled(16)
@pytest.mark.parametrize("name", FRONTS)
@pytest.mark.parametrize("count", [4, 1500])
def test_lines_hold_what_they_hold_without_it(name: str, count: int, tmp_path: Path) -> None:
    """The longer log is read many lines at once."""
    bare = story(count)
    lines = [FRONTS[name].format(n // 60 % 60, n % 60) + line for n, line in enumerate(bare)]
    assert requests(tmp_path, lines) == requests(tmp_path, bare)
    (coverage,) = scanned(lines).coverage.values()
    assert coverage.kinds["unparsed"] == 0


@pytest.mark.parametrize("front", ["{0}", "web-1.log{1}", "web.log{1}{0}", "log-2026-03-01.log{1}{0}"])
def test_lines_around_those_that_grep_found_are_read_as_well(front: str, tmp_path: Path) -> None:
    """grep puts a dash behind name and number of such lines, which both can hold one themselves."""
    bare = story(12)
    lines = [front.format(f"{n}{sign}", sign) + bare[n] for n in range(12) for sign in [":" if n % 3 else "-"]]
    assert requests(tmp_path, ["--", *lines]) == requests(tmp_path, ["--", *bare])


def test_numbers_of_lines_are_known_however_few_lines_are(tmp_path: Path) -> None:
    bare = [line for n in range(12) for line in (*story(1), " ____  /| |_  /__  ___/_  /_", f"Workers: {n}")]
    numbered = [f"{n:6}\t{line}" for n, line in enumerate(bare, 1)]
    assert requests(tmp_path, numbered) == requests(tmp_path, bare)


def test_the_time_in_front_counts_if_the_line_has_none() -> None:
    lines = [
        f'2026-03-02 00:00:0{n} - INFO:     192.0.2.{n}:80 - "POST /api/v2/dags/a/dagRuns HTTP/1.1" 200 OK'
        for n in range(4)
    ]
    found = scanned(lines)
    assert [timestamps.format_time(request.access.time) for request in found.requests] == [
        f"2026-03-02T00:00:0{n}Z" for n in range(4)
    ]
    assert {request.access.time_source for request in found.requests} == {"line"}


@pytest.mark.filterwarnings("ignore:.*not understood")
def test_what_few_lines_have_in_front_is_no_envelope(tmp_path: Path) -> None:
    """Somebody who can write a whole line into a log does not choose how it is read."""
    forged = "x.log:" + LINE.format(9, 0, 0, 200)
    lines = [*story(20), *[forged] * 15]
    assert [client for _, client, *_ in requests(tmp_path, lines)].count("172.20.0.9") == 1
    (coverage,) = scanned(lines).coverage.values()
    assert not any(name.startswith("front") for name in coverage.envelopes)


def test_a_caller_cannot_name_another_in_a_file_with_text_in_front(tmp_path: Path) -> None:
    """His name stands where a name stands: a line that begins with an address is that address's."""
    lines = [f"web.log:{line}" for line in story(20)]
    evil = f"web.log:203.0.113.6 - {LINE.format(9, 0, 1, 401)}"
    assert ("203.0.113.6", "172.20.0.9 - admin") in [
        (client, user) for _, client, user, *_ in requests(tmp_path, [*lines, evil])
    ]


@pytest.mark.filterwarnings("ignore:.*not understood")
@pytest.mark.parametrize("front", ["webserver.log:", "2026-03-02T13:02:50 - ", "00:00:01 "])
def test_a_single_such_line_among_others_has_no_false_client(front: str, tmp_path: Path) -> None:
    lines = [*story(20), front + LINE.format(9, 0, 0, 200)]
    assert all(client is None or client.startswith("172.20.0.") for _, client, *_ in requests(tmp_path, lines))
    assert all(user in (None, "admin") for _, _, user, *_ in requests(tmp_path, lines))


def test_lines_that_are_known_as_they_are_show_no_front() -> None:
    """Lines of a load balancer about no request are no lines of Airflow's with a time in front."""
    balancer = (
        "2026-03-01T23:59:59.900000Z airflow-elb 192.0.2.44:40012 - -1 -1 -1 400 0 0 0 "
        '"- http://airflow-elb.us-east-2.elb.amazonaws.com:80- -" "-" - -'
    )
    console = (
        "2026-11-22T12:39:29.560826Z [info     ] request finished               [http.access] "
        "client_addr=127.0.0.6:58315 duration_us=40148 loc=http_access_log.py:130 method=POST "
        "path=/api/v2/dags/a/dagRuns query= status_code=403"
    )
    (coverage,) = scanned([*[balancer] * 60, *[console] * 40]).coverage.values()
    assert coverage.envelopes == {}


def test_two_addresses_in_front_of_a_request_are_not_cut() -> None:
    """Which of them is the client's is not certain."""
    assert find_front([f"10.0.0.1:80 {LINE.format(9, 0, 0, 200)}"] * 3, known) == ""
