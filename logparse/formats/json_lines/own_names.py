"""Fields of lines whose keys in JSON, or columns in tables, the user names: ``time=when,user=who.name``.

Owns: which fields can be named, and how a user writes it.
Must not know: how lines are read.
"""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

#: Field to the field of a line format, for access lines and for app lines.
_OF_ACCESS: Final = {
    name: name
    for name in (
        "time", "client", "forwarded", "user", "method", "request", "target", "query", "status", "referer", "agent",
        "location", "request_id", "duration_s", "duration_ms", "duration_us", "duration_ns",
    )
} | {"size": "bytes"}  # fmt: skip
_OF_APP: Final = {"time": "time", "level": "level", "logger": "logger", "message": "message"}
NAMES: Final = tuple(dict.fromkeys((*_OF_ACCESS, *_OF_APP)))
#: Field to the path of its key, in the order in which they were given.
OwnNames = tuple[tuple[str, str], ...]


def parse_names(texts: Iterable[str]) -> OwnNames:
    """Return which keys hold which fields, of texts such as ``time=when,user=who.name``.

    Raises:
        ValueError: there is no such field, one is named twice, or a name is missing.
    """
    named: dict[str, str] = {}
    for text in ",".join(texts).split(",") if texts else ():
        field, equals, path = (part.strip() for part in text.partition("="))
        if not equals or not path:
            raise ValueError(f"{text!r} must be FIELD=NAME, such as user=who: the name of a JSON key or CSV column")
        if field not in NAMES:
            near = difflib.get_close_matches(field, NAMES, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise ValueError(f"there is no field {field!r}{hint} There are {', '.join(NAMES)}")
        if field in named:
            raise ValueError(f"{field} is named twice: {named[field]} and {path}")
        named[field] = path
    return tuple(named.items())


def add_names(data: Mapping[str, Any], names: OwnNames) -> dict[str, Any]:
    """Return what a format file says, for lines whose fields stand under keys of these names, if they hold them."""
    known = _OF_ACCESS if data["kind"] == "access" else _OF_APP
    fields = dict(data.get("fields", {}))
    for name, path in names:
        if name in known:
            old = fields.get(known[name], [])
            fields[known[name]] = [path, *(old if isinstance(old, list) else [old])]
    return {**data, "fields": fields}
