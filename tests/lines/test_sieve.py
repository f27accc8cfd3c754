"""Lines that are passed over because they are like others: which these are, and that nothing else follows from it."""

from __future__ import annotations

import json
import re
from datetime import UTC
from functools import cache
from typing import TYPE_CHECKING
from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from mixed_logs import OF_PROXIES, usual, wrapped

from logparse.common.json_parts import split_json
from logparse.envelopes import loader as envelopes
from logparse.envelopes.block import MainFormat
from logparse.envelopes.origin import Origin
from logparse.formats import loader as formats
from logparse.formats.outline import compile_front
from logparse.lines.bulk import line_sorter
from logparse.lines.bulk.line_sorter import LineSorter
from logparse.lines.bulk.main_format import ByteLines, compile_outlines
from logparse.lines.bulk.row_reader import RowReader
from logparse.lines.bulk.sieve import Sieve
from logparse.lines.clock import Clock
from logparse.lines.proxies import DEFAULT
from logparse.rules.prefilter import build_prefilter
from logparse.scans.settings import ruleset

if TYPE_CHECKING:
    from logparse.lines.bulk.sorted_lines import SortedLines

PREFILTER = build_prefilter(ruleset(()))
COUNT = 1200
#: Access lines of JSON: format, and a line with its request and status left open.
OF_RECORDS = {
    "any-json": (
        '{{"time":"2026-11-22T12:00:{n:02}Z","remote_addr":"10.0.0.{n}","remote_user":"","request":"{method} {path} '
        'HTTP/1.1","status":"{status}","body_bytes_sent":"{n}","http_user_agent":"curl/8.{n}"}}'
    ),
    "traefik-json": (
        '{{"ClientAddr":"10.0.0.{n}:56119","ClientHost":"10.0.0.{n}","ClientUsername":"-","DownstreamContentSize":{n},'
        '"DownstreamStatus":{status},"Duration":35579{n},"OriginStatus":{status},"RequestMethod":"{method}","RequestPath":'
        '"{path}","RequestProtocol":"HTTP/1.1","StartUTC":"2026-11-22T12:00:{n:02}.1Z","level":"info","msg":""}}'
    ),
    "caddy-json": (
        '{{"level":"info","ts":1791158400.{n},"logger":"http.log.access.log0","msg":"handled request","request":'
        '{{"remote_ip":"10.0.0.{n}","proto":"HTTP/1.1","method":"{method}","host":"a","uri":"{path}","headers":'
        '{{"User-Agent":["curl/8.{n}"]}}}},"user_id":"","duration":0.00{n},"size":{n},"status":{status}}}'
    ),
}
PATHS = ("/health", "/static/x.js?v=1", "/api/v1/dags/a/dagRuns", "/home", "/task_stats", "/dags/a/grid?tab=graph")
PIECES = (
    *('"', "\\", '\\"', "0", "401", " ", "/dagRuns", "/home", "trigger", "é", "\x00", "{", ',"a":1,', "POST ", "#64"),
    *("\r", "\t", "%64", "-", ".", "}", '","status":403,"x":"', ""),
)
PODS = ("web-1", "web-2")


def request_of(number: int) -> dict[str, str | int]:
    return {
        "method": ("GET", "GET", "GET", "POST")[number % 4],
        "path": PATHS[number % 6],
        "status": (200, 200, 304, 403)[number % 4 if number % 50 == 3 else 0],
    }


def line_of(form: str, number: int) -> str:
    if form in OF_RECORDS:
        return OF_RECORDS[form].format(n=number % 60, **request_of(number))
    return usual(form, number, **request_of(number))  # type: ignore[arg-type]


#: Ids of envelopes, the outermost first; a line format; what stands in front of line breaks.
Case = tuple[str, str, str]


@cache
def lines_of(case: Case) -> list[str]:
    path, form, end = case
    lines = [line_of(form, number) for number in range(COUNT)]
    for name in reversed(path.split(" > ")):
        lines = [COLOUR.sub("", text) for text in map(wrapped(name), lines)]
    return [f"{line}{end}" for line in lines]


def sort(case: Case, lines: list[str]) -> SortedLines:
    path, name, _ = case
    form = next(each for each in formats.shipped() if each.id == name)
    outline = next((each for each in compile_outlines() if each.id == name), None)
    envelopes_around = tuple(path.split(" > ")) if path else ()
    main_format = MainFormat(outline, name, envelopes_around, (), True, True, False, True)
    data = "".join(f"{line}\n" for line in lines).encode("utf-8", "surrogateescape")
    sorter = LineSorter(main_format, form, PREFILTER, RowReader(form, form.read, Clock(UTC), DEFAULT))
    with mock.patch.object(line_sorter, "WORTH", COUNT // 2):
        return sorter.sort(data, ByteLines(data), np.zeros(data.count(b"\n"), np.bool_))


ENVELOPES = [
    each.id for each in envelopes.shipped() if each.of_records and "lines" in each.layouts and each.id != "message"
]
OF_TEXTS = {each.id: each for each in envelopes.shipped() if each.outline and not each.of_records}
NESTED = ("stern > stamp", "compose > rfc5424", "loki > rfc3164", "docker-json > stamp", "kubectl-prefix > loki")
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
CASES: list[Case] = [
    *(("", form, "") for form in (*OF_RECORDS, "airflow3-json")),
    *((envelope, "gunicorn", "") for envelope in (*ENVELOPES, *OF_TEXTS, *NESTED)),
    *((envelope, form, "") for envelope in ("rfc3164", "stamp") for form in ("uvicorn", "any-json", "haproxy")),
    # The outline of ALB's lines does not reach to their end, where quotes may stand.
    *(("loki", form, "") for form in (*OF_RECORDS, *OF_PROXIES, "airflow3-json", "uvicorn") if form != "alb"),
    *((envelope, "gunicorn", "\r") for envelope in ("", "rfc3164", "loki")),
]


@pytest.mark.parametrize("case", CASES)
def test_most_lines_that_cannot_matter_are_passed_over(case: Case) -> None:
    passed = list[int]()
    sift = Sieve.sift

    def sifted(self: Sieve, lines: object) -> object:
        writers = sift(self, lines)
        passed.append(int(np.count_nonzero(writers >= 0)))
        return writers

    with mock.patch.object(Sieve, "sift", sifted):
        found = sort(case, lines_of(case))
    boring = int(np.count_nonzero(~found.wanted & ~found.differs))
    assert boring > COUNT / 3
    assert passed[0] > 0.6 * boring


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(CASES),
    st.lists(
        st.tuples(
            st.integers(0, COUNT - 1),
            st.integers(0, 500),
            st.sampled_from(PIECES),
            st.integers(0, 3),
        ),
        max_size=40,
    ),
)  # fmt: skip
def test_no_line_is_sorted_in_another_way(case: Case, changes: list[tuple[int, int, str, int]]) -> None:
    lines = [*lines_of(case)]
    for number, at, text, less in changes:
        line = lines[number]
        place = at % len(line)
        lines[number] = line[:place] + text + line[place + less :]
    found = sort(case, lines)
    with mock.patch.object(Sieve, "learn"):
        expected = sort(case, lines)
    assert found.wanted.tolist() == expected.wanted.tolist()
    assert found.differs.tolist() == expected.differs.tolist()
    assert found.writers is not None
    assert expected.writers is not None
    # Who wrote a line that is not passed on with others is asked again.
    same = ~expected.differs
    assert [found.processes[each] for each in found.writers[same]] == [
        expected.processes[each] for each in expected.writers[same]
    ]
    assert found.rows.equals(expected.rows)
    assert found.in_rows.tolist() == expected.in_rows.tolist()


def test_lines_of_several_processes_are_told_apart() -> None:
    lines = [
        json.dumps({"log": usual("gunicorn", number, "/health"), "kubernetes": {"pod_name": PODS[number % 7 == 0]},
                    "time": f"2026-11-22T12:00:{number % 60:02}Z", "stream": "stdout"}, separators=(",", ":"))
        for number in range(COUNT)
    ]  # fmt: skip
    found = sort(("fluent-bit", "gunicorn", ""), lines)
    assert found.writers is not None
    assert not found.wanted.any()
    assert [found.origins[each].pod for each in found.writers] == [PODS[number % 7 == 0] for number in range(COUNT)]


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(sorted(OF_TEXTS)),
    st.text("0123456789", min_size=60, max_size=60),
    st.text(st.characters(min_codepoint=32, max_codepoint=126)) | st.sampled_from(["::1 - ", "10.0.0.1 - - ", "[a] b"]),
)
def test_what_the_outline_of_a_front_says_is_true(name: str, digits: str, payload: str) -> None:
    envelope = OF_TEXTS[name]
    front = compile_front(name, envelope.outline, Origin._fields)
    hits = [front.match(COLOUR.sub("", wrapped(name)("x"))), *(front.match(sample.line) for sample in envelope.samples)]
    hit = next(each for each in hits if each is not None)
    written, number = list(hit[0]), iter(digits)
    for group in range(1, len(hit.groups()) + 1):
        for at in range(*hit.span(group)):
            written[at] = next(number) if written[at].isdigit() else written[at]
    before, after = envelope.open(f"{hit[0]}x"), envelope.open(f"{''.join(written)}{payload}")
    assert before is not None
    assert after is not None
    unescaped = re.sub(r"#(0[0-3][0-7]|177)", lambda each: chr(int(each[1], 8)), payload)
    assert after.payload == (unescaped if envelope.octal else payload)
    assert (after.origin, after.more) == (before.origin, before.more)


@pytest.mark.parametrize(
    ("line", "values"),
    [
        ('{"a":1,"b":{"c":"x","d":[1,{"e":null}]}}', [("a", "1"), ("b.c", '"x"'), ("b.d", "1"), ("b.d.e", "null")]),
        ('{ "a" : -1.5e3, "b":"\\"" }', [("a", "-1.5e3"), ("b", '"\\""')]),
        ("{}", []),
    ],
)  # fmt: skip
def test_an_object_is_taken_apart(line: str, values: list[tuple[str, str]]) -> None:
    parts = split_json(line)
    assert parts is not None
    assert "".join(part.text for part in parts) == line
    assert [(part.path, part.text) for part in parts if part.path is not None] == values


@pytest.mark.parametrize(
    "line", ["", "[1]", '"a"', '{"a":1', '{"a":1}}', '{"a":1}{', '{"a":x}', '{"\\u0061":1}', '{"a":1]']
)
def test_what_is_no_object_is_not_taken_apart(line: str) -> None:
    assert split_json(line) is None
