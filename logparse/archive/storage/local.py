"""An archive in a folder.

Owns: the order of what is done to it. Must not know: what is in an object or an index.

A commit makes a new folder of hard links to objects and then turns one symbolic link to it, through which all visible
files are reached. What is left to do after that is done by ``settle`` if the run dies.
"""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from logparse.archive.storage import disk, layout, locks, mending, trees
from logparse.archive.storage.inspection import inspected
from logparse.archive.storage.interface import ConflictError, Head
from logparse.archive.storage.layout import Layout
from logparse.archive.storage.sealed import Generation, checked, is_name
from logparse.archive.storage.sinks import Digesting
from logparse.common.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from io import FileIO

    import pyarrow as pa

    from logparse.archive.storage.interface import Sink

_READ_ONLY: Final = 0o444


@dataclass(frozen=True, slots=True)
class LocalStorage:
    """See ``logparse.archive.storage.interface.Storage``.

    Attributes:
        place: the folder.
    """

    place: str

    @property
    def _layout(self) -> Layout:
        return Layout(Path(self.place))

    @contextmanager
    def lock(self, wait: float = 0.0) -> Iterator[None]:
        """See the protocol. A process that is forked while the lock is held does not hold it."""
        path = self._layout.lock
        with disk.telling(self.place):
            disk.made(path.parent)
        with locks.held(path, self.place, wait):
            yield

    def head(self) -> Head | None:
        """See the protocol. Needs no lock, and writes nothing."""
        found = layout.head(self._layout)
        return None if found is None else Head(found[1].number, found[1].index)

    @contextmanager
    def sink(self) -> Iterator[Sink]:
        """See the protocol."""
        where = self._layout
        path: Path | None = None
        try:
            with disk.telling(self.place):
                path = where.fresh()
                raw = path.open("xb", 0)
            with raw:
                sink = Digesting(lambda data: _write_all(raw, data, self.place))
                try:
                    yield sink
                    name = sink.end()
                finally:
                    sink.give_up()
                with disk.telling(self.place):
                    if os.name != "nt":  # nothing could remove it there
                        path.chmod(path.stat().st_mode & _READ_ONLY)
                    os.fsync(raw.fileno())
            with disk.telling(self.place):
                _take_place(path, where.object(name), sink.size)
            sink.name = name
        except BaseException:
            if path is not None:
                with suppress(OSError):
                    path.unlink(missing_ok=True)
            raise

    def put(self, data: bytes) -> str:
        """See the protocol."""
        with self.sink() as sink:
            sink.stream.write(data)
        return sink.name

    def open(self, name: str) -> pa.NativeFile:
        """See the protocol."""
        import pyarrow as pa  # noqa: PLC0415 - late, as in ``logparse.sources.object_stores.objects``

        path = self._layout.object(name)
        try:
            return pa.memory_map(str(path), "r") if path.stat().st_size else pa.BufferReader(b"")
        except OSError as error:
            problem = "is missing" if isinstance(error, FileNotFoundError) else f"cannot be read: {error.strerror}"
            raise OutputError(str(path), f"{problem}; logparse archive verify {self.place} says more") from error

    def objects(self) -> dict[str, int]:
        """See the protocol."""
        folder = self._layout.objects
        with disk.telling(self.place, "cannot be read"):
            if not folder.is_dir():
                return {}
            found = ((path, path.name) for path, _ in disk.files(folder))
            return {name: path.stat().st_size for path, name in found if is_name(name)}

    def remove(self, names: Iterable[str]) -> None:
        """See the protocol."""
        with disk.telling(self.place):
            for name in names:
                self._layout.object(name).unlink(missing_ok=True)

    def commit(self, number: int, index: bytes, visible: Mapping[str, str]) -> list[str]:
        """See the protocol. A visible file is a hard link of its object where the file system has such."""
        where, new = self._layout, Generation(number, index, checked(visible))
        found = layout.head(where)
        before = found[1].number if found else 0
        if number <= before:
            raise ConflictError(self.place, f"has generation {before} already; what is new has to be built upon that")
        if number != before + 1:
            raise ValueError(f"generation {number} does not follow {before}")
        with disk.telling(self.place):
            if found:
                found = mending.point(where, *found), found[1]
            said = mending.drop_uncommitted(where, found)
            links = where.links()
            folder = _switched(where, new, found, links=links)
        problem = "is committed, but what is visible is not yet in line with it; run again (cannot be written"
        try:
            said += _published(where, new, folder, links=links)
        except OSError as error:
            raise OutputError(self.place, f"{problem}: {error.strerror or error})") from error
        return said + _tidied(where, new, folder, links=links)

    def settle(self) -> list[str]:
        """See the protocol."""
        where = self._layout
        if not where.root.is_dir():
            return []
        found = layout.head(where)
        with disk.telling(self.place):
            for each in (where.folder, where.root, where.objects, where.generations):
                if each.is_dir():  # made by a run that died before it was durable
                    disk.sync(each)
            said = mending.sweep(where)
            if found is None:
                said += mending.drop_uncommitted(where, None)
                trees.unlink(where, None)
                return said
            folder, head = mending.point(where, *found), found[1]
            said += mending.drop_uncommitted(where, (folder, head))
            links = where.links()
            home = folder if links else where.folder
            said += mending.restore(where, head, home, None if links else folder, mending.known(where, head))
            if not links:
                mending.withdraw(where, head)
            said += mending.drop_older(where, head, home)
            if links:
                return said + trees.clear(where, home, head.visible)
            mending.unstage(where, folder, head)
            return said + trees.absorb_incoming(where, home, head.visible)

    def check(self, visible: Mapping[str, str]) -> list[str]:
        """See the protocol."""
        with disk.telling(self.place, "cannot be read"):
            return inspected(self._layout, visible)


def _write_all(raw: FileIO, data: memoryview, place: str) -> None:
    with disk.telling(place):
        while data:
            data = data[raw.write(data) :]


def _take_place(path: Path, target: Path, size: int) -> None:
    """Give an object its name, unless it is there already; one of another size was damaged."""
    disk.made(target.parent)
    there = disk.regular(target)
    if there is not None and there.st_size == size:
        path.unlink()
    else:
        path.replace(target)
    disk.sync(target.parent)


def _switched(where: Layout, new: Generation, held: tuple[Path, Generation] | None, *, links: bool) -> Path:
    """Make a generation and let it hold; returns its folder. If that fails, nothing has changed."""
    disk.made(where.generations)
    folder = where.generation(new.number)
    built = trees.build(where, new, held, links=links)
    try:
        built.rename(folder)
        disk.sync(where.generations)
        if links:
            trees.link(where, folder)
        trees.switch(where, new.number, links=links)
    except BaseException:
        with suppress(OSError, ValueError):
            if where.pointed() != folder:
                shutil.rmtree(built, ignore_errors=True)
                shutil.rmtree(folder, ignore_errors=True)
                trees.unlink(where, held[0] if held else None)
        raise
    return folder


def _published(where: Layout, new: Generation, folder: Path, *, links: bool) -> list[str]:
    if links:
        return trees.clear(where, folder, new.visible)
    said = mending.restore(where, new, where.folder, folder, mending.known(where, new))
    mending.unstage(where, folder, new)
    mending.withdraw(where, new)
    return said


def _tidied(where: Layout, new: Generation, folder: Path, *, links: bool) -> list[str]:
    """Remove what held before; that it cannot be is no reason to call the commit a failure."""
    try:
        said = mending.drop_older(where, new, folder if links else where.folder)
        if links:
            trees.link(where, folder)
    except OSError as error:
        return [f"what held before could not be removed: {error.strerror or error}"]
    return said
