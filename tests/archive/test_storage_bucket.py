"""An archive in a bucket: all or nothing, whatever the store does and whoever else writes; a changed byte is found.

S3 is a server of moto's on loopback, which creates objects on condition as Amazon's does; a proxy in front of it fails
as networks do. Azurite is used where it is installed (`npm install azurite`).
"""

from __future__ import annotations

import gc
import io
import itertools
import json
import pickle
import random
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import timedelta
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from bucket_archive import FIRST, SECOND, THIRD, commit, names, seen, store, through, whole
from failing_store import Proxy, proxy
from processes import apart
from typer.testing import CliRunner

from logparse.archive.storage import asking, bucket, publishing
from logparse.archive.storage.bucket import BucketStorage
from logparse.archive.storage.interface import ConflictError, Head
from logparse.archive.storage.opening import open_storage
from logparse.archive.storage.prefix import Prefix
from logparse.archive.storage.sealed import Generation, name_of
from logparse.cli import app
from logparse.common.errors import OutputError
from logparse.pipeline.weekly import queries

if TYPE_CHECKING:
    from collections.abc import Callable

FOREIGN = {"2026-W40/notes.txt": b"mine", "other": b"mine"}


pytestmark = pytest.mark.usefixtures("no_clients")


@pytest.mark.parametrize("where", ["", "/"])
def test_generations_follow_one_another(place: str, where: str) -> None:
    place += where
    storage = open_storage(place)
    assert isinstance(storage, BucketStorage)
    assert (storage.head(), storage.settle(), storage.objects(), storage.check({})) == (None, [], {}, [])
    assert storage.check({"a": name_of(b"")}) == [
        "there is no archive",
        f".logparse/objects/e3/{name_of(b'')}: is missing".replace(".logparse/objects/e3/", "object "),
        "a: is missing",
    ]
    with storage.lock():
        commit(storage, 1, FIRST)
        assert storage.head() == Head(1, '{"number": 1, "ü": 1}'.encode())
        for key, data in FOREIGN.items():
            Prefix(place).put(key, data)
        for number, files in ((2, SECOND), (3, THIRD), (4, {}), (5, FIRST)):
            commit(storage, number, files)
            assert storage.head() == Head(number, f'{{"number": {number}, "ü": 1}}'.encode())
            assert storage.settle() == []
            whole(place, files, FOREIGN)
    assert list(Prefix(place).below(".logparse/generations/")) == [
        f".logparse/generations/0000000{number}.json" for number in (3, 4, 5)
    ]


def test_objects_are_written_once_and_read_anywhere(place: str, server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with proxy(server, lambda _: "") as (address, way):
        storage = pickle.loads(pickle.dumps(through(place, address)))
        name = storage.put(b"content")
        with storage.sink() as sink, io.TextIOWrapper(sink.stream, "utf-8") as text:
            text.write("content")
        assert sink.name == name
        assert [method for method, _ in way.asked] == ["HEAD", "PUT", "HEAD"]
        empty = storage.put(b"")
        assert storage.objects() == {name: 7, empty: 0}
        assert [storage.open(each).read() for each in (name, empty)] == [b"content", b""]
        with pytest.raises(OutputError, match=f"/{name_of(b'no')}: is missing; logparse archive verify s3://"):
            storage.open(name_of(b"no"))
        with pytest.raises(ZeroDivisionError), storage.sink() as sink:
            sink.stream.write(bytes(1 // (len(b"half") - 4)))
        assert sink.name == ""
        storage.remove([name, name_of(b"no")])
        assert storage.objects() == {name: 7, empty: 0}
        monkeypatch.setattr(bucket, "SPARED", timedelta(0))
        way.asked.clear()
        storage.put(b"content")
        assert [method for method, _ in way.asked] == ["HEAD", "PUT"]
        time.sleep(1)  # the store tells whole seconds
        storage.remove([name, name_of(b"no")])
        assert storage.objects() == {empty: 0}


def test_questions_about_an_archive_in_a_bucket_are_answered(
    place: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [
        f'10.0.0.1 - uma [22/Nov/2026:12:0{at}:00 +0000] "POST /api/v1/dags/a/dagRuns HTTP/1.1" {status} 186 "-" "-"\n'
        for at, status in enumerate((200, 403, 403))
    ]
    (tmp_path / "a.log").write_text("".join(lines), encoding="utf-8")
    run = CliRunner()
    assert run.invoke(app, ["report", str(tmp_path / "a.log"), "--out", place, "--quiet"]).exit_code == 0
    asked = "select week, authorization_failures, (select count(*) from attempts) from by_user"
    done = run.invoke(app, ["sql", place, asked, "--format", "jsonl"])
    assert done.exit_code == 0, done.stderr
    assert [*json.loads(done.stdout).values()] == ["2026-W47", 2, 3]
    copied: list[object] = []

    def copy(source: object, target: object) -> None:
        copied.append(source)
        shutil.copyfileobj(source, target)  # type: ignore[arg-type]

    monkeypatch.setattr(queries, "shutil", SimpleNamespace(copyfileobj=copy))
    for asked, answer, files in (
        ("select user from By_User", ["uma"], 1), ("with t as (from ecs) select count(*) from t", [3], 1),
        ("select count(*) > 5 from (show tables)", [True], 9),
    ):  # fmt: skip
        done = run.invoke(app, ["sql", place, asked, "--format", "jsonl"])
        assert done.exit_code == 0, done.stderr
        assert [*json.loads(done.stdout).values()] == answer
        assert len(copied) == files  # the tables that the question names alone
        copied.clear()
    (tmp_path / "b.log").write_text(lines[0].replace("22/Nov", "12/Nov"), encoding="utf-8")
    assert run.invoke(app, ["report", str(tmp_path / "b.log"), "--out", place, "--quiet"]).exit_code == 0
    copied.clear()
    for options, number in ((["--week", "2026-W46"], 1), (["--since", "2026-W47"], 3), ([], 4)):
        done = run.invoke(app, ["sql", place, "select count(*) from attempts", "--format", "jsonl", *options])
        assert done.exit_code == 0, done.stderr
        assert [*json.loads(done.stdout).values()] == [number]
        assert len(copied) == 1 + (not options)  # the weeks that are asked for alone
        copied.clear()
    gc.collect()
    assert "part-0.parquet" not in {path.name for path in Path(tempfile.gettempdir()).glob("logparse-*/*/*/*")}


def test_large_objects(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bucket, "_IN_MEMORY_BYTES", 1_000_000)
    storage, data = open_storage(place), random.Random(1).randbytes(12_000_000)
    with storage.sink() as sink:
        for start in range(0, len(data), 999_999):
            sink.stream.write(data[start : start + 999_999])
    assert sink.name == name_of(data)
    assert storage.open(sink.name).read() == data
    table = pa.table({"x": [1, 2]})
    with storage.sink() as parquet, pq.ParquetWriter(parquet.stream, table.schema) as writer:
        writer.write_table(table)
    assert pq.read_table(storage.open(parquet.name)) == table
    storage.commit(1, b"{}", {"large": sink.name})
    assert storage.check({"large": sink.name}) == []


def test_numbers_and_paths_are_checked(place: str) -> None:
    storage = open_storage(place)
    commit(storage, 1, FIRST)
    for number in (0, 1):
        with pytest.raises(ConflictError, match="has generation 1 already"):
            storage.commit(number, b"{}", {})
    with pytest.raises(ValueError, match="does not follow"):
        storage.commit(3, b"{}", {})
    with pytest.raises(ValueError, match="may be called so"):
        storage.commit(2, b"{}", {"../a": name_of(b"")})
    whole(place, FIRST)


# --- what fails on the way


@pytest.mark.parametrize("seed", range(2))
def test_a_store_that_fails_one_request_in_five(
    place: str, server: str, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "_WAIT_SECONDS", 0.01)
    chance = random.Random(seed)
    kinds = ["unavailable", "dropped", "lost", "cut", "slow"]
    with proxy(server, lambda _: chance.choice(kinds) if chance.random() < 0.2 else "") as (address, way):
        storage = through(place, address)
        for number, files in ((1, FIRST), (2, SECOND), (3, FIRST)):
            assert storage.settle() == []
            commit(storage, number, files)
            assert storage.head() == Head(number, f'{{"number": {number}, "ü": 1}}'.encode())
            assert storage.check(names(files)) == []
            assert storage.open(name_of(files["coverage.csv"])).read() == files["coverage.csv"]
    whole(place, FIRST)
    assert sum(way.faults[kind] for kind in kinds) > 20


@pytest.mark.thorough
def test_a_run_that_dies_at_any_request(place: str, server: str) -> None:
    """What is seen is one generation, or on its way to the next, which the next run ends."""
    for at in range(1, 100):
        where = f"{place}/{at}"
        commit(open_storage(where), 1, FIRST)
        store(open_storage(where), SECOND)
        for key, data in FOREIGN.items():
            Prefix(where).put(key, data)
        with proxy(server, dying(at, last="lost" if at % 2 else "refused")) as (address, way):
            died = died_of_it(partial(through(where, address).commit, 2, b"{}", names(SECOND)))
        storage, now = open_storage(where), seen(where)
        head = storage.head()
        assert head is not None
        if head.number == 1:
            assert now == {**FIRST, **FOREIGN}
        for path in {**FIRST, **SECOND, **FOREIGN}:
            assert now.get(path) in {FIRST.get(path), SECOND.get(path), FOREIGN.get(path)}
        files = SECOND if head.number == 2 else FIRST
        told = storage.settle()
        assert told or now == {**files, **FOREIGN}
        assert seen(where) == {**files, **FOREIGN}
        assert storage.check(names(files)) == []
        if at % 5 == 0 or not died:
            commit(storage, head.number + 1, THIRD)
            assert seen(where) == {**THIRD, **FOREIGN}
        if not died:
            break
    assert len(way.asked) > 12


def dying(at: int, last: str) -> Callable[[Proxy], str]:
    """From the ``at``-th request on nothing is heard any more."""
    count = itertools.count(1)

    def fault(_: Proxy) -> str:
        number = next(count)
        return "" if number < at else last if number == at else "refused"

    return fault


def died_of_it(what: Callable[[], object]) -> bool:
    try:
        what()
    except OutputError as error:
        return "access denied (Access Denied); it takes s3:ListBucket" in error.problem
    return False


def test_a_commit_upon_one_that_was_not_published(place: str, server: str) -> None:
    storage = open_storage(place)
    commit(storage, 1, FIRST)
    visible = store(storage, SECOND)
    with proxy(server, lambda request: "refused" if "/publishing/" in request.path else "") as (address, _):
        assert died_of_it(partial(through(place, address).commit, 2, b"{}", visible))
    assert storage.head() == Head(2, b"{}")
    assert seen(place) == FIRST
    commit(storage, 3, {**SECOND, **THIRD})
    whole(place, {**SECOND, **THIRD})


def test_marks_of_the_dead_go(place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    storage = open_storage(place)
    commit(storage, 1, FIRST)
    Prefix(place).put(f"{publishing.MARKS}dead", b"")
    Prefix(place).put("coverage.csv", b"of a publisher that was late")
    assert storage.settle() == []
    assert seen(place) == FIRST
    assert list(Prefix(place).below(publishing.MARKS)) == [f"{publishing.MARKS}dead"]
    monkeypatch.setattr(bucket, "_PUBLISHING", timedelta(seconds=-2))
    assert storage.settle() == []
    whole(place, FIRST)


def test_a_publisher_that_is_overtaken_publishes_what_overtook_it(place: str) -> None:
    storage = open_storage(place)
    commit(storage, 1, FIRST)
    commit(storage, 2, SECOND)
    prefix = Prefix(place)
    late = Generation(1, b"{}", names(FIRST))
    publishing.publish(prefix, late, None, mark="late")
    whole(place, SECOND)
    assert publishing.published(prefix) == 2


def test_a_writer_that_slept_for_generations(place: str) -> None:
    """The record of its number has been and gone: that it can be created again is no success."""
    storage = open_storage(place)
    commit(storage, 1, FIRST)
    prefix = Prefix(place)
    stale = publishing.newest(prefix)
    assert stale is not None
    for number in range(2, 8):
        commit(storage, number, SECOND)
    storage.settle()
    new = Generation(2, b"{}", {}, "token", stale.token)
    assert publishing.create(prefix, new) == 7
    assert storage.head() == Head(7, '{"number": 7, "ü": 1}'.encode())
    assert len(prefix.below(".logparse/generations/")) == 3
    whole(place, SECOND)


def test_a_commit_whose_answer_is_lost_is_a_commit(place: str, server: str) -> None:
    lost: list[str] = []

    def fault(request: Proxy) -> str:
        if "/generations/" in request.path and request.command == "PUT" and not lost:
            lost.append(request.path)
            return "lost"
        return ""

    with proxy(server, fault) as (address, _):
        commit(through(place, address), 1, FIRST)
    assert len(lost) == 1
    whole(place, FIRST)


# --- several at once


def compete(place: str, name: str) -> None:
    """Commit generation after generation until there are twelve, and print those that were."""
    storage, won = open_storage(place), []
    sys.stdin.readline()
    while True:
        head = storage.head()
        number = head.number + 1 if head else 1
        if number > 12:
            break
        storage.settle()
        visible = store(storage, {"who.csv": f"{name} {number}".encode(), f"{name}/{number}.csv": b"x"})
        try:
            storage.commit(number, f'"{name}"'.encode(), visible)
            won.append(number)
        except ConflictError:
            continue
    sys.stdout.write(json.dumps(won))


def test_of_two_processes_one_wins_each_generation(place: str) -> None:
    pipes: Any = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    both = [subprocess.Popen(apart(__file__, "compete", place, name), **pipes) for name in "ab"]
    for process in both:
        assert process.stdin is not None
        process.stdin.write(b"\n")
        process.stdin.flush()
    won = [json.loads(process.communicate()[0]) for process in both]
    assert sorted(won[0] + won[1]) == list(range(1, 13))
    storage = open_storage(place)
    head = storage.head()
    assert head is not None
    assert head.index == (b'"a"' if 12 in won[0] else b'"b"')
    storage.settle()
    name = "a" if 12 in won[0] else "b"
    whole(place, {"who.csv": f"{name} 12".encode(), f"{name}/12.csv": b"x"})


# --- damage


def test_every_changed_byte_is_found(place: str) -> None:
    storage, prefix = open_storage(place), Prefix(place)
    visible = commit(storage, 1, FIRST)
    unseen = storage.put(b"unseen")
    flips = 0
    for key in prefix.below():
        data = bytes(prefix.get(key))
        for at in {0, len(data) // 2, len(data) - 1} if not key.endswith("published") else ():
            prefix.put(key, data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
            assert storage.check(visible) != [], key
            flips += 1
        prefix.delete([key])
        assert storage.check(visible) != [] or key.endswith(("published", unseen)), key
        prefix.put(key, data)
    assert flips > 25
    assert storage.check(visible) == []
    prefix.put("coverage.csv", b"first ")
    prefix.put("attempts/own.parquet", b"")
    prefix.put(".logparse/objects/ab/core", b"")
    name = visible["coverage.csv"]
    prefix.put(f".logparse/objects/{name[:2]}/{name}", b"short")
    assert storage.check(visible) == [
        f"object {name}: is damaged, its content is not what was written",
        "coverage.csv: is damaged, its content is not what was written",
        ".logparse/objects/ab/core: is not the archive's own",
        "attempts/own.parquet: is not the archive's own",
    ]
    with pytest.raises(OutputError, match="is damaged; logparse archive verify"):
        storage.open(name)
    prefix.put(".logparse/generations/00000001.json", b"{}")
    for use in (storage.head, storage.settle, lambda: storage.commit(2, b"{}", {})):
        with pytest.raises(OutputError, match="the index is damaged; logparse archive verify"):
            use()


if __name__ == "__main__":
    {"compete": compete}[sys.argv[1]](*sys.argv[2:])
