"""Entries of systemd's journal to records, as ``journalctl -o export`` and ``-o verbose`` write them.

Owns: where an entry begins and ends, fields that are written as bytes.
Must not know: what a field means.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from logparse.envelopes.documents.items import Item

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from logparse.envelopes.documents.items import LineQueue
    from logparse.formats.json_lines.objects import Record

#: A field that is longer, or goes on over more lines, has lost its end.
_SIZE: Final = 4 * 1024 * 1024
_LINES: Final = 200
_VERBOSE: Final = re.compile(
    r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) (\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}\.\d{6})(?: (UTC|[A-Z]{2,5}))? "
    r"\[(s=[^\]]*)\]\r?"
)
_FIELD: Final = re.compile(r"[A-Z_][A-Z0-9_]{0,63}")


def begins_export(line: str) -> bool:
    """Return whether an entry of the export format begins with a line."""
    return line.startswith("__CURSOR=")


def may_begin_verbose(line: str) -> bool:
    """Return whether an entry of the verbose form begins with a line."""
    return _VERBOSE.fullmatch(line) is not None


def read_export(number: int, line: str, lines: LineQueue, is_known: Callable[[str], bool]) -> Iterator[Item]:
    """Yield one entry of the journal export format: fields up to an empty line, some with a length and raw bytes.

    Lines that turn out to be no entry stay lines.
    """
    record: Record = {}
    taken: list[str] = []
    lines.put_back(number, line)
    for at, field in lines:
        key, sign, value = field.removesuffix("\r").partition("=")
        if not field.strip():
            taken.append(field)
            break
        if not _FIELD.fullmatch(key) or (key == "__CURSOR" and taken):
            lines.put_back(at, field)
            break
        taken.append(field)
        if sign:
            record[key] = value
        else:
            value, raw = _bytes(at + 1, lines, is_known)
            taken += raw
            record[key] = value
    if {"MESSAGE", "__REALTIME_TIMESTAMP"} <= set(record):
        yield Item(number, "", record, len(taken))
    else:
        yield from (Item(number + at, text) for at, text in enumerate(taken))


def _bytes(number: int, lines: LineQueue, is_known: Callable[[str], bool]) -> tuple[str, list[str]]:
    """The value of a field that comes as its length and its bytes, and the lines that it takes."""
    held = b""
    taken: list[str] = []
    for _, line in lines:
        taken.append(line)
        held += line.encode("utf-8", "surrogateescape") + b"\n"
        size = int.from_bytes(held[:8], "little")
        if is_known(line) or len(taken) > _LINES:
            break
        if len(held) > 8 and (size > _SIZE or len(held) >= 9 + size):  # noqa: PLR2004 - the length comes first
            if len(held) == 9 + size:
                return held[8 : 8 + size].decode("utf-8", "surrogateescape"), taken
            break
    # The length does not end at the end of a line: this is no such field.
    lines.put_all_back(number, taken)
    return "", []


def read_verbose(
    number: int, line: str, lines: LineQueue, _is_known: Callable[[str], bool] | None = None
) -> Iterator[Item]:
    """Yield one entry of ``journalctl -o verbose``: a line with time and cursor, and its fields, set in."""
    head = _VERBOSE.fullmatch(line)
    assert head is not None
    record: Record = {"__REALTIME_TIMESTAMP": f"{head[1]} {head[2] or ''}".rstrip(), "__CURSOR": head[3]}
    taken, key = [line], ""
    for at, field in lines:
        if not field.startswith("    "):
            lines.put_back(at, field)
            break
        taken.append(field)
        name, sign, value = field.strip(" ").removesuffix("\r").partition("=")
        if sign and not field.startswith("     ") and re.fullmatch(r"[A-Z_][A-Z0-9_]*", name):
            key, record[name] = name, value
        elif key:
            record[key] = f"{record[key]}\n{field.strip(' ')}"
    yield Item(number, "", record, len(taken))
