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
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from logparse.common.timestamps import Stamp

#: How far one message may reach: a traceback through SQLAlchemy and Starlette has 180 lines (3.3.2).
LOOKAHEAD: Final = 400
#: How many lines one user name may be spread over; gunicorn refuses headers over 8190 bytes.
SPLIT: Final = 40
#: Workers write within milliseconds, access lines are cut to whole seconds; microseconds.
APART: Final = 5_000_000
# Name and password sent to a form or token endpoint, in any line format.
_LOGIN: Final = re.compile(r"POST.{1,200}?/(?:login|token)")


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
