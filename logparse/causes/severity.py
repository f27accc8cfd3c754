"""How bad a finding is, and how many callers it concerns.

Owns: what raises and lowers the severity of a finding. Must not know: which findings there are, how they are written
down.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from logparse.causes.population import CALL, count_different
from logparse.common.schema import SEVERITIES, Severity

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from logparse.causes.population import Population
    from logparse.rules.model import FindingRule

#: From so many callers on a channel on, and this share of them, a finding concerns everybody there.
_CALLERS: Final = 3
_SHARE: Final = 0.9
#: What lasted for less time is compared with the whole week, since hardly anybody calls meanwhile (microseconds).
_SHORT: Final = 60_000_000
#: A caller who is refused what worked before, for so long and until the end, has lost it (microseconds).
_LONG: Final = 3_600_000_000
#: Severities that what is concerned may change: holes and attacks stay what they are, and so does what is no trouble.
_MOVABLE: Final = (Severity.HIGH, Severity.MEDIUM, Severity.LOW)


class Reach(NamedTuple):
    """How many callers a finding concerns.

    Attributes:
        callers: different users, or addresses where no user is known, that it is about.
        of: those that were active on the same channels from its first attempt to its last, successes included; in the
            week, if it lasted for less than a minute.
    """

    callers: int
    of: int

    @property
    def everybody(self) -> bool:
        """Whether it concerns (nearly) all callers of these channels, which are at least three."""
        return self.of >= _CALLERS and self.callers >= _SHARE * self.of


def measure_reach(mine: NDArray[np.int64], population: Population) -> Reach:
    """Count the callers of some attempts, and all callers on the same channels in the same time.

    Args:
        mine: places of the attempts, in order of time.
        population: all attempts of the deployment in the week.
    """
    time = population.time
    lasted = time[mine[-1]] - time[mine[0]] >= _SHORT
    meanwhile = slice(int(np.searchsorted(time, time[mine[0]])), int(mine[-1]) + 1) if lasted else slice(None)
    pairs = population.partition(("channel", "caller"))  # few, of many attempts
    there, active = pairs.counts(mine) > 0, pairs.counts(meanwhile) > 0
    channels, callers = (population.code(name)[pairs.firsts()] for name in ("channel", "caller"))
    active &= np.isin(channels, channels[there])
    return Reach(count_different(callers[there]), count_different(callers[active]))


def rate(rule: FindingRule, reach: Reach, incidents: int, *, lost: bool = False) -> Severity:
    """Say how bad a finding is: as bad as its rule says, but worse or less so by what is concerned.

    It is worse if it concerns everybody, or if what worked before does not work any more; less so if it happened once.

    Args:
        rule: the cause.
        reach: how many callers are concerned.
        incidents: how often it happened, without retries.
        lost: whether something that worked before does not work any more.
    """
    severity = Severity(rule.severity)
    if severity not in _MOVABLE:
        return severity
    step = 1 if incidents == 1 else -int(reach.everybody or lost)
    place = _MOVABLE.index(severity) + step
    return _MOVABLE[min(max(place, 0), len(_MOVABLE) - 1)]


def is_lost(mine: NDArray[np.int64], population: Population) -> bool:
    """Return whether a caller triggered a DAG before, was refused it for an hour or longer, and was not let in since.

    Args:
        mine: places of the attempts, in order of time.
        population: all attempts of the deployment in the week.
    """
    codes, time = population.partition(CALL).codes[mine], population.time
    calls, first = np.unique(codes, return_index=True)
    last = len(mine) - 1 - np.unique(codes[::-1], return_index=True)[1]
    lost = (population.last_accepted[calls] < mine[first]) & (time[mine[last]] - time[mine[first]] >= _LONG)
    return bool(lost.any())


def rank(severity: str) -> int:
    """Return the place of a severity, the worst being 0."""
    return SEVERITIES.index(Severity(severity))
