"""When those who failed were let in: before, after, in between, or in turn.

Owns: what a ``success`` that a finding asks for means. Must not know: which findings there are, other needs.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from logparse.common.timestamps import SECOND

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from logparse.causes.population import Population

    Places = NDArray[np.int64]

#: Changes from success to failure that are too many for chance.
ALTERNATIONS: Final = 2
#: Seconds that no log is as long as.
_FOREVER: Final = 1 << 40


def lie_as_wanted(mine: Places, same: Places, population: Population, need: Mapping[str, Any]) -> bool:
    """Return whether successes of the same callers lie in time as a rule wants.

    Args:
        mine: the failures, in order.
        same: all attempts of the same callers, in order.
        population: all attempts of the deployment.
        need: what the rule asks for.
    """
    wanted = need["success"]
    good: list[int] = population.time[same[population.success[same]]].tolist()
    first, last = population.time[mine[[0, -1]]].tolist()
    if wanted in ("none", "some"):
        return bool(good) is bool(wanted == "some")
    if wanted in ("before", "finally"):
        return bool(good) and (good[-1] < first if wanted == "before" else good[0] > last)
    if wanted == "interrupted":
        if not good or good[0] >= first or (len(mine) == 1 and good[-1] > last):  # one among successes is no change
            return False
        return bisect_left(good, first) == bisect_right(good, last)
    if wanted == "after":
        limit, times = need.get("success_within", _FOREVER) * SECOND, population.time[mine].tolist()
        return any(bisect_left(good, time) < bisect_right(good, time + limit) for time in times)
    turns = same[np.isin(same, mine) | population.success[same]]
    accepted, pauses = population.success[turns], np.diff(population.time[turns])
    falls = accepted[:-1] & ~accepted[1:] & (pauses <= need.get("turn_within", _FOREVER) * SECOND)
    return bool(np.count_nonzero(falls) >= need.get("turns", ALTERNATIONS))
