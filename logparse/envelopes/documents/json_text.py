"""JSON text taken apart at its values, which are not decoded.

Owns: where a value ends, the elements of a list, text that is nearly JSON.
Must not know: which values are records.

``msgspec`` finds the elements of a list 25 times as fast as the json module decodes them. It is strict; text that
exporters write carelessly (control characters in strings, ``NaN``) is decoded by the json module and written anew.
"""

from __future__ import annotations

import json
import re
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from logparse.common.printed import read_printed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from logparse.formats.json_lines.objects import Record

#: How a JSON object with at least one key begins.
OBJECT: Final = re.compile(rb'\{\s*"')
#: A string up to its end, or a bracket. The group is empty if a string has no end in its line: JSON has no line breaks
#: in strings, and a stranger must not hide the lines behind him in one.
_TOKEN: Final = re.compile(rb'"(?:[^"\\\n]++|\\.)*+("|\Z|(?=\n))|[\[\]{}]')
_SCALAR: Final = re.compile(rb"[^\s,\[\]{}\":]*+")
#: RE2 reads a long text in a sixth of the time that the re module takes, and needs some microseconds to begin.
_LONG: Final = 1 << 12
#: So many objects and lists may be in one another: no decoder reads more.
_DEEPEST: Final = 1000
#: How an object begins that Python printed.
_PRINTED: Final = "{'"
_decoder: Final = json.JSONDecoder(strict=False)
_encoder: Final = json.JSONEncoder(separators=(",", ":"))
_elements: Final = msgspec.json.Decoder(list[msgspec.Raw])
_members: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
#: What the decoders of msgspec raise for text that is no JSON, or no value of their type.
ERRORS: Final = (msgspec.DecodeError, RecursionError, UnicodeDecodeError)


def split_list(text: bytes) -> list[bytes] | None:
    """Return the elements of a list as they are written; None if the text is no list."""
    try:
        return list(map(bytes, _elements.decode(text)))
    except ERRORS:
        return None


def split_object(text: bytes) -> dict[str, bytes] | None:
    """Return the values of an object as they are written, by their keys; None if the text is no object."""
    try:
        return {key: bytes(value) for key, value in _members.decode(text).items()}
    except ERRORS:
        return None


def holds(text: bytes, pattern: str) -> bool:
    """Return whether an expression is found in a text."""
    if len(text) < _LONG:
        return _compile(pattern).search(text) is not None
    return bool(pc.match_substring_regex(pa.scalar(text), pattern).as_py())


@cache
def _compile(pattern: str) -> re.Pattern[bytes]:
    return re.compile(pattern.encode())


def find_end(text: bytes, at: int, stop: int) -> int | None:
    """Return where the value that begins at a place ends, by its brackets and quotes; None if not before ``stop``.

    None as well for a value that is nested so deeply that nothing reads it.
    """
    if text[at : at + 1] not in (b"{", b"[", b'"'):
        end = _SCALAR.match(text, at, stop).end()  # type: ignore[union-attr]
        return end if end < min(stop, len(text)) else None
    depth = 0
    for token in _TOKEN.finditer(text, at, stop):
        sign = text[token.start()]
        if sign in b"[{":
            depth += 1
            if depth > _DEEPEST:
                return None
        elif sign in b"]}":
            depth -= 1
        elif not token[1]:
            return None
        if depth <= 0:
            return token.end()
    return None


def find_parts(parts: Sequence[bytes], text: bytes) -> NDArray[np.int64]:
    """Return where parts of a text begin, standing there in this order; for one that is not there, where it could."""
    if not parts:
        return np.empty(0, np.int64)
    end = len(parts[0])
    between = text[end : text.find(parts[1][:1], end)] if len(parts) > 1 else b""
    if between.join(parts) == text:  # most lists: all elements stand equally far from one another
        return np.cumsum([0, *map(len, parts[:-1])]) + np.arange(len(parts)) * len(between)
    places, at = [], 0
    for part in parts:
        place = text.find(part, at)
        at = max(at, place)
        places.append(at)
        at += len(part) * (place >= 0)
    return np.array(places, np.int64)


def repair(text: bytes) -> bytes | None:
    """Write a value that is nearly JSON as JSON; None if it cannot be read at all."""
    try:
        value = json.loads(text.decode("utf-8", "surrogateescape"), strict=False, parse_constant=str)
        return write(value)
    except (ValueError, RecursionError):
        return None


def write(value: Any) -> bytes:
    """Write a value in as few bytes as are needed; what is no UTF-8 in a text is escaped."""
    return _encoder.encode(value).encode()


def write_in_lines(texts: Sequence[bytes]) -> list[bytes]:
    """Return JSON values without line breaks and blanks between their parts."""
    return split_list(msgspec.json.format(b"[%b]" % b",".join(texts), indent=-1)) or []


def decode(text: bytes) -> Any:
    """Decode a small value; None if it is none."""
    return _decode(text.decode("utf-8", "surrogateescape"))


def decode_object(text: str) -> Record | None:
    """Return the object that is all of ``text``, in JSON or as Python prints it; None if it is none."""
    if not text.rstrip().endswith("}") and not text.startswith(_PRINTED):  # comments may follow what Python prints
        return None
    value = read_printed(text) if text.startswith(_PRINTED) else _decode(text)
    return value if isinstance(value, dict) else None


def _decode(text: str) -> Any:
    try:
        return _decoder.decode(text)
    except (ValueError, RecursionError):
        return None
