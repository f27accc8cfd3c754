"""Entries of several lines: all are read, wherever the file is cut, and nothing that only looks like one."""

from __future__ import annotations

import json
import re
import warnings
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from envelope_wrapping import wrap
from hypothesis import given
from hypothesis import strategies as st

import logparse
from logparse.envelopes.documents import rubydebug, yaml_text
from logparse.envelopes.documents.entry_stream import find_kind
from logparse.envelopes.documents.items import LineQueue
from logparse.envelopes.documents.yaml_documents import MappingReader
from logparse.envelopes.loader import find_envelope

if TYPE_CHECKING:
    from pathlib import Path

LINE = (
    '192.0.2.{0} - - [29/Nov/2026:10:00:{0:02d} +0000] "POST /api/v1/dags/dag_{0}/dagRuns HTTP/1.1" 200 7 "-" '
    '"a: \\"b\\", #c"'
)
APP = "[2026-11-29T10:00:01.123+0000] {{override.py:2240}} INFO - Filling up the DagBag: '{}'"
KINDS = {
    "yaml": "gcp-logentry",
    "yaml-list": "cloudwatch-events",
    "journal-export": "journald",
    "journal-verbose": "journald",
    "rubydebug": "message",
    "debug-exporter": "otel-debug",
}
SERVER_LINE = LINE.format(59)


def text_of(layout: str, count: int = 20) -> str:
    lines = [LINE.format(at) if at % 4 else APP.format(f"user {at}: it's") for at in range(1, count + 1)]
    return wrap(find_envelope(KINDS[layout]), layout, lines)


def read(text: str, size: int) -> list[tuple[int, str]]:
    """Records and lines of a file, with the numbers of their lines."""
    known = re.compile(re.escape(SERVER_LINE))
    stream = find_kind(text.split("\n"), lambda line: known.fullmatch(line) is not None, lambda _: True)
    assert stream is not None
    lines = text.splitlines(keepends=True)
    pieces = ["".join(lines[at : at + size]).encode() for at in range(0, len(lines), size)]
    found: list[tuple[int, str]] = []
    for at, piece in enumerate(pieces):
        part = stream.read(piece, last=at == len(pieces) - 1)
        found += zip(part.numbers.tolist(), [text.decode() for text in part.texts], strict=True)
    return found


@pytest.mark.parametrize("layout", KINDS)
def test_a_file_reads_the_same_wherever_it_is_cut(layout: str) -> None:
    text = text_of(layout)
    whole = read(text, 1_000_000)
    records = [value for _, value in whole if value.startswith("{")]
    assert len(records) == 20
    for size in (1, 2, 3, 7, 50):
        assert read(text, size) == whole


@pytest.mark.parametrize("layout", KINDS)
def test_a_line_of_a_server_between_entries_stays_a_line(layout: str) -> None:
    text = text_of(layout, 8)
    both = text + SERVER_LINE + "\n" + text
    found = read(both, 1_000_000)
    assert [value for _, value in found].count(SERVER_LINE) == 1
    assert len([value for _, value in found if value.startswith("{")]) == 16


@pytest.mark.parametrize("layout", KINDS)
def test_every_attempt_is_found(layout: str, tmp_path: Path) -> None:
    (tmp_path / "some.log").write_text(text_of(layout))
    found = logparse.attempts(tmp_path / "some.log")
    assert sorted(found["dag_id"]) == sorted(f"dag_{at}" for at in range(1, 21) if at % 4)


@pytest.mark.parametrize("layout", KINDS)
def test_an_entry_without_an_end_hides_no_line_behind_it(layout: str, tmp_path: Path) -> None:
    text = text_of(layout, 3)
    (tmp_path / "some.log").write_text(text[: len(text) * 2 // 3] + "\n" + f"{LINE.format(40)}\n" * 3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the piece of an entry is not understood
        found = logparse.attempts(tmp_path / "some.log")
    assert list(found["dag_id"]).count("dag_40") == 3


KEYS = st.sampled_from(["a", "b_c", "k8s-pod/app", "x.y", "yes", "No", "null", "textPayload"])
TEXTS = st.text(st.sampled_from("aZ09 '\"\\:#-_[]{}|>&*!%@,?.\t/~=\n\u00e9\u2028\x1b\U0001f600"), max_size=40)
ROUND = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(0, 10**9)
    | TEXTS
    | st.sampled_from(["2026-03-01", "1:30", "0x1", ".5", "~"]),
    lambda inner: st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=8,
)
PRINTED = st.text(st.sampled_from("aZ09 '\"\\:#-_[]{}|>&*!%@,?.\t/~"), max_size=40)


def compare(text: str) -> bool:
    """Whether the plain reader reads a text; then it must mean the same to PyYAML."""
    try:
        value: Any = yaml_text.read_mapping(text.split("\n"))
    except yaml_text.NotPlain:
        return False
    assert value == yaml.safe_load(text)
    return True


@given(st.dictionaries(KEYS, ROUND, min_size=1, max_size=5))
def test_plain_yaml_means_what_it_means_to_the_library(record: dict[str, Any]) -> None:
    for width in (20, 80, 10_000):
        compare(yaml.safe_dump(record, width=width, allow_unicode=True).rstrip("\n"))


@given(
    st.lists(
        st.from_regex(r" {0,4}[A-Za-z]{1,3}:", fullmatch=True) | PRINTED.map(lambda text: f"a: {text}") | PRINTED,
        max_size=6,
    )
)
def test_any_text_means_what_it_means_to_the_library(lines: list[str]) -> None:
    text = "\n".join(lines)
    try:
        yaml.safe_load(text)
    except yaml.YAMLError:
        return  # what is no YAML may be read as if it were
    compare(text)


@pytest.mark.parametrize(
    "text",
    [
        "a: b # c",
        "a: b: c",
        "a: b:",
        "a: 'x' y",
        "a: 'it''s",
        "a: |\n  x\n y",
        "a: |\n  x\n\n  y",
        "a: >\n  x\n  y",
        "a: yes",
        "a: 2026-03-01 10:00:00",
        "a: 1_000",
        "a: 012",
        'a: "x\\e"',
        "a: - b",
        "a:\n- b",
        "a: b\n  # c",
        "a: x\n\n  y",
        "a: &x y",
        "a: *x",
        "? a",
        "a: {b: c}",
        "  a: b\nc: d",
        "a:\tb",
    ],
)
def test_what_is_not_plain_is_left_to_the_library(text: str) -> None:
    with pytest.raises(yaml_text.NotPlain):
        yaml_text.read_mapping(text.split("\n"))


def test_a_separator_without_a_document_is_no_record() -> None:
    """It may stand in a name that somebody sent."""
    assert not compare("")
    lines = ["198.51.100.66 - a", "---", 'b [29/Nov/2026:10:00:02 +0000] "GET / HTTP/1.1" 401 1 "-" "x"']
    queue = LineQueue(iter(enumerate(lines[2:], 3)))
    items = MappingReader().read_document(2, lines[1], queue, lambda _: False)
    assert [item.record for item in items] == [None]


def test_what_exports_print_is_plain() -> None:
    entry = {
        "insertId": "1a",
        "labels": {"k8s-pod/app": "web"},
        "textPayload": LINE.format(1),
        "timestamp": "2026-03-01T23:59:51Z",
    }
    assert compare(yaml.safe_dump(entry).rstrip())
    assert compare(yaml.safe_dump({"message": APP.format("x"), "timestamp": 1772409591002}).rstrip())


def test_ruby_writes_signs_in_its_own_way() -> None:
    line = LINE.format(3).replace("\\", "\\\\").replace('"', '\\"').replace("dag_3", "dag_3\\u00e9\\e[0m")
    text = (
        f'{{\n       "message" => "{line}",\n          "tags" => [\n        [0] "a",\n        [1] nil\n    ],\n'
        '    "@timestamp" => 2026-11-29T10:00:01.123Z\n}\n'
    )
    ((_, record),) = read(text, 100)
    assert json.loads(record)["message"] == LINE.format(3).replace("dag_3", "dag_3é\x1b[0m")
    assert json.loads(record)["tags"] == ["a", None]
    assert json.loads(record)["@timestamp"] == "2026-11-29T10:00:01.123Z"


def test_an_event_without_an_end_is_left_where_the_next_one_begins() -> None:
    lines = iter(enumerate(['    "message" => "a",', "{", '    "message" => "b"', "}"], 2))
    list(rubydebug.read_event(1, "{", LineQueue(lines), lambda _: False))
    assert next(lines) == (4, '    "message" => "b"')
