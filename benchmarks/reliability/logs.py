"""Logs that somebody changes while a run reads them.

Owns: these trials, and what is expected of them. Must not know: how logs are read.
"""

from __future__ import annotations

import itertools
import os
import shutil
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from simulation import DAY, plain

from reliability.contents import totals, true_of
from reliability.running import session_of
from reliability.scenes import MB, filler

if TYPE_CHECKING:
    from collections.abc import Callable

    from simulation import Log

    from reliability.running import Runner, Running
    from reliability.trials import Row, Trials


class Changing:
    """A log of a day and its successor, which somebody changes.

    Args:
        folder: that is read.
        now: the text that is there at first.
        later: the text that comes.
    """

    def __init__(self, folder: Path, now: bytes, later: bytes) -> None:
        self.log, self.rotated = folder / "app.log", folder / "app.log.1"
        self.now, self.later = now, later
        self.log.write_bytes(now)
        old = time.time() - 3600
        os.utime(self.log, (old, old))
        self.aside = folder.parent / "later"
        self.aside.write_bytes(later)
        os.utime(self.aside, (old, old))

    def truncated(self) -> None:
        """Half of it goes."""
        os.truncate(self.log, len(self.now) // 2)

    def appended(self) -> None:
        """More comes."""
        with self.log.open("ab") as stream:
            stream.write(self.later)

    def rotated_away(self) -> None:
        """It gets another name, and a new one begins."""
        self.log.rename(self.rotated)
        self.log.write_bytes(self.later)

    def copied_and_truncated(self) -> None:
        """It is copied, emptied and goes on."""
        shutil.copyfile(self.log, self.rotated)
        os.truncate(self.log, 0)
        self.appended()

    def replaced(self) -> None:
        """Another one gets its name; the text that was there is there no more."""
        self.aside.replace(self.log)

    def exchanged(self) -> None:
        """Another one, written long before, gets its name, and it gets another name."""
        self.log.rename(self.rotated)
        self.aside.replace(self.log)


CHANGES: Final[dict[str, Callable[[Changing], None]]] = {
    "cut": Changing.truncated,
    "appended to": Changing.appended,
    "rotated": Changing.rotated_away,
    "copied and truncated": Changing.copied_and_truncated,
    "replaced": Changing.replaced,
    "exchanged for an older file": Changing.exchanged,
}


def logs(trials: Trials) -> None:
    """Logs that somebody changes while they are read."""
    log = trials.log()
    for workers, (name, change) in itertools.product((1, 2), CHANGES.items()):
        row = trials.row(f"a log is {name} while it is read, `--workers {workers}`")
        for number in trials.times(5):
            folder = trials.folder / f"logs-{workers}-{name.replace(' ', '-')}-{number}"
            after = trials.chance.random() * 0.3
            changed(row, trials.runner, folder, log, change, after=after, workers=workers)
            shutil.rmtree(folder)


def reads(running: Running, path: Path) -> None:
    """Wait until a run has opened a file; it has looked at its size before."""
    leader = running.begun()
    while not running.over(0.001):
        for process in session_of(leader):
            with suppress(OSError):
                if any(each.readlink() == path for each in Path(f"/proc/{process}/fd").iterdir()):
                    return


def changed(
    row: Row, runner: Runner, folder: Path, log: Log, change: Callable[[Changing], None], *, after: float, workers: int
) -> None:
    """Change a log while it is read, and see what is said, and what the next run makes of it.

    Args:
        row: for what becomes of it.
        runner: of commands.
        folder: where to.
        log: of which two days are used.
        change: what is done.
        after: seconds after the run has begun to read.
        workers: how many read.
    """
    logs, out = folder / "logs", folder / "out"
    logs.mkdir(parents=True)
    first, second = (log.between(day, day + DAY) for day in (log.begin, log.begin + DAY))
    noise = filler(log.begin, 30 * MB)
    half = len(noise) // 2 + noise[len(noise) // 2 :].index(b"\n") + 1
    middle = len(first) // 2
    text = plain(first[:middle]) + noise[:half] + plain(first[middle:]) + noise[half:]
    changing = Changing(logs, text, plain(second))
    args = ("report", str(logs), "--out", str(out), "--workers", str(workers))
    running = runner.start(*args)
    reads(running, changing.log)
    running.over(after)
    change(changing)
    status, said = running.wait(), running.said
    wrong: list[str] = []
    got, true = totals(out), true_of([*first, *second])
    if status not in {0, 1} or got - true:
        wrong.append(f"ended with {status}, {(got - true).total()} too many: {said[-300:]}")
    lost = (true_of(first) - got).total()
    gone = text not in {path.read_bytes()[: len(text)] for path in logs.iterdir()}
    if gone and lost and not status and got & true_of(first):
        wrong.append(f"{lost} attempts were lost, unsaid: {said[-300:]}")
    status, said = runner.run(*args)
    got = totals(out)
    there = Counter[tuple[Any, ...]]()
    for path in logs.iterdir():
        data = path.read_bytes()
        there |= true_of(each for each in [*first, *second] if each.text.encode() + b"\n" in data)
    if status not in {0, 1} or there - got or got - true:
        wrong.append(f"the next run ended with {status}: {(there - got).total()} are missing, "
                     f"{(got - true).total()} too many: {said[-300:]}")  # fmt: skip
    code, told = runner.run("archive", "verify", out)
    if code:
        wrong.append(f"verify: {told}")
    row.add("complete" if not lost else "in part, and the rest was there for the next" if not gone
            else "with what was still there", wrong, f"after {after:.3f} s")  # fmt: skip
