"""Data frames, in which Grafana and Axiom answer queries: a list of values for each field.

Owns: where answers stand that have names of their own, and the names and the values of the fields of a frame.
Must not know: where a frame stands in a document, what a record means.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from logparse.envelopes.documents import json_text

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Keys of an answer under which its records are: of Grafana, of Graylog (there around further answers, too).
_HELD: Final = ("frames", "search_types", "messages")
_SIGNS: Final = tuple(f'"{key}"'.encode() for key in _HELD)


def list_answers(members: Mapping[str, bytes]) -> list[bytes]:
    """Return the values of an object that holds answers to queries and nothing else, each under its name; else none."""
    texts = [*members.values()]
    if not all(text[:1] == b"{" for text in texts) or not any(sign in text for text in texts for sign in _SIGNS):
        return []
    return texts if any(key in (json_text.split_object(text) or {}) for text in texts for key in _HELD) else []


def is_of_frame(key: str, about: Mapping[str, bytes]) -> bool:
    """Return whether a key holds the columns of a frame whose beginning has been read: they are read as a whole."""
    return key == "data" and b'"fields"' in about.get("schema", b"")


def split_frame(members: Mapping[str, bytes]) -> dict[str, list[bytes]] | None:
    """Return the values of each field of an object that is a data frame; None if it is none.

    An answer of Grafana holds ``schema.fields[].name`` and ``data.values[]``, what the inspector of a panel saves
    ``fields[].name`` with ``fields[].values``; Axiom's tables hold ``fields[].name`` and ``columns[]``.
    """
    schema = json_text.split_object(members["schema"]) if "schema" in members else members
    fields = [json_text.split_object(field) for field in json_text.split_list((schema or {}).get("fields", b"")) or ()]
    if not fields or any(field is None or "name" not in field for field in fields):
        return None
    if schema is members and "columns" in members:
        columns = json_text.split_list(members["columns"]) or []
    elif schema is members:
        columns = [(field or {}).get("values", b"") for field in fields]
    else:
        held = json_text.split_object(members.get("data", b"")) or {}
        columns = json_text.split_list(held.get("values", b"")) or []
    values = [json_text.split_list(column) for column in columns]
    if len(values) != len(fields) or any(value is None for value in values):
        return None
    names = [str(json_text.decode((field or {})["name"])) for field in fields]
    return {name: value or [] for name, value in zip(names, values, strict=True)}
