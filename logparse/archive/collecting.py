"""What scans find, day by day, until it is known under which names the archive stores it.

Owns: holding lines while sources are read, in memory up to a limit, then in a temporary folder; writing them as
objects. Must not know: which sources are new, what a line means.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Self

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from logparse import temporary
from logparse.archive.days import write_rows
from logparse.archive.index import NONE
from logparse.archive.lines import SCHEMA, WORDS, days_of, tables_of
from logparse.found import Scan

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from logparse.archive.storage import Storage

#: Bytes of lines in memory, from which on a temporary folder holds them.
LIMIT: Final = 64 * 1024 * 1024


@dataclass(slots=True)
class _Part:
    """Lines of one source and day."""

    number: int
    day: str
    rows: pa.Table | None
    file: Path | None = None

    def read(self) -> pa.Table:
        return pq.read_table(self.file, read_dictionary=[*WORDS], partitioning=None) if self.rows is None else self.rows


@dataclass(slots=True)
class Collected:
    """Takes what scans find, as ``Pages`` does."""

    limit: int = LIMIT
    _parts: list[_Part] = field(default_factory=list)
    _bytes: int = 0
    _folder: temporary.Folder | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._folder is not None:
            self._folder.remove()

    def take(self, scan: Scan) -> Scan:
        """What was found, without the lines, which are held here from now on.

        Raises:
            OutputError: the temporary folder cannot hold them.
        """
        for number, rows in tables_of(scan):
            times = rows["time"].to_numpy() if not rows["time"].null_count else None
            days = _days(rows) if times is None else days_of(times).astype(str)
            for day in np.unique(days).tolist():
                mine = days == day
                part = rows if mine.all() else rows.filter(pa.array(mine))
                self._parts.append(_Part(number, day, part))
                self._bytes += part.nbytes
            if self._bytes > self.limit:
                self._spill()
        return Scan(coverage=scan.coverage)

    def mark(self) -> int:
        """What is held now, to come ``back`` to."""
        return len(self._parts)

    def back(self, mark: int) -> None:
        """Forget all that was taken since the mark was made."""
        for part in self._parts[mark:]:
            if part.file is not None:
                with suppress(OSError):
                    part.file.unlink()
        del self._parts[mark:]
        self._bytes = sum(part.rows.nbytes for part in self._parts if part.rows is not None)

    def days(self, number: int, since: int = 0) -> list[str]:
        """The days that a source has lines of, behind its ``since``-th."""
        return sorted(
            {
                part.day
                for part in self._parts
                if part.number == number and (not since or np.any(part.read()["line"].to_numpy() > since))
            }
        )

    def write(self, storage: Storage, names: Mapping[int, tuple[str, int]]) -> Iterator[tuple[str, str]]:
        """Write the lines of some sources; days and the objects that hold their lines.

        Args:
            storage: where to.
            names: by number of the source, its name in the archive, and the line behind which its lines count.
        """
        by_day: dict[str, list[_Part]] = {}
        for part in self._parts:
            if part.number in names:
                by_day.setdefault(part.day, []).append(part)
        for day, parts in sorted(by_day.items()):
            rows = pa.concat_tables([_named(part.read(), *names[part.number]) for part in parts])
            if len(rows):
                yield day, write_rows(storage, rows)

    def _spill(self) -> None:
        """Move all lines that are in memory into the temporary folder."""
        try:
            self._folder = self._folder or temporary.Folder()
            for number, part in enumerate(self._parts):
                if part.rows is not None:
                    file = self._folder.path / f"{number}.parquet"
                    pq.write_table(part.rows, file, compression="lz4", write_statistics=False)
                    part.file, part.rows = file, None
        except OSError as error:
            raise temporary.cannot_hold(self._folder, error) from error
        self._bytes = 0


def _days(rows: pa.Table) -> np.ndarray[Any, np.dtype[np.str_]]:
    times = rows["time"].fill_null(-1).to_numpy()
    return np.where(times < 0, NONE, days_of(times).astype(str))


def _named(rows: pa.Table, name: str, since: int) -> pa.Table:
    if since:
        rows = rows.filter(pa.array(rows["line"].to_numpy() > since))
    word = pa.DictionaryArray.from_arrays(pa.array(np.zeros(len(rows), np.int32)), pa.array([name.encode()]))
    return rows.set_column(0, SCHEMA.field("source"), word)
