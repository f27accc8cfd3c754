"""What strangers write into lines: names that hold line breaks, and lines that follow a name that was typed.

Owns: telling real lines from forged ones, and putting together what a line break cut. Must not know: what is kept.

A Basic user name or a name typed into the login form may hold line breaks, so that one log call leaves several lines,
some of which look like lines of their own. Three facts tell them apart. gunicorn takes a Basic name up to its first
colon, so it can hold no time and no request: an access line that it cut in two is put together again. A structlog
message ends in ``[logger] key=value`` behind all that was typed. And a log call writes its lines at once, with the
clock of the moment: a line behind a typed name that is off in time, while later lines are in time again, is forged.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Final

from logparse.formats import strip_colour

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from logparse.formats import Fields, LineFormat
    from logparse.timestamps import Stamp

#: How far one message may reach: a traceback through SQLAlchemy and Starlette has 180 lines (3.3.2).
LOOKAHEAD: Final = 400
#: How many lines one user name may be spread over; gunicorn refuses headers over 8190 bytes.
SPLIT: Final = 40
#: Workers write within milliseconds, access lines are cut to whole seconds; microseconds.
APART: Final = 5_000_000

# What gunicorn writes of `client - name` when the name goes on in the next line: no colon in the name.
_CUT_OFF: Final = re.compile(r"\S* - [^:]*")
# What stands before a name in the first line of an access line; an IPv6 client holds colons.
_CLIENT: Final = re.compile(r"\S* - ")
# ... and of a request whose target goes on in the next line.
_OPEN_TARGET: Final = re.compile(r' "[A-Z]{3,16} [^ "]*$')
# Name and password sent to a form or token endpoint, in any line format.
_LOGIN: Final = re.compile(r"POST.{1,200}?/(?:login|token)")
_STATUS: Final = re.compile(r"\b\d{3}\b")
#: What only a line about a request holds.
REQUEST: Final = re.compile(r'[A-Z]{3,7} \S+ HTTP/\d|"?status(?:_code)?"?[=:] ?\d{3}\b')


@dataclass(slots=True)
class TypedName:
    """A message that ended in a name that a stranger typed; what comes right after it may be his as well.

    A name from a Basic header holds no colon and so no whole line. One from a login form may hold anything, also lines
    that look like the end of the login; but the access line of the login itself comes behind all of them.

    Attributes:
        stamp: time of the message.
        name: first line of the name.
        until: number of the last line that may be his.
        sure: up to this number a line that is off in time is his, since later ones are in time again.
        more: further lines that may be of the name, as far as they were read one by one.
    """

    stamp: Stamp
    name: str
    until: int
    sure: int
    more: list[str] = field(default_factory=list)

    def went_on(self, line: str) -> None:
        """Take note of a line that has no head of its own."""
        if len(self.more) < SPLIT:
            self.more.append(line)

    def forged(self, stamp: Stamp | None, number: int) -> bool:
        """Whether the line of this number cannot be real: it is off in time, and a line in time comes after it."""
        return number <= self.sure and stamp is not None and apart(stamp, self.stamp) > APART


def last_login(lines: Sequence[str], at: int, stamp: Stamp, read_stamp: Callable[[str], Stamp | None]) -> int:
    """How many lines behind ``at`` the last login in time with ``stamp`` comes; 0 if there is none.

    Where all lines that can be seen are in time, all of them may be the stranger's. Of logins without a time (uvicorn)
    only a near one counts.
    """
    last = 0
    for more in range(1, min(LOOKAHEAD, len(lines) - at)):
        if _LOGIN.search(lines[at + more]):
            found = read_stamp(lines[at + more].removesuffix("\r"))
            if more < SPLIT if found is None else apart(found, stamp) <= APART:
                last = more
    if len(lines) - at >= LOOKAHEAD:
        behind = (read_stamp(lines[at + more].removesuffix("\r")) for more in range(LOOKAHEAD - 1, last, -1))
        end = next((found for found in behind if found is not None), None)
        if end is not None and apart(end, stamp) <= APART:
            return LOOKAHEAD - 1
    return last


def last_in_time(
    lines: Sequence[str], at: int, stamp: Stamp, read_stamp: Callable[[str], Stamp | None], reach: int
) -> int:
    """Which of the ``reach`` lines behind ``at`` are followed by one in time with ``stamp``: so many.

    Where nothing comes back to that time, the lines are off because time went on (logins of uvicorn have none).
    """
    for more in range(min(reach + SPLIT, len(lines) - at - 1), 0, -1):
        found = read_stamp(lines[at + more].removesuffix("\r"))
        if found is not None and apart(found, stamp) <= APART:
            return min(more, reach)
    return 0


def last_stray(lines: Sequence[str], at: int, stamp: Stamp, read_stamp: Callable[[str], Stamp | None]) -> int:
    """How many lines behind ``at`` the last one comes that is off in time with ``stamp`` and with a later one in time.

    Only near lines are looked at. 0 if there is none.
    """
    in_time: Stamp | None = None
    for more in range(min(SPLIT, len(lines) - at) - 1, 0, -1):
        found = read_stamp(lines[at + more].removesuffix("\r"))
        if found is None:
            continue
        if apart(found, stamp) <= APART:
            in_time = found
        elif in_time is not None and apart(found, in_time) > APART:
            return more
    return 0


def apart(one: Stamp, other: Stamp) -> int:
    """Microseconds between two stamps; by the clock on the wall if one of them names no zone."""
    if one.zoned and other.zoned:
        return abs(one.utc - other.utc)
    return abs(one.wall - other.wall)


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
