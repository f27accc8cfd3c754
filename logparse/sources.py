"""What to read: files, folders, globs and standard input.

Owns: finding files and telling them apart. Must not know: how they are read, what is in them.
"""

from __future__ import annotations

import glob
import os
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from logparse.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


@dataclass(frozen=True, slots=True)
class Source:
    r"""One file or stream to read.

    Attributes:
        name: as given or found, valid Unicode (bytes of a file name that are none are written ``\xff``); ``-`` for
            standard input.
        path: None for standard input.
        size: bytes on disk, so compressed ones; None where that is not known before reading (pipes, devices).
        modified: when it was written last, microseconds UTC; None for streams.
    """

    name: str
    path: Path | None
    size: int | None
    modified: int | None = None


def find(paths: Sequence[str]) -> list[Source]:
    """List what the given paths stand for, sorted by name, each file once however many names or links lead to it.

    A path is a file (pipes and devices too), a folder (all regular files below it, links followed; names that start
    with ``.`` are skipped), a glob pattern (``**`` goes through folders but not through links; a file of that very
    name wins), or ``-`` for standard input. An empty folder gives no sources. What cannot be looked into is a source
    as well, so that reading it says so.

    Raises:
        InputError: a path names nothing, or is a URL.
    """
    found = sorted((source for text in paths for source in _expand(text)), key=lambda source: source.name)
    once: dict[str, Source] = {}
    for source in found:
        once.setdefault("" if source.path is None else os.path.realpath(source.path), source)
    return list(once.values())


def empty(paths: Sequence[str]) -> list[str]:
    """Those of the paths that name something, but no file.

    Raises:
        InputError: a path names nothing, or is a URL.
    """
    return [text for text in dict.fromkeys(paths) if next(_expand(text), None) is None]


def _expand(text: str) -> Iterator[Source]:
    if text == "-":
        return iter([Source("-", None, None)])
    if "://" in text:
        raise InputError(text, "URLs are not read", "copy the files here first, or pipe them in as -")
    try:
        status = Path(text).stat() if text else None
    except PermissionError as error:
        raise InputError(text, "permission denied", "check who may read the folders on the way") from error
    except (OSError, ValueError):
        status = None
    if status and stat.S_ISDIR(status.st_mode):
        return _walk(Path(text), set())
    if status:
        regular = stat.S_ISREG(status.st_mode)
        return iter(
            [
                Source(
                    _printable(text),
                    Path(text),
                    status.st_size if regular else None,
                    status.st_mtime_ns // 1000 if regular else None,
                )
            ]
        )
    if not glob.has_magic(text):
        raise InputError(text, "no such file or folder", "check the path and the folder it is relative to")
    matches = _matches(text)
    if not matches:
        raise InputError(text, "the pattern matches nothing", "check it and the folder it is relative to")
    seen: set[str] = set()
    return (source for match in matches for source in _walk(match, seen))


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


def _walk(path: Path, seen: set[str]) -> Iterator[Source]:
    name = _printable(path.as_posix())
    try:
        status = path.stat()
        entries = sorted(path.iterdir()) if stat.S_ISDIR(status.st_mode) else []
    except FileNotFoundError:  # a link to nothing, or rotated away just now
        return
    except OSError:
        yield Source(name, path, None)
        return
    if stat.S_ISREG(status.st_mode):
        yield Source(name, path, status.st_size, status.st_mtime_ns // 1000)
    elif (real := os.path.realpath(path)) not in seen:
        seen.add(real)
        for entry in entries:
            if not entry.name.startswith("."):
                yield from _walk(entry, seen)


def _printable(name: str) -> str:
    return os.fsencode(name).decode("utf-8", "backslashreplace")
