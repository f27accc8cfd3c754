"""How likely it is that a request left an app line: prices by which all possible joins are compared.

A price is roughly how many times rarer something is, as a logarithm.

Owns: these prices. Must not know: which requests can have left a line (``app_line_windows``), which of them did in the
end (``line_assignment``), outcomes.
"""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING, Final

from logparse.common.timestamps import SECOND
from logparse.rules.roles import EventRole
from logparse.verdicts.evidence.app_line_windows import CUT
from logparse.verdicts.evidence.whole_seconds import is_whole

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from logparse.rules.model import EventRule
    from logparse.scans.scan import Evidence, Request
    from logparse.verdicts.evidence.app_line_windows import RequestWindows

#: Airflow 3.1 and later reads cookie and header, and so complains twice within some milliseconds.
REPEAT: Final = 10_000

#: Price of a request that ends right behind the line; of each line more between them; of each millisecond that the
#: request took, of those from the line to its end, and of each second, if that is all that is known; of a request at
#: the end of the window. Airflow checks credentials first of all, so of two requests that are handled at that moment,
#: the shorter one was refused for them.
NEXT: Final = 0.25
PER_LINE: Final = 0.7
#: ... which grows a little faster than the number of lines: requests that overlap mostly end in the order of lines.
BENT: Final = 1.1
PER_MILLISECOND: Final = 0.1
PER_SECOND: Final = 2.0
FAR: Final = 4.0
#: ... of one that had ended before, by clocks of two hosts that differ by so many microseconds at most.
ENDED: Final = 5.0
SKEW: Final = 50_000
#: ... of the same where the clocks agree: so many lines, and so large a part of all, lie within some request.
ENDED_BEFORE: Final = 9.0
AGREEING: Final = 8
AGREEING_PART: Final = 0.9
#: What it takes away if line and request name the same user.
SAME_NAME: Final = 1.5
#: ... if the line holds the address of the client among so many characters.
SAME_ADDRESS: Final = 4.0
_LOOKED_AT: Final = 500
#: What it adds if a password was refused with 403, though others get 401: servers answer one or the other to all.
OTHER_STATUS: Final = 3.0
#: Price of a line whose request is not in the log; of one that other requests leave as well.
NO_REQUEST: Final = 6.0
LEFT_BY_OTHERS: Final = 0.5
#: Price of a request that left no line, though requests that are answered like this do; of any other.
SILENT: Final = 3.0
OFTEN_SILENT: Final = 0.7
#: Price of a line that only repeats the one before it; that names the same user again (LDAP, then the database).
REPEATED: Final = 0.5
NAMED_AGAIN: Final = 1.2
_UNAUTHORIZED: Final = 401
_FORBIDDEN: Final = 403
_BAD_REQUEST: Final = 400


class LinePrices:
    """What speaks against each join of app lines with some requests.

    Args:
        windows: the requests; a place is an index of them.
        rules: event rules by id.
    """

    def __init__(self, windows: RequestWindows, rules: Mapping[str, EventRule]) -> None:
        self._requests = windows.requests
        self._keys = windows.keys
        self._by_time = windows.by_time
        self._rules = rules
        self._scale = 1.0
        self._ended = ENDED
        self._gives_401 = any(request.access.status == _UNAUTHORIZED for request in windows.requests)

    def measure(self, lines: Sequence[Evidence], fitting: Sequence[Sequence[int]]) -> None:
        """Learn how many lines usually stand between a line and its request: the more workers, the more."""
        gaps = [self._keys[found[0]] - line.message.order for line, found in zip(lines, fitting, strict=True) if found]
        self._scale = 1.0 if self._by_time or not gaps else max(1.0, float(median(gaps)))
        if self._by_time:
            within = [any(self._holds_line(place, line) for place in found)
                      for line, found in zip(lines, fitting, strict=True) if found]  # fmt: skip
            agree = sum(within) >= max(AGREEING, AGREEING_PART * len(within))
            self._ended = ENDED_BEFORE if agree else ENDED

    def _holds_line(self, place: int, line: Evidence) -> bool:
        """Return whether a line, if its clock is right, was written while a request was handled."""
        access, stamp = self._requests[place].access, line.message.stamp
        known = stamp is not None and access.duration is not None and _is_exact(self._requests[place])
        return known and stamp is not None and stamp.utc - (access.time or 0) <= SKEW

    def price(self, line: Evidence, place: int) -> float:
        """Return the price of a line's being left by a request that fits it."""
        request = self._requests[place]
        access, stamp = request.access, line.message.stamp
        if stamp is not None and _is_exact(request):
            took = access.duration if access.duration is not None else (access.time or 0) - stamp.utc
            ended = self._by_time and stamp.utc - (access.time or 0) > SKEW
            price = self._ended if ended else min(PER_MILLISECOND * max(took, 0) / 1000, FAR)
        elif self._by_time and stamp is not None:
            late = (access.time or 0) - stamp.utc
            price = min(PER_SECOND * max(late, -late - CUT, 0) / SECOND, FAR)
        else:
            price = min(PER_LINE * ((self._keys[place] - line.message.order - 1) / self._scale) ** BENT, FAR)
        rule = self._rules[line.event.rule]
        named = access.user is not None and not {"user"}.isdisjoint(rule.same) and "user" in line.event.fields
        other = self._gives_401 and access.status == _FORBIDDEN and rule.role == EventRole.LOGIN_FAILED
        if access.client is not None and not rule.typed and _holds(line.message.text[:_LOOKED_AT], access.client):
            price -= SAME_ADDRESS
        return NEXT + price - (SAME_NAME if named else 0.0) + (OTHER_STATUS if other else 0.0)

    def price_alone(self, line: Evidence) -> float:
        """Return the price of a line's being left by a request that is not in the log."""
        return LEFT_BY_OTHERS if self._rules[line.event.rule].left_by_others else NO_REQUEST

    def price_silent(self, place: int) -> float:
        """Return the price of a request's having left no line."""
        request = self._requests[place]
        access = request.access
        complained = access.status == _UNAUTHORIZED and access.claimed == "yes"
        rejected = access.status == _BAD_REQUEST and request.tag.channel == "ui"
        return SILENT if complained or rejected else OFTEN_SILENT

    def repeats(self, line: Evidence, before: Evidence | None) -> float | None:
        """Return the price of a line's only repeating the one before it; None if it does not."""
        if before is None or before.event.rule != line.event.rule or before.event.fields != line.event.fields:
            return None
        one, other = before.message.stamp, line.message.stamp
        near = one is None or other is None or abs(other.utc - one.utc) <= REPEAT
        if self._rules[line.event.rule].repeats:
            return REPEATED if near or line.message.continuation else None
        again = one is not None and other is not None and abs(other.utc - one.utc) <= SECOND
        return NAMED_AGAIN if again and line.event.role == EventRole.LOGIN_FAILED else None


def _holds(text: str, address: str) -> bool:
    """Return whether a text holds an address as a word of its own."""
    before, found, behind = text.partition(address)
    return bool(found) and not (before[-1:] + behind[:1]).strip("[](){}<>\"'=,;: ")


def _is_exact(request: Request) -> bool:
    """Return whether the line shows to the millisecond when the request ended."""
    access = request.access
    return access.time is not None and access.time_source != "neighbour" and not is_whole(access)
