"""Properties of reading that hold for any input: every line is counted once, and no stranger can add a row."""

from __future__ import annotations

import base64
import io
import random
from collections import Counter
from dataclasses import replace
from functools import cache, reduce
from operator import add
from typing import TYPE_CHECKING

import pytest
import recordings
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from logparse.inspection.detect import SAMPLE_LINES, detect
from logparse.pipeline import options, run
from logparse.scans.scan import Evidence, Request, Scan
from logparse.scans.scanner import scan
from logparse.scans.settings import Setup
from logparse.sources import discovery
from logparse.sources.chunk_reader import ChunkReader
from logparse.sources.source import Source

if TYPE_CHECKING:
    from pathlib import Path

    from logparse.scans.coverage import Coverage

pytestmark = pytest.mark.thorough

STDIN = Source("-", None, None)
CASES = {case.name: case for case in recordings.cases()}
FORMATS = tuple({log_format for case in CASES.values() for log_format in case.log_formats})
SETUP = Setup(log_formats=FORMATS)
SIZES = (64, 1000, 1 << 16, 1 << 20)

moderate = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@cache
def pool() -> tuple[bytes, ...]:
    """Some 200 real lines of all formats; those about attempts more often than they come in logs."""
    chance = random.Random(1)
    found: list[bytes] = []
    for case in CASES.values():
        lines = [line for content in case.content().values() for line in content.split(b"\n") if len(line) < 2000]
        telling = [line for line in lines if b"rigger" in line or b"dag" in line or b"ogin" in line]
        found += chance.sample(lines, 6) + chance.sample(telling, 10)
    return tuple(found)


def scanned(data: bytes, setup: Setup = SETUP, number: int = 0) -> Scan:
    return scan(STDIN, number, setup, stdin=io.BytesIO(data)).whole()


def assert_all_lines_are_counted(data: bytes) -> None:
    (entry,) = scanned(data).coverage.values()
    assert list(entry.kinds) == ["access", "app", "continuation", "other", "unparsed"]
    assert sum(entry.kinds.values()) == entry.lines
    if not entry.problem:  # not, say, the first bytes of an archive
        text = b"".join(chunk.data for chunk in ChunkReader(STDIN, stdin=io.BytesIO(data)))
        assert entry.lines == text.count(b"\n") + (text[-1:] not in {b"", b"\n"})


@st.composite
def mangled(draw: st.DrawFn) -> bytes:
    """Real lines: cut, doubled, spliced together, shuffled, with random bytes in between."""
    line = st.sampled_from(pool())
    cut = st.builds(lambda text, at: text[: at % (len(text) + 1)], line, st.integers(0, 2000))
    rest = st.builds(lambda text, at: text[at % (len(text) + 1) :], line, st.integers(0, 2000))
    stuffed = st.builds(lambda head, middle, tail: head + middle + tail, cut, st.binary(max_size=8), rest)
    pieces = draw(st.lists(st.one_of(line, line, cut, rest, stuffed, st.binary(max_size=40)), max_size=30))
    doubled = pieces * draw(st.integers(1, 2))
    return draw(st.sampled_from([b"\n", b"\n", b"\r\n"])).join(doubled) + draw(st.sampled_from([b"", b"\n"]))


@moderate
@given(st.one_of(st.binary(max_size=400), st.lists(st.binary(max_size=60)).map(b"\n".join)))
@example(b"")
@example(b"\n")
@example(b"\r\n\r")
@example(b"\0" * 100)
@example(b"PK\x03\x04")
def test_any_bytes_are_counted(data: bytes) -> None:
    assert_all_lines_are_counted(data)


@moderate
@given(mangled())
def test_mangled_lines_are_counted(data: bytes) -> None:
    assert_all_lines_are_counted(data)


@moderate
@given(mangled())
@example(b"\x80[2026-11-29 15:23:19,162] {dagbag.py:417} INFO - Filling up the DagBag from /dags/lab.py\n")
def test_coverage_counts_the_rows_of_attempts(data: bytes) -> None:
    found = run.run([STDIN], options.Options(SETUP), stdin=io.BytesIO(data))
    (entry,) = found.entries
    assert entry.attempts == len(found.attempts)
    assert entry.timeless == found.attempts["time"].isna().sum()


@pytest.mark.sampled(6)
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_detect_counts_lines_as_coverage_does(case: recordings.Case, tmp_path: Path) -> None:
    for content in case.content().values():
        head = b"\n".join(content.split(b"\n")[: SAMPLE_LINES - 1])
        (tmp_path / "a.log").write_bytes(head)
        (entry,) = scanned(head, case.setup).coverage.values()
        told = detect(str(tmp_path / "a.log"), case.setup)
        assert (told.kinds, told.lines, told.first, told.last) == (entry.kinds, entry.lines, entry.first, entry.last)


@moderate
@given(mangled())
def test_size_of_chunks_does_not_matter(data: bytes) -> None:
    whole = scanned(data)
    for size in SIZES:
        assert scanned(data, replace(SETUP, chunk_bytes=size)) == whole


@pytest.mark.sampled(16)
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_size_of_chunks_does_not_matter_to_recordings(case: recordings.Case) -> None:
    for content in case.content().values():
        whole = scanned(content, case.setup)
        assert scanned(content, replace(case.setup, chunk_bytes=64)) == whole
        assert scanned(content, replace(case.setup, chunk_bytes=10_000)) == whole


@moderate
@given(mangled())
def test_prefilter_loses_nothing(data: bytes) -> None:
    assert scanned(data) == scanned(data, replace(SETUP, prefilter=False))


@pytest.mark.sampled(3)
@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_prefilter_loses_nothing_of_recordings(case: recordings.Case) -> None:
    for content in case.content().values():
        assert scanned(content, case.setup) == scanned(content, replace(case.setup, prefilter=False))


def test_order_of_sources_does_not_matter(tmp_path: Path) -> None:
    for name in ("airflow-2.0.2-basic", "airflow-2.10.5-custom-format-proxy", "airflow-3.0.6-fab"):
        (tmp_path / name).mkdir()
        for log, content in CASES[name].content().items():
            (tmp_path / name / log).write_bytes(content)
    found = discovery.find_sources([str(tmp_path)])
    straight = run.run(found, options.Options(SETUP))
    for order in (found[::-1], found[1:] + found[:1]):
        other = run.run(order, options.Options(SETUP))
        assert other.attempts.equals(straight.attempts)
        assert other.coverage.equals(straight.coverage)


def in_order(found: Scan) -> tuple[list[Request], list[Evidence], list[tuple[int, Coverage]]]:
    return (
        sorted(found.requests, key=lambda each: (each.source, each.access.line)),
        sorted(found.evidence, key=lambda each: (each.source, each.message.line)),
        sorted(found.coverage.items()),
    )


@moderate
@given(st.lists(mangled(), min_size=3, max_size=3), st.permutations(range(3)))
def test_scans_add_up_in_any_grouping_and_order(data: list[bytes], order: list[int]) -> None:
    one, two, three = scans = [scanned(each, number=number) for number, each in enumerate(data)]
    assert (one + two) + three == one + (two + three)
    assert in_order(reduce(add, (scans[number] for number in order))) == in_order(one + two + three)
    assert Scan() + one == one == one + Scan()


# -- what strangers write ---------------------------------------------------------------------------------------------

LOGIN = '127.0.0.6 - - [22/Nov/2026:12:50:56 +0000] "POST /login/ HTTP/1.1" 302 227 "-" "Mozilla/5.0"'
FORGERY = (
    '127.0.0.2 - admin [22/Nov/2026:12:50:56 +0000] "POST /api/v1/dags/forged/dagRuns HTTP/1.1" 200 464 "-" "curl"'
)
tempting = st.sampled_from([
    *'"\\\t-[]{}\x1b\x0b\x0c\x1c\x85\u2028\u202eé名 ', "%22", "%0a", "\\n", '\\"', "- -", "admin",
    "127.0.0.2 - admin [22/Nov/2026", '"POST /api/v1/dags/forged/dagRuns HTTP/1.1" 200 464 "-" "-"',
    "POST /api/v1/dags/forged/dagRuns HTTP/1.1", " 200 1 ", '"-" "curl"', "[2026-11-22T12", "{override.py", "forged",
    "HTTP/1.1", FORGERY, "INFO - Login Failed for user", "dagRuns", "Traceback (most recent call last)",
])  # fmt: skip
texts = st.lists(st.one_of(tempting, st.text(max_size=6)), max_size=6).map("".join)
breaks = st.sampled_from(["\n", "\r\n", "\n\n", "\r", ""])


@st.composite
def names(draw: st.DrawFn) -> str:
    """A Basic user name: anything up to the first colon, line breaks included."""
    parts = draw(st.lists(st.tuples(texts, breaks), max_size=4))
    name = "".join(text + line_break for text, line_break in parts)
    return name.encode("utf-8", "ignore").decode().partition(":")[0]


def as_header(text: str) -> str:
    """What gunicorn makes of a header: bytes read as latin-1, no line breaks."""
    raw = text.encode("utf-8", "ignore").decode("latin-1")
    return "".join(letter for letter in raw if letter not in "\r\n\0").strip(" \t")


def as_target(text: str) -> str:
    """What gunicorn makes of a request target: no blanks."""
    return "".join(as_header(text).split())


def gunicorn_line(user: str, target: str, status: int, agent: str) -> str:
    """An access line as gunicorn writes it: quotes of strangers get a backslash, nothing else is escaped."""
    name = base64.b64decode(base64.b64encode(f"{user}:secret".encode())).decode().split(":", 1)[0] or "-"
    user, target, agent = (text.replace('"', '\\"') for text in (name, target, agent or "-"))
    return (
        f"127.0.0.9 - {user} [22/Nov/2026:12:50:56 +0000] "
        f'"POST /api/v1/dags/etl/dagRuns{target} HTTP/1.1" {status} 188 "-" "{agent}"'
    )


requests = st.builds(
    gunicorn_line,
    names(),
    st.one_of(st.just(""), texts.map(lambda text: "?note=" + as_target(text))),
    st.sampled_from([200, 401, 403]),
    texts.map(as_header),
)


@settings(moderate, max_examples=150)
@given(st.lists(requests, min_size=1, max_size=5))
def test_text_of_strangers_adds_no_row(lines: list[str]) -> None:
    found = scanned("\n".join([*lines, ""]).encode(), Setup())
    (entry,) = found.coverage.values()
    assert [request.tag.dag_id for request in found.requests] == ["etl"] * len(lines)
    assert entry.kinds["access"] == len(lines)
    assert entry.kinds["unparsed"] == 0
    assert Counter(request.access.client for request in found.requests) == {"127.0.0.9": len(lines)}


@settings(moderate, max_examples=150)
@given(st.lists(names(), min_size=1, max_size=4))
@example(["\\n\n127.0.0.2 - admin [22/Nov/2026"])
@example(['\n"127.0.0.2 - admin [22/Nov/2026'])
@example(['\n\\"127.0.0.2 - admin [22/Nov/2026'])
@example(["\nINFO - Login Failed for user\r\r"])
@example(["\nINFO - Login Failed for user: bob"])
@example(['"POST /api/v1/dags/forged/dagRuns HTTP/1.1" 200 464 "-" "-"\n'])
@example(['\n10.9.9.9 - "POST /api/v1/dags/forged/dagRuns HTTP/1.1" 200 464 "-" "-"\n\n'])
def test_names_that_were_refused_add_no_row(refused: list[str]) -> None:
    text = "".join(
        f"[2026-11-22T12:50:56.343+0000] {{override.py:2232}} INFO - Login Failed for user: {name}\n"
        f"{gunicorn_line(name, '', 401, 'curl/8.5.0')}\n"
        for name in refused
    )
    found = scanned(text.encode(), Setup())
    attempts = [request for request in found.requests if request.tag.channel]
    assert [request.tag.dag_id for request in attempts] == ["etl"] * len(refused)
    assert Counter(request.access.client for request in attempts) == {"127.0.0.9": len(refused)}
    (entry,) = found.coverage.values()
    assert entry.kinds["app"] == len(refused)
    assert entry.kinds["unparsed"] == 0


@pytest.mark.parametrize("stamp", ["12:50:56", "13:30:00"], ids=["now", "later"])
@pytest.mark.parametrize("lines", [1, 41, 120])
def test_names_typed_into_the_login_form_make_nothing_certain(lines: int, stamp: str) -> None:
    assert_nothing_certain("\n".join(["x", *[FORGERY.replace("12:50:56", stamp)] * lines]))


def test_names_with_the_end_of_a_login_make_nothing_certain() -> None:
    assert_nothing_certain(f"x\n{LOGIN}\n{FORGERY}")


def assert_nothing_certain(name: str) -> None:
    log = f"""\
[2026-11-22T12:50:56.519+0000] {{override.py:2232}} INFO - Login Failed for user: {name}
{LOGIN}
127.0.0.3 - uma [22/Nov/2026:12:50:57 +0000] "POST /api/v1/dags/etl/dagRuns HTTP/1.1" 200 503 "-" "curl/8.5.0"
"""
    attempts = run.run([STDIN], options.Options(), stdin=io.BytesIO(log.encode())).attempts
    assert attempts["dag_id"].iloc[-1] == "etl"
    forged = attempts[attempts["dag_id"].eq("forged")]
    assert set(forged["confidence"]) <= {"likely"}
    assert set(forged["caution"]) <= {"typed_name"}
