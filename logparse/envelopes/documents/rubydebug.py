"""Events as Logstash prints them with its codec ``rubydebug``, to records.

Owns: where an event begins and ends, Ruby's way to write values. Must not know: what a key means.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from logparse.envelopes.documents.items import Item

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from logparse.envelopes.documents.items import LineQueue
    from logparse.formats.json_lines.objects import Record

_LINES: Final = 2_000
_SIZE: Final = 1024 * 1024
_DEEPEST: Final = 20
_KEY: Final = re.compile(r'\s+"((?:[^"\\]|\\.)*)" => ')
_INDEX: Final = re.compile(r"\s*\[\d+\] ")
_STRING: Final = re.compile(r'"((?:[^"\\]|\\.)*)"')
_PLAIN: Final = re.compile(r"[^\s,{}\[\]]+(?: [^\s,{}\[\]]+)*")
_ESCAPE: Final = re.compile(r"\\(?:u\{([0-9a-fA-F]{1,6})\}|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{1,2})|(.))", re.DOTALL)
_SIGNS: Final = {"n": "\n", "t": "\t", "r": "\r", "e": "\x1b", "b": "\b", "f": "\f", "v": "\v", "a": "\a", "0": "\0"}
_WORDS: Final = {"nil": None, "true": True, "false": False}


class _Unreadable(ValueError):  # noqa: N818 - the text is no event
    pass


def begins(line: str) -> bool:
    """Return whether an event begins with a line, if keys follow."""
    return line.rstrip("\r") == "{"


def read_event(number: int, line: str, lines: LineQueue, is_known: Callable[[str], bool]) -> Iterator[Item]:
    """Yield the event that begins with a line, or else its lines.

    A known line is none of an event's, whose keys stand in.
    """
    held, size = [line], 0
    for at, following in lines:
        first = len(held) == 1
        lost = len(held) > _LINES or size > _SIZE or (following[:1] not in " }" and is_known(following))
        if lost or begins(following) or (first and not _KEY.match(following)):
            lines.put_back(at, following)
            break
        held.append(following)
        size += len(following)
        if following.rstrip("\r") == "}":
            break
    record = _read("\n".join(held))
    if record is not None:
        yield Item(number, "", record, len(held))
    else:
        yield Item(number, line)
        lines.put_all_back(number + 1, held[1:])


def _read(text: str) -> Record | None:
    try:
        value, end = _value(text, 0, 0)
    except _Unreadable:
        return None
    return value if isinstance(value, dict) and value and not text[end:].strip() else None


def _value(text: str, at: int, depth: int) -> tuple[Any, int]:
    if depth > _DEEPEST:
        raise _Unreadable
    sign = text[at : at + 1]
    if sign == "{":
        return _hash(text, at + 1, depth)
    if sign == "[":
        return _array(text, at + 1, depth)
    if string := _STRING.match(text, at):
        return _ESCAPE.sub(_unescape, string[1]) if "\\" in string[1] else string[1], string.end()
    if plain := _PLAIN.match(text, at):
        return _WORDS.get(plain[0], plain[0]), plain.end()
    raise _Unreadable


def _hash(text: str, at: int, depth: int) -> tuple[Record, int]:
    record: Record = {}
    while key := _KEY.match(text, at):
        record[key[1]], at = _value(text, key.end(), depth + 1)
        at += text[at : at + 1] == ","
    return record, _close(text, at, "}")


def _array(text: str, at: int, depth: int) -> tuple[list[Any], int]:
    items: list[Any] = []
    while index := _INDEX.match(text, at):
        item, at = _value(text, index.end(), depth + 1)
        items.append(item)
        at += text[at : at + 1] == ","
    return items, _close(text, at, "]")


def _close(text: str, at: int, sign: str) -> int:
    while text[at : at + 1].isspace():
        at += 1
    if text[at : at + 1] != sign:
        raise _Unreadable
    return at + 1


def _unescape(hit: re.Match[str]) -> str:
    code = hit[1] or hit[2] or hit[3]
    if code is None:
        return _SIGNS.get(hit[4], hit[4])
    try:
        return chr(int(code, 16))
    except ValueError:  # beyond Unicode
        return hit[0]
