"""Which lines of two logs are about the same request: a proxy's and that of the server behind it, or two exports.

Owns: how far apart in time they may be, and pairing one to one. Must not know: which of the two lines counts.

Two lines can be one request if they ask for the same path in the same way, got the same answer, do not contradict each
other in client, user and agent, and end at about the same time. A client may well ask for the same thing twice, so
lines are paired as a multiset: two requests in one log and one in the other leave one without a twin.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from itertools import product
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from logparse.common.timestamps import SECOND
from logparse.scans.duplicates.marks import (
    APART,
    Alike,
    Line,
    Rivals,
    by_carried,
    dated,
    grouped,
    lines,
    nothing,
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
#: How far off a time may be that was taken from a line next to it, if order alone tells; if the number tells as well.
NEIGHBOUR: Final = 300 * SECOND
DAY: Final = 86_400 * SECOND
#: Sizes of bodies are compared if of so many pairs more than this share agree in it: some requests that only one of
#: two logs holds are paired before that is known.
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


def pairs(leading: Iterable[Request], following: Iterable[Request], *, by_id: bool = False) -> list[Pair]:
    """Pair lines of two logs one to one: as many as possible, in order of time, the ones most alike first.

    What a proxy answered without asking the server has no twin. Neither order of the arguments' items matters.

    Args:
        leading: requests of one log.
        following: requests of the other.
        by_id: only such as hold the same id. Clients may then differ: the id came through all proxies.
    """
    first = _pairs(leading, following, frozenset(), by_id=by_id)
    passed_on = frozenset() if by_id else _passed_on(first)
    return _pairs(leading, following, passed_on, by_id=by_id) if passed_on else first


def _passed_on(pairs: Iterable[Pair]) -> frozenset[int]:
    """The statuses whose bodies a proxy passes on as they are: it may compress them, or put its own in their place."""
    equal: defaultdict[int, list[bool]] = defaultdict(list)
    for each in pairs:
        one, other = each.leading.access, each.following.access
        if one.status == other.status and None not in (one.size, other.size):
            equal[one.status].append(one.size == other.size)
    return frozenset(code for code, some in equal.items() if len(some) >= SIZES and sum(some) > AS_IS * len(some))


def _pairs(
    leading: Iterable[Request], following: Iterable[Request], passed_on: frozenset[int], *, by_id: bool
) -> list[Pair]:
    found = _Pairing(lines(leading, passed_on, by_id=by_id), lines(following, passed_on, by_id=by_id))
    for reach in (NEAR, WITH_ID if by_id else FAR):
        found.at_once(reach)
    found.given_up(WITH_ID if by_id else LATE)
    found.without_time()
    return found.made()


class _Pairing:
    """Pairs lines, step by step; each step takes of those that are left.

    Args:
        left, right: lines of either log, by time.
    """

    def __init__(self, left: Sequence[Line], right: Sequence[Line]) -> None:
        self._left = left
        self._right = right
        self._mates: dict[int, int] = {}  # left to right
        self._taken: set[int] = set()
        self._timeless: dict[int, bool] = {}  # mates without a time: whether all that might be are of one face

    def at_once(self, reach: int) -> None:
        """Lines with the same status that end within ``reach`` of each other; of the same peer rather than another."""
        left, right = dated(self._left), dated(self._right)
        for alike in (status_and_peer, status):
            self._step(left, right, alike, lambda some, others: self._within(some, others, -reach, reach))

    def given_up(self, late: int) -> None:
        """Lines of which one tells that nobody waited for the server: the other one may end up to ``late`` after."""
        left, right = dated(self._left), dated(self._right)
        gone = [n for n in right if self._right[n].gone]
        self._step(left, gone, nothing, lambda some, others: self._within(some, others, -late, FAR))
        gone = [n for n in left if self._left[n].gone]
        self._step(gone, right, nothing, lambda some, others: self._within(some, others, -FAR, late))

    def without_time(self) -> None:
        """Lines of which one carries no time: as many of a kind in both logs, or near a line that has one."""
        for left, right in ((undated(self._left), dated(self._right)), (dated(self._left), undated(self._right))):
            self._step(left, right, status, self._as_many)
            some = [n for n in left if self._left[n].moment is not None]
            others = [n for n in right if self._right[n].moment is not None]
            self._step(some, others, status, lambda one, two: self._within(one, two, -NEIGHBOUR, NEIGHBOUR))

    def made(self) -> list[Pair]:
        """The pairs, in order of the leading log."""
        rivals = Rivals(self._right)
        found = []
        for i, j in sorted(self._mates.items()):
            one, other = self._left[i], self._right[j]
            sure = rivals.none(one, other) if one.dated and other.dated else self._timeless.get(i, False)
            found.append(Pair(one.request, other.request, sure))
        return found

    def _step(self, left: Sequence[int], right: Sequence[int], alike: Alike, way: _Way) -> None:
        """Pair those that agree in all marks that both carry, the ones that carry most of them first."""
        lefts, rights = by_carried(self._left, left), by_carried(self._right, right)
        for mine, theirs in sorted(product(lefts, rights), key=_likeness):
            shared = shared_by(mine, theirs)
            some = grouped(self._left, (i for i in lefts[mine] if i not in self._mates), shared, alike)
            others = grouped(self._right, (j for j in rights[theirs] if j not in self._taken), shared, alike)
            for key, numbers in some.items():
                for i, j in way(numbers, others[key]) if key in others else ():
                    self._mates[i] = j
                    self._taken.add(j)

    def _within(self, left: Sequence[int], right: Sequence[int], low: int, high: int) -> Iterator[tuple[int, int]]:
        """In order: each with the first one left that is from ``low`` to ``high`` later, which makes most pairs."""
        at = 0
        for i in left:
            time = self._left[i].moment or 0
            while at < len(right) and (self._right[right[at]].moment or 0) < time + low:
                at += 1
            if at < len(right) and (self._right[right[at]].moment or 0) <= time + high:
                yield i, right[at]
                at += 1

    def _as_many(self, left: Sequence[int], right: Sequence[int]) -> Iterator[tuple[int, int]]:
        """All of a kind in order, if both logs hold equally many and no time speaks against it."""
        if len(left) != len(right):
            return
        left, right = _in_order(self._left, left), _in_order(self._right, right)
        made = list(zip(left, right, strict=True))
        moments = [(self._left[i].moment, self._right[j].moment) for i, j in made]
        if not made or any(a is not None and b is not None and abs(a - b) > DAY for a, b in moments):
            return
        alike = len({self._right[j].face for j in right}) == 1
        self._timeless.update(dict.fromkeys(left, alike))
        yield from made


def _in_order(lines: Sequence[Line], some: Sequence[int]) -> list[int]:
    """By time where the lines carry one, else as they were written; none if two files tell no order."""
    if all(lines[n].dated for n in some):
        return list(some)
    if len({lines[n].request.source for n in some}) > 1:
        return []
    return sorted(some, key=lambda n: lines[n].request.access.order)


def _likeness(both: tuple[tuple[bool, ...], tuple[bool, ...]]) -> tuple[object, ...]:
    """Which lines are paired first: those that carry the same marks, then those with most in common."""
    mine, theirs = both
    return mine != theirs, -len(shared_by(mine, theirs)), both


#: Two logs hold the same if more than this share of what one of them holds is in the other,
SHARE: Final = 0.5


def _follow(leading: Sequence[Request], following: Sequence[Request], *, by_id: bool = False) -> list[Pair]:
    """Pairs with the lines of each following source, of which every leading line has one twin.

    Logs of several proxies of one kind share the requests among them. One behind the other, all of them hold each
    request: then each leading line has a twin in each of them.
    """
    sources: defaultdict[int, list[Request]] = defaultdict(list)
    for each in following:
        sources[each.source].append(each)
    pool = _Pool(leading)
    found: list[Pair] = []
    paired: set[int] = set()
    for _, some in sorted(sources.items()):
        near = pool.near(some)
        first = pairs([each for each in near if id(each) not in paired], some, by_id=by_id)
        used = {id(each.following) for each in first}
        again = [each for each in near if id(each) in paired]
        rest = [each for each in some if id(each) not in used]
        second = pairs(again, rest, by_id=by_id) if again and rest else []
        found += first
        if len(second) > SHARE * len(some):
            found += second
        paired.update(id(each.leading) for each in first)
    return found


class _Pool:
    """Requests by time, for finding those of a while."""

    def __init__(self, requests: Sequence[Request]) -> None:
        self._timeless = [each for each in requests if each.access.time is None]
        self._dated = sorted(
            (each for each in requests if each.access.time is not None), key=lambda each: each.access.time or 0
        )
        self._times = [each.access.time or 0 for each in self._dated]

    def near(self, lines: Sequence[Request]) -> list[Request]:
        """Those that may have a twin among ``lines``."""
        times = [each.access.time for each in lines if each.access.time is not None]
        if len(times) < len(lines):
            return self._timeless + self._dated
        low, high = min(times) - DAY, max(times) + DAY
        return self._timeless + self._dated[bisect_left(self._times, low) : bisect_right(self._times, high)]
