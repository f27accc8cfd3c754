"""App lines joined with the requests that left them: one line with one request, by order, time, name and status.

Owns: which of several requests gets an app line. Must not know: when a request may have left a line
(``app_line_windows``), follow-up requests, outcomes.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from logparse.common.timestamps import SECOND
from logparse.formats import loader
from logparse.verdicts.evidence.app_line_windows import RequestWindows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from logparse.rules.model import EventRule
    from logparse.scans.scan import Evidence, Place, Request, Scan
    from logparse.verdicts.attempt import Attempt

#: Airflow refuses a request just before it ends, unless the server is busy (measured: 0.3 to 1.5 ms).
PROMPT: Final = 2_000
#: ... and checks credentials first of all (measured: 0.3 to 9 ms after the begin).
EARLY: Final = 10_000
#: ... so that few lines of other workers lie between.
NEXT: Final = 6
#: Airflow 3.1 and later reads cookie and header, and so complains twice within some milliseconds.
REPEAT: Final = 10_000
#: Places that are added to a set before they are put in order.
_HELD: Final = 1 << 20


def join_app_lines(
    scan: Scan, requests: Sequence[Request], attempts: dict[int, Attempt], rules: dict[str, EventRule]
) -> None:
    """Join each attempt with the app lines about it. Other requests keep the app lines about them to themselves."""
    for windows, lines in possible_joins(scan, requests, rules):
        _Joiner(windows, attempts, rules).run(lines)


def possible_joins(
    scan: Scan, requests: Sequence[Request], rules: dict[str, EventRule]
) -> Iterator[tuple[RequestWindows, list[Evidence]]]:
    """Yield the app lines of each process, in order, with the requests that they may be about."""
    by_place: defaultdict[Place, list[Request]] = defaultdict(list)
    for request in requests:
        by_place[request.place].append(request)
    # Files that hold only app lines are about requests in files that hold only access lines.
    with_app_lines, with_requests = scan.speaking("app"), scan.speaking("access")
    elsewhere = [
        request
        for (number, _), pool in by_place.items()
        if number not in with_app_lines
        for request in pool
        if request.access.time is not None
    ]
    elsewhere.sort(key=lambda request: request.access.time or 0)
    lines_of: defaultdict[Place, list[Evidence]] = defaultdict(list)
    for line in scan.evidence:
        if not rules[line.event.rule].needs:  # those are paired with logins, see ``logins``
            lines_of[line.place].append(line)
    of_other_files = RequestWindows(elsewhere, rules, by_time=True)
    for place, lines in lines_of.items():
        lines.sort(key=lambda line: line.message.order)
        if place[0] in with_requests:
            yield RequestWindows(by_place[place], rules, by_time=False), lines
        else:
            yield of_other_files, lines


class _Claim(NamedTuple):
    """An app line that goes to a request.

    Attributes:
        line: the app line.
        place: of the request that gets it.
        fitting: places of all requests that could have left it, in several parts.
    """

    line: Evidence
    place: int
    fitting: list[NDArray[np.int64]]


class _Joiner:
    """Joins the app lines of one process with requests, in order.

    Args:
        windows: requests that they may be about.
        attempts: attempts by ``id()`` of their request.
        rules: event rules by id.
    """

    def __init__(self, windows: RequestWindows, attempts: dict[int, Attempt], rules: dict[str, EventRule]) -> None:
        self._windows = windows
        self._attempts = attempts
        self._rules = rules
        self._by_time = windows.by_time
        self._claims: list[_Claim] = []
        self._last: dict[str, int] = {}  # by rule, the number of the last claim
        self._readings: dict[tuple[str, str | None], int] = {}
        self._rivals = _Places()

    def run(self, lines: Iterable[Evidence]) -> None:
        """Join app lines, which are in order."""
        owners = self._windows.owners
        for line in lines:
            partner = self._partner(line)
            if partner is not None:
                self._claim(partner._replace(line=line))
                continue
            fitting = self._windows.fitting(line)
            free = fitting[owners[fitting] < 0]
            again = self._repeats(line)
            if again is not None:
                again.fitting.append(free)
            elif len(free):
                place = int(free[np.argmin(self._windows.durations[free])])
                event = line.event
                owners[place] = self._readings.setdefault((event.rule, event.detail), len(self._readings))
                self._claim(_Claim(line, place, [fitting]))
        events: dict[int, list[Evidence]] = {}
        for claim in self._claims:
            self._settle(claim, events)
        for attempt_id, evidence in events.items():
            self._attempts[attempt_id].events += tuple(evidence)
        for place in self._rivals.places():
            rival = self._attempts.get(id(self._windows.requests[place]))
            if rival is not None:
                rival.rival = True
        owners[[claim.place for claim in self._claims]] = -1

    def _claim(self, claim: _Claim) -> None:
        self._last[claim.line.event.rule] = len(self._claims)
        self._claims.append(claim)

    def _partner(self, line: Evidence) -> _Claim | None:
        """The claim of another app line that the same request left before this one."""
        last = max((self._last.get(rule, -1) for rule in self._rules[line.event.rule].along_with), default=-1)
        if last < 0:
            return None
        claim = self._claims[last]
        ahead = self._by_time or self._windows.requests[claim.place].access.order > line.message.order
        return claim if ahead and self._windows.fits(claim.place, line) else None

    def _repeats(self, line: Evidence) -> _Claim | None:
        """The claim that this app line only repeats, because it is written twice in a row about one request."""
        if not self._claims or not self._rules[line.event.rule].repeats:
            return None
        claim = self._claims[-1]
        last, request = claim.line, self._windows.requests[claim.place]
        if last.event.rule != line.event.rule or (not self._by_time and request.access.order < line.message.order):
            return None
        one, other = last.message.stamp, line.message.stamp
        near = one is None or other is None or abs(other.utc - one.utc) <= REPEAT
        return claim if near or line.message.continuation else None

    def _settle(self, claim: _Claim, events: dict[int, list[Evidence]]) -> None:
        """Note a claim in its attempt, and whether another request could have left the app line."""
        owners, request = self._windows.owners, self._windows.requests[claim.place]
        contested = False
        for places in claim.fitting:
            readings = owners[places]
            contested = contested or bool((readings != owners[claim.place]).any())
            self._rivals.add(places[readings < 0])
        attempt = self._attempts.get(id(request))
        if attempt is not None:
            events.setdefault(id(request), []).append(claim.line)
            attempt.contested = attempt.contested or contested
            attempt.proved = attempt.proved or self._proved(request, claim.line)

    def _proved(self, request: Request, line: Evidence) -> bool:
        """Whether more than order joins them, so that no request whose line is missing can have left the app line."""
        access, event = request.access, line.event
        named = [name for name in self._rules[event.rule].same if name in event.fields]
        if set(named) - {"user"}:
            return True
        if named and access.user is not None:
            return self._by_time or access.order - line.message.order <= NEXT
        if access.duration is None or access.time is None or access.time % SECOND == 0 or line.message.stamp is None:
            return False
        before_end = access.time - line.message.stamp.utc
        return before_end <= PROMPT and access.duration - before_end <= EARLY


class _Places:
    """A set of places, to which many are added at once."""

    def __init__(self) -> None:
        self._parts: list[NDArray[np.int64]] = []
        self._held = 0

    def add(self, places: NDArray[np.int64]) -> None:
        """Add places."""
        self._parts.append(places)
        self._held += len(places)
        if self._held > _HELD:
            self._parts = [np.unique(np.concatenate(self._parts))]
            self._held = 0

    def places(self) -> list[int]:
        """Return all places, each once."""
        return np.unique(np.concatenate(self._parts)).tolist() if self._parts else []


def note_app_log(scan: Scan, attempts: Iterable[Attempt]) -> None:
    """Note in each attempt whether lines of Airflow itself are at hand, so that their absence shows something."""
    own = {form.id for form in loader.shipped() if form.airflow}
    speaking = {scan.logs.get(number, number) for number, entry in scan.coverage.items() if own & set(entry.formats)}
    apart = not speaking <= scan.speaking("access")
    for attempt in attempts:
        attempt.app_log = attempt.request.place[0] in speaking or apart
