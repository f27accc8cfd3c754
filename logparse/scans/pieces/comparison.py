"""Whether two sources are pieces of one log, by the lines that both hold.

Must not know: what becomes of lines that stand in both.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from logparse.scans.pieces.identities import Lines
    from logparse.scans.scan import Coverage


class Overlap(StrEnum):
    """What becomes of equal lines in two sources."""

    AUTO = "auto"
    ONCE = "once"
    APART = "apart"


#: Lines this near to where a piece begins or ends may be on one side of the cut only (microseconds).
EDGE: Final = 2_000_000
#: Pieces of one log agree in this share of what both hold of one time; the rest was written out of order.
AGREE: Final = 0.9
#: So many lines of a filtered piece must be in the whole one.
FEW: Final = 4
#: Of lines that follow one another in both, this share is equally far apart in pieces of one log.
STEPS: Final = 0.8
#: So many lines of its own each of two pieces may have among what they have in common.
LOOSE: Final = 2


class Pair(NamedTuple):
    """Two sources that hold equal lines.

    Attributes:
        one, other: their numbers, that of the earlier one first.
        same: they are pieces of one log.
        sure: what both hold of one time tells that; else a rule decided.
        lines: how many lines both hold.
        shift: what to add to the order of a line in the other one to get its order in the one; None: it varies.
    """

    one: int
    other: int
    same: bool
    sure: bool
    lines: int
    shift: int | None


def _span(entry: Coverage) -> tuple[int, int]:
    return entry.first or 0, entry.last or 0


def _compared(lines: Lines, one: int, other: int, coverage: Mapping[int, Coverage], overlap: Overlap) -> Pair:
    """Whether two sources are pieces of one log."""
    since = max(_span(coverage[one])[0], _span(coverage[other])[0])
    until = min(_span(coverage[one])[1], _span(coverage[other])[1])
    mine, theirs = lines.within(one, since, until), lines.within(other, since, until)
    masked = lines.common(one, other)
    here, there = lines.identities(mine, masked), lines.identities(theirs, masked)
    both = _shared(here, there)
    if not both:
        return Pair(one, other, False, True, 0, None)
    if overlap is Overlap.ONCE:
        return Pair(one, other, True, True, both, _steps(lines, mine, theirs, here, there, masked)[1])
    if lines.recorded(mine) and lines.recorded(theirs):  # their ids differ, or they would be one already
        return Pair(one, other, False, True, both, None)
    inner = [
        identities[(lines.time[rows] > since + EDGE) & (lines.time[rows] < until - EDGE)]
        for rows, identities in ((mine, here), (theirs, there))
    ]
    most, agreed = max(map(len, inner)), _shared(*inner)
    alike = agreed >= AGREE * most
    least = min(len(mine), len(theirs))
    part = least >= FEW and both >= AGREE * least
    equal = both == len(mine) == len(theirs)
    if not (alike or part if most else equal):
        return Pair(one, other, False, True, both, None)
    steps, shift = _steps(lines, mine, theirs, here, there, masked)
    if not most:
        return Pair(one, other, True, len(steps) > 0, both, shift)
    moved = bool(masked) or len(steps) == 0 or float(np.mean(steps == 0)) >= STEPS
    filtered = len(steps) >= FEW - 1 and bool((steps >= 0).all() or (steps <= 0).all())
    same = (alike and moved) or filtered or (part and len(steps) == 0)
    return Pair(one, other, same, same and both > 1, both, shift if moved else None)


def _shared(one: NDArray[np.uint64], other: NDArray[np.uint64]) -> int:
    """How many lines two pieces have in common; a line that one holds twice counts twice if the other does too."""
    values, counts = np.unique(one, return_counts=True)
    others, more = np.unique(other, return_counts=True)
    _, left, right = np.intersect1d(values, others, assume_unique=True, return_indices=True)
    return int(np.minimum(counts[left], more[right]).sum())


def _steps(
    lines: Lines,
    mine: NDArray[np.int64],
    theirs: NDArray[np.int64],
    here: NDArray[np.uint64],
    there: NDArray[np.uint64],
    masked: int,
) -> tuple[NDArray[np.int64], int | None]:
    """From one line that both hold once to the next: by how many lines more the one goes on than the other.

    Returns:
        These differences; and by how much orders differ, as most lines tell it. None: they are not in one order, as
        where one of them holds several logs one behind the other.
    """
    values, first, counts = np.unique(here, return_index=True, return_counts=True)
    others, second, more = np.unique(there, return_index=True, return_counts=True)
    _, left, right = np.intersect1d(values, others, assume_unique=True, return_indices=True)
    single = (counts[left] == 1) & (more[right] == 1)
    one, other = lines.order[mine[first[left[single]]]], lines.order[theirs[second[right[single]]]]
    order = np.argsort(one, kind="stable")
    apart = (one - other)[order]
    if not len(apart):
        return apart, None
    shifts, often = np.unique(apart, return_counts=True)
    shift = int(shifts[np.argmax(often)])
    return np.diff(apart), None if _collide(lines, lines.source(mine), lines.source(theirs), shift, masked) else shift


def _collide(lines: Lines, one: int, other: int, shift: int, masked: int) -> bool:
    """Whether two pieces cannot be in one order: both hold lines of their own in the same stretch of it."""
    mine, theirs = lines.rows(one), lines.rows(other)
    here, there = lines.identities(mine, masked), lines.identities(theirs, masked)
    orders, others = lines.order[mine], lines.order[theirs] + shift
    first, last = max(orders.min(), others.min()), min(orders.max(), others.max())
    alone = (
        np.count_nonzero(~known & (places >= first) & (places <= last))
        for places, known in ((orders, np.isin(here, there)), (others, np.isin(there, here)))
    )
    return bool(min(alone) > LOOSE)
