"""explain: every step that a line went through is said, for any line, and nothing secret or dangerous is."""

from __future__ import annotations

import gzip
import io
import json
import os
import re
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from places import DATA
from typer.testing import CliRunner

from logparse.cli import app
from logparse.common.errors import InputError
from logparse.inspection.explain.context import read_context
from logparse.inspection.explain.explanation import LIMIT, explain
from logparse.inspection.explain.whole_run import run_of
from logparse.pipeline import options, run
from logparse.scans.scanner import scan
from logparse.scans.settings import Setup
from logparse.sources.discovery import find_only_source, find_sources
from logparse.sources.source import Source
from logparse.verdicts.exports import loader

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

AGENT = '"-" "curl/8.5.0"'
CLF = "[22/Nov/2026:12:38:45 +0000]"
BROWSER = '"http://h.example/home" "Mozilla/5.0"'
WEBSERVER = f"""\
[2026-11-22 12:38:13 +0000] [7] [INFO] Booting worker with pid: 8
================================================================

127.0.0.2 - admin {CLF} "POST /api/v1/dags/etl/dagRuns HTTP/1.1" 403 188 {AGENT}
[2026-11-22T12:38:45.123+0000] {{override.py:2240}} INFO - Login Failed for user: uma
127.0.0.3 - uma {CLF} "POST /api/v1/dags/etl/dagRuns HTTP/1.1" 401 188 {AGENT}
127.0.0.4 - - {CLF} "POST /dags/etl/trigger HTTP/1.1" 302 197 {BROWSER}
127.0.0.4 - - {CLF} "GET /home HTTP/1.1" 200 50000 {BROWSER}
127.0.0.2 - admin {CLF} "GET /api/v1/dags/etl/dagRuns HTTP/1.1" 200 188 {AGENT}
127.0.0.2 - admin {CLF} "POST /api/v1/dags/etl/dagRuns/x HTTP/1.1" 405 188 {AGENT}
127.0.0.2 - admin {CLF} "POST /API/v1/dags/etl/dagRuns HTTP/1.1" 404 188 {AGENT}
127.0.0.2 - admin {CLF} "POST /a/b/c/d/e/api/v1/dags/etl/dagRuns HTTP/1.1" 404 188 {AGENT}
127.0.0.2 - - {CLF} "GET /static/pin.svg HTTP/1.1" 200 188 {AGENT}
127.0.0.5 - a
b {CLF} "POST /api/v1/dags/etl/dagRuns HTTP/1.1" 401 188 {AGENT}
?? what is this
[2026-11-22T12:38:46.000+0000] {{app.py:1744}} ERROR - Worker exiting
Traceback (most recent call last):
  File "x.py", line 1, in x
[2026-11-22T12:38:47.000+0000] {{override.py:2240}} INFO - Login Failed for user: x
127.0.0.9 - admin [22/Nov/2026:11:00:00 +0000] "POST /api/v1/dags/forged/dagRuns HTTP/1.1" 200 188 {AGENT}
127.0.0.9 - - [22/Nov/2026:12:38:47 +0000] "POST /login/ HTTP/1.1" 302 227 {AGENT}
[2026-11-22T12:38:48.000+0000] {{x.py:1}} INFO - Somebody was Denied something
"""
API_SERVER = """\
2026-11-22T12:39:10.000000Z [error    ] JWT token is not valid: Signature has expired [airflow.api_fastapi] loc=a.py:1
2026-11-22T12:39:10.001000Z [info     ] request finished               [http.access] client_addr=127.0.0.6:1 \
duration_us=5184 loc=http_access_log.py:130 method=POST path=/api/v2/dags/etl/dagRuns query='x=1' status_code=401
{"timestamp":"2026-11-22T12:39:12.000000Z","level":"info","event":"request finished","method":"POST",\
"path":"/api/v2/dags/etl/dagRuns","query":"","status_code":200,"duration_us":117,"client_addr":"192.0.2.44:3",\
"logger":"http.access"}
"""
UVICORN = """\
INFO:     Started server process [7769]
INFO:     127.0.0.8:38735 - "POST /api/v2/dags/etl/dagRuns HTTP/1.1" 200 OK
"""

CASES: dict[str, tuple[str, int, list[str]]] = {
    "an attempt that was refused": (
        WEBSERVER,
        4,
        [
            "compression none",
            "envelope none",
            "kind access line",
            "line format gunicorn: the combined format",
            "time 2026-11-22T12:38:45Z, from line",
            "client 127.0.0.2",
            "user admin (as claimed)",
            "status 403",
            "size 188 bytes",
            "attempt rest-v1-dag-run: ",
            "channel rest_api",
            "dag_id etl",
            "app line none is about this request, though the log has app lines",
            "status = 403",
            "outcome authorization_failure, permission_denied",
            "confidence confirmed: the evidence allows one reading",
            "rule v1-forbidden: ",
            "status is 403",
            "remedy Give",
            "versions 2.0 to 2.11",
        ],
    ),
    "an attempt with its app line": (
        WEBSERVER,
        6,
        [
            "app line line 5: Login Failed for user: uma",
            "login-failed: ",
            "event = login-failed",
            "outcome authentication_failure, bad_credentials",
        ],
    ),
    "an attempt with redirect and follow-up": (
        WEBSERVER,
        7,
        [
            "redirect home, known by response_size: a target of (197 - 187) / 2 = 5 characters",
            "follow-up home:200, line 8",
            "near misses ",
        ],
    ),
    "a follow-up": (
        WEBSERVER,
        8,
        ["attempt no, but a request that may show what became of one; home: ", "the attempt in line 7"],
    ),
    "another method": (
        WEBSERVER,
        9,
        ["attempt no rule is about this request", "nearest rules rest-v1-dag-run", "GET is not among its methods POST"],
    ),
    "a longer path": (WEBSERVER, 10, ["attempt no ", "this is its path, but for the last segment"]),
    "upper case": (WEBSERVER, 11, ["nearest rules rest-v1-dag-run", "upper and lower case are not the same"]),
    "a deeper base path": (WEBSERVER, 12, ["this is its path, but for the first segment"]),
    "a request that is far from any": (WEBSERVER, 13, ["no rule is about this request"]),
    "the first half of a name with a line break": (
        WEBSERVER,
        14,
        ["kind continuation: part of the request in line 15"],
    ),
    "the second half of it": (
        WEBSERVER,
        15,
        ["begun in line 14", r"user a\nb (as claimed)", "attempt rest-v1-dag-run"],
    ),
    "nothing known": (WEBSERVER, 16, ["kind unparsed: no line format reads it", "try ", "--log-format"]),
    "an app line that is no evidence": (
        WEBSERVER,
        17,
        [
            "kind app line",
            "line format airflow-text",
            "message Worker exiting",
            "said at app.py:1744",
            "no event",
        ],
    ),
    "a traceback": (WEBSERVER, 18, ["kind continuation of the message in line 17"]),
    "a frame": (WEBSERVER, 19, ["kind continuation"]),
    "evidence": (
        WEBSERVER,
        5,
        ["event login-failed: ", "user uma", "asks for ", "joined to the attempt in line 6"],
    ),
    "a forged line": (WEBSERVER, 21, ["kind continuation: it looks like a line of gunicorn", "A stranger can write"]),
    "evidence about no attempt": (
        WEBSERVER,
        20,
        ["event login-failed", "joined to no attempt", "such a request behind it is in line 22: answered 302, login"],
    ),
    "an app line that is nearly evidence": (WEBSERVER, 23, ["nearest rules access-denied", "wants ^Access is Denied"]),
    "gunicorn's own line": (WEBSERVER, 1, ["kind app line", "line format gunicorn-error"]),
    "a banner": (WEBSERVER, 2, ["kind other line", "line format banner"]),
    "an empty line": (WEBSERVER, 3, ["kind other: an empty line"]),
    "Airflow 3 with a bad token": (
        API_SERVER,
        2,
        [
            "line format airflow3-console",
            "not logged user, size, referer, agent, location: not part of this format",
            "duration 5184 microseconds",
            "app line line 1: JWT token is not valid: Signature has expired",
            "outcome authentication_failure, token_expired",
        ],
    ),
    "Airflow 3, JSON": (API_SERVER, 3, ["line format airflow3-json", "outcome success"]),
    "uvicorn": (UVICORN, 2, ["line format uvicorn", "time unknown", "outcome success"]),
    "a malformed request": (f'1.1.1.1 - - {CLF} "GARBAGE" 400 157 {AGENT}\n', 1, ["kind access line", "status 400"]),
    "the end of a request only": (
        f'ner {CLF} "POST /api/v1/dags/etl/dagRuns HTTP/1.1" 401 188 {AGENT}\n',
        1,
        ["only its end", "attempt rest-v1-dag-run"],
    ),
    "in an envelope": (
        f'webserver  | 1.1.1.1 - a {CLF} "POST /api/v1/dags/etl/dagRuns HTTP/1.1" 200 188 {AGENT}\n',
        1,
        ["envelope standalone", "line format gunicorn", "user a", "outcome success"],
    ),
    "behind an unknown prefix": (
        '"web-1" >> [2026-11-22 12:38:13 +0000] [7] [INFO] Booting worker with pid: 8\n',
        1,
        ["kind unparsed", "nearest gunicorn-error", "written alike: [2026-11-22 12:38:13 +0000] [7] [INFO]"],
    ),
}


def said(path: Path | str | None, line: int | None = None, *, setup: Setup | None = None, stdin: bytes = b"") -> str:
    return explain(None if path is None else str(path), line, setup or Setup(), io.BytesIO(stdin), verbose=True)


def flat(text: str) -> str:
    return re.sub(r"\s+", " ", text)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "webserver.log"
    path.write_text(WEBSERVER)
    return path


@pytest.mark.parametrize("case", CASES)
def test_each_step_is_said(case: str, tmp_path: Path) -> None:
    text, line, expected = CASES[case]
    path = tmp_path / "x.log"
    path.write_text(text)
    found = said(path, line)
    assert found.splitlines()[0] == f"{path}:{line}"
    assert [part for part in expected if part not in flat(found)] == [], found


@pytest.mark.parametrize("text", [WEBSERVER, API_SERVER, UVICORN], ids=["webserver", "api-server", "uvicorn"])
def test_every_line_has_the_kind_that_it_was_counted_as(text: str) -> None:
    lines = text.count("\n")
    texts = [flat(said(None, line, stdin=text.encode())) for line in range(1, lines + 1)]
    kinds = Counter(each.partition(" kind ")[2].split()[0].rstrip(":") for each in texts)
    counted = scan(Source("-", None, None), 0, Setup(), stdin=io.BytesIO(text.encode())).coverage[0].kinds
    assert kinds == {kind: count for kind, count in counted.items() if count}


def test_text_is_aligned_and_the_same_each_time(log: Path) -> None:
    text = said(log, 4)
    assert text == said(log, 4)
    assert not text.endswith("\n")
    assert "\t" not in text
    assert "\x1b" not in text
    assert all(re.match(r" {2}(?:\S| {2}\S| {14}\S)", line) for line in text.splitlines()[3:]), text


def test_without_a_line_attempts_are_explained(log: Path) -> None:
    heads = re.findall(rf"^{log}:(\d+)$", said(log), re.MULTILINE)
    assert heads == ["4", "6", "7", "15"]


def test_without_attempts_each_line_is_explained() -> None:
    assert re.findall(r"^-:(\d+)$", said(None, stdin=b"x\ny\n"), re.MULTILINE) == ["1", "2"]


def test_only_so_many_are_explained() -> None:
    line = WEBSERVER.splitlines()[3] + "\n"
    found = said(None, stdin=line.encode() * (LIMIT + 3))
    assert len(re.findall(r"^-:\d+$", found, re.MULTILINE)) == LIMIT
    assert found.endswith("\n\n3 more trigger attempts; name one as -:LINE")


def test_of_a_line_with_many_records_it_is_said_how_many_are_not_shown() -> None:
    line = WEBSERVER.splitlines()[3]
    events = [{"timestamp": 1, "message": line, "logStreamName": "web", "eventId": str(n)} for n in range(LIMIT + 3)]
    found = said(None, 1, stdin=json.dumps({"events": events}).encode() + b"\n")
    assert len(re.findall(r"^-:1$", found, re.MULTILINE)) == LIMIT
    assert "\n\n3 more records in this line;" in found


def test_a_line_that_is_counted_elsewhere_says_where(tmp_path: Path) -> None:
    line = '192.0.2.4 - ann [22/Nov/2026:12:38:47 +0000] "POST /api/v1/dags/etl/dagRuns HTTP/1.1" 200 34 "-" "curl"'
    event = json.dumps({"timestamp": 1795351157420, "message": line, "logStreamName": "web", "eventId": "1"}) + "\n"
    for name in ("a.json", "b.json"):
        (tmp_path / name).write_text(event * 2)
    of_one = explain(str(tmp_path / "a.json"), 2, Setup())
    assert "attempt       counted once, by line 1, which holds the same request" in of_one
    assert "    time        2026-11-22T12:39:17.420000Z" in of_one
    of_two = explain(str(tmp_path / "b.json"), 1, Setup(), others=[str(tmp_path / "a.json")])
    assert f"counted once, by line 1 of {tmp_path / 'a.json'}"[:60] in " ".join(of_two.split())


def test_a_dash_is_standard_input() -> None:
    assert said("-", stdin=WEBSERVER.encode()) == said(None, stdin=WEBSERVER.encode())


def test_an_empty_file_is_said_to_be_empty() -> None:
    assert said(None) == "- is empty"


def test_a_compressed_file_is_explained_as_if_it_were_not(log: Path, tmp_path: Path) -> None:
    packed = tmp_path / "packed"
    packed.write_bytes(gzip.compress(WEBSERVER.encode()))
    assert "compression   gzip" in said(packed, 4)
    assert said(packed, 4).replace("gzip", "none").partition("\n")[2] == said(log, 4).partition("\n")[2]


def test_damage_is_said(tmp_path: Path) -> None:
    packed = tmp_path / "packed"
    packed.write_bytes(gzip.compress(WEBSERVER.encode())[:-9])
    assert "ends early" in said(packed, 4)


@pytest.mark.skipif(not os.path.isdir("/dev/fd"), reason="pipes have no path here")  # noqa: PTH112
def test_a_pipe_can_be_explained() -> None:
    read, write = os.pipe()
    os.write(write, WEBSERVER.encode())
    os.close(write)
    try:
        assert "v1-forbidden" in said(f"/dev/fd/{read}", 4)
    finally:
        os.close(read)


def test_small_chunks_change_nothing(log: Path) -> None:
    assert all(said(log, line) == said(log, line, setup=Setup(chunk_bytes=64)) for line in (4, 6, 14, 15, 23))


def test_neighbours_far_away_do_not_matter(tmp_path: Path) -> None:
    path = tmp_path / "long.log"
    noise = WEBSERVER.splitlines()[12] + "\n"
    path.write_text(noise * 3000 + WEBSERVER + noise * 3000)
    assert "kind          continuation: part of the request in line 3015" in said(path, 3014)
    assert "app line    line 3005: Login Failed" in said(path, 3006)


def test_a_format_of_the_users_own_is_named() -> None:
    setup = Setup(log_formats=('%(h)s %(t)s "%(r)s" %(s)s %(D)s',))
    line = f'10.0.0.1 {CLF} "POST /api/v1/dags/etl/dagRuns HTTP/1.1" 200 1500\n'
    found = flat(said(None, 1, setup=setup, stdin=line.encode()))
    assert "line format log-format-1" in found
    assert "duration 1500 microseconds" in found
    assert "not logged user, size, referer, agent, location" in found


@pytest.mark.parametrize(
    ("line", "problem"), [(0, "has no line 0"), (24, "has no line 24; it has 23 lines"), (-1, "has no line -1")]
)
def test_a_line_that_is_not_there_is_an_error(line: int, problem: str, log: Path) -> None:
    with pytest.raises(InputError, match=problem):
        said(log, line)


def test_a_file_that_is_no_log_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(b"PK\x03\x04")
    with pytest.raises(InputError, match="is a zip archive"):
        said(tmp_path / "a.zip", 1)
    (tmp_path / "program.log").write_bytes(b"\x7fELF\x02\x01\0\0\n")
    for number in (1, None):
        with pytest.raises(InputError, match="is a program, no log"):
            said(tmp_path / "program.log", number)
    with pytest.raises(InputError, match="no such file"):
        said(tmp_path / "none.log", 1)


def test_a_folder_is_an_error_unless_it_holds_one_file(log: Path) -> None:
    assert "v1-forbidden" in said(log.parent, 4)
    (log.parent / "b.log").write_text("x")
    with pytest.raises(InputError, match="stands for 2 files; name one of them"):
        said(log.parent, 4)


def test_secrets_and_control_characters_do_not_come_out() -> None:
    target = "/api/v1/dags/e/dagRuns?token=hunter2"
    line = f'1.1.1.1 - a\x1b]0;b\u202e {CLF} "POST {target} HTTP/1.1" 403 1 "-" "Bearer eyJhbGci.x.y"\n'
    found = said(None, 1, stdin=line.encode())
    assert "attempt       rest-v1-dag-run" in found
    assert "hunter2" not in found
    assert "eyJ" not in found
    assert found.replace("\n", "").isprintable()


LINES = st.sampled_from([line for text in (WEBSERVER, API_SERVER, UVICORN) for line in text.encode().split(b"\n")])
HOSTILE = st.one_of(LINES, st.binary(max_size=60), LINES.map(lambda line: line[7:]), LINES.map(lambda line: line[:-9]))


@settings(max_examples=60, deadline=None)
@given(st.lists(HOSTILE, min_size=1, max_size=12), st.data())
def test_no_line_is_too_odd_to_be_explained(lines: list[bytes], data: st.DataObject) -> None:
    text = b"\n".join(lines) + b"\n"
    line = data.draw(st.integers(1, text.count(b"\n")))
    found = said(None, line, stdin=b"a first line\n" + text)  # a file of text, whatever follows
    assert found.replace("\n", "").isprintable()
    assert " kind " in flat(found)


def test_facts_and_near_misses_of_decided_attempts_are_asked_for(log: Path) -> None:
    brief = explain(str(log), 4, Setup())
    assert "facts " in said(log, 4)
    assert "near misses " in said(log, 4)
    assert "facts " not in brief
    assert "near misses " not in brief
    assert "outcome       authorization_failure, permission_denied" in brief


def explained(path: Path, others: Iterable[Path]) -> dict[int, tuple[str | None, ...]]:
    """User, outcome, confidence and evidence of each attempt of a log, by line, as `explain` tells them."""
    sources = [find_only_source(str(each)) for each in others]
    known = read_context(find_only_source(str(path)), Setup(), None, loader.NONE, sources, verbose=False)
    verdicts = {order: known.judge.decide(attempt) for order, attempt in known.attempts.items()}
    return {
        attempt.request.access.line: (
            *known.persons[id(attempt)][:2],
            verdicts[order].outcome,
            verdicts[order].confidence,
            verdicts[order].evidence,
        )
        for order, attempt in known.attempts.items()
    }


@pytest.mark.parametrize("cut", [None, 538])
def test_what_is_explained_is_what_is_reported(cut: int | None, tmp_path: Path) -> None:
    """A log of a proxy beside the app lines, and a log that was cut into two files."""
    folder = DATA / "recordings" / ("airflow-2.4.3-basic" if cut else "airflow-2.3.4-basic-nginx")
    for each in sorted(folder.glob("*.log.gz")):
        lines = gzip.decompress(each.read_bytes()).splitlines(keepends=True)
        (tmp_path / each.stem).write_bytes(b"".join(lines[cut:]))
        if cut:
            (tmp_path / f"{each.stem}.1").write_bytes(b"".join(lines[:cut]))
    paths = sorted(tmp_path.iterdir())
    frame = run.run(find_sources([str(tmp_path)]), options.Options()).attempts
    for path in paths:
        rows = frame[frame["source"] == str(path)]
        told = rows[["line", "user", "user_source", "outcome", "confidence", "evidence"]].astype(object)
        reported = {row[0]: row[1:] for row in told.where(told.notna(), None).itertuples(index=False, name=None)}
        assert explained(path, paths) == reported
    assert any(explained(path, []) != explained(path, paths) for path in paths)


def test_an_archive_knows_what_a_report_was_made_of(tmp_path: Path) -> None:
    one, other = tmp_path / "logs" / "access.log", tmp_path / "logs" / "app.log"
    one.parent.mkdir()
    one.write_text(WEBSERVER.splitlines()[5] + "\n")
    other.write_text(WEBSERVER.splitlines()[4] + "\n")
    CliRunner().invoke(app, ["report", str(one), str(other), "--out", str(tmp_path / "out")])
    other.unlink()
    assert run_of(str(tmp_path / "out"), str(one))[0] == [str(one)]
    with pytest.raises(InputError, match="is no log that"):
        run_of(str(tmp_path / "out"), "x.log")
