"""Columns of texts and of numbers, in Arrow and NumPy.

Owns: making a column of texts, dictionaries in which each text stands once, numbering and counting what agrees.
Must not know: what any column means.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


#: Columns of texts are dictionaries, since few texts stand in most rows.
TEXT: Final = pa.dictionary(pa.int32(), pa.string())
#: A group's number and a row's number together are below this, so that both fit into one whole number.
_MOST: Final = 1 << 62
_NEWLINE: Final = 10


def text_column(texts: Sequence[str]) -> pa.StringArray:
    """Make an Arrow column of texts, all of which can be written in UTF-8.

    ``pa.array`` would import pandas to look at what it is given. That takes a sixth of a second, and a command that
    looks at a single line should not wait for it.
    """
    data = [text.encode() for text in texts]
    bounds = np.zeros(len(data) + 1, np.int32)
    np.cumsum([len(text) for text in data], out=bounds[1:])
    return pa.Array.from_buffers(pa.string(), len(data), [None, pa.py_buffer(bounds), pa.py_buffer(b"".join(data))])


def split_lines(data: bytes) -> tuple[pa.Array, NDArray[np.int32]]:
    """Return lines as an Arrow array of bytes, and where each begins and the last one ends; no byte is copied.

    Args:
        data: lines, each ended by a line break; what stands behind the last line break is left out.
    """
    ends = np.flatnonzero(np.frombuffer(data, np.uint8) == _NEWLINE)
    bounds = np.zeros(len(ends) + 1, np.int32)
    np.add(ends, 1, out=bounds[1:], casting="unsafe")
    return pa.Array.from_buffers(pa.binary(), len(ends), [None, pa.py_buffer(bounds), pa.py_buffer(data)]), bounds


def join_lines(lines: pa.Array) -> bytes:
    """Return lines, each with its line break, as they stand one behind the other; see ``split_lines``."""
    _, offsets, data = lines.buffers()
    bounds = np.frombuffer(offsets, np.int32)[lines.offset : lines.offset + len(lines) + 1]
    return bytes(memoryview(data)[bounds[0] : bounds[-1]]) if len(lines) else b""


def begin_with(data: bytes, sign: bytes) -> bool:
    """Return whether all lines, each ended by a line break, begin with a character."""
    text = np.frombuffer(data, np.uint8)
    return data.startswith(sign) and bool((text[np.flatnonzero(text[:-1] == _NEWLINE) + 1] == sign[0]).all())


def replace_surrogates(text: str) -> str:
    """Return a text that Arrow takes: a byte that was no UTF-8 becomes a character that no pattern means."""
    return text if text.isascii() else text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")


def truth_values(values: pa.BooleanArray) -> NDArray[np.bool_]:
    """Convert an Arrow array of truth values, none of which is null, to NumPy.

    ``to_numpy`` would import pandas, see ``text_column``.
    """
    assert not values.null_count
    if not len(values):
        return np.zeros(0, np.bool_)
    bits = np.frombuffer(values.buffers()[1], np.uint8)
    stop = values.offset + len(values)
    return np.unpackbits(bits, count=stop, bitorder="little")[values.offset :].view(np.bool_)


def number_groups(columns: Sequence[NDArray[Any]]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Put rows that agree in all columns into one group.

    Args:
        columns: one at least; whole numbers, also negative ones, or truth values.

    Returns:
        The number of each row's group, counted from 0 in the order in which groups first appear; and the first row of
        each group.
    """
    groups = np.zeros(len(columns[0]), np.int64)
    many, room = 1, _room(groups)
    for column in columns:
        values = column.astype(np.int64)
        if (least := int(values.min(initial=0))) < 0:
            values -= least
        top = int(values.max(initial=0)) + 1
        if many * top > room:  # most combinations that could occur do not
            groups, firsts = _renumber(groups, many)
            many = len(firsts)
        if many * top > room:
            values, firsts = _renumber(values, top)
            top = len(firsts)
        groups *= top
        groups += values
        many *= top
    return _renumber(groups, many)


def count_each(values: NDArray[Any], many: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Count equal values.

    Args:
        values: whole numbers from 0.
        many: a number that is above all of them.

    Returns:
        The different values, in order, and how often each occurs.
    """
    if many > _room(values):
        return np.unique(values, return_counts=True)
    counts = np.bincount(values, minlength=many)
    found = np.flatnonzero(counts)
    return found, counts[found]


def _room(values: NDArray[np.int64]) -> int:
    """How many different values there may be, so that a table of all of them costs less than sorting."""
    return 8 * len(values) + 64


def _renumber(values: NDArray[np.int64], many: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Number distinct values, all below ``many``, as they appear; also return the first row of each."""
    if many > _room(values):
        values = _rank(values, many)
        many = len(values)
    # Where an index stands several times, NumPy keeps what is assigned last: here, the first row.
    table = np.full(many, len(values), np.int32)
    table[values[::-1]] = np.arange(len(values) - 1, -1, -1, dtype=np.int32)
    first = np.zeros(len(values), np.bool_)
    first[table[table < len(values)]] = True
    firsts = np.flatnonzero(first)
    table[values[firsts]] = np.arange(len(firsts), dtype=np.int32)
    return table[values].astype(np.int64), firsts


def _rank(values: NDArray[np.int64], many: int) -> NDArray[np.int64]:
    """Number distinct values, all below ``many``, by size."""
    bits = len(values).bit_length()
    if many > _MOST >> bits:
        return np.unique(values, return_inverse=True)[1]
    # Numbers with their rows in their last bits, in order: faster than hashing, in a third of the memory.
    both = values << bits
    both |= np.arange(len(values))
    both.sort()
    rows = (both & (1 << bits) - 1).astype(np.int32)
    both >>= bits
    new = np.zeros(len(both), np.bool_)
    np.not_equal(both[1:], both[:-1], out=new[1:])
    both[rows] = np.cumsum(new, dtype=np.int32)
    return both


def deduplicate_dictionaries(rows: pa.Table) -> pa.Table:
    """Return the table with every text at most once in the dictionary of its column.

    Concatenating tables in Arrow can leave a text in a dictionary twice. Codes can be compared only without that.
    """
    for at, name in enumerate(rows.column_names):
        if rows.schema.field(name).type != TEXT or not len(rows):
            continue
        column = rows[name].chunk(0)
        words = column.dictionary.dictionary_encode()
        if len(words.dictionary) < len(column.dictionary):
            places = words.indices.take(column.indices)
            rows = rows.set_column(at, name, pa.DictionaryArray.from_arrays(places, words.dictionary))
    return rows


def drop_unused_texts(rows: pa.Table) -> pa.Table:
    """Return the table with no texts in its dictionaries but those that stand in its rows, in one chunk a column."""
    for at, name in enumerate(rows.column_names):
        if rows.schema.field(name).type == TEXT:
            texts = rows[name].combine_chunks().cast(pa.string()).dictionary_encode()
            rows = rows.set_column(at, name, texts)
    return rows.combine_chunks()


def dictionary_codes(rows: pa.Table, name: str) -> NDArray[np.int32]:
    """Return each row's place in the dictionary of a column of texts, -1 where there is no text."""
    column = rows[name]
    if not column.num_chunks:
        return np.zeros(0, np.int32)
    codes: NDArray[np.int32] = pc.fill_null(column.chunk(0).indices, -1).to_numpy()
    return codes


def dictionary_texts(rows: pa.Table, name: str) -> list[str]:
    """Return the dictionary of a column of texts."""
    column = rows[name]
    texts: list[str] = column.chunk(0).dictionary.to_pylist() if column.num_chunks else []
    return texts
