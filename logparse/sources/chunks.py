r"""The bytes of a text, which come in any pieces, as chunks of whole lines.

Owns: cutting at ``\n``, the cap on the length of lines, holes.
Must not know: where bytes come from, what lines mean.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MAX_LINE_BYTES = 1024 * 1024
"""A line keeps this many bytes, its newline not counted; what follows up to the newline is dropped."""
MAX_DOCUMENT_BYTES = 64 * 1024 * 1024
"""A line that begins with a bracket keeps this many: Firehose joins the objects of a delivery without a line break."""
#: So many NULs and more in a row are no text: a log that was truncated while its writer went on at the old offset.
_HOLE: Final = 64
_HOLES: Final = re.compile(rb"\0{%d,}" % _HOLE)


class Chunk(NamedTuple):
    r"""Whole lines read together.

    Attributes:
        data: lines, each ended by ``\n`` except perhaps the last line of the last chunk; never empty.
    """

    data: bytes


class LineChunker:
    """Cuts a text into chunks of whole lines.

    Args:
        size: bytes of a chunk, at most, unless a single line is longer.

    Attributes:
        cut_lines: lines longer than MAX_LINE_BYTES so far; each was delivered, shortened to that.
        dropped: bytes of holes so far.
    """

    def __init__(self, size: int) -> None:
        self.cut_lines = self.dropped = 0
        self._size = size

    def cut(self, pieces: Iterable[bytes]) -> Iterator[Chunk]:
        """Yield chunks that hold as many whole lines as fit, so that they do not depend on the pieces."""
        return (Chunk(data) for data in _join_lines(self._cut_long_lines(self._without_holes(pieces)), self._size))

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
                    if newline < 0:
                        break
                    at, length, skipping = newline, 0, False
                if not length:
                    longest = MAX_DOCUMENT_BYTES if piece[at : at + 1] in (b"{", b"[") else MAX_LINE_BYTES
                if _has_short_lines(piece, at, length):
                    end = piece.rfind(b"\n", at) + 1
                    length = len(piece) - end if end else length + len(piece) - at
                    if end and end < len(piece):
                        longest = MAX_DOCUMENT_BYTES if piece[end : end + 1] in (b"{", b"[") else MAX_LINE_BYTES
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


def _has_short_lines(piece: bytes, at: int, length: int) -> bool:
    """Whether no line from ``at`` on can be too long, of which the first has ``length`` bytes already."""
    if length + len(piece) - at <= MAX_LINE_BYTES:
        return True
    if piece.find(b"\n", at, at + MAX_LINE_BYTES - length) < 0:
        return False
    half = max(1, MAX_LINE_BYTES // 2)
    return all(piece.find(b"\n", place, place + half) >= 0 for place in range(at, len(piece) - half, half))


def _join_lines(pieces: Iterable[bytes], size: int) -> Iterator[bytes]:
    whole: list[bytes] = []  # lines, of the length:
    held = 0
    begun: list[bytes] = []  # the line after them
    for piece in pieces:
        at = 0
        while held + len(piece) - at > size:
            fits = max(at, at + size - held)
            end = piece.rfind(b"\n", at, fits) + 1
            if not end and whole:
                yield b"".join(whole)
                whole, held = [], sum(map(len, begun))
                continue
            end = end or piece.find(b"\n", fits) + 1
            if not end:
                break
            yield b"".join([*whole, *begun, piece[at:end]])
            whole, begun, held, at = [], [], 0, end
        held += len(piece) - at
        if end := piece.rfind(b"\n", at) + 1:
            whole += [*begun, piece[at:end]]
            begun, at = [], end
        if at < len(piece):
            begun.append(piece[at:])
    if held:
        yield b"".join(whole + begun)
