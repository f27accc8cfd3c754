"""The plain part of YAML to values: what programs write that print records, and nothing else.

Owns: block mappings, scalars on one line or folded, literal blocks. Must not know: where a document begins and ends.

PyYAML takes 300 microseconds for a record of ten keys. All that is not read here is left to it, so what is read here
must mean the same there: a test compares both.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, Final

import msgspec

if TYPE_CHECKING:
    from collections.abc import Sequence

_ENTRY: Final = re.compile(r"( *)([A-Za-z_][\w./-]*):(?: (.*))?", re.DOTALL)
#: Signs with which no plain scalar begins.
_INDICATORS: Final = frozenset("-?:,[]{}#&*!|>'\"%@`")
#: What ends a plain scalar, or begins a comment.
_ENDS: Final = re.compile(r": |:\Z| #|\t")
_SINGLE: Final = re.compile(r"'((?:[^']|'')*)'")
_MARGIN: Final = re.compile(" *")
#: Mappings in each other.
_DEEPEST: Final = 20


class NotPlain(ValueError):  # noqa: N818 - it is no error: another reader takes the text
    """The text holds more of YAML than is read here."""


def read_mapping(lines: Sequence[str]) -> dict[str, Any]:
    """Return the mapping that some lines are.

    Raises:
        NotPlain: only a whole reader of YAML can tell what they are.
    """
    value, at = _read_mapping(lines, 0, 0, 0)
    if at < len(lines) or not value:
        raise NotPlain
    return value


def _read_mapping(lines: Sequence[str], at: int, margin: int, depth: int) -> tuple[dict[str, Any], int]:
    """Return the mapping whose keys have a margin, and where it ends."""
    mapping: dict[str, Any] = {}
    if depth > _DEEPEST:
        raise NotPlain
    while at < len(lines):
        entry = _ENTRY.fullmatch(lines[at])
        if entry is None or len(entry[1]) > margin:
            raise NotPlain
        if len(entry[1]) < margin:
            break
        key, text = entry[2], (entry[3] or "").strip(" ")
        if _is_typed_key(key):
            raise NotPlain
        if text:
            mapping[key], at = _read_scalar(lines, at, margin, text)
        elif at + 1 < len(lines) and (deeper := _margin(lines[at + 1])) > margin:
            mapping[key], at = _read_mapping(lines, at + 1, deeper, depth + 1)
        elif at + 1 < len(lines) and lines[at + 1].lstrip(" ")[:1] in ("-", ""):  # a list, or an empty line
            raise NotPlain
        else:
            mapping[key], at = None, at + 1
    return mapping, at


def _read_scalar(lines: Sequence[str], at: int, margin: int, text: str) -> tuple[Any, int]:
    """Return the value that begins behind a key, and the line behind it."""
    stop, deeper = at + 1, " " * (margin + 1)
    while stop < len(lines) and lines[stop].startswith(deeper):
        stop += 1
    if stop < len(lines) and not lines[stop].strip():
        raise NotPlain
    if text in ("|", "|-"):
        return _read_literal(lines[at + 1 : stop], chomped=text == "|-"), stop
    return _read_text(_fold(text, lines[at + 1 : stop]) if stop > at + 1 else text), stop


def _fold(text: str, lines: Sequence[str]) -> str:
    """Return a text that goes on in further lines as one line."""
    rest = [line.strip(" ") for line in lines]
    if "" in rest or text[0] in '"{[' or (text[0] != "'" and any(part[0] == "#" for part in rest)):
        raise NotPlain
    return " ".join([text, *rest])


def _read_text(text: str) -> Any:
    """Return the value of a scalar, or of what is written as in JSON."""
    sign = text[0]
    if sign == "'":
        quoted = _SINGLE.fullmatch(text)
        if quoted is None:
            raise NotPlain
        return quoted[1].replace("''", "'")
    if sign == '"' or text[:2] in ('{"', "{}", "[]", '["'):
        return _read_json(text)
    if sign in _INDICATORS or _ENDS.search(text):
        raise NotPlain
    if not _is_typed(text):
        return text
    if text.isdecimal() and text.isascii() and (text == "0" or text[0] != "0"):
        return int(text)
    raise NotPlain


def _read_literal(lines: Sequence[str], *, chomped: bool) -> str:
    margin = _margin(lines[0]) if lines else 0
    if not lines or any(not line.strip() or _margin(line) < margin or "\t" in line for line in lines):
        raise NotPlain
    return "\n".join(line[margin:] for line in lines) + ("" if chomped else "\n")


def _read_json(text: str) -> Any:
    """Return what is written as in JSON; escapes of YAML's own are left to others."""
    if "\\/" in text or "\t" in text:
        raise NotPlain
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        raise NotPlain from None


def _margin(line: str) -> int:
    return _MARGIN.match(line).end()  # type: ignore[union-attr]


@cache
def _resolvers() -> dict[str, list[tuple[str, re.Pattern[str]]]]:
    import yaml  # noqa: PLC0415 - only such files need it

    return dict(yaml.SafeLoader.yaml_implicit_resolvers)


@lru_cache(maxsize=1 << 10)
def _is_typed_key(text: str) -> bool:
    return _is_typed(text)


def _is_typed(text: str) -> bool:
    """Return whether a plain scalar is no text, but a number, a time, a truth value or nothing."""
    return any(pattern.match(text) for _, pattern in _resolvers().get(text[0], ()))
