"""The format string with which access lines in an unknown form would be read, written from how one of them looks.

Owns: which variable of nginx stands for which piece of a line.
Must not know: files, how anything is printed.
"""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING, Final

from logparse.common.errors import FormatError
from logparse.common.secrets import hide
from logparse.formats.clients import PATTERN
from logparse.formats.format_strings.compiler import compile_string

if TYPE_CHECKING:
    from collections.abc import Sequence

_Pieces = tuple[tuple[str, tuple[str, ...]], ...]
#: A piece of a line, and the variables that may stand for it, each once: the first time, the second time ...
_PIECES: Final[_Pieces] = (
    (r'[A-Z]{3,32} [^\s"]+ HTTP/\d(?:\.\d)?', ("$request",)),
    (r"\d{2}/[A-Z][a-z]{2}/\d{4}:\d{2}:\d{2}:\d{2} [+-]\d{4}", ("$time_local",)),
    (r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:Z|[+-]\d{2}:\d{2})", ("$time_iso8601",)),
    (r"1\d{9}\.\d{3}", ("$msec",)),
    (rf"(?<![\w.])(?:{PATTERN})(?![\w.])", ("$remote_addr",)),
    (r'(?<=")(?:Mozilla/|[A-Za-z][\w.+-]*/v?\d)[^"]*(?=")', ("$http_user_agent",)),
    (r'(?<=")(?:-|https?://[^"]*)(?=")', ("$http_referer", "$http_x_forwarded_for")),
    (r"(?<![\w.])\d+\.\d+(?![\w.])", ("$request_time", "$upstream_response_time")),
    (r"(?<![\w.])[1-5]\d\d(?![\w.])", ("$status", "$body_bytes_sent", "$request_length")),
    (r"(?<![\w.])\d+(?![\w.])", ("$body_bytes_sent", "$request_length")),
    (r"(?<= - )[\w.@-]+(?= \[)", ("$remote_user",)),
)
#: A word right in front of the request is the user, if it is not the same in all lines.
_USER: Final[_Pieces] = ((r'(?<=[ \[])[\w.@-]+(?=\]? \[?"[A-Z]{3,32} )', ("$remote_user",)),)
#: A variable, of which some have a digit in their names.
_VARIABLE: Final = re.compile(r"\$[a-z_0-9]+")
#: Longer lines are not looked at.
_LONG: Final = 4096


def propose_log_format(lines: Sequence[str]) -> str:
    """Return the option ``--log-format`` that reads all of some lines; empty if none shows by itself.

    One line alone shows nothing: any string that holds its words reads it.
    """
    if len({*lines}) < 2 or any(len(line) > _LONG for line in lines) or "$" in lines[0]:  # noqa: PLR2004
        return ""
    for pieces in (_PIECES, _USER + _PIECES):
        string = _name_pieces(lines[0], pieces)
        if _reads_all(string, lines):
            return f"--log-format {shlex.quote(string)}"
    return ""


def _name_pieces(line: str, pieces: _Pieces) -> str:
    used: set[str] = set()

    def name(piece: re.Match[str]) -> str:
        free = next((each for each in pieces[(piece.lastindex or 1) - 1][1] if each not in used), "")
        used.add(free)
        return free or piece[0]

    return re.sub("|".join(f"({look})" for look, _ in pieces), name, line)


def _reads_all(string: str, lines: Sequence[str]) -> bool:
    if "$request" not in string or "$status" not in string:
        return False
    words = _VARIABLE.sub("", string)
    if re.search(r"\d", words) or hide(words) != words:  # a number is part of a field, and a secret is no word
        return False
    try:
        return all(map(compile_string(string, "nginx").match, lines))
    except FormatError:  # a caller could write there what looks like a field
        return False
