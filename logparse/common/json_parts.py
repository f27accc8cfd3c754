"""A line of JSON taken apart as it is written: its keys, its values, and what stands between them.

Owns: where the values of an object are written, and at which paths they stand. Must not know: what any key means.
"""

from __future__ import annotations

import re
from typing import Final, NamedTuple

_PART: Final = re.compile(
    r'"(?:[^"\\]|\\.)*+"|-?[0-9]++(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?|true|false|null|[{}\[\]:,]|[ \t]++'
)
_OPEN: Final = "{["
_CLOSE: Final = "}]"


class JsonPart(NamedTuple):
    """A piece of a line.

    Attributes:
        text: as it is written.
        path: of a value that is no object and no list, as ``RecordReader`` takes it; of all values of a list, the path
            of the list. None for a piece that is no value.
    """

    text: str
    path: str | None = None


def split_json(line: str) -> list[JsonPart] | None:
    """Take an object apart that stands in a line; None for what is no such object, or has a key with an escape."""
    parts: list[JsonPart] = []
    keys: list[str] = []  # those that lead to where we are; of a list, its own once more
    inside: list[str] = []  # the brackets that are open
    key_comes = False
    end = 0
    while end < len(line):
        found = _PART.match(line, end)
        if found is None or (parts and not inside):
            return None
        text, end = found[0], found.end()
        if text[0] in _OPEN:
            inside.append(text)
            keys.append("" if text == "{" else keys[-1] if keys else "")
            key_comes = text == "{"
        elif text in _CLOSE:
            if not inside or _OPEN.index(inside.pop()) != _CLOSE.index(text):
                return None
            keys.pop()
            key_comes = False
        elif text == ",":
            key_comes = inside[-1:] == ["{"]
        elif text[0] == '"' and key_comes:
            if "\\" in text:
                return None
            keys[-1], key_comes = text[1:-1], False
        elif text[0] not in ": \t" and inside:
            lists = [bracket == "[" for bracket in inside]
            path = ".".join(key for key, of_list in zip(keys, lists, strict=True) if not of_list)
            parts.append(JsonPart(text, path))
            continue
        parts.append(JsonPart(text))
    return None if inside or not line.startswith("{") else parts
