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
#: Stands for the day of lines without a time.
_UNDATED: Final = -1


class _Part(NamedTuple):
    """Lines of one source and day."""

    number: int
    day: str
    held: Held


class LineCollector:
    """Takes the lines that scans find out of them, as ``scans.request_store.RequestStore`` takes attempts.

    Args:
        limit: bytes of lines in memory, from which on a temporary folder holds them.
    """

    def __init__(self, limit: int = LIMIT) -> None:
        self._shelf = Shelf(limit)
        self._parts: list[_Part] = []
        self._of: defaultdict[int, list[_Part]] = defaultdict(list)

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
                self._parts.append(_Part(number, NONE if day == _UNDATED else str(day), self._shelf.put(part)))
                self._of[number].append(self._parts[-1])
            self._shelf.settle()
        return Scan(coverage=scan.coverage)

    def mark(self) -> int:
        """Return a mark of what is held now, to come ``back`` to."""
        return len(self._parts)

    def back(self, mark: int) -> None:
        """Forget all that was taken since the mark was made."""
        for part in self._parts[mark:]:
            self._of[part.number].pop()
        del self._parts[mark:]
        self._shelf.back(mark)

    def days(self, number: int, since: int = 0) -> list[str]:
        """Return the days of the lines of a source behind its ``since``-th line."""
        return sorted(
            {
                part.day
                for part in self._of[number]
                if not since or np.any(part.held.read(["line"])["line"].to_numpy() > since)
            }
        )

    def write(self, storage: Storage, names: Mapping[int, tuple[str, int]]) -> Iterator[tuple[str, str]]:
        """Write the lines of some sources, and yield each day with the name of the object that holds its lines.

        Args:
            storage: where the archive is.
            names: by number of the source, its key in the index, and the line behind which its lines count.
        """
        by_day: dict[str, list[_Part]] = {}
        for part in self._parts:
            if part.number in names:
                by_day.setdefault(part.day, []).append(part)
        for day, parts in sorted(by_day.items()):
            rows = pa.concat_tables([_named(part.held.read(), *names[part.number]) for part in parts])
            if len(rows):
                yield day, write_rows(storage, rows)


def _days(rows: pa.Table) -> np.ndarray[Any, np.dtype[np.int64]]:
    times = rows["time"].fill_null(-1).to_numpy()
    return np.where(times < 0, _UNDATED, days_of(times))


def _named(rows: pa.Table, name: str, since: int) -> pa.Table:
    if since:
        rows = rows.filter(pa.array(rows["line"].to_numpy() > since))
    word = pa.DictionaryArray.from_arrays(pa.array(np.zeros(len(rows), np.int32)), pa.array([name.encode()]))
    return rows.set_column(0, SCHEMA.field("source"), word)
