"""``TextBuffer``: a text of any size, of which a part is in memory, with the numbers of its lines.

Owns: which part that is, and on which line of the file a place of the text is.
Must not know: what the text means.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator


class TextBuffer:
    """Holds a part of a text.

    Args:
        pieces: the text.

    Attributes:
        data: the part of the text that is in memory.
        at: place in ``data`` up to which the text is read; what stands before it may be forgotten.
        kept: place in ``data`` from which on nothing is forgotten; None: ``at``.
        ended: there is no more text behind ``data``.
    """

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self.data = b""
        self.at = 0
        self.kept: int | None = None
        self.ended = False
        self._known = (0, 1)  # a place in ``data``, and the number of its line

    def fill(self, size: int) -> bool:
        """Have so many bytes behind ``at`` in memory; return whether there are."""
        held = len(self.data) - self.at
        if held >= size or self.ended:
            return held >= size
        parts = []
        while held < size:
            piece = next(self._pieces, None)
            if piece is None:
                self.ended = True
                break
            parts.append(piece)
            held += len(piece)
        start = max(0, self.at - 1) if self.kept is None else self.kept
        line = self.line_at(start)
        self.data = b"".join([self.data[start:], *parts])
        self._known = (0, line)
        self.at -= start
        self.kept = None if self.kept is None else 0
        return held >= size

    def skip(self, signs: re.Pattern[bytes]) -> bytes:
        """Read on behind what an expression matches; return the next byte, or nothing at the end of the text."""
        while True:
            self.at = signs.match(self.data, self.at).end()  # type: ignore[union-attr]
            if self.at < len(self.data) or not self.fill(1):
                return self.data[self.at : self.at + 1]

    def line_at(self, place: int) -> int:
        """Return the number of the line on which a place of ``data`` is."""
        at, line = (
            self._known if self._known[0] <= place else (0, self._known[1] - self.data.count(b"\n", 0, self._known[0]))
        )
        self._known = (place, line + self.data.count(b"\n", at, place))
        return self._known[1]

    def rest(self) -> Iterator[bytes]:
        """Return all of the text behind ``at``."""
        if self.at < len(self.data):
            yield self.data[self.at :]
        yield from self._pieces
