"""An archive in a folder: all or nothing, whatever fails and when; nobody's file is lost; a changed byte is found."""

from __future__ import annotations

import errno
import io
import json
import os
import pickle
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from logparse.archive.storage.interface import ConflictError, Head, LockedError, Storage
from logparse.archive.storage.opening import open_storage
from logparse.archive.storage.sealed import name_of, tops
from logparse.common.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

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


@pytest.fixture
def tmp_path(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory, where there is such: to sync thousands of times takes its time on a disk."""
    memory = Path("/dev/shm")
    if not os.access(memory, os.W_OK):
        yield tmp_path
        return
    folder = memory / f"logparse-{uuid4().hex}"
    folder.mkdir()
    yield folder
    shutil.rmtree(folder)


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


def dead() -> None:
    os._exit(9)


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


@pytest.mark.parametrize("kind", KINDS)
def test_generations_follow_one_another(tmp_path: Path, kind: str) -> None:
    folder = tmp_path / "a" / "b"
    storage = open_storage(str(folder))
    assert (storage.head(), storage.settle(), storage.objects(), storage.check({})) == (None, [], {}, [])
    assert not folder.parent.exists()
    with file_system(kind), storage.lock():
        assert storage.commit(1, b"{}", store(storage, FIRST)) == []
        assert storage.head() == Head(1, b"{}")
        whole(folder, FIRST)
        notes(folder)
        for number, files in ((2, SECOND), (3, THIRD), (4, {}), (5, FIRST)):
            commit(storage, number, files)
            assert storage.head() == Head(number, f'{{"number": {number}}}'.encode())
            whole(folder, files, NOTES)
            assert storage.settle() == []
            whole(folder, files, NOTES)
    assert (folder / "coverage.csv").is_symlink() == ("plain" not in kind)
    assert not (folder / ".logparse" / "replaced").exists()


def test_objects_are_written_once_and_read_anywhere(tmp_path: Path) -> None:
    storage = pickle.loads(pickle.dumps(open_storage(str(tmp_path / "archive"))))
    name = storage.put(b"content")
    path = tmp_path / "archive" / ".logparse" / "objects" / name[:2] / name
    before = path.stat()
    assert before.st_mode & 0o777 == 0o444
    with storage.sink() as sink:
        sink.stream.write(b"con")
        sink.stream.write(b"tent")
        assert sink.stream.tell() == 7
    assert sink.name == name
    assert path.stat() == before
    with storage.sink() as sink, io.TextIOWrapper(sink.stream, "utf-8") as text:
        text.write("closed by who writes")
    table = pa.table({"x": [1, 2]})
    with storage.sink() as parquet, pq.ParquetWriter(parquet.stream, table.schema) as writer:
        writer.write_table(table)
    assert pq.read_table(storage.open(parquet.name)) == table
    storage.remove([parquet.name])
    empty = storage.put(b"")
    assert storage.objects() == {name: 7, sink.name: 20, empty: 0}
    assert [storage.open(each).read() for each in (name, sink.name, empty)] == [
        b"content",
        b"closed by who writes",
        b"",
    ]
    storage.remove([sink.name, name_of(b"never there")])
    assert storage.objects() == {name: 7, empty: 0}
    with pytest.raises(OutputError, match="is missing; logparse archive verify"):
        storage.open(sink.name)
    with pytest.raises(ZeroDivisionError), storage.sink() as sink:
        sink.stream.write(bytes(1 // (len(b"half") - 4)))
    assert sink.name == ""
    assert not any((tmp_path / "archive" / ".logparse" / "tmp").iterdir())
    path.chmod(0o644)
    path.write_bytes(b"cut")
    storage.put(b"content")
    assert path.read_bytes() == b"content"


def test_numbers_and_paths_are_checked(tmp_path: Path) -> None:
    storage = first(tmp_path)
    for number in (0, 1):
        with pytest.raises(ConflictError, match="has generation 1 already"):
            storage.commit(number, b"{}", {})
    with pytest.raises(ValueError, match="does not follow"):
        storage.commit(3, b"{}", {})
    name = storage.put(b"x")
    for path in ("", "/a", "a/", "a//b", "../a", "a/./b", "index.json", "generation.json", ".logparse/a", "a\\b"):
        with pytest.raises(ValueError, match="may be called so"):
            storage.commit(2, b"{}", {path: name})
    with pytest.raises(ValueError, match="may be called so"):
        storage.commit(2, b"{}", {"a": name, "a/b": name})
    with pytest.raises(ValueError, match="may be called so"):
        storage.commit(2, b"{}", {"a": "../../x"})
    with pytest.raises(OutputError, match="No such file"):
        storage.commit(2, b"{}", {"a": name_of(b"not there")})
    assert storage.settle() == []
    whole(tmp_path, FIRST, NOTES)


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


@pytest.mark.sampled(4)
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


# --- sudden death: run by ``deaths`` in a process of its own, which forks


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


def run(*args: str) -> list[str]:
    return [sys.executable, __file__, *args]


@pytest.mark.sampled(4)
@pytest.mark.thorough
@pytest.mark.parametrize("kind", KINDS)
def test_sudden_death_at_any_step(tmp_path: Path, kind: str) -> None:
    found = subprocess.run(run("die", str(tmp_path), kind), capture_output=True, text=True, check=False)
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
    found = subprocess.run(run("write_too_much", str(tmp_path)), capture_output=True, text=True, check=False)
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


# --- files of users, and copies


def test_changed_and_missing_files_are_restored_and_what_was_changed_is_kept(tmp_path: Path) -> None:
    storage = first(tmp_path)
    (tmp_path / "coverage.csv").unlink()
    (tmp_path / "2026-W46" / "by_user.csv").unlink()
    changed = tmp_path / "2026-W47" / "by_user.csv"
    changed.unlink()
    changed.write_bytes(b"mine now")
    shutil.rmtree(tmp_path / ".logparse" / "current" / "attempts" / "week=2026-W46")
    (tmp_path / ".logparse" / "current" / "attempts" / "week=2026-W46").write_bytes(b"in the way")
    told = storage.settle()
    assert told == [
        "2026-W46/by_user.csv: was missing, and is restored",
        gave_way("2026-W47/by_user.csv"),
        "attempts/week=2026-W46/part-0.parquet: was missing, and is restored",
        gave_way("attempts/week=2026-W46"),
    ]
    whole(tmp_path, FIRST, NOTES)
    assert seen(tmp_path / ".logparse" / "replaced") == {
        "2026-W47/by_user.csv": b"mine now",
        "attempts/week=2026-W46": b"in the way",
    }
    changed.unlink()
    changed.write_bytes(b"again")
    commit(storage, 2, SECOND)
    whole(tmp_path, SECOND, NOTES)
    assert (tmp_path / ".logparse" / "replaced" / "2" / "2026-W47" / "by_user.csv").read_bytes() == b"again"


def test_a_new_file_in_place_of_that_of_a_user(tmp_path: Path) -> None:
    storage = first(tmp_path)
    (tmp_path / "empty.csv").write_bytes(b"not empty")
    (tmp_path / "2026-W48").mkdir()
    (tmp_path / "2026-W48" / "by_user.csv").write_bytes(b"eve,2\n")
    (tmp_path / "2026-W48" / "more.txt").write_bytes(b"more")
    (tmp_path / "2026-W47" / "by_dag").mkdir()
    told = storage.commit(2, b"{}", names({**SECOND, "2026-W47/notes.txt": b"eve,3\n"}))
    assert told == [
        "2026-W48/more.txt: is not the archive's own, and was kept",
        gave_way("empty.csv"),
        gave_way("2026-W47/notes.txt"),
    ]
    assert storage.settle() == []
    rest = {"2026-W48/more.txt": b"more", "2026-W46/deep/er/notes.txt": b"mine too"}
    whole(tmp_path, {**SECOND, "2026-W47/notes.txt": b"eve,3\n"}, rest)
    assert (tmp_path / "2026-W47" / "by_dag").is_dir()
    assert seen(tmp_path / ".logparse" / "replaced") == {"empty.csv": b"not empty", "2026-W47/notes.txt": b"mine"}


@pytest.mark.parametrize("how", ["links followed", "as it is", "into plain", "out of plain"])
def test_a_copy_is_an_archive(tmp_path: Path, how: str) -> None:
    with file_system("plain" if how == "out of plain" else "links"):
        first(tmp_path / "archive")
    copy = tmp_path / "copy"
    shutil.copytree(tmp_path / "archive", copy, symlinks=how == "as it is")
    storage = open_storage(str(copy))
    assert storage.head() == Head(1, b'{"number": 1}')
    with file_system("plain" if how == "into plain" else "links"):
        told = storage.settle()
        assert told == []
        assert storage.settle() == []
        whole(copy, FIRST, NOTES)
        (copy / "coverage.csv").unlink()
        (copy / "coverage.csv").write_bytes(b"own")
        commit(storage, 2, SECOND)
        whole(copy, SECOND, NOTES)
        assert not (copy / ".logparse" / "replaced" / "attempts").exists()
        commit(storage, 3, THIRD)
        whole(copy, THIRD, NOTES)


def test_a_copy_to_which_a_user_has_added(tmp_path: Path) -> None:
    first(tmp_path / "archive")
    copy = tmp_path / "copy"
    shutil.copytree(tmp_path / "archive", copy)
    (copy / "2026-W47" / "own.txt").write_bytes(b"own")
    (copy / "2026-W47" / "by_user.csv").chmod(0o644)
    (copy / "2026-W47" / "by_user.csv").write_bytes(b"changed")
    (copy / "coverage.csv").unlink()
    (copy / "coverage.csv").symlink_to("/nowhere")
    told = open_storage(str(copy)).settle()
    assert told == [
        gave_way("2026-W47/by_user.csv"),
        "2026-W47/own.txt: is not the archive's own, and was kept",
        gave_way("coverage.csv"),
    ]
    whole(copy, FIRST, {**NOTES, "2026-W47/own.txt": b"own"})


def test_a_copy_that_fails_while_it_is_made_an_archive(tmp_path: Path) -> None:
    first(tmp_path / "archive")
    shutil.rmtree(tmp_path / "archive" / ".logparse" / "generations")  # of a copy by hand
    for at in range(1, 1000):
        copy = tmp_path / str(at)
        first(tmp_path / "source")
        shutil.copytree(tmp_path / "source", copy)
        shutil.rmtree(tmp_path / "source")
        shutil.rmtree(copy / ".logparse" / "generations")
        (copy / "2026-W47" / "own.txt").write_bytes(b"own")
        with interrupted(at, full) as done, suppress(OutputError):
            open_storage(str(copy)).settle()
        assert open_storage(str(copy)).head() == Head(1, b'{"number": 1}')
        open_storage(str(copy)).settle()
        whole(copy, FIRST, {**NOTES, "2026-W47/own.txt": b"own"})
        shutil.rmtree(copy)
        if done.total() < at:
            break
    assert done.total() > 60


# --- damage


@pytest.mark.parametrize("kind", ["links", "copies", "plain"])
def test_every_changed_byte_is_found(tmp_path: Path, kind: str) -> None:
    files = {path: data for path, data in SECOND.items() if data}
    with file_system(kind):
        storage = open_storage(str(tmp_path))
        visible = commit(storage, 1, files)
    storage.put(b"unseen")
    paths = [path for path in tmp_path.rglob("*") if path.is_file() and path.name != "lock" and path.parent != tmp_path]
    paths += list(tmp_path.glob("*.csv"))
    flips = 0
    for path in {path.stat().st_ino: path for path in paths}.values():
        data = path.read_bytes()
        path.chmod(0o644)
        for at in {0, len(data) // 2, len(data) - 1}:
            path.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
            assert storage.check(visible) != [], path
            flips += 1
        path.write_bytes(data[:-1])
        assert storage.check(visible) != []
        path.write_bytes(data)
        assert storage.check(visible) == []
    assert flips > 20
    for path in (path for path in paths if path.name != name_of(b"unseen")):
        kept = path.rename(tmp_path / "kept")
        assert storage.check(visible) != [], path
        kept.rename(path)
    assert storage.check(visible) == []


def test_what_is_said_of_damage(tmp_path: Path) -> None:
    storage = first(tmp_path)
    coverage = tmp_path / ".logparse" / "objects" / name_of(b"first\n")[:2] / name_of(b"first\n")
    coverage.chmod(0o644)
    coverage.write_bytes(b"First\n")
    (tmp_path / "2026-W46" / "by_user.csv").unlink()
    (coverage.parent / "core").write_bytes(b"")
    (tmp_path / "attempts").unlink()
    shutil.copytree(tmp_path / ".logparse" / "current" / "attempts", tmp_path / "attempts")
    told = storage.check(names(FIRST))
    assert told == [
        "2026-W46/by_user.csv: is missing",
        "coverage.csv: is damaged, its content is not what was written",
        f"object {name_of(b'first' + bytes([10]))}: is damaged, its content is not what was written",
        f"object {coverage.parent.name}/core: is not the archive's own",
        "attempts: is no link, as in an archive that was copied with links followed; the next run makes it one",
        "2026-W46/deep/er/notes.txt: is not the archive's own",
        "2026-W47/notes.txt: is not the archive's own",
    ]


def test_a_damaged_object_is_mended_from_its_copy(tmp_path: Path) -> None:
    with file_system("copies"):
        storage = open_storage(str(tmp_path))
        visible = commit(storage, 1, FIRST)
        name = visible["coverage.csv"]
        path = tmp_path / ".logparse" / "objects" / name[:2] / name
        path.unlink()
        assert storage.settle() == [f"object {name}: was damaged or missing, and is restored"]
        path.chmod(0o644)
        path.write_bytes(b"First\n")
        os.utime(path, (1, 1))
        assert storage.settle() == [f"object {name}: was damaged or missing, and is restored"]
        whole(tmp_path, FIRST)
        path.unlink()
        (tmp_path / ".logparse" / "current" / "coverage.csv").unlink()
        assert storage.settle() == ["coverage.csv: is damaged, and cannot be restored"]


@pytest.mark.parametrize("what", ["current", "current/index.json", "current/generation.json"])
@pytest.mark.parametrize("kind", ["links", "plain"])
def test_a_damaged_index_is_never_taken_for_none(tmp_path: Path, kind: str, what: str) -> None:
    with file_system(kind):
        storage = first(tmp_path)
        commit(storage, 2, SECOND)
    path = tmp_path / ".logparse" / what.replace("current/", "generations/00000002/")
    if path.is_symlink() or "json" not in what:
        path.unlink()
    else:
        path.write_bytes(b"{}")
    for use in (storage.head, storage.settle, lambda: storage.commit(3, b"{}", {})):
        with pytest.raises(OutputError, match=r"is damaged: the index is \w+; logparse archive verify "):
            use()
    assert storage.check(names(SECOND))[0].startswith("is damaged: the index is ")
    if what == "current" and kind == "plain":
        path.write_bytes(b"twelve")
        with pytest.raises(OutputError, match="is damaged"):
            storage.head()


# --- one at a time


def hold(folder: str) -> None:
    """Hold the lock, in a process that has a child, until a line comes."""
    with open_storage(folder).lock():
        if os.fork() == 0:
            time.sleep(60)
            os._exit(0)
        sys.stdout.write("held\n")
        sys.stdout.flush()
        sys.stdin.readline()
    sys.stdin.readline()


def test_one_process_at_a_time_until_it_is_killed(tmp_path: Path) -> None:
    storage = open_storage(str(tmp_path / "archive"))
    with subprocess.Popen(
        run("hold", storage.place), stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True, text=True
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        says = rf"is being written to by process {process.pid} on \S+ since 20\d\d-\d\d-\d\d \d\d:\d\d:\d\d UTC; wait"
        for wait in (0.0, 0.2):
            start = time.monotonic()
            with pytest.raises(LockedError, match=says), storage.lock(wait):
                pass
            assert wait <= time.monotonic() - start < wait + 1
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        with storage.lock(), pytest.raises(LockedError, match=f"by process {os.getpid()} on "), storage.lock():
            pass
        os.killpg(process.pid, signal.SIGKILL)  # its child lives
        with pytest.raises(ZeroDivisionError), storage.lock():
            raise ZeroDivisionError
        with storage.lock():
            pass


def test_waiting_for_the_lock(tmp_path: Path) -> None:
    storage = open_storage(str(tmp_path))
    free = threading.Event()

    def holder() -> None:
        with storage.lock():
            free.set()
            time.sleep(0.2)

    thread = threading.Thread(target=holder)
    thread.start()
    free.wait()
    with storage.lock(5):
        pass
    thread.join()


def test_whoever_looks_sees_one_generation_or_the_other(tmp_path: Path) -> None:
    storage = open_storage(str(tmp_path))
    commit(storage, 1, FIRST)
    store(storage, SECOND)
    ended = threading.Event()

    def writer() -> None:
        for number in range(2, 60):
            storage.commit(number, str(number).encode(), names(SECOND if number % 2 else FIRST))
        ended.set()

    thread = threading.Thread(target=writer)
    thread.start()
    looks = 0
    while not ended.is_set():
        head = storage.head()
        assert head is not None
        assert head.index in (b'{"number": 1}', str(head.number).encode())
        assert (tmp_path / "coverage.csv").read_bytes() in (b"first\n", b"second\n")
        looks += 1
    thread.join()
    assert looks > 20


def test_objects_are_as_private_as_other_files(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        commit(open_storage(str(tmp_path)), 1, FIRST)
    finally:
        os.umask(before)
    assert (tmp_path / "coverage.csv").stat().st_mode & 0o777 == 0o400


def test_a_lock_that_cannot_be_had(tmp_path: Path) -> None:
    for at in range(1, 20):
        storage = open_storage(str(tmp_path / str(at)))
        with interrupted(at, full) as done, suppress(OutputError), storage.lock():
            assert done.total() < at
            break
    assert done.total() > 3


def test_a_file_put_into_a_generation_that_was_never_committed(tmp_path: Path) -> None:
    storage = first(tmp_path)
    own = tmp_path / ".logparse" / "generations"
    shutil.copytree(own / "00000001", own / "00000002")
    (own / "00000002" / "2026-W46" / "late.txt").write_bytes(b"late")
    assert storage.settle() == [
        "removed generation 2, which was never committed",
        "2026-W46/late.txt: is not the archive's own, and was kept",
    ]
    whole(tmp_path, FIRST, {**NOTES, "2026-W46/late.txt": b"late"})


def test_places_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    storage = open_storage(str(tmp_path / "file"))
    for use in (lambda: storage.put(b"x"), lambda: storage.lock().__enter__()):
        with pytest.raises(OutputError, match=r"cannot be written: (Not a directory|File exists)"):
            use()
    assert (storage.head(), storage.settle(), storage.objects()) == (None, [], {})
    assert list(tmp_path.iterdir()) == [tmp_path / "file"]


if __name__ == "__main__":
    {"die": die, "hold": hold, "write_too_much": write_too_much}[sys.argv[1]](*sys.argv[2:])  # type: ignore[operator]
