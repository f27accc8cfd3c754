"""Files that are documents to lines, one record in each; whatever their size, only a part of them is in memory.

Owns: which files are documents, by how they begin; the form in which their records are passed on.
Must not know: how records are found, what a record means, line formats (it is told which lines are known).
"""

from __future__ import annotations

import re
from itertools import chain
from typing import TYPE_CHECKING, Final

import numpy as np

from logparse.envelopes.documents import json_text, string_lists
from logparse.envelopes.documents.entry_stream import find_kind
from logparse.envelopes.documents.items import Part
from logparse.envelopes.documents.json_records import may_hold, may_hold_records
from logparse.envelopes.documents.json_stream import VALUE, JsonStream
from logparse.envelopes.documents.table_stream import TableStream
from logparse.envelopes.documents.tables import find_separator
from logparse.envelopes.documents.text_buffer import TextBuffer
from logparse.sources.chunks import Chunk, mark_last

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from numpy.typing import NDArray

    from logparse.envelopes.documents.entry_stream import EntryStream
    from logparse.formats.json_lines.objects import Record

#: Bytes that are passed on together, about.
_CHUNK: Final = 4 * 1024 * 1024
#: The first value of a document is looked at up to this length.
_FIRST: Final = 256 * 1024
_OPENS: Final = re.compile(rb'[\s\x1e]*+(?:(\{)\s*+(?=")|\[\s*+(?=\{\s*"|\[\s*(?:[\[{"]|\d{9})))')
_BEHIND: Final = re.compile(rb"[ \t\r]*+")


class Unfolder:
    """Turns a file that is a document into lines; all other files are passed on as they are.

    Args:
        is_known: whether a line is one that a server writes.
        holds_known_line: whether a known line is in a line or record.
        is_wrapped: whether an envelope is around a record.
        keys: names of columns or keys that hold the line, as the user says.
    """

    def __init__(
        self,
        is_known: Callable[[str], bool],
        holds_known_line: Callable[[str | Record], bool],
        is_wrapped: Callable[[Record], bool],
        keys: frozenset[str],
    ) -> None:
        self._is_known = is_known
        self._holds_known_line = holds_known_line
        self._keys = keys
        self._is_wrapped = is_wrapped

    def unfold(self, chunks: Iterable[Chunk]) -> Iterator[Chunk]:
        """Yield the chunks of a file, which hold whole lines."""
        pieces = (chunk.data for chunk in chunks)
        first = b""
        for piece in pieces:
            first = first + piece if first else piece
            if len(first) >= _FIRST:
                break
        whole: Iterator[bytes] = chain([first] if first else [], pieces)
        if string_lists.may_begin(first[:_FIRST], self._holds_known_line):
            held, part = string_lists.read(whole, self._holds_known_line, self._is_record)
            if part is not None:
                yield from _join_parts([part], lambda: held.count(b"\n") + (not held.endswith(b"\n")))
                return
            whole = chain([held], whole)
        elif len(first) < _FIRST and (printed := string_lists.write_printed(first)) is not None:
            first, whole = printed, iter([printed])
        if self._begins_json(first[:_FIRST]):
            yield from self._unfold_json(whole)
        elif (table := self._begin_table(first[:_FIRST])) is not None:
            yield from self._unfold_table(table, self._join_lines(whole))
        elif (entries := self._begin_entries(first[:_FIRST])) is not None:
            parts = _read_entries(entries, mark_last(self._join_lines(whole)))
            yield from _join_parts(parts, lambda: entries.number - 1)
        else:
            yield from self._join_lines(whole)

    def _is_record(self, record: Record) -> bool:
        return may_hold_records(record) or self._is_wrapped(record) or self._holds_known_line(record)

    def _begin_table(self, data: bytes) -> TableStream | None:
        """The table that a file begins with; None if it begins with none."""
        lines = data.decode("utf-8", "surrogateescape").split("\n")[: None if len(data) < _FIRST else -1]
        number = next((at for at, line in enumerate(lines) if line.strip()), 0)
        separator = find_separator(lines[number], self._keys, first=True) if lines else ""
        if not separator:
            return None
        table = TableStream(lines[number], number + 2, separator, self._is_known, self._holds_known_line)
        return table if table.holds_log(lines[number + 1 :]) else None

    def _begin_entries(self, data: bytes) -> EntryStream | None:
        """What reads the entries that a file begins with; None if it begins with none."""
        lines = data.decode("utf-8", "surrogateescape").split("\n")[: None if len(data) < _FIRST else -1]
        return find_kind(
            lines, self._is_known, lambda record: self._is_wrapped(record) or self._holds_known_line(record)
        )

    def _unfold_table(self, table: TableStream, chunks: Iterator[Chunk]) -> Iterator[Chunk]:
        """The rows of a table, and what stands behind it."""
        marked = mark_last(_drop_lines(chunks, table.number - 1))
        yield from _join_parts(_read_parts(table, marked), lambda: table.number - 1)
        rest = chain([Chunk(table.rest)] if table.rest else [], (chunk for chunk, _ in marked))
        yield from _number_lines(rest, table.number)

    def _unfold_json(self, pieces: Iterator[bytes]) -> Iterator[Chunk]:
        """The records of JSON documents, and what stands behind these."""
        text = TextBuffer(pieces)
        stream = JsonStream(text, lambda line: self._is_known(line.decode("utf-8", "surrogateescape")))
        yield from _join_parts(stream, lambda: text.line_at(max(0, text.at - 1)))
        yield from _number_lines(self._join_lines(text.rest()), text.line_at(text.at))

    def _begins_json(self, data: bytes) -> bool:
        """Whether a text begins with a JSON document, and not with one record in each line."""
        opens = _OPENS.match(data)
        if opens is None:
            return False
        at = opens.start(1) if opens[1] else opens.end()
        end = json_text.find_end(data, at, at + _FIRST)
        if end is None:
            line = data[at : data.find(b"\n", at) + 1]
            return not opens[1] or not line.rstrip().endswith(b"}")  # an object, with a quote too few
        value = data[at:end]
        record = json_text.decode(value)
        behind = _BEHIND.match(data, end).end()  # type: ignore[union-attr]
        follows = data[behind : behind + 1]
        if not opens[1]:
            return record is not None and follows in (b"", b"\n", b",", b"]")
        if record is None:
            return may_hold(value)
        if b"\n" in value or follows not in (b"", b"\n"):
            return follows in (b"", b"\n", b",", b"{", b"[", b"\0")
        return may_hold_records(record) and not self._is_wrapped(record)

    def _join_lines(self, pieces: Iterable[bytes]) -> Iterator[Chunk]:
        """Put lines together that came in several pieces."""
        begun: list[bytes] = []
        size = 0
        for data in pieces:
            start = 0
            if begun:
                start = data.find(b"\n") + 1 or len(data)
                begun.append(data[: min(start, max(0, VALUE - size))])
                size += start
                if not data.endswith(b"\n", 0, start):
                    continue
                yield _end_line(begun, size, ended=True)
                begun, size = [], 0
            end = data.rfind(b"\n") + 1
            if end > start:
                yield Chunk(data[start:end] if start or end < len(data) else data)
            if end < len(data):
                begun, size = [data[end:]], len(data) - end
        if begun:
            yield _end_line(begun, size, ended=False)


def _end_line(begun: list[bytes], size: int, *, ended: bool) -> Chunk:
    """Return what is kept of a line, with its line break if it has ``ended``."""
    data = b"".join(begun)
    cut = size - len(data) - (ended and size > len(data))
    return Chunk(data + b"\n" if size > len(data) else data, cut_lines=int(cut > 0), cut_bytes=cut)


def _number_lines(chunks: Iterable[Chunk], number: int) -> Iterator[Chunk]:
    """Yield chunks with the numbers of their lines in the file, of which the first is given."""
    for chunk in chunks:
        count = chunk.data.count(b"\n") + (not chunk.data.endswith(b"\n"))
        yield chunk._replace(numbers=np.arange(number, number + count))
        number += count


def _read_parts(table: TableStream, chunks: Iterable[tuple[Chunk, bool]]) -> Iterator[Part]:
    for chunk, last in chunks:
        yield table.read(chunk.data, last=last)._replace(cut_bytes=chunk.cut_bytes)
        if table.rest:
            return


def _read_entries(entries: EntryStream, chunks: Iterable[tuple[Chunk, bool]]) -> Iterator[Part]:
    for chunk, last in chunks:
        yield entries.read(chunk.data, last=last)._replace(cut_bytes=chunk.cut_bytes)


def _drop_lines(chunks: Iterable[Chunk], count: int) -> Iterator[Chunk]:
    """Yield chunks without their first lines, in smaller ones."""
    for chunk in chunks:
        data, start = chunk.data, 0
        while count and start < len(data):
            start = data.find(b"\n", start) + 1 or len(data)
            count -= 1
        while start < len(data):
            stop = data.find(b"\n", start + _CHUNK) + 1 or len(data)
            yield Chunk(data[start:stop]) if stop < len(data) else chunk._replace(data=data[start:])
            start = stop


def _join_parts(parts: Iterable[Part], count_lines: Callable[[], int]) -> Iterator[Chunk]:
    """Yield the parts of a document as chunks.

    The last one tells how many lines of the document hold neither record nor text, and what was cut off from texts.
    A line break inside a record counts as a line once: where it stands in the document, or in the line of a log.
    """
    texts: list[bytes] = []
    numbers: list[NDArray[np.int64]] = [np.empty(0, np.int64)]
    previous = Part([], numbers[0])
    size, held = 0, 0
    cuts: list[int] = []
    for part in parts:
        cuts += [part.cut_bytes] if part.cut_bytes else []
        if not len(part.texts):
            continue
        held += _count_lines(previous, int(part.numbers[0]))
        previous = part
        texts += part.texts
        numbers.append(part.numbers)
        size += sum(map(len, part.texts))
        if size >= _CHUNK:
            yield Chunk(b"\n".join([*texts, b""]), numbers=np.concatenate(numbers))
            texts, numbers, size = [], numbers[:1], 0
    lines = count_lines()
    held += _count_lines(previous, lines + 1)
    data = b"\n".join([*texts, b""]) if texts else b""
    hollow = max(0, lines - held)
    yield Chunk(data, numbers=np.concatenate(numbers), hollow=hollow, cut_lines=len(cuts), cut_bytes=sum(cuts))


def _count_lines(part: Part, following: int) -> int:
    """Count the lines of the file that records hold, up to a line: those that they begin in, and those inside."""
    gaps = np.diff(part.numbers, append=following) - 1
    broken = np.flatnonzero(gaps > 0).tolist()
    broken = [] if broken and not json_text.holds(b"".join(part.texts), r'\\n[^"]') else broken
    inner = sum(min(int(gaps[at]), _count_breaks(part.texts[at])) for at in broken)
    return int(np.count_nonzero(gaps >= 0)) + inner


def _count_breaks(text: bytes) -> int:
    """Count the line breaks inside the strings of records; one at the end of a string begins no further line."""
    return text.count(b"\\n") - text.count(b'\\n"')
