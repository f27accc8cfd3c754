"""Blocks of lines are passed over unread, and nothing depends on it: with lines of strangers between, in any slices."""

from __future__ import annotations

import io
import json
import re
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import product
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import recordings
from hypothesis import given, settings
from hypothesis import strategies as st
from mixed_logs import OF_PROXIES, mixed, usual, wrapped

from logparse.common.errors import FormatError
from logparse.envelopes.block import Block
from logparse.formats import loader as formats
from logparse.formats import outline
from logparse.formats.clients import PATTERN
from logparse.lines.bulk import asked_lines, line_sorter, main_format
from logparse.lines.bulk.fields import Fields
from logparse.pipeline import options, run, schedule
from logparse.pipeline.engines.pool import Pool
from logparse.rules import prefilter
from logparse.rules.loader import load_rules
from logparse.scans import slicing
from logparse.scans.request_store import RequestStore
from logparse.scans.scanner import cut_into_slices, scan, scan_slice
from logparse.scans.settings import Setup, make_reader
from logparse.sources.chunks import Chunk
from logparse.sources.discovery import find_sources
from logparse.sources.source import Source

if TYPE_CHECKING:
    from pathlib import Path

    from logparse.scans.scan import Scan

pytestmark = pytest.mark.thorough

back = RequestStore.back
RULES = load_rules()  # with their examples
SETUP = Setup()
OUTLINES = {each.id: each for each in main_format.compile_outlines()}
CASES = {case.name: case for case in recordings.cases()}
NATIVE = ("gunicorn", "uvicorn", "airflow3-console", "airflow3-json")
WRAPPED = ("", "docker-json", "cri")


def scanned(data: bytes, setup: Setup = SETUP) -> Scan:
    return scan(Source("-", None, None), 0, setup, stdin=io.BytesIO(data)).whole()


# -- outlines ----------------------------------------------------------------------------------------------------------


def test_an_outline_tells_what_is_wrong_with_it() -> None:
    with pytest.raises(FormatError, match="<clent> is none of"):
        outline.compile_outline("x", "<clent> - ")
    with pytest.raises(FormatError, match="can hold what follows it"):
        outline.compile_outline("x", "<client><digits>")
    with pytest.raises(FormatError, match="can hold what follows it"):
        outline.compile_outline("x", "<client>:80")


@pytest.mark.parametrize("form", NATIVE)
@pytest.mark.parametrize("envelope", WRAPPED)
def test_lines_are_in_the_outline_of_their_format_alone(form: str, envelope: str) -> None:
    line = wrapped(envelope)(usual(form, 1, "/dags/a/grid?tab=graph&x=%2F"))
    inside = [name for name, each in OUTLINES.items() if not re.search(each.differs(), line + "\n")]
    assert inside == [f"{envelope} > {form}" if envelope else form]


PLACES = st.integers(min_value=0, max_value=400)


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(sorted(OUTLINES)), PLACES, st.sampled_from([*"0aZ \"\\[]{}:-/%\n\x00é='", ""]), st.booleans())
def test_a_line_differs_or_is_as_the_outline_says(name: str, at: int, character: str, insert: bool) -> None:
    envelope, _, form = name.rpartition(" > ")
    line = wrapped(envelope)(usual(form, 1, "/dags/a/grid?tab=graph"))
    line = line[:at] + character + line[at + (not insert) :] + "\n"
    whole = "".join(token.expression for token in OUTLINES[name].tokens)
    assert (re.match(whole, line) is None) == (re.search(OUTLINES[name].differs(), line) is not None)


@settings(max_examples=400, deadline=None)
@given(
    st.sampled_from(sorted(OUTLINES)),
    st.lists(
        st.tuples(PLACES, st.sampled_from([*"0aZ \"\\[]{}:,-/%\x00é='", "", " - ", '" "']), st.booleans()), min_size=1
    ),
)  # fmt: skip
def test_fields_lie_where_expressions_find_them(name: str, changes: list[tuple[int, str, bool]]) -> None:
    known = OUTLINES[name]
    tokens = [*known.tokens, *(known.rest or ())]
    seen = set[str]()
    pattern = ""
    for token in tokens:
        group = token.field in outline.KEPT and token.field not in seen
        seen.add(token.field)
        pattern += f"(?P<{token.field}>{token.expression})" if group else token.expression
    lines = []
    for at, character, insert in changes:
        line = wrapped(name.rpartition(" > ")[0])(usual(known.form, at, "/dags/a/grid?tab=graph"))
        lines.append(line[:at] + character + line[at + (not insert) :] + "\n")
    lines = [line for line in lines if not re.search(known.differs(), line)]
    found = Fields(pa.array([line.encode() for line in lines], pa.binary()), known)
    assert found.column("method").to_pylist() == [
        re.match(pattern[: pattern.index(")", pattern.index("?P<method>")) + 1], line)["method"].encode()  # type: ignore[index]
        for line in lines
    ]
    if known.rest is None:
        return
    for chosen in (np.arange(len(lines)), np.arange(0, len(lines), 2)):
        columns, whole = found.whole(chosen)
        expected = [re.fullmatch(pattern + "\n", lines[at]) for at in chosen]
        assert whole.tolist() == [each is not None for each in expected]
        for field, column in columns.items():
            told = zip(column.to_pylist(), expected, strict=True)
            assert all(each is None or value == each[field].encode() for value, each in told)


@pytest.mark.parametrize("form", NATIVE)
@pytest.mark.parametrize("envelope", WRAPPED)
def test_no_request_that_a_rule_is_about_is_passed_over(form: str, envelope: str) -> None:
    filters = prefilter.build_prefilter(RULES)
    name = f"{envelope} > {form}" if envelope else form
    pattern = re.compile(filters.wanted(OUTLINES[name]))
    looked = 0
    for rule in (*RULES.attempts, *RULES.follow_ups):
        for example in (each for each in rule.examples if each.positive and not each.todo):
            method, _, path = str(example.data["request"]).partition(" ")
            status = int(example.data.get("status", 200))
            line = wrapped(envelope)(usual(form, 1, path, method, status)) + "\n"
            looked += 1
            assert pattern.search(line), line
            assert filters.matter([(method, path, str(status))])[0]
    assert looked > 40


def test_what_no_rule_is_about_need_not_be_read() -> None:
    pattern = re.compile(prefilter.build_prefilter(RULES).wanted(OUTLINES["gunicorn"]))
    for path in ("/health", "/api/v1/dags/x/dagRuns?limit=5", "/static/home.js", "/object/grid_data?base_date=1%3A0"):
        assert not pattern.search(usual("gunicorn", 1, path, "PUT") + "\n")
    assert not pattern.search(usual("gunicorn", 1, "/api/v1/dags/x/dagRuns", "GET") + "\n")  # only POST makes a run
    assert not pattern.search(usual("gunicorn", 1, "/last_dagruns", "POST") + "\n")
    assert not prefilter.build_prefilter(RULES).matter([("POST", "/last_dagruns", "200")])[0]


@pytest.mark.parametrize("turned", [False, True])
def test_a_query_in_a_field_of_its_own_may_be_what_a_rule_asks_for(turned: bool) -> None:
    form = next(form for form in formats.shipped() if form.id == "airflow3-json")
    keys = {"event": "request finished", "method": "GET", "path": "/dags/etl/grid", "status_code": 200}
    lines: list[str | None] = [
        json.dumps({**keys, "query": query, "logger": "http.access"}) for query in ("tab=graph", "", "tab=graph")
    ]
    _, matters = asked_lines.sort_by_request(lines[turned:], None, form, prefilter.build_prefilter(RULES))
    assert matters.tolist() == [False, True, False][turned:]


@pytest.mark.sampled(16)
@pytest.mark.parametrize("form", NATIVE)
@pytest.mark.parametrize("envelope", WRAPPED)
@pytest.mark.parametrize("seed", [1, 2])
def test_nothing_depends_on_the_prefilter_or_the_size_of_chunks(form: str, envelope: str, seed: int) -> None:
    data = mixed(form, envelope, seed)
    found = scanned(data)
    assert found.requests
    assert found == scanned(data, replace(SETUP, prefilter=False))
    assert found == scanned(data, replace(SETUP, chunk_bytes=5000))
    assert found == scanned(data, replace(SETUP, chunk_bytes=30_000, prefilter=False))
    assert sum(found.coverage[0].kinds.values()) == found.coverage[0].lines


#: Each form in each envelope, and how many lines must stand before a slice.
SLICED: Final = [
    (form, envelope, (5, 50, 200)[(at + at // 3) % 3])
    for at, (form, envelope) in enumerate(product(["gunicorn", "airflow3-console", "airflow3-json"], WRAPPED))
]


@pytest.mark.sampled(16)
@pytest.mark.parametrize(("form", "envelope", "settled"), SLICED)
def test_nothing_depends_on_slices(
    form: str, envelope: str, settled: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slicing, "SHORTEST", 10_000)
    monkeypatch.setattr(line_sorter, "INDEPENDENT_AFTER", settled)
    (tmp_path / "a.log").write_bytes(mixed(form, envelope, settled))
    sources = find_sources([str(tmp_path / "a.log")])
    (alone,) = schedule.read_sources(sources, Setup(), None)
    for workers in (2, 7):
        with ThreadPoolExecutor(2) as executor:
            (found,) = schedule.read_sources(sources, Setup(), Pool(executor, workers))
        assert found.whole() == alone.whole()


def test_slices_that_depend_on_each_other_are_read_as_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slicing, "SHORTEST", 10_000)
    monkeypatch.setattr(line_sorter, "INDEPENDENT_AFTER", 5)
    typed = "[2026-11-22T00:10:30.000+0000] {override.py:2142} INFO - Login Failed for user: mallory"
    lines = [usual("gunicorn", 1) for _ in range(700)] + [typed] + [usual("gunicorn", 1) for _ in range(700)]
    (tmp_path / "a.log").write_text("".join(f"{line}\n" for line in lines * 3))
    sources = find_sources([str(tmp_path / "a.log")])
    assert len(list(cut_into_slices(sources[0], Setup(), 4))) > 3
    with ThreadPoolExecutor(2) as executor:
        found = schedule.read_sources(sources, Setup(), Pool(executor, 4))
        assert [each.whole() for each in found] == [
            each.whole() for each in schedule.read_sources(sources, Setup(), None)
        ]


def test_what_was_passed_on_of_a_file_is_taken_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line in another envelope is by whoever wrote the line before it, which the slices before it tell."""
    monkeypatch.setattr(slicing, "SHORTEST", 10_000)
    monkeypatch.setattr(line_sorter, "INDEPENDENT_AFTER", 5)
    taken_back = []

    def noted(pages: RequestStore, mark: int) -> None:
        taken_back.append(mark)
        back(pages, mark)

    monkeypatch.setattr(RequestStore, "back", noted)
    for name in "abc":
        paths = [f"/api/v1/dags/{name}/dagRuns" if number % 9 == 0 else "/x" for number in range(3000)]
        lines = [usual("gunicorn", number, path, "POST") for number, path in enumerate(paths)]
        lines[2500] = wrapped("docker-json" if name == "b" else "")(lines[2500])
        (tmp_path / f"{name}.log").write_text("".join(f"{line}\n" for line in lines))
    sources = find_sources([str(tmp_path)])
    with ThreadPoolExecutor(2) as executor:
        found = run.run(sources, options.Options(), pool=Pool(executor, 7))
    alone = run.run(sources, options.Options())
    assert taken_back == [1]
    assert len(found.attempts) == 1002
    pd.testing.assert_frame_equal(found.attempts, alone.attempts)
    assert found.entries == alone.entries


def calm(form: str) -> bytes:
    """A log with attempts, and an app line now and then."""
    said = "[2026-11-22T00:10:30.000+0000] {app.py:1} ERROR - Exception on /api/v1/dags/a/dagRuns [POST]"
    paths = ["/dags/a/trigger" if number % 9 == 0 else "/x" for number in range(3000)]
    lines = [usual(form, number, path, "POST", 200 + number % 3) for number, path in enumerate(paths)]
    lines[700::400] = [said] * len(lines[700::400])
    return "".join(f"{line}\n" for line in lines).encode()


def test_a_hole_does_not_have_slices_read_again_and_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slicing, "SHORTEST", 10_000)
    monkeypatch.setattr(slicing, "_STEP", 20_000)
    monkeypatch.setattr(line_sorter, "INDEPENDENT_AFTER", 5)
    read = []

    def noted(*given: Any) -> Any:
        read.append(given[3])
        return scan_slice(*given)

    monkeypatch.setattr(schedule, "scan_slice", noted)
    data = calm("gunicorn")
    cut = data.index(b"\n", len(data) * 2 // 3) + 1
    (tmp_path / "a.log").write_bytes(data[:cut] + bytes(5000) + data[cut:])
    sources = find_sources([str(tmp_path)])
    (alone,) = schedule.read_sources(sources, Setup(), None)
    with ThreadPoolExecutor(2) as executor:
        (found,) = schedule.read_sources(sources, Setup(), Pool(executor, 7))
    assert found.whole() == alone.whole()
    parts = len(list(cut_into_slices(sources[0], Setup(), 7)))
    assert parts > 5
    assert len(read) <= parts + 3


@pytest.mark.parametrize("start", [b"\xef\xbb\xbf", b"\0" * 100, b"\x1f\x8b\x08\0", b""])
def test_only_plain_text_is_cut(start: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slicing, "SHORTEST", 10_000)
    data = "".join(f"{usual('gunicorn', number)}\n" for number in range(2000)).encode()
    (tmp_path / "a.log").write_bytes(start + data)
    assert (len(list(cut_into_slices(find_sources([str(tmp_path / "a.log")])[0], Setup(), 2))) > 1) == (not start)


@pytest.mark.sampled(16)
@pytest.mark.parametrize("name", sorted(CASES))
def test_recordings_behind_many_usual_lines_tell_the_same(name: str) -> None:
    """The usual lines of a recording are passed over, too, once there are enough lines before."""
    case = CASES[name]
    for content in case.content().values():
        long = (
            content * (1 + 3 * main_format.HEAD // max(1, content.count(b"\n"))) if len(content) < 1 << 20 else content
        )
        assert scanned(long, case.setup) == scanned(long, replace(case.setup, prefilter=False))


# -- no Python call for a line that does not matter --------------------------------------------------------------------


def calls(data: bytes) -> int:
    """How many functions are called, in Python and C, to read some lines."""
    reader = make_reader(Setup(), RULES, 0)
    made = 0

    def count(_frame: object, event: str, _argument: object) -> None:
        nonlocal made
        made += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        found = reader.read([Chunk(data)])
    finally:
        sys.setprofile(before)
    assert found.kinds["access"] == found.total == data.count(b"\n")
    assert found.access == []
    return made


@pytest.mark.sampled(12)
@pytest.mark.parametrize("form", NATIVE)
@pytest.mark.parametrize("envelope", WRAPPED)
def test_noise_costs_no_python_call(form: str, envelope: str) -> None:
    wrap = wrapped(envelope)
    noise = ["/health", "/static/main.7f2d.js", "/object/grid_data?dag_id=a&num_runs=25", "/api/v1/dags/a/dagRuns"]
    lines = [wrap(usual(form, number, noise[number % 4])).encode() + b"\n" for number in range(1000)]
    few, many = calls(b"".join(lines)), calls(b"".join(lines * 100))
    assert many - few < 2000  # some lines are read for their time: one in 4 MiB


def test_every_native_format_has_an_outline() -> None:
    assert {form.id for form in formats.shipped() if form.outlines} == {*NATIVE, *OF_PROXIES}


@pytest.mark.parametrize("name", OF_PROXIES)
def test_lines_of_proxies_are_in_the_outline_of_their_format_alone(name: str) -> None:
    line = usual(name, 1, "/dags/a/grid?tab=graph&x=%2F") + "\n"
    inside = [
        each.form for each in main_format.compile_outlines() if not re.search(each.differs(), line) and not each.path
    ]
    assert inside == ["gunicorn", name] if name in ("ingress-nginx", "traefik") else [name]


@settings(max_examples=1000, deadline=None)
@given(
    st.sampled_from(sorted(OF_PROXIES)),
    st.lists(
        st.tuples(PLACES, st.sampled_from([*"0aZ \"\\[]{}:,-/%#\x00é='\t", "", " - ", '" "']), st.booleans()),
        max_size=2,
    ),
)
def test_a_line_in_an_outline_is_in_its_format_and_asks_for_the_same(
    name: str, changes: list[tuple[int, str, bool]]
) -> None:
    """What is passed over by an outline is passed over for the reason that the format gives."""
    line = usual(name, 7, "/dags/a/grid?tab=graph")
    for at, character, insert in changes:
        line = line[:at] + character + line[at + (not insert) :]
    form = next(each for each in formats.shipped() if each.id == name)
    for known in main_format.compile_outlines():
        if known.id == name and not re.search(known.differs(), f"{line}\n") and "\n" not in line:
            fields = Fields(pa.array([f"{line}\n".encode()], pa.binary()), known)
            if not fields.match("client", f"^(?:{PATTERN})$").all():  # such a line is read by itself
                continue
            read = form.read(line) or {}
            asked = {each: fields.column(each).to_pylist()[0].decode() for each in ("method", "target", "status")}
            assert asked == {each: read.get(each) for each in asked}


@pytest.mark.parametrize("envelope", WRAPPED)
def test_a_block_may_be_turned_round(envelope: str) -> None:
    """Its first line is the last one then, and what was read of it goes along."""
    wrap = wrapped(envelope)
    paths = ["/x", "/api/v1/dags/a/dagRuns", "/x", "/home", "/dags/é/trigger", "/x"]
    data = "".join(f"{wrap(usual('gunicorn', n, path, 'POST'))}\n" for n, path in enumerate(paths * 200)).encode()
    reader = make_reader(SETUP, RULES, 0)
    lines = [line for line in reader.splitter.split(iter([Chunk(data)])) if isinstance(line, Block)]
    assert lines
    for block in lines:
        turned, last = block.reverse(), block.count - 1
        assert [turned.number(at) for at in (0, last)] == [block.number(last), block.number(0)]
        assert turned.payload(0).text == block.payload(last).text
        assert turned.rows.at.tolist() == [last - at for at in reversed(block.rows.at.tolist())]
        assert turned.rows.places.tolist() == block.rows.places.tolist()[::-1]
        for each in turned.single_lines:
            assert each.payload.text == turned.payload(each.at).text
        again = turned.reverse()
        assert again.rows.table is block.rows.table
        assert again.rows.at.tolist() == block.rows.at.tolist()
        assert again.rows.places.tolist() == block.rows.places.tolist()
        assert again.single_lines == block.single_lines
