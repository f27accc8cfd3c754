"""App lines joined with the requests that left them: one line with one request, by order, time, name and status.

Owns: the windows in which an app line and its request must lie. Must not know: follow-up requests, outcomes.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from typing import TYPE_CHECKING, Final, NamedTuple

from logparse.common.timestamps import SECOND
from logparse.formats import loader
from logparse.rules.roles import FollowUpRole
from logparse.rules.targets import split_target

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from logparse.rules.model import EventRule
    from logparse.scans.scan import Evidence, Place, Request, Scan
    from logparse.verdicts.attempt import Attempt

#: An app line about a refused request is written just before the request ends (measured: 1 to 60 ms).
EVENT_WINDOW: Final = 2 * SECOND
#: ... and no more lines than this lie between them, even with tracebacks of other requests there.
EVENT_LINES: Final = 500
#: Clocks of one host, read at two places in the code.
SLACK: Final = 1_000
#: Access lines of gunicorn are cut to whole seconds.
CUT: Final = SECOND
#: Airflow refuses a request just before it ends, unless the server is busy (measured: 0.3 to 1.5 ms).
PROMPT: Final = 2_000
#: ... and checks credentials first of all (measured: 0.3 to 9 ms after the begin).
EARLY: Final = 10_000
#: ... so that few lines of other workers lie between.
NEXT: Final = 6
#: Airflow 3.1 and later reads cookie and header, and so complains twice within some milliseconds.
REPEAT: Final = 10_000


def join_app_lines(
    scan: Scan, requests: Sequence[Request], attempts: dict[int, Attempt], rules: dict[str, EventRule]
) -> None:
    """Join each attempt with the app lines about it. Other requests keep the app lines about them to themselves."""
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
    for place, lines in lines_of.items():
        lines.sort(key=lambda line: line.message.order)
        if place[0] in with_requests:
            _Joiner(by_place[place], attempts, rules, by_time=False).run(lines)
        else:
            _Joiner(elsewhere, attempts, rules, by_time=True).run(lines)


class _Claim(NamedTuple):
    """An app line that goes to a request.

    Attributes:
        line: the app line.
        request: the request that gets it.
        fitting: all requests that could have left it.
    """

    line: Evidence
    request: Request
    fitting: list[Request]


class _Joiner:
    """Joins the app lines of one process with requests, in order.

    Args:
        pool: requests that they may be about, in order of line or time.
        attempts: attempts by ``id()`` of their request.
        rules: event rules by id.
        by_time: requests and app lines come from different files, so that only time orders them.
    """

    def __init__(
        self, pool: Sequence[Request], attempts: dict[int, Attempt], rules: dict[str, EventRule], *, by_time: bool
    ) -> None:
        self._pool = pool
        self._keys = [(request.access.time or 0) if by_time else request.access.order for request in pool]
        self._attempts = attempts
        self._rules = rules
        self._by_time = by_time
        self._named = any(request.access.user for request in pool)
        self._owner: dict[int, Evidence] = {}

    def run(self, lines: Iterable[Evidence]) -> None:
        """Join app lines, which are in order."""
        claims: list[_Claim] = []
        for line in lines:
            partner = self._partner(line, claims)
            if partner is not None:
                claims.append(partner._replace(line=line))
                continue
            fitting = self._fitting(line)
            for request in fitting:
                if id(request) in self._attempts:
                    self._attempts[id(request)].near += (line,)
            free = [request for request in fitting if id(request) not in self._owner]
            free.sort(key=_duration)
            again = self._repeats(line, claims)
            if again is not None:
                again.fitting.extend(request for request in free if request not in again.fitting)
            elif free:
                self._owner[id(free[0])] = line
                claims.append(_Claim(line, free[0], fitting))
        for claim in claims:
            self._settle(claim)

    def _partner(self, line: Evidence, claims: list[_Claim]) -> _Claim | None:
        """The claim of another app line that the same request left before this one."""
        rule = self._rules[line.event.rule]
        for claim in reversed(claims):
            if claim.line.event.rule in rule.along_with:
                ahead = self._by_time or claim.request.access.order > line.message.order
                return claim if ahead and self._fits(claim.request, line, rule) else None
        return None

    def _repeats(self, line: Evidence, claims: list[_Claim]) -> _Claim | None:
        """The claim that this app line only repeats, because it is written twice in a row about one request."""
        if not claims or not self._rules[line.event.rule].repeats:
            return None
        last, request = claims[-1].line, claims[-1].request
        if last.event.rule != line.event.rule or (not self._by_time and request.access.order < line.message.order):
            return None
        one, other = last.message.stamp, line.message.stamp
        near = one is None or other is None or abs(other.utc - one.utc) <= REPEAT
        return claims[-1] if near or line.message.continuation else None

    def _fitting(self, line: Evidence) -> list[Request]:
        """Requests that may have left an app line, in order."""
        rule, stamp = self._rules[line.event.rule], line.message.stamp
        if self._by_time:
            if stamp is None:
                return []
            low, high = stamp.utc - CUT, stamp.utc + EVENT_WINDOW
        else:
            low, high = line.message.order, line.message.order + EVENT_LINES
        return [
            request
            for request in self._pool[bisect_right(self._keys, low) : bisect_right(self._keys, high)]
            if self._fits(request, line, rule)
        ]

    def _fits(self, request: Request, line: Evidence, rule: EventRule) -> bool:
        access, tag = request.access, request.tag
        if access.status not in rule.statuses or not {tag.channel, tag.rule} & set(rule.requests):
            return False
        stamp = line.message.stamp
        if stamp is not None and access.time is not None and access.time_source == "neighbour":
            if access.time > stamp.utc + EVENT_WINDOW:
                return False  # an app line of later stands before it
        elif stamp is not None and access.time is not None:
            if not stamp.utc - CUT <= access.time <= stamp.utc + EVENT_WINDOW:
                return False
            if access.duration is not None and access.time - access.duration > stamp.utc + SLACK:
                return False  # it had not begun
        return all(
            self._same(name, request, line.event.fields[name]) for name in rule.same if name in line.event.fields
        )

    def _same(self, name: str, request: Request, value: str) -> bool:
        if name == "user":
            user = request.access.user
            if user is None:  # no Basic header, or a format that does not write its name
                return not self._named or request.tag.role == FollowUpRole.LOGIN
            return user.partition("\n")[0].rstrip("\r") == value.rstrip("\r")
        if name == "method":
            return request.access.method == value
        if name == "path":
            return split_target(value).path == request.tag.path
        return request.tag.dag_id in (None, value)

    def _settle(self, claim: _Claim) -> None:
        """Note a claim in its attempt, and whether another request could have left the app line."""
        line, request, fitting = claim
        claimed = self._owner[id(request)].event
        reading = (claimed.rule, claimed.detail)
        contested = False
        for other in fitting:
            owner = self._owner.get(id(other))
            if owner is None:
                contested = True
                if id(other) in self._attempts:
                    self._attempts[id(other)].rival = True
            elif (owner.event.rule, owner.event.detail) != reading:
                contested = True
        attempt = self._attempts.get(id(request))
        if attempt is not None:
            attempt.events += (line,)
            attempt.contested = attempt.contested or contested
            attempt.proved = attempt.proved or self._proved(request, line)

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


def _duration(request: Request) -> int:
    """How long a request took; 0, so that order decides, if its end is cut to whole seconds or no duration is logged.

    Airflow checks a token first of all. So of two requests that ran at that moment, the shorter one was refused for it.
    """
    access = request.access
    return 0 if access.time is None or access.time % SECOND == 0 else access.duration or 0


def note_app_log(scan: Scan, attempts: Iterable[Attempt]) -> None:
    """Note in each attempt whether lines of Airflow itself are at hand, so that their absence shows something."""
    own = {form.id for form in loader.shipped() if form.airflow}
    speaking = {scan.logs.get(number, number) for number, entry in scan.coverage.items() if own & set(entry.formats)}
    apart = not speaking <= scan.speaking("access")
    for attempt in attempts:
        attempt.app_log = attempt.request.place[0] in speaking or apart
