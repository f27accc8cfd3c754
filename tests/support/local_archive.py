"""Archives in folders for tests of their storage: what is in them, and file systems that lack something or fail."""

from __future__ import annotations

import errno
import io
import os
import shutil
from collections import Counter
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock
from uuid import uuid4

from logparse.archive.storage.opening import open_storage
from logparse.archive.storage.sealed import name_of, tops

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from logparse.archive.storage.interface import Storage

#: What is visible of each generation.
FIRST = {
    "coverage.csv": b"first\n",
    "attempts/week=2026-W46/part-0.parquet": b"PAR1 a",
    "attempts/week=2026-W47/part-0.parquet": b"PAR1 b",
    "2026-W46/by_user.csv": b"eve,1\n",
    "2026-W47/by_user.csv": b"eve,2\n",
}
SECOND = {
    "coverage.csv": b"second\n",
    "attempts/week=2026-W47/part-0.parquet": b"PAR1 b",
    "attempts/week=2026-W48/part-0.parquet": b"PAR1 c",
    "2026-W47/by_user.csv": b"eve,3\n",
    "2026-W48/by_user.csv": b"eve,2\n",
    "empty.csv": b"",
}
THIRD = {"coverage.csv": b"third\n", "2026-W47/by_user.csv": b"eve,3\n"}
NOTES = {"2026-W47/notes.txt": b"mine", "2026-W46/deep/er/notes.txt": b"mine too"}
#: With symbolic links and hard links; without the one, the other, or both.
KINDS = ["links", "copies", "plain", "plain copies"]
CALLS = ["fsync", "replace", "rename", "link", "symlink", "unlink", "mkdir", "rmdir", "open"]


@contextmanager
def file_system(kind: str) -> Iterator[None]:
    """Without what a file system of that kind does not have."""

    def refused(*_: object, **__: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    with mock.patch.object(os, "symlink", refused if "plain" in kind else os.symlink), \
         mock.patch.object(os, "link", refused if "copies" in kind else os.link):  # fmt: skip
        yield


@contextmanager
def interrupted(at: int, fail: Callable[[], None], *, from_there_on: bool = False) -> Iterator[Counter[str]]:
    """Have the ``at``-th step that changes something on the disk fail."""
    done: Counter[str] = Counter()

    def step(name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            how = args[1] if len(args) > 1 else kwargs.get("mode", "r")
            if name == "open" and (how & (os.O_WRONLY | os.O_RDWR) == 0 if isinstance(how, int) else how[0] == "r"):
                return real(*args, **kwargs)
            done[name] += 1
            if done.total() == at or (from_there_on and done.total() > at):
                fail()
            return real(*args, **kwargs)

        return call

    steps: dict[str, Any] = {name: step(name, getattr(os, name)) for name in CALLS}
    with mock.patch.multiple(os, **steps), \
         mock.patch.object(io, "open", step("open", io.open)):  # fmt: skip
        yield done


def full() -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


def store(storage: Storage, files: Mapping[str, bytes]) -> dict[str, str]:
    return {path: storage.put(data) for path, data in files.items()}


def commit(storage: Storage, number: int, files: Mapping[str, bytes]) -> dict[str, str]:
    visible = store(storage, files)
    storage.commit(number, f'{{"number": {number}}}'.encode(), visible)
    return visible


def seen(folder: Path) -> dict[str, bytes]:
    """What a user sees."""
    found: dict[str, bytes] = {}
    for where, names, files in os.walk(folder, followlinks=True):
        names[:] = [name for name in names if name != ".logparse"]
        paths = [Path(where, name) for name in files]
        found |= {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths if path.is_file()}
    return found


def whole(folder: Path, files: Mapping[str, bytes], notes: Mapping[str, bytes] = {}) -> None:
    """The archive is what it should be, and nothing is left of anything else."""
    assert seen(folder) == {**files, **notes}
    storage = open_storage(str(folder))
    told = storage.check({path: name_of(data) for path, data in files.items()})
    own = folder / ".logparse"
    plain = not (own / "current").is_symlink()
    ours = [path for path in notes if not plain or path.partition("/")[0] in tops(files)]
    assert told == [f"{path}: is not the archive's own" for path in sorted(ours)]
    assert len(list((own / "generations").iterdir())) == 1
    for rest in ("tmp", "incoming"):
        assert not (own / rest).exists() or not any((own / rest).iterdir())
    assert not (own / "current.next").exists()
    for entry in folder.iterdir():
        assert not entry.is_symlink() or entry.exists()


def notes(folder: Path) -> None:
    for path, data in NOTES.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)


def first(folder: Path) -> Storage:
    """An archive with one generation and files of a user, and the objects of the second generation."""
    storage = open_storage(str(folder))
    commit(storage, 1, FIRST)
    notes(folder)
    store(storage, SECOND)
    return storage


def gave_way(path: str) -> str:
    return f"{path}: was not the archive's own, or was changed; it is .logparse/replaced/{path} now"


def names(files: Mapping[str, bytes]) -> dict[str, str]:
    return {path: name_of(data) for path, data in files.items()}


def in_memory(otherwise: Path) -> Iterator[Path]:
    """A folder in memory, where there is such: to sync thousands of times takes its time on a disk."""
    memory = Path("/dev/shm")
    if not os.access(memory, os.W_OK):
        yield otherwise
        return
    folder = memory / f"logparse-{uuid4().hex}"
    folder.mkdir()
    yield folder
    shutil.rmtree(folder)
