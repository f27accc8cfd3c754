"""Requests that may have left an app line, looked for among those that say the same.

Owns: the windows in which an app line and its request must lie, and what the two must agree in. Must not know: which of
several requests gets the line (``app_line_accounts``).

One app line may be about hundreds of requests, and a stranger can see to it that each line is. So requests are sorted
once by what they say, and of those that agree with a line only the first ones are looked at.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from itertools import accumulate, islice, product
from typing import TYPE_CHECKING, Final, NamedTuple

from logparse.common.timestamps import SECOND
from logparse.rules.roles import EventRole, FollowUpRole
from logparse.rules.targets import split_target
from logparse.scans import redirects

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from logparse.lines.access import Access
    from logparse.rules.model import EventRule
    from logparse.scans.scan import Evidence, Request

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
#: What stands for a request that says nothing under a name, and for one that carries no name where others do.
_UNSAID: Final = 0
_NOBODY: Final = -1


class _Kind(NamedTuple):
    """Requests that say the same.

    Attributes:
        places: of these requests, in order.
        keys: where each of them ended: number of the line, or time.
        first_ends: when the first one ended of each of them and those behind it.
    """

    places: list[int]
    keys: list[int]
    first_ends: list[int]


class RequestWindows:
    """Requests by what they say, among which those are found that may have left an app line.

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
        self._columns: dict[str, list[int]] = {}
        self._codes: dict[str, dict[str | None, int]] = {}
        self._kinds: dict[tuple[str, tuple[str, ...]], dict[tuple[int, ...], _Kind]] = {}
        self._moments = [_moments_of(request.access) for request in requests]

    def window(self, line: Evidence) -> tuple[int, int]:
        """Return behind which key a request that left an app line ends, and up to which; by time, it has a time."""
        if self.by_time:
            assert line.message.stamp is not None
            return line.message.stamp.utc - self._early, line.message.stamp.utc + EVENT_WINDOW
        return line.message.order, line.message.order + EVENT_LINES

    def fitting(self, line: Evidence, most: int | None = None) -> list[int]:
        """Return the places of the requests that may have left an app line, in order, or the first of them."""
        if self.by_time and line.message.stamp is None:
            return []
        low, high = self.window(line)
        found: list[int] = []
        for kind in self._kinds_of(line):
            window = range(bisect_right(kind.keys, low), bisect_right(kind.keys, high))
            found += islice(self._in_time(kind, window, line), most)
        return sorted(found)[:most]

    def measure(self, lines: Sequence[Evidence]) -> None:
        """Learn whether access lines show when requests began: some app lines are then about none that ended later."""
        if not self.by_time:
            return
        late = [line for line in lines if not self.fitting(line, 1)]
        self._early = BEGUN
        if sum(len(self.fitting(line, 1)) for line in late) < max(BEGINS, BEGINS_SHARE * len(lines)):
            self._early = CUT

    def _in_time(self, kind: _Kind, window: range, line: Evidence) -> Iterator[int]:
        """Yield the places of those requests in a window that a line may be about by their times."""
        stamp = line.message.stamp
        if stamp is None:
            yield from kind.places[window.start : window.stop]
            return
        soonest, latest, begun_by = stamp.utc - self._early, stamp.utc + EVENT_WINDOW, stamp.utc + SLACK
        for at in window:
            if kind.first_ends[at] > latest:
                return
            ended, seen, begun = self._moments[kind.places[at]]
            if ended <= latest and seen >= soonest and begun <= begun_by:  # else it had not begun
                yield kind.places[at]

    def _kinds_of(self, line: Evidence) -> Iterator[_Kind]:
        """Yield the kinds of requests that agree with a line in all that its rule asks for and the line says."""
        rule, fields = line.event.rule, line.event.fields
        names = tuple(name for name in self._rules[rule].same if name in fields)
        if (rule, names) not in self._kinds:
            self._kinds[rule, names] = self._sort_into_kinds(self._rules[rule], names)
        kinds = self._kinds[rule, names]
        for codes in product(*(self._agreeing(name, fields[name]) for name in names)):
            if codes in kinds:
                yield kinds[codes]

    def _sort_into_kinds(self, rule: EventRule, names: tuple[str, ...]) -> dict[tuple[int, ...], _Kind]:
        """Return the requests that lines of a rule may be about, by what they say under each of some names."""
        columns = [self._column_of(name) for name in names]
        kinds: defaultdict[tuple[int, ...], list[int]] = defaultdict(list)
        for place, request in enumerate(self.requests):
            if _may_leave(request, rule):
                kinds[tuple([column[place] for column in columns])].append(place)
        return {codes: self._make_kind(places) for codes, places in kinds.items()}

    def _make_kind(self, places: list[int]) -> _Kind:
        ended = [self._moments[place][0] for place in reversed(places)]
        return _Kind(places, [self.keys[place] for place in places], list(accumulate(ended, min))[::-1])

    def _agreeing(self, name: str, value: str) -> Sequence[int]:
        """Return the numbers of what a request may say under a name if a line says this."""
        if name == "path":
            value = split_target(value).path
        known = self._codes[name].get(value.rstrip("\r") if name == "user" else value)
        said = () if known is None else (known,)
        return said if name in ("method", "path") else (*said, _UNSAID)

    def _column_of(self, name: str) -> list[int]:
        """Return a number for what each request says under a name."""
        if name not in self._columns:
            codes = self._codes[name] = {None: _UNSAID}
            self._columns[name] = [codes.setdefault(_said(name, request), len(codes)) for request in self.requests]
            if name == "user" and self._named:
                # Where names are written, no name is none: but for a login, whose form holds it.
                self._columns[name] = [
                    _NOBODY if code == _UNSAID and request.tag.role != FollowUpRole.LOGIN else code
                    for code, request in zip(self._columns[name], self.requests, strict=True)
                ]
        return self._columns[name]


def _moments_of(access: Access) -> tuple[int, int, int]:
    """Return when a request ended, when it is known to have ended, and when it began.

    A line whose time is that of a neighbour is not later than that; one without a time may be of any.
    """
    if access.time is None:
        return -_NEVER, _NEVER, -_NEVER
    if access.time_source == "neighbour":
        return access.time, _NEVER, -_NEVER
    return access.time, access.time, -_NEVER if access.duration is None else access.time - access.duration


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
