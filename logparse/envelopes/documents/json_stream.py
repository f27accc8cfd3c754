"""JSON documents of any size to records, each with the number of its line; only a part is in memory at a time.

Owns: where a document begins and ends, and which of its lists are gone through.
Must not know: which objects are records (``json_records``), what becomes of text that is no JSON (``json_gaps``).
"""

from __future__ import annotations

import re
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Final

import numpy as np

from logparse.envelopes.documents import json_records, json_text
from logparse.envelopes.documents.data_frames import is_of_frame
from logparse.envelopes.documents.items import Part
from logparse.envelopes.documents.json_gaps import GapReader
from logparse.envelopes.documents.json_records import HOLDERS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from logparse.envelopes.documents.json_records import Found
    from logparse.envelopes.documents.text_buffer import TextBuffer

    #: Yields the records in one element of a list.
    Find = Callable[[bytes, Mapping[str, bytes]], Iterator[Found]]

#: Bytes of a document that are in memory at a time, and of a single value, at most; packed ones grow a thousandfold.
PART: Final = 8 * 1024 * 1024
_PACKED_PART: Final = PART // 1024
VALUE: Final = 64 * 1024 * 1024
#: A value of more bytes is gone through without looking for its end first.
_SHORT: Final = 256 * 1024
#: Fewer bytes are not read as a list.
_FEW: Final = 2048
#: What is told about all records of a document: so many values, and bytes of each.
_ABOUT: Final = 100
_ABOUT_BYTES: Final = 64 * 1024
#: Lists and objects in each other.
_DEEPEST: Final = 8
#: Places for a cut that are tried, and blanks between two elements.
_TRIES: Final = 8
_SPACES: Final = 256
_SPACE: Final = re.compile(rb"[\s,\x1e\0]*")
_KEY: Final = re.compile(rb'"((?:[^"\\\n]++|\\.)*+)"\s*:\s*')
#: How an element of a list begins: up to the end of its first key, or up to its first quote; also of a list of objects.
_BEGINNING: Final = re.compile(rb'(?:\{|\[\s{0,64}\{?)\s{0,64}"(?:[^"\\]{1,80}")?')
#: How a list or object begins that may hold records.
OPENS: Final = re.compile(rb'\{\s*"|\[\s*(?:\{\s*"|\[\s*(?:[\[{"]|\d{9})|["\]])')
#: A value in a list that holds none.
_PLAIN: Final = re.compile(rb'(?:"(?:[^"\\\n]++|\\.)*+"|[-+.\w]++)(?=\s*+[,\]])')
#: Between two objects that stand behind one another. A string that ends in the same signs is followed by no letter.
_BETWEEN: Final = re.compile(rb'\}([\s\0]*)(?=\{\s*"[\w@.-])')
_NEWLINE: Final = 10


class JsonStream:
    """Reads the JSON documents that stand behind one another in a text: iterate to get their parts.

    Args:
        buffer: the text; afterwards, what stands behind the documents is left in it.
        is_known: whether a line is one that a server writes: such a line is of no document.
        tries: behind so many values in a row that cannot be read, the documents are at their end: each can take the
            time that reading the whole document takes.
    """

    def __init__(self, buffer: TextBuffer, is_known: Callable[[bytes], bool], tries: int = 50) -> None:
        self._buffer = buffer
        self._gaps = GapReader(buffer, is_known, tries)

    def __iter__(self) -> Iterator[Part]:
        yield from self._read_list({}, 0, json_records.find_records)

    # -- lists ------------------------------------------------------------------------------------------------------

    def _read_list(self, around: Mapping[str, bytes], depth: int, find: Find) -> Iterator[Part]:
        """The records of a list, behind its bracket; at depth 0, those of all values behind one another."""
        buffer, size, beginning = self._buffer, PART, b""
        while not self._gaps.ended:
            sign = buffer.skip(_SPACE)
            if not sign or (depth and sign == b"]"):
                buffer.at += len(sign)
                return
            buffer.fill(PART)
            if sign in b"[{":
                if not beginning or not buffer.data.startswith(beginning, buffer.at):
                    beginning = _find_beginning(buffer.data, buffer.at)
                stop = self._find_cut(beginning, size, depth)
                if stop - buffer.at > _PACKED_PART and buffer.data.find(json_records.GZIP, buffer.at, stop) >= 0:
                    stop = self._find_cut(beginning, _PACKED_PART, depth)
                part = self._split(stop, around, depth, find) if stop > buffer.at + _FEW else None
                if part is not None:
                    self._gaps.note_value()
                    buffer.at, size = stop, PART
                    yield part
                elif stop > buffer.at + _FEW:
                    size = (stop - buffer.at) // 4
                else:
                    yield from self._read_value(around, depth, find, beginning)
                    size = min(PART, size * 2)
            elif not depth:
                return
            elif (plain := _PLAIN.match(buffer.data, buffer.at)) is not None:
                buffer.at = plain.end()
            else:
                yield from self._gaps.read(beginning)

    def _find_cut(self, beginning: bytes, size: int, depth: int) -> int:
        """Find the last element in memory that begins as the others do; the place of this one if there is none."""
        data, at = self._buffer.data, self._buffer.at
        before = b"," if depth else b",]}"
        for sign in dict.fromkeys((beginning, beginning[: beginning.find(b'"') + 1])):
            place = at + size
            for _ in range(_TRIES if sign else 0):
                place = data.rfind(sign, at + 1, place)
                if place < 0:
                    break
                if data[max(at, place - _SPACES) : place].rstrip()[-1:] in before:
                    return place
        return at

    def _split(self, stop: int, around: Mapping[str, bytes], depth: int, find: Find) -> Part | None:
        """The records in the elements up to a place; None if these are no whole values."""
        start = self._buffer.at
        text = self._buffer.data[start:stop].rstrip(b", \t\r\n\x1e")
        text = text if depth else _BETWEEN.sub(rb"},\1", text)
        elements = json_text.split_list(b"[%b]" % text)
        if elements is None:
            return None
        if isinstance(find, partial) or json_records.may_hold(text) or not all(map(json_text.OBJECT.match, elements)):
            return self._place(chain.from_iterable(find(each, around) for each in elements), text, start)
        return self._place(zip(map(json_records.make_adder(around), elements), elements, strict=True), text, start)

    def _place(self, found: Iterable[Found], text: bytes, start: int) -> Part:
        """Records with the lines in which they begin."""
        first = self._buffer.line_at(start)
        pairs = [*found]
        texts = [record for record, _ in pairs]
        if b"\n" not in text:
            return Part(texts, np.full(len(texts), first))
        places = json_text.find_parts([part for _, part in pairs], text)
        breaks = np.flatnonzero(np.frombuffer(text, np.uint8) == _NEWLINE)
        return Part(json_text.write_in_lines(texts), first + np.searchsorted(breaks, places))

    # -- values -----------------------------------------------------------------------------------------------------

    def _read_value(self, around: Mapping[str, bytes], depth: int, find: Find, beginning: bytes) -> Iterator[Part]:
        """The records of the list or object that stands here."""
        buffer = self._buffer
        buffer.fill(_SHORT)
        end = json_text.find_end(buffer.data, buffer.at, buffer.at + _SHORT)
        text = b"" if end is None else _read_text(buffer.data[buffer.at : end])
        if end is not None and text:
            part = self._place(find(text, around), text, buffer.at)
            self._gaps.note_value()
            buffer.at = end
            yield part
            return
        if depth == _DEEPEST or not OPENS.match(buffer.data, buffer.at):
            yield from self._gaps.read(beginning)
        elif buffer.data[buffer.at : buffer.at + 1] == b"[":
            buffer.at += 1
            yield from self._read_list(around, depth + 1, json_records.find_in_element)
        else:
            yield from self._read_object(around, depth, find, beginning)

    def _read_object(self, around: Mapping[str, bytes], depth: int, find: Find, beginning: bytes) -> Iterator[Part]:
        """The records of a long object: those of its lists, or the object itself if it has none."""
        buffer, about, held, whole = self._buffer, dict(around), False, False
        buffer.kept = buffer.at
        buffer.at += 1
        while not (whole := (sign := buffer.skip(_SPACE)) == b"}") and sign and not self._gaps.ended:
            buffer.fill(_SHORT)
            hit = _KEY.match(buffer.data, buffer.at)
            if hit is None:
                break
            key = str(json_text.decode(b'"%b"' % hit[1]))
            buffer.at = hit.end()
            buffer.fill(_SHORT)
            in_rows = json_records.begins_rows(key, buffer.data, buffer.at, about)
            may_hold = in_rows or (not is_of_frame(key, about) and self._holds_records(key))
            if may_hold and buffer.data[buffer.at : buffer.at + 1] in (b"[", b"{"):
                held, buffer.kept = True, None
                yield from self._read_held(about, depth, in_rows=in_rows)
                continue
            end = self._find_end()
            if end is None or (buffer.kept is not None and end - buffer.kept > VALUE):
                break
            if end - buffer.at <= _ABOUT_BYTES and len(about) < _ABOUT:
                about[key] = buffer.data[buffer.at : end]
            buffer.at = end
        buffer.at += whole
        start, buffer.kept = buffer.kept, None
        if not held and start is not None:
            text = _read_text(buffer.data[start : buffer.at]) if whole else b""
            if text:
                yield self._place(find(text, around), text, start)
                return
            whole = False
            buffer.at = start
        if not whole:
            yield from self._gaps.read(beginning)

    def _holds_records(self, key: str) -> bool:
        """Whether the value that stands here holds records, as that of a key."""
        buffer = self._buffer
        if key not in HOLDERS or buffer.data[buffer.at : buffer.at + 1] == b"[":
            return key in HOLDERS
        end = json_text.find_end(buffer.data, buffer.at, buffer.at + _SHORT)
        return end is None or json_records.holds_holder(buffer.data[buffer.at : end])

    def _read_held(self, about: Mapping[str, bytes], depth: int, *, in_rows: bool) -> Iterator[Part]:
        if in_rows:
            names = json_records.name_columns(about)
            self._buffer.at += 1
            yield from self._read_list(about, depth + 1, partial(_find_in_row, names))
        else:
            yield from self._read_value(about, depth + 1, json_records.find_records, b"")

    def _find_end(self) -> int | None:
        """Where the value ends that stands here; None if it is too long, or does not end."""
        buffer, size = self._buffer, _SHORT
        while True:
            more = buffer.fill(size)
            end = json_text.find_end(buffer.data, buffer.at, buffer.at + size)
            if end is not None or not more or size >= VALUE:
                return end
            size *= 4


def _read_text(text: bytes) -> bytes:
    """A value, repaired if it is not quite JSON; nothing if it is none."""
    return text if json_text.split_list(b"[%b]" % text) is not None else json_text.repair(text) or b""


def _find_beginning(data: bytes, at: int) -> bytes:
    hit = _BEGINNING.match(data, at)
    return hit[0] if hit is not None else b""


def _find_in_row(names: Sequence[str], row: bytes, _: Mapping[str, bytes]) -> Iterator[Found]:
    return json_records.find_in_row(row, names)
