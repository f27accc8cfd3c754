"""Rows of many blocks, put together to batches.

Owns: which rows are put together, and when. Must not know: what the rows hold, but for the numbers and times of lines.

Between two app lines there is often a block of one line only. A table for each of them takes a thousand times the
memory of its one row, so rows wait until all of their chunk are known.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from logparse.lines.batch import Batch

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from logparse.envelopes.block import Block
    from logparse.envelopes.origin import Origin, Process


class _Piece(NamedTuple):
    """Rows of one block: their places in the table of the chunk, and the lines that they are."""

    places: NDArray[np.int64]
    lines: NDArray[np.int64]
    orders: NDArray[np.int64]


class BatchBuilder:
    """Puts rows of blocks together.

    Attributes:
        batches: the rows so far, those of each process in the order of the file.
        first, last: earliest and latest time of them, microseconds UTC; None: there are none.
    """

    def __init__(self) -> None:
        self.batches: list[Batch] = []
        self.first: int | None = None
        self.last: int | None = None
        self._table: pa.Table | None = None
        self._pieces: defaultdict[tuple[bool, Process, Origin], list[_Piece]] = defaultdict(list)

    def add(self, block: Block, order: int, start: int, *, decoded: bool) -> None:
        """Add the rows of a block.

        Args:
            block: the block, whose first line is the ``order``-th of the source.
            order: as above.
            start: how many lines of the block are left out.
            decoded: their server writes paths percent-decoded.
        """
        rows = block.rows
        places, at = rows.places, rows.at
        if start:
            places, at = places[at >= start], at[at >= start]
        if not len(places):
            return
        if self._table is not rows.table:
            self.finish()
            self._table = rows.table
        piece = _Piece(places, block.numbers(at), block.orders(at) + order)
        self._pieces[decoded, block.process, block.origin].append(piece)

    def finish(self) -> None:
        """Put together what waits."""
        for common, pieces in self._pieces.items():
            places, lines, orders = (np.concatenate(columns) for columns in zip(*pieces, strict=True))
            assert self._table is not None
            together = len(places) == places[-1] - places[0] + 1 and bool((np.diff(places) == 1).all())
            chosen = self._table.slice(places[0], len(places)) if together else self._table.take(pa.array(places))
            chosen = chosen.drop_columns("at").append_column("line", pa.array(lines))
            self.batches.append(Batch(chosen.append_column("order", pa.array(orders)), *common))
            times = pc.min_max(chosen["time"]).as_py()
            self.first = times["min"] if self.first is None else min(self.first, times["min"])
            self.last = times["max"] if self.last is None else max(self.last, times["max"])
        self._pieces.clear()
        self._table = None
