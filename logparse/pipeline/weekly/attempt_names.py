"""The stored attempts of a week, with the findings that explain them called as in the report of the week.

Attempts name the finding of their own week. Earlier weeks may show that it goes on under another name, and may be read
later: then the attempts are written once more, and the archive keeps both.

Owns: which column of the attempts changes. Must not know: what findings are called, and why.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from logparse.common.errors import OutputError
from logparse.common.schema import SCHEMA_VERSION

if TYPE_CHECKING:
    from collections.abc import Mapping

    from logparse.archive.index import Week
    from logparse.archive.storage.interface import Storage

_FINDING: Final = "finding"
_TEXTS: Final = (_FINDING, "deployment")


def name_attempts(storage: Storage, week: Week, called: Mapping[str, Mapping[str, str]]) -> None:
    """Store the attempts of a week with other names of findings, if there are any.

    Args:
        storage: where the archive is.
        week: the week, which is changed.
        called: by deployment and key of a finding in its own week, what it is called, if that is something else.

    Raises:
        OutputError: attempts cannot be read or written.
    """
    week.part, week.own = week.own or week.part, ""
    if not week.part or not any(called.values()):
        return
    try:
        with storage.open(week.part) as stream:
            renamed = _rename(pq.ParquetFile(stream, read_dictionary=[*_TEXTS]), week, called)
    except (OSError, pa.ArrowException) as error:
        raise OutputError(storage.place, f"attempts cannot be read ({error}); see archive verify") from error
    if renamed is not None:
        week.part, week.own = storage.put(renamed), week.part


def _rename(attempts: pq.ParquetFile, week: Week, called: Mapping[str, Mapping[str, str]]) -> bytes | None:
    """Return the attempts as a Parquet file; None: an earlier version wrote them, and they name no findings."""
    schema = attempts.schema_arrow
    if not {*_TEXTS} <= {*schema.names}:
        return None
    sink = io.BytesIO()
    with pq.ParquetWriter(sink, schema, compression="zstd", store_schema=False) as writer:
        writer.add_key_value_metadata({"logparse.schema": str(SCHEMA_VERSION)})
        for group in range(attempts.num_row_groups):
            rows = attempts.read_row_group(group)
            column = _rename_column(rows, week, called)
            writer.write_table(rows.set_column(schema.get_field_index(_FINDING), schema.field(_FINDING), column))
    return sink.getvalue()


def _rename_column(rows: pa.Table, week: Week, called: Mapping[str, Mapping[str, str]]) -> pa.Array:
    column = rows[_FINDING].combine_chunks()
    keys, names = column.dictionary.to_pylist(), rows["deployment"].cast(pa.string())
    found = column.cast(pa.string())
    for label, others in called.items():
        words = pa.array([others.get(key, key) for key in keys], pa.string())
        renamed = words.take(column.indices)
        if len(week.labels) == 1:
            found = renamed
        else:  # an envelope may name a deployment for logs for which the user named none
            some = pa.array([name for name in week.labels if name], pa.string())
            mine = pc.equal(names, label) if label else pc.invert(pc.is_in(names, some))
            found = pc.if_else(pc.fill_null(mine, fill_value=False), renamed, found)
    combined = found.combine_chunks() if isinstance(found, pa.ChunkedArray) else found
    return combined.dictionary_encode()
