"""An archive after a disk that was full, a log that changed, and runs at the same time: all or nothing."""

from __future__ import annotations

import os
from contextlib import ExitStack
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from archive_runs import W47, line, report
from folders import files, verified, weeks, write

from logparse.archive.storage import disk
from logparse.archive.storage.local import LocalStorage
from logparse.archive.storage.opening import open_storage
from logparse.pipeline import schedule

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("hasty")


# -- all or nothing ---------------------------------------------------------------------------------------------------


def full(*_: object, **__: object) -> None:
    raise OSError(28, "No space left on device")


def after(number: int, function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, until the disk is full."""
    calls = iter(range(number))

    def called(*args: object, **kwargs: object) -> Any:
        if next(calls, None) is None:
            full()
        return function(*args, **kwargs)

    return called


@pytest.mark.parametrize(
    ("where", "name", "number"),
    [
        *((LocalStorage, "sink", number) for number in (0, 2, 5)),
        *((disk, "write", number) for number in (0, 1)),
        (disk, "repeat", 5),
        (disk, "sync", 9),
    ],
)
def test_a_full_disk_leaves_what_was_there(
    where: Any, name: str, number: int, log: Path, tmp_path: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    report(log, "--out", out)
    before = files(out)
    more = write(tmp_path / "b.log", line(W47 + 2))
    with monkeypatch.context() as patch:
        patch.setattr(where, name, after(number, getattr(where, name)))
        done = report(more, "--out", out)
    assert done.exit_code == 2, done.output
    assert "No space left on device" in done.stderr
    assert files(out) == before
    assert report(more, "--out", out).exit_code == 0
    assert weeks(out) == {"2026-W46": 1, "2026-W47": 3}
    verified(out)
    assert [*out.glob(".logparse/tmp/*")] == []


def test_a_full_disk_at_the_first_run_leaves_nothing_to_see(
    log: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(disk, "write", full)
        assert report(log, "--out", out).exit_code == 2
    assert files(out) == {}
    assert report(log, "--out", out).exit_code == 0
    verified(out)


def test_a_file_that_becomes_shorter_while_it_is_read_is_said(
    tmp_path: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = write(tmp_path / "a.log", line(W47), line(W47 + 1))

    def cut(*args: Any, **kwargs: Any) -> Iterator[Any]:
        os.truncate(log, len(line(W47)))
        return real(*args, **kwargs)

    real = schedule.read_sources
    with monkeypatch.context() as patch:
        patch.setattr("logparse.pipeline.weekly.intake.read_sources", cut)
        done = report(log, "--out", out)
    assert done.exit_code == 1, "a file lost half of its lines, unsaid"
    assert str(log) in done.stderr
    assert weeks(out) == {"2026-W47": 1}


# -- one at a time ----------------------------------------------------------------------------------------------------


def test_a_second_run_ends_while_another_one_writes(log: Path, out: Path) -> None:
    report(log, "--out", out)
    before = files(out)
    with open_storage(str(out)).lock():
        done = report(log, "--out", out)
    assert done.exit_code == 2
    assert f"{out}: is being written to by process {os.getpid()} on " in done.stderr
    assert files(out) == before
    assert report(log, "--out", out).exit_code == 0


@pytest.mark.parametrize(("wait", "status"), [("60", 0), ("1", 2)])
def test_a_second_run_waits_if_it_is_told_to(
    wait: str, status: int, log: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    report(log, "--out", out)
    with ExitStack() as other:
        other.enter_context(open_storage(str(out)).lock())
        clock = iter(range(0, 1000, 10))

        def sleep(_: float) -> None:
            if next(clock) >= 20:
                other.close()

        fake = SimpleNamespace(sleep=sleep, monotonic=lambda: float(next(clock)))
        monkeypatch.setattr("logparse.archive.storage.locks.time", fake)
        assert report(log, "--out", out, "--wait", wait).exit_code == status
