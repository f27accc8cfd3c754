"""What to read: files, folders, globs, standard input, and the same in object stores.

Owns: finding files, each once, and which of them are no logs by their names.
Must not know: how they are read, what is in them.
"""

from __future__ import annotations

import glob
import os
import stat
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from logparse.common import secrets
from logparse.common.errors import InputError
from logparse.sources.nested import list_logs
from logparse.sources.object_stores import objects, urls
from logparse.sources.object_stores.urls import fixed_folder, has_magic
from logparse.sources.opening import refuse_device
from logparse.sources.source import Source

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


@dataclass(frozen=True, slots=True)
class Discovery:
    """What paths stand for.

    Attributes:
        sources: sorted by name, each file once however many names or links lead to it.
        empty: those of the paths that name something, but no log.
        archives: those of the empty paths in which reports of logparse are, and the folder of each archive.
        skipped: names of files and objects that are no logs: markers, and in stores empty and hidden objects too.
    """

    sources: list[Source] = field(default_factory=list)
    empty: list[str] = field(default_factory=list)
    archives: dict[str, str] = field(default_factory=dict)
    skipped: list[str] = field(default_factory=list)


def discover(paths: Sequence[str]) -> Discovery:
    """Find what the given paths stand for.

    A path is a file (pipes and terminals too), a folder (all regular files below it, links followed; names that start
    with ``.`` are skipped), a glob pattern (``**`` goes through folders but not through links; a file of that very
    name wins), or ``-`` for standard input. An empty folder gives no sources. What cannot be looked into is a source
    as well, so that reading it says so. ``s3://``, ``gs://`` and ``abfs://`` URLs are objects, prefixes and patterns of
    the same kind. What is named directly is a source whatever its name.

    Raises:
        InputError: a path names nothing or a device, is a URL of another kind, or a store cannot be asked.
    """
    discovery = Discovery()
    sources: list[Source] = []
    for text in dict.fromkeys(paths):
        before = len(sources)
        sources += _expand_path(text, discovery.skipped)
        if len(sources) == before:
            discovery.empty.append(text)
            if archive := _find_archive(text):
                discovery.archives[text] = archive
    by_identity: dict[str, Source] = {}
    discovery.skipped[:] = secrets.hide_all(discovery.skipped)
    for source in sorted(_hide_secrets(sources), key=lambda source: (source.name, source.found)):
        by_identity.setdefault(source.identity, source)
    discovery.sources.extend(by_identity.values())
    named = {source.name for source in discovery.sources}
    discovery.skipped[:] = sorted(set(discovery.skipped) - named)
    return discovery


def _hide_secrets(sources: Sequence[Source]) -> list[Source]:
    """Hide the secrets in the names of sources, all of them at once: asking takes most of the time."""
    names = secrets.hide_all([source.name for source in sources])
    folders = secrets.hide_all([source.lies_in for source in sources])
    return [
        source if (name, folder) == (source.name, source.lies_in) else replace(source, name=name, lies_in=folder)
        for source, name, folder in zip(sources, names, folders, strict=True)
    ]


def find_sources(paths: Sequence[str]) -> list[Source]:
    """Return the sources that ``discover`` finds.

    Raises:
        InputError: as ``discover``.
    """
    return discover(paths).sources


def _expand_path(text: str, skipped: list[str]) -> Iterator[Source]:
    if text == "-":
        return iter([Source("-", None, None)])
    if (remote := urls.parse_url(text)) is not None:
        return _list_stored(remote, skipped)
    try:
        status = Path(text).stat() if text else None
    except PermissionError as error:
        raise InputError(text, "permission denied", "check who may read the folders on the way") from error
    except (OSError, ValueError):
        status = None
    if status and stat.S_ISDIR(status.st_mode):
        return _walk_folder(Path(text), set(), skipped)
    if status:
        refuse_device(status, secrets.hide(_printable(text)), Path(text))
        return _make_sources(_printable(text), Path(text), status)
    if not glob.has_magic(text):
        raise InputError(text, "no such file or folder", "check the path and the folder it is relative to")
    matches = _match_pattern(text)
    if not matches:
        raise InputError(text, "the pattern matches nothing", "check it and the folder it is relative to")
    seen: set[str] = set()
    return (source for match in matches for source in _walk_folder(match, seen, skipped))


def _list_stored(remote: urls.Remote, skipped: list[str]) -> Iterator[Source]:
    pattern = remote.key.removeprefix(fixed_folder(remote.key)) if has_magic(remote.key) else ""
    hidden = any(part.startswith(".") for part in pattern.split("/"))
    for entry in objects.list_objects(remote):
        name, parts = entry.remote.name, entry.below.split("/")
        below = any(part.startswith(".") for part in parts) and not hidden
        if entry.below and (below or not entry.size or parts[-1] in MARKERS):
            skipped.append(name)
        else:
            yield Source(name, None, entry.size, entry.modified, entry.remote, found=bool(entry.below))


def _match_pattern(pattern: str) -> list[Path]:
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


def _walk_folder(path: Path, seen: set[str], skipped: list[str]) -> Iterator[Source]:
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
            yield from _make_sources(name, path, status, found=True)
    elif (real := os.path.realpath(path)) not in seen and ARCHIVE not in Path(real).parts:
        seen.add(real)
        for entry in entries:
            if not entry.name.startswith("."):
                yield from _walk_folder(entry, seen, skipped)


def _make_sources(name: str, path: Path, status: os.stat_result, *, found: bool = False) -> Iterator[Source]:
    """Yield a file as a source, or the logs in it if it is an archive or a Parquet file."""
    if not stat.S_ISREG(status.st_mode):
        yield Source(name, path, None)
        return
    modified, members = status.st_mtime_ns // 1000, list_logs(path)
    if members is None:
        yield Source(name, path, status.st_size, modified, found=found)
        return
    for member in members:
        parts = [part.name for part in (member.outer, member) if part is not None and part.name]
        inner = "/".join([name, *map(_printable, parts)])
        yield Source(
            inner, None, member.size, modified, found=found, lies_in=inner.rpartition("/")[0] or name, member=member
        )


def _find_archive(path: str) -> str:
    """Return the folder of the archive that a path is or is in; empty: it is no part of an archive."""
    if Path(path, ARCHIVE).is_dir():
        return path
    parts = Path(os.path.realpath(path)).parts
    return str(Path(*parts[: parts.index(ARCHIVE)])) if ARCHIVE in parts else ""


def _printable(name: str) -> str:
    """Return the name of a file as valid Unicode."""
    return os.fsencode(name).decode("utf-8", "backslashreplace")


def find_only_source(path: str | None) -> Source:
    """Return the one source that a path stands for; standard input for none.

    Raises:
        InputError: it stands for none or several.
    """
    found = find_sources(["-" if path is None else path])
    if len(found) != 1:
        raise InputError(path or "-", f"stands for {len(found)} files", "name one of them")
    return found[0]
