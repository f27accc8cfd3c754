"""Lines that a line break cut apart, put together again.

Must not know: forged lines.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING, Final

from logparse.formats.line_format import strip_colour
from logparse.lines.forgery import LOOKAHEAD, SPLIT, TypedName

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from logparse.formats.line_format import Fields, LineFormat

# What gunicorn writes of `client - name` when the name goes on in the next line: no colon in the name.
_CUT_OFF: Final = re.compile(r"\S* - [^:]*")
# What stands before a name in the first line of an access line; an IPv6 client holds colons.
_CLIENT: Final = re.compile(r"\S* - ")
# ... and of a request whose target goes on in the next line.
_OPEN_TARGET: Final = re.compile(r' "[A-Z]{3,16} [^ "]*$')
_STATUS: Final = re.compile(r"\b\d{3}\b")
#: What only a line about a request holds.
REQUEST: Final = re.compile(r'[A-Z]{3,7} \S+ HTTP/\d|"?status(?:_code)?"?[=:] ?\d{3}\b')


def joined(
    lines: Sequence[str], at: int, formats: Sequence[LineFormat], typed: TypedName | None
) -> tuple[int, LineFormat, Fields] | None:
    """Put an access line together again that a line break in a Basic user name cut into several.

    Where the message about the same name comes right before, its own further lines are told from the access line by
    the name, which stands in both.

    Args:
        lines: physical lines.
        at: where the access line may begin.
        formats: in which access lines carry a user name.
        typed: the name in the message right before, if there is one.

    Returns:
        How many lines were joined, and the access line in its format; None if there is nothing to join.
    """
    if _OPEN_TARGET.search(lines[at]):
        return _joined_target(lines, at, formats)
    if _has_colon(lines[at]) or not any(" - " in raw for raw in lines[at : at + SPLIT]):
        return None
    length = next((n for n, raw in enumerate(islice(lines, at + 1, at + SPLIT), 1) if _has_colon(raw)), 0)
    if not length:
        return None
    block = [*lines[at : at + length], lines[at + length].removesuffix("\r")]
    starts = [start for start in range(length) if " - " in block[start] and _CUT_OFF.fullmatch(block[start])]
    found = [(start, whole("\n".join(block[start:]), formats)) for start in starts]
    fits = [(start, *hit) for start, hit in found if hit is not None]
    if not fits:
        return None
    said = [typed.name, *typed.more] if typed is not None else []
    same = (each for each in fits if said and _is_name(block[each[0] :], [*said, *block[: each[0]]]))
    _, form, fields = next(same, fits[0])
    return length + 1, form, fields


def _is_name(block: Sequence[str], name: Sequence[str]) -> bool:
    r"""Whether the name in an access line is that of a message; the end of a line may have lost its ``\r``.

    What stands in the line is compared, in which gunicorn escapes quotes alone: a name may hold what other servers,
    whose lines look the same, write for a line break.
    """
    client = _CLIENT.match(block[0])
    *parts, end = [block[0][client.end() if client else 0 :], *block[1:]]
    *lines, last = (line.rstrip("\r").replace('"', r"\"") for line in name)
    rest = end.removeprefix(last).lstrip("\r")
    return [part.rstrip("\r") for part in parts] == lines and end.startswith(last) and rest.startswith(" ")


def _joined_target(
    lines: Sequence[str], at: int, formats: Sequence[LineFormat]
) -> tuple[int, LineFormat, Fields] | None:
    """The same for a target: gunicorn parts a request line at blanks, so a target may hold line breaks instead."""
    for length in range(2, min(SPLIT, len(lines) - at) + 1):
        if " " in lines[at + length - 1]:
            hit = whole("\n".join(lines[at : at + length]).removesuffix("\r"), formats)
            return (length, *hit) if hit is not None else None
    return None


def may_end_request(line: str) -> bool:
    """Whether a line holds what the end of an access line holds in every format: a target and a status."""
    return "/" in line and _STATUS.search(line) is not None


def whole(text: str, formats: Sequence[LineFormat]) -> tuple[LineFormat, Fields] | None:
    """The format that reads ``text``, line breaks and all, with what it reads: a request, not anything in its place."""
    for form in formats:
        fields = form.read(text)
        if fields is not None and (fields.get("method") or fields.get("verb")):
            return form, fields
    return None


def _has_colon(line: str) -> bool:
    """Whether there is one where the name stands."""
    if ":" not in line:
        return False
    client = _CLIENT.match(line)
    return ":" in line[client.end() :] if client else True


def rest_of_message(
    lines: Sequence[str],
    at: int,
    form: LineFormat,
    fit: Callable[[str], tuple[LineFormat | None, Fields | None]],
    *,
    ended: bool,
    typed: bool,
) -> tuple[int, re.Match[str] | None]:
    """How many more lines a structlog message takes: up to the line that ends in ``[logger] key=value``.

    A log call writes its lines at once, so a stray end belongs to the nearest message that lacks one. Where a stranger
    typed the text, he may have put an end into the first line, or other messages behind it; the real end still comes
    behind all that he wrote.

    Args:
        lines: physical lines.
        at: the first line of the message.
        form: its format.
        fit: tells the format of a line.
        ended: the first line has an end already.
        typed: a stranger typed the text.

    Returns:
        The number of further lines, and the end that closes the last of them; 0 and None if there are none.
    """
    assert form.tail is not None
    for more, raw in enumerate(islice(lines, at + 1, at + 1 + LOOKAHEAD), 1):
        line = raw.removesuffix("\r")
        other, headed = fit(line)
        if other is not None and headed is not None and other.kind in ("access", "app"):
            if other is form and headed.get("logger") is None and (ended or not typed):
                return 0, None
            continue
        ending = form.tail.search(strip_colour(line))
        if ending and not REQUEST.search(line[: ending.start()]):
            return more, ending
    return 0, None
