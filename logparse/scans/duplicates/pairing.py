"""Pairing the lines of two logs one to one: a proxy's log and that of the server behind it, or two exports.

Owns: how far apart in time two lines may be, and which lines are paired. Must not know: which of the two lines counts.

Two lines can be one request if they ask for the same path in the same way, got the same answer, do not contradict each
other in client, user and agent, and end at about the same time. A client may well ask for the same thing twice, so
lines are paired as a multiset: two requests in one log and one in the other leave one without a twin.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import product
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from logparse.common.timestamps import SECOND
from logparse.scans.duplicates.marks import (
    APART,
    Key,
    Line,
    Rivals,
    any_status,
    by_carried,
    dated,
    group_by,
    make_lines,
    shared_by,
    status,
    status_and_peer,
    undated,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from logparse.scans.scan import Request

#: What ends in the same moment may have stamps one second apart: many servers cut them to whole seconds,
NEAR: Final = SECOND
#: and clocks of hosts that are set by NTP differ by less than two seconds, even under load.
FAR: Final = 3 * SECOND
#: Where both lines hold the same id of the request, only a clock that nobody sets stands against it.
WITH_ID: Final = APART
#: A server works on for a client that left, or a proxy that gave up; gunicorn kills the worker of an Airflow webserver
#: after 120 s (https://airflow.apache.org/docs/apache-airflow/2.10.5/configurations-ref.html#web-server-worker-timeout).
LATE: Final = 120 * SECOND
#: How far off a time may be that was taken from a line next to it; and if both logs hold equally many of a kind.
NEIGHBOUR: Final = 300 * SECOND
DAY: Final = 86_400 * SECOND
#: Sizes of bodies are compared if, of at least so many pairs, more than this share agree in it. It is not all of them:
#: some requests that only one of two logs holds are paired before that is known.
SIZES: Final = 3
AS_IS: Final = 0.75
#: How lines that agree in all that they must are paired.
_Way: TypeAlias = "Callable[[Sequence[int], Sequence[int]], Iterable[tuple[int, int]]]"


class Pair(NamedTuple):
    """Two lines about one request.

    Attributes:
        leading, following: the lines.
        sure: no other line of the following log could be the twin as well and says something else about the client.
    """

    leading: Request
    following: Request
    sure: bool


def pair_lines(leading: Iterable[Request], following: Iterable[Request], *, by_id: bool = False) -> list[Pair]:
    """Pair lines of two logs one to one: as many as possible, in order of time, the ones most alike first.

    What a proxy answered without asking the server has no twin. The order of either argument's items does not matter.

    Args:
        leading: requests of one log.
        following: requests of the other.
        by_id: pair only lines that hold the same id. Clients may then differ: the id came through all proxies.
    """
    first = _pair(leading, following, frozenset(), by_id=by_id)
    passed_on = frozenset() if by_id else _find_statuses_passed_on(first)
    return _pair(leading, following, passed_on, by_id=by_id) if passed_on else first


def _find_statuses_passed_on(pairs: Iterable[Pair]) -> frozenset[int]:
    """Find the statuses whose bodies a proxy passes on; others it compresses, or replaces by its own."""
    equal: defaultdict[int, list[bool]] = defaultdict(list)
    for pair in pairs:
        one, other = pair.leading.access, pair.following.access
        if one.status == other.status and None not in (one.size, other.size):
            equal[one.status].append(one.size == other.size)
    return frozenset(
        status for status, sizes in equal.items() if len(sizes) >= SIZES and sum(sizes) > AS_IS * len(sizes)
    )


def _pair(
    leading: Iterable[Request], following: Iterable[Request], passed_on: frozenset[int], *, by_id: bool
) -> list[Pair]:
    pairing = _Pairing(make_lines(leading, passed_on, by_id=by_id), make_lines(following, passed_on, by_id=by_id))
    for reach in (NEAR, WITH_ID if by_id else FAR):
        pairing.pair_within(reach)
    pairing.pair_given_up(WITH_ID if by_id else LATE)
    pairing.pair_without_time()
    return pairing.pairs()


class _Pairing:
    """Pairs lines, step by step; each step pairs some of those that are left.

    Args:
        left, right: lines of either log, by time.
    """

    def __init__(self, left: Sequence[Line], right: Sequence[Line]) -> None:
        self._left = left
        self._right = right
        self._mates: dict[int, int] = {}  # left to right
        self._taken: set[int] = set()
        self._timeless: dict[
            int, bool
        ] = {}  # lines paired without a time: whether all possible twins are of one caller

    def pair_within(self, reach: int) -> None:
        """Pair lines with the same status that end within ``reach`` of each other; those of the same peer first."""
        left, right = dated(self._left), dated(self._right)
        for key in (status_and_peer, status):
            self._step(left, right, key, lambda some, others: self._within(some, others, -reach, reach))

    def pair_given_up(self, late: int) -> None:
        """Pair lines if one of them shows that nobody waited for the server: the other may end up to ``late`` after."""
        left, right = dated(self._left), dated(self._right)
        left_alone = [n for n in right if self._right[n].nobody_waited]
        self._step(left, left_alone, any_status, lambda some, others: self._within(some, others, -late, FAR))
        left_alone = [n for n in left if self._left[n].nobody_waited]
        self._step(left_alone, right, any_status, lambda some, others: self._within(some, others, -FAR, late))

    def pair_without_time(self) -> None:
        """Pair lines of which one carries no time: as many of a kind in both logs, or near a line that has a time."""
        for left, right in ((undated(self._left), dated(self._right)), (dated(self._left), undated(self._right))):
            self._step(left, right, status, self._as_many)
            some = [n for n in left if self._left[n].moment is not None]
            others = [n for n in right if self._right[n].moment is not None]
            self._step(some, others, status, lambda one, two: self._within(one, two, -NEIGHBOUR, NEIGHBOUR))

    def pairs(self) -> list[Pair]:
        """Return all pairs, in order of the leading log."""
        rivals = Rivals(self._right)
        pairs = []
        for i, j in sorted(self._mates.items()):
            one, other = self._left[i], self._right[j]
            sure = rivals.has_none(one, other) if one.dated and other.dated else self._timeless.get(i, False)
            pairs.append(Pair(one.request, other.request, sure))
        return pairs

    def _step(self, left: Sequence[int], right: Sequence[int], key: Key, way: _Way) -> None:
        """Pair lines that agree in all marks that both carry; those that carry most marks are paired first."""
        lefts, rights = by_carried(self._left, left), by_carried(self._right, right)
        for mine, theirs in sorted(product(lefts, rights), key=_likeness):
            shared = shared_by(mine, theirs)
            some = group_by(self._left, (i for i in lefts[mine] if i not in self._mates), shared, key)
            others = group_by(self._right, (j for j in rights[theirs] if j not in self._taken), shared, key)
            for agreed, numbers in some.items():
                for i, j in way(numbers, others[agreed]) if agreed in others else ():
                    self._mates[i] = j
                    self._taken.add(j)

    def _within(self, left: Sequence[int], right: Sequence[int], low: int, high: int) -> Iterator[tuple[int, int]]:
        """Pair each line, in order, with the first one that is ``low`` to ``high`` later: that makes most pairs."""
        at = 0
        for i in left:
            time = self._left[i].moment or 0
            while at < len(right) and (self._right[right[at]].moment or 0) < time + low:
                at += 1
            if at < len(right) and (self._right[right[at]].moment or 0) <= time + high:
                yield i, right[at]
                at += 1

    def _as_many(self, left: Sequence[int], right: Sequence[int]) -> Iterator[tuple[int, int]]:
        """Pair all lines of a kind in order, if both logs hold equally many and no time speaks against it."""
        if len(left) != len(right):
            return
        left, right = _in_order(self._left, left), _in_order(self._right, right)
        twins = list(zip(left, right, strict=True))
        moments = [(self._left[i].moment, self._right[j].moment) for i, j in twins]
        if not twins or any(a is not None and b is not None and abs(a - b) > DAY for a, b in moments):
            return
        one_caller = len({self._right[j].caller for j in right}) == 1
        self._timeless.update(dict.fromkeys(left, one_caller))
        yield from twins


def _in_order(lines: Sequence[Line], some: Sequence[int]) -> list[int]:
    """Order lines by time if they carry one, else as they were written; lines of two files have no such order: none."""
    if all(lines[n].dated for n in some):
        return list(some)
    if len({lines[n].request.source for n in some}) > 1:
        return []
    return sorted(some, key=lambda n: lines[n].request.access.order)


def _likeness(both: tuple[tuple[bool, ...], tuple[bool, ...]]) -> tuple[object, ...]:
    """Sort key: lines that carry the same marks are paired first, then those with most marks in common."""
    mine, theirs = both
    return mine != theirs, -len(shared_by(mine, theirs)), both
