"""Every byte of an archive in a folder, read and compared with what it should be.

Owns: what counts as damage. Must not know: how it is mended.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from logparse.archive.storage import disk, layout, trees
from logparse.archive.storage.sealed import INDEX, RECORD, is_name, tops
from logparse.common.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from logparse.archive.storage.layout import Layout


def inspected(where: Layout, visible: Mapping[str, str]) -> list[str]:
    """What is wrong, in sentences."""
    digests = _Digests()
    return [
        *_record(where, visible),
        *(
            sentence
            for path, name in sorted(visible.items())
            for sentence in digests.said(path, where.folder / path, name)
        ),
        *_objects(where, visible, digests),
        *_strangers(where, visible),
    ]


class _Digests:
    """Of files, each read once under whatever names."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, int], str] = {}

    def said(self, what: str, path: Path, name: str) -> Iterator[str]:
        try:
            found = path.stat()
            file = (found.st_dev, found.st_ino)
            if file not in self._known:
                self._known[file] = disk.digest(path)
        except (FileNotFoundError, NotADirectoryError):
            yield f"{what}: is missing"
        except OSError as error:
            yield f"{what}: cannot be read: {error.strerror or error}"
        else:
            if self._known[file] != name:
                yield f"{what}: is damaged, its content is not what was written"


def _record(where: Layout, visible: Mapping[str, str]) -> Iterator[str]:
    try:
        found = layout.head(where)
    except OutputError as error:
        yield error.problem.partition(";")[0]
        return
    if found is None:
        if visible:
            yield "there is no archive"
        return
    if dict(found[1].visible) != dict(visible):
        yield "the index is not that of the files that are visible"


def _objects(where: Layout, visible: Mapping[str, str], digests: _Digests) -> Iterator[str]:
    there = set()
    if where.objects.is_dir():
        for path, relative in disk.files(where.objects):
            if not is_name(path.name) or path != where.object(path.name):
                yield f"object {relative}: is not the archive's own"
                continue
            there.add(path.name)
            yield from digests.said(f"object {path.name}", path, path.name)
    for name in sorted(set(visible.values()) - there):
        yield f"object {name}: is missing"


def _strangers(where: Layout, visible: Mapping[str, str]) -> Iterator[str]:
    try:
        held = where.pointed()
    except ValueError:
        return
    if held is None or not held.is_dir():
        return
    home = where.home(held)
    for name in sorted(tops(visible)):
        place = where.folder / name
        if home == held and disk.there(place) and not trees.is_link(place):
            yield f"{name}: is no link, as in an archive that was copied with links followed; the next run makes it one"
    names = tops(visible) if home == where.folder else None
    for path, relative in disk.files(home):
        mine = names is None or relative.partition("/")[0] in names
        if mine and relative not in visible and relative not in {INDEX, RECORD}:
            yield f"{path.relative_to(home)}: is not the archive's own"
