r"""Texts whose lines no line feed parts, to lines; only a part of them is in memory at a time.

These are texts with carriage returns in place of line feeds, as old Macs wrote them; a whole log as one string of JSON,
with ``\n`` in it; and syslog as it is sent over TCP, with the length in front of each message (RFC 6587, octet
counting).

Owns: which texts are written so, by how they begin, and where a line of theirs ends.
Must not know: what a line means, where the bytes come from.
"""

from __future__ import annotations

import json
import re
from itertools import chain
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

#: So many bytes show how a text is written.
HEAD: Final = 64 * 1024
#: A line that goes on for so long has lost its end.
_LONGEST: Final = 1024 * 1024
_INNER_RETURN: Final = re.compile(rb"\r[^\r\n]")
#: Headers of a request in quotes, behind its status and size. Servers that write a carriage return of the client as it
#: is write a backslash in front of the client's quotes.
_HEADER: Final = rb'"(?:[^"\\\n]|\\[^\n]){0,16384}+"(?=[ \r]|\Z)'
_HEADERS: Final = re.compile(rb'" \d{3} (?:\d{1,20}|-) ' + _HEADER + rb"(?: " + _HEADER + rb"){0,2}")
#: More bytes than such headers have.
_HEADERS_SIZE: Final = 1 << 17
#: A string up to the sign for its first line break; a whole one; and the beginning of one.
_FIRST_LINE: Final = re.compile(rb'"(?:[^\\"\n]|\\[^n\n])*+\\n')
_STRING: Final = re.compile(rb'"(?:[^\\"\n]|\\[^\n])*+(?:"\s*|\\?)')
#: A line of a string, up to the sign for its line break or the end of the string. A part of an escape is none.
_LINE: Final = re.compile(rb'((?:[^\\"]|\\[^n])*+)(\\n|")', re.DOTALL)
#: What begins a message: its length, and the priority behind it.
_LENGTH: Final = re.compile(rb"([1-9]\d{0,5}) (?=<\d{1,3}>)")
_LENGTH_SIZE: Final = 12


def add_line_feeds(head: bytes, blocks: Iterator[bytes]) -> Iterator[bytes]:
    """Return a text with a line feed behind each of its lines; most texts have them, and are returned as they are.

    Args:
        head: the first bytes of the text, ``HEAD`` of them if there are so many.
        blocks: all of the text.
    """
    if _begins_with_message(head):
        return _split_messages(blocks)
    if head[:1] == b'"' and _FIRST_LINE.match(head) and _STRING.fullmatch(head):
        return _split_string(blocks)
    if b"\n" not in head and _INNER_RETURN.search(head):
        return _split_at_returns(blocks)
    return blocks


def _split_at_returns(blocks: Iterator[bytes]) -> Iterator[bytes]:
    r"""Yield a text with line feeds for carriage returns, and ``\r`` for those that a client sent in a header."""
    held = b""
    for block in blocks:
        held += block
        ready, held = _split_headers(held, len(held) - _HEADERS_SIZE)
        if ready:
            yield ready
    yield _split_headers(held, len(held))[0]


def _split_headers(text: bytes, end: int) -> tuple[bytes, bytes]:
    """Return a text up to a place with line feeds, and the rest as it is; headers that begin before it are whole."""
    parts, at = list[bytes](), 0
    for headers in _HEADERS.finditer(text) if end > 0 else ():
        if headers.start() >= end:
            break
        parts += [text[at : headers.start()].replace(b"\r", b"\n"), headers[0].replace(b"\r", b"\\r")]
        at = headers.end()
    end = max(at, end)
    return b"".join([*parts, text[at:end].replace(b"\r", b"\n")]), text[end:]


def _begins_with_message(head: bytes) -> bool:
    """Return whether a text begins with messages of which the first has no line feed at its end."""
    length = _LENGTH.match(head)
    if length is None:
        return False
    end = length.end() + int(length[1])
    return head[end - 1 : end] not in (b"", b"\n") and (end == len(head) or _LENGTH.match(head, end) is not None)


def _split_messages(blocks: Iterator[bytes]) -> Iterator[bytes]:
    held = b""
    for block in blocks:
        held += block
        lines, at = [], 0
        while length := _LENGTH.match(held, at):
            end = length.end() + int(length[1])
            if end > len(held):
                break
            # rsyslog writes a line break within a message so, too.
            lines.append(held[length.end() : end].rstrip(b"\n").replace(b"\n", b"#012") + b"\n")
            at = end
        held = held[at:]
        if lines:
            yield b"".join(lines)
        if length is None and len(held) > _LENGTH_SIZE:  # it goes on with something else
            break
    yield from chain([held], blocks)


def _split_string(blocks: Iterator[bytes]) -> Iterator[bytes]:
    held, begun, ended = b"", False, False
    for block in blocks:
        held += block if begun else block[1:]
        begun = True
        lines, at = [], 0
        while not ended and (hit := _LINE.match(held, at)):
            at, ended = hit.end(), hit[2] == b'"'
            if hit[1] or not ended:
                lines.append(_decode(hit[1]) + b"\n")
        held = held[at:]
        if lines:
            yield b"".join(lines)
        if ended or len(held) > _LONGEST:
            break
    if held.strip():
        yield from chain([held], blocks)


def _decode(text: bytes) -> bytes:
    """Return a line as it was before it became part of a string; the sign for a line break in it stays one."""
    if b"\\" not in text:
        return text
    try:
        line = str(json.loads(f'"{text.decode("utf-8", "surrogateescape")}"', strict=False)).replace("\n", "\\n")
        return line.encode("utf-8", "surrogateescape")
    except ValueError:  # no JSON, or half of a character
        return text
