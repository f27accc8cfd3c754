"""Callers whom one change can have shut out: accepted before it, refused behind it.

Owns: which of them can go back to one change. Must not know: which findings there are, what else must hold of attempts.
"""

from __future__ import annotations

from bisect import bisect_right
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
#: A caller who was refused once is compared with so many changes that begin behind its last success.
_NEAREST: Final = 3
#: So much earlier or later is the same time (microseconds).
AROUND: Final = 3_600 * SECOND


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


class Change:
    """Callers who were shut out by one change.

    Args:
        one: the first of them by its first refusal.

    Attributes:
        begin, end: first and last refusal of any of them, microseconds UTC.
        accepted: the last success of any of them before its refusals.
        again: the first success of any of them behind its refusals.
        places: refusals, caller by caller.
    """

    def __init__(self, one: Exclusion) -> None:
        self.begin, self.end, self.accepted, self.again = one.first, one.last, one.accepted, one.again
        self.places = [one.places]

    def covers(self, one: Exclusion) -> bool:
        """Return whether nobody of them, and of another caller, was let in while another one was refused."""
        end = max(self.end, one.last)
        again = min(self.again or end + 1, one.again or end + 1)
        return max(self.accepted, one.accepted) < self.begin and again > end

    def add(self, one: Exclusion) -> None:
        """Add a caller."""
        self.begin, self.end = min(self.begin, one.first), max(self.end, one.last)
        self.accepted = max(self.accepted, one.accepted)
        self.again = min(self.again or one.again or 0, one.again or self.again or 0) or None
        self.places.append(one.places)


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
    changes: list[Change] = []
    for one in _in_order(lasting, by, population):
        if not changes or one.accepted >= changes[-1].begin:
            changes.append(Change(one))
        else:
            changes[-1].add(one)
    begins = [change.begin for change in changes]
    left = [
        one
        for one in _in_order(others, by, population)
        if _is_unbroken(one, by, population) and not _join(one, changes, begins)
    ]
    return [change.places for change in (*changes, *_find_common(left, callers))]


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
        if begin - AROUND <= one.first and one.last <= end + AROUND and one.accepted and one.again is not None
    ]


def _in_order(callers: Iterable[Places], by: Partition, population: Population) -> list[Exclusion]:
    measured = (_measure(places, by, population) for places in callers)
    return sorted(measured, key=lambda one: (one.first, one.accepted))


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


def _join(one: Exclusion, changes: Sequence[Change], begins: Sequence[int]) -> bool:
    """Add a caller to the change that it goes back to, if there is one; ``begins`` are those of the changes."""
    nearest = bisect_right(begins, one.accepted)
    for change in changes[nearest : nearest + _NEAREST]:
        if change.accepted < one.first <= change.end:
            change.add(one)
            return True
    return False


def _find_common(seldom: Sequence[Exclusion], callers: NDArray[Any]) -> list[Change]:
    """Return those of whom several were shut out for the same time: none was let in while another was refused."""
    found: list[Change] = []
    for one in seldom:
        last = found[-1] if found else None
        if last is not None and last.covers(one):
            last.add(one)
        else:
            found.append(Change(one))
    return [
        change
        for change in found
        if len({int(callers[places[0]]) for places in change.places}) >= _CALLERS
        and change.end - change.begin >= _BRIEF
    ]
