"""Whether two sources are pieces of one log, by the lines that both hold.

Owns: how much two sources must have in common. Must not know: what becomes of lines that stand in both.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from logparse.common.timestamps import SECOND

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from logparse.scans.coverage import Coverage
    from logparse.scans.pieces.line_table import LineTable


class Overlap(StrEnum):
    """What becomes of equal lines in two sources, as the user wishes."""

    AUTO = "auto"
    ONCE = "once"
    APART = "apart"


#: Lines this near to where a piece begins or ends may be on one side of the cut only.
EDGE: Final = 2 * SECOND
#: Pieces of one log agree in this share of what both hold of one time; the rest was written out of order.
AGREE: Final = 0.9
#: So many lines of a filtered piece must be in the whole one.
FEW: Final = 4
#: Of lines that follow one another in both, this share is equally far apart in pieces of one log.
STEPS: Final = 0.8
#: So many lines of its own each of two pieces may have, at most, in the part of the log that both hold.
LOOSE: Final = 2


class SourcePair(NamedTuple):
    """Two sources that hold equal lines.

    Attributes:
        one, other: their numbers, that of the earlier one first.
        same: they are pieces of one log.
        sure: what both hold of one time proves it; else a rule of thumb decided.
        lines: how many lines both hold.
        shift: what to add to the order of a line in the other one to get its order in the one; None: it varies.
    """

    one: int
    other: int
    same: bool
    sure: bool
    lines: int
    shift: int | None


def span_of(entry: Coverage) -> tuple[int, int]:
    """Return the earliest and the latest time in a source."""
    return entry.first or 0, entry.last or 0


def compare_sources(
    lines: LineTable, one: int, other: int, coverage: Mapping[int, Coverage], overlap: Overlap
) -> SourcePair:
    """Find out whether two sources are pieces of one log.

    Args:
        lines: the lines of both, among others.
        one: number of the earlier source.
        other: number of the other one.
        coverage: what each source is.
        overlap: ``ONCE``: they are pieces of one log if they hold any equal line.
    """
    since = max(span_of(coverage[one])[0], span_of(coverage[other])[0])
    until = min(span_of(coverage[one])[1], span_of(coverage[other])[1])
    mine, theirs = lines.lines_within(one, since, until), lines.lines_within(other, since, until)
    fields = lines.common_fields(one, other)
    here, there = lines.identities(mine, fields), lines.identities(theirs, fields)
    both = _count_shared(here, there)
    if not both:
        return SourcePair(one, other, False, True, 0, None)
    if overlap is Overlap.ONCE:
        return SourcePair(one, other, True, True, both, _steps(lines, mine, theirs, here, there, fields)[1])
    if lines.are_records(mine) and lines.are_records(theirs):  # their ids differ, or they would be one already
        return SourcePair(one, other, False, True, both, None)
    inner = [
        identities[(lines.time[rows] > since + EDGE) & (lines.time[rows] < until - EDGE)]
        for rows, identities in ((mine, here), (theirs, there))
    ]
    most, agreed = max(map(len, inner)), _count_shared(*inner)
    alike = agreed >= AGREE * most
    least = min(len(mine), len(theirs))
    part = least >= FEW and both >= AGREE * least
    equal = both == len(mine) == len(theirs)
    if not (alike or part if most else equal):
        return SourcePair(one, other, False, True, both, None)
    steps, shift = _steps(lines, mine, theirs, here, there, fields)
    if not most:
        return SourcePair(one, other, True, len(steps) > 0, both, shift)
    moved = bool(fields) or len(steps) == 0 or float(np.mean(steps == 0)) >= STEPS
    filtered = len(steps) >= FEW - 1 and bool((steps >= 0).all() or (steps <= 0).all())
    same = (alike and moved) or filtered or (part and len(steps) == 0)
    return SourcePair(one, other, same, same and both > 1, both, shift if moved else None)


def _count_shared(one: NDArray[np.uint64], other: NDArray[np.uint64]) -> int:
    """Count the lines that two pieces have in common; a line that both hold twice counts twice."""
    values, counts = np.unique(one, return_counts=True)
    others, more = np.unique(other, return_counts=True)
    _, left, right = np.intersect1d(values, others, assume_unique=True, return_indices=True)
    return int(np.minimum(counts[left], more[right]).sum())


def _steps(
    lines: LineTable,
    mine: NDArray[np.int64],
    theirs: NDArray[np.int64],
    here: NDArray[np.uint64],
    there: NDArray[np.uint64],
    fields: int,
) -> tuple[NDArray[np.int64], int | None]:
    """Compare how far apart the lines that both sources hold once are in the one and in the other.

    Returns:
        From each such line to the next, by how many lines more the one source goes on than the other; and by how much
        the orders of most of these lines differ. None: the sources are not in one order, as where one of them holds
        several logs one behind the other.
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
    return np.diff(apart), None if _collide(
        lines, lines.source_of(mine), lines.source_of(theirs), shift, fields
    ) else shift


def _collide(lines: LineTable, one: int, other: int, shift: int, fields: int) -> bool:
    """Whether two pieces cannot be in one order: both hold lines of their own in one part of it."""
    mine, theirs = lines.lines(one), lines.lines(other)
    here, there = lines.identities(mine, fields), lines.identities(theirs, fields)
    orders, others = lines.order[mine], lines.order[theirs] + shift
    first, last = max(orders.min(), others.min()), min(orders.max(), others.max())
    own = (
        np.count_nonzero(~known & (places >= first) & (places <= last))
        for places, known in ((orders, np.isin(here, there)), (others, np.isin(there, here)))
    )
    return bool(min(own) > LOOSE)
