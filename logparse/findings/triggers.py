"""What may have set off a cause: a start of the server between the last success and the first failure.

Owns: which start of a server goes with which cause. Must not know: which causes there are, how it is written down.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from logparse.findings.population import Population

#: A start of the server can have set off what began this much later, or less (microseconds): most DAGs are triggered
#: once a day or more.
_REACH: Final = 86_400_000_000


def find_trigger(mine: NDArray[np.int64], population: Population) -> int | None:
    """Return when the server was started that set off a cause, microseconds UTC; None if no start is likely.

    The callers of the cause must have been accepted on the same channels before that start, and not since.

    Args:
        mine: places of the attempts, in order of time.
        population: all attempts of the deployment in the week.
    """
    first = int(population.time[mine[0]])
    started = bisect_right(population.starts, first)
    if not started or first - population.starts[started - 1] > _REACH:
        return None
    start = population.starts[started - 1]
    alike = np.flatnonzero(population.success[: mine[0]])
    for name in ("caller", "channel"):
        codes = population.code(name)
        alike = alike[np.isin(codes[alike], np.unique(codes[mine]))]
    return start if len(alike) and population.time[alike[-1]] < start else None
