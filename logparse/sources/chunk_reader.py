"""One pass over a source: it is opened, decoded and delivered as chunks of whole lines.

Owns: how many bytes are taken from disk at once, and what is said if reading fails.
Must not know: how a source is opened, what a line means, how compressed data is decoded.
"""

from __future__ import annotations

import os
from io import BytesIO
from typing import TYPE_CHECKING, BinaryIO, Final

from logparse.common import text
from logparse.common.errors import InputError
from logparse.sources.chunks import LineChunker
from logparse.sources.compression import Hasty
from logparse.sources.decoding import Decoding, as_utf8
from logparse.sources.digests import TextDigest
from logparse.sources.opening import open_source
from logparse.sources.prefetch import prefetch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from logparse.sources.chunks import Chunk
    from logparse.sources.source import Source

CHUNK_BYTES: Final = 16 * 1024 * 1024
#: How many times its size on disk a compressed source may grow, before its text is taken for a bomb: logs that say the
#: same in every line grow a hundredfold.
MAX_EXPAND: Final = 250
#: What any source may grow to.
_FREE_BYTES: Final = 256 * 1024 * 1024
#: Taken from disk at once, unless a whole chunk can be: putting one together from blocks costs as much as reading it.
_BLOCK_BYTES: Final = 64 * 1024


class ChunkReader:
    """One pass over one source: iterate to get its chunks in order, then ask how it went.

    Memory stays flat whatever the input. A chunk holds as many whole lines as fit into ``size`` bytes, at least one, so
    the chunks of a text do not depend on how it was compressed. Gzip, bzip2, xz, lzma and zstd are found by content,
    with several members in a row and up to 3 layers deep. A UTF-8 byte-order mark is dropped; text that opens with a
    UTF-16 one becomes UTF-8. The file is open only while the iterator lives; standard input is never closed.

    Iterating raises InputError if the source cannot be opened, is an archive or another kind of file that holds no log
    as such, or needs the package for zstd where it is missing.

    Args:
        source: what to read.
        size: bytes of a chunk.
        on_bytes: told the bytes taken from disk since its last call, so compressed ones.
        stdin: read in place of ``sys.stdin.buffer`` for the source ``-``.
        digest: takes the text, to compute its digest.
        max_expand: how many times its size on disk the source may grow, beyond 256 MiB.
        span: of a file that holds plain text, read the bytes from the first place up to before the second; None: all.

    Attributes:
        problem: after iteration, why the source could not be read to its end; None if it was. All that could be
            decoded before the damage was delivered (but for 4 KiB of bzip2 and xz, and a few blocks of zstd).
        bytes_read: bytes of text so far, with what was cut off from overlong lines.
    """

    def __init__(
        self,
        source: Source,
        *,
        size: int = CHUNK_BYTES,
        on_bytes: Callable[[int], None] | None = None,
        stdin: BinaryIO | None = None,
        digest: TextDigest | None = None,
        max_expand: int = MAX_EXPAND,
        span: tuple[int, int | None] | None = None,
    ) -> None:
        self.source = source
        self.problem: str | None = None
        self.bytes_read = 0
        self._size = size
        self._chunks = LineChunker(size)
        self._on_bytes = on_bytes
        self._stdin = stdin
        self._decoding = Decoding(source, careful=source.piped)  # a pipe cannot be read again
        self._is_file = source.path is not None and source.path.is_file()
        self._as_is = False  # what is on disk is the text
        self._span = span
        self._max_expand = max_expand
        self._taken = 0  # bytes from disk
        self._digest = digest

    def __iter__(self) -> Iterator[Chunk]:
        with open_source(self.source, self._stdin) as stream:
            chunks = self._chunks.cut(self._counted(self._text(stream)))
            first = next(chunks, None)
            if first is not None:
                yield first
                held = self.source.path is not None or isinstance(self._stdin, BytesIO)
                slow = self.codec != "plain" or not held
                yield from prefetch(chunks) if slow else chunks
        self._note_problem(self.bytes_read)

    @property
    def codec(self) -> str:
        """``plain``, or the layers joined outermost first, such as ``gzip`` or ``gzip+zstd``."""
        return self._decoding.codec

    @property
    def cut_lines(self) -> int:
        """Lines longer than MAX_LINE_BYTES so far; each was delivered, shortened to that."""
        return self._chunks.cut_lines

    @property
    def cut_bytes(self) -> int:
        """Bytes of these lines that were dropped."""
        return self._chunks.cut_bytes

    @property
    def dropped(self) -> int:
        """Bytes so far of holes, and of line ends with more than one carriage return."""
        return self._chunks.dropped

    @property
    def digest(self) -> str:
        """SHA-256 of the text read so far, however it was packed; empty if it is not computed."""
        return self._digest.digest if self._digest is not None else ""

    @property
    def head(self) -> str:
        """SHA-256 of the first bytes of the text; empty if it is not computed."""
        return self._digest.head if self._digest is not None else ""

    @property
    def beginnings(self) -> tuple[tuple[int, str], ...]:
        """Lengths of beginnings of the text and their digests, as far as they are computed."""
        return tuple(sorted(self._digest.beginnings.items())) if self._digest is not None else ()

    def read_whole(self) -> bytes:
        """Return all of a source that is no log, its lines of any length: iterate or call this, not both."""
        with open_source(self.source, self._stdin) as stream:
            data = b"".join(as_utf8(self._whole(stream)))
        self._note_problem(len(data))
        return data

    def _note_problem(self, size: int) -> None:
        if damage := self._decoding.damage:
            # The layer that broke first is the cause; those inside it break because of it.
            self.problem = damage[0].format(f"{size:,} bytes")

    def _text(self, stream: BinaryIO) -> Iterator[bytes]:
        if self._span is None:
            return as_utf8(self._whole(stream))
        start, stop = self._span
        stream.seek(start)
        self._as_is = True
        return self._blocks(stream, None if stop is None else stop - start)

    def _whole(self, stream: BinaryIO) -> Iterator[bytes]:
        """All of a source, decoded."""
        done = 0
        try:
            for piece in self._within_limit(self._decoded(self._blocks(stream, None))):
                done += len(piece)
                yield piece
        except Hasty:
            self._decoding = Decoding(self.source, careful=True)
            self._on_bytes = None
            with open_source(self.source) as again:
                for piece in self._within_limit(self._decoded(self._blocks(again, None))):
                    done -= len(piece)
                    if done < 0:
                        yield piece[done:]
                        done = 0

    def _within_limit(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        """Yield the text of a source, up to where it is too much for what is on disk."""
        done = 0
        for piece in pieces:
            done += len(piece)
            packed = max(self.source.size or 0, self._taken)
            if done > max(_FREE_BYTES, self._max_expand * packed) and not self._decoding.plain:
                grown = f"{text.size(packed)} on disk grow to more than {self._max_expand} times as much"
                self._decoding.add_damage(f"{grown}: {{}} were read, the rest was not; --max-expand allows more")
                return
            yield piece

    def _decoded(self, blocks: Iterator[bytes]) -> Iterator[bytes]:
        pieces = self._decoding.decode(blocks)
        self._as_is = self._decoding.plain and self._is_file
        return pieces

    def _blocks(self, stream: BinaryIO, left: int | None) -> Iterator[bytes]:
        begun = 0  # bytes of the chunk that were taken
        try:
            while block := stream.read(self._next(stream, begun, left)):
                begun = 0 if block.endswith(b"\n") else (begun + len(block)) % self._size
                left = left if left is None else left - len(block)
                self._taken += len(block)
                if self._on_bytes:
                    self._on_bytes(len(block))
                yield block
        except OSError as error:
            self._decoding.add_damage("reading failed after {}, the rest is lost", error.strerror or str(error))

    def _next(self, stream: BinaryIO, begun: int, left: int | None) -> int:
        """How many bytes to take from disk: of text as it is all lines that still fit into the chunk."""
        room = self._size - begun
        if self._as_is and room > _BLOCK_BYTES and (left is None or left > room):
            near = os.pread(stream.fileno(), _BLOCK_BYTES, stream.tell() + room - _BLOCK_BYTES)
            if end := near.rfind(b"\n") + 1:
                return room - _BLOCK_BYTES + end
        return _BLOCK_BYTES if left is None else min(left, room if self._as_is else _BLOCK_BYTES)

    def _counted(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        for piece in pieces:
            if self._digest is not None:
                self._digest.update(piece)
            self.bytes_read += len(piece)
            yield piece


def compute_digest(source: Source) -> str:
    """Return the SHA-256 of the text of a source, however it is packed; its name if it cannot be read any more."""
    reading = ChunkReader(source, digest=TextDigest())
    try:
        for _ in reading:
            pass
    except InputError:
        return source.name
    return reading.digest
