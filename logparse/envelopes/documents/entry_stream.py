"""Files of entries that take several lines each to records, one JSON object in a line; a part is in memory at a time.

Owns: which kinds of entries a file can begin with, reading many at once.
Must not know: how an entry is read, what a record means, line formats (it is told which lines are known).

Entries that begin in the middle of a file are found line by line (``layouts``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec
import numpy as np

from logparse.envelopes.documents import journals, json_text, rubydebug, vertical, yaml_documents
from logparse.envelopes.documents.items import Item, LineQueue, Part
from logparse.envelopes.documents.otel_debug import RecordReader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from logparse.formats.json_lines.objects import Record

    Read = Callable[[int, str, LineQueue, Callable[[str], bool]], Iterator[Item]]

_encoder: Final = msgspec.json.Encoder()
#: So many lines may stand in front of the first entry, none of them known.
_BEFORE: Final = 50
#: ... and so many show whether an entry holds a record.
_FIRST: Final = 2_000
#: An entry of more bytes has lost its end.
_LONGEST: Final = 8 * 1024 * 1024


class _Kind(NamedTuple):
    """A kind of entries: whether one begins with a line, and what reads it."""

    begins: Callable[[str], bool]
    read: Read


def _kinds() -> tuple[_Kind, ...]:
    """Return all kinds, to read one file with."""
    collector, mappings = RecordReader(), yaml_documents.MappingReader()
    return (
        _Kind(yaml_documents.begins, mappings.read_document),
        _Kind(yaml_documents.begins_list, mappings.read_list),
        _Kind(journals.begins_export, journals.read_export),
        _Kind(journals.may_begin_verbose, journals.read_verbose),
        _Kind(rubydebug.begins, rubydebug.read_event),
        _Kind(collector.begins, collector.read),
        _Kind(vertical.begins, vertical.read_row),
    )


def find_kind(
    lines: Sequence[str], is_known: Callable[[str], bool], is_record: Callable[[Record], bool]
) -> EntryStream | None:
    """Return what reads a file that begins with entries; None if it begins with none.

    Args:
        lines: the first ones of the file.
        is_known: whether a line is one that a server writes.
        is_record: whether an envelope, or a known line, is in a record.
    """
    for kind in _kinds():
        first = next((at for at, line in enumerate(lines[:_BEFORE]) if kind.begins(line)), None)
        if first is None or any(map(is_known, lines[:first])):
            continue
        queue = LineQueue(iter(enumerate(lines[first : first + _FIRST], first)))
        for number, line in queue:
            items = kind.read(number, line, queue, is_known) if kind.begins(line) else iter(())
            records = [item.record for item in items if item.record is not None]
            if records:
                if any(map(is_record, records)):
                    return EntryStream(kind, is_known)
                break
    return None


class EntryStream:
    """Reads a file of entries of one kind.

    Args:
        kind: of the entries.
        is_known: whether a line is one that a server writes.

    Attributes:
        number: of the next line that is to be read.
    """

    def __init__(self, kind: _Kind, is_known: Callable[[str], bool]) -> None:
        self._kind = kind
        self._is_known = is_known
        self._begun = b""
        self._ended = False  # all lines at hand were taken
        self.number = 1

    def read(self, data: bytes, *, last: bool) -> Part:
        """Read further lines.

        Args:
            data: whole lines of the file, behind those read so far.
            last: the file ends with them.

        Returns:
            Their records, and the lines that are of no entry. An entry that may go on in the next lines is read with
            these.
        """
        data, self._begun = self._begun + data, b""
        lines = data.decode("utf-8", "surrogateescape").removesuffix("\n").split("\n")
        queue = LineQueue(self._watch(lines))
        begins, read = self._kind
        texts: list[bytes] = []
        places: list[int] = []
        following = self.number + len(lines)
        for number, line in queue:
            if not begins(line):
                texts.append(line.encode("utf-8", "surrogateescape"))
                places.append(number)
                continue
            items = list(read(number, line, queue, self._is_known))
            if self._ended and not last and len(begun := _from_line(data, number - self.number)) < _LONGEST:
                self._begun, following = begun, number
                break
            for item in items:
                if not item.hollow:
                    texts.append(_write(item))
                    places.append(item.line)
        self.number = following
        return Part(texts, np.array(places, np.int64))

    def _watch(self, lines: Sequence[str]) -> Iterator[tuple[int, str]]:
        self._ended = False
        yield from enumerate(lines, self.number)
        self._ended = True


def _from_line(data: bytes, count: int) -> bytes:
    """Return a text without so many of its first lines."""
    at = 0
    for _ in range(count):
        at = data.find(b"\n", at) + 1
    return data[at:]


def _write(item: Item) -> bytes:
    if item.record is None:
        return item.text.encode("utf-8", "surrogateescape")
    try:
        return _encoder.encode(item.record)
    except UnicodeEncodeError:  # bytes that are no UTF-8
        return json_text.write(item.record)
