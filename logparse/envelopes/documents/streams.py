"""Files that are documents to lines, one record in each; whatever their size, only a part of them is in memory.

Owns: which files are documents, by how they begin; the form in which their records are passed on.
Must not know: how records are found, what a record means, line formats (it is told which lines are known).
"""

from __future__ import annotations

import re
from itertools import chain
from typing import TYPE_CHECKING, Final

import numpy as np

from logparse.envelopes.documents import json_text
from logparse.envelopes.documents.json_records import may_hold_records
from logparse.envelopes.documents.json_stream import VALUE, JsonStream
from logparse.envelopes.documents.text_buffer import TextBuffer
from logparse.sources.chunks import Chunk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from logparse.envelopes.documents.items import Part
    from logparse.formats.json_lines.objects import Record

#: Bytes that are passed on together, about.
_CHUNK: Final = 4 * 1024 * 1024
#: The first value of a document is looked at up to this length.
_FIRST: Final = 256 * 1024
_OPENS: Final = re.compile(rb'[\s\x1e]*+(?:(\{)\s*+(?=")|\[\s*+(?=\{\s*"|\[\s*[\[{"]))')
_BEHIND: Final = re.compile(rb"[ \t\r]*+")


class Unfolder:
    """Turns a file that is a document into lines; all other files are passed on as they are.

    Args:
        is_known: whether a line is one that a server writes.
        is_wrapped: whether an envelope is around a record.

    Attributes:
        cut_lines: lines that were too long to be held; each was passed on, shortened.
    """

    def __init__(self, is_known: Callable[[str], bool], is_wrapped: Callable[[Record], bool]) -> None:
        self._is_known = is_known
        self._is_wrapped = is_wrapped
        self.cut_lines = 0

    def unfold(self, chunks: Iterable[Chunk]) -> Iterator[Chunk]:
        """Yield the chunks of a file, which hold whole lines."""
        rest = (chunk.data for chunk in chunks)
        first = next(rest, b"")
        pieces = chain([first] if first else [], rest)
        if not self._begins_json(first):
            yield from self._join_lines(pieces)
            return
        text = TextBuffer(pieces)
        stream = JsonStream(text, lambda line: self._is_known(line.decode("utf-8", "surrogateescape")))
        yield from _join_parts(text, stream)
        number = text.line_at(text.at)
        for chunk in self._join_lines(text.rest()):
            count = chunk.data.count(b"\n") + (not chunk.data.endswith(b"\n"))
            yield chunk._replace(numbers=np.arange(number, number + count))
            number += count

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
        if record is None or not opens[1]:
            return record is not None and follows in (b"", b"\n", b",", b"]")
        if b"\n" in value or follows not in (b"", b"\n"):
            return follows in (b"", b"\n", b",", b"{", b"[")
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
                yield self._end_line(begun, size)
                begun, size = [], 0
            end = data.rfind(b"\n") + 1
            if end > start:
                yield Chunk(data[start:end] if start or end < len(data) else data)
            if end < len(data):
                begun, size = [data[end:]], len(data) - end
        if begun:
            yield self._end_line(begun, size)

    def _end_line(self, begun: list[bytes], size: int) -> Chunk:
        data = b"".join(begun)
        self.cut_lines += size > len(data)
        return Chunk(data if data.endswith(b"\n") or size == len(data) else data + b"\n")


def _join_parts(text: TextBuffer, parts: Iterable[Part]) -> Iterator[Chunk]:
    """Yield the parts of a document as chunks; the last one tells how many lines of it hold neither record nor text."""
    texts: list[bytes] = []
    numbers: list[np.ndarray[tuple[int], np.dtype[np.int64]]] = []
    size, last, held = 0, 0, 0
    for part in parts:
        if not len(part.texts):
            continue
        held += int(np.count_nonzero(np.diff(part.numbers, prepend=last)))
        last = int(part.numbers[-1])
        texts += part.texts
        numbers.append(part.numbers)
        size += sum(map(len, part.texts))
        if size >= _CHUNK:
            yield Chunk(b"\n".join([*texts, b""]), numbers=np.concatenate(numbers))
            texts, numbers, size = [], [], 0
    lines = text.line_at(max(0, text.at - 1))
    yield Chunk(
        b"\n".join([*texts, b""]), numbers=np.concatenate([np.empty(0, np.int64), *numbers]), hollow=lines - held
    )
