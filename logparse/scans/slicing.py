"""Cutting large files into slices, which can be read side by side.

Owns: where a file may be cut. Must not know: how lines are read, who reads the slices.

What a line is may depend on lines before it: messages go on in further lines, and strangers write line breaks into
names. So a slice begins behind many lines in the main format of the file. When a slice is read, it turns out whether it
depends on other slices after all; slices that do are read again as one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from logparse.common.errors import InputError
from logparse.lines.bulk.main_format import HEAD, HEAD_SIZE
from logparse.lines.bulk.source_splitter import WHOLE, Slice
from logparse.sources.chunk_reader import ChunkReader

if TYPE_CHECKING:
    from collections.abc import Iterator

    from logparse.envelopes.block import MainFormat
    from logparse.lines.bulk.line_sorter import LineSorter
    from logparse.lines.line_reader import LineReader
    from logparse.sources.source import Source

#: Bytes of a slice at most: a worker holds in memory what matters of one.
LONGEST: Final = 64 * 1024 * 1024
#: Bytes of a slice at least: reading fewer is not worth handing them to a worker.
SHORTEST: Final = 8 * 1024 * 1024
#: Bytes of a slice if there are no workers: one process need not hold all that it has read of a large file.
ALONE: Final = 256 * 1024 * 1024
#: Slices for each worker, so that none waits long for the others in the end.
_EACH: Final = 8
#: A place to cut is looked for this far, in steps each of which is twice as long as the one before.
_REACH: Final = 16 * 1024 * 1024
_STEP: Final = 256 * 1024


def cut_source(source: Source, reader: LineReader, workers: int) -> Iterator[Slice]:
    """Yield the slices of a source in order, each as soon as it is known; a single one if it must not be cut.

    Args:
        source: any.
        reader: one that has read nothing yet.
        workers: how many will read.
    """
    if not is_long(source, workers):
        yield WHOLE
        return
    size = source.size or 0
    length = _slice_length(size, workers)
    main_format = _find_main_format(source, reader)
    start = 0
    if main_format is not None and main_format.independent:
        sorter = reader.splitter.make_sorter(main_format)
        for near in range(length, size - length // 2, length):
            place = _find_place(source, near, sorter)
            if place is None:
                break
            if place > start:
                yield Slice(start, place, main_format if start else None)
                start = place
    yield Slice(start, None, main_format if start else None)


def is_long(source: Source, workers: int) -> bool:
    """Whether a source is long enough to be cut for so many workers."""
    size = source.size or 0
    return source.path is not None and size >= 2 * _slice_length(size, workers)


def _slice_length(size: int, workers: int) -> int:
    return ALONE if workers == 1 else max(SHORTEST, min(LONGEST, size // (workers * _EACH)))


def _find_main_format(source: Source, reader: LineReader) -> MainFormat | None:
    reading, data = ChunkReader(source, size=_STEP), b""
    try:
        for chunk in reading:
            data += chunk.data
            if chunk.goes_on:  # a document
                return None
            if data.count(b"\n") > HEAD or len(data) > HEAD_SIZE:
                break
    except InputError:
        return None
    # A byte-order mark, or a hole, would displace all lines behind it.
    if reading.codec != "plain" or reading.dropped or reading.cut_lines or not _stands_so(source, data[:_STEP]):
        return None
    return reader.splitter.find_main_format(data.decode("utf-8", "surrogateescape").split("\n")[:HEAD])


def _stands_so(source: Source, head: bytes) -> bool:
    """Return whether the first bytes of a text are those of its file: with no mark, and line feeds of its own."""
    assert source.path is not None
    with source.path.open("rb") as stream:
        return stream.read(len(head)) == head


def _find_place(source: Source, near: int, sorter: LineSorter) -> int | None:
    """Find the first place behind ``near`` where a slice may begin; None if there is none within reach."""
    assert source.path is not None
    with source.path.open("rb") as stream:
        stream.seek(near)
        begin = near + len(stream.readline())
        step = _STEP
        while begin < near + _REACH and (data := stream.read(step) + stream.readline()):
            place = sorter.find_independent_place(data)
            if place is not None:
                return begin + place
            begin += len(data)
            step *= 2
    return None
