"""What the usual lines of a file are, by its beginning.

Must not know: what becomes of them.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from logparse.common.columns import truth_values
from logparse.envelopes import loader as envelopes
from logparse.formats import loader
from logparse.formats.outline import compile_outline

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from logparse.envelopes.block import MainFormat
    from logparse.formats.outline import Outline

#: Lines at the beginning of a file that show what its usual lines are; they are read one by one.
HEAD: Final = 600
#: and this share of them must be such.
_SHARE: Final = 0.2
#: Longer lines are read one by one: Docker cuts lines at 16 KiB, and no outline tells that a line is cut.
_LONGEST: Final = 1 << 13
_NEWLINE: Final = 10
#: Behind so many usual lines a slice of a file may begin: hardly anything reaches further (``strangers.LOOKAHEAD``).
SETTLED: Final = 480


@cache
def outlines() -> tuple[Outline, ...]:
    """Those of all line formats, bare and in each of the envelopes that have one."""
    made = []
    for form in loader.shipped():
        text, ends, rest = form.outline
        if text:
            made.append(compile_outline(form.id, text, ends, rest=rest))
            made += [
                compile_outline(
                    f"{each.id} > {form.id}",
                    text,
                    each.ends or ends,
                    around=each.outline,
                    escaped=each.escaped,
                    rest=rest,
                    behind=each.rest,
                )
                for each in envelopes.shipped()
                if each.outline
            ]
    return tuple(made)


def outline_of(head: Sequence[str]) -> tuple[Outline, list[int]] | None:
    """The outline of most lines at the beginning of a file, and the places of those lines; None if there is none."""
    if len(head) < HEAD:
        return None
    data = "".join(f"{line}\n" for line in head).encode("utf-8", "surrogateescape")
    lines, held, bounds = _parted(data)
    within = [~(_matches(lines, each.differs()) | _out_of_bounds(held, bounds, each)) for each in outlines()]
    most = max(range(len(within)), key=lambda nth: int(within[nth].sum()))
    if within[most].sum() < _SHARE * len(head):
        return None
    return outlines()[most], np.flatnonzero(within[most]).tolist()


def settled(data: bytes, usual: MainFormat) -> int | None:
    """Where in whole lines so many usual ones have passed that none behind depends on one before; None: nowhere."""
    lines, held, bounds = _parted(data)
    other = np.flatnonzero(_matches(lines, usual.outline.differs()) | _out_of_bounds(held, bounds, usual.outline))
    edges = np.concatenate(([-1], other, [len(lines)]))
    long = np.flatnonzero(np.diff(edges) > SETTLED)
    return int(bounds[edges[long[0]] + 1 + SETTLED]) if len(long) else None


def _parted(data: bytes) -> tuple[pa.Array, NDArray[np.uint8], NDArray[np.int32]]:
    """Whole lines, their bytes, and where each begins and the last one ends; nothing is copied."""
    held = np.frombuffer(data, np.uint8)
    ends = np.flatnonzero(held == _NEWLINE)
    bounds = np.zeros(len(ends) + 1, np.int32)
    np.add(ends, 1, out=bounds[1:], casting="unsafe")
    lines = pa.Array.from_buffers(pa.binary(), len(ends), [None, pa.py_buffer(bounds), pa.py_buffer(data)])
    return lines, held, bounds


def _out_of_bounds(held: NDArray[np.uint8], bounds: NDArray[np.int32], outline: Outline) -> NDArray[np.bool_]:
    """Which lines are too long, or do not end as they should."""
    wrong: NDArray[np.bool_] = np.diff(bounds) > _LONGEST
    if outline.ends:
        wrong |= held[np.maximum(bounds[1:] - 2, 0)] != outline.ends[0]
    return wrong


def _matches(lines: pa.Array, pattern: str) -> NDArray[np.bool_]:
    return truth_values(pc.match_substring_regex(lines, pattern))
