"""The folder of a generation, from its making to its end.

Owns: what is in it, the switch to it, the links that users see, and that files of users are never lost. Must not know:
when any of this is due.
"""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from typing import TYPE_CHECKING

from logparse.archive.storage import disk
from logparse.archive.storage.sealed import INDEX, OWN_FOLDER, RECORD, numbered

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from logparse.archive.storage.layout import Layout
    from logparse.archive.storage.sealed import Generation


def build(layout: Layout, new: Generation, held: tuple[Path, Generation] | None, *, links: bool) -> Path:
    """Make the folder of a generation, below ``tmp``; all of it is durable.

    Without links only what is not to be seen yet is put into it, to be moved from there.

    Args:
        layout: of the archive.
        new: the generation.
        held: the folder that holds visible files until now, and of which generation; files of users are taken along.
        links: whether there are symbolic links.
    """
    folder = layout.fresh()
    folder.mkdir()
    try:
        disk.write(folder / INDEX, new.index)
        disk.write(folder / RECORD, new.sealed(whole=False))
        for path, name in new.visible.items():
            if links or not is_object(layout, layout.folder / path, name):
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                disk.repeat(layout.object(name), folder / path)
        if links and held is not None:
            _take_along(*held, folder)
        for each in disk.folders(folder):
            disk.sync(each)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    return folder


def switch(layout: Layout, number: int, *, links: bool, following: bool = False) -> None:
    """Let a generation hold: the one step that is the commit."""
    pointer = layout.fresh()
    try:
        if links:
            pointer.symlink_to(f"{layout.generations.name}/{numbered(number)}", target_is_directory=True)
        else:
            disk.write(pointer, numbered(number).encode())
        pointer.replace(layout.following if following else layout.current)
    except BaseException:
        with suppress(OSError):
            pointer.unlink(missing_ok=True)
        raise
    disk.sync(layout.root)


def link(layout: Layout, home: Path) -> None:
    """Make the links to what is in a generation, as far as nothing is in the way."""
    made = False
    for name in _names(home):
        if not disk.there(layout.folder / name):
            (layout.folder / name).symlink_to(_to(name), target_is_directory=(home / name).is_dir())
            made = True
    if made:
        disk.sync(layout.folder)


def clear(layout: Layout, home: Path, visible: Mapping[str, str]) -> list[str]:
    """Put links in place of other things that have the names of ours, and remove links to nothing.

    What was there is known, or moved: see ``absorb``.
    """
    basket = layout.incoming / layout.fresh().name
    for name in _names(home):
        place = layout.folder / name
        if disk.there(place) and not is_link(place):
            disk.made(basket)
            place.rename(basket / name)
            place.symlink_to(_to(name), target_is_directory=(home / name).is_dir())
            disk.sync(basket)
            disk.sync(layout.folder)
    said = absorb_incoming(layout, home, visible)
    link(layout, home)  # to what was moved into the generation just now
    unlink(layout, home)
    return said


def unlink(layout: Layout, home: Path | None) -> None:
    """Remove links to what is not in a generation any more."""
    names = _names(home) if home else []
    for entry in list(os.scandir(layout.folder)):
        if entry.is_symlink() and entry.name not in names:
            place = layout.folder / entry.name
            if is_link(place):
                place.unlink()


def absorb_incoming(layout: Layout, home: Path, visible: Mapping[str, str]) -> list[str]:
    """``absorb`` all that was found in the way."""
    said = []
    if layout.incoming.is_dir():
        for basket in sorted(layout.incoming.iterdir()):
            said += absorb(layout, basket, home, [visible])
    return said


def absorb(layout: Layout, folder: Path, home: Path | None, known: Sequence[Mapping[str, str]]) -> list[str]:
    """Remove a folder, but for what cannot be had again: that is moved into ``home``, or to where replaced files are.

    Args:
        layout: of the archive.
        folder: to be removed; paths in it are those of visible files.
        home: where visible files are, if there are any.
        known: what the visible files of a path may be.
    """
    said = []
    for file, path in disk.files(folder):
        names = {each[path] for each in known if path in each}
        ours = path in {INDEX, RECORD} or any(is_object(layout, file, name) for name in names)
        if ours or (home and disk.alike(file, home / path)):
            file.unlink()
        else:
            said += keep(layout, file, path, home)
    disk.prune(folder)
    return said


def keep(layout: Layout, file: Path, path: str, home: Path | None) -> list[str]:
    """Move a file that is not ours to where it is not in the way."""
    target = home / path if home and disk.free(home, path) else None
    if target is None:
        target = layout.replaced / path
        number = 1
        while not disk.free(layout.replaced, target.relative_to(layout.replaced).as_posix()):
            number += 1
            target = layout.replaced / str(number) / path
    disk.made(target.parent)
    file.rename(target)
    disk.sync(target.parent)
    if home and target == home / path:
        return [f"{path}: is not the archive's own, and was kept"]
    moved = target.relative_to(layout.folder).as_posix()
    return [f"{path}: was not the archive's own, or was changed; it is {moved} now"]


def is_object(layout: Layout, file: Path, name: str) -> bool:
    """Whether a file has the content of an object, which need not be there any more."""
    if disk.twins(file, layout.object(name)):
        return True
    return disk.regular(file) is not None and disk.digest(file) == name


def is_link(place: Path) -> bool:
    """Whether something in the folder of an archive is one of its links."""
    return place.is_symlink() and place.readlink().as_posix() == _to(place.name)


def _take_along(home: Path, old: Generation, folder: Path) -> None:
    ours = {path[:at] for path in old.visible for at in range(len(path)) if path[at] == "/"}
    for each in disk.folders(home):
        relative = each.relative_to(home).as_posix()
        if each != home and relative not in ours and disk.free(folder, relative):
            (folder / relative).mkdir(parents=True)
    for file, path in disk.files(home):
        if path not in old.visible and path not in {INDEX, RECORD} and disk.free(folder, path):
            with suppress(PermissionError):  # nobody may read it; it is moved when the old generation goes
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                disk.repeat(file, folder / path)


def _names(home: Path) -> list[str]:
    return sorted(name for each in home.iterdir() if (name := each.name) not in {INDEX, RECORD})


def _to(name: str) -> str:
    return f"{OWN_FOLDER}/current/{name}"
