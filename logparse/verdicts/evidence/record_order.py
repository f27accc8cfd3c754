"""Pairs of requests and records in order: which pairs can cross each other, and the heaviest pairing without crossings.

Owns: these two questions. Must not know: what a pair is worth, which pairs are made in the end (``record_pairing``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Numbers = NDArray[np.int64]


class Pairs(NamedTuple):
    """Pairs that fit, in order of request and record.

    Attributes:
        taker, record: indices of requests and records.
        worth: how much speaks for each pair.
    """

    taker: Numbers
    record: Numbers
    worth: NDArray[np.float64]


def sort_pairs(pairs: Pairs, rows: Numbers, groups: Numbers) -> tuple[Numbers, Numbers, Numbers, NDArray[np.float64]]:
    """Return the group, request, record and worth of pairs, by group and request, the latest record first."""
    taker, record, worth = pairs.taker[rows], pairs.record[rows], pairs.worth[rows]
    _, firsts, group = np.unique(groups[record], return_index=True, return_inverse=True)
    group = np.argsort(np.argsort(firsts))[group]
    order = np.lexsort((-record, taker, group))
    return group[order], taker[order], record[order], worth[order]


def find_clusters(group: Numbers, taker: Numbers, record: Numbers) -> Numbers:
    """Number pairs by the cluster that they are in; no pair of one cluster can cross a pair of another."""
    place = group * (int(record.max()) + 1) + record
    later = np.minimum.accumulate(place[::-1])[::-1]
    apart = (taker[1:] != taker[:-1]) & (np.maximum.accumulate(place)[:-1] < later[1:])
    return np.concatenate([[0], np.cumsum(apart | (group[1:] != group[:-1]))])


def heaviest_in_order(edges: Sequence[tuple[int, int, float]]) -> list[tuple[int, int, float]]:
    """Return the heaviest pairing in which no two pairs cross: a heaviest increasing subsequence, by a Fenwick tree.

    Args:
        edges: index of request, index of record, and worth, by request, the latest record first.
    """
    places = {j: n for n, j in enumerate(sorted({record for _, record, _ in edges}), 1)}
    best: list[tuple[float, int]] = [(0.0, -1)] * (len(places) + 1)
    before: list[int] = []
    top = (0.0, -1)
    for number, (_, record, worth) in enumerate(edges):
        place = places[record]
        found, at = (0.0, -1), place - 1
        while at:
            found = max(found, best[at])
            at -= at & -at
        before.append(found[1])
        mine = (found[0] + worth, number)
        top = max(top, mine)
        at = place
        while at <= len(places):
            best[at] = max(best[at], mine)
            at += at & -at
    picked = []
    at = top[1]
    while at >= 0:
        picked.append(edges[at])
        at = before[at]
    return picked
