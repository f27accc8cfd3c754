"""Lines that a line break cut apart, put together again.

Owns: which lines are parts of one access line or of one message. Must not know: which lines are forged.

A user name sent in a Basic header may hold line breaks, and so may the target of a request. gunicorn takes a Basic name
up to its first colon, so the name can hold no time and no request: an access line that it cut in two can be put
together again. A structlog message ends in
``[logger] key=value`` behind all that was typed into it.
"""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING, Final

from logparse.formats.bare_requests import ANSWERED
from logparse.formats.line_format import strip_colour
from logparse.formats.readers import read_tail
from logparse.lines.broken_lines import is_request, rejoin_broken_line
from logparse.lines.forgery import MESSAGE_LINES, NAME_LINES

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from logparse.formats.line_format import Fields, LineFormat
    from logparse.formats.recognizer import Recognized, Recognizer
    from logparse.lines.broken_lines import Joined
    from logparse.lines.forgery import IsTyped, TypedName

# What gunicorn writes of `client - name` when the name goes on in the next line: no colon in the name.
_CUT_OFF: Final = re.compile(r"\S* - [^:]*")
# What stands before a name in the first line of an access line; an IPv6 client holds colons.
_CLIENT: Final = re.compile(r"\S* - ")
# ... and of a request whose target goes on in the next line.
_OPEN_TARGET: Final = re.compile(r' "[A-Z]{3,16} [^ "]*$')
#: What a line is may depend on so many lines behind it.
AHEAD: Final = MESSAGE_LINES + NAME_LINES
#: Stands in place of a beginning that is lost.
_ANY_CLIENT: Final = "0.0.0.0 - "
_STATUS: Final = re.compile(r"\b\d{3}\b")
#: What only a line about a request holds.
REQUEST: Final = re.compile(rf'[A-Z]{{3,7}} \S+ HTTP/\d|"?status(?:_code)?"?[=:] ?\d{{3}}\b|{ANSWERED}')
# What parts of access lines hold, and other lines about requests.
_PART: Final = re.compile('/| - | "|status')


def count_needed_behind(
    form: LineFormat | None, fields: Fields | None, line: str, is_typed: IsTyped, *, broken: bool
) -> int:
    """Return how many lines behind a line must be at hand to read it.

    Args:
        form: its format; None: no format reads it.
        fields: what it holds.
        line: the line.
        is_typed: true of messages that end in a name that a stranger typed.
        broken: whether access lines before it were put together.
    """
    if form is None or fields is None:
        return NAME_LINES
    if form.kind != "app":
        may_go_on = (broken and form.kind == "access") or may_stand_in_name(form, line)
        return NAME_LINES if may_go_on else 0
    open_ended = form.tail is not None and fields.get("logger") is None
    # Lines behind a message that ends in a name may belong to what somebody typed.
    return AHEAD if open_ended or (not form.whole and is_typed(fields.get("message") or "")) else 0


def may_be_part(line: str) -> bool:
    """Return whether a line of no format may be a part of an access line."""
    return _PART.search(line) is not None


def may_be_end(line: str) -> bool:
    """Return whether a line may be the end of an access line; see ``read_end_of_access_line``."""
    return "/" in line and _STATUS.search(line) is not None


def rejoin_access_line(lines: Sequence[str], at: int, recognizer: Recognizer, typed: TypedName | None) -> Joined | None:
    """Put an access line together again that was broken at a width, or by a line break in a Basic name or the target.

    Where the message about the same name comes right before, its own further lines end where the access line begins:
    the name stands in both.

    Args:
        lines: physical lines.
        at: where the access line may begin.
        recognizer: tells the line format of a line, and which access lines carry a user name.
        typed: the name in the message right before, if there is one.

    Returns:
        How many lines were joined, and the access line in its format; None if there is nothing to join.
    """
    if (broken := rejoin_broken_line(lines, at, recognizer.recognize)) is not None:
        return broken
    formats = recognizer.named
    if _OPEN_TARGET.search(lines[at]):
        return _rejoin_target(lines, at, formats)
    if _has_colon(lines[at]) or not any(" - " in raw for raw in lines[at : at + NAME_LINES]):
        return None
    length = next((n for n, raw in enumerate(islice(lines, at + 1, at + NAME_LINES), 1) if _has_colon(raw)), 0)
    if not length:
        return None
    block = [*lines[at : at + length], lines[at + length].removesuffix("\r")]
    starts = [start for start in range(length) if " - " in block[start] and _CUT_OFF.fullmatch(block[start])]
    candidates = [(start, _read_request("\n".join(block[start:]), formats)) for start in starts]
    readable = [(start, *request) for start, request in candidates if request is not None]
    if not readable:
        return None
    name = [typed.name, *typed.more] if typed is not None else []
    with_name = (hit for hit in readable if name and _is_name(block[hit[0] :], [*name, *block[: hit[0]]]))
    _, form, fields = next(with_name, readable[0])
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


def _rejoin_target(lines: Sequence[str], at: int, formats: Sequence[LineFormat]) -> Joined | None:
    """Put an access line together whose target holds line breaks: gunicorn parts a request line at blanks only."""
    for length in range(2, min(NAME_LINES, len(lines) - at) + 1):
        if " " in lines[at + length - 1]:
            request = _read_request("\n".join(lines[at : at + length]).removesuffix("\r"), formats)
            return (length, *request) if request is not None else None
    return None


def read_end_of_access_line(line: str, formats: Sequence[LineFormat]) -> tuple[LineFormat, Fields] | None:
    """Read the end of an access line whose beginning is in another file, or lost; None if the line is no such end.

    The end of an access line holds a target and a status in every format. The client and the name are not known.
    """
    if not may_be_end(line):
        return None
    request = _read_request(_ANY_CLIENT + line, formats)
    if request is not None:
        request[1].update(client=None, forwarded=None, real_ip=None)
        request[1].pop("user", None)
    return request


def may_stand_in_name(form: LineFormat, line: str) -> bool:
    """Whether a Basic name can hold all that stands in an access line: no colon, and in a time there is one mostly.

    In a format that carries such names itself, each line does, if the operator left out the time.
    """
    return form.kind == "access" and not form.names_users and not _has_colon(line)


def is_torn(form: LineFormat, lines: Sequence[str], at: int, recognizer: Recognizer, *, in_message: bool) -> bool:
    """Whether a line that is read in a format is a part of an access line that was cut.

    It is one if it looks like a line of a message and stands behind none, or if a Basic name can hold it and the rest
    of the access line stands behind it.
    """
    line = lines[at].removesuffix("\r")
    if may_stand_in_name(form, line):
        return rejoin_access_line(lines, at, recognizer, None) is not None
    return (
        form.kind == "continuation" and not in_message and read_end_of_access_line(line, recognizer.named) is not None
    )


def _read_request(text: str, formats: Sequence[LineFormat]) -> tuple[LineFormat, Fields] | None:
    """Read ``text``, line breaks and all, in the first format in which it is a proper request."""
    for form in formats:
        fields = form.read(text)
        if fields is not None and is_request(fields):
            return form, fields
    return None


def _has_colon(line: str) -> bool:
    """Whether there is a colon where the name stands."""
    if ":" not in line:
        return False
    client = _CLIENT.match(line)
    return ":" in line[client.end() :] if client else True


def find_rest_of_message(
    lines: Sequence[str], at: int, form: LineFormat, fields: Fields, fit: Callable[[str], Recognized], *, typed: bool
) -> int:
    """Count the further lines of a structlog message, up to the line that ends in ``[logger] key=value``.

    A log call writes its lines at once, so a stray end belongs to the nearest message that lacks one. Where a stranger
    typed the text, he may have put an end into the first line, or other messages behind it; the real end still comes
    behind all that he wrote.

    Args:
        lines: physical lines.
        at: the first line of the message.
        form: its format.
        fields: what the first line holds; what the last line of the message holds is added, if the first has no end.
        fit: tells the format of a line.
        typed: a stranger typed the text.
    """
    ended = fields.get("logger") is not None
    if form.tail is None or (ended and not typed):
        return 0
    for more, raw in enumerate(islice(lines, at + 1, at + 1 + MESSAGE_LINES), 1):
        line = raw.removesuffix("\r")
        other, headed = fit(line)
        if other is not None and headed is not None and other.kind in ("access", "app"):
            if other is form and headed.get("logger") is None and (ended or not typed):
                return 0
            continue
        ending = form.tail.search(strip_colour(line))
        if ending and not REQUEST.search(line[: ending.start()]):
            if not ended:
                fields.update(read_tail(ending))
            return more
    return 0
