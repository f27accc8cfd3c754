"""Lines that a stranger forged: whole lines inside a name that somebody typed into the login form.

Owns: telling such lines from real ones. Must not know: what is kept of a line, lines that a line break cut apart.

A name typed into the login form may hold line breaks, so that one log call leaves several lines, some of which look
like lines of their own. Two facts tell them apart. The access line of the login itself comes behind all that was typed.
And a log call writes its lines at once, with the clock of the moment: a line behind a typed name that is off in time,
while later lines are in time again, is forged.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from logparse.common.timestamps import SECOND

if TYPE_CHECKING:
    from collections.abc import Callable

    from logparse.common.timestamps import Stamp
    from logparse.lines.lines_ahead import LinesAhead

    #: True of a message that ends in a text that a stranger typed.
    IsTyped = Callable[[str], bool]

#: How many lines one message may have: a traceback through SQLAlchemy and Starlette has 180 lines (3.3.2).
MESSAGE_LINES: Final = 400
#: How many lines one user name may be spread over; gunicorn refuses headers over 8190 bytes.
NAME_LINES: Final = 40
#: Lines further apart are not of one moment: workers write within milliseconds, access lines are cut to whole seconds.
APART: Final = 5 * SECOND
#: The line of a login comes within this time behind its message, if the login was quick as they mostly are.
SOON: Final = 2 * SECOND
#: ... and real lines at the edge of that stand before lines that are a little older: stamps are cut to whole seconds,
#: and workers write late.
EDGE: Final = 2 * SECOND


@dataclass(slots=True)
class TypedName:
    """A message that ended in a name that a stranger typed; the lines right behind it may be part of that name.

    A name from a Basic header holds no colon and so no whole line. One from a login form may hold anything, also lines
    that look like the end of the login; but the access line of the login itself comes behind all of them.

    Attributes:
        stamp: time of the message.
        name: first line of the name.
        last_possible: number of the last line that may be part of the name.
        last_certain: a line up to this number that is off in time is part of the name, since later ones are in time.
        login_timed: the access line of the login carries a time, so those of the server do.
        more: further lines of the name, as far as they were read one by one.
    """

    stamp: Stamp
    name: str
    last_possible: int
    last_certain: int
    login_timed: bool = False
    more: list[str] = field(default_factory=list)


class ForgeryGuard:
    """Watches the lines behind a message that ended in a typed name, until no more of them may be part of the name.

    Lines have the numbers that they have among all lines of their process.

    Attributes:
        typed: the name behind which lines are watched; None: no line is suspicious.
        genuine_access_lines: how many access lines cannot have been written by a stranger, because they do not directly
            follow a message that ends in a name somebody typed.
    """

    def __init__(self) -> None:
        self._typed_at: int | None = None  # number of the last app line, if it ended in a typed name
        self.typed: TypedName | None = None
        self.genuine_access_lines = 0

    def note_message(self, number: int, *, typed: bool) -> None:
        """Take note of an app line, and whether it ends in a typed name."""
        if not self.could_forge(number):
            self.typed = None
        self._typed_at = number if typed else None

    def note_access_lines(self, number: int, count: int = 1) -> None:
        """Take note of access lines that follow one another; the first one has this number."""
        behind_name = 0 if self._typed_at is None else max(0, self._typed_at + NAME_LINES + 1 - number)
        self.genuine_access_lines += max(0, count - behind_name)

    def watch(self, name: str, stamp: Stamp, lines: LinesAhead, at: int, number: int) -> None:
        """Watch the lines behind a message that ends in a typed name.

        Args:
            name: the name, as far as it stands in the message.
            stamp: time of the message.
            lines: the message and the lines behind it.
            at: where the message stands in ``lines``.
            number: of the message.
        """
        reach = _last_login(lines, at, stamp)
        login_timed = reach > 0 and lines.stamp(at + reach) is not None
        # Where the access lines are in another file, no login bounds what the stranger wrote.
        reach = reach or _last_stray(lines, at, stamp)
        certain = _last_in_time(lines, at, stamp, reach)
        self.typed = TypedName(stamp, name, number + reach, number + certain, login_timed)

    def look_on(self, lines: LinesAhead, at: int, number: int) -> None:
        """Look at further lines where the name may go on behind all that could be seen so far."""
        typed = self.typed
        if typed is not None and number == typed.last_possible:
            more = _last_login(lines, at, typed.stamp)
            typed.last_possible += more
            if certain := _last_in_time(lines, at, typed.stamp, more):
                typed.last_certain = number + certain

    def must_look_on(self, number: int) -> bool:
        """Whether ``look_on`` has to see the lines behind this one before it is read."""
        return self.typed is not None and number == self.typed.last_possible

    def note_headless(self, line: str) -> None:
        """Take note of a line that does not begin like a line of its own: it may be one of the name's."""
        if self.typed is not None and len(self.typed.more) < NAME_LINES:
            self.typed.more.append(line)

    def is_forged(self, stamp: Stamp | None, number: int, *, timed: bool, access: bool) -> bool:
        """Whether a line cannot be real: it is off in time, and a line in time comes after it.

        A line that should be ``timed``, as the message with the name is, and carries no time is off in time as well. So
        near the name it needs no other line to tell. Nor does an ``access`` line, if that of the login has a time.
        """
        typed = self.typed
        if typed is None:
            return False
        if stamp is None:
            near = self._typed_at is not None and number <= self._typed_at + NAME_LINES
            return (timed and (near or number <= typed.last_certain)) or (
                access and typed.login_timed and self.could_forge(number)
            )
        return number <= typed.last_certain and _apart(stamp, typed.stamp) > APART + EDGE

    def could_forge(self, number: int) -> bool:
        """Whether the stranger could have written this line: it stands before the last line that may be his."""
        return self.typed is not None and number < self.typed.last_possible

    def is_watching(self, number: int) -> bool:
        """Whether this line, or one behind it, may be the last line of the name."""
        return self.typed is not None and number <= self.typed.last_possible


def _last_login(lines: LinesAhead, at: int, stamp: Stamp) -> int:
    """Return how many lines behind ``at`` the last login in time with ``stamp`` comes; 0 if there is none.

    Logins soon behind the message count, others only if there are none of these. Where all lines that can be seen are
    in time, all of them may be the stranger's. Of logins without a time (uvicorn) only a near one counts.
    """
    last = 0
    for place in lines.logins(at + 1, at + MESSAGE_LINES):
        login = lines.stamp(place)
        apart = _apart(login, stamp) if login is not None else 0 if place - at < NAME_LINES else APART + 1
        if apart <= SOON:
            last = place - at
            break
        if apart <= APART:
            last = max(last, place - at)
    if len(lines) - at >= MESSAGE_LINES:
        behind = (lines.stamp(at + more) for more in range(MESSAGE_LINES - 1, last, -1))
        end = next((other for other in behind if other is not None), None)
        if end is not None and _apart(end, stamp) <= APART:
            return MESSAGE_LINES - 1
    return last


def _last_in_time(lines: LinesAhead, at: int, stamp: Stamp, reach: int) -> int:
    """Return how many of the ``reach`` lines behind ``at`` stand before a line that is in time with ``stamp``.

    Where nothing comes back to that time, the lines are off because time went on (logins of uvicorn have none).
    """
    for more in range(min(reach + NAME_LINES, len(lines) - at - 1) if reach else 0, 0, -1):
        other = lines.stamp(at + more)
        if other is not None and _apart(other, stamp) <= APART:
            return min(more, reach)
    return 0


def _last_stray(lines: LinesAhead, at: int, stamp: Stamp) -> int:
    """Return how many lines behind ``at`` the last one comes that is off in time with ``stamp`` and with a later line.

    That later line is in time with ``stamp``. Only near lines are looked at. 0 if there is none.
    """
    in_time: Stamp | None = None
    if lines.stamp(at) == stamp and lines.are_in_order(at, at + NAME_LINES):
        return 0
    for more in range(min(NAME_LINES, len(lines) - at) - 1, 0, -1):
        other = lines.stamp(at + more)
        if other is None:
            continue
        if _apart(other, stamp) <= APART:
            in_time = other
        elif in_time is not None and _apart(other, in_time) > APART:
            return more
    return 0


def _apart(one: Stamp, other: Stamp) -> int:
    """Return the microseconds between two stamps; by the clock on the wall if one of them names no zone."""
    if one.zoned and other.zoned:
        return abs(one.utc - other.utc)
    return abs(one.wall - other.wall)
