"""The table in which the archive stores lines that matter: one row for each request and each message.

Owns: the columns of this table, and what a row may be. Must not know: files, weeks, what a line means. What a line
means is decided anew, by the rules at hand, whenever it is read from the archive.

Texts are bytes as they were in the log.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from logparse.archive.index import DAY

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

#: Texts, each held once.
WORD: Final = pa.dictionary(pa.int32(), pa.binary())
#: Values of the column ``kind``: a request that was read by itself, a request that was read in bulk, a message.
REQUEST, BULK_REQUEST, MESSAGE = range(3)
#: ``source`` is a number while lines are collected; in the archive it is the key of a source of its index.
SCHEMA: Final = pa.schema([
    ("source", WORD), ("kind", pa.int8()), ("line", pa.int64()), ("order", pa.int64()), ("time", pa.int64()),
    ("time_source", WORD), ("client", WORD), ("name", WORD), ("method", WORD), ("target", WORD),
    ("status", pa.int16()), ("size", pa.int64()), ("duration", pa.int64()), ("referer", WORD), ("agent", WORD),
    ("location", WORD), ("proxy", WORD), ("peer", WORD), ("request_id", WORD), ("record", WORD),
    ("decoded", pa.bool_()), ("shadowed", pa.bool_()), ("nameless", pa.bool_()), ("vouched", pa.bool_()),
    ("deployment", WORD), ("host", WORD), ("pod", WORD), ("container", WORD), ("stream", WORD),
    ("process", WORD), ("text", WORD), ("loc", WORD), ("wall", pa.int64()), ("zoned", pa.bool_()),
    ("continuation", pa.bool_()), ("time_within", pa.int64()),
    ("total", pa.int64()),
])  # fmt: skip
#: Names of the columns that hold texts.
WORDS: Final = tuple(field.name for field in SCHEMA if field.type == WORD)
#: Stands between the parts of a process's name in the column ``process``.
SEPARATOR: Final = "\0"


def days_of(times: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return the day, UTC, of each time in microseconds; days are numbered from 1970."""
    days: NDArray[np.int64] = times // DAY
    return days


def drop_unused_words(column: Any) -> Any:
    """Return a column of texts without words that no row has, if there are many of them."""
    return column.dictionary_decode().dictionary_encode() if len(column.dictionary) > len(column) else column
