"""What is in many lines at once is what is in each of them."""

from __future__ import annotations

import json
from typing import Final

import pytest
from envelope_wrapping import wrapper
from hypothesis import given, settings
from hypothesis import strategies as st

from logparse.envelopes.documents.json_text import decode_object
from logparse.envelopes.loader import shipped
from logparse.envelopes.many import ManyOpener
from logparse.envelopes.origin import NOWHERE

ENVELOPES: Final = {each.id: each for each in shipped() if {"text", "lines"} & set(each.layouts)}
LINE: Final = '203.0.113.7 - - [22/Nov/2026:12:00:00 +0000] "GET /health HTTP/1.1" 200 34 "-" "kube-probe/1.27"'
EDITS: Final = st.lists(
    st.tuples(
        st.integers(min_value=0, max_value=600),
        st.sampled_from(
            ["", '"', "\\", "\\n", "\\u0000", "{", "}", "[", "]", ":", ",", " ", "0", "null", "x", "#012", "é",
             "\t", "\r", '"log":"x",', '"message":null,', '"stream":1,', '"kubernetes":{},', '"events":[],',
             '"a.b":1,'],
        ),
        st.integers(min_value=0, max_value=3),
    ),
    max_size=3,
)  # fmt: skip


def edited(line: str, edits: list[tuple[int, str, int]]) -> str:
    for at, text, gone in edits:
        line = line[:at] + text + line[at + gone :]
    return line.replace("\n", " ")


@pytest.mark.parametrize("name", ENVELOPES)
@settings(max_examples=60, deadline=None)
@given(st.lists(EDITS, min_size=1, max_size=8))
def test_lines_are_opened_alike(name: str, changes: list[list[tuple[int, str, int]]]) -> None:
    envelope = ENVELOPES[name]
    inside = wrapper(name)(LINE)
    plain = [inside if isinstance(inside, str) else json.dumps(inside, separators=(",", ":"), ensure_ascii=False)]
    plain += [sample.line for sample in envelope.samples if "\n" not in sample.line]
    lines = plain + [edited(plain[number % len(plain)], edits) for number, edits in enumerate(changes)]
    opener = ManyOpener([envelope])
    texts, writers, told = opener.open("".join(f"{line}\n" for line in lines).encode("utf-8", "surrogateescape"))
    assert len(texts) == len(writers) == len(lines)
    for at, (line, text, writer) in enumerate(zip(lines, texts, writers, strict=True)):
        if text is None:
            continue
        value = decode_object(line) if envelope.of_records else line.removesuffix("\r")
        opened = None if value is None else envelope.open(value)
        assert opened is not None
        assert not opened.more
        assert not opened.skip
        assert opened.payload == text
        assert opener.processes[writer] == (() if opened.origin == NOWHERE else opened.origin.process)
        stream, record = (told[name][at] if name in told else "" for name in ("stream", "record"))
        assert opener.origins[writer]._replace(stream=stream) == opened.origin
        assert record == opened.record
    assert texts[0] is not None
