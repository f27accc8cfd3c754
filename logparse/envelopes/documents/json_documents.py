"""JSON documents to records: arrays, pages of results, objects joined without a line break, pieces of what was cut.

Owns: where a document begins and ends, and at which lines its records stand.
Must not know: which objects are records (``json_records``), what a record means.

A quote inside a JSON string is always escaped, so no text of a stranger can look like the beginning of an object
(``{"``) of its own: records may be searched for in a document whose beginning or end is lost.
"""

from __future__ import annotations

import json
import re
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from logparse.envelopes.documents.items import Item
from logparse.envelopes.documents.json_records import find_records, may_hold_records

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from logparse.envelopes.documents.items import LineQueue
    from logparse.formats.json_lines.objects import Record

#: So many places in a row that begin no object are tried: each try may read to the end of the document.
_TRIES: Final = 50
#: A document of more characters than this is searched for records without being understood as a whole.
_WHOLE: Final = 64 * 1024 * 1024
_OPENS: Final = re.compile(r"[ \t]*+[\[{][\[{ \t]*+(?:\"[^\"\\]*+\"[ \t]*+:.*[,{\[])?[ \t]*+\r?")
_CLOSES: Final = re.compile(r"[ \t]*[\]}][\]}, \t]*")
_SPACE: Final = re.compile(r"[\s,\x1e]*")
#: Lines of a pretty-printed document that hold no record.
_HOLLOW: Final = re.compile(r'\s*(?:"[^"\\]*"\s*:\s*)?(?:"[^"\\]*"|[-+.\w]*)\s*[\[\]{}, \t\r]*')
_OBJECT: Final = re.compile(r'\{\s*"')
_VALUE: Final = re.compile(r'[\[{](?=\s*["\[{])')
_decoder: Final = json.JSONDecoder(strict=False)


class _PlacedRecord(NamedTuple):
    """A record, and where it stands in a text."""

    start: int
    end: int
    record: Record


def decode_object(text: str) -> Record | None:
    """Return the object that is all of ``text``; None if it is none."""
    try:
        value = json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def may_begin(line: str) -> bool:
    """Return whether a document that goes on in the next lines may begin with this line."""
    return _OPENS.fullmatch(line) is not None


def read_line(number: int, line: str, is_wrapped: Callable[[Record], bool]) -> list[Item] | None:
    """Return the records of a line that holds JSON and nothing else; None if it does not.

    Args:
        number: of the line.
        line: as it stands in the file.
        is_wrapped: tells whether an envelope is around a record.
    """
    text = line.strip()
    whole = decode_object(text) if text.startswith("{") else None
    if whole is not None and (not may_hold_records(whole) or is_wrapped(whole)):
        return [Item(number, line, whole)]
    records, end = _decode_all(text, 0)
    if not records and end == len(text):
        return [Item(number, line, whole)] if whole is not None else None
    if end < len(text):
        more = list(_search_records(text, end, is_wrapped))
        if not more and not any(is_wrapped(placed.record) for placed in records):
            return None
        records += more
    items = _items_of_line(number, records)
    rest = text[max((placed.end for placed in records), default=0) :].strip(" \t,]}")
    return [*items, Item(number, rest, None, 0)] if rest and not _HOLLOW.fullmatch(rest) else items


def find_pieces(number: int, line: str, is_wrapped: Callable[[Record], bool]) -> list[Item]:
    """Return the records in a line that begins in the middle of a document; none if it does not look like one."""
    return _items_of_line(number, _search_records(line, 0, is_wrapped))


def _items_of_line(number: int, records: Iterable[_PlacedRecord]) -> list[Item]:
    """The records of one line, which counts once."""
    return [Item(number, "", placed.record, int(not at)) for at, placed in enumerate(records)]


def read_document(number: int, line: str, lines: LineQueue, is_wrapped: Callable[[Record], bool]) -> Iterator[Item]:
    """Yield the records of a document over several lines, the first of which is given.

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
    records, end = _decode_all(text, 0) if complete else ([], 0)
    if not records or end < len(text.rstrip()):
        records = list(_search_records(text, 0, is_wrapped))
    yield from _items_of_document(number, held, text, records)


def _items_of_document(number: int, held: list[str], text: str, records: list[_PlacedRecord]) -> Iterator[Item]:
    """Records at their lines, and the lines around them: hollow ones, or lines that are of no document."""
    done, line, at = 0, 0, 0  # lines that are passed on; a place in the text, and its line
    for placed in records:
        line += text.count("\n", at, placed.start)
        yield from _lines_between(number, held, done, line)
        last = line + text.count("\n", placed.start, max(placed.start, placed.end - 1))
        yield Item(number + line, "", placed.record, max(0, last + 1 - max(done, line)))
        done, at = max(done, last + 1), placed.start
    yield from _lines_between(number, held, done, len(held), document=bool(records))


def _lines_between(number: int, held: list[str], start: int, stop: int, *, document: bool = True) -> Iterator[Item]:
    for at in range(start, stop):
        hollow = document and _HOLLOW.fullmatch(held[at]) is not None
        yield Item(number + at, held[at], hollow=hollow)


def _decode_all(text: str, at: int) -> tuple[list[_PlacedRecord], int]:
    """All records from ``at`` on, and where what cannot be decoded begins."""
    records: list[_PlacedRecord] = []
    while at < len(text):
        start = _SPACE.match(text, at).end()  # type: ignore[union-attr]
        if text[start : start + 1] not in ("{", "["):
            break
        try:
            value, end = _decoder.raw_decode(text, start)
            records += _place_records(value, text, start, end)
        except (ValueError, RecursionError):
            break
        at = end
    return records, _SPACE.match(text, at).end()  # type: ignore[union-attr]


def _search_records(text: str, at: int, is_wrapped: Callable[[Record], bool]) -> Iterator[_PlacedRecord]:
    """Records that an envelope is around, wherever they stand."""
    failed = 0
    while failed < _TRIES and (hit := _OBJECT.search(text, at)) is not None:
        at = hit.start()
        try:
            value, end = _decoder.raw_decode(text, at)
            records = [placed for placed in _place_records(value, text, at, end) if is_wrapped(placed.record)]
        except (ValueError, RecursionError):
            at, failed = at + 1, failed + 1
            continue
        yield from records
        at, failed = end, 0


def _place_records(value: Any, text: str, start: int, end: int) -> list[_PlacedRecord]:
    """The records in a decoded value, in order, each with its place."""
    records = list(find_records(value))
    if "\n" not in text[start:end]:
        return [_PlacedRecord(start, end, record) for record, _ in records]
    placed, at = [], start
    for record, raw in records:
        first, last = _find_place(raw, text, at, end)
        placed.append(_PlacedRecord(first, last, record))
        at = last
    return placed


def _find_place(raw: Any, text: str, at: int, end: int) -> tuple[int, int]:
    """Where the next value stands that is the same as ``raw``."""
    for hit in islice(_VALUE.finditer(text, at, end), _TRIES):
        try:
            value, last = _decoder.raw_decode(text, hit.start())
        except (ValueError, RecursionError):
            continue
        if value == raw:
            return hit.start(), last
    return at, at
