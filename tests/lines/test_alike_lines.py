"""Equal lines that are put together are what they would be one by one."""

from __future__ import annotations

import io
import json
import random
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from logparse.envelopes import loader as envelopes
from logparse.envelopes.documents.items import TOO_SHORT, AlikeLines
from logparse.formats import loader as formats
from logparse.lines import line_reader
from logparse.lines.bulk.alike_lines import AROUND, fold_alike_lines
from logparse.lines.lines_ahead import LinesAhead
from logparse.scans.scanner import scan
from logparse.scans.settings import Setup
from logparse.sources.source import Source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from logparse.envelopes.documents.items import Line
    from logparse.lines.result import Place

ACCESS = '10.0.0.1 - - [22/Nov/2026:12:{:02}:01 +0000] "POST /api/v1/dags/etl/dagRuns HTTP/1.1" 401 {} "-" "curl"'
APP = "[2026-11-22T12:{:02}:01.000+0000] {{base.py:98}} INFO - Login Failed for user: u"
MANY = 2 * AROUND + 500
EQUAL = ("", " ", "\t", "\r", "\0", "{", "}", "[", "]", "},", "---", '"', '""', ",", "====", "  }", "\u2014")
#: Lines that say nothing, and some that say something behind a message or the header of a table; ``#`` is a number.
SAY_NOTHING = ("#", '"text # of nobody\r', "Login Failed for user: u#", "message,#", "  a#", "k#: v")
#: Entries of documents, each of which is too short to hold anything; ``#`` is a number.
TOO_LITTLE = ("---\nk#: v", '#,"a\n\nand #"', '{"k#": 1}', '{"a": [{"b": #,', "__CURSOR=s=#", "-[ RECORD # ]\na | #")
#: What stands before the equal lines, and behind them.
AROUNDS = {
    "requests": ([ACCESS.format(0, 1)], [ACCESS.format(1, 2)]),
    "a message": ([ACCESS.format(0, 1), APP.format(1)], [ACCESS.format(1, 2), "more"]),
    "a message without a time": (["Login Failed for user: u"], [ACCESS.format(1, 2)]),
    "an exception": ([APP.format(1), "Traceback (most recent call last):"], ["ValueError: x", ACCESS.format(1, 2)]),
    "JSON": (['{"log":', json.dumps(ACCESS.format(0, 1))], ['"stream": "stdout"}', ACCESS.format(1, 2)]),
    "Docker": (
        [json.dumps({"log": ACCESS.format(0, 1) + "\n", "stream": "stdout", "time": "2026-11-22T12:00:01Z"})],
        [],
    ),
    "a table": (["time,message", "2026-11-22T12:00:01Z,x"], [ACCESS.format(1, 2)]),
    "a main format": ([ACCESS.format(n % 60, n) for n in range(1500)], [APP.format(1), ACCESS.format(1, 2)]),
    "nothing": ([], []),
}


def _fold(lines: list[tuple[int, str]]) -> Iterator[Line]:
    return fold_alike_lines(iter(lines), lambda _: True, lambda text: text == "y")


def _scanned(lines: list[str]) -> object:
    found = scan(Source("-", None, None), 0, Setup(), stdin=io.BytesIO("\n".join(lines).encode())).whole()
    entry = replace(found.coverage[0], digest="", head="")
    return entry, [(each.access, each.tag) for each in found.requests], found.evidence


@pytest.mark.sampled(16)
@pytest.mark.parametrize("around", AROUNDS)
def test_alike_lines_are_read_as_if_one_by_one(around: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before, behind = AROUNDS[around]
    for text in (*EQUAL, *SAY_NOTHING):
        lines = [*before, *(text.replace("#", str(n)) for n in range(MANY)), *behind]
        together = _scanned(lines)
        with monkeypatch.context() as patch:
            patch.setattr(line_reader, "fold_alike_lines", lambda split, *_: split)
            assert _scanned(lines) == together, repr(text)


def test_many_alike_lines_are_passed_on_as_one() -> None:
    lines = [(n, "x" if n in (5, 9000) else "y" if n % 7 else "") for n in range(1, 12_001)]
    folded = list(_fold(lines))
    assert len(folded) < 5 * AROUND
    together = [line for line in folded if isinstance(line, AlikeLines)]
    assert [at for line in together for at, _ in enumerate(line.texts, line.line)] == [
        *range(6 + AROUND, 9000 - AROUND),
        *range(9001 + AROUND, 12_001 - AROUND),
    ]


def test_no_line_is_lost_or_changed() -> None:
    chance = random.Random(1)
    for _ in range(50):
        lines: list[tuple[int, str]] = []
        while len(lines) < 9000:
            text = chance.choice(("", "{", "a", "y"))
            lines += [(len(lines) + more, text) for more in range(1, chance.choice((2, 900, 1001, 1999, 2002, 5000)))]
        again: list[tuple[int, str]] = []
        for line in _fold(lines):
            if isinstance(line, AlikeLines):
                again += enumerate(line.texts, line.line)
            else:
                assert isinstance(line, tuple)
                again.append(line)
        assert again == lines


@pytest.mark.parametrize("text", ["w#", *TOO_LITTLE])
def test_many_lines_that_say_nothing_are_not_read_one_by_one(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    read: list[str] = []
    append = LinesAhead.append

    def watched(self: LinesAhead, place: Place, text: str, counted_as: str) -> None:
        read.append(text)
        append(self, place, text, counted_as)

    monkeypatch.setattr(LinesAhead, "append", watched)
    _scanned([text.replace("#", str(n)) for n in range(6 * MANY)])
    assert len(read) < 3 * AROUND


@pytest.mark.parametrize("text", TOO_LITTLE)
def test_what_stands_around_short_entries_is_read(text: str) -> None:
    entries = [text.replace("#", str(n)) for n in range(MANY)]
    record = json.dumps({"log": ACCESS.format(2, 3) + "\n", "stream": "stdout", "time": "2026-11-22T12:02:01Z"})
    known = [ACCESS.format(0, 1), APP.format(1), record, "---\nlog: x"]
    found = scan(Source("-", None, None), 0, Setup(), stdin=io.BytesIO("\n".join([*known, *entries, *known]).encode()))
    assert [request.access.size for request in found.whole().requests] == [1, 3, 1, 3]
    entry = found.whole().coverage[0]
    assert sum(entry.kinds.values()) == entry.lines


def test_no_line_that_tells_anything_is_too_short() -> None:
    lines = [s.line for form in formats.shipped() if form.kind in ("access", "app") for s in form.samples]
    entries = [sample.line for envelope in envelopes.shipped() for sample in envelope.samples]
    assert lines
    assert [text for text in (*lines, *entries) if max(map(len, text.splitlines())) <= TOO_SHORT] == []
