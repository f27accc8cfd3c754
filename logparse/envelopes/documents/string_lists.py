"""Documents whose lines stand in lists of strings: a list printed in one line, what a program answered, a notebook.

Owns: which documents these are, the lines of their strings, and how Python prints a document of one line.
Must not know: line formats (it is told which lines are known).
"""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from logparse.common.printed import read_printed
from logparse.envelopes.documents import json_text
from logparse.envelopes.documents.items import Part

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

#: How such a document begins: a list of strings, or an object.
_OPENS: Final = re.compile(rb"\s*+(?:\[\s*+(?:\[\s*+)?([\"'])|\{\s*+[\"'])")
#: The first string of a list.
_FIRST: Final = re.compile(rb"\[\s*+(\"(?:[^\"\\\n]++|\\.)*+\"|'(?:[^'\\\n]++|\\.)*+')")
#: How objects begin that Python printed.
_PRINTED: Final = (b"{'", b"[{'", b"[['", b"[('")
#: Such a document is held in memory; a longer one is read as any other.
_WHOLE: Final = 16 * 1024 * 1024
#: So many lists are looked at, and strings at the beginning of each: headers and remarks may stand there.
_LISTS: Final = 200
_STRINGS: Final = 50
#: Lists and objects in each other.
_DEEPEST: Final = 8
#: The cells of a notebook of Jupyter, what came out of them, and forms of that: text has one.
_NOTEBOOK: Final = "nbformat"
_CELLS, _OUTPUTS, _TEXT, _DATA, _PLAIN = "cells", "outputs", "text", "data", "text/plain"


def may_begin(data: bytes, is_known: Callable[[str], bool]) -> bool:
    """Return whether a file that begins with these bytes may be such a document.

    Args:
        data: the beginning of the file.
        is_known: whether a line is one that a server writes.
    """
    opens = _OPENS.match(data)
    if opens is None:
        return False
    firsts = (_read_string(hit[1]) for hit in islice(_FIRST.finditer(data), _LISTS))
    return opens[1] is not None or any(is_known(line) for text in firsts for line in text.splitlines()[:_STRINGS])


def read(
    pieces: Iterator[bytes], is_known: Callable[[str], bool], is_record: Callable[[dict[str, Any]], bool]
) -> tuple[bytes, Part | None]:
    """Read a file that may be such a document.

    Args:
        pieces: of the file; those that were not needed are left.
        is_known: whether a line is one that a server writes.
        is_record: whether an object is a record of a log: then its strings are left alone.

    Returns:
        What was read, and the lines in the strings, with the numbers of the lines in which they begin; None if it is
        no such document, if it is too long, or if none of its strings holds a known line.
    """
    held: list[bytes] = []
    size = 0
    for piece in pieces:
        held.append(piece)
        size += len(piece)
        if size > _WHOLE:
            return b"".join(held), None
    data = b"".join(held)
    return data, _read_whole(data, is_known, is_record)


def _read_whole(
    data: bytes, is_known: Callable[[str], bool], is_record: Callable[[dict[str, Any]], bool]
) -> Part | None:
    value = json_text.decode(data.strip())
    if value is None:
        value = read_printed(data.decode("utf-8", "surrogateescape").strip())
    if isinstance(value, list):
        texts = _sole_strings(value)
    elif isinstance(value, dict) and not is_record(value):
        texts = list(_notebook(value) if _NOTEBOOK in value else _strings(value, 0))
    else:
        return None
    if not any(is_known(line) for text in texts for line in text.splitlines()[:_STRINGS]):
        return None
    return _place(texts, data)


def write_printed(data: bytes) -> bytes | None:
    """Return as JSON what Python printed in a file of one line; None if it is nothing of that."""
    if not data.lstrip().startswith(_PRINTED) or b"\n" in data.strip():
        return None
    value = read_printed(data.decode("utf-8", "surrogateescape").strip())
    return None if value is None else json_text.write(value)


def _read_string(text: bytes) -> str:
    value = json_text.decode(text) if text[:1] == b'"' else read_printed(text.decode("utf-8", "surrogateescape"))
    return value if isinstance(value, str) else ""


def _sole_strings(values: list[Any]) -> list[str]:
    """Return the strings of a list of strings, or of lists of one string each; none if anything else is in it."""
    texts = [each[0] if isinstance(each, list) and len(each) == 1 else each for each in values]
    return texts if all(isinstance(each, str) for each in texts) else []


def _strings(value: Any, depth: int) -> Iterator[str]:
    """Yield the strings of lists that hold nothing else, in their order."""
    if depth > _DEEPEST:
        return
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        yield from value
    elif isinstance(value, (list, dict)):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _strings(each, depth + 1)


def _notebook(book: dict[str, Any]) -> Iterator[str]:
    for cell in _objects(book.get(_CELLS)):
        for output in _objects(cell.get(_OUTPUTS)):
            data = output.get(_DATA)
            text = output.get(_TEXT) or (data.get(_PLAIN) if isinstance(data, dict) else None)
            if isinstance(text, (str, list)):  # a list parts it behind line breaks
                yield text if isinstance(text, str) else "".join(each for each in text if isinstance(each, str))


def _objects(value: Any) -> Iterable[dict[str, Any]]:
    return (each for each in value if isinstance(each, dict)) if isinstance(value, list) else ()


def _place(texts: Iterable[str], data: bytes) -> Part:
    """Return the lines of texts, each with the number of the line of the file that its text begins in."""
    lines, numbers, at, number = [], [], 0, 1
    for text in texts:
        for line in text.removesuffix("\n").split("\n"):
            lines.append(line.encode("utf-8", "surrogateescape"))
            place = data.find(_search_for(line), at)
            if place >= 0:
                number += data.count(b"\n", at, place)
                at = place
            numbers.append(number)
    return Part(lines, np.array(numbers, np.int64))


def _search_for(line: str) -> bytes:
    """What of a line stands in the document as it is: its beginning, up to what may be escaped."""
    found = re.match(r"[ !#-&(-\[\]-~]{1,200}", line)
    return found[0].encode() if found is not None else b"\0"
