"""What else the log shows around a finding: who succeeded, what an intruder did, who does not give up, what was meant.

Owns: these observations. Must not know: which causes there are, how they are written down.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from logparse.causes.misspellings import find_meant
from logparse.causes.population import NO_ATTEMPTS
from logparse.common.columns import number_groups
from logparse.common.schema import Outcome

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from logparse.causes.population import Population
    from logparse.rules.model import FindingRule

#: Successes so long before the first attempt, or behind the last one, are of the same time (microseconds).
_BESIDE: Final = 3_600_000_000
#: A program does not give up if it is refused so often, without a success and without a longer pause (microseconds).
_REFUSALS: Final = 20
_PAUSE: Final = 600_000_000
#: DAGs of a finding that are compared with those that are known, at most.
_COMPARED: Final = 10
_REFUSED: Final = (Outcome.AUTHENTICATION_FAILURE, Outcome.AUTHORIZATION_FAILURE)
_MISSING: Final = ("dag_not_found",)


class Retries(NamedTuple):
    """The longest row of refusals of one caller and DAG without a success and without a long pause.

    Attributes:
        row: the first attempt.
        last: time of the last attempt, microseconds UTC.
        number: how many attempts.
        pause: the median of the times between two attempts, microseconds.
    """

    row: int
    last: int
    number: int
    pause: int


class Surroundings(NamedTuple):
    """What else the log shows around a finding.

    Attributes:
        succeeded: of each caller with successes on the same channels in the same time, that are no part of the finding,
            the row of one of these, and how many there are.
        intruded: rows of the runs that the callers of an attack made from its first attempt on.
        retries: a caller that does not give up; None: there is none.
        meant: by id of a DAG that nobody triggered, the known id that is one or two letters off.
    """

    succeeded: tuple[NDArray[np.int64], NDArray[np.int64]]
    intruded: NDArray[np.int64]
    retries: Retries | None
    meant: Mapping[str, str]


def look_around(rule: FindingRule, mine: NDArray[np.int64], population: Population) -> Surroundings:
    """Return what else the log shows around a finding.

    Args:
        rule: the cause.
        mine: places of the attempts, in order of time.
        population: all attempts of the deployment in the week.
    """
    begin, end = population.time[mine[[0, -1]]].tolist()
    low, high = np.searchsorted(population.time, (begin - _BESIDE, end + _BESIDE + 1)).tolist()
    near = low + np.flatnonzero(population.success[low:high])
    near = near[np.isin(near, mine, invert=True)]
    channels = population.code("channel")
    near = near[np.isin(channels[near], np.unique(channels[mine]))]
    groups, firsts = number_groups([population.code("caller")[near] + 1])
    intruded = NO_ATTEMPTS
    if rule.attack:
        same = population.partition(rule.over).codes
        later = np.flatnonzero(population.success & (population.time >= begin))
        intruded = later[np.isin(same[later], np.unique(same[mine]))]
    rows = population.rows
    retries = None if rule.attack else _find_retries(mine, population)
    succeeded = rows[near[firsts]], np.bincount(groups, minlength=len(firsts))
    return Surroundings(succeeded, rows[intruded], retries, _find_meant(mine, population))


def _find_retries(mine: NDArray[np.int64], population: Population) -> Retries | None:
    refused = mine[_are(population, mine, "outcome", _REFUSED)]
    if len(refused) < _REFUSALS:
        return None
    calls = population.partition(("caller", "client", "dag_id", "channel")).codes
    wanted = np.zeros(int(calls.max()) + 1, np.bool_)
    wanted[calls[refused]] = True
    same = np.flatnonzero(wanted[calls])  # successes of these callers too, which end a row
    same = same[np.argsort(calls[same], kind="stable")]
    again = np.isin(same, refused)
    goes_on = again[1:] & again[:-1] & (np.diff(calls[same]) == 0) & (np.diff(population.time[same]) <= _PAUSE)
    breaks = np.flatnonzero(np.concatenate(([True], ~goes_on, [True])))
    lengths = np.diff(breaks)
    longest = int(np.argmax(lengths))
    if lengths[longest] < _REFUSALS:
        return None
    places = same[breaks[longest] : breaks[longest + 1]]
    times = population.time[places]
    return Retries(int(population.rows[places[0]]), int(times[-1]), len(places), int(np.median(np.diff(times))))


def _find_meant(mine: NDArray[np.int64], population: Population) -> Mapping[str, str]:
    missing = _are(population, mine, "reason", _MISSING)
    refused = mine[missing | _are(population, mine, "outcome", (Outcome.AUTHORIZATION_FAILURE,))]
    asked = population.attempts.counted("dag_id", population.rows[refused])
    most = sorted(asked, key=lambda dag: (-asked[dag], dag))[:_COMPARED]
    return {dag: meant for dag in most if (meant := find_meant(dag, population.known_dags))}


def _are(population: Population, places: NDArray[np.int64], name: str, texts: tuple[str, ...]) -> NDArray[np.bool_]:
    """Return which of some places hold one of some texts in a column."""
    words = population.attempts.words[name]
    wanted = np.array([*(word in texts for word in words), False])
    found: NDArray[np.bool_] = wanted[population.code(name)[places]]
    return found
