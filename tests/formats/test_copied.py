"""Lines as pages, word processors, terminals and programs hand them on."""

from __future__ import annotations

import html
import json
from typing import TYPE_CHECKING, Final

import pytest

from logparse.formats.given import compile_formats
from logparse.formats.recognizer import Recognizer

if TYPE_CHECKING:
    from collections.abc import Callable

LINES: Final = (
    '192.0.2.9 - svc [02/Mar/2026:00:00:03 +0000] "POST /api/v1/dags/etl/dagRuns HTTP/1.1" 401 188 "-" "curl"',
    '192.0.2.9:6001 [02/Mar/2026:00:00:03.900] i b/s 0/0/0/303/303 401 214 - - ---- 3/1/2/2/0 0/0 "POST /x HTTP/1.1"',
    "[2026-03-02 00:00:03,101] {override.py:2240} INFO - Login Failed for user: svc",
)
COPIES: Final[dict[str, Callable[[str], str]]] = {
    "JSON": json.dumps,
    "element of a list": lambda line: f"  {json.dumps(line)},",
    "with its line break": lambda line: json.dumps(f"{line}\n"),
    "Python": repr,
    "bytes of Python": lambda line: f"{line.encode()!r},",
    "HTML": lambda line: f"<pre>{html.escape(line)}<br/>",
    "blanks that hold together": lambda line: line.replace(" ", "\u00a0"),
    "quotes of a word processor": lambda line: line.replace(' "', " \u201c").replace('"', "\u201d"),
    "dashes of a word processor": lambda line: line.replace(" - svc", " \u2013 svc"),
    "escaped quotes": lambda line: line.replace('"', '\\"'),
    "doubled quotes": lambda line: line.replace('"', '""'),
    "cell of a table": lambda line: '"{}"'.format(line.replace('"', '""')),
    "row of a table": lambda line: f"{line} |",
    "Windows": lambda line: f"{line}\r\r",
    "tab at the end": lambda line: f"{line}\t",
    "form feed": lambda line: f"\f{line}",
    "byte of another alphabet": lambda line: f"\udca0{line}",
    "mode of a terminal": lambda line: f"\x1b[?2004l{line}",
}


@pytest.mark.parametrize("line", LINES)
def test_copies_are_read_as_what_they_are_copies_of(line: str) -> None:
    formats = compile_formats()
    form, fields = Recognizer(formats).recognize(line)
    for name, copy in COPIES.items():
        copied, found = Recognizer(formats).recognize(copy(line))
        assert found is not None, name
        assert (copied, {key: (value or "").strip(" \t\r|") for key, value in found.items()}) == (
            form,
            {key: value or "" for key, value in (fields or {}).items()},
        ), name


def test_what_a_caller_sent_is_no_copy() -> None:
    recognizer = Recognizer(compile_formats())
    before = f"{LINES[0]} 0.150"  # the format that fitted last is tried first
    forged = "/x&nbsp;HTTP/1.1&quot;&nbsp;200&nbsp;5&nbsp;&quot;-&quot;&nbsp;&quot;a&quot;&nbsp;"
    for line, name, sent in (
        (LINES[0].replace("curl", "&quot;\u00a0\u201cx\u201d<br>"), "agent", "&quot;\u00a0\u201cx\u201d<br>"),
        (LINES[0].replace("/api/v1/dags/etl/dagRuns", forged), "target", forged),
    ):
        assert recognizer.recognize(before)[1] is not None
        _, fields = recognizer.recognize(line)
        assert fields is not None
        assert (fields[name], fields["status"]) == (sent, "401")
