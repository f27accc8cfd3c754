"""Large files in slices, which can be read side by side.

Owns: where a file may be cut. Must not know: how lines are read, who reads the slices.

What a line is may depend on lines before it: messages go on in further lines, and strangers write line breaks into
names. So a slice begins behind a run of usual lines, and says in the end whether what it held depends on what others
hold. Slices that do depend on each other are read again as one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from logparse.common.errors import InputError
from logparse.lines.bulk.main_format import HEAD, find_independent_place
from logparse.sources.chunk_reader import ChunkReader

if TYPE_CHECKING:
    from collections.abc import Iterator

    from logparse.envelopes.block import MainFormat
    from logparse.lines.line_reader import LineReader
    from logparse.sources.source import Source

#: Slices are as long as this at most, and at least: what a worker holds of one, and what is worth handing to it.
LONGEST: Final = 64 * 1024 * 1024
#: One process has nothing to share out, but need not hold all that it has read of a large file.
ALONE: Final = 256 * 1024 * 1024
SHORTEST: Final = 8 * 1024 * 1024
#: Slices for each worker, so that none waits long for the others in the end.
_EACH: Final = 8
#: A place to cut is looked for this far, in steps.
_REACH: Final = 16 * 1024 * 1024
_STEP: Final = 256 * 1024


class Slice(NamedTuple):
    """A part of a file: its bytes, the last one excluded (None: to the end), and what its usual lines are."""

    start: int
    stop: int | None
    usual: MainFormat | None


WHOLE: Final = Slice(0, None, None)


def cut(source: Source, reader: LineReader, workers: int) -> Iterator[Slice]:
    """Slices of a source, in order, each as soon as it is known; a single one if it is not to be cut.

    Args:
        source: any.
        reader: one that has read nothing yet.
        workers: how many will read.
    """
    if not is_long(source, workers):
        yield WHOLE
        return
    size = source.size or 0
    length = _length(size, workers)
    usual = _usual(source, reader)
    start = 0
    if usual is not None and usual.independent:
        for near in range(length, size - length // 2, length):
            place = _place(source, near, usual)
            if place is not None and place > start:
                yield Slice(start, place, usual if start else None)
                start = place
    yield Slice(start, None, usual if start else None)


def is_long(source: Source, workers: int) -> bool:
    """Whether a source is long enough to be cut for so many workers."""
    size = source.size or 0
    return source.path is not None and size >= 2 * _length(size, workers)


def _length(size: int, workers: int) -> int:
    return ALONE if workers == 1 else max(SHORTEST, min(LONGEST, size // (workers * _EACH)))


def _usual(source: Source, reader: LineReader) -> MainFormat | None:
    reading, data = ChunkReader(source, size=_STEP), b""
    try:
        for chunk in reading:
            data += chunk.data
            if data.count(b"\n") > HEAD:
                break
    except InputError:
        return None
    # A byte-order mark, or a hole, would put all places off.
    if reading.codec != "plain" or reading.dropped or reading.cut_lines or _marked(source):
        return None
    return reader.splitter.find_main_format(data.decode("utf-8", "surrogateescape").split("\n")[:HEAD])


def _marked(source: Source) -> bool:
    assert source.path is not None
    with source.path.open("rb") as stream:
        return stream.read(3).startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"))


def _place(source: Source, near: int, usual: MainFormat) -> int | None:
    """The first place behind ``near`` where a slice may begin; None if there is none within reach."""
    assert source.path is not None
    with source.path.open("rb") as stream:
        stream.seek(near)
        near += len(stream.readline())
        for _ in range(_REACH // _STEP):
            data = stream.read(_STEP) + stream.readline()
            found = find_independent_place(data, usual)
            if found is not None:
                return near + found
            near += len(data)
    return None
