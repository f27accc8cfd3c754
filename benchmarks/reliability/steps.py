"""Runs that die, or get a signal, at each step that changes something on the disk.

Owns: these trials, and what is expected of them. Must not know: what an archive is made of.
"""

from __future__ import annotations

import shutil
import signal
from typing import TYPE_CHECKING

from simulation import simulate

from reliability.dying import COUNT_IN, DIE_AT, DIED, SPILL
from reliability.scenes import Scene, scene
from reliability.trials import SIGNALLED

if TYPE_CHECKING:
    from reliability.trials import Row, Trials


def steps(trials: Trials) -> None:
    """Death at each step that changes something on the disk."""
    small = simulate(10, 150, 100)
    for what, first, number in (
        ("death at each write step", False, ""),
        ("death at each write step of the first run", True, ""),
        ("SIGTERM at each fifth write step", False, "SIGTERM"),
        ("SIGINT at each fifth write step", False, "SIGINT"),
    ):
        folder = trials.folder / f"steps-{first}-{number}"
        made = scene(trials.runner, folder, small, first=first)
        row = trials.row(what)
        at = 2 if number else 1  # at the first, it does not listen yet
        while step(made, at, row, number):
            at += max(1, round(1 / trials.share)) * (5 if number else 1)
        shutil.rmtree(folder)


def step(made: Scene, at: int, row: Row, name_of_signal: str = "") -> bool:
    """Have the run die at a step, or end by a signal; whether there is such a step.

    Args:
        made: the archive.
        at: which step.
        row: for what becomes of it.
        name_of_signal: which signal it gets; empty: it dies.
    """
    made.fresh()
    counted = made.folder / "steps"
    counted.unlink(missing_ok=True)
    what = f"{at}" + (f":{name_of_signal}" if name_of_signal else "")
    status, said = made.runner.run(*made.args(), more={DIE_AT: what, COUNT_IN: str(counted), SPILL: "1"})
    steps = counted.read_text(errors="replace").splitlines() if counted.exists() else []
    if len(steps) < at:
        return False
    wrong, state = [], made.told()
    number = signal.Signals[name_of_signal] if name_of_signal else 0
    wanted = {0, SIGNALLED + number} if number else {DIED}
    if status not in wanted or state not in {"before", "after"} or (status == 0 and state != "after"):
        wrong.append(f"ended with {status}, {state}: {said[-400:]}")
    if number:
        wrong += [f"left at once: {each}" for each in made.runner.temporary.glob("logparse-*")]
        if "Traceback" in said or "Exception ignored" in said:
            wrong.append(f"a traceback: {said[-600:]}")
    row.add(f"as {state.partition(':')[0]}", [*wrong, *made.completed()], f"step {at}, {steps[at - 1]}")
    return True
