"""JSON among the lines of a file to items: objects, documents over several lines, pieces of what was cut.

Owns: where such a document begins and ends among lines.
Must not know: how its records are found (``json_stream``), what a record means.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, NamedTuple

from logparse.envelopes.documents.items import Item
from logparse.envelopes.documents.json_records import may_hold_records
from logparse.envelopes.documents.json_stream import VALUE, JsonStream
from logparse.envelopes.documents.json_text import OBJECT, decode_object
from logparse.envelopes.documents.text_buffer import TextBuffer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from logparse.envelopes.documents.items import LineQueue
    from logparse.formats.json_lines.objects import Record

#: So many places in a row at which objects begin, but no record, are tried.
_TRIES: Final = 50
_OPENS: Final = re.compile(r"[ \t]*+[\[{][\[{ \t]*+(?:\"[^\"\\]*+\"[ \t]*+:.*[,{\[])?[ \t]*+\r?")
_CLOSES: Final = re.compile(r"[ \t]*[\]}][\]}, \t]*")


class _Found(NamedTuple):
    """What a text holds.

    Attributes:
        items: records, and texts between them that are no JSON; their lines are counted from 0.
        rest: what stands behind them.
    """

    items: list[Item]
    rest: bytes


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
    found = _find_records(text.encode("utf-8", "surrogateescape"))
    if not any(item.record is not None for item in found.items):
        return [Item(number, line, whole)] if whole is not None else None
    if found.rest or not all(item.record is not None for item in found.items):
        more = _search_records(found.rest, is_wrapped)
        if not more and not any(item.record is not None and is_wrapped(item.record) for item in found.items):
            return None
        found.items.extend(more)
    return _number_items(number, found.items)


def find_pieces(number: int, line: str, is_wrapped: Callable[[Record], bool]) -> list[Item]:
    """Return the records in a line that begins in the middle of a document; none if it does not look like one."""
    return _number_items(number, _search_records(line.encode("utf-8", "surrogateescape"), is_wrapped))


def read_document(number: int, line: str, lines: LineQueue, is_wrapped: Callable[[Record], bool]) -> Iterator[Item]:
    """Yield the records of a document over several lines, the first of which is given.

    What turns out to be no document is passed on line by line.
    """
    held, complete = _take_document(line, lines)
    found = _find_records("\n".join(held).encode("utf-8", "surrogateescape"))
    items = [item for item in found.items if complete or item.record is None or is_wrapped(item.record)]
    if not any(item.record is not None for item in items):
        yield from (Item(number + at, text) for at, text in enumerate(held))
        return
    end = len(held) - found.rest.count(b"\n") - bool(found.rest.strip())
    done = 0
    for item in items:
        yield from (Item(number + at, held[at], hollow=True) for at in range(done, item.line))
        yield item._replace(line=number + item.line, lines=int(item.line >= done))
        done = max(done, item.line + 1)
    yield from (Item(number + at, held[at], hollow=at < end) for at in range(done, len(held)))


def _take_document(line: str, lines: LineQueue) -> tuple[list[str], bool]:
    """The lines of a document, by how far they are set in, and whether its end is among them."""
    indent = len(line) - len(line.lstrip())
    held, size = [line], len(line)
    for at, following in lines:
        text = following.lstrip()
        if text and len(following) - len(text) <= indent:
            if _CLOSES.fullmatch(following.removesuffix("\r")):
                return [*held, following], True
            if text[0] not in "}]":
                lines.put_back(at, following)
                return held, False
            # A closing bracket may be followed by what was appended to the file.
            end = len(following) - len(text) + 1
            lines.put_back(at, following[end:])
            return [*held, following[:end]], True
        held.append(following)
        size += len(following)
        if size > VALUE:
            break
    return held, False


def _number_items(number: int, items: list[Item]) -> list[Item]:
    """Items of one line, which counts once."""
    return [item._replace(line=number, lines=int(not at)) for at, item in enumerate(items)]


def _find_records(text: bytes, tries: int = _TRIES) -> _Found:
    """The records in a text that begins with one, or with a document."""
    if b"}" not in text:  # no object in it has an end
        return _Found([], text)
    buffer = TextBuffer(iter([text]))
    items = []
    for part in JsonStream(buffer, lambda _: False, tries):
        for each, line in zip(part.texts, part.numbers.tolist(), strict=True):
            record = each.decode("utf-8", "surrogateescape")
            items.append(Item(line - 1, record, decode_object(record)))
    return _Found(items, b"".join(buffer.rest()))


def _search_records(text: bytes, is_wrapped: Callable[[Record], bool]) -> list[Item]:
    """Records that an envelope is around, wherever they stand."""
    items: list[Item] = []
    failed = 0
    while failed < _TRIES and (hit := OBJECT.search(text)) is not None:
        found = _find_records(text[hit.start() :], 1)
        records = [item for item in found.items if item.record is not None and is_wrapped(item.record)]
        items += records
        failed = 0 if records else failed + 1
        rest = found.rest
        text = rest if len(rest) < len(text) - hit.start() else text[hit.start() + 1 :]
    return items
