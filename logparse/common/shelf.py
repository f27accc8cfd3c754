"""A shelf for more tables than memory holds: in memory up to a limit, then in a temporary folder.

Owns: where tables are held, and in which form. Must not know: what is in them.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pyarrow.parquet as pq

from logparse.common import temporary

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    import pyarrow as pa


@dataclass(slots=True, eq=False)
class Held:
    """A table on a shelf: in memory (``rows``), or in a Parquet file."""

    rows: pa.Table | None
    file: Path | None = None

    def read(self, columns: Sequence[str] | None = None) -> pa.Table:
        """Return the table, or some columns of it."""
        if self.rows is None:
            return pq.read_table(self.file, columns=columns and [*columns], partitioning=None).combine_chunks()
        return self.rows if columns is None else self.rows.select(columns)


class Shelf:
    """Holds tables; the temporary folder is removed with the shelf.

    Args:
        limit: bytes of memory, from which on a temporary folder holds them.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._held: list[Held] = []
        self._bytes = 0
        self._folder: temporary.Folder | None = None

    def __len__(self) -> int:
        """Return how many tables the shelf holds."""
        return len(self._held)

    def put(self, rows: pa.Table) -> Held:
        """Hold one more table, in memory until ``settle`` is called."""
        self._held.append(Held(rows))
        self._bytes += rows.nbytes
        return self._held[-1]

    def settle(self) -> None:
        """Move all tables out of memory if they take more of it than they may.

        Raises:
            OutputError: the temporary folder cannot hold them.
        """
        if self._bytes <= self._limit:
            return
        try:
            self._folder = self._folder or temporary.Folder()
            for number, held in enumerate(self._held):
                if held.rows is not None:
                    file = self._folder.path / f"{number}.parquet"
                    pq.write_table(held.rows, file, compression="lz4", write_statistics=False)
                    held.file, held.rows = file, None
        except OSError as error:
            raise temporary.cannot_hold(self._folder, error) from error
        self._bytes = 0

    def exchange(self, held: Held, rows: pa.Table) -> None:
        """Hold another table in place of one.

        Raises:
            OutputError: the temporary folder cannot hold it.
        """
        if held.file is None:
            held.rows = rows
            return
        try:
            pq.write_table(rows, held.file, compression="lz4", write_statistics=False)
        except OSError as error:
            raise temporary.cannot_hold(self._folder, error) from error

    def back(self, number: int) -> None:
        """Forget all tables but the first so many."""
        for held in self._held[number:]:
            if held.file is not None:
                with suppress(OSError):
                    held.file.unlink()
        del self._held[number:]
        self._bytes = sum(held.rows.nbytes for held in self._held if held.rows is not None)

    def clear(self) -> None:
        """Forget all tables, and remove the temporary folder now."""
        self.back(0)
        if self._folder is not None:
            self._folder.remove()
            self._folder = None
