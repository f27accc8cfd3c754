"""Rows of a table to records, many at once and as columns.

Owns: which rows can be read so, and how their records are written.
Must not know: what the header of a table is, what a record means.

A row can be read so if each cell stands in quotes or holds none, and no cell holds a control character: then there is
one way to read it. Its cells need no more than two escapes in JSON, and a record is written by putting texts together,
in a third of the time that a Python object for each cell takes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec
import pyarrow as pa
import pyarrow.compute as pc

from logparse.common.columns import join_lines, truth_values

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_encoder: Final = msgspec.json.Encoder()
_CONTROL: Final = r"\x00-\x1f"
#: Tables with more columns are left to the csv module: the expression for a row would be long.
_WIDEST: Final = 200


class PlainRows:
    """Writes the records of a table.

    Args:
        names: of its columns.
        separator: of the cells of a row.
        places: the number of each column in a record, by its key; objects in it likewise.
    """

    def __init__(self, names: Sequence[str], separator: str, places: Mapping[str, Any]) -> None:
        self._separator = separator
        self._columns = [str(number) for number in range(len(names))]
        cell = rf'(?:"(?:[^"{_CONTROL}]|"")*"|[^"{separator}{_CONTROL}]*)'
        self._row = rf"^{cell}" + rf"(?:[{separator}]{cell}){{{len(names) - 1}}}\r?\n$"
        try:
            self._pieces = [*_join_literals(_list_pieces(places))]
        except UnicodeEncodeError:  # names that are no UTF-8
            self._pieces = []

    def write(self, lines: pa.Array) -> list[bytes] | None:
        """Return the record of each row, as JSON; None if one of them cannot be read so.

        Args:
            lines: whole ones, as bytes.
        """
        if (
            not self._pieces
            or len(self._columns) > _WIDEST
            or not truth_values(pc.match_substring_regex(lines, self._row)).all()
        ):
            return None
        from pyarrow import csv  # noqa: PLC0415 - few files are tables

        reading = csv.ReadOptions(column_names=self._columns, use_threads=False, block_size=1 << 30)
        parsing = csv.ParseOptions(delimiter=self._separator, ignore_empty_lines=False)
        types = dict.fromkeys(self._columns, pa.string())
        try:
            table = csv.read_csv(
                pa.BufferReader(join_lines(lines)), reading, parsing, csv.ConvertOptions(column_types=types)
            )
        except pa.ArrowInvalid:  # bytes that are no UTF-8
            return None
        if len(table) != len(lines):
            return None
        parts = [_escape(table[piece]) if isinstance(piece, int) else piece for piece in self._pieces]
        records = pc.binary_join_element_wise(*parts, "").cast(pa.binary())
        return [record for chunk in records.chunks for record in chunk.to_pylist()]


def _escape(cells: pa.ChunkedArray) -> pa.ChunkedArray:
    """Write texts without control characters as they stand in a text of JSON."""
    for sign in ("\\", '"'):
        # To look for one sign in all cells at once takes a twentieth of the time.
        if any(sign.encode() in chunk.buffers()[2].to_pybytes() for chunk in cells.chunks if chunk.buffers()[2]):
            cells = pc.replace_substring(cells, sign, f"\\{sign}")
    return cells


def _list_pieces(places: Mapping[str, Any]) -> Iterator[str | int]:
    """Yield what stands in a record: literal text, and numbers of columns."""
    for nth, (key, place) in enumerate(sorted(places.items(), key=lambda each: not isinstance(each[1], int))):
        yield f"{',' if nth else '{'}{_encoder.encode(key).decode()}:"
        if isinstance(place, int):
            yield from ('"', place, '"')
        else:
            yield from _list_pieces(place)
    yield "}"


def _join_literals(pieces: Iterator[str | int]) -> Iterator[str | int]:
    held = ""
    for piece in pieces:
        if isinstance(piece, str):
            held += piece
        else:
            yield from (held, piece)
            held = ""
    yield held
