"""JSON documents to records: arrays, pages of results, objects joined without a line break, pieces of what was cut.

Owns: where a document begins and ends, and which of its objects are records. Must not know: what a record means.

A quote inside a JSON string is always escaped, so no text of a stranger can look like the beginning of an object
(``{"``) of its own: records may be searched for in a document whose beginning or end is lost.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import zlib
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from logparse.envelopes.documents.items import Item, Record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from logparse.envelopes.documents.items import LineQueue

#: Keys under which a document holds its records: CloudWatch ``events``, ``logEvents`` and ``results``, Elasticsearch
#: ``hits.hits``, Loki ``data.result[].values``, Splunk ``results``, Azure ``records`` and ``tables``.
_HOLDERS: Final = frozenset(
    {"events", "logEvents", "results", "hits", "data", "result", "values", "entries", "records", "logs", "tables"}
)
#: What a batch of a CloudWatch subscription says about all its events.
_CONTEXT: Final = ("messageType", "logGroup", "logStream")
#: So many places in a row that begin no object are tried: each try may read to the end of the document.
_TRIES: Final = 50
#: A document of more characters than this is searched for records without being understood as a whole.
_WHOLE: Final = 64 * 1024 * 1024
#: What Lambda and Kinesis hand over decompresses to at most this (a batch has 6 MB).
_BATCH: Final = 64 * 1024 * 1024
_OPENS: Final = re.compile(r"[ \t]*+[\[{][\[{ \t]*+(?:\"[^\"\\]*+\"[ \t]*+:.*[,{\[])?[ \t]*+\r?")
_CLOSES: Final = re.compile(r"[ \t]*[\]}][\]}, \t]*")
_SPACE: Final = re.compile(r"[\s,\x1e]*")
#: Lines of a pretty-printed document that hold no record.
_HOLLOW: Final = re.compile(r'\s*(?:"[^"\\]*"\s*:\s*)?(?:"[^"\\]*"|[-+.\w]*)\s*[\[\]{}, \t\r]*')
_OBJECT: Final = re.compile(r'\{\s*"')
_VALUE: Final = re.compile(r'[\[{](?=\s*["\[{])')
_decoder: Final = json.JSONDecoder(strict=False)


class _Found(NamedTuple):
    start: int
    end: int
    record: Record


def decoded(text: str) -> Record | None:
    """The object that is all of ``text``; None if it is none."""
    try:
        value = json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def begins(line: str) -> bool:
    """Whether a document may begin with this line, one that goes on in the next lines."""
    return _OPENS.fullmatch(line) is not None


def of_line(number: int, line: str, known: Callable[[Record], bool]) -> list[Item] | None:
    """The records of a line that holds JSON and nothing else; None if it is none, or needs no taking apart.

    Args:
        number: of the line.
        line: as it stands in the file.
        known: tells whether an envelope is around a record.
    """
    text = line.strip()
    whole = decoded(text) if text.startswith("{") else None
    if whole is not None and ((_HOLDERS.isdisjoint(whole) and "awslogs" not in whole) or known(whole)):
        return [Item(number, line, whole)]
    found, end = _walk(text, 0)
    if not found and end == len(text):
        return [Item(number, line, whole)] if whole is not None else None
    if end < len(text):
        more = list(_search(text, end, known))
        if not more and not any(known(each.record) for each in found):
            return None
        found += more
    items = [Item(number, "", each.record, int(not at)) for at, each in enumerate(found)]
    rest = text[max((each.end for each in found), default=0) :].strip(" \t,]}")
    return [*items, Item(number, rest, None, 0)] if rest and not _HOLLOW.fullmatch(rest) else items


def pieces(number: int, line: str, known: Callable[[Record], bool]) -> list[Item]:
    """Records in a line that begins in the middle of a document; none if it does not look like one."""
    return [Item(number, "", each.record, int(not at)) for at, each in enumerate(_search(line, 0, known))]


def document(number: int, line: str, lines: LineQueue, known: Callable[[Record], bool]) -> Iterator[Item]:
    """The records of a document over several lines, the first of which is given.

    What turns out to be no document is passed on line by line.
    """
    indent = len(line) - len(line.lstrip())
    held, size, complete = [line], len(line), False
    for at, following in lines:
        if following.strip() and len(following) - len(following.lstrip()) <= indent:
            complete = _CLOSES.fullmatch(following.removesuffix("\r")) is not None
            if not complete:
                # A closing bracket may be followed by what was appended to the file.
                end = following.find(following.lstrip()[:1]) + 1 if following.lstrip()[:1] in ("}", "]") else 0
                if end:
                    held.append(following[:end])
                    complete = True
                    if following[end:].strip():
                        lines.put_back(at, following[end:])
                        break
                else:
                    lines.put_back(at, following)
                break
            held.append(following)
            break
        held.append(following)
        size += len(following)
        if size > _WHOLE:
            break
    text = "\n".join(held)
    found, end = _walk(text, 0) if complete else ([], 0)
    if not found or end < len(text.rstrip()):
        found = list(_search(text, 0, known))
    yield from _placed(number, held, text, found)


def _placed(number: int, held: list[str], text: str, found: list[_Found]) -> Iterator[Item]:
    """Records at their lines, and the lines around them: hollow ones, or lines that are of no document."""
    done, line, at = 0, 0, 0  # lines that are passed on; a place in the text, and its line
    for each in found:
        line += text.count("\n", at, each.start)
        yield from _between(number, held, done, line)
        last = line + text.count("\n", each.start, max(each.start, each.end - 1))
        yield Item(number + line, "", each.record, max(0, last + 1 - max(done, line)))
        done, at = max(done, last + 1), each.start
    yield from _between(number, held, done, len(held), document=bool(found))


def _between(number: int, held: list[str], start: int, stop: int, *, document: bool = True) -> Iterator[Item]:
    for at in range(start, stop):
        hollow = document and _HOLLOW.fullmatch(held[at]) is not None
        yield Item(number + at, held[at], hollow=hollow)


def _walk(text: str, at: int) -> tuple[list[_Found], int]:
    """All records from ``at`` on, and where what cannot be decoded begins."""
    found: list[_Found] = []
    while at < len(text):
        start = _SPACE.match(text, at).end()  # type: ignore[union-attr]
        if text[start : start + 1] not in ("{", "["):
            break
        try:
            value, end = _decoder.raw_decode(text, start)
            found += _records(value, text, start, end)
        except (ValueError, RecursionError):
            break
        at = end
    return found, _SPACE.match(text, at).end()  # type: ignore[union-attr]


def _search(text: str, at: int, known: Callable[[Record], bool]) -> Iterator[_Found]:
    """Records that an envelope is around, wherever they stand."""
    failed = 0
    while failed < _TRIES and (hit := _OBJECT.search(text, at)) is not None:
        at = hit.start()
        try:
            value, end = _decoder.raw_decode(text, at)
            found = [each for each in _records(value, text, at, end) if known(each.record)]
        except (ValueError, RecursionError):
            at, failed = at + 1, failed + 1
            continue
        yield from found
        at, failed = end, 0


def _records(value: Any, text: str, start: int, end: int) -> list[_Found]:
    """The records in a decoded value, in order, each with its place."""
    found = list(_flat(value, {}))
    if "\n" not in text[start:end]:
        return [_Found(start, end, record) for record, _ in found]
    placed, at = [], start
    for record, raw in found:
        first, last = _place(raw, text, at, end)
        placed.append(_Found(first, last, record))
        at = last
    return placed


def _place(raw: Any, text: str, at: int, end: int) -> tuple[int, int]:
    """Where the next value stands that is the same as ``raw``."""
    for hit in islice(_VALUE.finditer(text, at, end), _TRIES):
        try:
            value, last = _decoder.raw_decode(text, hit.start())
        except (ValueError, RecursionError):
            continue
        if value == raw:
            return hit.start(), last
    return at, at


def _flat(value: Any, around: Record) -> Iterator[tuple[Record, Any]]:
    """The records in a value, each with the part of it that it is made of."""
    if isinstance(value, list):
        for each in value:
            yield from _element(each, around)
    elif isinstance(value, dict):
        yield from _object(value, around)


def _element(value: Any, around: Record) -> Iterator[tuple[Record, Any]]:
    """The records in one of a list of values."""
    if isinstance(value, list) and value and all(isinstance(part, dict) and "field" in part for part in value):
        yield {str(part["field"]): part.get("value") for part in value}, value  # aws logs get-query-results
    elif isinstance(value, list) and len(value) > 1 and "stream" in around:
        yield {"labels": around["stream"], "timestamp": value[0], "line": value[1]}, value  # Loki: [ns, line]
    else:
        yield from _flat(value, around)


def _object(value: Record, around: Record) -> Iterator[tuple[Record, Any]]:
    """An object, or the records in those of its lists that hold some."""
    if not value:
        return
    held = {key: part for key, part in value.items() if key in _HOLDERS and isinstance(part, (list, dict)) and part}
    inner = [part for part in held.values() if isinstance(part, list) or not _HOLDERS.isdisjoint(part)]
    if "awslogs" in value:
        yield from _flat(_unpacked(value["awslogs"]), {})
    elif isinstance(value.get("columns"), list) and isinstance(value.get("rows"), list):  # Azure Log Analytics
        names = [str(each.get("name")) for each in value["columns"] if isinstance(each, dict)]
        yield from ((dict(zip(names, row, strict=False)), row) for row in value["rows"] if isinstance(row, list))
    elif inner and not ("message" in value or "_source" in value):
        about = {key: part for key, part in value.items() if key not in held}
        for part in inner:
            yield from _flat(part, {**around, **about})
    else:
        yield {**{key: around[key] for key in _CONTEXT if key in around}, **value}, value


def _unpacked(awslogs: Any) -> Any:
    """What CloudWatch hands to Lambda: base64 of gzip of JSON."""
    try:
        data = zlib.decompressobj(wbits=31).decompress(base64.b64decode(awslogs["data"]), _BATCH)
        return json.loads(data)
    except (binascii.Error, zlib.error, ValueError, KeyError, TypeError, RecursionError):
        return None
