"""An archive in a folder and logs that a run is to add to it, with what the archive must hold before and after.

Owns: how a trial begins, and what is checked once it is over. Must not know: what happens to the run between.
"""

from __future__ import annotations

import itertools
import shutil
import subprocess
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from simulation import DAY, HOUR, plain

from reliability.contents import differing, left, totals, true_of, visible

if TYPE_CHECKING:
    from pathlib import Path

    from simulation import Log

    from reliability.running import Runner

MB: Final = 1_000_000


@dataclass
class Scene:
    """An archive of some weeks, and logs that a run is to add to it.

    Attributes:
        runner: of commands.
        folder: where all is.
        log: what is in the logs.
        workers: how many read.
    """

    runner: Runner
    folder: Path
    log: Log
    workers: int = 1
    before: dict[str, bytes] = field(default_factory=dict)
    after: dict[str, bytes] = field(default_factory=dict)
    true_before: Counter[tuple[Any, ...]] = field(default_factory=Counter)
    true_after: Counter[tuple[Any, ...]] = field(default_factory=Counter)

    @property
    def logs(self) -> Path:
        """The logs, all of them."""
        return self.folder / "logs"

    @property
    def out(self) -> Path:
        """The archive of the trial."""
        return self.folder / "out"

    def args(self, out: Path | str | None = None, *more: str) -> tuple[str, ...]:
        """The command."""
        place = str(self.out if out is None else out)
        return ("report", str(self.logs), "--out", place, "--workers", str(self.workers), *more)

    def fresh(self) -> Path:
        """The archive as it was before."""
        shutil.rmtree(self.out, ignore_errors=True)
        if (self.folder / "kept").exists():
            subprocess.run(["cp", "-a", str(self.folder / "kept"), str(self.out)], check=True)
        return self.out

    def told(self) -> str:
        """Whether the archive is as before or as after; anything else is a sentence."""
        now = visible(self.out)
        if now == self.before:
            state, true = "before", self.true_before
        elif now == self.after:
            state, true = "after", self.true_after
        else:
            return f"neither before nor after: {differing(now, self.before, self.after)}"
        return state if totals(self.out) == true else f"attempts are not those of {state}"

    def completed(self, *, room: bool = True) -> list[str]:
        """What is wrong once the next run has been; the archive is then as an undisturbed run leaves it."""
        wrong = []
        status, said = self.runner.run(*self.args())
        if status:
            wrong.append(f"the next run ended with {status}: {said[-600:]}")
        if (state := self.told()) != "after" and self.before != self.after:
            wrong.append(f"the next run: {state}")
        wrong += self.verified()
        if room:
            wrong += [f"left: {each}" for each in left(self.out, self.runner.temporary)]
        return wrong

    def verified(self) -> list[str]:
        """What ``archive verify`` finds."""
        status, said = self.runner.run("archive", "verify", str(self.out))
        return [] if not status and said.endswith("nothing is missing or damaged\n") else [f"verify, {status}: {said}"]


def scene(
    runner: Runner, folder: Path, log: Log, *, workers: int = 1, megabytes: float = 0, first: bool = False
) -> Scene:
    """Write logs, and make the archive that is there before, and the one that is to be.

    Args:
        runner: of commands.
        folder: where to.
        log: of some weeks and three days; the last Sunday is what comes new, and half of the last day.
        workers: how many read.
        megabytes: of requests that trigger nothing in what comes new; so that there are slices.
        first: whether there is no archive before.
    """
    made = Scene(runner, folder, log, workers)
    made.logs.mkdir(parents=True)
    days = {day: log.between(day, day + DAY) for day in range(log.begin, log.end, DAY)}
    *_, new, _, _, last = days
    half = log.between(last, last + 12 * HOUR)
    old = {day: lines for day, lines in days.items() if day not in (new, last)}
    for day, lines in old.items():
        (made.logs / f"webserver-{day}.log").write_bytes(plain(lines))
    if not first:
        (made.logs / f"webserver-{last}.log").write_bytes(plain(half))
        status, said = runner.run("report", made.logs, "--out", folder / "kept", "--workers", "1")
        if status:
            raise SystemExit(f"the archive cannot be made: {said}")
        made.true_before = true_of([*itertools.chain.from_iterable(old.values()), *half])
    text = plain(days[new])
    if megabytes:
        text = text + filler(new, int(megabytes * MB))
    (made.logs / f"webserver-{new}.log").write_bytes(text)
    (made.logs / f"webserver-{last}.log").write_bytes(plain(days[last]))
    made.true_after = true_of(log.lines)
    made.fresh()
    made.before = visible(made.out)
    status, said = runner.run(*made.args(), full=True)
    if status or totals(made.out) != made.true_after:
        raise SystemExit(f"an undisturbed run ends with {status}: {said}")
    made.after = visible(made.out)
    return made


def filler(day: float, size: int) -> bytes:
    """Requests of one day that trigger nothing."""
    lines, number = [], 0
    while size > 0:
        at = time.gmtime(day + number % 86_400)
        stamp = time.strftime("%d/%b/%Y:%H:%M:%S +0000", at)
        lines.append(
            f'10.2.0.{number % 200} - - [{stamp}] "GET /static/{number}.css HTTP/1.1" 200 1441 "-" "curl/8.5.0"\n'
        )
        size -= len(lines[-1])
        number += 1
    return "".join(lines).encode()
