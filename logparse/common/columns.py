"""Rows of columns that agree with each other.

Owns: telling which do. Must not know: what any column means.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


#: A kind and a row together are less than this.
_MOST: Final = 1 << 62


def kinds_of(columns: Sequence[NDArray[Any]]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Which rows agree in all columns: the kind of each, numbered as they come, and the first row of each kind.

    Args:
        columns: one at least; whole numbers from 0, or truth values.
    """
    found = np.zeros(len(columns[0]), np.int64)
    many, room = 1, _MOST >> len(found).bit_length()
    for column in columns:
        values = column.astype(np.int64)
        top = int(values.max(initial=0)) + 1
        if many * top > room:  # most of what could be is not there
            found, firsts = _dense(found, many)
            many = len(firsts)
        if many * top > room:
            values, firsts = _dense(values, top)
            top = len(firsts)
        found *= top
        found += values
        many *= top
    return _dense(found, many)


def _dense(values: NDArray[np.int64], many: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The same numbered as they come, and the first row of each; all are below ``many``."""
    bits = len(values).bit_length()
    if many > _MOST >> bits:
        values = np.unique(values, return_inverse=True)[1]
    # Numbers with their rows in their last bits, in order: faster than hashing, in a third of the memory.
    both = values << bits
    both |= np.arange(len(values))
    both.sort()
    rows = (both & (1 << bits) - 1).astype(np.int32)
    both >>= bits
    new = np.ones(len(both), np.bool_)
    np.not_equal(both[1:], both[:-1], out=new[1:])
    each = rows[new].astype(np.int64)
    order = np.argsort(each)
    numbers = np.empty(len(each), np.int64)
    numbers[order] = np.arange(len(each))
    both[rows] = numbers[np.cumsum(new, dtype=np.int32) - 1]
    return both, each[order]


TEXT: Final = pa.dictionary(pa.int32(), pa.string())


def once(rows: pa.Table) -> pa.Table:
    """The same with every text once in its dictionary."""
    for at, name in enumerate(rows.column_names):
        if rows.schema.field(name).type != TEXT or not len(rows):
            continue
        column = rows[name].chunk(0)
        words = column.dictionary.dictionary_encode()
        if len(words.dictionary) < len(column.dictionary):
            places = words.indices.take(column.indices)
            rows = rows.set_column(at, name, pa.DictionaryArray.from_arrays(places, words.dictionary))
    return rows


def dense(rows: pa.Table) -> pa.Table:
    """The same with no texts in dictionaries but those that rows have."""
    for at, name in enumerate(rows.column_names):
        if rows.schema.field(name).type == TEXT:
            texts = rows[name].combine_chunks().cast(pa.string()).dictionary_encode()
            rows = rows.set_column(at, name, texts)
    return rows.combine_chunks()


def codes(rows: pa.Table, name: str) -> NDArray[np.int32]:
    """A column of texts as places in its dictionary, -1 for none."""
    column = rows[name]
    if not column.num_chunks:
        return np.zeros(0, np.int32)
    found: NDArray[np.int32] = pc.fill_null(column.chunk(0).indices, -1).to_numpy()
    return found


def words(rows: pa.Table, name: str) -> list[str]:
    """The dictionary of a column of texts."""
    column = rows[name]
    found: list[str] = column.chunk(0).dictionary.to_pylist() if column.num_chunks else []
    return found
