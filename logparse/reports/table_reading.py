"""Tables from the files that ``table_files`` has written.

Owns: the way back from cells to values. Must not know: which tables there are, where files are.
"""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING, Final

import pandas as pd
import pyarrow.parquet as pq

from logparse.reports.report import conform
from logparse.reports.table_files import SIGNS

if TYPE_CHECKING:
    from collections.abc import Callable

    from logparse.common.schema import Column

#: The beginning of a text in front of which ``table_files`` has put an apostrophe, for Python and for RE2.
GUARDED: Final = r"\\[tnr]|(?:\s|\\(?:[tnr]|x\w{2}|u\w{4}|U\w{8}))*[" + re.escape(SIGNS) + "]"
_APOSTROPHE: Final = re.compile(rf"(?:^|(?<=;))'(?={GUARDED})", re.ASCII)


def _text(cell: str) -> str:
    return _APOSTROPHE.sub("", cell) if "'" in cell else cell


_VALUES: Final[dict[str, Callable[[str], object]]] = {
    "string": _text, "int64": int, "int16": int, "double": float, "bool": {"true": True, "false": False}.__getitem__,
}  # fmt: skip


def decode_table(data: bytes, columns: tuple[Column, ...], file_format: str) -> pd.DataFrame:
    r"""Return a table that ``encode_table`` has written, with the dtypes that it had.

    A column that the file lacks, since an earlier version wrote it, has no values. Characters that a CSV file has
    written out (``\x1b``) stay so.

    Args:
        data: the file.
        columns: what to return, in this order.
        file_format: ``csv`` or ``parquet``.

    Raises:
        ValueError: it is no such file. ``pyarrow.ArrowException`` where it is no Parquet.
    """
    names = [column.name for column in columns]
    if file_format == "parquet":
        frame = pq.read_table(io.BytesIO(data)).to_pandas(integer_object_nulls=True)
        return conform(frame.reindex(columns=names), columns)
    cells = pd.read_csv(io.BytesIO(data), dtype=str, keep_default_na=False).reindex(columns=names)
    return conform(pd.DataFrame({column.name: _read(cells[column.name], column.type) for column in columns}), columns)


def _read(cells: pd.Series, kind: str) -> pd.Series:
    known = cells.astype(object).where(cells.notna() & (cells != ""), None)
    if kind == "timestamp":
        return pd.to_datetime(known, utc=True, format="ISO8601")
    return pd.Series([None if text is None else _VALUES[kind](text) for text in known], known.index, object)
