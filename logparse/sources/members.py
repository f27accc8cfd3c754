"""Files that hold several logs, or a log in rows: zip and tar archives, and Parquet.

Owns: which members an archive has, and which of them are refused.
Must not know: which files are asked for, what a log is, how a member is read (``member_contents``).

A member that is a link or a device, whose name leads
out of the archive, or that shares its bytes with another, is refused with a message; the others are read.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import stat
import sys
import tarfile
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO, Final, NamedTuple

from logparse.sources.filetypes import OWN_TABLE

#: How their names end. Other files are not opened to be listed: what was read before and has not changed stays closed.
_NAMES: Final = (
    ".zip", ".tar", ".tgz", ".tar.gz", ".tbz", ".tbz2", ".tar.bz2", ".txz", ".tar.xz",
    ".tzst", ".tar.zst", ".parquet", ".pq", ".parq",
)  # fmt: skip
_ZIP: Final = b"PK\x03\x04"
_PARQUET: Final = b"PAR1"
_TAR: Final = slice(257, 262)
HEAD: Final = 512
#: An archive of more members is no export of logs.
MOST: Final = 10_000
#: Documents, programs and packages are zip archives, too.
_FOREIGN: Final = ("[Content_Types].xml", "META-INF/MANIFEST.MF", "mimetype", "AndroidManifest.xml")
#: Columns of the tables that logparse itself writes.
_OWN: Final = frozenset({"outcome", "user_source", "rule"})


def _open_zstd(file: Path | BinaryIO, mode: str) -> Any:
    if sys.version_info >= (3, 14):
        from compression import zstd  # noqa: PLC0415 - Python 3.14

        return zstd.open(file, mode)
    try:
        import zstandard  # noqa: PLC0415 - an optional extra
    except ImportError as error:
        raise OSError(str(error)) from error  # reading the file says what is missing
    packed = file.open(mode) if isinstance(file, Path) else file
    return zstandard.ZstdDecompressor().stream_reader(packed, read_across_frames=True, closefd=isinstance(file, Path))


#: By the first bytes of a compressed file, what opens it.
_OPENERS: Final[dict[bytes, Any]] = {
    b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ\0": lzma.open, b"\x28\xb5\x2f\xfd": _open_zstd,
}  # fmt: skip
_ERRORS: Final = (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError, zipfile.BadZipFile, tarfile.TarError)


class Member(NamedTuple):
    """A log inside a file.

    Attributes:
        file: the archive, or the Parquet file.
        kind: ``zip``, ``tar`` or ``parquet``.
        name: of the member in the archive; empty for Parquet.
        size: bytes when it is unpacked; None if that is not known.
        problem: why it is not read; empty if it is.
        offset: where it begins in a tar archive when that is unpacked.
        outer: the member that is the archive it is in; None if ``file`` is.
    """

    file: Path
    kind: str
    name: str = ""
    size: int | None = None
    problem: str = ""
    offset: int = 0
    outer: Member | None = None


def read_errors(*more: type[Exception]) -> tuple[type[Exception], ...]:
    """Return what reading a damaged file can end with, and ``more``."""
    zstd = sys.modules.get("compression.zstd") or sys.modules.get("zstandard")
    return (*_ERRORS, *more) if zstd is None else (*_ERRORS, zstd.ZstdError, *more)


def list_members(file: Path) -> list[Member] | None:
    """Return the logs in a file, in their order; None if it is a file of another kind, or cannot be listed."""
    if not is_archive_name(file.name):
        return None
    try:
        with file.open("rb") as stream:
            head = stream.read(HEAD)
        if head.startswith(_PARQUET):
            own = set(_schema_names(file)) >= _OWN
            return [Member(file, "parquet", problem=OWN_TABLE[0] if own else "")]
        return _list(file, file.stat().st_size, head, Member(file, ""))
    except read_errors():
        return None


def list_packed(data: bytes, outer: Member) -> list[Member] | None:
    """Return the logs in an archive that is a member of another, as ``list_members`` does.

    Args:
        data: the archive.
        outer: the member that it is.
    """
    try:
        return _list(io.BytesIO(data), len(data), data[:HEAD], Member(outer.file, "", outer=outer))
    except read_errors():
        return None


def is_archive_name(name: str) -> bool:
    """Return whether a file of this name may be an archive or a Parquet file."""
    return name.lower().endswith(_NAMES)


def _list(file: Path | BinaryIO, size: int, head: bytes, model: Member) -> list[Member] | None:
    if head.startswith(_ZIP):
        return _list_zip(file, size, model)
    return _list_tar(file, model) if _unpacked_head(file, head)[_TAR] == b"ustar" else None


def _unpacked_head(file: Path | BinaryIO, head: bytes) -> bytes:
    """Return the first bytes of what a file is when a layer of compression is taken off."""
    if not head.startswith(tuple(_OPENERS)):
        return head
    stream = open_unpacked(file)
    try:
        return bytes(stream.read(HEAD))
    finally:
        if isinstance(file, Path):
            stream.close()


def open_unpacked(file: Path | BinaryIO) -> BinaryIO:
    """Open a file, or a stream that can be wound back, to read it with a layer of compression taken off, if any."""
    if isinstance(file, Path):
        with file.open("rb") as stream:
            head = stream.read(HEAD)
    else:
        file.seek(0)
        head = file.read(HEAD)
        file.seek(0)
    opener = next((opener for mark, opener in _OPENERS.items() if head.startswith(mark)), _open_plain)
    opened: BinaryIO = opener(file, "rb")
    return opened


def _open_plain(file: Path | BinaryIO, mode: str) -> Any:
    return file.open(mode) if isinstance(file, Path) else file


def _list_zip(file: Path | BinaryIO, size: int, model: Member) -> list[Member] | None:
    with zipfile.ZipFile(file) as archive:
        entries = [entry for entry in archive.infolist() if not entry.is_dir()]
        if len(entries) > MOST or any(entry.filename in _FOREIGN for entry in entries):
            return None
        shared = sum(entry.compress_size for entry in entries) > size
        members = []
        for entry in entries:
            linked = stat.S_ISLNK(entry.external_attr >> 16)
            problem = "is a link" if linked else _name_problem(entry.filename)
            problem = problem or ("is encrypted" if entry.flag_bits & 1 else "")
            problem = problem or ("shares its bytes with other members of its archive" if shared else "")
            members.append(model._replace(kind="zip", name=entry.filename, size=entry.file_size, problem=problem))
    return _visible(members)


def _list_tar(file: Path | BinaryIO, model: Member) -> list[Member] | None:
    members = []
    with open_unpacked(file) as stream, tarfile.open(fileobj=stream, mode="r:") as archive:
        for number, entry in enumerate(archive):
            if number >= MOST:
                return None
            if entry.isdir():
                continue
            problem = "" if entry.isreg() else "is a link" if entry.issym() or entry.islnk() else "is a device"
            problem = problem or ("has holes" if entry.issparse() else "") or _name_problem(entry.name)
            members.append(
                model._replace(kind="tar", name=entry.name, size=entry.size, problem=problem, offset=entry.offset_data)
            )
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
