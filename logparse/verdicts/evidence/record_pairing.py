"""Requests and records, paired one to one: as many as possible, in order, the likely ones first.

Owns: which of several possible pairs are made, and which of them are not the only ones possible. Must not know: what
makes a pair possible (``records``).

Of the requests for one DAG, records and requests are paired in order, and rather those that were accepted than those
that were refused. What is left over, because the order was another, is paired by nearness.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from logparse.common.timestamps import SECOND
from logparse.verdicts.evidence.record_columns import NONE
from logparse.verdicts.evidence.record_order import find_clusters, heaviest_in_order, sort_pairs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from logparse.verdicts.evidence.record_columns import RecordColumns, Takers
    from logparse.verdicts.evidence.record_order import Pairs

    Numbers = NDArray[np.int64]
    Truths = NDArray[np.bool_]

#: What a pair is worth: a request that was accepted must have a record, one that was refused cannot.
MUST: Final = 400.0
MAY: Final = 200.0
HARDLY: Final = 100.0
#: What each second takes away between the record and the time of the line; if that is of a line next to it.
PER_SECOND: Final = 40.0
PER_SECOND_VAGUE: Final = 0.05
#: Two ways to pair that differ by less than this are as good as each other.
ALIKE: Final = 8.0
#: Records of requests that can have been handled at the same time lie within this (a run takes 20 to 150 ms to make).
OVERLAP: Final = 3 * SECOND // 20
#: Requests that were handled at the same time end within so many lines of each other.
TOGETHER: Final = 8


class Joins(NamedTuple):
    """What an export shows about requests, one row for each; see ``Joined``.

    Attributes:
        record: index of the record; -1 for none.
        absent: there is none, though the export would hold it.
        contested, shared: as in ``Joined``.
    """

    record: Numbers
    absent: Truths
    contested: Truths
    shared: Truths


def distances(takers: Takers, pairs: tuple[Numbers, Numbers], times: Numbers) -> NDArray[np.float64]:
    """Return what the time between each request and its record takes away from the worth of the pair.

    Args:
        takers: the requests.
        pairs: indices of requests, and of records.
        times: of all records.
    """
    rows, time = pairs[0], times[pairs[1]]
    middle = (takers.first[rows] + takers.last[rows]) / 2
    vague = PER_SECOND_VAGUE * np.abs(time - middle) / SECOND
    return np.where(takers.vague[rows], vague, PER_SECOND * np.maximum(takers.ended[rows] - time, 0) / SECOND)


def find_covered(takers: Takers, spans: Sequence[tuple[int, int]]) -> Truths:
    """Return whose records an export holds, if there are any.

    Args:
        takers: the requests.
        spans: from when to when the records of each export go.
    """
    covered = np.zeros(len(takers), np.bool_)
    for since, until in spans:
        covered |= (since <= takers.first - SECOND) & (takers.last <= until)
    return covered


class Pairing:
    """Pairs requests with records.

    Args:
        takers: the requests, in order.
        records: the records.
        pairs: those that fit.

    Attributes:
        mate: of each request, the index of its record; -1 for none.
        owner: of each record, the index of its request; -1 for none.
    """

    def __init__(self, takers: Takers, records: RecordColumns, pairs: Pairs) -> None:
        self._takers, self._records, self._pairs = takers, records, pairs
        self.mate = np.full(len(takers), -1)
        self.owner = np.full(len(records.time), -1)
        refused, named = takers.worth[pairs.taker] <= HARDLY, takers.named[pairs.taker]
        self._pair(np.flatnonzero(~refused & named), records.dag)
        for rows in (np.flatnonzero(~refused & ~named), np.flatnonzero(refused)):
            self._pair(rows[self.owner[pairs.record[rows]] < 0], np.zeros_like(records.dag))

    def _pair(self, rows: Numbers, groups: Numbers) -> None:
        """Make pairs within each group of records, groups in the order in which requests ask for them.

        Args:
            rows: of the pairs that are looked at.
            groups: of records.
        """
        if not len(rows):
            return
        group, taker, record, worth = sort_pairs(self._pairs, rows, groups)
        cluster = find_clusters(group, taker, record)
        begins = np.flatnonzero(np.diff(cluster, prepend=-1))
        simple = self._pair_best(cluster, group, taker, record, worth)
        ends = np.append(begins[1:], len(cluster))
        for begin, end in zip(begins[~simple].tolist(), ends[~simple].tolist(), strict=True):
            edges = list(
                zip(taker[begin:end].tolist(), record[begin:end].tolist(), worth[begin:end].tolist(), strict=True)
            )
            near = sorted(edges, key=lambda edge: (-edge[2], edge[0], edge[1]))
            for one, other, much in (*heaviest_in_order(edges), *near):
                if much > 0 and self.mate[one] < 0 and self.owner[other] < 0:
                    self.mate[one], self.owner[other] = other, one
            self._uncross(edges)

    def _uncross(self, edges: Sequence[tuple[int, int, float]]) -> None:
        """Let requests of one log change their records where these would be in order then, and as much worth.

        Requests of several logs that ended in one second are in no order, and may have kept the best pairs from each
        other.

        Args:
            edges: index of request, index of record, and worth, by request.
        """
        worth = {(taker, record): much for taker, record, much in edges}
        for (later, record), much in worth.items():
            own, earlier = self.mate[later], self.owner[record]
            crossed = 0 <= earlier < later and 0 <= own < record
            if not crossed or self._takers.log[earlier] != self._takers.log[later] or (earlier, own) not in worth:
                continue
            if worth[earlier, own] + much >= worth[earlier, record] + worth[later, own]:
                self.mate[later], self.mate[earlier] = record, own
                self.owner[record], self.owner[own] = later, earlier

    def _pair_best(
        self, cluster: Numbers, group: Numbers, taker: Numbers, record: Numbers, worth: NDArray[np.float64]
    ) -> Truths:
        """Make the pairs of clusters in which the best records of all requests are in order; return which these are.

        Nothing can be better, if each request has one best record and is in one group.
        """
        runs = np.flatnonzero(np.diff(taker, prepend=-1) | np.diff(cluster, prepend=-1))
        of_run = np.repeat(np.arange(len(runs)), np.diff(np.append(runs, len(taker))))
        best = np.maximum.reduceat(worth, runs)
        is_best = worth == best[of_run]
        chosen = np.maximum.reduceat(np.where(is_best, record, -1), runs)
        clusters = cluster[runs]
        first = np.diff(clusters, prepend=-1) != 0
        groups_of_taker = np.bincount(
            taker[np.flatnonzero((np.diff(taker, prepend=-1) != 0) | (np.diff(group, prepend=-1) != 0))]
        )
        good = (best > 0) & (np.add.reduceat(is_best.astype(np.int64), runs) == 1) & (groups_of_taker[taker[runs]] == 1)
        good &= first | (np.diff(chosen, prepend=-1) > 0)
        simple = np.logical_and.reduceat(good, np.flatnonzero(first))
        mine = simple[clusters]
        self.mate[taker[runs[mine]]], self.owner[chosen[mine]] = chosen[mine], taker[runs[mine]]
        return simple

    def users_of_browsers(self) -> dict[int, int]:
        """Return who was behind browsers: numbers of users by those of browsers.

        Only pairs count that admit no other reading, and only browsers for which these name one user.
        """
        pairs, users = self._pairs, self._records.user
        runs = np.flatnonzero(np.diff(pairs.taker, prepend=-1))
        if not len(runs):
            return {}
        owners = users[pairs.record]
        one_user = np.maximum.reduceat(owners, runs) == np.minimum.reduceat(owners, runs)
        of_record = np.bincount(pairs.record, minlength=len(self.owner))
        taker = pairs.taker[runs]
        mate, browser = self.mate[taker], self._takers.browser[taker]
        sure = one_user & (mate >= 0) & (of_record[mate] == 1) & (browser != NONE)
        found: dict[int, int] = {}
        for one, user in set(zip(browser[sure].tolist(), users[mate[sure]].tolist(), strict=True)):
            found[one] = NONE if one in found else user
        return {one: user for one, user in found.items() if user != NONE}

    def joined(self, spans: Sequence[tuple[int, int]]) -> Joins:
        """Return what the export shows about each request.

        Args:
            spans: from when to when the records of each export go.
        """
        (taker, record, worth), mate, owner = self._pairs, self.mate, self.owner
        made = mate[taker] == record
        of_taker, of_record = np.zeros(len(mate)), np.zeros(len(owner))
        of_taker[taker[made]] = of_record[record[made]] = worth[made]
        # A request without a record may have left one that another request got.
        lost = (mate[taker] < 0) & (owner[record] >= 0) & (worth + ALIKE >= of_record[record])
        contested = np.zeros(len(mate), np.bool_)
        contested[taker[lost]] = True
        without = (mate < 0) & ~contested
        contested[owner[record[lost]]] = True
        return Joins(mate, find_covered(self._takers, spans) & without, contested, self._shared(of_taker, of_record))

    def _shared(self, of_taker: NDArray[np.float64], of_record: NDArray[np.float64]) -> Truths:
        """Return of which requests the record may be that of another user.

        Args:
            of_taker: what the pair of each request is worth.
            of_record: what that of each record is worth.
        """
        takers, records, mate, owner = self._takers, self._records, self.mate, self.owner
        taker, record, worth = self._pairs
        # It was asked from the page of another DAG.
        shared = takers.guessed & (mate >= 0)
        shared[shared] = takers.dag[shared] != records.dag[mate[shared]]
        rows = np.flatnonzero((mate[taker] >= 0) & (records.user[record] != records.user[mate[taker]]))
        near = np.abs(records.time[mate[taker[rows]]] - records.time[record[rows]]) <= OVERLAP
        # What order shows in one log it does not show in two.
        apart = (owner[record[rows]] >= 0) & (takers.log[taker[rows]] != takers.log[owner[record[rows]]])
        rows = rows[near | apart]
        if not len(rows):
            return shared
        taker, record, worth = taker[rows], record[rows], worth[rows]
        other = owner[record]
        free = (other < 0) & (worth + ALIKE >= of_taker[taker])
        width = len(owner)
        keys = self._pairs.taker * width + self._pairs.record
        wanted = other * width + mate[taker]
        places = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
        both = self._pairs.worth[places] + worth + ALIKE >= of_taker[taker] + of_record[record]
        far = (takers.log[taker] == takers.log[other]) & (np.abs(takers.order[taker] - takers.order[other]) > TOGETHER)
        swapped = (other >= 0) & (keys[places] == wanted) & both & ~(takers.vague[taker] & far)
        shared[taker[free | swapped]] = True
        return shared
