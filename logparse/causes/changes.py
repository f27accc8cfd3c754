"""Callers whom one change can have shut out: accepted before it, refused behind it.

Owns: which of them can go back to one change. Must not know: which findings there are, what else must hold of attempts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from logparse.common.timestamps import SECOND

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from logparse.causes.population import Partition, Population

    Places = NDArray[np.int64]

#: So many callers who were refused once each, and nothing else in common than the time, are no chance any more.
_CALLERS: Final = 3
#: What is over sooner is a restart, which changes nothing (microseconds).
_BRIEF: Final = 300 * SECOND
#: So much earlier or later is the same time (microseconds).
_AROUND: Final = 3_600 * SECOND


class Exclusion(NamedTuple):
    """How long a caller was shut out.

    Attributes:
        first, last: its first and last refusal, microseconds UTC.
        accepted: its last success before; 0: none.
        again: its first success behind; None: none.
        places: its refusals.
    """

    first: int
    last: int
    accepted: int
    again: int | None
    places: Places


def part_by_change(
    lasting: Iterable[Places], others: Iterable[Places], by: Partition, population: Population, callers: NDArray[Any]
) -> list[list[Places]]:
    """Put those together for whom one change can explain that they were accepted before, and refused then.

    Who was refused only once, between successes, says nothing by itself. It belongs to a change that others show, or to
    one that shut out several for the same time.

    Args:
        lasting: refusals of those who were shut out, caller by caller.
        others: refusals of those who may have been.
        by: what a caller is.
        population: all attempts of the deployment.
        callers: by place, a code of who it was.
    """
    parts: list[list[Exclusion]] = []
    for one in sorted(
        (_measure(places, by, population) for places in lasting), key=lambda one: (one.first, one.accepted)
    ):
        if not parts or one.accepted >= min(other.first for other in parts[-1]):
            parts.append([])
        parts[-1].append(one)
    seldom = sorted((_measure(places, by, population) for places in others), key=lambda one: (one.first, one.accepted))
    left = [one for one in seldom if _is_unbroken(one, by, population) and not _join(one, parts)]
    parts += _find_common(left, callers)
    return [[one.places for one in part] for part in parts]


def find_meanwhile(
    taken: Sequence[Places], others: Iterable[Places], by: Partition, population: Population
) -> list[Places]:
    """Return those who were refused between successes at the same time as others, an hour around it included.

    Args:
        taken: refusals of these others, caller by caller.
        others: refusals of those who may belong to them.
        by: what a caller is.
        population: all attempts of the deployment.
    """
    begin, end = (int(edge(population.time[np.concatenate(taken)])) for edge in (np.min, np.max))
    measured = (_measure(places, by, population) for places in others)
    return [
        one.places
        for one in measured
        if begin - _AROUND <= one.first and one.last <= end + _AROUND and one.accepted and one.again is not None
    ]


def _measure(places: Places, by: Partition, population: Population) -> Exclusion:
    same = by.places_of_group(places[0])
    good = population.time[same[population.success[same]]]
    first, last = population.time[places[[0, -1]]].tolist()
    again = good[good > last]
    return Exclusion(first, last, int(good[good < first].max(initial=0)), int(again[0]) if len(again) else None, places)


def _is_unbroken(one: Exclusion, by: Partition, population: Population) -> bool:
    """Return whether a caller was accepted before and behind its refusals, and not between them."""
    if not one.accepted or one.again is None:
        return False
    same = by.places_of_group(one.places[0])
    good = population.time[same[population.success[same]]]
    return not ((good >= one.first) & (good <= one.last)).any()


def _join(one: Exclusion, parts: Sequence[list[Exclusion]]) -> bool:
    """Add a caller to the change that it goes back to, if there is one."""
    for part in parts:
        begin, end = min(other.first for other in part), max(other.last for other in part)
        if one.accepted < begin and max(other.accepted for other in part) < one.first <= end:
            part.append(one)
            return True
    return False


def _find_common(seldom: Sequence[Exclusion], callers: NDArray[Any]) -> list[list[Exclusion]]:
    """Return those of whom several were shut out for the same time: none was let in while another was refused."""
    found: list[list[Exclusion]] = []
    part: list[Exclusion] = []
    for one in seldom:
        joined = [*part, one]
        begin, end = joined[0].first, max(other.last for other in joined)
        if all(other.accepted < begin and (other.again or end) > end for other in joined):
            part = joined
            continue
        found.append(part)
        part = [one]
    return [
        part
        for part in (*found, part)
        if len({int(callers[one.places[0]]) for one in part}) >= _CALLERS
        and max(one.last for one in part) - part[0].first >= _BRIEF
    ]
