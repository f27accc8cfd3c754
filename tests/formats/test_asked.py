"""Lines with the same values where it matters ask for the same: one of them tells of all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from logparse.formats.given import from_string
from logparse.formats.loader import shipped

if TYPE_CHECKING:
    from collections.abc import Sequence

    from logparse.formats.line_format import Fields

FORMS: Final = {form.id: form for form in shipped() if form.asked is not None}
LINES: Final = [sample.line for form in shipped() for sample in form.samples]
EDITS: Final = st.lists(
    st.tuples(
        st.integers(min_value=0, max_value=500),
        st.sampled_from(
            ["", '"', "\\", '\\"', "\\x22", "{", "}", ":", ",", " ", "0", "-", "null", "true", "x", "/", "é", "%2F",
             "#", '"status":200,', '"status":"200",', '"method":"GET",', '"request":{},',
             '"status":1.0,', '"a.b":1,'],
        ),
        st.integers(min_value=0, max_value=3),
    ),
    max_size=3,
)  # fmt: skip


def asked_for(fields: Fields | None, more: Sequence[str] = ()) -> tuple[str | None, ...] | None:
    if fields is None:
        return None
    target = fields.get("target") or fields.get("url_path")
    if not target:
        return ("",)  # such a line is read by itself
    return fields.get("method") or fields.get("verb"), target, fields.get("status"), *map(fields.get, more)


@pytest.mark.sampled(16)
@pytest.mark.parametrize("name", FORMS)
@settings(max_examples=60, deadline=None)
@given(st.lists(EDITS, min_size=1, max_size=12))
def test_lines_that_look_alike_ask_for_the_same(name: str, changes: list[list[tuple[int, str, int]]]) -> None:
    form = FORMS[name]
    assert form.asked is not None
    plain = [sample.line for sample in form.samples]
    lines = plain + LINES
    for number, edits in enumerate(changes):
        line = plain[number % len(plain)]
        for at, text, gone in edits:
            line = line[:at] + text + line[at + gone :]
        lines.append(line)
    for asked, more in ((form.asked, ()), (form.asked_in_full, ("query",))):
        known: dict[object, object] = {}
        for line, key in zip(lines, asked(lines) if asked is not None else (), strict=asked is not None):
            if key is not None:
                told = asked_for(form.read(line), more)
                assert known.setdefault(key, told) == told, line
    assert form.asked([None, *lines])[0] is None


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('$remote_addr "$request" $status $body_bytes_sent', '203.0.113.7 "GET /health HTTP/1.1" 200 34'),
        ('%(h)s "%(r)s" %(s)s', '203.0.113.7 "GET /health HTTP/1.1" 200'),
    ],
)
def test_format_strings_of_the_user(text: str, line: str) -> None:
    form = from_string(text)
    assert form.asked is not None
    one, other, none = form.asked([line, line.replace("7", "8"), "nothing"])
    assert one == other
    assert one is not None
    assert none is None
