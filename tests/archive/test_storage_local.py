"""An archive in a folder: one generation after the other, one process at a time, and whoever looks sees a whole one."""

from __future__ import annotations

import io
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from local_archive import (
    FIRST,
    KINDS,
    NOTES,
    SECOND,
    THIRD,
    commit,
    file_system,
    first,
    in_memory,
    names,
    notes,
    store,
    whole,
)
from processes import apart

from logparse.archive.storage.interface import ConflictError, Head, LockedError
from logparse.archive.storage.opening import open_storage
from logparse.archive.storage.sealed import name_of
from logparse.common.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def tmp_path(tmp_path: Path) -> Iterator[Path]:
    yield from in_memory(tmp_path)


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
        apart(__file__, "hold", storage.place),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
        text=True,
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


if __name__ == "__main__":
    {"hold": hold}[sys.argv[1]](*sys.argv[2:])
