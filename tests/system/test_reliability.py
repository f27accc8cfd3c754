"""``logparse report`` changes all or nothing, in real processes that die, are stopped, run out of room, or race.

The same in small as ``benchmarks/reliability``. Nothing here depends on how fast anything is: a run is ended or held
at a certain step, at a certain file, or at a certain request.
"""

from __future__ import annotations

import itertools
import os
import shutil
import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from emulators import amazon, amazon_files
from failing_store import Proxy, proxy
from reliability import scenes
from reliability.bucket import BucketScene
from reliability.contents import left, totals, true_of
from reliability.dying import COUNT_IN, DIE_AT, LIVES, SPILL
from reliability.logs import CHANGES, Changing
from reliability.running import PATIENCE, Runner, Running, stopped
from reliability.scenes import MB, Scene, filler
from reliability.steps import step
from reliability.trials import Row, is_clear
from simulation import DAY, plain, simulate

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = pytest.mark.thorough

#: At so many openings of a large log, some slices of it were read.
AMID = 8


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder in memory, where there is such."""
    memory = Path("/dev/shm")
    if not os.access(memory, os.W_OK):
        yield tmp_path_factory.mktemp("reliability")
        return
    made = memory / f"reliability-{uuid4().hex}"
    made.mkdir()
    yield made
    shutil.rmtree(made)


@pytest.fixture(scope="module")
def runner(folder: Path) -> Iterator[Runner]:
    with Runner(folder / "runner") as made:
        yield made


@pytest.fixture(scope="module")
def scene(runner: Runner, folder: Path) -> Scene:
    return scenes.scene(runner, folder / "scene", simulate(10, 80, 60))


def holds(running: Running) -> None:
    """Wait until a run has stopped itself."""
    while not stopped(running):
        assert not running.over(0.005), running.said


# -- a run that ends at a step ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def steps(scene: Scene) -> list[str]:
    """The steps of a run, each with its first argument."""
    counted = scene.folder / "counted"
    scene.fresh()
    assert scene.runner.run(*scene.args(), more={DIE_AT: LIVES, COUNT_IN: str(counted), SPILL: "1"})[0] == 0
    return counted.read_text().splitlines()


def test_death_at_steps(scene: Scene, steps: list[str]) -> None:
    names = [each.partition(" ")[0] for each in steps]
    commit = names.index("symlink") + 1  # of the pointer; the next step turns it
    row = Row("")
    for at in (commit, commit + 1, len(steps) - 9):
        assert step(scene, at, row)
    assert row.wrong == []
    assert set(row.ends) == {"as before", "as after"}
    assert not step(scene, 2 * len(steps), row)


@pytest.mark.sampled(12)
@pytest.mark.parametrize("after", ["mkdir logparse-", "unlink 0.parquet"])
def test_death_while_a_temporary_folder_comes_or_goes(scene: Scene, steps: list[str], after: str) -> None:
    kind, _, name = after.partition(" ")
    there = (
        each.startswith(f"{kind} ") and each.replace(" ", "/").rpartition("/")[2].startswith(name) for each in steps
    )
    row = Row("")
    assert step(scene, [*there].index(True) + 2, row)
    assert row.wrong == []


def test_nobody_sweeps_what_is_just_being_made(scene: Scene, steps: list[str], tmp_path: Path) -> None:
    """Between the making of a temporary folder and the lock that tells that somebody needs it."""
    scene.fresh()
    made = next(number for number, each in enumerate(steps) if each.startswith("open ") and each.endswith(".lock"))
    first = scene.runner.start(*scene.args(), more={DIE_AT: f"{made + 2}:SIGSTOP", SPILL: "1"})
    holds(first)
    assert scene.runner.run(*scene.args(tmp_path / "another"))[0] == 0
    first.send(signal.SIGCONT)
    assert first.wait() == 0, first.said
    assert scene.told() == "after"


@pytest.mark.sampled(16)
@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT", "SIGHUP"])
def test_signals_at_steps(scene: Scene, name: str) -> None:
    row = Row("")
    assert step(scene, 60, row, name_of_signal=name)
    assert row.wrong == []


# -- no room ----------------------------------------------------------------------------------------------------------


def test_files_that_cannot_become_large_enough(scene: Scene) -> None:
    """What a full disk does, and can be had without being root."""
    scene.fresh()
    assert scene.runner.run(*scene.args())[0] == 0
    largest = max(path.stat().st_size for path in (scene.out / ".logparse").rglob("*") if path.is_file())
    for limit in (700, largest - 1):
        scene.fresh()
        status, said = scene.runner.run(*scene.args(), limit=limit, more={SPILL: "1"})
        assert status == 2, said
        assert is_clear(said), said
        assert "File too large" in said
        assert scene.told() == "before"
        assert left(scene.out, scene.runner.temporary) == []
    assert scene.completed() == []


# -- several at once --------------------------------------------------------------------------------------------------


def test_five_at_once(scene: Scene) -> None:
    """One is held while it writes: two wait for it, two do not."""
    scene.fresh()
    runner, days = scene.runner, sorted(scene.logs.iterdir())
    first = runner.start("report", *days[:-2], "--out", scene.out, "--workers", "1", more={DIE_AT: "40:SIGSTOP"})
    holds(first)
    assert scene.told() == "before"
    waiting = [runner.start(*scene.args(None, "--wait", "100")) for _ in range(2)]
    for _ in range(2):
        status, said = runner.run(*scene.args())
        assert status == 2
        assert f"is being written to by process {first.pid} on " in said
        assert is_clear(said)
    assert [each.status for each in waiting] == [None, None]
    assert scene.told() == "before"
    first.send(signal.SIGCONT)
    assert [first.wait(), *(each.wait() for each in waiting)] == [0, 0, 0]
    assert scene.told() == "after"
    assert scene.completed() == []


def test_a_lock_dies_with_its_owner(scene: Scene) -> None:
    scene.fresh()
    first = scene.runner.start(*scene.args(), more={DIE_AT: "40:SIGSTOP", SPILL: "1"})
    holds(first)
    waiting = scene.runner.start(*scene.args(None, "--wait", "100"))
    first.send(signal.SIGKILL)
    assert [first.wait(), waiting.wait()] == [-signal.SIGKILL, 0]
    assert scene.told() == "after"
    assert scene.completed() == []


# -- logs that change -------------------------------------------------------------------------------------------------


# The second time that it is opened, all was read, and it is looked at what the file is.
@pytest.mark.sampled(16)
@pytest.mark.parametrize(("name", "opened"), [(name, 1 + at % 2) for at, name in enumerate(CHANGES)])
def test_a_log_that_changes_while_it_is_read(runner: Runner, folder: Path, name: str, opened: int) -> None:
    own = folder / f"{name.replace(' ', '-')}-{opened}"
    logs, out = own / "logs", own / "out"
    logs.mkdir(parents=True)
    log = simulate(2, 40, 20)
    first, second = (log.between(day, day + DAY) for day in (log.begin, log.begin + DAY))
    changing = Changing(logs, plain(first), plain(second))
    args = ("report", logs, "--out", out, "--workers", "1")
    running = runner.start(*args, more={DIE_AT: f"{changing.log}:SIGSTOP"})
    for _ in range(1, opened):
        holds(running)
        running.send(signal.SIGCONT)
    holds(running)
    CHANGES[name](changing)
    running.send(signal.SIGCONT)
    while not running.over(0.001):  # it may open the log more than once
        running.send(signal.SIGCONT)
    assert running.status in {0, 1}, running.said
    found, true = totals(out), true_of([*first, *second])
    assert found <= true
    lost = true_of(first) - found
    if lost:
        assert running.status == 1
        assert f"{changing.log}: " in running.said
        assert " bytes shorter while it was read" in running.said
    there = b"".join(path.read_bytes() for path in logs.iterdir())
    status, said = runner.run(*args)
    assert status in {0, 1}, said
    found = totals(out)
    assert true_of(each for each in [*first, *second] if each.text.encode() in there) <= found <= true
    assert runner.run("archive", "verify", out)[0] == 0


def test_a_log_that_is_exchanged_while_slices_of_it_are_read(runner: Runner, folder: Path) -> None:
    own = folder / "slices"
    logs, out = own / "logs", own / "out"
    logs.mkdir(parents=True)
    log = simulate(2, 40, 20)
    first, second = (log.between(day, day + DAY) for day in (log.begin, log.begin + DAY))
    texts = [plain(lines[:20]) + filler(lines[0].at, 40 * MB) + plain(lines[20:]) for lines in (first, second)]
    changing = Changing(logs, *texts)
    args = ("report", logs, "--out", out, "--workers", "2")
    running = runner.start(*args, more={DIE_AT: f"{changing.log}:SIGSTOP"})
    held = 0
    while not running.over(0.001):
        if stopped(running):
            held += 1
            if held == AMID:
                changing.exchanged()
            running.send(signal.SIGCONT)
    assert held > AMID
    assert running.status in {0, 1}, running.said
    assert runner.run(*args)[0] in {0, 1}
    assert totals(out) == true_of([*first, *second])


# -- buckets ----------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def bucket(runner: Runner) -> Iterator[BucketScene]:
    with amazon() as server:
        amazon_files(server).create_dir("some-bucket")
        yield BucketScene(runner, server, simulate(4, 40, 20))


def test_a_store_that_fails_one_request_in_five(bucket: BucketScene) -> None:
    count, lock = itertools.count(), threading.Lock()
    kinds = ["unavailable", "dropped", "lost", "cut", "slow"]

    def fault(_: Proxy) -> str:
        with lock:
            number = next(count)
        return kinds[number // 5 % 5] if number % 5 == 4 else ""

    bucket.fresh()
    with proxy(bucket.server, fault) as (address, way):
        status, said = bucket.run("s3://some-bucket/logs/", address=address)
    assert status == 0, said
    assert sum(way.faults[kind] for kind in kinds) > 10
    assert bucket.told() == ("as after", [])
    assert bucket.completed() == []


@pytest.fixture(scope="module")
def requests(bucket: BucketScene) -> int:
    """How many requests a run makes."""
    bucket.fresh()
    with proxy(bucket.server, lambda _: "") as (address, way):
        assert bucket.run("s3://some-bucket/logs/", address=address)[0] == 0
    return len(way.asked)


@pytest.mark.sampled(16)
@pytest.mark.parametrize("part", [0.4, 0.9, 1.0])
def test_death_at_a_request(bucket: BucketScene, requests: int, part: float) -> None:
    bucket.fresh()
    at = round(requests * part)
    count, lock, begun = itertools.count(1), threading.Lock(), threading.Event()

    def fault(_: Proxy) -> str:
        begun.wait()
        with lock:
            number = next(count)
        if number >= at:
            running.send(signal.SIGKILL)
        return "dropped" if number >= at else ""

    with proxy(bucket.server, fault) as (address, _):
        running = bucket.start("s3://some-bucket/logs/", address=address)
        running.begun()
        begun.set()
        assert running.wait() == -signal.SIGKILL
    assert bucket.told()[1] == []
    assert bucket.completed() == []


def test_two_at_once_into_one_prefix(bucket: BucketScene) -> None:
    """Another one commits while the first is held before its commit."""
    bucket.fresh()
    held, go = threading.Event(), threading.Event()

    def fault(request: Proxy) -> str:
        if request.command == "PUT" and "/generations/" in request.path and not held.is_set():
            held.set()
            go.wait()
        return ""

    with proxy(bucket.server, fault) as (address, _):
        first = bucket.start("s3://some-bucket/logs/b/", address=address)
        assert held.wait(PATIENCE)
        status, said = bucket.run("s3://some-bucket/logs/c/")
        assert status == 0, said
        go.set()
        assert first.wait() == 0, first.said
    assert bucket.told() == ("as after", [])
    assert bucket.completed() == []
