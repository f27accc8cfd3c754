"""What may have set off a cause: a start of the server between the last success and the first failure.

Owns: which start of a server goes with which cause. Must not know: which causes there are, how it is written down.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from logparse.causes.population import Population

#: A start of the server can have set off what began this much later, or less (microseconds): most DAGs are triggered
#: once a day or more.
_REACH: Final = 86_400_000_000


class Trigger(NamedTuple):
    """A start of the server that may have set off a cause.

    Attributes:
        time: when it started, microseconds UTC.
        seen: the week shows that the callers were accepted before; else it shows nothing of them before.
    """

    time: int
    seen: bool


def find_trigger(mine: NDArray[np.int64], population: Population) -> Trigger | None:
    """Return the start of the server that set off a cause; None if no start is likely.

    The callers of the cause must have been accepted on the same channels before that start, and not since. If nothing
    of them is seen before, the week before can show that they were.

    Args:
        mine: places of the attempts, in order of time.
        population: all attempts of the deployment in the week.
    """
    first = int(population.time[mine[0]])
    started = bisect_right(population.starts, first)
    if not started or first - population.starts[started - 1] > _REACH:
        return None
    start = population.starts[started - 1]
    alike = np.arange(mine[0])
    for name in ("caller", "channel"):
        codes = population.code(name)
        alike = alike[np.isin(codes[alike], np.unique(codes[mine]))]
    good = alike[population.success[alike]]
    if len(good):
        return Trigger(start, seen=True) if population.time[good[-1]] < start else None
    return None if len(alike) else Trigger(start, seen=False)
