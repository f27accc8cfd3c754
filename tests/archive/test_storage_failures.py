"""An archive in a folder after a disk that fails, or a process that dies, at any step: all or nothing."""

from __future__ import annotations

import io
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
from collections import Counter
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

import pytest
from local_archive import (
    CALLS,
    FIRST,
    KINDS,
    NOTES,
    SECOND,
    THIRD,
    commit,
    file_system,
    first,
    full,
    in_memory,
    interrupted,
    names,
    seen,
    store,
    whole,
)
from processes import apart

from logparse.archive.storage.interface import Head
from logparse.archive.storage.opening import open_storage
from logparse.archive.storage.sealed import name_of
from logparse.common.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping


@pytest.fixture
def tmp_path(tmp_path: Path) -> Iterator[Path]:
    yield from in_memory(tmp_path)


# --- what fails on the way


def unchanged(folder: Path, before: Mapping[str, bytes], after: Mapping[str, bytes], kind: str) -> None:
    now = seen(folder)
    if "plain" in kind and now not in (before, after):  # file by file, there
        assert open_storage(str(folder)).head() == Head(2, b'{"number": 2}')
        for path, data in now.items():
            assert data in (before.get(path), after.get(path))
        return
    assert now in (before, after)


def recovered(folder: Path) -> None:
    """Whatever has happened to the commit of the second generation: it can be gone on from there."""
    storage = open_storage(str(folder))
    head = storage.head()
    files = SECOND if head is not None and head.number == 2 else FIRST
    storage.settle()
    assert storage.head() == head
    assert storage.settle() == []
    whole(folder, files, NOTES)
    if files is FIRST:
        commit(storage, 2, SECOND)
        whole(folder, SECOND, NOTES)
    commit(storage, 3, THIRD)
    whole(folder, THIRD, NOTES)


@pytest.mark.sampled(12)
@pytest.mark.thorough
@pytest.mark.parametrize("from_there_on", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_a_disk_that_fails_at_any_step(tmp_path: Path, kind: str, from_there_on: bool) -> None:
    before, after = {**FIRST, **NOTES}, {**SECOND, **NOTES}
    refusals = 0
    with file_system(kind):
        for at in range(1, 1000):
            folder = tmp_path / str(at)
            storage = first(folder)
            error: OutputError | None = None
            with interrupted(at, full, from_there_on=from_there_on) as done:
                try:
                    storage.commit(2, b'{"number": 2}', names(SECOND))
                except OutputError as caught:
                    error = caught
            unchanged(folder, before, after, kind)
            if error is not None:
                refusals += 1
                assert "cannot be written" in error.problem
                assert "No space left on device" in error.problem
            else:
                assert seen(folder) == after
            head = storage.head()
            assert head is not None
            if head.number == 1 and not from_there_on:
                assert len(list((folder / ".logparse" / "generations").iterdir())) == 1
                assert not any((folder / ".logparse" / "tmp").iterdir())
            recovered(folder)
            if done.total() < at:
                break
            shutil.rmtree(folder)
    assert done.total() > 30
    assert refusals > 20


@pytest.mark.parametrize("kind", KINDS)
def test_a_first_commit_that_fails_leaves_no_archive(tmp_path: Path, kind: str) -> None:
    with file_system(kind):
        for at in range(1, 1000):
            folder = tmp_path / str(at)
            storage = open_storage(str(folder))
            visible = store(storage, FIRST)
            with interrupted(at, full) as done, suppress(OutputError):
                storage.commit(1, b"{}", visible)
            head = storage.head()
            if head is None:
                assert seen(folder) == {}
                assert not list(folder.glob("[!.]*"))
            storage.settle()
            assert seen(folder) == ({} if head is None else FIRST)
            if head is None:
                storage.commit(1, b"{}", visible)
            whole(folder, FIRST)
            if done.total() < at:
                break
    assert done.total() > 30


def test_an_object_that_fails_at_any_step_is_not_there(tmp_path: Path) -> None:
    for at in range(1, 100):
        storage = open_storage(str(tmp_path / str(at)))
        with interrupted(at, full) as done, suppress(OutputError):
            assert storage.put(b"content") == name_of(b"content")
        for name in storage.objects():
            assert storage.open(name).read() == b"content"
        assert not list(Path(storage.place).glob(".logparse/tmp/*"))
        storage.put(b"content")
        if done.total() < at:
            break
    assert done.total() > 8


def dead() -> None:
    os._exit(9)


# --- sudden death: in a process of its own, which forks


def die(folder: str, kind: str) -> None:
    """Die at each step of a commit, and at each step of mending that; for all steps there are."""
    before, after = {**FIRST, **NOTES}, {**SECOND, **NOTES}
    counts = Counter[str]()
    with file_system(kind):
        for at in range(1, 1000):
            place = Path(folder, str(at))
            first(place)
            storage = open_storage(str(place))
            ended = child(partial(storage.commit, 2, b'{"number": 2}', names(SECOND)), at)
            unchanged(place, before, after, kind)
            counts["commit"] += 1
            if at % 3 == 0:  # mending is interrupted as well, now here, now there
                number = at // 3
                while not child(storage.settle, number):
                    counts["settle"] += 1
                    number += 5
            recovered(place)
            shutil.rmtree(place)
            if ended:
                break
    sys.stdout.write(json.dumps(counts))


def child(what: Callable[[], object], at: int) -> bool:
    """Whether a process came to the end of it, before its ``at``-th step."""
    process = os.fork()
    if process == 0:
        try:
            with interrupted(at, dead):
                what()
            os._exit(0)
        except BaseException as error:  # noqa: BLE001 - nothing of this process may go on in its child
            sys.stderr.write(repr(error))
            os._exit(1)
    status = os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    assert status in {0, 9}
    return status == 0


@pytest.mark.sampled(12)
@pytest.mark.thorough
@pytest.mark.parametrize("kind", KINDS)
def test_sudden_death_at_any_step(tmp_path: Path, kind: str) -> None:
    found = subprocess.run(apart(__file__, "die", str(tmp_path), kind), capture_output=True, text=True, check=False)
    assert found.returncode == 0, found.stderr
    counts = json.loads(found.stdout)
    assert counts["commit"] > 30
    assert counts["settle"] > 10


def write_too_much(folder: str) -> None:
    """A write that fails half way, as on a full disk."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    storage = open_storage(folder)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
    try:
        storage.put(b"x" * 1_000_000)
    except OutputError as error:
        sys.stdout.write(str(error))
    sys.stdout.write(f" {storage.objects()} {list(Path(folder).glob('.logparse/tmp/*'))}")


def test_a_write_that_fails_half_way(tmp_path: Path) -> None:
    found = subprocess.run(
        apart(__file__, "write_too_much", str(tmp_path)), capture_output=True, text=True, check=False
    )
    assert found.returncode == 0, found.stderr
    assert found.stdout == f"{tmp_path}: cannot be written: File too large {{}} []"


@pytest.mark.parametrize("kind", KINDS)
def test_all_is_durable_before_it_counts(tmp_path: Path, kind: str) -> None:
    """Whatever a power failure may undo is of no use yet, or of no use any more."""
    folder = tmp_path / "new" / "archive"
    trace = Trace(folder / ".logparse")
    with file_system(kind), trace.traced():
        storage = open_storage(str(folder))
        for number, files in ((1, FIRST), (2, SECOND), (3, THIRD)):
            commit(storage, number, files)
    assert trace.switches == 3


class Trace:
    """What was changed and is not durable yet."""

    def __init__(self, own: Path) -> None:
        self.own = own
        self.switches = 0
        self.folders: set[Path] = set()
        self.files: set[int] = set()

    @contextmanager
    def traced(self) -> Iterator[None]:
        steps: dict[str, Any] = {name: self._step(name, getattr(os, name)) for name in CALLS[:-1]}
        with mock.patch.multiple(os, **steps), \
             mock.patch.object(io, "open", self._step("open", io.open)):  # fmt: skip
            yield

    def _step(self, name: str, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            if name == "fsync":
                path = Path(f"/proc/self/fd/{args[0]}").readlink()
                self.folders.discard(path)
                self.files.discard(path.stat().st_ino)
                return real(*args, **kwargs)
            if name == "open" and args[1][0] == "r":
                return real(*args, **kwargs)
            target = Path(args[1] if name in {"replace", "rename", "link", "symlink"} else args[0])
            if target == self.own / "current":
                assert self.files == set()
                assert self.folders == set()
                self.switches += 1
            elif name in {"unlink", "rmdir"} and self.own / "generations" in target.parents:
                assert self.own not in self.folders, "the switch was not durable"
            result = real(*args, **kwargs)
            if name in {"replace", "rename"}:  # what is in a folder goes with it
                source = Path(args[0])
                moved = {each for each in self.folders if each == source or source in each.parents}
                self.folders -= moved
                self.folders |= {target / each.relative_to(source) for each in moved}
            if name == "open":
                self.files.add(target.stat().st_ino)
                self._changed(target)
            elif name in {"unlink", "rmdir"}:
                pass  # what comes back is removed again
            else:
                self._changed(target)
            return result

        return call

    def _changed(self, target: Path) -> None:
        if self.own / "tmp" != target.parent:
            self.folders.add(target.parent)


def test_a_lock_that_cannot_be_had(tmp_path: Path) -> None:
    for at in range(1, 20):
        storage = open_storage(str(tmp_path / str(at)))
        with interrupted(at, full) as done, suppress(OutputError), storage.lock():
            assert done.total() < at
            break
    assert done.total() > 3


def test_places_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    storage = open_storage(str(tmp_path / "file"))
    for use in (lambda: storage.put(b"x"), lambda: storage.lock().__enter__()):
        with pytest.raises(OutputError, match=r"cannot be written: (Not a directory|File exists)"):
            use()
    assert (storage.head(), storage.settle(), storage.objects()) == (None, [], {})
    assert list(tmp_path.iterdir()) == [tmp_path / "file"]


if __name__ == "__main__":
    {"die": die, "write_too_much": write_too_much}[sys.argv[1]](*sys.argv[2:])  # type: ignore[operator]
