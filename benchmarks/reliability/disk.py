"""Runs on a disk that is full: a small tmpfs, for which one must be root; for others a limit on the size of files.

Owns: these trials, and what is expected of them. Must not know: what an archive is made of.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from reliability.dying import SPILL
from reliability.scenes import MB, Scene, scene
from reliability.trials import is_clear

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from reliability.trials import Row, Trials


def disk(trials: Trials) -> None:
    """No room for the archive, or for what is temporary."""
    for what, first in (("the archive", False), ("a new archive", True)):
        row = trials.row(f"a disk too small for {what}")
        made = scene(trials.runner, trials.folder / f"disk-{first}", trials.log(), first=first)
        if os.geteuid():
            made.fresh()
            made.runner.run(*made.args())
            high = max(path.stat().st_size for path in made.out.rglob("*") if path.is_file())
            for size in spread(500, high, len(trials.times(20))):
                made.fresh()
                full(row, made, size, lambda: None, limit=size)
            continue
        low, high = room(made, made.out)
        for size in spread(low, high, len(trials.times(20))):
            with small_disk(made.out, size, made.fresh) as grow:
                full(row, made, size, grow)
    if os.geteuid():
        return
    row = trials.row("a disk too small for what is temporary")
    made = scene(trials.runner, trials.folder / "disk-temporary", trials.log())
    _, high = room(made, trials.runner.temporary)
    for size in spread(4096 * 2, high, len(trials.times(20))):
        made.fresh()
        with small_disk(trials.runner.temporary, size, lambda: None) as grow:
            full(row, made, size, grow)


def _resized(place: Path, size: int) -> None:
    subprocess.run(["mount", "-o", f"remount,size={size}", str(place)], check=True)


@contextmanager
def small_disk(place: Path, size: int, fill: Callable[[], object]) -> Iterator[Callable[[], None]]:
    """A disk of some bytes at a place, and a function that makes it large.

    Args:
        place: where.
        size: bytes.
        fill: puts at the place what is to be on the disk; it may be more than the disk can hold.
    """
    shutil.rmtree(place, ignore_errors=True)
    fill()
    place.mkdir(parents=True, exist_ok=True)
    aside = place.with_name(f"{place.name}-aside")
    place.rename(aside)
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64m", "tmpfs", str(place)], check=True)
    try:
        subprocess.run(["cp", "-a", f"{aside}/.", str(place)], check=True)
        _resized(place, size)
        yield partial(_resized, place, 64 * MB)
    finally:
        subprocess.run(["umount", "-l", str(place)], check=True)
        shutil.rmtree(place)
        shutil.rmtree(aside, ignore_errors=True)
        place.mkdir()


def room(made: Scene, place: Path) -> tuple[int, int]:
    """Bytes of a disk at a place before a run, and at most while it runs."""

    def used() -> int:
        found = os.statvfs(place)
        return (found.f_blocks - found.f_bfree) * found.f_frsize

    made.fresh()
    with small_disk(place, 64 * MB, made.fresh if place == made.out else lambda: None):
        before = most = used()
        running = made.runner.start(*made.args(), more={SPILL: "1"})
        while not running.over(0.002):
            most = max(most, used())
        return before, most


def spread(low: int, high: int, count: int) -> list[int]:
    """Sizes of disks, in whole pages, from the first to a quarter more than what is known to be enough."""
    steps = max(1, count - 1)
    return [4096 * max(1, round((low + (high - low) * 1.25 * each / steps) / 4096)) for each in range(count)]


def full(row: Row, made: Scene, size: int, grow: Callable[[], None], limit: int = 0) -> None:
    """Run on a disk that is too small, or with a limit on the size of files, and again without."""
    status, said = made.runner.run(*made.args(), limit=limit, more={SPILL: "1"})
    state, wrong = made.told(), []
    if (status, state) not in {(0, "after"), (2, "before")}:
        wrong.append(f"ended with {status}, {state}: {said[-400:]}")
    if status and not is_clear(said):
        wrong.append(f"not a clear message: {said[-400:]}")
    if made.before or state == "after":
        wrong += made.verified()
    grow()
    row.add(f"ended with {status}, as {state.partition(':')[0]}", [*wrong, *made.completed()], f"{size:,} bytes")
