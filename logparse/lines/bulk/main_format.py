"""The main format of a file: the outline that most of its first lines share, and which further lines are in it.

Owns: the outlines of all line formats in all envelopes, matching lines with an outline.
Must not know: what becomes of lines in the main format.
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

#: So many lines at the beginning of a file show its main format; they are read one by one,
HEAD: Final = 600
#: and at least this share of them must be in it.
_SHARE: Final = 0.2
#: Longer lines are read one by one: Docker cuts lines at 16 KiB, and no outline shows that a line is cut.
_LONGEST: Final = 1 << 13
_NEWLINE: Final = 10
#: Behind so many lines in the main format a slice of a file may begin: hardly anything before them reaches further
#: (``forgery.LOOKAHEAD`` and ``forgery.SPLIT``).
INDEPENDENT_AFTER: Final = 480


@cache
def compile_outlines() -> tuple[Outline, ...]:
    """Compile the outlines of all line formats, bare and in each of the envelopes that have an outline."""
    outlines = []
    for form in loader.shipped():
        text, ends, rest = form.outline
        if text:
            outlines.append(compile_outline(form.id, text, ends, rest=rest))
            outlines += [
                compile_outline(
                    f"{envelope.id} > {form.id}",
                    text,
                    envelope.ends or ends,
                    around=envelope.outline,
                    escaped=envelope.escaped,
                    rest=rest,
                    behind=envelope.rest,
                )
                for envelope in envelopes.shipped()
                if envelope.outline
            ]
    return tuple(outlines)


def find_outline(head: Sequence[str]) -> tuple[Outline | None, list[int]]:
    """Find the outline that most lines at the beginning of a file are in; None if these are too few.

    Returns:
        The outline, and the places of the lines that are in it, from 0.
    """
    if len(head) < HEAD:
        return None, []
    lines = ByteLines("".join(f"{line}\n" for line in head).encode("utf-8", "surrogateescape"))
    outlines = compile_outlines()
    within = [~(match_lines(lines.texts, each.differs()) | lines.out_of_bounds(each)) for each in outlines]
    most = max(range(len(within)), key=lambda number: int(within[number].sum()))
    if within[most].sum() < _SHARE * len(head):
        return None, []
    return outlines[most], np.flatnonzero(within[most]).tolist()


def find_independent_place(data: bytes, main_format: MainFormat) -> int | None:
    """Find a place in whole lines behind so many in the main format that no line depends on what stands before them.

    Returns:
        Bytes from the beginning of the lines; None if there is no such place.
    """
    lines, outline = ByteLines(data), main_format.outline
    other = np.flatnonzero(match_lines(lines.texts, outline.differs()) | lines.out_of_bounds(outline))
    edges = np.concatenate(([-1], other, [len(lines.texts)]))
    long = np.flatnonzero(np.diff(edges) > INDEPENDENT_AFTER)
    return int(lines.bounds[edges[long[0]] + 1 + INDEPENDENT_AFTER]) if len(long) else None


class ByteLines:
    """Whole lines, as they stand in a file; no byte of them is copied.

    Args:
        data: the lines, each ended by a line break, and what stands behind them.

    Attributes:
        texts: the lines, as an Arrow array of bytes.
        bounds: where each line begins, and where the last one ends.
    """

    def __init__(self, data: bytes) -> None:
        self._bytes = np.frombuffer(data, np.uint8)
        ends = np.flatnonzero(self._bytes == _NEWLINE)
        self.bounds = np.zeros(len(ends) + 1, np.int32)
        np.add(ends, 1, out=self.bounds[1:], casting="unsafe")
        buffers = [None, pa.py_buffer(self.bounds), pa.py_buffer(data)]
        self.texts = pa.Array.from_buffers(pa.binary(), len(ends), buffers)

    def out_of_bounds(self, outline: Outline) -> NDArray[np.bool_]:
        """Return which lines are too long, or do not end as lines in the outline do."""
        wrong: NDArray[np.bool_] = np.diff(self.bounds) > _LONGEST
        if outline.ends:
            wrong |= self._bytes[np.maximum(self.bounds[1:] - 2, 0)] != outline.ends[0]
        return wrong


def match_lines(lines: pa.Array, pattern: str) -> NDArray[np.bool_]:
    """Return which lines an RE2 pattern matches."""
    return truth_values(pc.match_substring_regex(lines, pattern))
