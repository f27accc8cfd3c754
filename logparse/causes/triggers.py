"""What may have set off a cause: a start of the server, or a change of roles, between last success and first failure.

Owns: which of them goes with which cause. Must not know: which causes there are, how it is written down.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from logparse.common.schema import Outcome

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from logparse.causes.population import Population

#: What happened can have set off what began this much later, or less (microseconds): most DAGs are triggered
#: once a day or more.
_REACH: Final = 86_400_000_000


class Trigger(NamedTuple):
    """What may have set off a cause.

    Attributes:
        time: when it was, microseconds UTC.
        seen: the week shows that the callers were accepted before; else it shows nothing of them before.
        edit: the event in the audit log, if users or roles were changed; empty: the server was started.
    """

    time: int
    seen: bool
    edit: str = ""


def find_trigger(mine: NDArray[np.int64], population: Population) -> Trigger | None:
    """Return what set off a cause; None if nothing is likely.

    The callers of the cause must have been accepted on the same channels before that, and not since. If nothing of them
    is seen before, the week before can show that they were. That users or roles were changed can only have set off that
    callers are refused who are known, and then it is more likely than a start of the server.

    Args:
        mine: places of the attempts, in order of time.
        population: all attempts of the deployment in the week.
    """
    first = int(population.time[mine[0]])
    alike = np.arange(mine[0])
    for name in ("caller", "channel"):
        codes = population.code(name)
        alike = alike[np.isin(codes[alike], np.unique(codes[mine]))]
    good = population.time[alike[population.success[alike]]]
    if len(alike) and not len(good):
        return None
    begin = max(first - _REACH, int(good[-1]) + 1 if len(good) else 0)
    near = [event for event in population.events if begin <= event[0] <= first]
    edits = [event for event in near if event[1]] if _are_refused(mine, population) else []
    starts = [event for event in near if not event[1]]
    latest = max(edits or starts, default=None)
    return None if latest is None else Trigger(latest[0], len(good) > 0, latest[1])


def _are_refused(mine: NDArray[np.int64], population: Population) -> bool:
    """Return whether most of these attempts are of callers who were known and refused."""
    wanted = np.array(
        [*(word == Outcome.AUTHORIZATION_FAILURE for word in population.attempts.words["outcome"]), False]
    )
    return bool(2 * np.count_nonzero(wanted[population.code("outcome")[mine]]) > len(mine))
