"""Text for people: aligned, counted, without secrets, and safe to show whatever a stranger wrote into a log.

Owns: alignment, shortening, and that no control character of a log reaches a terminal.
Must not know: what is shown.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from logparse.common.lookalikes import mark_lookalikes

if TYPE_CHECKING:
    from collections.abc import Sequence


#: Characters that a cell of a table may have.
WIDEST_CELL: Final = 60
#: Characters of a line of a log that are shown at most.
EXAMPLE_LENGTH: Final = 300
#: Characters that take no room: soft hyphens, fillers, joiners, marks of direction, selectors, tags.
INVISIBLE: Final = (
    "\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f\ufeff\uffa0"
    "\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
_UNSEEN: Final = re.compile(f"[{INVISIBLE}]")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")


def printable(text: str) -> str:
    r"""Return ``text`` as one line that does nothing to a terminal and shows what it is.

    Control characters, characters that nobody sees, and bytes that were no UTF-8 are written out (``\x1b``, ``\u200b``,
    ``\xff``), and so are letters that only look like others.
    """
    if text.isascii() and text.isprintable():
        return text
    text = mark_lookalikes(encodable(text))
    return "".join(sign if is_visible(sign) else sign.encode("unicode_escape").decode() for sign in text)


def is_visible(sign: str) -> bool:
    """Return whether a character takes room; to Python, some letters that nobody sees are printable."""
    return sign.isprintable() and not _UNSEEN.match(sign)


def encodable(text: str) -> str:
    r"""Return ``text`` with bytes that were no UTF-8 (lone surrogates) written out as ``\xff``, all else as it is."""
    return text if text.isascii() else _SURROGATE.sub(_as_byte, text)


def shorten(text: str, width: int) -> str:
    """Return ``text`` cut to a number of characters, with dots at its end if it was longer."""
    return text if len(text) <= width else f"{text[: width - 3]}..."


def size(number: int) -> str:
    """Write a number of bytes for people, such as ``1.2 MB``."""
    amount = float(number)
    for unit in ("bytes", "kB", "MB", "GB"):
        if amount < 1000:  # noqa: PLR2004 - a thousand of one unit is the next one
            return f"{amount:.0f} {unit}" if unit == "bytes" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} TB"


def count(number: int, noun: str) -> str:
    """Write a number with its noun: ``1 line``, ``1,234 lines``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def aligned(header: Sequence[str], rows: Sequence[Sequence[str | int]], *, widest: int = WIDEST_CELL) -> list[str]:
    """Write a table as lines: columns parted by two blanks, numbers to the right, long texts shortened.

    Args:
        header: one title a column, of one line or several; all empty: no header line.
        rows: cells, as many as titles.
        widest: characters that a cell may have; the last column is never shortened.
    """
    last = len(header) - 1
    cells = [[_cell(value, None if n == last else widest) for n, value in enumerate(row)] for row in rows]
    numeric = [bool(rows) and all(isinstance(row[n], int) for row in rows) for n in range(len(header))]
    table = [*_head_lines(header), *cells] if any(header) else cells
    widths = [max((len(row[n]) for row in table), default=0) for n in range(len(header))]
    return [
        "  ".join(
            text.rjust(width) if right else text.ljust(width)
            for text, width, right in zip(row, widths, numeric, strict=True)
        ).rstrip()
        for row in table
    ]


def _head_lines(header: Sequence[str]) -> list[list[str]]:
    """Return the lines of titles, the last line of each right above its column."""
    titles = [title.split("\n") for title in header]
    most = max(map(len, titles))
    return [list(line) for line in zip(*([""] * (most - len(title)) + title for title in titles), strict=True)]


def _cell(value: str | int, widest: int | None) -> str:
    if isinstance(value, int):
        return f"{value:,}"
    text = printable(value)
    return text if widest is None or len(text) <= widest else text[: widest - 1] + "…"


def _as_byte(match: re.Match[str]) -> str:
    code = ord(match[0])
    # Python's "surrogateescape" keeps the byte 0x80 as U+DC80, and so on to 0xFF.
    return f"\\x{code - 0xDC00:02x}" if 0xDC80 <= code <= 0xDCFF else f"\\u{code:04x}"  # noqa: PLR2004


def shown(text: str) -> str:
    """Return ``text`` without secrets and control characters, cut to ``EXAMPLE_LENGTH``."""
    from logparse.common import secrets  # noqa: PLC0415 - late: it needs Arrow

    safe = secrets.name_tokens(secrets.hide(text))
    return printable(safe[:EXAMPLE_LENGTH]) + ("..." if len(safe) > EXAMPLE_LENGTH else "")
