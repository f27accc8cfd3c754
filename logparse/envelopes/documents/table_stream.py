"""Tables of any size to records, one JSON object in a line; only a part of them is in memory at a time.

Owns: reading many rows at once, where the table of a file ends.
Must not know: what the header of a table is (``tables``), what a record means, line formats (it is told which lines are
known).

A row in which a quoted cell holds a quote is no line of a server, and most rows of a log are such. They are split by
the csv module, many at once. Every other row is looked at by itself.
"""

from __future__ import annotations

import csv
from functools import cache
from typing import TYPE_CHECKING, Final

import msgspec
import numpy as np
import pyarrow.compute as pc

from logparse.common.columns import split_lines, truth_values
from logparse.envelopes.documents.items import Part
from logparse.envelopes.documents.plain_rows import PlainRows
from logparse.envelopes.documents.row_records import make_builder, make_builder_of_many, nest, write
from logparse.envelopes.documents.tables import OTHERS, ROW_LINES, ROW_SIZE, TRIED, split_row

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import pyarrow as pa
    from numpy.typing import NDArray

    from logparse.formats.json_lines.objects import Record

_encoder: Final = msgspec.json.Encoder()
_QUOTE: Final = ord('"')


class TableStream:
    """Reads a file that is a table.

    Args:
        header: its first line.
        number: of the line behind it.
        separator: of its columns.
        is_known: whether a line is one that a server writes.
        holds_known_line: whether a known line is in a record.

    Attributes:
        number: of the next line that is to be read.
        rest: what stands behind the table; empty: it goes on.
    """

    def __init__(
        self,
        header: str,
        number: int,
        separator: str,
        is_known: Callable[[str], bool],
        holds_known_line: Callable[[str | Record], bool],
    ) -> None:
        self._header = header
        self._separator = separator
        self._names = split_row(header, separator)
        places = nest(self._names)
        self._build, self._build_all = make_builder(places), make_builder_of_many(places)
        self._plain_rows = PlainRows(self._names, separator, places)
        self._is_known = is_known
        self._holds_known_line = holds_known_line
        self._surely_row = rf'(?:^|[{separator}])"[^"]*""'
        self._begun = b""
        self.number = number
        self.rest = b""

    def holds_log(self, lines: Sequence[str]) -> bool:
        """Return whether a known line is in one of the first rows, which follow the header."""
        at = 0
        for _ in range(TRIED):
            if at >= len(lines):
                return False
            row, count = _take_row(lines, at)
            cells = self._split_row(lines[at], row)
            if cells and self._holds_known(cells):
                return True
            if not cells and row is not None and lines[at].startswith(OTHERS):
                return False
            at += count if cells else 1
        return False

    def read(self, data: bytes, *, last: bool) -> Part:
        """Read further lines.

        Args:
            data: lines of the file, behind those read so far, each ended by a line break, but perhaps its last line.
            last: the file ends with them.

        Returns:
            Their records and the lines that are no rows. What may go on in the next lines is read with these.
        """
        data, self._begun = self._begun + data, b""
        column, bounds = split_lines(data if data.endswith(b"\n") else data + b"\n")
        lines = cache(lambda: data.decode("utf-8", "surrogateescape").removesuffix("\n").split("\n"))
        others = np.append(np.flatnonzero(~self._find_plain_rows(column, bounds, data)), len(column))
        texts: list[bytes] = []
        places: list[int] = []
        at, most = 0, len(column)
        while at < len(column):
            stop = min(int(others[np.searchsorted(others, at)]), at + most)
            rows = None
            if stop > at:
                rows = self._plain_rows.write(column[at:stop]) or self._split_rows(lines()[at:stop])
            if rows is not None:
                texts += rows
                places += range(at, stop)
                at, most = stop, most * 4
            elif stop > at + 1:
                most = (stop - at) // 4 or 1
            else:
                count, text = self._read_line(lines(), at, last=last)
                if not count:
                    break
                if text is not None:
                    texts.append(text)
                    places.append(at)
                at += count
        part = Part(texts, np.array(places, np.int64) + self.number)
        self.number += at
        if at < len(column) and not self.rest:
            self._begun = data[bounds[at] :]
        elif at < len(column):
            self.rest = data[bounds[at] :]
        return part

    def _find_plain_rows(self, lines: pa.Array, bounds: NDArray[np.int32], data: bytes) -> NDArray[np.bool_]:
        """Return which lines are rows for certain, if they have as many cells as the header."""
        quotes = np.flatnonzero(np.frombuffer(data, np.uint8) == _QUOTE)
        even = np.diff(np.searchsorted(quotes, bounds)) % 2 == 0
        plain: NDArray[np.bool_] = even & truth_values(pc.match_substring_regex(lines, self._surely_row))
        if b"\r" in data:
            plain &= ~truth_values(pc.match_substring_regex(lines, r"\r[^\r\n]"))
        return plain

    def _split_rows(self, lines: Sequence[str]) -> list[bytes] | None:
        """The records of some rows; None if one of them is none, or goes on behind them."""
        width = len(self._names)
        try:
            rows = list(csv.reader(lines, delimiter=self._separator))
        except csv.Error:
            return None
        if len(rows) != len(lines) or {*map(len, rows)} != {width}:
            return None
        try:
            return _encoder.encode_lines(self._build_all([*zip(*rows, strict=True)])).split(b"\n")[:-1]
        except UnicodeEncodeError:
            return [write(self._build(row)) for row in rows]

    def _read_line(self, lines: Sequence[str], at: int, *, last: bool) -> tuple[int, bytes | None]:
        """Read a line by itself: how many lines it takes, none at the end of the table; and its record or text."""
        line = lines[at]
        if line == self._header:  # two exports, one behind the other
            return 1, None
        row, count = _take_row(lines, at)
        if row is None and at + count == len(lines) and not last and count < ROW_LINES:
            return 0, None
        cells = self._split_row(line, row)
        if cells and (not self._is_known(line) or self._holds_known(cells)):
            return count, write(self._build(cells))
        if row is not None and line.startswith(OTHERS):
            self.rest = b"\n"
            return 0, None
        return 1, line.encode("utf-8", "surrogateescape")

    def _split_row(self, line: str, row: str | None) -> list[str]:
        """The cells of a row that begins in a line; none if it is no row."""
        if row is None or (len(self._names) == 1 and not line.startswith('"')):
            return []
        cells = split_row(row, self._separator)
        return cells if len(cells) == len(self._names) else []

    def _holds_known(self, cells: Sequence[str]) -> bool:
        record = dict(zip(self._names, cells, strict=True))
        return self._holds_known_line(record) or any(map(self._is_known, cells))


def _take_row(lines: Sequence[str], at: int) -> tuple[str | None, int]:
    """Return the row that begins in a line, and how many lines it takes; None if a cell of it has no end."""
    quotes, size, count = lines[at].count('"'), len(lines[at]), 1
    while quotes % 2:
        if at + count == len(lines) or count >= ROW_LINES or size > ROW_SIZE:
            return None, count
        quotes += lines[at + count].count('"')
        size += len(lines[at + count])
        count += 1
    return "\n".join(lines[at : at + count]), count
