"""Lines of a file that are read alike, many in a row, passed on together: equal ones, and those that say nothing.

Owns: which lines these are. Must not know: what becomes of a line, why a line says nothing.

A megabyte holds a million blank lines, or half a million lines of one letter. Each is read in some microseconds, which
is little for a line and much for a byte. Lines that are too short to tell anything say nothing, thousands of them in a
row, though they look like a document or an envelope: a document that is an export has a longer line in each record.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from logparse.envelopes.documents.items import AlikeLines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from logparse.envelopes.block import Block
    from logparse.envelopes.documents.items import Line

#: So many such lines before and behind are passed on one by one: no line depends on others further off
#: (``forgery.MESSAGE_LINES`` and ``forgery.NAME_LINES``).
AROUND: Final = 1000
#: So many are held at most.
_MOST: Final = 2048 + AROUND


def fold_alike_lines(
    lines: Iterator[tuple[int, str] | Block], tells_nothing: Callable[[str], bool], says_nothing: Callable[[str], bool]
) -> Iterator[Line]:
    """Yield the lines of a file, with those put together that are read alike where there are many in a row.

    Args:
        lines: those of the file.
        tells_nothing: whether a line is in no format that tells anything.
        says_nothing: whether that is so, and it is in no envelope and no document, and no part of a line.
    """
    sign: str | None = None  # what the last lines have in common: their text, or that they say nothing
    held: list[str] = []
    last = count = 0  # the number of the last line; so many before it are passed on
    for line in lines:
        number, text = line if isinstance(line, tuple) else (0, None)
        common = "" if not text or says_nothing(text) else text
        if text is not None and common == sign and number == last + 1:
            last = number
            if count == AROUND:
                held.append(text)
                if len(held) > _MOST:
                    yield _put_together(last + 1 - len(held), held[:-AROUND])
                    del held[:-AROUND]
                continue
            count += 1
            yield line
            if count == AROUND and (any(map(str.isalnum, sign)) or not tells_nothing(sign)):
                sign, count = None, 0
            continue
        yield from _let_go(held, last)
        yield line
        sign = None if text is None else common
        last, count = number, 1
    yield from _let_go(held, last)


def _let_go(held: list[str], last: int) -> Iterator[Line]:
    """Yield the lines that are held, of which the last one has this number."""
    first = last + 1 - len(held)
    together = held[:-AROUND]
    if together:
        yield _put_together(first, together)
    yield from enumerate(held[len(together) :], first + len(together))
    held.clear()


def _put_together(first: int, texts: list[str]) -> AlikeLines:
    return AlikeLines(first, texts, differ=texts.count(texts[0]) < len(texts))
