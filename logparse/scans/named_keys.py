"""Whether the keys and columns that a user names are in what was read, and which ones are.

Owns: how a key or a column is found in a text. Must not know: options, what is done with a key.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from logparse.common.errors import InputError
from logparse.envelopes.documents.tables import find_separator, split_row
from logparse.formats.json_lines.objects import Record, decode_object

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from logparse.scans.coverage import Coverage
    from logparse.sources.chunks import Chunk

#: So many records of a source, from so many of its first bytes, show which keys there are; so many are listed.
RECORDS: Final = 50
_HEAD: Final = 256 * 1024
_LISTED: Final = 40
_DEEPEST: Final = 3


class KeyWatch:
    """Passes the chunks of a source on, and looks for names in them until all are found.

    Args:
        chunks: of the source.
        names: of keys (dots lead into objects) or columns.

    Attributes:
        missing: names that were not found so far.
        head: the beginning of the source.
    """

    def __init__(self, chunks: Iterable[Chunk], names: Sequence[str]) -> None:
        self._chunks = chunks
        self.missing = {name: (_compile(name), [_compile(key) for key in name.split(".")]) for name in names}
        self.head = b""

    def __iter__(self) -> Iterator[Chunk]:
        for chunk in self._chunks:
            if self.missing and len(self.head) < _HEAD:
                self.head += chunk.data[:_HEAD]
            for name, (whole, keys) in list(self.missing.items()):
                if whole.search(chunk.data) or all(key.search(chunk.data) for key in keys):
                    del self.missing[name]
            yield chunk


def _compile(name: str) -> re.Pattern[bytes]:
    """A key stands in quotes in front of a colon, a column between others or alone in its line."""
    word = re.escape(name)
    text = rf'"{word}\\*"\s*:|(?:^|[,;\t|])"?{word}"?(?:[,;\t|\r]|$)|^#Fields:.*[ \t]{word}(?:\s|$)'
    return re.compile(text.encode("utf-8", "surrogateescape"), re.MULTILINE)


def find_records(lines: Sequence[str]) -> list[Record]:
    """Return the records that the first lines of a source are: JSON objects, or else the rows of a table."""
    records = [record for line in lines if line.startswith("{") and (record := decode_object(line)) is not None]
    if not records and lines and (separator := find_separator(lines[0], frozenset(), first=True)):
        header, *rows = (split_row(line, separator) for line in lines)
        records = [dict(zip(header, row, strict=True)) for row in rows if len(row) == len(header)]
    return records[:RECORDS]


def list_keys(records: Iterable[Record]) -> tuple[str, ...]:
    """Return the keys of records, each written as a user names it."""
    return tuple(dict.fromkeys(key for record in records for key in _walk(record, "", _DEEPEST)))


def _walk(record: Record, above: str, depth: int) -> Iterator[str]:
    for key, value in record.items():
        if isinstance(value, dict) and depth > 1:
            yield from _walk(value, f"{above}{key}.", depth - 1)
        else:
            yield above + key


def check_names(entries: Sequence[Coverage]) -> None:
    """See that each name that the user gave is in some source; sources without records show nothing.

    Raises:
        InputError: a name is in none; the error lists those that are in the first of them.
    """
    of_records = [entry for entry in entries if entry.keys or not entry.missing]
    missing = set[str].intersection(*(set(entry.missing) for entry in of_records)) if of_records else set()
    for name in sorted(missing):
        entry = next(entry for entry in of_records if entry.keys)
        complain_of(name, entry.source, entry.keys)


def complain_of(name: str, source: str, keys: Sequence[str]) -> None:
    """Say of a source that a name is not in it, unless it holds no records.

    Raises:
        InputError: it holds some.
    """
    if keys:
        more = ", ..." if len(keys) > _LISTED else ""
        raise InputError(source, f"has no key or column {name!r}", f"there are {', '.join(keys[:_LISTED])}{more}")
