"""Runs that are killed, or get a signal, at a random time.

Owns: these trials, and what is expected of them. Must not know: what an archive is made of.
"""

from __future__ import annotations

import signal
import time
from typing import TYPE_CHECKING

from reliability.running import outlived
from reliability.scenes import Scene, scene
from reliability.trials import SIGNALLED

if TYPE_CHECKING:
    from reliability.trials import Row, Trials


def kills(trials: Trials) -> None:
    """SIGKILL and signals at random times."""
    for workers in (1, 2):
        made = scene(trials.runner, trials.folder / f"kills-{workers}", trials.log(), workers=workers,
                     megabytes=40 if workers > 1 else 0)  # fmt: skip
        took = []
        for _ in range(3):
            made.fresh()
            begun = time.monotonic()
            trials.runner.run(*made.args(), full=True)
            took.append(time.monotonic() - begun)
        whole = sorted(took)[1]
        for name, number in (("SIGKILL", 100), ("SIGTERM", 20), ("SIGINT", 20), ("SIGHUP", 20)):
            row = trials.row(f"{name} at a random time, `--workers {workers}`")
            for _ in trials.times(number):
                _kill(trials, row, made, signal.Signals[name], trials.chance.random() * whole * 1.05)


def _kill(trials: Trials, row: Row, made: Scene, number: signal.Signals, after: float) -> None:
    made.fresh()
    running = trials.runner.start(*made.args(), full=True)
    wrong = []
    if not running.over(after):
        running.send(number)
    status, said = running.wait(), running.said
    if outlived(running.pid):
        wrong.append("processes were left")
    wanted = {0, -number} if number == signal.SIGKILL else {0, SIGNALLED + number, -number}
    if status not in wanted:
        wrong.append(f"ended with {status}: {said[-400:]}")
    if number != signal.SIGKILL:
        wrong += [f"left at once: {each}" for each in trials.runner.temporary.glob("logparse-*")]
    if "Traceback" in said and ("in main\n" in said or "ignored" in said):  # not while Python itself starts
        wrong.append(f"a traceback: {said[-600:]}")
    state = made.told()
    if state not in {"before", "after"}:
        wrong.append(state)
    if status == 0 and state != "after":
        wrong.append("ended with 0, and nothing is written")
    row.add(f"as {state.partition(':')[0]}", [*wrong, *made.completed()], f"after {after:.3f} s")
