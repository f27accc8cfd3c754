"""Runs that write into one archive at once.

Owns: these trials, and what is expected of them. Must not know: what an archive is made of.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from reliability.scenes import Scene, scene
from reliability.trials import is_clear

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from reliability.trials import Row, Trials


def races(trials: Trials) -> None:
    """Two and five runs at once into one archive."""
    for first in (False, True):
        made = scene(trials.runner, trials.folder / f"races-{first}", trials.log(), first=first)
        days = sorted(made.logs.iterdir())
        for count, same, wait in itertools.product((2, 5), (True, False), (True, False)):
            logs = "the same logs" if same else "different logs"
            to = "a new archive" if first else "one archive"
            row = trials.row(f"{count} runs at once into {to}, {logs}{', `--wait`' if wait else ''}")
            for _ in trials.times(50 // 16 + 1):
                paths = [days] * count if same else [[*days[number::count]] for number in range(count)]
                race(row, made, paths, wait=wait)


def race(row: Row, made: Scene, paths: Sequence[Sequence[Path]], *, wait: bool) -> None:
    """Start runs at once, each with some logs, and see who has won."""
    made.fresh()
    more = ("--wait", "200") if wait else ()
    runs = [
        made.runner.start("report", *some, "--out", made.out, "--workers", "1", *more, full=row.times % 2 == 0)
        for some in paths
    ]
    statuses = [each.wait() for each in runs]
    wrong = []
    for each, status in zip(runs, statuses, strict=True):
        if status not in ({0} if wait else {0, 2}):
            wrong.append(f"one ended with {status}: {each.said[-400:]}")
        if status and not ("is being written to by " in each.said and is_clear(each.said)):
            wrong.append(f"not a clear message: {each.said[-400:]}")
    won = statuses.count(0)
    if not won:
        wrong.append("nobody has won")
    state = made.told()
    if (wait or all(some == paths[0] for some in paths)) and state != "after":
        wrong.append(state)
    wrong += made.verified()
    row.add(f"with {won} of {len(paths)} complete", [*wrong, *made.completed()], f"statuses {statuses}")
