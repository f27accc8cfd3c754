"""Lines that a scan found, as rows of the table in which the archive stores them.

Owns: what of a request or a message is stored. Must not know: files, weeks, what a line means.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa

from logparse.archive.stored_lines import (
    BULK_REQUEST,
    MESSAGE,
    REQUEST,
    SCHEMA,
    SEPARATOR,
    WORD,
    drop_unused_words,
)
from logparse.envelopes.origin import Origin
from logparse.lines.batch import NUMBERS, TEXTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from logparse.lines.batch import Batch
    from logparse.scans.scan import Evidence, Request, Scan, Tagged

#: Number of lines that are made rows at once.
AT_ONCE: Final = 1 << 17


def make_rows(scan: Scan) -> Iterator[pa.Table]:
    """Yield the lines that a scan found, some at a time: rows as in ``SCHEMA``, with the numbers of their sources."""
    for start in range(0, len(scan.requests), AT_ONCE):
        yield _rows_of_requests(scan.requests[start : start + AT_ONCE])
    for start in range(0, len(scan.evidence), AT_ONCE):
        yield _rows_of_messages(scan.evidence[start : start + AT_ONCE])
    for tagged in scan.tagged:
        for start in range(0, len(tagged.batch.rows), AT_ONCE):
            yield _rows_of_batch(tagged, start)


def _table(columns: dict[str, Any], rows: int) -> pa.Table:
    arrays = []
    for field in SCHEMA:
        value = columns.get(field.name)
        if value is None:
            arrays.append(
                pa.nulls(rows, pa.binary()).dictionary_encode() if field.type == WORD else pa.nulls(rows, field.type)
            )
        elif isinstance(value, (pa.Array, pa.ChunkedArray)):
            arrays.append(value)
        else:
            arrays.append(_words(value) if field.type == WORD else pa.array(value, field.type))
    return pa.table(arrays, SCHEMA)


def _words(values: Sequence[str | None]) -> pa.Array:
    known: dict[str | None, bytes | None] = {
        text: None if text is None else text.encode("utf-8", "surrogateescape") for text in set(values)
    }
    return pa.array([known[text] for text in values], pa.binary()).dictionary_encode()


def _rows_of_requests(requests: Sequence[Request]) -> pa.Table:
    accesses = [request.access for request in requests]
    origins = [access.origin for access in accesses]
    columns: dict[str, Any] = {
        name: [getattr(access, name) for access in accesses]
        for name in (
            "line", "order", "time", "time_source", "client", "method", "status", "size", "duration", "agent",
            "proxy", "peer", "request_id", "record", "decoded", "shadowed", "nameless", "vouched", "target", "referer",
            "location", "time_within", "total",
        )
    }  # fmt: skip
    columns |= {"name": [access.user for access in accesses], "kind": [REQUEST] * len(accesses)}
    columns |= {name: [getattr(origin, name) or None for origin in origins] for name in Origin._fields}
    columns["process"] = [SEPARATOR.join(access.process) if access.process else None for access in accesses]
    columns["source"] = [str(request.source) for request in requests]
    return _table(columns, len(accesses))


def _rows_of_messages(evidence: Sequence[Evidence]) -> pa.Table:
    messages = [each.message for each in evidence]
    origins, stamps = [message.origin for message in messages], [message.stamp for message in messages]
    columns: dict[str, Any] = {
        name: [getattr(message, name) for message in messages]
        for name in ("line", "order", "loc", "continuation", "record")
    }
    columns |= {
        "source": [str(each.source) for each in evidence],
        "kind": [MESSAGE] * len(messages),
        "text": [message.text for message in messages],
        "time": [None if stamp is None else stamp.utc for stamp in stamps],
        "wall": [None if stamp is None else stamp.wall for stamp in stamps],
        "zoned": [None if stamp is None else stamp.zoned for stamp in stamps],
        "process": [SEPARATOR.join(message.process) if message.process else None for message in messages],
    }
    columns |= {name: [getattr(origin, name) or None for origin in origins] for name in Origin._fields}
    return _table(columns, len(messages))


def _rows_of_batch(tagged: Tagged, start: int) -> pa.Table:
    batch = tagged.batch
    rows = batch.rows.slice(start, AT_ONCE).combine_chunks()
    count = len(rows)
    columns: dict[str, Any] = {name: rows[name] for name in NUMBERS}
    for name in TEXTS:
        if name in rows.column_names:
            columns[name] = _as_bytes(rows[name].combine_chunks())
    process = SEPARATOR.join(batch.process) if batch.process else None
    same = {
        "kind": BULK_REQUEST, "decoded": batch.decoded, "shadowed": tagged.shadowed, "vouched": False,
        "nameless": "name" not in rows.column_names,
    }  # fmt: skip
    columns |= {name: pa.array(np.full(count, value), SCHEMA.field(name).type) for name, value in same.items()}
    for name, word in (
        ("source", str(tagged.source)), ("process", process), ("time_source", "line"), *_origin_of(batch)
    ):  # fmt: skip
        columns[name] = _words([word]).take(pa.array(np.zeros(count, np.int32)))
    return _table(columns, count)


def _origin_of(batch: Batch) -> Iterator[tuple[str, str]]:
    """Yield the fields of the origin that all requests of a batch have, as far as there are any."""
    return ((name, word) for name, word in batch.origin._asdict().items() if word)


def _as_bytes(column: Any) -> pa.Array:
    column = drop_unused_words(column)
    words = column.dictionary.to_pylist()
    texts = [word.encode("utf-8", "surrogateescape") for word in words]
    return pa.DictionaryArray.from_arrays(column.indices.cast(pa.int32()), pa.array(texts, pa.binary()))
