"""Which objects in a JSON value are records: those of lists and pages of results, and those that were packed.

Owns: under which keys each log store puts its records, and what they get from the objects around them.
Must not know: where a value stands in a file, what a record means.
"""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from logparse.formats.json_lines.objects import Record

#: Keys under which a document holds its records: CloudWatch ``events``, ``logEvents`` and ``results``, Elasticsearch
#: ``hits.hits``, Loki ``data.result[].values``, Splunk ``results``, Azure ``records`` and ``tables``.
HOLDERS: Final = frozenset(
    {"events", "logEvents", "results", "hits", "data", "result", "values", "entries", "records", "logs", "tables"}
)
#: What a batch of a CloudWatch subscription says about all its events.
_CONTEXT: Final = ("messageType", "logGroup", "logStream")
#: The key under which CloudWatch hands a packed batch to Lambda.
PACKED: Final = "awslogs"
#: What Lambda and Kinesis hand over decompresses to at most this (a batch has 6 MB).
_BATCH: Final = 64 * 1024 * 1024


def may_hold_records(record: Record) -> bool:
    """Whether an object has a key under which documents hold records."""
    return not HOLDERS.isdisjoint(record) or PACKED in record


def find_records(value: Any, around: Record | None = None) -> Iterator[tuple[Record, Any]]:
    """Yield the records in a value, in order, each with the part of the value that it is made of.

    Args:
        value: a decoded JSON value.
        around: what the objects around it tell about all records in it.
    """
    if isinstance(value, list):
        for element in value:
            yield from _in_element(element, around or {})
    elif isinstance(value, dict):
        yield from _in_object(value, around or {})


def _in_element(value: Any, around: Record) -> Iterator[tuple[Record, Any]]:
    """The records in one of a list of values."""
    if isinstance(value, list) and value and all(isinstance(part, dict) and "field" in part for part in value):
        yield {str(part["field"]): part.get("value") for part in value}, value  # aws logs get-query-results
    elif isinstance(value, list) and len(value) > 1 and "stream" in around:
        yield {"labels": around["stream"], "timestamp": value[0], "line": value[1]}, value  # Loki: [ns, line]
    else:
        yield from find_records(value, around)


def _in_object(value: Record, around: Record) -> Iterator[tuple[Record, Any]]:
    """An object, or the records in those of its lists that hold some."""
    if not value:
        return
    held = {key: part for key, part in value.items() if key in HOLDERS and isinstance(part, (list, dict)) and part}
    inner = [part for part in held.values() if isinstance(part, list) or not HOLDERS.isdisjoint(part)]
    if PACKED in value:
        yield from find_records(_unpack(value[PACKED]))
    elif isinstance(value.get("columns"), list) and isinstance(value.get("rows"), list):  # Azure Log Analytics
        names = [str(column.get("name")) for column in value["columns"] if isinstance(column, dict)]
        yield from ((dict(zip(names, row, strict=False)), row) for row in value["rows"] if isinstance(row, list))
    elif inner and not ("message" in value or "_source" in value):
        about = {key: part for key, part in value.items() if key not in held}
        for part in inner:
            yield from find_records(part, {**around, **about})
    else:
        yield {**{key: around[key] for key in _CONTEXT if key in around}, **value}, value


def _unpack(batch: Any) -> Any:
    """What CloudWatch hands to Lambda: base64 of gzip of JSON."""
    try:
        data = zlib.decompressobj(wbits=31).decompress(base64.b64decode(batch["data"]), _BATCH)
        return json.loads(data)
    except (binascii.Error, zlib.error, ValueError, KeyError, TypeError, RecursionError):
        return None
