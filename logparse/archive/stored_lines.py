"""Lines that matter as the archive stores them: one table for requests and messages, a row a line.

Owns: the columns of that table, and the way from what a scan found to rows and back. Must not know: files, weeks, what
a line means: it is told anew, by the rules at hand, whenever a line is read from the archive.

Texts are bytes as they were in the log. What follows a ``?``, and messages, are stored without tokens and passwords.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa

from logparse.archive.index import DAY
from logparse.common.text import redacted
from logparse.common.timestamps import Stamp
from logparse.envelopes.origin import NOWHERE, Origin
from logparse.lines.access import Access
from logparse.lines.batch import Batch
from logparse.lines.result import Message

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from logparse.envelopes.origin import Process
    from logparse.scans.scan import Scan, Tagged

_WORD: Final = pa.dictionary(pa.int32(), pa.binary())
#: Texts of requests that stand in columns of a batch, and their names there.
_OF_BATCH: Final = ("client", "name", "method", "target", "referer", "agent", "stream")
_NUMBERS_OF_BATCH: Final = ("line", "order", "time", "status", "size", "duration")
#: What a row is: a request, a request that was read as a column of many, a message.
REQUEST, COLUMN, MESSAGE = range(3)
#: ``source`` is a number while lines are collected, and names what the line is from in the archive.
SCHEMA: Final = pa.schema([
    ("source", _WORD), ("kind", pa.int8()), ("line", pa.int64()), ("order", pa.int64()), ("time", pa.int64()),
    ("time_source", _WORD), ("client", _WORD), ("name", _WORD), ("method", _WORD), ("target", _WORD),
    ("status", pa.int16()), ("size", pa.int64()), ("duration", pa.int64()), ("referer", _WORD), ("agent", _WORD),
    ("location", _WORD), ("proxy", _WORD), ("peer", _WORD), ("request_id", _WORD), ("record", _WORD),
    ("decoded", pa.bool_()), ("shadowed", pa.bool_()), ("nameless", pa.bool_()), ("vouched", pa.bool_()),
    ("deployment", _WORD), ("host", _WORD), ("pod", _WORD), ("container", _WORD), ("stream", _WORD),
    ("process", _WORD), ("text", _WORD), ("loc", _WORD), ("wall", pa.int64()), ("zoned", pa.bool_()),
    ("continuation", pa.bool_()),
])  # fmt: skip
WORDS: Final = tuple(field.name for field in SCHEMA if field.type == _WORD)
#: Secrets are found in what follows this.
_QUERY: Final = re.compile(r"\?.*", re.DOTALL)
#: Lines that are made rows at once.
AT_ONCE: Final = 1 << 17
_COLON: Final = "\0"


def tables_of(scan: Scan) -> Iterator[tuple[int, pa.Table]]:
    """What a scan found, by number of the source, some lines at a time, in the columns of ``SCHEMA``."""
    for number in sorted({each.source for each in scan.requests}):
        of_source = [each.access for each in scan.requests if each.source == number]
        for start in range(0, len(of_source), AT_ONCE):
            yield number, _requests(of_source[start : start + AT_ONCE])
    for number in sorted({each.source for each in scan.evidence}):
        said = [each.message for each in scan.evidence if each.source == number]
        for start in range(0, len(said), AT_ONCE):
            yield number, _messages(said[start : start + AT_ONCE])
    for tagged in scan.tagged:
        for start in range(0, len(tagged.batch.rows), AT_ONCE):
            yield tagged.source, _columns(tagged, start)


def _table(columns: dict[str, Any], rows: int) -> pa.Table:
    arrays = []
    for field in SCHEMA:
        value = columns.get(field.name)
        if value is None:
            arrays.append(
                pa.nulls(rows, pa.binary()).dictionary_encode() if field.type == _WORD else pa.nulls(rows, field.type)
            )
        elif isinstance(value, (pa.Array, pa.ChunkedArray)):
            arrays.append(value)
        else:
            arrays.append(_words(value) if field.type == _WORD else pa.array(value, field.type))
    return pa.table(arrays, SCHEMA)


def _words(values: Sequence[str | None]) -> pa.Array:
    known: dict[str | None, bytes | None] = {
        text: None if text is None else text.encode("utf-8", "surrogateescape") for text in set(values)
    }
    return pa.array([known[text] for text in values], pa.binary()).dictionary_encode()


def _safe(text: str | None) -> str | None:
    """A target or page without the secrets in its query string, as long as before: lengths are evidence."""
    if text is None or "?" not in text:
        return text
    return _QUERY.sub(lambda found: redacted(found[0], keep_length=True), text)


def _requests(accesses: Sequence[Access]) -> pa.Table:
    origins = [each.origin for each in accesses]
    columns: dict[str, Any] = {
        name: [getattr(each, name) for each in accesses]
        for name in (
            "line", "order", "time", "time_source", "client", "method", "status", "size", "duration", "agent",
            "proxy", "peer", "request_id", "record", "decoded", "shadowed", "nameless", "vouched",
        )
    }  # fmt: skip
    columns |= {"name": [each.user for each in accesses], "kind": [REQUEST] * len(accesses)}
    columns |= {name: [_safe(getattr(each, name)) for each in accesses] for name in ("target", "referer", "location")}
    columns |= {name: [getattr(each, name) or None for each in origins] for name in Origin._fields}
    columns["process"] = [_COLON.join(each.process) if each.process else None for each in accesses]
    return _table(columns, len(accesses))


def _messages(messages: Sequence[Message]) -> pa.Table:
    origins, stamps = [each.origin for each in messages], [each.stamp for each in messages]
    columns: dict[str, Any] = {
        name: [getattr(each, name) for each in messages] for name in ("line", "order", "loc", "continuation", "record")
    }
    columns |= {
        "kind": [MESSAGE] * len(messages),
        "text": [redacted(each.text, keep_length=True) for each in messages],
        "time": [None if each is None else each.utc for each in stamps],
        "wall": [None if each is None else each.wall for each in stamps],
        "zoned": [None if each is None else each.zoned for each in stamps],
        "process": [_COLON.join(each.process) if each.process else None for each in messages],
    }
    columns |= {name: [getattr(each, name) or None for each in origins] for name in Origin._fields}
    return _table(columns, len(messages))


def _columns(tagged: Tagged, start: int) -> pa.Table:
    batch = tagged.batch
    rows = batch.rows.slice(start, AT_ONCE).combine_chunks()
    count = len(rows)
    columns: dict[str, Any] = {name: rows[name] for name in _NUMBERS_OF_BATCH}
    for name in _OF_BATCH:
        if name in rows.column_names:
            columns[name] = _as_bytes(rows[name].combine_chunks(), secret=name in ("target", "referer"))
    process = _COLON.join(batch.process) if batch.process else None
    same = {
        "kind": COLUMN, "decoded": batch.decoded, "shadowed": tagged.shadowed, "vouched": False,
        "nameless": "name" not in rows.column_names,
    }  # fmt: skip
    columns |= {name: pa.array(np.full(count, value), SCHEMA.field(name).type) for name, value in same.items()}
    for name, word in (("process", process), ("time_source", "line")):
        columns[name] = _words([word]).take(pa.array(np.zeros(count, np.int32)))
    return _table(columns, count)


def _as_bytes(column: Any, *, secret: bool) -> pa.Array:
    column = _used(column)
    words = column.dictionary.to_pylist()
    told = [((_safe(word) or "") if secret else word).encode("utf-8", "surrogateescape") for word in words]
    return pa.DictionaryArray.from_arrays(column.indices.cast(pa.int32()), pa.array(told, pa.binary()))


def requests(rows: pa.Table) -> list[Access]:
    """Requests that were read one by one, in the order of the rows."""
    values = _values(rows)
    count = range(len(rows))
    origins, processes = _origins(values, len(rows)), _processes(values["process"])
    return [
        Access(
            line=values["line"][n], order=values["order"][n], time=values["time"][n],
            time_source=values["time_source"][n], client=values["client"][n], user=values["name"][n],
            method=values["method"][n], target=values["target"][n], decoded=values["decoded"][n],
            status=values["status"][n], size=values["size"][n], referer=values["referer"][n],
            agent=values["agent"][n], duration=values["duration"][n], location=values["location"][n],
            shadowed=values["shadowed"][n], nameless=values["nameless"][n], vouched=values["vouched"][n],
            proxy=values["proxy"][n], peer=values["peer"][n], request_id=values["request_id"][n],
            origin=origins[n], process=processes[n], record=values["record"][n],
        )
        for n in count
    ]  # fmt: skip


def messages(rows: pa.Table) -> list[Message]:
    """Messages, in the order of the rows."""
    values = _values(rows)
    origins, processes = _origins(values, len(rows)), _processes(values["process"])
    told = zip(values["time"], values["wall"], values["zoned"], strict=True)
    stamps = [None if time is None else Stamp(time, wall, zoned) for time, wall, zoned in told]
    return [
        Message(
            line=values["line"][n], order=values["order"][n],
            stamp=stamps[n],
            text=values["text"][n], loc=values["loc"][n], continuation=values["continuation"][n],
            origin=origins[n], process=processes[n], record=values["record"][n],
        )
        for n in range(len(rows))
    ]  # fmt: skip


def batches(rows: pa.Table) -> Iterator[tuple[Batch, bool]]:
    """Requests that were read as columns, in as few batches as can hold them; and whether they are shadowed."""
    if not len(rows):
        return
    rows = rows.combine_chunks()
    process = rows["process"].chunk(0)
    codes = process.indices.fill_null(len(process.dictionary)).to_numpy().astype(np.int64)
    flags = [rows[name].to_numpy().astype(np.int64) for name in ("decoded", "shadowed", "nameless")]
    key = ((codes * 2 + flags[0]) * 2 + flags[1]) * 2 + flags[2]
    names: list[str | None] = [*(_text(each) for each in process.dictionary.to_pylist()), None]
    for value in np.unique(key).tolist():
        some = rows.filter(pa.array(key == value))
        code, decoded, shadowed, nameless = value >> 3, bool(value >> 2 & 1), bool(value >> 1 & 1), bool(value & 1)
        columns = {name: some[name].combine_chunks() for name in _NUMBERS_OF_BATCH}
        for name in _OF_BATCH:
            if not (nameless and name == "name"):
                columns[name] = _as_texts(some[name].combine_chunks())
        yield Batch(pa.table(columns), decoded, _process(names[code])), shadowed


def _used(column: Any) -> Any:
    """The same with no words that no row has, if there are many of these."""
    return column.dictionary_decode().dictionary_encode() if len(column.dictionary) > len(column) else column


def _as_texts(column: Any) -> pa.Array:
    words = _used(column)
    texts = pa.array([_text(word) for word in words.dictionary.to_pylist()], pa.string())
    return pa.DictionaryArray.from_arrays(words.indices, texts)


def _text(word: bytes | None) -> str | None:
    return None if word is None else word.decode("utf-8", "surrogateescape")


def _values(rows: pa.Table) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for field in SCHEMA:
        column = rows[field.name]
        if field.type != _WORD:
            found[field.name] = column.to_pylist()
            continue
        found[field.name] = []
        for chunk in column.chunks:
            used = _used(chunk)
            words = [_text(word) for word in used.dictionary.to_pylist()]
            found[field.name] += [None if code is None else words[code] for code in used.indices.to_pylist()]
    return found


def _origins(values: dict[str, list[Any]], count: int) -> list[Origin]:
    known: dict[tuple[str, ...], Origin] = {("",) * len(Origin._fields): NOWHERE}
    keys = (tuple(values[name][n] or "" for name in Origin._fields) for n in range(count))
    return [known.setdefault(key, Origin(*key)) for key in keys]


def _processes(texts: Iterable[str | None]) -> list[Process]:
    known: dict[str | None, Process] = {}
    return [known.setdefault(text, _process(text)) for text in texts]


def _process(text: str | None) -> Process:
    return () if text is None else tuple(text.split(_COLON))


def days_of(times: NDArray[np.int64]) -> NDArray[np.int64]:
    """The day, UTC, of each time in microseconds; days are numbered from 1970 on."""
    found: NDArray[np.int64] = times // DAY
    return found
