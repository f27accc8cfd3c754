"""The lines of chunks, with their numbers in the file.

Owns: how lines of chunks are numbered and decoded. Must not know: what a line holds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from logparse.sources.chunks import Chunk

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray


class Numbers(NamedTuple):
    """The numbers in the file of the lines of a chunk.

    Attributes:
        first: of the first line.
        each: of every line; None: they follow one another.
    """

    first: int
    each: NDArray[np.int64] | None = None

    def of(self, at: int) -> int:
        """Return the number of a line, by its place in the chunk."""
        return self.first + at if self.each is None else int(self.each[at])

    def between(self, start: int, stop: int) -> NDArray[np.int64] | None:
        """Return the numbers of some lines; None: they follow one another."""
        return None if self.each is None else self.each[start:stop]

    def list(self, count: int) -> Sequence[int]:
        """Return the numbers of the first lines."""
        return range(self.first, self.first + count) if self.each is None else self.each[:count].tolist()


def decode_lines(data: bytes) -> list[str]:
    """Decode whole lines; a byte that is no UTF-8 becomes a lone surrogate."""
    return data.decode("utf-8", "surrogateescape").removesuffix("\n").split("\n") if data else []


def number_lines(chunks: Iterable[Chunk], number: int = 1) -> Iterator[tuple[int, str]]:
    """Yield the lines of chunks with their numbers in the file, of which the first is given."""
    for chunk in chunks:
        lines = decode_lines(chunk.data)
        numbers = Numbers(number, chunk.numbers).list(len(lines))
        yield from zip(numbers, lines, strict=True)
        number = numbers[-1] + 1 if numbers else number


def cut_head(chunks: Iterator[Chunk], most: int, size: int) -> tuple[Chunk, Chunk]:
    """Return the first lines of a source, and what else was read with them.

    Args:
        chunks: of the source.
        most: lines.
        size: bytes in which there must be so many lines; all of these are returned if there are fewer.
    """
    data, numbers = b"", Numbers(1)
    for chunk in chunks:
        count = data.count(b"\n")
        if chunk.numbers is not None:
            numbers = Numbers(1, np.concatenate([numbers.list(count), chunk.numbers]).astype(np.int64))
        data += chunk.data
        if data.count(b"\n") > most:
            at = 0
            for _ in range(most):
                at = data.index(b"\n", at) + 1
            each = numbers.each
            return (
                Chunk(data[:at], numbers=None if each is None else each[:most]),
                Chunk(data[at:], numbers=None if each is None else each[most:]),
            )
        if len(data) > size:
            break
    return Chunk(data, numbers=numbers.each), Chunk(b"")
