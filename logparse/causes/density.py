"""Attempts that are enough, and near enough in time, to be one finding.

Owns: how attempts, users, addresses and DAGs are counted within a stretch of time. Must not know: which findings there
are, what else must hold of attempts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from logparse.causes.population import NO_ATTEMPTS, count_different
from logparse.common.timestamps import SECOND

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from logparse.causes.population import Population

    Places = NDArray[np.int64]

#: Needs that count different texts, and the columns in which they count.
COUNTED: Final = {"users": "user", "clients": "client", "dags": "dag_id", "details": "detail"}


def find_dense(group: Places, population: Population, need: Mapping[str, Any]) -> Places:
    """Return the attempts of a group that have enough of the others within ``within`` seconds."""
    wanted = {column: need[name] for name, column in COUNTED.items() if name in need}
    least = need.get("attempts", 1)
    if not wanted and least <= 1:
        return group
    if need.get("within") is None:
        several = all(count_different(population.code(column)[group]) >= number for column, number in wanted.items())
        return group if len(group) >= least and several else NO_ATTEMPTS
    times, places = population.time[group], np.arange(len(group))
    starts = np.searchsorted(times, times - need["within"] * SECOND)
    enough = places - starts + 1 >= least
    for column, number in wanted.items():
        enough &= _different_since(population.code(column)[group], starts) >= number
    found: Places = group[_covered(starts[enough], places[enough], len(group))]
    return found


def _covered(starts: Places, ends: Places, number: int) -> NDArray[np.bool_]:
    """Which of so many places are in one of the stretches from ``starts`` to ``ends``, both included."""
    turns = np.zeros(number + 1, np.int64)
    np.add.at(turns, starts, 1)
    np.add.at(turns, ends + 1, -1)
    found: NDArray[np.bool_] = np.cumsum(turns)[:number] > 0
    return found


def _different_since(codes: NDArray[np.int32], starts: Places) -> Places:
    """How many different codes, without -1, there are from ``starts`` (which is ascending) up to each place."""
    number = len(codes)
    order = np.argsort(codes, kind="stable")
    again = np.full(number, number)  # where the same code comes next
    same = codes[order[:-1]] == codes[order[1:]]
    again[order[:-1][same]] = order[1:][same]
    # A code counts where it stands last, until it comes again or the stretch begins behind it.
    known = np.flatnonzero(codes >= 0)
    until = np.minimum(again, np.searchsorted(starts, np.arange(number), "right"))
    turns = np.zeros(number + 1, np.int64)
    np.add.at(turns, known, 1)
    np.add.at(turns, until[known], -1)
    found: Places = np.cumsum(turns)[:number]
    return found
