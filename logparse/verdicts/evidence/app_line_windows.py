"""Requests that may have left an app line, looked for among columns.

Owns: the windows in which an app line and its request must lie, and what the two must agree in. Must not know: which of
several requests gets the line (``app_line_accounts``).

One app line may be about hundreds of requests, and a stranger can see to it that each line is. So a request is not
asked line by line: what is asked of it stands in columns, and a line is compared with all of its window at once.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING, Final

import numpy as np

from logparse.common.timestamps import SECOND
from logparse.rules.roles import EventRole, FollowUpRole
from logparse.rules.targets import split_target
from logparse.scans import redirects

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from logparse.rules.model import EventRule
    from logparse.scans.scan import Evidence, Request

    Places = NDArray[np.int64]

#: An app line about a refused request is written just before the request ends (measured: 1 to 60 ms).
EVENT_WINDOW: Final = 2 * SECOND
#: ... and no more lines than this lie between them, even with tracebacks of other requests there.
EVENT_LINES: Final = 500
#: Clocks of one host, read at two places in the code.
SLACK: Final = 1_000
#: Access lines of gunicorn are cut to whole seconds.
CUT: Final = SECOND
#: ... and those of Apache, in the same form, show when a request began, at most so long before its app line.
BEGUN: Final = CUT + SECOND
#: How many app lines must show it, and which share of all.
BEGINS: Final = 2
BEGINS_SHARE: Final = 0.02
#: Where an answer leads that accepted a login.
_LET_IN: Final = frozenset({"home", "root"})
#: Sooner and later than every time.
_NEVER: Final = 1 << 62


class RequestWindows:
    """Requests as columns, in which those are found that may have left an app line.

    Args:
        requests: in order of line or time.
        rules: event rules by id.
        by_time: requests and app lines come from different files, so that only time orders them.

    Attributes:
        requests: the requests; a place is an index of them.
        by_time: as given.
        keys: where each request ended: number of the line, or time.
    """

    def __init__(self, requests: Sequence[Request], rules: Mapping[str, EventRule], *, by_time: bool) -> None:
        self.requests = requests
        self.by_time = by_time
        self._rules = rules
        self._named = any(request.access.user for request in requests)
        self._early = CUT
        self.keys = [(request.access.time or 0) if by_time else request.access.order for request in requests]
        self._of_rule: dict[str, tuple[Places, list[int]]] = {}
        accesses = [request.access for request in requests]
        neighbours = [access.time_source == "neighbour" for access in accesses]
        # A line whose time is that of a neighbour is not later than that; one without a time may be of any.
        timed = [(-_NEVER if access.time is None else access.time) for access in accesses]
        sure = [not near and access.time is not None for near, access in zip(neighbours, accesses, strict=True)]
        self._ended = _column(timed)
        self._seen = _column(time if known else _NEVER for time, known in zip(timed, sure, strict=True))
        self._begun = _column(
            time - access.duration if known and access.duration is not None else -_NEVER
            for time, known, access in zip(timed, sure, accesses, strict=True)
        )
        self._codes: dict[str, dict[str | None, int]] = {}
        self._values: dict[str, Places] = {}

    def window(self, line: Evidence) -> tuple[int, int]:
        """Return behind which key a request that left an app line ends, and up to which; by time, it has a time."""
        if self.by_time:
            assert line.message.stamp is not None
            return line.message.stamp.utc - self._early, line.message.stamp.utc + EVENT_WINDOW
        return line.message.order, line.message.order + EVENT_LINES

    def fitting(self, line: Evidence) -> Places:
        """Return the places of the requests that may have left an app line, in order."""
        if self.by_time and line.message.stamp is None:
            return _NO_PLACES
        low, high = self.window(line)
        places, keys = self._places(line.event.rule)
        window = places[bisect_right(keys, low) : bisect_right(keys, high)]
        return window[self._fit(window, line)] if len(window) else window

    def measure(self, lines: Sequence[Evidence]) -> None:
        """Learn whether access lines show when requests began: some app lines are then about none that ended later."""
        if not self.by_time:
            return
        late = [line for line in lines if not len(self.fitting(line))]
        self._early = BEGUN
        if sum(len(self.fitting(line)) > 0 for line in late) < max(BEGINS, BEGINS_SHARE * len(lines)):
            self._early = CUT

    def _places(self, rule: str) -> tuple[Places, list[int]]:
        """Return the places of requests that lines of a rule may be about, and by what they are in order."""
        if rule not in self._of_rule:
            about = self._rules[rule]
            chosen = [place for place, request in enumerate(self.requests) if _may_leave(request, about)]
            self._of_rule[rule] = np.array(chosen, np.int64), [self.keys[place] for place in chosen]
        return self._of_rule[rule]

    def _fit(self, places: Places, line: Evidence) -> NDArray[np.bool_]:
        """Return which requests a line may be about by their times and by what both say."""
        stamp, fields = line.message.stamp, line.event.fields
        fit = np.ones(len(places), np.bool_)
        if stamp is not None:
            fit &= self._ended[places] <= stamp.utc + EVENT_WINDOW
            fit &= self._seen[places] >= stamp.utc - self._early
            fit &= self._begun[places] <= stamp.utc + SLACK  # else it had not begun
        for name in self._rules[line.event.rule].same:
            if name in fields:
                fit &= self._same(name, places, fields[name])
        return fit

    def _same(self, name: str, places: Places, value: str) -> NDArray[np.bool_]:
        if name == "path":
            value = split_target(value).path
        codes = self._values_of(name)[places]
        found: NDArray[np.bool_] = codes == self._codes[name].get(value.rstrip("\r") if name == "user" else value, -1)
        if name == "user":  # no Basic header, or a format that does not write its name
            unnamed: NDArray[np.bool_] = codes == self._codes[name][None]
            return found | (unnamed & (self._values_of("login")[places] > 0) if self._named else unnamed)
        return found if name in ("method", "path") else found | (codes == self._codes[name][None])

    def _values_of(self, name: str) -> Places:
        """Return a column of numbers that stand for what requests say."""
        if name == "login" and name not in self._values:
            self._values[name] = _column(request.tag.role == FollowUpRole.LOGIN for request in self.requests)
        if name not in self._values:
            codes = self._codes[name] = {None: 0}
            self._values[name] = _column(
                codes.setdefault(_said(name, request), len(codes)) for request in self.requests
            )
        return self._values[name]


def _said(name: str, request: Request) -> str | None:
    if name == "user":
        user = request.access.user
        return None if user is None else user.partition("\n")[0].rstrip("\r")
    if name == "method":
        return request.access.method
    return request.tag.path if name == "path" else request.tag.dag_id


def _may_leave(request: Request, rule: EventRule) -> bool:
    tag, status = request.tag, request.access.status
    if status not in rule.statuses and not (tag.channel and status in rule.passing):
        return False
    if rule.role == EventRole.LOGIN_FAILED and tag.role == FollowUpRole.LOGIN and _was_let_in(request):
        return False
    return tag.channel in rule.requests or tag.rule in rule.requests


def _was_let_in(request: Request) -> bool:
    """Return whether the answer to a login shows that it was accepted."""
    return redirects.find_redirect(request.access).kind in _LET_IN


def _column(values: Iterable[int]) -> Places:
    return np.fromiter(values, np.int64)


_NO_PLACES: Final = np.zeros(0, np.int64)
