"""Files that hold several logs, or a log in rows: zip and tar archives, and Parquet.

Owns: which members an archive has, which of them are refused, and reading one from front to back.
Must not know: which files are asked for, what a log is.

Nothing is unpacked onto the disk: a member is read where it lies. A member that is a link or a device, whose name leads
out of the archive, or that shares its bytes with another, is refused with a message; the others are read.
"""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import stat
import tarfile
import zipfile
import zlib
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, BinaryIO, Final, NamedTuple

from logparse.common.errors import InputError
from logparse.sources.filetypes import OWN_TABLE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

#: How their names end. Other files are not opened to be listed: what was read before and has not changed stays closed.
_NAMES: Final = (
    ".zip", ".tar", ".tgz", ".tar.gz", ".tbz", ".tbz2", ".tar.bz2", ".txz", ".tar.xz", ".parquet", ".pq", ".parq",
)  # fmt: skip
_ZIP: Final = b"PK\x03\x04"
_PARQUET: Final = b"PAR1"
_TAR: Final = slice(257, 262)
_HEAD: Final = 512
#: An archive of more members is no export of logs.
MOST: Final = 10_000
#: Documents, programs and packages are zip archives, too.
_FOREIGN: Final = ("[Content_Types].xml", "META-INF/MANIFEST.MF", "mimetype", "AndroidManifest.xml")
#: Columns of the tables that logparse itself writes.
_OWN: Final = frozenset({"outcome", "user_source", "rule"})
_ROWS: Final = 2_000
_PIECE: Final = 1 << 16
_ERRORS: Final = (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, tarfile.TarError)


class Member(NamedTuple):
    """A log inside a file.

    Attributes:
        file: the archive, or the Parquet file.
        kind: ``zip``, ``tar`` or ``parquet``.
        name: of the member in the archive; empty for Parquet.
        size: bytes when it is unpacked; None if that is not known.
        problem: why it is not read; empty if it is.
    """

    file: Path
    kind: str
    name: str = ""
    size: int | None = None
    problem: str = ""


def list_members(file: Path) -> list[Member] | None:
    """Return the logs in a file, in their order; None if it is a file of another kind, or cannot be listed."""
    if not file.name.lower().endswith(_NAMES):
        return None
    try:
        with file.open("rb") as stream:
            head = stream.read(_HEAD)
        if head.startswith(_PARQUET):
            own = set(_schema_names(file)) >= _OWN
            return [Member(file, "parquet", problem=OWN_TABLE[0] if own else "")]
        if head.startswith(_ZIP):
            return _list_zip(file)
        return _list_tar(file) if _unpacked_head(file, head)[_TAR] == b"ustar" else None
    except _ERRORS:
        return None


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
    return io.BufferedReader(_Pieces(_PIECES[member.kind](member.file, member.name)))


def _unpacked_head(file: Path, head: bytes) -> bytes:
    """Return the first bytes of what a file is when a layer of compression is taken off."""
    openers: dict[bytes, Any] = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ\0": lzma.open}
    for mark, opener in openers.items():
        if head.startswith(mark):
            with opener(file, "rb") as stream:
                return bytes(stream.read(_HEAD))
    return head


def _list_zip(file: Path) -> list[Member] | None:
    with zipfile.ZipFile(file) as archive:
        entries = [entry for entry in archive.infolist() if not entry.is_dir()]
        if len(entries) > MOST or any(entry.filename in _FOREIGN for entry in entries):
            return None
        shared = sum(entry.compress_size for entry in entries) > file.stat().st_size
        members = []
        for entry in entries:
            linked = stat.S_ISLNK(entry.external_attr >> 16)
            problem = "is a link" if linked else _name_problem(entry.filename)
            problem = problem or ("is encrypted" if entry.flag_bits & 1 else "")
            problem = problem or ("shares its bytes with other members of its archive" if shared else "")
            members.append(Member(file, "zip", entry.filename, entry.file_size, problem))
    return _visible(members)


def _list_tar(file: Path) -> list[Member] | None:
    members = []
    with tarfile.open(file, "r:*") as archive:
        for number, entry in enumerate(archive):
            if number >= MOST:
                return None
            if entry.isdir():
                continue
            problem = "" if entry.isreg() else "is a link" if entry.issym() or entry.islnk() else "is a device"
            problem = problem or ("has holes" if entry.issparse() else "") or _name_problem(entry.name)
            members.append(Member(file, "tar", entry.name, entry.size, problem))
    return _visible(members)


def _name_problem(name: str) -> str:
    path = PurePosixPath(name.replace("\\", "/"))
    return (
        "has a name that leads out of its archive"
        if path.is_absolute() or ".." in path.parts or ":" in name[:3]
        else ""
    )


def _visible(members: list[Member]) -> list[Member]:
    """Return members whose names are not hidden, each name once: the last one counts, as when it is unpacked."""
    seen = {member.name: member for member in members if member.problem or not _hidden(member.name)}
    return list(seen.values())


def _hidden(name: str) -> bool:
    parts = PurePosixPath(name.removeprefix("./")).parts
    return any(part.startswith(".") and part != ".." for part in parts) or parts[:1] == ("__MACOSX",)


def _schema_names(file: Path) -> list[str]:
    from pyarrow import parquet  # noqa: PLC0415 - few files need it

    return list(parquet.read_schema(file).names)


def _rows(file: Path, _: str) -> Iterator[bytes]:
    """Yield the rows of a Parquet file as JSON objects, one in each line."""
    from pyarrow import parquet  # noqa: PLC0415

    with parquet.ParquetFile(file) as table:
        for batch in table.iter_batches(_ROWS):
            rows = (json.dumps(row, ensure_ascii=False, default=_to_text) for row in batch.to_pylist())
            yield "".join(f"{row}\n" for row in rows).encode("utf-8", "surrogateescape")


def _from_zip(file: Path, name: str) -> Iterator[bytes]:
    with zipfile.ZipFile(file) as archive, archive.open(name) as inner:
        while piece := inner.read(_PIECE):
            yield piece


def _from_tar(file: Path, name: str) -> Iterator[bytes]:
    with tarfile.open(file, "r:*") as archive:
        inner = archive.extractfile(name)
        while inner is not None and (piece := inner.read(_PIECE)):
            yield piece


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
            except (*_ERRORS, RuntimeError, NotImplementedError) as error:  # damaged, or packed in a way of its own
                raise OSError(str(error)) from error
            if piece is None:
                return 0
            self._left = piece
        count = min(len(buffer), len(self._left))
        buffer[:count], self._left = self._left[:count], self._left[count:]
        return count
