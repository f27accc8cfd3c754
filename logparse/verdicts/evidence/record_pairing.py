"""Requests and records, paired one to one: as many as possible, in order, the likely ones first.

Owns: which of several possible pairs are made, and which of them are not the only ones possible. Must not know: what
makes a pair possible (``records``).

Of the requests for one DAG, records and requests are paired in order, and rather those that were accepted than those
that were refused. What is left over, because the order was another, is paired by nearness.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Generic, NamedTuple, TypeVar

from logparse.common.timestamps import SECOND
from logparse.verdicts.attempt import Joined

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from logparse.scans.scan import Browser, Request
    from logparse.verdicts.attempt import Attempt
    from logparse.verdicts.exports.audit_log import AuditRecord
    from logparse.verdicts.exports.dag_runs import RunRecord

Record = TypeVar("Record", "AuditRecord", "RunRecord")
#: Records are written some milliseconds after the begin, by the clock of the same process.
SLACK: Final = SECOND // 20
#: How long a request may take whose line does not say how long it took.
SLOW: Final = 10 * SECOND
#: How far off a time may be that was taken from a line next to it.
NEIGHBOUR: Final = 300 * SECOND
#: What a pair is worth: a request that was accepted must have a record, one that was refused cannot.
MUST: Final = 400.0
MAY: Final = 200.0
HARDLY: Final = 100.0
#: The same client was seen to be this user, or another.
KNOWN_AS: Final = 40.0
KNOWN_ELSE: Final = -60.0
#: What each second takes away between the record and the time of the line; if that is of a line next to it.
PER_SECOND: Final = 40.0
PER_SECOND_VAGUE: Final = 0.05
#: Two ways to pair that differ by less than this are as good as each other.
ALIKE: Final = 8.0
#: Records of requests that can have been handled at the same time lie within this (a run takes 20 to 150 ms to make).
OVERLAP: Final = 3 * SECOND // 20
#: Requests that were handled at the same time end within so many lines of each other.
TOGETHER: Final = 8


@dataclass(slots=True)
class Taker:
    """A request that may have left a record.

    Attributes:
        request: the request.
        attempt: it is this attempt; None for a view of the form.
        first, last: between which moments it ended, microseconds UTC.
        low: when it can have begun.
        worth: how much speaks for a record.
        vague: its time is that of a line next to it.
    """

    request: Request
    attempt: Attempt | None
    first: int
    last: int
    low: int
    worth: float
    vague: bool

    @property
    def names_dag(self) -> bool:
        """Whether the request itself does; the page that it came from is a guess."""
        return self.request.tag.dag_from in ("path", "query")


class Edge(NamedTuple):
    """A pair that fits."""

    taker: int
    record: int
    worth: float


class Pairing(Generic[Record]):
    """Pairs takers with records.

    Args:
        takers: in any order.
        records: in order of time.
        fits: what speaks for a pair beyond time.
    """

    def __init__(
        self, takers: Sequence[Taker], records: Sequence[Record], fits: Callable[[Taker, Record], float | None]
    ) -> None:
        self._takers = sorted(
            takers, key=lambda taker: (taker.request.access.time, taker.request.source, taker.request.access.order)
        )
        self._records: Sequence[Record] = records
        self._worth: dict[tuple[int, int], float] = {}
        self._of_taker: defaultdict[int, list[int]] = defaultdict(list)
        self._of_record: defaultdict[int, list[int]] = defaultdict(list)
        times = [record.time for record in records]
        of_dag: defaultdict[str | None, list[int]] = defaultdict(list)
        for j, record in enumerate(records):
            of_dag[record.dag_id].append(j)
        sure: defaultdict[str | None, list[Edge]] = defaultdict(list)
        vague: list[Edge] = []
        refused: list[Edge] = []
        for i, taker in enumerate(self._takers):
            low, high = bisect_left(times, taker.low), bisect_right(times, taker.last + SLACK)
            for j in _of_same_dag(taker, of_dag, low, high) if taker.names_dag else range(low, high):
                found = fits(taker, records[j])
                if found is None:
                    continue
                edge = Edge(i, j, taker.worth + found - _distance(taker, times[j]))
                self._worth[i, j] = edge.worth
                self._of_taker[i].append(j)
                self._of_record[j].append(i)
                if taker.worth <= HARDLY:
                    refused.append(edge)
                elif taker.names_dag:
                    sure[records[j].dag_id].append(edge)
                else:
                    vague.append(edge)
        self._mate: dict[int, int] = {}  # taker to record
        self._taken: set[int] = set()
        for edges in sure.values():
            self._pair(edges)
        self._pair([edge for edge in vague if edge.record not in self._taken])
        self._pair([edge for edge in refused if edge.record not in self._taken])

    def _pair(self, edges: Sequence[Edge]) -> None:
        """In order first; what is left over because its order was another, by nearness."""
        for edge in (*_in_order(edges), *sorted(edges, key=lambda pair: -pair.worth)):
            if edge.worth > 0 and edge.taker not in self._mate and edge.record not in self._taken:
                self._mate[edge.taker] = edge.record
                self._taken.add(edge.record)

    def sessions(self) -> dict[Browser, str]:
        """Who was behind an address and browser, where pairs that admit no other reading name one user only."""
        owners: defaultdict[Browser, set[str | None]] = defaultdict(set)
        for i, j in self._mate.items():
            alone = len({self._records[k].user for k in self._of_taker[i]}) == 1
            request = self._takers[i].request
            if alone and len(self._of_record[j]) == 1 and request.access.agent is not None and request.has_session:
                owners[request.browser].add(self._records[j].user)
        return {key: next(iter(names)) or "" for key, names in owners.items() if len(names) == 1}

    def joined(self, spans: Sequence[tuple[int, int]]) -> Iterator[tuple[Taker, Joined[Record]]]:
        """What the export says of every taker."""
        owner = {j: i for i, j in self._mate.items()}
        for i, taker in enumerate(self._takers):
            mate = self._mate.get(i)
            if mate is not None:
                contested, shared = self._rivals(i, mate, owner)
                yield taker, Joined("row", self._records[mate], contested, shared)
                continue
            covered = any(since <= taker.first - SECOND and taker.last <= until for since, until in spans)
            worth = self._worth
            lost = any(worth[i, j] + ALIKE >= worth[owner[j], j] for j in self._of_taker[i] if j in owner)
            yield taker, Joined("absent" if covered and not lost else "unknown", contested=lost)

    def _rivals(self, i: int, mate: int, owner: Mapping[int, int]) -> tuple[bool, bool]:
        """Whether another request may have left the record, and whether another user's record may be this one's."""
        worth, records = self._worth, self._records
        contested = any(
            k not in self._mate and worth[k, mate] + ALIKE >= worth[i, mate] for k in self._of_record[mate] if k != i
        )
        for j in self._of_taker[i]:
            if j == mate or records[j].user == records[mate].user:
                continue
            k = owner.get(j)
            if k is None:
                if worth[i, j] + ALIKE >= worth[i, mate] and self._together(i, None, mate, j):
                    return contested, True
            elif (
                (k, mate) in worth
                and worth[k, mate] + worth[i, j] + ALIKE >= worth[i, mate] + worth[k, j]
                and self._together(i, k, mate, j)
            ):
                return contested, True
        return contested, False

    def _together(self, i: int, k: int | None, mate: int, other: int) -> bool:
        """Whether two requests can have been handled at the same time."""
        if abs(self._records[mate].time - self._records[other].time) > OVERLAP:
            return False
        if k is None or not self._takers[i].vague:
            return True
        one, two = self._takers[i].request, self._takers[k].request
        return one.place[0] != two.place[0] or abs(one.access.order - two.access.order) <= TOGETHER


def _of_same_dag(taker: Taker, of_dag: Mapping[str | None, Sequence[int]], low: int, high: int) -> list[int]:
    """Return which of some records are of the DAG that a request names, or name none."""
    near = (of_dag.get(dag, ()) for dag in {taker.request.tag.dag_id, None})
    return sorted(j for places in near for j in places[bisect_left(places, low) : bisect_left(places, high)])


def _distance(taker: Taker, time: int) -> float:
    if taker.vague:
        return PER_SECOND_VAGUE * abs(time - (taker.first + taker.last) / 2) / SECOND
    beyond = max(taker.first - time if taker.request.access.duration is None else 0, 0)
    return PER_SECOND * beyond / SECOND


def _in_order(edges: Sequence[Edge]) -> list[Edge]:
    """The heaviest pairing in which no two pairs cross: a heaviest increasing subsequence, by a Fenwick tree."""
    places = {j: n for n, j in enumerate(sorted({edge.record for edge in edges}), 1)}
    best: list[tuple[float, int]] = [(0.0, -1)] * (len(places) + 1)
    weight: list[float] = []
    before: list[int] = []
    chosen: list[Edge] = sorted(edges, key=lambda edge: (edge.taker, -edge.record))
    top = (0.0, -1)
    for number, edge in enumerate(chosen):
        place = places[edge.record]
        found, at = (0.0, -1), place - 1
        while at:
            found = max(found, best[at])
            at -= at & -at
        weight.append(found[0] + edge.worth)
        before.append(found[1])
        mine = (weight[number], number)
        top = max(top, mine)
        at = place
        while at <= len(places):
            best[at] = max(best[at], mine)
            at += at & -at
    picked = []
    at = top[1]
    while at >= 0:
        picked.append(chosen[at])
        at = before[at]
    return picked
