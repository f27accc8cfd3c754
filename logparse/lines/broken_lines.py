"""Access lines that a terminal, an editor or a mail program broke at a width, put together again.

Owns: where such a line begins, and which pieces belong to it. Must not know: line breaks that a caller sent.
"""

from __future__ import annotations

import re
from http import HTTPStatus
from itertools import islice
from typing import TYPE_CHECKING, Final

from logparse.lines.forgery import NAME_LINES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from logparse.formats.line_format import Fields, LineFormat
    from logparse.formats.recognizer import Recognized

    Joined = tuple[int, LineFormat, Fields]

#: How an access line begins that goes on in the next line, wherever in it that is.
_BEGUN: Final = re.compile(r'\S - (?:[^:"]{0,100}\[\d{2}/|"[A-Z]{3,16}(?: |$))')
#: How a piece begins in front of which a blank stood, whatever the width.
_PARTED: Final = re.compile(r"[ \t]|HTTP/\d")
#: A line is broken into so many at most, and is so long.
_PIECES, _LONGEST = 8, 16 * 1024
#: What may be the rest of a line that was broken behind its status: of its size, of its headers, of a reason.
_REST: Final = re.compile(r'[ \t]*(?:\d{0,12} ?"|\d{1,12}[ \t]*$|[A-Za-z]{1,25}(?: [A-Za-z]{1,25}){0,3}[ \t]*$)')
#: The rest of an access line that is surely one: headers in quotes.
_QUOTED: Final = re.compile(r'[ \t]*(?:\d{1,12} )?"[^"]*"(?: "|\s*\Z)')
#: What servers write behind a status.
_PHRASES: Final = {str(status.value): status.phrase for status in HTTPStatus}
#: What stays as it is when the rest of a line is put behind it.
_SAME: Final = ("time", "client", "method", "target", "request", "status")


def is_request(fields: Fields) -> bool:
    """Return whether what was read is a request."""
    return bool(fields.get("method") or fields.get("verb"))


def rejoin_broken_line(lines: Sequence[str], at: int, fit: Callable[[str], Recognized]) -> Joined | None:
    """Put an access line together that was broken at a width, or at a backslash, wherever in it that was.

    A piece is too long for the first word behind it, beside the longest line near it. What a server writes with line
    breaks of its own is no such piece.
    """
    if not _BEGUN.search(lines[at]):
        return None
    width = max(map(len, lines[max(0, at - NAME_LINES) : at + NAME_LINES]))
    text = piece = lines[at].removesuffix("\r")
    joined: Joined | None = None
    for length, raw in enumerate(islice(lines, at + 1, at + _PIECES), 2):
        form, _ = fit(raw.removesuffix("\r"))
        known = form is not None and form.kind in ("access", "app")
        if known or _BEGUN.search(raw) or len(text) + len(raw) > _LONGEST:
            break
        rest = raw.removesuffix("\r").lstrip(" \t")
        whole = (len(piece) >= width or piece.endswith(" ")) and not _PARTED.match(raw)
        if piece.endswith("\\"):
            text, whole = text[:-1], True
        elif len(piece) + len(rest.split(" ", 1)[0]) < width:
            break
        for between in ("", " ") if whole else (" ", ""):
            form, fields = fit(text + between + rest)
            if form is not None and fields is not None and form.kind == "access" and is_request(fields):
                joined = length, form, fields
                break
        else:
            between = "" if whole else " "
        text, piece = text + between + rest, raw.removesuffix("\r")
    return joined


def rejoin_rest(lines: Sequence[str], at: int, fields: Fields, fit: Callable[[str], Recognized]) -> Joined | None:
    """Put an access line together that was broken at a width behind its status, so that it is one without its rest.

    A caller cannot write right behind the line of another one: his text follows what the server wrote about him.

    Args:
        lines: physical lines.
        at: where the access line is.
        fields: what it holds without its rest.
        fit: tells the format of a line.

    Returns:
        How many lines were joined, and the access line in its format; None if nothing else belongs to it.
    """
    if fields.get("agent") is not None or at + 1 >= len(lines) or not _REST.match(lines[at + 1]):
        return None
    width = max(map(len, lines[max(0, at - NAME_LINES) : at + NAME_LINES]))
    text = piece = lines[at].removesuffix("\r")
    joined: Joined | None = None
    for length, raw in enumerate(islice(lines, at + 1, at + _PIECES), 2):
        rest = raw.removesuffix("\r").lstrip(" \t")
        short = len(piece) + len(rest.split(" ", 1)[0]) < width
        if (short and not _QUOTED.match(raw)) or fit(rest)[0] is not None or len(text) + len(raw) > _LONGEST:
            break
        for between in ("", " "):
            form, whole = fit(text + between + rest)
            if (
                form is not None
                and whole is not None
                and form.kind == "access"
                and _ends_whole(fields, whole, text + between + rest)
            ):
                joined = length, form, whole
                break
        else:
            between = ""
        text, piece = text + between + rest, raw.removesuffix("\r")
    return joined


def _ends_whole(fields: Fields, whole: Fields, text: str) -> bool:
    """Return whether a line with its rest tells the same request, and ends in headers or the words of its status."""
    if any(fields.get(name) != whole.get(name) for name in _SAME):
        return False
    status = whole.get("status") or ""
    return whole.get("agent") is not None or (status in _PHRASES and text.endswith(f"{status} {_PHRASES[status]}"))
