"""Lines in the objects of an archive: each object holds lines of one day, in order of source and line.

Owns: reading and writing such an object, and putting the objects of a day together. Must not know: what a line means,
which lines are needed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from logparse.archive.stored_lines import SCHEMA, WORD, WORDS
from logparse.common.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from logparse.archive.index import Index
    from logparse.archive.storage.interface import Storage

_ROW_GROUP: Final = 1 << 17


def write_rows(storage: Storage, rows: pa.Table) -> str:
    """Write lines as an object, in order of source and line, and return its name."""
    rows = rows.unify_dictionaries().combine_chunks()
    names = rows["source"].combine_chunks()
    words = names.dictionary.to_pylist()
    rank = np.empty(len(words), np.int64)
    rank[sorted(range(len(words)), key=words.__getitem__)] = np.arange(len(words))
    keys = (rows["order"].to_numpy(), rows["line"].to_numpy(), rank[names.indices.to_numpy()])
    order = np.lexsort(keys)
    if not np.array_equal(order, np.arange(len(order))):
        rows = rows.take(pa.array(order))
    with storage.sink() as sink:
        pq.write_table(rows, sink.stream, compression="zstd", row_group_size=_ROW_GROUP, store_schema=False)
    return sink.name


def read_rows(storage: Storage, name: str) -> Iterator[pa.Table]:
    """Yield the lines of an object, some at a time; columns as in ``stored_lines.SCHEMA``.

    Args:
        storage: where it is.
        name: of the object.

    Raises:
        OutputError: it cannot be read.
    """
    try:
        with storage.open(name) as stream:
            file = pq.ParquetFile(stream, read_dictionary=[*WORDS])
            for number in range(file.num_row_groups):
                rows = file.read_row_group(number)
                for field in SCHEMA:  # an earlier version did not write all of them
                    if field.name not in rows.column_names:
                        rows = rows.append_column(field, pa.nulls(len(rows), field.type))
                yield rows.cast(SCHEMA).unify_dictionaries().combine_chunks()
    except (OSError, pa.ArrowException) as error:
        raise OutputError(storage.place, f"an object of the archive is damaged ({name}); see archive verify") from error


def compact_day(storage: Storage, index: Index, day: str) -> None:
    """Put the lines of a day into one object, without those of sources that the index does not hold any more.

    Raises:
        OutputError: they cannot be read, or not be written.
    """
    keys = {entry.key.encode() for entry in index.sources.values() if entry.counts}
    tables = [rows.filter(pa.array(are_from(rows, keys))) for rows in read_day(storage, index, day)]
    replace_day(storage, index, day, tables)


def replace_day(storage: Storage, index: Index, day: str, tables: Sequence[pa.Table]) -> None:
    """Have an object hold some lines in place of all that a day had, and no text that is in none of these lines.

    Raises:
        OutputError: they cannot be written.
    """
    whole = pa.concat_tables(tables) if tables else None
    if whole is None or not len(whole):
        index.days.pop(day, None)
        return
    for at, field in enumerate(SCHEMA):
        if field.type == WORD:
            whole = whole.set_column(at, field, whole[field.name].cast(pa.binary()).dictionary_encode())
    index.days[day] = [write_rows(storage, whole)]


def read_day(storage: Storage, index: Index, day: str) -> Iterable[pa.Table]:
    """Yield the lines of a day, some at a time.

    Raises:
        OutputError: they cannot be read.
    """
    return (rows for name in index.days.get(day, ()) for rows in read_rows(storage, name))


def are_from(rows: pa.Table, keys: set[bytes]) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Return for each line whether it is from one of some sources; ``keys`` are those of the sources in the index."""
    names = rows["source"].combine_chunks()
    known = np.array([word in keys for word in names.dictionary.to_pylist()], np.bool_)
    wanted: np.ndarray[Any, np.dtype[np.bool_]] = known[names.indices.to_numpy()]
    return wanted
