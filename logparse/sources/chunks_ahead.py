"""Chunks of a source that are read before they are asked for.

Owns: holding them. Must not know: what a source is, what is in a chunk.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from logparse.common.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from logparse.sources.chunks import Chunk


class ChunksAhead:
    """The chunks of a source; iterate once.

    Args:
        chunks: of the source.
        most: bytes. Chunks are read ahead until there are more, so all of a short source, and its file is closed then.
            An error is raised when what comes before it was iterated.

    Attributes:
        size: how many bytes were read ahead.
        text: these bytes, if they are one chunk; empty if they are not.
    """

    def __init__(self, chunks: Iterable[Chunk], most: int) -> None:
        self._rest = iter(chunks)
        self._held: list[Chunk] = []
        self._error: InputError | None = None
        self.size = 0
        try:
            for chunk in self._rest:
                self._held.append(chunk)
                self.size += len(chunk.data)
                if self.size > most:
                    break
        except InputError as error:
            self._error = error
        self.text = self._held[0].data if len(self._held) == 1 else b""

    def __iter__(self) -> Iterator[Chunk]:
        self.text = b""
        while self._held:
            yield self._held.pop(0)
        if self._error is not None:
            raise self._error
        yield from self._rest
