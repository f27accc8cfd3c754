"""``SortedLines``: what is known of the lines of a chunk before any of them is read.

Owns: the form of this knowledge. Must not know: how lines are sorted, what becomes of them.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from logparse.envelopes.origin import Origin, Process


class SortedLines(NamedTuple):
    """What is known of the lines of a chunk.

    Attributes:
        differs: which lines are not in the main format.
        wanted: which must be read.
        rows: what those hold that could be read together; the column ``at`` holds their place in the chunk.
        in_rows: these places.
        writers: for each line, which of the processes wrote it; None: the process of the main format wrote all of them.
        origins: of the processes that wrote lines of the file so far, where they wrote them.
        processes: these processes.
    """

    differs: NDArray[np.bool_]
    wanted: NDArray[np.bool_]
    rows: pa.Table
    in_rows: NDArray[np.int64]
    writers: NDArray[np.int64] | None = None
    origins: Sequence[Origin] = ()
    processes: Sequence[Process] = ()

    def among(self, places: NDArray[np.int64], writers: NDArray[np.int64]) -> SortedLines:
        """Return what is known of all lines of a chunk, if this is known of some of them, and the others cannot matter.

        Args:
            places: of these some lines among all.
            writers: which process wrote each of the others.
        """
        assert self.writers is not None
        differs, wanted = np.zeros(len(writers), np.bool_), np.zeros(len(writers), np.bool_)
        differs[places], wanted[places], writers[places] = self.differs, self.wanted, self.writers
        at = self.rows.schema.get_field_index("at")
        rows = self.rows.set_column(at, "at", pa.array(places[self.rows["at"].to_numpy()]))
        return self._replace(differs=differs, wanted=wanted, rows=rows, in_rows=places[self.in_rows], writers=writers)

    def between(self, start: int, stop: int) -> SortedLines:
        """Return what is known of some of the lines, none of which was read together with others."""
        writers = None if self.writers is None else self.writers[start:stop]
        return self._replace(differs=self.differs[start:stop], wanted=self.wanted[start:stop], writers=writers)


@cache
def no_rows() -> pa.Table:
    """Return a table without rows."""
    return pa.schema([("at", pa.int64())]).empty_table()
