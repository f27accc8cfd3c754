"""Object stores: S3 and what speaks like it, Google Cloud Storage, Azure Blob Storage.

Owns: listing what is below a prefix, and opening an object to be read from front to back.
Must not know: what is in an object, which names are no logs.

pyarrow is imported only once something is asked of a store.
"""

from __future__ import annotations

import io
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, BinaryIO, Final, NamedTuple, TypeVar, cast

from logparse.common.errors import InputError
from logparse.sources.object_stores import faults, filesystems, urls
from logparse.sources.object_stores.urls import Remote, Store

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")
#: One request asks for this much; an object is never held as a whole.
_ASK_BYTES: Final = 4 * 1024 * 1024


class Entry(NamedTuple):
    """An object as a listing shows it.

    Attributes:
        remote: which object it is.
        below: its key, as far as it was not asked for by name; empty for an object that was.
        size: bytes.
        modified: microseconds UTC; None where the store does not say.
    """

    remote: Remote
    below: str
    size: int
    modified: int | None


def list_objects(remote: Remote) -> list[Entry]:
    """Return what a URL stands for: the object of that name, else all below it, else all that match it as a pattern.

    What is below is listed at once, whatever its depth. A key that ends in ``/`` is only ever a prefix.

    Raises:
        InputError: there is nothing, or the store cannot be asked.
    """
    refused: InputError | None = None
    if remote.key and not remote.key.endswith("/"):
        try:
            if named := _ask(remote, remote, _named):
                return named
        except InputError as error:
            if faults.is_final(error):
                raise
            refused = error  # to list what is below may be permitted all the same
    if urls.has_magic(remote.key):
        return _matching(remote)
    if (found := _ask(remote, remote, _below)) is None:
        remedy = "check it; upper and lower case differ"
        what = "there is no such object, and nothing below it" if _name(remote) else "there is nothing below it"
        raise refused or InputError(remote.name, what, remedy)
    return found


def open_object(remote: Remote) -> BinaryIO:
    """Open an object, to be read from front to back, a few MiB at a time.

    Reading raises OSError where the store fails on the way.

    Raises:
        InputError: it cannot be opened.
    """

    def open_stream(remote: Remote, on: Any) -> BinaryIO:
        stream = on.open_input_stream(remote.path, compression=None, buffer_size=_ASK_BYTES)
        return cast("BinaryIO", _Stream(stream))

    return _ask(remote, remote, open_stream)


class _Stream(io.RawIOBase):
    """A stream of pyarrow whose errors are those of files."""

    def __init__(self, stream: Any) -> None:
        super().__init__()
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        from pyarrow import ArrowException  # noqa: PLC0415 - it is loaded already

        try:
            return int(self._stream.readinto(buffer))
        except (OSError, ArrowException) as error:
            raise OSError(faults.summarize_error(error)) from error

    def close(self) -> None:
        if not self.closed:
            self._stream.close()
        super().close()


def _ask(asked: Remote, remote: Remote, question: Callable[[Remote, Any], T]) -> T:
    """Ask a store; if the bucket turns out to be in another region, ask there."""
    from pyarrow import ArrowException  # noqa: PLC0415 - late, see above

    try:
        return question(remote, filesystems.make_filesystem(remote.store))
    except (OSError, ArrowException) as error:
        region = (
            ""
            if remote.store.option("region") or not faults.is_in_other_region(error)
            else _region(remote.store, error)
        )
        if not region:
            raise faults.explain_error(error, asked) from error
    options = tuple(sorted((*remote.store.options, ("region", region))))
    return _ask(asked, Remote(replace(remote.store, options=options), remote.key), question)


def _region(store: Store, error: Exception) -> str:
    if found := faults.named_region(error):
        return found
    try:  # only the answer about a key says it
        filesystems.make_filesystem(store).get_file_info(f"{store.bucket}/region")
    except OSError as said:
        return faults.named_region(said)
    return ""


def _named(remote: Remote, on: Any) -> list[Entry]:
    info = on.get_file_info(remote.path)
    return [_entry(remote.store, info, remote.path)] if info.is_file else []


def _below(remote: Remote, on: Any) -> list[Entry] | None:
    from pyarrow import fs  # noqa: PLC0415 - late, see above

    folder = remote.path.removesuffix("/")
    try:
        infos = on.get_file_info(fs.FileSelector(folder, recursive=True))
    except OSError as error:
        # The file system for Google's raises a bare OSError here.
        gone = isinstance(error, FileNotFoundError) or str(error).startswith("No such file or directory")
        if not gone or faults.is_missing_bucket(error):
            raise
        if on.get_file_info(remote.store.bucket).type == fs.FileType.NotFound:
            raise faults.missing_bucket_error(remote) from error
        return None
    return [_entry(remote.store, info, f"{folder}/") for info in infos if info.is_file]


def _matching(remote: Remote) -> list[Entry]:
    base = urls.fixed_folder(remote.key)
    try:
        fits = urls.compile_pattern(remote.key.removeprefix(base))
    except re.error as error:
        raise InputError(remote.name, "is no valid pattern", str(error)) from error
    found = _ask(remote, Remote(remote.store, base), _below) or []
    if matches := [entry for entry in found if fits.fullmatch(entry.below)]:
        return matches
    raise InputError(remote.name, "the pattern matches nothing", f"check it; {len(found):,} objects were looked at")


def _entry(store: Store, info: Any, skip: str) -> Entry:
    modified = info.mtime_ns // 1000 if info.mtime_ns else None
    return Entry(Remote(store, info.path.split("/", 1)[1]), info.path.removeprefix(skip), info.size, modified)


def _name(remote: Remote) -> str:
    return remote.key.rpartition("/")[2]
