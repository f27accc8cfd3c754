"""Whether a cause is over: what callers of it did afterwards, and for how long it was quiet.

Owns: what shows that a cause is over. Must not know: which causes there are, other weeks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from logparse.causes.population import Population

#: A cause without attempts for this time, while others go on, is over (microseconds): most DAGs run once a day or more.
QUIET: Final = 86_400_000_000
#: What a later success must have in common with one of the attempts.
_ALIKE: Final = ("caller", "channel", "dag_id")


def find_end(mine: NDArray[np.int64], population: Population) -> int | None:
    """Return the time of the last attempt of a cause if it is over, microseconds UTC; None if it may go on.

    It is over if an attempt like it succeeded later, or if the log goes on for a day without it; either after a longer
    time than any between two attempts of the cause before.

    Args:
        mine: places of the attempts, in order of time.
        population: all attempts of the deployment in the week.
    """
    times = population.time[mine]
    last = int(times[-1])
    pause = int(np.diff(times).max(initial=0))
    if population.lasting - last > max(QUIET, pause):
        return last
    if population.success[mine].any():  # where successes are the trouble, another one ends nothing
        return None
    later = int(np.searchsorted(population.time, last + pause, "right"))
    alike = later + np.flatnonzero(population.success[later:])
    for name in _ALIKE:
        codes = population.code(name)
        alike = alike[np.isin(codes[alike], np.unique(codes[mine]))]
    return last if len(alike) else None
