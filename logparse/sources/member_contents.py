"""What is in a log that lies in a file with others: a member of an archive, or the rows of a Parquet file.

Owns: reading a member from front to back, and which archives stay open for the next one.
Must not know: which members there are, what a log is.

Nothing is unpacked onto the disk: a member is read where it lies.
"""

from __future__ import annotations

import atexit
import io
import json
import os
import tarfile
import threading
import zipfile
from functools import lru_cache
from typing import TYPE_CHECKING, Any, BinaryIO, Final, NamedTuple, TypeAlias

from logparse.common.errors import InputError
from logparse.sources.filetypes import OWN_TABLE
from logparse.sources.members import open_unpacked, read_errors

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from logparse.sources.members import Member

_ROWS: Final = 2_000
_PIECE: Final = 1 << 16
#: So often archives stay open, by as many threads as read: to open one for each of its members takes quadratic time.
_OPEN: Final = 8
#: Of archives within archives, so many: each is in memory as a whole.
_INNER_OPEN: Final = 2


class _State(NamedTuple):
    """A state of a file as one process sees it: processes that share an open file would share its position."""

    process: int
    file: Path
    changed: int
    size: int

    @classmethod
    def of(cls, file: Path) -> _State:
        status = file.stat()
        return cls(os.getpid(), file, status.st_mtime_ns, status.st_size)


#: A file, and the member of it that is the archive, if the file itself is not.
_Place: TypeAlias = "tuple[_State, Member | None]"
#: Tar archives of which a member was read, so that the next one is found without beginning again.
_idle: Final[list[tuple[_Place, BinaryIO]]] = []
_lock: Final = threading.Lock()
atexit.register(lambda: [stream.close() for _, stream in _idle])


def open_member(member: Member, name: str) -> BinaryIO:
    """Open a member, to be read from front to back.

    Args:
        member: what to read.
        name: of the source, for messages.

    Raises:
        InputError: it is refused.
    """
    if member.problem:
        own = member.problem == OWN_TABLE[0]
        raise InputError(name, member.problem, OWN_TABLE[1] if own else "unpack the archive yourself if you trust it")
    return io.BufferedReader(_Pieces(_PIECES[member.kind](member)))


def _rows(member: Member) -> Iterator[bytes]:
    """Yield the rows of a Parquet file as JSON objects, one in each line."""
    from pyarrow import parquet  # noqa: PLC0415

    with parquet.ParquetFile(member.file) as table:
        for batch in table.iter_batches(_ROWS):
            rows = (json.dumps(row, ensure_ascii=False, default=_to_text) for row in batch.to_pylist())
            yield "".join(f"{row}\n" for row in rows).encode("utf-8", "surrogateescape")


def _from_zip(member: Member) -> Iterator[bytes]:
    state = _State.of(member.file)
    archive = _open_zip(state) if member.outer is None else _open_inner_zip(state, member.outer)
    with archive.open(member.name) as inner:
        while piece := inner.read(_PIECE):
            yield piece


@lru_cache(_OPEN)
def _open_zip(state: _State) -> zipfile.ZipFile:
    return zipfile.ZipFile(state.file)


@lru_cache(_INNER_OPEN)
def _open_inner_zip(state: _State, outer: Member) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(_load(state, outer)))


def load_archive(member: Member) -> bytes:
    """Return an archive that is a member of another.

    Raises:
        OSError: it cannot be read.
    """
    return _load(_State.of(member.file), member)


@lru_cache(_INNER_OPEN)
def _load(_state: _State, member: Member) -> bytes:
    with io.BufferedReader(_Pieces(_PIECES[member.kind](member))) as stream:
        return stream.read()


def _from_tar(member: Member) -> Iterator[bytes]:
    file, left = _State.of(member.file), member.size or 0
    state = (file, member.outer)
    stream = _take(state, member.offset) or open_unpacked(
        member.file if member.outer is None else io.BytesIO(_load(file, member.outer))
    )
    try:
        stream.seek(member.offset)
        while left:
            piece = stream.read(min(left, _PIECE))
            if not piece:
                raise tarfile.ReadError("unexpected end of data")
            left -= len(piece)
            yield piece
    except read_errors():
        stream.close()
        raise
    finally:
        if not stream.closed:
            _keep(state, stream)


def _take(state: _Place, offset: int) -> BinaryIO | None:
    """Return an archive that stands nearest before a place, so that little of it is unpacked once more."""
    with _lock:
        before = [
            (stream.tell(), at) for at, (of, stream) in enumerate(_idle) if of == state and stream.tell() <= offset
        ]
        return _idle.pop(max(before)[1])[1] if before else None


def _keep(state: _Place, stream: BinaryIO) -> None:
    with _lock:
        _idle.append((state, stream))
        inner = [at for at, (of, _) in enumerate(_idle) if of[1] is not None]
        if len(inner) > _INNER_OPEN or len(_idle) > _OPEN:
            _idle.pop(inner[0] if len(inner) > _INNER_OPEN else 0)[1].close()


_PIECES: Final = {"zip": _from_zip, "tar": _from_tar, "parquet": _rows}


def _to_text(value: Any) -> str:
    """Return a value that JSON has no form for: a time, bytes, a decimal number."""
    if isinstance(value, bytes):
        return value.decode("utf-8", "surrogateescape")
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


class _Pieces(io.RawIOBase):
    """A stream of pieces of bytes."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._left = b""

    def readable(self) -> bool:
        """Return true: it can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer; return how many bytes there were, 0 at the end."""
        while not self._left:
            try:
                piece = next(self._pieces, None)
            except read_errors(RuntimeError, NotImplementedError) as error:  # damaged, or packed in a way of its own
                raise OSError(str(error)) from error
            if piece is None:
                return 0
            self._left = piece
        count = min(len(buffer), len(self._left))
        buffer[:count], self._left = self._left[:count], self._left[count:]
        return count
