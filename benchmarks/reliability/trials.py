"""What all trials share: how often each is made, the table of what became of them, what counts as a clear message.

Owns: the table. Must not know: which trials there are.
"""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from simulation import simulate

if TYPE_CHECKING:
    import random
    from collections.abc import Sequence
    from pathlib import Path

    from simulation import Log

    from reliability.running import Runner

SIGNALLED: Final = 128


@dataclass
class Row:
    """A line of the table.

    Attributes:
        what: was tried.
        times: how often.
        ends: what happened, and how often.
        wrong: what should not have happened.
    """

    what: str
    times: int = 0
    ends: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def add(self, end: str, wrong: Sequence[str] = (), about: str = "") -> None:
        """Take note of a trial."""
        self.times += 1
        self.ends[end] += 1
        if wrong:
            self.wrong.append(f"{about}: {'; '.join(wrong)}")
            print(f"WRONG {self.what}: {self.wrong[-1]}", file=sys.stderr, flush=True)

    def __str__(self) -> str:
        ends = ", ".join(f"{number:,} {end}" for end, number in sorted(self.ends.items()))
        return f"| {self.what} | {self.times:,} | {ends} | {len(self.wrong):,} |"


@dataclass
class Trials:
    """All that is tried.

    Attributes:
        runner: of commands.
        folder: where all is.
        share: of the trials.
        chance: of all that is random.
        rows: what came of it.
    """

    runner: Runner
    folder: Path
    share: float
    chance: random.Random
    rows: list[Row] = field(default_factory=list)

    def row(self, what: str) -> Row:
        """A new one."""
        if self.rows:
            print(self.rows[-1], file=sys.stderr, flush=True)
        self.rows.append(Row(what))
        return self.rows[-1]

    def times(self, number: int) -> range:
        """So often, or as much of it as is wanted."""
        return range(max(1, round(number * self.share)))

    def log(self) -> Log:
        """Three weeks and two days, which reach into a fourth."""
        return simulate(24, 700, 400)


def is_clear(said: str) -> bool:
    """Whether the last line of what was said tells a person what is wrong, and nothing but such lines were said."""
    return said.rpartition("\nlogparse: ")[2].count("\n") <= 1 and "logparse: " in said and "Traceback" not in said
