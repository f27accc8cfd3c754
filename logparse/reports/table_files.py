r"""Tables to files: CSV that is safe to open anywhere, Parquet, and the Hive-partitioned data set of attempts.

Owns: how cells are written, the layout of the data set. Must not know: which tables there are.

The texts come from strangers. In a CSV file a cell that holds a line break is quoted (RFC 4180), so it can be no row of
its own to anything that reads CSV. Beyond that

- control characters (line breaks too), characters that nobody sees, and what turns the direction of writing are written
  as ``\x1b``, ``\n``, ``\u200b`` or ``\u202e``: with ESC a text can take over a terminal on which somebody looks at a
  file. Raw texts are free of NUL, C1 control characters, U+2028, U+2029 and what turns the direction only;
- where the output is a terminal, letters that only look like others are written out too;
- text that a spreadsheet would take for a formula (``=``, ``+``, ``-``, ``@``, a tab or a line break in front, also
  behind characters that nobody sees) gets a leading ``'``; behind a semicolon too, where spreadsheets of many countries
  part cells. A lone ``-`` is no formula.

Parquet keeps texts as they are. In both, bytes that were no UTF-8 (lone surrogates) are written as ``\xff``.
"""

from __future__ import annotations

import csv
import io
import os
import re
from functools import partial
from typing import TYPE_CHECKING, Any, BinaryIO, Final, Literal, TypeAlias

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from logparse.common.columns import number_groups
from logparse.common.errors import OutputError
from logparse.common.lookalikes import mark_lookalikes
from logparse.common.schema import SCHEMA_VERSION
from logparse.common.text import INVISIBLE, encodable
from logparse.reports import atomic_files
from logparse.reports.atomic_files import Target

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from logparse.common.schema import Column

__all__ = ["FileFormat", "Target", "check_output", "encode_table", "format_of", "write_table"]
FileFormat: TypeAlias = Literal["csv", "parquet"]
_ARROW: Final = {
    "string": pa.string(),
    "int64": pa.int64(),
    "int16": pa.int16(),
    "double": pa.float64(),
    "bool": pa.bool_(),
    "timestamp": pa.timestamp("us", tz="UTC"),
}
#: Rows of a row group: texts of so many are in memory at once.
_ROW_GROUP: Final = 1 << 17
#: Rows of a CSV file whose cells are in memory at once: all cells of a row take some two kilobytes.
_ROWS_AT_ONCE: Final = 16_384
_HARMFUL: Final = re.compile("[\x00\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_CONTROL: Final = re.compile(f"[\x00-\x1f\x7f-\x9f\u2028\u2029{INVISIBLE}]")
#: What a formula begins with, also in other guises.
SIGNS: Final = "=+-@\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b\u2212"
_FORMULA: Final = re.compile(
    rf"^(?=[\t\n\r])|(?:^|(?<=;))(?=[\s\x00-\x1f\x7f-\x9f{INVISIBLE}]*[{re.escape(SIGNS)}])(?!-\Z)"
)
_SHORT: Final = {"\t": "\\t", "\n": "\\n", "\r": "\\r"}


def check_output(path: Target, *, folder: bool = False) -> None:
    """Make sure, before any work is done, that ``path`` can be written; nothing is created.

    Args:
        path: a file (``folder=False``), a folder, or ``-`` for standard output.
        folder: whether a folder is wanted.

    Raises:
        OutputError: a folder stands where a file is wanted or the other way round, or writing is not permitted.
    """
    if path == "-":
        return
    if path.is_dir() and not folder:
        raise OutputError(str(path), "is a folder; give the name of a file")
    if path.exists() and not path.is_dir() and folder:
        raise OutputError(str(path), "is a file; give the name of a folder")
    if path.exists() and not path.is_file() and not path.is_dir():
        return  # a device or a pipe is written in place
    nearest = path if folder else path.absolute().parent
    while not nearest.exists() and nearest != nearest.parent:
        nearest = nearest.absolute().parent
    if not nearest.is_dir():
        raise OutputError(str(path), f"cannot be created, since {nearest} is not a folder")
    if not os.access(nearest, os.W_OK | os.X_OK):
        raise OutputError(str(path), f"cannot be written: no permission to write in {nearest}")


def format_of(path: Target) -> FileFormat:
    """Return the format that a file's suffix names; standard output is CSV.

    Raises:
        OutputError: the suffix is neither ``.csv`` nor ``.parquet``.
    """
    suffix = ".csv" if path == "-" else path.suffix.lower()
    if suffix == ".csv":
        return "csv"
    if suffix == ".parquet":
        return "parquet"
    raise OutputError(str(path), "the suffix names no format; use .csv or .parquet")


def write_table(
    frame: pd.DataFrame,
    columns: tuple[Column, ...],
    path: Target,
    file_format: FileFormat,
    *,
    raw: bool = False,
) -> None:
    """Write a table: a whole file or none, and the same bytes for the same rows in the same order.

    Args:
        frame: holds at least ``columns``; rows are written in its order.
        columns: what to write, in this order.
        path: the file to make or replace (missing folders are made), or ``-`` for standard output.
        file_format: ``csv`` (UTF-8, header, line feeds, times such as ``2026-11-22T12:38:36.297316Z``, null is empty)
            or ``parquet``.
        raw: keep control characters in the texts of a CSV file.

    Raises:
        OutputError: the file cannot be written.
        BrokenPipeError: the reader of standard output, or of a pipe, has gone.
    """
    with atomic_files.open_target(path) as stream:
        _write(frame, columns, file_format, stream, raw=raw)


def encode_table(frame: pd.DataFrame, columns: tuple[Column, ...], file_format: FileFormat) -> bytes:
    """A table as ``write_table`` writes it."""
    stream = io.BytesIO()
    _write(frame, columns, file_format, stream)
    return stream.getvalue()


def _write(
    frame: pd.DataFrame, columns: tuple[Column, ...], file_format: FileFormat, sink: BinaryIO, *, raw: bool = False
) -> None:
    if file_format == "csv":
        terminal = sink.isatty()
        escaped = _HARMFUL if raw and not terminal else _CONTROL
        _write_csv(frame, columns, sink, partial(_clean, escaped=escaped, lookalikes=terminal))
    else:
        _write_parquet(frame, columns, sink)


def _write_parquet(frame: pd.DataFrame, columns: tuple[Column, ...], sink: BinaryIO) -> None:
    texts = {column.name for column in columns if isinstance(frame[column.name].dtype, pd.CategoricalDtype)}
    types = [pa.dictionary(pa.int32(), pa.string()) if each.name in texts else _ARROW[each.type] for each in columns]
    schema = pa.schema([(column.name, kind) for column, kind in zip(columns, types, strict=True)])
    with pq.ParquetWriter(sink, schema, compression="zstd", store_schema=False) as writer:
        writer.add_key_value_metadata({"logparse.schema": str(SCHEMA_VERSION)})
        for start in range(0, max(len(frame), 1), _ROW_GROUP):
            part = frame.iloc[start : start + _ROW_GROUP]
            arrays = [
                _dictionary(part[column.name]) if column.name in texts else _array(part[column.name], column.type)
                for column in columns
            ]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))


def _table(frame: pd.DataFrame, columns: tuple[Column, ...], schema: pa.Schema) -> pa.Table:
    return pa.Table.from_arrays([_array(frame[column.name], column.type) for column in columns], schema=schema)


def _dictionary(texts: pd.Series) -> pa.DictionaryArray:
    """Return texts with a dictionary of those that occur, in their order, so that a file shows nothing of others."""
    codes = texts.cat.codes.to_numpy()
    groups, firsts = number_groups([codes.astype(np.int64) + 1])
    different = codes[firsts]
    known = different >= 0
    places = (np.cumsum(known, dtype=np.int32) - 1)[groups]
    words = pd.Series(texts.cat.categories.to_numpy(dtype=object)[different[known]], dtype=object)
    return pa.DictionaryArray.from_arrays(pa.array(places, mask=~known[groups]), _array(words, "string"))


def _array(series: pd.Series, kind: str) -> pa.Array:
    if isinstance(series.dtype, pd.CategoricalDtype):
        return _dictionary(series).dictionary_decode()
    try:
        return pa.array(series, _ARROW[kind], from_pandas=True)
    except UnicodeEncodeError:
        texts = [encodable(value) if isinstance(value, str) else None for value in series]
        return pa.array(texts, _ARROW[kind])


def _write_csv(frame: pd.DataFrame, columns: tuple[Column, ...], sink: BinaryIO, clean: Callable[[str], str]) -> None:
    schema = pa.schema([(column.name, _ARROW[column.type]) for column in columns])
    sink.write(_lines([[column.name for column in columns]]))
    for start in range(0, len(frame), _ROWS_AT_ONCE):
        part = _table(frame.iloc[start : start + _ROWS_AT_ONCE], columns, schema)
        cells = [_cells(part.column(i), column.type, clean) for i, column in enumerate(columns)]
        sink.write(_lines(zip(*cells, strict=True)))


class _Lines(list[bytes]):
    """Takes rows as ``csv.writer`` writes them and ends each with a line feed alone."""

    def write(self, row: str) -> None:
        self.append(row.removesuffix("\r\n").encode() + b"\n")


def _lines(rows: Iterable[Iterable[object]]) -> bytes:
    lines = _Lines()
    # Before Python 3.13 a lone carriage return in a cell is quoted only if the line end holds one.
    csv.writer(lines, lineterminator="\r\n").writerows(rows)
    return b"".join(lines)


def _cells(values: Any, kind: str, clean: Callable[[str], str]) -> list[Any]:
    if kind == "timestamp":
        texts = values.cast(pa.timestamp("us")).cast(pa.string()).to_pylist()
        return [text and text.replace(" ", "T").removesuffix(".000000") + "Z" for text in texts]
    cells: list[Any] = values.to_pylist()
    if kind == "bool":
        return [cell if cell is None else str(cell).lower() for cell in cells]
    if kind == "string":
        suspect = (text for text in set(cells) if text and _is_suspect(text))
        safe = {text: clean(text) for text in suspect}
        return [safe.get(cell, cell) for cell in cells] if safe else cells
    return cells


def _is_suspect(text: str) -> bool:
    """Whether a text is worth the two expressions, which take ten times as long to find nothing."""
    return ";" in text or not text.isascii() or not text.isprintable() or text.lstrip()[:1] in SIGNS


def _clean(text: str, *, escaped: re.Pattern[str], lookalikes: bool) -> str:
    shown = mark_lookalikes(text) if lookalikes else text
    return escaped.sub(_escape, _FORMULA.sub("'", shown))


def _escape(match: re.Match[str]) -> str:
    character = match[0]
    return _SHORT.get(character) or character.encode("unicode_escape").decode()
