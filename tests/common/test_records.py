"""What the typed decoder of JSON lines cannot tell is found by other means."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logparse.common.records import make_record_reader
from logparse.common.repeated_keys import find_repeated_keys

KEYS = ("a", "status", "user_agent", "http_user_agent", "a b", "x-y")
PIECES = st.sampled_from(
    [
        *(f'"{key}"' for key in KEYS),
        *(f'"{key}":' for key in KEYS),
        ":",
        " :",
        "\t:",
        " \t :",
        '\\"',
        '"',
        "x",
        "\n",
        "{",
        "}",
        ",",
        "é",
        "\udcff",
    ]
)


@settings(deadline=None)
@given(st.lists(PIECES, max_size=60))
def test_a_key_that_stands_twice_in_a_line_is_found(pieces: list[str]) -> None:
    text = "".join([*pieces, "\n"])
    expected = [
        any(len(re.findall(rf'"{re.escape(key)}"[ \t]*:', line)) > 1 for key in KEYS) for line in text[:-1].split("\n")
    ]
    assert find_repeated_keys(text.encode("utf-8", "surrogateescape"), KEYS).tolist() == expected


@pytest.mark.parametrize(
    ("line", "certain", "pod"),
    [
        ('{"tags":["pod:a","x:y"]}', True, None),
        ('{"tags":{"pod":"a"}}', True, "a"),
        ('{"tags":"pod:a"}', True, None),
        ('{"tags":{"pod":{"name":"a"}}}', True, {"name": "a"}),
        ('{"tags.pod":"a"}', False, None),
        ('{"x":"tags.pod","tags":{"pod":"a"}}', False, "a"),
        ('{"x":"tags.po","tags":{"pod":"a"}}', True, "a"),
    ],
)
def test_paths_lead_into_objects_only(line: str, certain: bool, pod: object) -> None:
    other = '{"tags":{"pod":"b"}}'
    columns, right = make_record_reader(frozenset({"tags.pod"})).read(f"{line}\n{other}\n".encode(), 2)
    assert (right.tolist(), columns["tags.pod"][1]) == ([certain, True], "b")
    if certain:
        assert columns["tags.pod"][0] == pod
