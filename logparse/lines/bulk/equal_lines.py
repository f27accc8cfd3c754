"""Lines of a file without a letter or a digit that are equal to many others around them, passed on together.

Owns: which lines these are. Must not know: what becomes of them.

A megabyte holds a million blank lines. Each is read in some microseconds, which is little for a line and much for a
byte.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from logparse.envelopes.documents.items import EqualLines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from logparse.envelopes.documents.items import Line

#: So many equal lines before and behind are passed on one by one: no line depends on others further off
#: (``forgery.MESSAGE_LINES`` and ``forgery.NAME_LINES``).
AROUND: Final = 1000


def fold_equal_lines(lines: Iterator[Line]) -> Iterator[Line]:
    """Yield the lines of a file, with equal ones put together where there are many in a row that say nothing."""
    text: str | None = None  # of the last line, which has the number:
    number = count = 0  # so many equal ones were there
    for line in lines:
        if isinstance(line, tuple) and line[1] == text and line[0] == number + 1:
            number += 1
            count += 1
            if count == AROUND and any(map(str.isalnum, text)):
                text, count = None, 0
            if count <= AROUND:
                yield line
            continue
        if text is not None and count > AROUND:
            yield from _fold(text, number, count - AROUND)
        yield line
        text = line[1] if isinstance(line, tuple) and not isinstance(line, EqualLines) else None
        number, count = (line[0], 1) if isinstance(line, tuple) else (0, 0)
    if text is not None and count > AROUND:
        yield from _fold(text, number, count - AROUND)


def _fold(text: str, last: int, count: int) -> Iterator[Line]:
    """Yield so many equal lines, of which the last one has this number."""
    single = min(count, AROUND)
    if count > single:
        yield EqualLines(last - count + 1, text, count - single)
    for number in range(last - single + 1, last + 1):
        yield number, text
