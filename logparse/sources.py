"""What to read: files, folders, globs, standard input, and the same in object stores.

Owns: finding files and telling them apart, and which of them are no logs by their names. Must not know: how they are
read, what is in them.
"""

from __future__ import annotations

import glob
import os
import re
import stat
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from logparse import stores
from logparse.errors import InputError
from logparse.stores.urls import fixed, has_magic

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

#: What programs put beside logs: CloudWatch and Elastic Load Balancing to see whether they may write there, AWS Config
#: likewise, Hadoop and Spark to say that they are done.
MARKERS: Final = frozenset({
    "aws-logs-write-test", "ELBAccessLogTestFile", "ConfigWritabilityCheckFile",
    "_SUCCESS", "_metadata", "_common_metadata",
})  # fmt: skip


#: In this folder an archive keeps what it is made of.
ARCHIVE: Final = ".logparse"
_WHOLE_DAY: Final = timedelta(seconds=86_399)
#: A day in the name of a file, ``20260301`` or ``2026-03-01``.
_DAY: Final = re.compile(r"(?<!\d)(20\d\d)[-_]?(0[1-9]|1[0-2])[-_]?([0-3]\d)(?!\d)")


@dataclass(frozen=True, slots=True)
class Source:
    r"""One file, object or stream to read; small enough to be sent to another process.

    Attributes:
        name: as given or found, valid Unicode (bytes of a file name that are none are written ``\xff``); the URL of an
            object, without its query; ``-`` for standard input.
        path: of a file; None for anything else.
        size: bytes on disk, so compressed ones; None where that is not known before reading (pipes, devices).
        modified: when it was written last, microseconds UTC; None for streams, and where a store does not say.
        remote: an object in a store; None for anything else.
        found: in a folder or by a pattern, not named by anybody: it may be no log at all.
        lies_in: the folder, where the path does not tell it.
    """

    name: str
    path: Path | None
    size: int | None
    modified: int | None = None
    remote: stores.Remote | None = None
    found: bool = False
    lies_in: str = ""

    @property
    def written(self) -> int | None:
        """When its last line was written, as far as can be told: the day in its name, else when it was modified.

        Copying a file loses the latter. A name such as ``messages-20250104`` is of the day on which it was rotated.
        """
        named = _DAY.search(self.name.rpartition("/")[2])
        try:
            day = datetime.strptime("".join(named.groups()), "%Y%m%d").replace(tzinfo=UTC) if named else None
        except ValueError:  # some other number
            day = None
        return self.modified if day is None else round((day + _WHOLE_DAY).timestamp()) * 1_000_000

    @property
    def piped(self) -> bool:
        """Whether this is standard input, which is there only once, and in this process only."""
        return self.path is None and self.remote is None

    @property
    def folder(self) -> str:
        """What it lies in, by name; logs of one folder are taken to be of one Airflow."""
        if self.lies_in:
            return self.lies_in
        if self.remote is not None:
            return self.name.rpartition("/")[0]
        return "-" if self.path is None else str(self.path.parent)

    @property
    def identity(self) -> str:
        """The same for two names of one file."""
        if self.remote is not None:
            return self.remote.identity
        return "" if self.path is None else os.path.realpath(self.path)


@dataclass(frozen=True, slots=True)
class Found:
    """What paths stand for.

    Attributes:
        sources: sorted by name, each file once however many names or links lead to it.
        empty: those of the paths that name something, but no file.
        skipped: names of files and objects that are no logs: markers, and in stores empty and hidden objects too.
    """

    sources: list[Source] = field(default_factory=list)
    empty: list[str] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)


def look(paths: Sequence[str]) -> Found:
    """Find what the given paths stand for.

    A path is a file (pipes and devices too), a folder (all regular files below it, links followed; names that start
    with ``.`` are skipped), a glob pattern (``**`` goes through folders but not through links; a file of that very
    name wins), or ``-`` for standard input. An empty folder gives no sources. What cannot be looked into is a source
    as well, so that reading it says so. ``s3://``, ``gs://`` and ``abfs://`` URLs are objects, prefixes and patterns of
    the same kind. What is named directly is a source whatever its name.

    Raises:
        InputError: a path names nothing, is a URL of another kind, or a store cannot be asked.
    """
    told = Found()
    every: list[Source] = []
    for text in dict.fromkeys(paths):
        before = len(every)
        every += _expand(text, told.skipped)
        if len(every) == before:
            told.empty.append(text)
    once: dict[str, Source] = {}
    for source in sorted(every, key=lambda each: (each.name, each.found)):
        once.setdefault(source.identity, source)
    told.sources.extend(once.values())
    named = {source.name for source in told.sources}
    told.skipped[:] = sorted(set(told.skipped) - named)
    return told


def find(paths: Sequence[str]) -> list[Source]:
    """The sources that ``look`` finds.

    Raises:
        InputError: as ``look``.
    """
    return look(paths).sources


def _expand(text: str, skipped: list[str]) -> Iterator[Source]:
    if text == "-":
        return iter([Source("-", None, None)])
    if (remote := stores.parse(text)) is not None:
        return _stored(remote, skipped)
    try:
        status = Path(text).stat() if text else None
    except PermissionError as error:
        raise InputError(text, "permission denied", "check who may read the folders on the way") from error
    except (OSError, ValueError):
        status = None
    if status and stat.S_ISDIR(status.st_mode):
        return _walk(Path(text), set(), skipped)
    if status:
        return iter([_file(_printable(text), Path(text), status)])
    if not glob.has_magic(text):
        raise InputError(text, "no such file or folder", "check the path and the folder it is relative to")
    matches = _matches(text)
    if not matches:
        raise InputError(text, "the pattern matches nothing", "check it and the folder it is relative to")
    seen: set[str] = set()
    return (source for match in matches for source in _walk(match, seen, skipped))


def _stored(remote: stores.Remote, skipped: list[str]) -> Iterator[Source]:
    pattern = remote.key.removeprefix(fixed(remote.key)) if has_magic(remote.key) else ""
    hidden = any(part.startswith(".") for part in pattern.split("/"))
    for entry in stores.find(remote):
        name, parts = entry.remote.name, entry.below.split("/")
        below = any(part.startswith(".") for part in parts) and not hidden
        if entry.below and (below or not entry.size or parts[-1] in MARKERS):
            skipped.append(name)
        else:
            yield Source(name, None, entry.size, entry.modified, entry.remote, found=bool(entry.below))


def _matches(pattern: str) -> list[Path]:
    parts = Path(pattern).parts
    first = next(index for index, part in enumerate(parts) if glob.has_magic(part))
    base = Path(*parts[:first])
    hidden = any(part.startswith(".") for part in parts[first:])
    try:
        # Unlike glob.glob, whose time is exponential in folders linked into themselves, this follows no links at **.
        found = sorted(base.glob("/".join(parts[first:])))
    except ValueError as error:
        raise InputError(pattern, "is no valid pattern", str(error)) from error
    return [path for path in found if hidden or not any(part.startswith(".") for part in path.parts[len(base.parts) :])]


def _walk(path: Path, seen: set[str], skipped: list[str]) -> Iterator[Source]:
    name = _printable(path.as_posix())
    try:
        status = path.stat()
        entries = sorted(path.iterdir()) if stat.S_ISDIR(status.st_mode) else []
    except FileNotFoundError:  # rotated away just now, or
        if path.is_symlink():  # a link to nothing
            skipped.append(name)
        return
    except OSError:
        yield Source(name, path, None)
        return
    if stat.S_ISREG(status.st_mode):
        if path.is_symlink() and ARCHIVE in Path(os.path.realpath(path)).parts:
            return  # what an archive shows of itself is no log
        if path.name in MARKERS:
            skipped.append(name)
        else:
            yield _file(name, path, status, found=True)
    elif (real := os.path.realpath(path)) not in seen and ARCHIVE not in Path(real).parts:
        seen.add(real)
        for entry in entries:
            if not entry.name.startswith("."):
                yield from _walk(entry, seen, skipped)


def _file(name: str, path: Path, status: os.stat_result, *, found: bool = False) -> Source:
    if not stat.S_ISREG(status.st_mode):
        return Source(name, path, None)
    return Source(name, path, status.st_size, status.st_mtime_ns // 1000, found=found)


def _printable(name: str) -> str:
    return os.fsencode(name).decode("utf-8", "backslashreplace")
