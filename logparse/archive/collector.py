"""Lines that scans find, by day, held until it is known which sources are new and what their keys in the index are.

Owns: holding lines while sources are read, in memory up to a limit, then in a temporary folder; writing them as
objects. Must not know: which sources are new, what a line means.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self

import numpy as np
import pyarrow as pa

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
#: So many lines, or so many batches of lines, make blocks.
LINES: Final = 1 << 14
TABLES: Final = 200
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
        self._waiting = Scan()
        self._lines = 0
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
        self._waiting += Scan(scan.requests, scan.evidence, tagged=scan.tagged)
        self._lines += len(scan.requests) + len(scan.evidence) + sum(len(each.batch.rows) for each in scan.tagged)
        if self._lines >= LINES or len(self._waiting.tagged) >= TABLES:
            self._settle()
        return Scan(coverage=scan.coverage)

    def mark(self) -> int:
        """Return a mark of what is held now, to come ``back`` to."""
        self._settle()
        return len(self._blocks)

    def back(self, mark: int) -> None:
        """Forget all that was taken since the mark was made."""
        self._waiting, self._lines = Scan(), 0
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
        if not self._lines:
            return
        short: defaultdict[int, list[pa.Table]] = defaultdict(list)
        for rows in make_rows(self._waiting):
            days = _days(rows)
            for day in np.unique(days).tolist():
                mine = days == day
                part = rows if mine.all() else rows.filter(pa.array(mine))
                if len(part) >= LINES:
                    self._hold(day, part)
                else:
                    short[day].append(part)
        self._waiting, self._lines = Scan(), 0
        self._days_of.clear()
        for day, parts in short.items():
            self._hold(day, pa.concat_tables(parts).unify_dictionaries().combine_chunks())
        self._shelf.settle()

    def _hold(self, day: int, rows: pa.Table) -> None:
        name = NONE if day == _UNDATED else str(day)
        self._blocks.append(_Block(name, self._shelf.put(rows), _last_lines(rows)))


def _days(rows: pa.Table) -> np.ndarray[Any, np.dtype[np.int64]]:
    times = rows["time"].fill_null(-1).to_numpy()
    return np.where(times < 0, _UNDATED, days_of(times))


def _last_lines(rows: pa.Table) -> dict[int, int]:
    """Return the last line of each source, by its number."""
    sources = rows["source"].combine_chunks()
    last = np.zeros(len(sources.dictionary), np.int64)
    np.maximum.at(last, sources.indices.to_numpy(), rows["line"].to_numpy())
    return {int(word): line for word, line in zip(sources.dictionary.to_pylist(), last.tolist(), strict=True) if line}


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
