"""Lines that scans find, by day, held until it is known which sources are new and what their keys in the index are.

Owns: holding lines while sources are read, in memory up to a limit, then in a temporary folder; writing them as
objects. Must not know: which sources are new, what a line means.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from logparse.archive.days import write_rows
from logparse.archive.index import NONE
from logparse.archive.line_storing import make_rows
from logparse.archive.stored_lines import SCHEMA, days_of
from logparse.common.shelf import Shelf
from logparse.scans.scan import Scan

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from logparse.archive.storage.interface import Storage
    from logparse.common.shelf import Held

#: Bytes of lines in memory, from which on a temporary folder holds them.
LIMIT: Final = 64 * 1024 * 1024
#: So many tables, or so many lines, make blocks.
TABLES: Final = 200
ROWS: Final = 1 << 16
#: Stands for the day of lines without a time.
_UNDATED: Final = -1
#: No line of a source has this number.
_NEVER: Final = np.iinfo(np.int64).max


class _Block(NamedTuple):
    """Lines of one day, of one source or of several short ones.

    Attributes:
        day: number of the day, or ``NONE``.
        held: the lines; the column ``source`` holds the numbers of their sources.
        last: by number of the source, the number of its last line.
    """

    day: str
    held: Held
    last: dict[int, int]


class LineCollector:
    """Takes the lines that scans find out of them, as ``scans.request_store.RequestStore`` takes attempts.

    Args:
        limit: bytes of lines in memory, from which on a temporary folder holds them.
    """

    def __init__(self, limit: int = LIMIT) -> None:
        self._shelf = Shelf(limit)
        self._blocks: list[_Block] = []
        self._waiting: defaultdict[str, list[tuple[int, pa.Table]]] = defaultdict(list)
        self._tables = self._rows = 0
        self._days_of: dict[int, list[tuple[str, int]]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._shelf.clear()

    def take(self, scan: Scan) -> Scan:
        """Return a scan without its lines, which are held here from now on.

        Raises:
            OutputError: the temporary folder cannot hold them.
        """
        for number, rows in make_rows(scan):
            days = _days(rows)
            for day in np.unique(days).tolist():
                mine = days == day
                part = rows if mine.all() else rows.filter(pa.array(mine))
                self._waiting[NONE if day == _UNDATED else str(day)].append((number, part))
                self._tables += 1
                self._rows += len(part)
            if self._tables >= TABLES or self._rows >= ROWS:
                self._settle()
        return Scan(coverage=scan.coverage)

    def mark(self) -> int:
        """Return a mark of what is held now, to come ``back`` to."""
        self._settle()
        return len(self._blocks)

    def back(self, mark: int) -> None:
        """Forget all that was taken since the mark was made."""
        self._waiting.clear()
        self._tables = self._rows = 0
        self._days_of.clear()
        del self._blocks[mark:]
        self._shelf.back(mark)

    def days(self, number: int, since: int = 0) -> list[str]:
        """Return the days of the lines of a source behind its ``since``-th line.

        Raises:
            OutputError: the temporary folder cannot hold what was taken.
        """
        self._settle()
        if not self._days_of:
            for block in self._blocks:
                for source, last in block.last.items():
                    self._days_of.setdefault(source, []).append((block.day, last))
        return sorted({day for day, last in self._days_of.get(number, ()) if last > since})

    def write(self, storage: Storage, names: Mapping[int, tuple[str, int]]) -> Iterator[tuple[str, str]]:
        """Write the lines of some sources, and yield each day with the name of the object that holds its lines.

        Args:
            storage: where the archive is.
            names: by number of the source, its key in the index, and the line behind which its lines count.

        Raises:
            OutputError: lines cannot be written, there or to the temporary folder.
        """
        self._settle()
        by_day: dict[str, list[_Block]] = {}
        for block in self._blocks:
            if not names.keys().isdisjoint(block.last):
                by_day.setdefault(block.day, []).append(block)
        for day, blocks in sorted(by_day.items()):
            rows = pa.concat_tables([_named(block.held.read(), names) for block in blocks])
            if len(rows):
                yield day, write_rows(storage, rows)

    def _settle(self) -> None:
        """Make blocks of the lines that were taken last: a table of its own takes 60 kB, however few lines it has."""
        for day, parts in self._waiting.items():
            rows = pa.concat_tables([_numbered(rows, number) for number, rows in parts])
            rows = rows.unify_dictionaries().combine_chunks()
            last: dict[int, int] = {}
            for number, part in parts:
                last[number] = max(last.get(number, 0), pc.max(part["line"]).as_py())
            self._blocks.append(_Block(day, self._shelf.put(rows), last))
        if self._waiting:
            self._waiting.clear()
            self._tables = self._rows = 0
            self._days_of.clear()
            self._shelf.settle()


def _days(rows: pa.Table) -> np.ndarray[Any, np.dtype[np.int64]]:
    times = rows["time"].fill_null(-1).to_numpy()
    return np.where(times < 0, _UNDATED, days_of(times))


def _numbered(rows: pa.Table, number: int) -> pa.Table:
    """Return lines with the number of their source."""
    codes = pa.array(np.zeros(len(rows), np.int32))
    return rows.set_column(0, SCHEMA.field(0), pa.DictionaryArray.from_arrays(codes, pa.array([b"%d" % number])))


def _named(rows: pa.Table, names: Mapping[int, tuple[str, int]]) -> pa.Table:
    """Return the lines that count of some sources, with the keys of these in place of their numbers."""
    column = rows["source"].combine_chunks()
    numbers = [int(word) for word in column.dictionary.to_pylist()]
    keys = [names[number][0] if number in names else str(number) for number in numbers]
    since = np.array([names[number][1] if number in names else _NEVER for number in numbers], np.int64)
    words = pa.DictionaryArray.from_arrays(column.indices, pa.array([key.encode() for key in keys], pa.binary()))
    counted = rows["line"].to_numpy() > since[column.indices.to_numpy()]
    rows = rows.set_column(0, SCHEMA.field(0), words)
    return rows if counted.all() else rows.filter(pa.array(counted))
