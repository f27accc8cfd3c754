"""Text in a JSON document that is no JSON: what is passed on of it, and where the document goes on.

Owns: how far a document is searched for its next record, and what ends it.
Must not know: JSON, records.

A quote inside a JSON string is always escaped, so no text of a stranger can look like the beginning of an object
(``{"``) of its own: behind a place that cannot be read, the next record of the same list is looked for.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import numpy as np

from logparse.envelopes.documents.items import Part

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from logparse.envelopes.documents.text_buffer import TextBuffer

#: What is no JSON is passed on up to this length.
LONGEST: Final = 1024 * 1024
#: Lines in a row that are no JSON.
_LINES: Final = 200
_STEP: Final = 1024 * 1024
_INDENT: Final = re.compile(rb"[ \t,]*")
#: Lines of a document that hold no record.
_HOLLOW: Final = re.compile(rb'\s*+(?:"[^"\\]*+"\s*+:\s*+)?+(?:"[^"\\]*+"|[-+.\w]*+)\s*+[\[\]{}, \t\r]*')


class GapReader:
    """Reads what is no JSON in a document.

    Args:
        buffer: the document.
        is_known: whether a line is one that a server writes: such a line is of no document.
        tries: behind so many gaps in a row, the documents are at their end: finding each can take the time that
            reading the whole document takes.

    Attributes:
        ended: the documents are at their end.
    """

    def __init__(self, buffer: TextBuffer, is_known: Callable[[bytes], bool], tries: int) -> None:
        self._buffer = buffer
        self._is_known = is_known
        self._tries = self._left = tries
        self.ended = False

    def note_value(self) -> None:
        """Say that a value could be read."""
        self._left = self._tries

    def read(self, beginning: bytes) -> Iterator[Part]:
        """Lines that are no JSON, up to the next element of the list, which begins as those before it.

        Behind a line that a server writes, or many others, the documents are at their end.
        """
        buffer = self._buffer
        self._left -= 1
        for nth in range(_LINES if beginning and self._left > 0 else 0):
            buffer.fill(LONGEST)
            data, at = buffer.data, buffer.at
            if nth and data.startswith(beginning, _INDENT.match(data, at).end()):  # type: ignore[union-attr]
                return
            stop = data.find(b"\n", at) % (len(data) + 1)
            if at == len(data) or self._is_known(data[at:stop]):
                break
            following = data.find(beginning, at + 1, stop + len(beginning) - 1)
            end = stop if following < 0 else following
            text, first = data[at : min(end, at + LONGEST)], buffer.line_at(at)
            buffer.at = end
            dropped = max(0, end - at - LONGEST)
            if stop == len(data) and following < 0:
                dropped += self._skip_line(beginning)
            if not _HOLLOW.fullmatch(text):
                yield Part([text], np.array([first]), dropped)
            if following >= 0:
                return
            buffer.at += buffer.data[buffer.at : buffer.at + 1] == b"\n"
        self.ended = True

    def _skip_line(self, beginning: bytes) -> int:
        """Leave out the rest of a long line, up to the next element of the list; return how many bytes that is."""
        buffer, dropped = self._buffer, 0
        while True:
            start = buffer.at
            places = [buffer.data.find(sign, start) for sign in (b"\n", beginning)]
            if max(places) >= 0:
                buffer.at = min(place for place in places if place >= 0)
            elif buffer.ended:
                buffer.at = len(buffer.data)
            else:
                buffer.at = max(start, len(buffer.data) - len(beginning))
            dropped += buffer.at - start
            if max(places) >= 0 or buffer.ended:
                return dropped
            buffer.fill(_STEP)
