"""The option with which lines of an operator's own would be read, by how they look.

Owns: how the values of each field look, and the options that name keys and heads of lines.
Must not know: files, how anything is printed.
"""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING, Any, Final

from logparse.common.timestamps import parse_timestamp
from logparse.formats.clients import PATTERN
from logparse.formats.json_lines.objects import find_value, to_text
from logparse.scans.named_keys import find_records, list_keys

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

_METHODS: Final = r"(?i:GET|POST|PUT|PATCH|DELETE|HEAD|OPTIONS)"
#: Field, how its key may be called, and how all its values look. The first key that fits is proposed.
_LOOKS: Final = [
    (field, re.compile(rf"(?i).*(?:{key})"), re.compile(value, re.DOTALL))
    for field, key, value in (
        ("request", "", rf"{_METHODS} \S.* HTTP/[\d.]+"),
        ("request", "request|req|asked|line", rf"{_METHODS} /\S*"),
        ("method", "", _METHODS),
        ("target", "", r"/\S*|https?://\S+/\S*"),
        ("status", "stat|code|result|answer|resp", r"[1-5]\d\d"),
        ("time", "time|date|when|stamp|^ts$|_at$|moment|^@?t$", r"(?=.*\d{4}).*"),
        ("time", "", r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d.*"),
        ("client", "", PATTERN),
        ("user", "user|who|login|account|principal|subject|identity|caller|email", r"[\w.@+-]{1,100}"),
        ("size", "byte|size|length", r"\d{1,12}"),
        ("agent", "agent|browser", r"[A-Za-z][\w.!+-]*/v?\d.*"),
    )
]
#: A head that holds no more than a level is read only if the user says so: anybody can type one.
_LEVEL: Final = re.compile(r"(\W{0,2})(?:DEBUG|INFO|WARNING|ERROR|CRITICAL)( *)(\W{1,4})(?=\w)")
#: Without these an object is no access line.
_NEEDED: Final = (frozenset({"request", "status"}), frozenset({"method", "target", "status"}))


def propose_names(lines: Sequence[str], read: Collection[str] = ()) -> str:
    """Return an option that names the keys of records, such as ``--field time=when,user=who``; empty if none is needed.

    Args:
        lines: the first ones of a source, without envelopes.
        read: fields that are read as it is; empty: no record is read as a request.
    """
    records = find_records(lines)
    columns = {key: _values(records, key) for key in list_keys(records) if not re.search(r"[,='\"]|^\s|\s$", key)}
    found: dict[str, str] = {}
    for field, name, look in _LOOKS:
        for key, values in () if field in found else columns.items():
            if key in found.values() or not name.match(key) or not values or not all(map(look.fullmatch, values)):
                continue
            if field != "time" or all(map(parse_timestamp, values)):
                found[field] = key
                break
    if not read and not any(needed <= found.keys() for needed in _NEEDED):
        return ""
    found = {field: key for field, key in found.items() if field not in read}
    names = ",".join(f"{field}={key}" for field, key in found.items())
    return f"--field {shlex.quote(names)}" if names else ""


def propose_app_format(lines: Sequence[str]) -> str:
    """Return an option for app lines whose head holds a level alone; empty if most of the lines are others."""
    hits = [hit for line in lines if (hit := _LEVEL.match(line))]
    if len(hits) * 2 <= len(lines):
        return ""
    heads = {(hit[1], hit[2] + hit[3]) for hit in hits}
    before, after = heads.pop()
    level = "%(levelname)-8s" if heads else "%(levelname)s"
    string = f"{before}{level}{after.lstrip(' ') if heads else after}%(message)s"
    return f"--app-format {shlex.quote(string)}"


def _values(records: Sequence[dict[str, Any]], key: str) -> list[str]:
    return [text for record in records if (text := to_text(find_value(record, key))) is not None]
