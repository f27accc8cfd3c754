"""What is visible, brought in line with the generation that holds, after whatever has happened to it.

Owns: which of two files is the true one, and what is left of dead runs. Must not know: how a generation is made.
"""

from __future__ import annotations

import shutil
from contextlib import suppress
from typing import TYPE_CHECKING

from logparse.archive.storage import disk, trees
from logparse.archive.storage.layout import read

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from logparse.archive.storage.layout import Layout
    from logparse.archive.storage.sealed import Generation


def sweep(layout: Layout) -> list[str]:
    """Remove what is half made."""
    if not layout.tmp.is_dir():
        return []
    left = sorted(layout.tmp.iterdir())
    for each in left:
        if each.is_dir() and not each.is_symlink():
            shutil.rmtree(each)
        else:
            each.unlink()
    return [f"removed what a run that ended early had half written ({len(left)})"] if left else []


def drop_uncommitted(layout: Layout, held: tuple[Path, Generation] | None) -> list[str]:
    """Remove generations later than the one that holds: their runs ended before they could."""
    said = []
    home, visible = (layout.home(held[0]), held[1].visible) if held else (None, {})
    for number in layout.numbers():
        if held is None or number > held[1].number:
            folder = layout.generation(number)
            said.append(f"removed generation {number}, which was never committed")
            said += trees.absorb(layout, folder, home, [_visible(folder), visible])
    return said


def withdraw(layout: Layout, head: Generation) -> None:
    """Remove what earlier generations left in the folder itself and the one that holds does not have."""
    for visible in known(layout, head):
        for path in sorted(set(visible) - set(head.visible)):
            if trees.is_object(layout, layout.folder / path, visible[path]):
                (layout.folder / path).unlink()
                _remove_empty(layout.folder, path)


def drop_older(layout: Layout, head: Generation, home: Path) -> list[str]:
    """Remove generations earlier than the one that holds."""
    said = []
    for number in layout.numbers():
        if number >= head.number:
            continue
        folder = layout.generation(number)
        said += trees.absorb(layout, folder, home, [_visible(folder), head.visible])
    return said


def point(layout: Layout, folder: Path, head: Generation) -> Path:
    """Make the pointer one again where it is a folder; returns the folder of the generation that holds."""
    links = layout.links()
    if layout.current.is_symlink() or layout.current.is_file():
        return folder
    if layout.current.is_dir():
        proper = layout.generation(head.number)
        if not _holds(proper, head):
            if disk.there(proper):
                _set_aside(layout, proper)
            built = trees.build(layout, head, (folder, head), links=links)
            built.rename(disk.made(layout.generations) / proper.name)
            disk.sync(layout.generations)
        trees.switch(layout, head.number, links=links, following=True)
        _set_aside(layout, layout.current)
    layout.following.replace(layout.current)
    disk.sync(layout.root)
    return layout.generation(head.number)


def restore(
    layout: Layout, head: Generation, home: Path, staged: Path | None, known: Sequence[Mapping[str, str]]
) -> list[str]:
    """Let every visible file be what it should be.

    A file of other content than that, or one in ``known``, was changed by somebody, and is moved.

    Args:
        layout: of the archive.
        head: the generation that holds.
        home: where its visible files are.
        staged: where some of them wait to be moved there.
        known: what visible files were before.
    """
    said: list[str] = []
    for path, name in head.visible.items():
        file, own = home / path, layout.object(name)
        if disk.twins(file, own):
            continue
        is_right = disk.regular(file) is not None and disk.digest(file) == name
        if not _mended(layout, name, file if is_right else None, said):
            said.append(f"{path}: is damaged, and cannot be restored")
            continue
        if not is_right and disk.there(file):
            before = {each[path] for each in known if path in each}
            if not any(trees.is_object(layout, file, each) for each in before):
                said += trees.keep(layout, file, path, None)
        elif not is_right and staged is None:
            said.append(f"{path}: was missing, and is restored")
        _make_way(layout, home, path, said)
        if staged is not None and disk.regular(staged / path):
            disk.made(file.parent)
            (staged / path).replace(file)
        else:
            disk.replace(own, file, disk.made(layout.tmp))
        disk.sync(file.parent)
    return said


def unstage(layout: Layout, folder: Path, head: Generation) -> None:
    """Remove what waits to be moved to where it is seen, and is there already."""
    for path in head.visible:
        (folder / path).unlink(missing_ok=True)
    for each in list(disk.folders(folder)):
        if each != folder:
            with suppress(OSError):  # something is in it
                each.rmdir()
    disk.sync(layout.generations)


def known(layout: Layout, head: Generation) -> list[Mapping[str, str]]:
    """What was visible in earlier generations that are still there."""
    return [_visible(layout.generation(number)) for number in layout.numbers() if number < head.number]


def _mended(layout: Layout, name: str, twin: Path | None, said: list[str]) -> bool:
    """Whether an object is there, if need be once it is made from a visible file that is the same."""
    own = layout.object(name)
    found = disk.regular(own)
    if twin is None:
        return found is not None and disk.digest(own) == name
    if found is None or found.st_size != twin.stat().st_size or disk.digest(own) != name:
        disk.replace(twin, own, disk.made(layout.tmp))
        disk.sync(own.parent)
        said.append(f"object {name}: was damaged or missing, and is restored")
    return True


def _make_way(layout: Layout, home: Path, path: str, said: list[str]) -> None:
    """Move what is not a folder, and should be one."""
    parts = path.split("/")
    for length in range(1, len(parts)):
        relative = "/".join(parts[:length])
        place = home / relative
        if disk.there(place) and (place.is_symlink() or not place.is_dir()):
            said += trees.keep(layout, place, relative, None)


def _set_aside(layout: Layout, folder: Path) -> None:
    folder.rename(disk.made(layout.incoming) / layout.fresh().name)
    disk.sync(layout.incoming)


def _holds(folder: Path, head: Generation) -> bool:
    try:
        return read(folder) == head
    except (OSError, ValueError):
        return False


def _visible(folder: Path) -> Mapping[str, str]:
    try:
        return read(folder).visible
    except (OSError, ValueError):
        return {}


def _remove_empty(home: Path, path: str) -> None:
    for parent in (home / path).parents:
        if parent == home:
            return
        with suppress(OSError):  # something is in it
            parent.rmdir()
