r"""The bytes of a text, which come in any pieces, as chunks of whole lines.

Owns: cutting at ``\n``, the cap on the length of lines, holes, line ends with several ``\r``, words that grep marked.
Must not know: where bytes come from, what lines mean.
"""

from __future__ import annotations

import re
import sys
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import numpy as np
    from numpy.typing import NDArray

MAX_LINE_BYTES = 1024 * 1024
"""A line keeps this many bytes, its newline not counted; what follows up to the newline is dropped."""
#: How a line begins that may be a whole document: such a line keeps all its bytes, and comes in several chunks.
_DOCUMENT: Final = (b"{", b"[")
#: So many NULs and more in a row are no text: a log that was truncated while its writer went on at the old offset.
_HOLE: Final = 64
_HOLES: Final = re.compile(rb"\0{%d,}" % _HOLE)
#: Line ends that a program of Windows made Windows line ends once more.
_LINE_ENDS: Final = re.compile(rb"(?<!\r)\r{2,}+\n")
#: What ``grep --color=always`` puts around each word that was searched for, within a DAG id too.
_CLEARED: Final = b"m\x1b[K"
_HIGHLIGHT: Final = re.compile(rb"\x1b\[[0-9;]{0,12}m\x1b\[K")


class Chunk(NamedTuple):
    r"""Whole lines read together, or a part of a line that is too long to be held.

    Attributes:
        data: lines, each ended by ``\n`` except perhaps the last line of the last chunk.
        goes_on: its last line goes on in the next chunk. Only a line that begins with a bracket does.
        numbers: of the lines in the file; None: they follow the lines before them.
        hollow: so many further lines of the file, up to the end of this chunk, hold nothing of a log.
        cut_lines: so many lines, up to the end of this chunk, were shortened after the file was cut into chunks.
        cut_bytes: what was dropped of them.
    """

    data: bytes
    goes_on: bool = False
    numbers: NDArray[np.int64] | None = None
    hollow: int = 0
    cut_lines: int = 0
    cut_bytes: int = 0


def mark_last(chunks: Iterable[Chunk]) -> Iterator[tuple[Chunk, bool]]:
    """Yield each of the chunks, and whether it is the last one."""
    previous: Chunk | None = None
    for chunk in chunks:
        if previous is not None:
            yield previous, False
        previous = chunk
    if previous is not None:
        yield previous, True


class LineChunker:
    r"""Cuts a text into chunks of whole lines.

    Args:
        size: bytes of a chunk, at most, unless a single line is longer.

    Attributes:
        cut_lines: lines longer than MAX_LINE_BYTES so far; each was delivered, shortened to that.
        cut_bytes: what was dropped of them.
        dropped: bytes so far of holes, of line ends beyond ``\r\n``, and of grep's colours.
    """

    def __init__(self, size: int) -> None:
        self.cut_lines = self.cut_bytes = self.dropped = 0
        self._size = size

    def cut(self, pieces: Iterable[bytes]) -> Iterator[Chunk]:
        """Yield chunks that hold as many whole lines as fit, so that they do not depend on the pieces."""
        for chunk in _join_lines(self._cut_long_lines(self._without_holes(pieces)), self._size):
            # Most texts hold no carriage return, which one look at a single byte shows 30 times as fast.
            if b"\r" in chunk.data and b"\r\r\n" in chunk.data:
                data = _LINE_ENDS.sub(b"\r\n", chunk.data)
            else:
                data = chunk.data
            if b"\x1b" in data and _CLEARED in data:
                data = _HIGHLIGHT.sub(b"", data)
            self.dropped += len(chunk.data) - len(data)
            yield chunk if data is chunk.data else chunk._replace(data=data)

    def _without_holes(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        """The text before and behind a hole is one text again: it may have been torn open in the middle of a line."""
        held = 0
        for piece in pieces:
            if not held and b"\0" not in piece:
                yield piece
                continue
            text = piece.lstrip(b"\0")
            held += len(piece) - len(text)
            if not text:
                continue
            if held:
                yield self._hole(held)
            inner = text.rstrip(b"\0")
            held = len(text) - len(inner)
            whole = _HOLES.sub(b"", inner) if b"\0" in inner else inner
            self.dropped += len(inner) - len(whole)
            yield whole
        if held:
            yield self._hole(held)

    def _hole(self, length: int) -> bytes:
        self.dropped += length if length >= _HOLE else 0
        return b"" if length >= _HOLE else b"\0" * length

    def _cut_long_lines(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        length, longest = 0, MAX_LINE_BYTES  # of the line that is still open at the end of what was passed on
        skipping = False
        for piece in pieces:
            at = 0
            while at < len(piece):
                if skipping:
                    newline = piece.find(b"\n", at)
                    self.cut_bytes += (len(piece) if newline < 0 else newline) - at
                    if newline < 0:
                        break
                    at, length, skipping = newline, 0, False
                if not length:
                    longest = _longest(piece, at)
                if _has_short_lines(piece, at, length):
                    end = piece.rfind(b"\n", at) + 1
                    length = len(piece) - end if end else length + len(piece) - at
                    if end and end < len(piece):
                        longest = _longest(piece, end)
                    end = len(piece)
                elif (newline := piece.find(b"\n", at, at + longest - length + 1)) >= 0:
                    end, length = newline + 1, 0
                elif length + len(piece) - at <= longest:
                    end, length = len(piece), length + len(piece) - at
                else:
                    self.cut_lines += 1
                    skipping, end = True, at + longest - length
                yield piece[at:end]
                at = end


def _longest(piece: bytes, at: int) -> int:
    """Return how many bytes a line keeps that begins at a place."""
    return sys.maxsize if piece.startswith(_DOCUMENT, at) else MAX_LINE_BYTES


def _has_short_lines(piece: bytes, at: int, length: int) -> bool:
    """Whether no line from ``at`` on can be too long, of which the first has ``length`` bytes already."""
    if length + len(piece) - at <= MAX_LINE_BYTES:
        return True
    if piece.find(b"\n", at, at + MAX_LINE_BYTES - length) < 0:
        return False
    half = max(1, MAX_LINE_BYTES // 2)
    return all(piece.find(b"\n", place, place + half) >= 0 for place in range(at, len(piece) - half, half))


def _join_lines(pieces: Iterable[bytes], size: int) -> Iterator[Chunk]:
    whole: list[bytes] = []  # lines, of the length:
    held = 0
    begun: list[bytes] = []  # the line after them,
    going_on = False  # of which a part was passed on
    for piece in pieces:
        at = 0
        while held + len(piece) - at > size:
            fits = max(at, at + size - held)
            end = piece.rfind(b"\n", at, fits) + 1
            if not end and whole:
                yield Chunk(b"".join(whole))
                whole, held = [], sum(map(len, begun))
                continue
            if not end and (going_on or (begun[0] if begun else piece[at : at + 1]).startswith(_DOCUMENT)):
                yield Chunk(b"".join([*begun, piece[at:fits]]), goes_on=True)
                begun, held, at, going_on = [], 0, fits, True
                continue
            end = end or piece.find(b"\n", fits) + 1
            if not end:
                break
            yield Chunk(b"".join([*whole, *begun, piece[at:end]]))
            whole, begun, held, at, going_on = [], [], 0, end, False
        held += len(piece) - at
        if end := piece.rfind(b"\n", at) + 1:
            whole += [*begun, piece[at:end]]
            begun, at, going_on = [], end, False
        if at < len(piece):
            begun.append(piece[at:])
    if held:
        yield Chunk(b"".join(whole + begun))
