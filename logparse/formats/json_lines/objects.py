"""The record that a line is: a JSON object, also where a server wrote it by pasting values into a template, or pairs.

Owns: decoding a line once for all formats, repairing escapes that are none in JSON, finding a value by its path.
Must not know: what any key means.
"""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import Any, Final

#: A JSON object, or a row of a table: keys to text, bool, None, lists and further objects. In what
#: ``decode_object`` returns, numbers are text too, as they are written.
Record = dict[str, Any]
ABSENT: Final = object()
#: Stands for the values of a key that is there twice with different ones.
_TWICE: Final = object()
# nginx's default escape writes `\x22`, Apache `\x1b`, and both are bytes of UTF-8; neither is JSON.
_BYTES: Final = re.compile(r"(?:\\x[0-9A-Fa-f]{2})+")
_ESCAPE: Final = re.compile(r"""((?:\\x[0-9A-Fa-f]{2})+)|\\["\\/bfnrt]|\\u[0-9A-Fa-f]{4}|(\\)""")
# gunicorn escapes quotes and nothing else, so that any other backslash is one.
_BACKSLASH: Final = re.compile(r'\\(?!")')
# `"urt":,` and `"urt":-,`: a number that nginx had none for. Strings are matched to be stepped over.
_NO_NUMBER: Final = re.compile(r'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)|(:) *+-?+ *+(?=[,}])', re.DOTALL)
#: A key, its value, and the blanks behind them.
_PAIR: Final = re.compile(
    r"""([A-Za-z_@][\w.@/-]*)=("(?:[^"\\]|\\.)*+"|'(?:[^'\\]|\\.)*+'|\[[^\[\]]*+\]|[^\s"']\S*+|)(?: ++|$)""", re.DOTALL
)
#: Keys whose value may go on behind a blank, without quotes.
_AGENTS: Final = frozenset({"user_agent", "http_user_agent", "useragent", "agent", "ua"})
#: Behind a header that begins its line, and holds such pairs, stands the line of the server.
_NOT_IN_AGENT: Final = re.compile(r'[="\[]')
_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)
_SIGNS: Final = {"n": "\n", "r": "\r", "t": "\t"}
# Halves of UTF-16 pairs that stand alone, except those which stand for bytes that are no UTF-8.
_HALVES: Final = re.compile("[\ud800-\udc7f\udd00-\udfff]")


class AmbiguousKeyError(ValueError):
    """A key is there twice with different values: which of them the server wrote cannot be told."""


@lru_cache(maxsize=2)
def decode_object(line: str) -> Record | None:
    """Return the object that ``line`` is, or None if it is none; the last lines are remembered.

    Where the line is no JSON, its escapes are read as nginx and Apache mean them, and as gunicorn means them. If both
    readings are objects of different keys, the line is not read.
    """
    if not line.rstrip().endswith("}"):
        return None
    found = _decode_strictly(line)
    if found is not None or not line.startswith("{"):
        return found
    filled = _NO_NUMBER.sub(lambda hit: ":null" if hit[1] else hit[0], line)
    if "\\" not in line:
        return _decode_strictly(filled) if filled != line else None
    first, second = (
        _decode_strictly(_ESCAPE.sub(_to_json_escape, filled)),
        _decode_strictly(_BACKSLASH.sub(r"\\\\", filled)),
    )
    if first is None or second is None:
        return first or second
    if list(first) != list(second):
        return None
    return first if _BYTES.search(line) else second


@lru_cache(maxsize=2)
def decode_pairs(line: str) -> Record | None:
    """Return the record that a line of ``key=value`` is, whatever their order, or None if there is anything else in it.

    A value with blanks is in quotes, single ones or double ones, as logfmt and Python write them, or in brackets, as
    servers write times. The name of a browser may be without, if it is the last value and no further sign ``=`` stands
    in it: what a caller writes may look like the key.
    """
    pairs: list[tuple[str, Any]] = []
    at = 0
    while at < len(line):
        hit = _PAIR.match(line, at)
        if hit is None:
            key, value = pairs.pop() if pairs else ("", "")
            twice = not _AGENTS.isdisjoint(name for name, _ in pairs)
            if (
                key not in _AGENTS
                or twice
                or _NOT_IN_AGENT.search(line, at)
                or line[at - len(value) - 1 : at - 1] != value
            ):
                return None
            pairs.append((key, f"{value} {line[at:]}"))
            break
        pairs.append((hit[1], _unquote(hit[2])))
        at = hit.end()
    return _build_record(pairs) if pairs else None


def _unquote(value: str) -> str:
    return _ESCAPED.sub(lambda hit: _SIGNS.get(hit[1], hit[1]), value[1:-1]) if value[:1] in ('"', "'") else value


def find_value(record: Record, path: str) -> Any:
    """Return what stands at ``path``, or ``ABSENT``: ``a.b`` is key ``b`` of object ``a`` as well as key ``a.b``.

    Raises:
        AmbiguousKeyError: it stands there twice, with different values, and one way and the other.
    """
    found = record.get(path, ABSENT)
    at = path.find(".")
    while at >= 0:
        inner = record.get(path[:at])
        if inner is _TWICE:
            raise AmbiguousKeyError(path)
        if isinstance(inner, dict):
            deeper = find_value(inner, path[at + 1 :])
            if deeper is not ABSENT:
                if found is not ABSENT and to_text(found) != to_text(deeper):
                    raise AmbiguousKeyError(path)
                found = deeper
        at = path.find(".", at + 1)
    return found


def to_text(value: Any) -> str | None:
    """Return a value as text, the first of a list; None for null, an object, nothing, ``-`` and empty text.

    Raises:
        AmbiguousKeyError: there are two values.
    """
    if value is ABSENT or value is None:
        return None
    plain = to_whole_text(value[0] if isinstance(value, list) and value else value, nested=False)
    return None if plain in ("", "-") else plain


def to_whole_text(value: Any, *, nested: bool = True) -> str | None:
    """Return a value as text, empty or not; lists and objects as JSON if ``nested``, else None.

    Raises:
        AmbiguousKeyError: there are two values.
    """
    if isinstance(value, str):
        return value if value.isascii() else _HALVES.sub("\ufffd", value)
    if value is _TWICE:
        raise AmbiguousKeyError
    if isinstance(value, bool):
        return "true" if value else "false"
    if nested and isinstance(value, (dict, list)):
        try:
            return json.dumps(value, default=lambda _: None)
        except RecursionError:
            return None
    return None


def _decode_strictly(line: str) -> Record | None:
    try:
        found = _DECODER.decode(line)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _build_record(pairs: list[tuple[str, Any]]) -> Record:
    record = dict(pairs)
    if len(record) < len(pairs):
        for key, value in pairs:
            if record[key] is not _TWICE and record[key] != value:
                record[key] = _TWICE
    return record


def _nothing(_: str) -> None:
    """NaN and Infinity are no numbers."""


#: Numbers stay as they are written: none is too long, and no digit of a time gets lost.
_DECODER: Final = json.JSONDecoder(
    strict=False, object_pairs_hook=_build_record, parse_int=str, parse_float=str, parse_constant=_nothing
)


def _to_json_escape(found: re.Match[str]) -> str:
    if found[1]:
        return json.dumps(bytes.fromhex(found[1].replace("\\x", "")).decode("utf-8", "surrogateescape"))[1:-1]
    return "\\\\" if found[2] else found[0]
