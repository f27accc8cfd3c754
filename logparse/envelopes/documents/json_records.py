"""Which objects in a JSON value are records: those of lists and pages of results, and those that were packed.

Owns: under which keys each log store puts its records, and what they get from the objects around them.
Must not know: where a value stands in a file, what a record means.

Values are texts here, and what is in a record is not decoded: it is passed on as it was written.
"""

from __future__ import annotations

import base64
import binascii
import re
import zlib
from typing import TYPE_CHECKING, Any, Final

import msgspec

from logparse.envelopes.documents import json_text
from logparse.envelopes.documents.data_frames import list_answers, split_frame
from logparse.envelopes.documents.otlp import nest_attributes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from logparse.formats.json_lines.objects import Record

#: A record as JSON, and the part of the document that it is made of.
Found = tuple[bytes, bytes]
#: Keys under which a document holds its records: CloudWatch ``events``, ``logEvents`` and ``results``, Elasticsearch
#: ``hits.hits``, Loki ``data.result[].values``, Splunk ``results``, Azure ``records`` and ``tables``, the collector of
#: OpenTelemetry ``resourceLogs[].scopeLogs[].logRecords``, Kinesis ``Records[].kinesis``,
#: CloudWatch's live tail ``sessionResults``, Graylog and Sumo Logic ``messages``, New Relic
#: ``data.actor.account.nrql``, Axiom ``matches``, SigNoz
#: ``rows``, Grafana ``results.A.frames`` and ``series``,
#: Graylog ``results.ID.search_types.ID.messages``.
HOLDERS: Final = frozenset(
    {
        "events", "logEvents", "results", "hits", "data", "result", "values", "entries", "records", "logs", "tables",
        "resourceLogs", "scopeLogs", "logRecords", "Records", "kinesis", "sessionResults", "messages", "actor",
        "account", "nrql", "matches", "rows", "frames", "series",
        "search_types",
    }
)  # fmt: skip
#: What a batch says about all its records: of a CloudWatch subscription, of the collector of OpenTelemetry.
_RESOURCE: Final = "resource"
_CONTEXT: Final = ("messageType", "logGroup", "logStream", _RESOURCE)
#: The key under which CloudWatch hands a packed batch to Lambda, and those under which Firehose and Kinesis do: its
#: base64 begins with this text.
PACKED: Final = "awslogs"
_DATA: Final = ("data", "Data")
GZIP: Final = b'"H4sI'
#: The keys of a table: of Azure Log Analytics, of answers of Elasticsearch and OpenSearch to SQL, of Trino, of pandas.
_COLUMNS: Final = ("columns", "schema")
_ROWS: Final = ("rows", "values", "data", "datarows")
_LISTS: Final = re.compile(rb"\[\s*[\[\]]")
_STAMP: Final = re.compile(rb'"?\d{4}[\dTZ:. +-]{6,32}"?')
#: A list of Loki's stands in an object that tells the labels of all lines in it.
_LABELS: Final = "stream"
#: An object with one of these keys is a record, whatever else is in it.
_OF_RECORDS: Final = ("message", "_source")
#: What Lambda and Kinesis hand over decompresses to at most this (a batch has 6 MB).
_BATCH: Final = 64 * 1024 * 1024
_BLANKS: Final = r"[ \t\r\n]*"
_HOLDING: Final = (
    rf'"(?:{"|".join(sorted({*HOLDERS, *_ROWS, PACKED, _COLUMNS[0]}))})"{_BLANKS}:{_BLANKS}[\[{{]'
    rf'|"(?:{"|".join(_DATA)})"{_BLANKS}:{_BLANKS}{GZIP.decode()}'
)


class _Cell(msgspec.Struct, gc=False):
    """A name and a value."""

    field: str
    value: msgspec.Raw = msgspec.Raw(b"null")


_cells: Final = msgspec.json.Decoder(list[_Cell])
_OBJECTS: Final = re.compile(rb"\[\s*+\{")


def may_hold_records(record: Record) -> bool:
    """Whether an object has a key under which documents hold records."""
    table = any(key in record for key in _COLUMNS) and any(key in record for key in _ROWS)
    return not HOLDERS.isdisjoint(record) or PACKED in record or table


def may_hold(text: bytes) -> bool:
    """Whether a text may hold an object that is no record, but holds some."""
    return json_text.holds(text, _HOLDING)


def list_held(members: Mapping[str, bytes]) -> list[str]:
    """Return the keys under which an object holds records; none: it is a record itself."""
    held = [key for key in members if key in HOLDERS and members[key][:1] in b"[{" and holds_something(members[key])]
    inner = [key for key in held if members[key][:1] == b"[" or holds_holder(members[key])]
    return [] if any(key in members for key in _OF_RECORDS) else inner


def holds_something(text: bytes) -> bool:
    """Whether something is in a list or object."""
    return text[1:-1].strip() != b""


def holds_holder(text: bytes) -> bool:
    """Whether an object has such a key itself, or holds answers to queries of Grafana."""
    members = json_text.split_object(text) or {}
    return not HOLDERS.isdisjoint(members) or bool(list_answers(members))


def is_packed(members: Mapping[str, bytes]) -> bool:
    """Whether the records of an object are written in a way of their own: compressed, or as rows or columns."""
    return PACKED in members or any(find(members) is not None for find in (_find_rows, _find_batch, split_frame))


def _find_rows(members: Mapping[str, bytes]) -> bytes | None:
    """Return the list of rows of an object that is a table; None if it is none."""
    rows = (members[key] for key in _ROWS if name_columns(members) and _LISTS.match(members.get(key, b"")))
    return next(rows, None)


def begins_rows(key: str, text: bytes, at: int, about: Mapping[str, bytes]) -> bool:
    """Whether the value of a key, which begins at a place of a text, is the rows of a table that is not whole yet."""
    return key in _ROWS and _LISTS.match(text, at) is not None and bool(name_columns(about))


def _find_batch(members: Mapping[str, bytes]) -> Any:
    """Return what a packed batch is written as; None if there is none."""
    if PACKED in members:
        return (json_text.split_object(members[PACKED]) or {}).get(_DATA[0], b"")
    return next((members[key] for key in _DATA if members.get(key, b"").startswith(GZIP)), None)


def _unpack(members: Mapping[str, bytes], text: bytes) -> Iterator[Found]:
    if (packed := _find_batch(members)) is not None:
        batch = _decompress(json_text.decode(packed))
        yield from ((record, text) for record, _ in find_records(json_text.repair(batch or b"") or b"", {}))
        return
    if (frame := split_frame(members)) is not None:
        yield from ((_write(zip(frame, cells, strict=True)), text) for cells in zip(*frame.values(), strict=False))
        return
    names = name_columns(members)
    for row in json_text.split_list(_find_rows(members) or b"") or ():
        yield from find_in_row(row, names)


def name_columns(members: Mapping[str, bytes]) -> list[str]:
    """Return the names of the columns of an object that is a table; none if it is none."""
    described = json_text.decode(next((members[key] for key in _COLUMNS if key in members), b"null"))
    columns = described if isinstance(described, list) else []
    return [str(column.get("name") if isinstance(column, dict) else column) for column in columns]


def find_in_row(row: bytes, names: Sequence[str]) -> Iterator[Found]:
    """Yield the record that a row of such a table is."""
    cells = json_text.split_list(row)
    if cells is not None:
        yield _write(zip(names, cells, strict=False)), row


def make_adder(around: Mapping[str, bytes]) -> Callable[[bytes], bytes]:
    """Return what adds to a record what the objects around it tell about it."""
    context = [
        (key, around[key] if key != _RESOURCE else nest_attributes(around[key])) for key in _CONTEXT if key in around
    ]
    front = _write(context)[:-1] + b","
    return (lambda record: front + record[1:]) if context else bytes


def find_records(text: bytes, around: Mapping[str, bytes]) -> Iterator[Found]:
    """Yield the records in a value, in order, each with the part of the text that it is made of."""
    if text.startswith(b"["):
        for element in json_text.split_list(text) or ():
            yield from find_in_element(element, around)
    elif text.startswith(b"{"):
        yield from _find_in_object(text, around)


def find_in_element(text: bytes, around: Mapping[str, bytes]) -> Iterator[Found]:
    """Yield the records in one of a list of values."""
    if not text.startswith(b"["):
        yield from find_records(text, around)
        return
    if cells := _find_cells(text):
        yield _write(cells), text
        return
    parts = json_text.split_list(text) or []
    if len(parts) > 1 and _LABELS in around:  # Loki: [ns, line]
        yield b'{"labels":%b,"timestamp":%b,"line":%b}' % (around[_LABELS], parts[0], parts[1]), text
    elif len(parts) == 2 and _STAMP.fullmatch(parts[0]) and parts[1][:1] == b'"':  # aws logs --query  # noqa: PLR2004
        yield b'{"timestamp":%b,"message":%b}' % (parts[0], parts[1]), text
    else:
        yield from find_records(text, around)


def _find_cells(text: bytes) -> list[tuple[str, bytes]]:
    """Return the pairs that ``aws logs get-query-results`` writes for a record; none if a list is something else."""
    if not _OBJECTS.match(text):
        return []
    try:
        return [(cell.field, bytes(cell.value)) for cell in _cells.decode(text)]
    except json_text.ERRORS:
        return []


def _find_in_object(text: bytes, around: Mapping[str, bytes]) -> Iterator[Found]:
    """An object, or the records in those of its lists that hold some."""
    members = json_text.split_object(text) if may_hold(text) else None
    if members is None:
        if holds_something(text):
            yield make_adder(around)(text), text
    elif is_packed(members):
        yield from _unpack(members, text)
    elif answers := list_answers(members):
        for answer in answers:
            yield from find_records(answer, around)
    elif keys := list_held(members):
        about = {key: part for key, part in members.items() if key not in HOLDERS}
        for key in keys:
            yield from find_records(members[key], {**around, **about})
    else:
        yield make_adder(around)(text), text


def _write(members: Iterable[tuple[str, bytes]]) -> bytes:
    return b"{" + b",".join(json_text.write(key) + b":" + value for key, value in members) + b"}"


def _decompress(batch: Any) -> bytes | None:
    """What is packed: base64 of gzip of JSON."""
    try:
        return zlib.decompressobj(wbits=31).decompress(base64.b64decode(batch), _BATCH)
    except (binascii.Error, zlib.error, ValueError, TypeError):
        return None
