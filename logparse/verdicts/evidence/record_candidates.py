"""Pairs of requests and records that are looked at: those that fit, of any request only so many.

Owns: how records are found by what they must agree in with a request, and which are looked at if very many would do.
Must not know: what a request and a record must agree in (``records``), which pairs are made (``record_pairing``).

A stranger can send thousands of equal requests in one second. If each were compared with each record of that second,
the work would grow with the square of their number. So a request is compared with ``NEAREST`` records at most. Requests
and records come in the same order. So half of these are the records that stand where the request does among its like,
in the time that it may have taken; half are those that stand there in the time in which it ended.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

import numpy as np

from logparse.common.columns import number_groups
from logparse.common.timestamps import SECOND
from logparse.verdicts.evidence.record_columns import NONE
from logparse.verdicts.evidence.record_order import Pairs
from logparse.verdicts.evidence.record_pairing import distances
from logparse.verdicts.evidence.record_takers import SLACK

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from logparse.verdicts.evidence.record_columns import RecordColumns, Takers

    Numbers = NDArray[np.int64]

#: With how many records a request is compared at most.
NEAREST: Final = 32
_HALF: Final = NEAREST // 2


def find_pairs(
    takers: Takers,
    records: RecordColumns,
    fits: Callable[[int, int], float | None],
    more: Callable[[Numbers, Numbers], NDArray[np.float64]],
    only: Numbers | None = None,
) -> Pairs:
    """Return the requests and records that fit, and how well.

    Args:
        takers: the requests.
        records: the records.
        fits: returns what speaks for a pair, by the kinds of both; None: they do not fit.
        more: returns what else speaks for pairs, by their indices; NaN: they do not fit.
        only: of each request, the one record that it can have left; ``NONE``: any.
    """
    by_dag = _Streams(records, _streams_of_dags(records), fits)
    without_dag, every = len(records.dags) - 1, len(records.dags)
    stream = np.where(takers.named, np.where(takers.dag >= 0, takers.dag, without_dag), every)
    free = np.ones(len(takers), np.bool_) if only is None else only == NONE
    found = [np.zeros((2, 0), np.int64)]
    for rows, streams in (
        (np.flatnonzero(free), stream),
        (np.flatnonzero(free & (stream < without_dag)), np.full(len(takers), without_dag)),
    ):
        found += _possible_pairs(takers, rows, streams, by_dag, records.time)
    if only is not None:
        rows = np.flatnonzero(only >= 0)
        time = records.time[only[rows]]
        rows = rows[(takers.low[rows] <= time) & (time <= _latest(takers)[rows])]
        found.append(np.stack([rows, only[rows]]))
    width = max(len(records.time), 1)
    both = np.concatenate(found, axis=1)
    taker, record = np.divmod(np.unique(both[0] * width + both[1]), width)
    worth = by_dag.worths(takers.kind[taker], records.kind[record]) + more(taker, record)
    worth += takers.worth[taker] - distances(takers, (taker, record), records.time)
    fit = ~np.isnan(worth)
    return Pairs(taker[fit], record[fit], worth[fit])


class _Streams:
    """Records by what they must agree in with a request.

    Args:
        records: the records.
        streams: places of the records that a request may have left by what it names, in order; by number of the stream.
        fits: returns what speaks for a pair, by the kinds of request and record; None: they do not fit.
    """

    def __init__(
        self, records: RecordColumns, streams: Sequence[Numbers], fits: Callable[[int, int], float | None]
    ) -> None:
        self._records = records
        self._streams = streams
        self._fits = fits
        self._known: dict[tuple[int, int], float | None] = {}
        self._by_kind: dict[int, dict[int, Numbers]] = {}
        self._fitting: dict[tuple[int, tuple[int, ...]], Numbers] = {}

    def worth(self, kind: int, record: int) -> float | None:
        """Return what speaks for a pair of these kinds; None: they do not fit."""
        key = kind, record
        if key not in self._known:
            self._known[key] = self._fits(kind, record)
        return self._known[key]

    def worths(self, kinds: Numbers, records: Numbers) -> NDArray[np.float64]:
        """Return what speaks for each of many pairs that fit, by their kinds."""
        groups, firsts = number_groups([kinds, records])
        pairs = zip(kinds[firsts].tolist(), records[firsts].tolist(), strict=True)
        return np.array([self.worth(*pair) for pair in pairs], np.float64)[groups]

    def fitting(self, stream: int, kind: int) -> tuple[tuple[int, tuple[int, ...]], Numbers]:
        """Return the places of the records of a stream that fit a kind of requests, in order, and what tells them."""
        if stream not in self._by_kind:
            self._by_kind[stream] = _split(self._streams[stream], self._records.kind[self._streams[stream]])
        by_kind = self._by_kind[stream]
        key = stream, tuple(record for record in by_kind if self.worth(kind, record) is not None)
        if key not in self._fitting:
            parts = [by_kind[record] for record in key[1]]
            whole = len(parts) == len(by_kind)
            self._fitting[key] = self._streams[stream] if whole else np.sort(np.concatenate([_NO_PLACES, *parts]))
        return key, self._fitting[key]


def _possible_pairs(
    takers: Takers, rows: Numbers, stream: Numbers, streams: _Streams, times: Numbers
) -> Iterator[Numbers]:
    """Yield pairs that fit by what the kinds show and by time: two rows, of indices of requests and of records.

    Args:
        takers: the requests, in order.
        rows: indices of those that are looked at.
        stream: of each request, the number of its stream.
        streams: the records.
        times: of the records.
    """
    stream, kind_of = stream[rows], takers.kind[rows]
    combinations, firsts = number_groups([stream, kind_of])
    places: dict[tuple[int, tuple[int, ...]], Numbers] = {}
    keys = []
    for one, kind in zip(stream[firsts].tolist(), kind_of[firsts].tolist(), strict=True):
        key, places_of_key = streams.fitting(one, kind)
        places[key] = places_of_key
        keys.append(key)
    numbers = {key: number for number, key in enumerate(places)}
    of_taker = np.array([numbers[key] for key in keys], np.int64)[combinations]
    of_key = list(places.values())
    for number, mine in _split(rows, of_taker).items():
        records = of_key[number]
        if len(records):
            yield _pairs_of_stream(takers, mine, records, times[records])


def _pairs_of_stream(takers: Takers, mine: Numbers, records: Numbers, times: Numbers) -> Numbers:
    """Return the pairs of some requests with the records near each, ``NEAREST`` at most."""
    low = np.searchsorted(times, takers.low[mine], "left")
    high = np.searchsorted(times, _latest(takers)[mine], "right")
    many = high - low > NEAREST
    parts = [_expand(mine[~many], low[~many], high[~many])]
    if many.any():
        some, last = mine[many], takers.last[mine]
        order = np.argsort(last, kind="stable")
        ends = last[order]
        rank = np.empty(len(mine), np.int64)
        rank[order] = np.arange(len(mine))
        for begin in (takers.low[some], takers.first[some]):
            from_record = np.searchsorted(times, begin, "left")
            from_taker = np.searchsorted(ends, begin, "left")
            like = np.maximum(np.searchsorted(ends, takers.last[some], "right") - from_taker, 1)
            share = np.clip((rank[many] - from_taker + 0.5) / like, 0, 1)
            middle = from_record + (share * (high[many] - from_record)).astype(np.int64)
            start = np.clip(middle - _HALF // 2, low[many], high[many] - _HALF)
            parts.append(_expand(some, start, start + _HALF))
    pairs = np.concatenate(parts, axis=1)
    return np.stack([pairs[0], records[pairs[1]]])


def _latest(takers: Takers) -> Numbers:
    """Return how late the record of each request may be: a whole second can be that in which Apache's request began."""
    return takers.last + np.where(takers.last > takers.first, SECOND, SLACK)


def _expand(takers: Numbers, low: Numbers, high: Numbers) -> Numbers:
    """Return each request with each number from its ``low`` to below its ``high``, in two rows."""
    counts = np.maximum(high - low, 0)
    ends = np.cumsum(counts)
    total = int(ends[-1]) if len(ends) else 0
    steps = np.arange(total) - np.repeat(ends - counts, counts)
    return np.stack([np.repeat(takers, counts), np.repeat(low, counts) + steps])


def _split(values: Numbers, groups: Numbers) -> dict[int, Numbers]:
    """Return values by their groups, in order."""
    order = np.argsort(groups, kind="stable")
    found: defaultdict[int, Numbers] = defaultdict(lambda: _NO_PLACES)
    bounds = np.flatnonzero(np.diff(groups[order])) + 1
    for part in np.split(order, bounds) if len(order) else ():
        found[int(groups[part[0]])] = values[part]
    return dict(found)


def _streams_of_dags(records: RecordColumns) -> list[Numbers]:
    """Return the records of each DAG, by its number; then those without a DAG; then all of them."""
    order = np.argsort(records.dag, kind="stable")
    bounds = np.searchsorted(records.dag[order], np.arange(len(records.dags)))
    of_dag = [order[begin:end] for begin, end in zip(bounds[:-1].tolist(), bounds[1:].tolist(), strict=True)]
    return [*of_dag, order[: bounds[0]], np.arange(len(order))]


_NO_PLACES: Final = np.zeros(0, np.int64)
