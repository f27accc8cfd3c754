"""``Contents``: what is in the envelopes around one item.

Owns: the form in which an opened item is passed on, and its values as lines.
Must not know: which envelopes are around an item.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from logparse.envelopes.documents import json_text
from logparse.formats.bare_requests import begins_request

if TYPE_CHECKING:
    from logparse.envelopes.payload import Payload
    from logparse.formats.json_lines.objects import Record


class Contents(NamedTuple):
    """What is in the envelopes around an item.

    Attributes:
        payload: the line.
        more: the line goes on in the next item.
        skip: the item holds nothing that a server wrote.
    """

    payload: Payload
    more: bool = False
    skip: bool = False


def decode_value(value: str | Record) -> str | Record | None:
    """Return the object that a text is, if it begins like one (None if it is none); else the value itself."""
    return json_text.decode_object(value) if isinstance(value, str) and value.startswith("{") else value


def to_line(value: str | Record, text: str) -> str:
    """Return a value as a line; a record as it stands in the file (``text``), or else in JSON."""
    if isinstance(value, str):
        return value
    return text or json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def is_behind_request(text: str, payload: str | Record) -> bool:
    """Return whether a request stands in front of a payload: then a caller may have written all of that."""
    if not isinstance(payload, str) or not payload or not text.endswith(payload):
        return False
    return begins_request(text[: -len(payload)])
