"""A real Dask cluster of several processes gives the same as this machine, also if a worker is killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
from folders import visible, watch_weeks
from mixed_logs import mixed, usual
from typer.testing import CliRunner

from logparse import LogparseError, attempts
from logparse.cli import app
from logparse.pipeline import schedule
from logparse.pipeline.engines.selection import open_pool
from logparse.scans import slicing
from logparse.scans.settings import Setup
from logparse.sources.discovery import find_sources

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


pytestmark = pytest.mark.thorough

distributed = pytest.importorskip("distributed")


@pytest.fixture(scope="module")
def dask() -> Iterator[Any]:
    # A nanny starts a worker again that was killed.
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0", host="127.0.0.1"
    ) as running:
        yield running


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    (tmp_path / "logs").mkdir()
    for form, seed in (("gunicorn", 1), ("airflow3-json", 2)):
        (tmp_path / "logs" / f"{form}.log").write_bytes(mixed(form, "", seed))
    return tmp_path / "logs"


@pytest.mark.filterwarnings("ignore::logparse.IncompleteInputWarning")
def test_a_cluster_gives_the_same(dask: Any, logs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slicing, "SHORTEST", 20_000)
    sources = find_sources([str(logs)])
    here = [each.whole() for each in schedule.read_sources(sources, Setup(), None)]
    with open_pool(1, sources, dask.scheduler_address) as pool:
        assert pool is not None
        assert pool.workers == 2
        assert [each.whole() for each in schedule.read_sources(sources, Setup(), pool)] == here
    assert attempts(logs, scheduler=dask.scheduler_address).equals(attempts(logs))


def test_reports_of_a_cluster_are_those_of_this_machine(
    dask: Any, logs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Weeks are made here, since the folder of the archive may be of this machine alone."""
    shared = watch_weeks(monkeypatch)
    line = '10.0.0.7 - eve [{}/Oct/2026:12:35:08 +0000] "POST /api/v1/dags/a/dagRuns HTTP/1.1" 403 142 "-" "curl"\n'
    (logs / "weeks.log").write_text("".join(line.format(day) for day in (5, 12, 19)))

    def report(name: str, *options: str, **environment: str) -> dict[str, bytes]:
        given = ["report", str(logs), "--out", str(tmp_path / name), *options]
        found = CliRunner().invoke(app, given, env=environment)
        assert found.exit_code in (0, 1), found.output
        return visible(tmp_path / name)

    near = report("near")
    assert report("far", "--engine", "dask", "--scheduler", dask.scheduler_address) == near
    assert report("set", "--engine", "dask", DASK_SCHEDULER_ADDRESS=dask.scheduler_address) == near
    assert shared[1:] == [False, False]


def test_a_worker_may_be_lost(dask: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slicing, "SHORTEST", 500_000)
    lines = "".join(f"{usual('gunicorn', n, '/dags/a/trigger' if n % 9 == 0 else '/x')}\n" for n in range(60_000))
    for name in "abcd":
        (tmp_path / f"{name}.log").write_text(lines + usual("gunicorn", ord(name)) + "\n")
    sources = find_sources([str(tmp_path)])
    here = [each.whole() for each in schedule.read_sources(sources, Setup(), None)]
    with distributed.Client(dask) as client:
        victim = next(iter(client.run(os.getpid).values()))
    killer = threading.Timer(0.1, os.kill, (victim, signal.SIGKILL))
    with open_pool(1, sources, dask.scheduler_address) as pool:
        killer.start()
        assert [each.whole() for each in schedule.read_sources(sources, Setup(), pool)] == here
        assert not killer.is_alive()  # it was killed while it read
    with distributed.Client(dask) as client:
        limit = time.monotonic() + 30
        while len(client.scheduler_info()["workers"]) < 2 and time.monotonic() < limit:
            time.sleep(0.1)
        assert victim not in client.run(os.getpid).values()


def test_what_is_wrong_with_a_cluster_is_said(dask: Any, logs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("logparse.pipeline.engines.cluster.PATIENCE", 0.5)
    with pytest.raises(LogparseError, match=r"there is no Dask scheduler at tcp://127\.0\.0\.1:1"):
        attempts(logs, scheduler="tcp://127.0.0.1:1")
    with pytest.raises(LogparseError, match="there is no Dask scheduler at nonsense"):
        attempts(logs, scheduler="nonsense://x")
    monkeypatch.setattr("logparse.pipeline.engines.cluster.__version__", "0.0.0")
    with pytest.raises(LogparseError, match="install the same"):
        attempts(logs, scheduler=dask.scheduler_address)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["--engine", "dask"], "--scheduler"),
        (["--scheduler", "tcp://127.0.0.1:1"], "--engine dask"),
        (["--engine", "dask", "--scheduler", "tcp://127.0.0.1:1", "--workers", "2"], "--workers"),
    ],
)
def test_no_option_is_without_effect(
    given: list[str], said: str, logs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DASK_SCHEDULER_ADDRESS", raising=False)
    found = CliRunner().invoke(app, ["report", str(logs), "--out", str(tmp_path / "out"), *given])
    assert found.exit_code == 2
    assert said in found.output


def test_a_cluster_without_workers(logs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("logparse.pipeline.engines.cluster.PATIENCE", 1)
    with (
        distributed.LocalCluster(n_workers=0, dashboard_address=":0", host="127.0.0.1") as empty,
        pytest.raises(LogparseError, match="has no workers"),
    ):
        attempts(logs, scheduler=empty.scheduler_address)


@pytest.mark.sampled(12)
@pytest.mark.parametrize("victim", ["scheduler", "worker"])
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
def test_a_cluster_that_dies_ends_the_run(
    victim: str, how: signal.Signals, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Dask waits for ever for a scheduler that is gone, and for workers that do not come back."""
    if (victim, how) == ("worker", signal.SIGSTOP):
        pytest.skip("the scheduler forgets such a worker by itself, after five minutes")
    monkeypatch.setattr("logparse.pipeline.engines.cluster.PATIENCE", 3)
    monkeypatch.setattr("logparse.pipeline.engines.cluster.SILENCE", 2)
    monkeypatch.setattr("logparse.pipeline.engines.watched.INTERVAL", 0.2)
    monkeypatch.setattr(slicing, "SHORTEST", 100_000)
    lines = "".join(f"{usual('gunicorn', n, '/dags/a/trigger' if n % 9 == 0 else '/x')}\n" for n in range(90_000))
    for name in "abcd":
        (tmp_path / f"{name}.log").write_text(lines + usual("gunicorn", ord(name)) + "\n")
    modules = {"scheduler": ["distributed.cli.dask_scheduler", "--port", "0", "--no-dashboard"]}
    modules["worker"] = ["distributed.cli.dask_worker", "--no-nanny", "--no-dashboard", "--nthreads", "1"]
    place = tmp_path / "scheduler.json"
    running = {
        name: subprocess.Popen(
            [sys.executable, "-m", *arguments, "--scheduler-file", str(place)], stderr=subprocess.DEVNULL
        )
        for name, arguments in modules.items()
    }
    try:
        limit = time.monotonic() + 60
        while not place.exists() and time.monotonic() < limit:
            time.sleep(0.1)
        address = json.loads(place.read_text())["address"]
        sources = find_sources([str(tmp_path / "*.log")])
        with (  # noqa: PT012
            pytest.raises(LogparseError, match=r"does not answer any more|no workers any more|gave up the work"),
            open_pool(1, sources, address) as pool,
        ):
            read = schedule.read_sources(sources, Setup(), pool)
            threading.Timer(0.3, running[victim].send_signal, (how,)).start()
            list(read)
    finally:
        for process in running.values():
            process.kill()
            process.wait()
