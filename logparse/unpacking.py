"""Packed files in slices: one process unpacks, and all read what comes out.

Owns: the files between them, and where the text is cut. Must not know: how lines are read, who reads.

Unpacking gzip takes a third of the time of reading, and nobody can begin in the middle. So the text goes into temporary
files, slice by slice, which are plain files to whoever reads them; no more than a few of them are there at once.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from logparse import compression, slices
from logparse.errors import InputError
from logparse.reading import opened
from logparse.slices import LONGEST, SHORTEST, Slice

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from logparse.lines import Reader
    from logparse.reading import Reading
    from logparse.sources import Source

#: A text in which there is no place to cut for so many bytes is not written down.
_REACH: Final = 4 * LONGEST
_HEAD_BYTES: Final = 16


class InOneError(Exception):
    """The file must be read as one."""


def worthwhile(source: Source) -> bool:
    """Whether a source is a packed file that several should read."""
    if source.path is None or (source.size or 0) < SHORTEST:
        return False
    try:
        with opened(source) as stream:
            return compression.codec_of(stream.read(_HEAD_BYTES)) is not None
    except (InputError, OSError):
        return False


def parts(reading: Reading, reader: Reader, folder: Path) -> Iterator[tuple[Slice, Source]]:
    """Slices of the text of a packed file, in order, each with the file that holds it, as soon as it is written.

    Args:
        reading: of the file.
        reader: one that has read nothing yet.
        folder: where to write; whoever reads a slice removes its file.

    Raises:
        InOneError: there is nowhere to cut, or no room to write.
        InputError: as ``reading`` raises it.
    """
    usual = slices.usual_of(reading.source, reader, packed=True)
    if usual is None or not usual.alone:
        raise InOneError
    start = stop = number = 0
    path = folder / "0"
    try:
        stream = path.open("wb")
        try:
            for chunk in reading:
                data = chunk.data
                if stop - start >= LONGEST and (place := slices.place_in(data, usual)) is not None:
                    stream.write(memoryview(data)[:place])
                    stream.close()
                    yield Slice(start, stop + place, usual if start else None), _file(reading.source, path)
                    start, number = stop + place, number + 1
                    path = folder / str(number)
                    stream = path.open("wb")
                    stream.write(memoryview(data)[place:])
                elif stop - start >= _REACH:
                    raise InOneError
                else:
                    stream.write(data)
                stop += len(data)
        finally:
            stream.close()
    except OSError as error:
        raise InOneError from error
    yield Slice(start, None, usual if start else None), _file(reading.source, path)


def _file(source: Source, path: Path) -> Source:
    return replace(source, path=path, size=path.stat().st_size)
