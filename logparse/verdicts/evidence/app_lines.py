"""App lines joined with the requests that left them.

Owns: which app lines are looked at together, and when a join is proved. Must not know: how the likeliest joins are
found (``app_line_accounts``), follow-up requests, outcomes.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final, NamedTuple

from logparse.rules.roles import EventRole
from logparse.verdicts.evidence.app_line_accounts import LineAccount
from logparse.verdicts.evidence.app_line_windows import RequestWindows
from logparse.verdicts.evidence.app_line_zones import bring_into_step
from logparse.verdicts.evidence.whole_seconds import is_whole

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from logparse.rules.model import EventRule
    from logparse.scans.scan import Evidence, Place, Request, Scan
    from logparse.verdicts.attempt import Attempt

#: Airflow refuses a request just before it ends, unless the server is busy (measured: 0.3 to 1.5 ms).
PROMPT: Final = 2_000
#: ... and checks credentials first of all (measured: 0.3 to 9 ms after the begin).
EARLY: Final = 10_000
#: ... so that few lines of other workers lie between.
NEXT: Final = 6


class Join(NamedTuple):
    """An app line and the request that left it."""

    line: Evidence
    request: Request


def join_app_lines(
    scan: Scan, requests: Sequence[Request], attempts: dict[int, Attempt], rules: dict[str, EventRule]
) -> list[Join]:
    """Join each attempt with the app lines about it, and return the joins of all requests that are certain."""
    return [
        join
        for windows, lines in possible_joins(scan, requests, rules)
        for join in _join(lines, windows, attempts, rules)
    ]


def possible_joins(
    scan: Scan, requests: Sequence[Request], rules: dict[str, EventRule]
) -> Iterator[tuple[RequestWindows, Sequence[Evidence]]]:
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
        if line.event.role != EventRole.USER_CHECKED:  # those are paired with logins, see ``sessions``
            lines_of[line.place].append(line)
    of_other_files = RequestWindows(elsewhere, rules, by_time=True)
    for place, lines in lines_of.items():
        lines.sort(key=lambda line: line.message.order)
        if place[0] in with_requests:
            windows = RequestWindows(by_place[place], rules, by_time=False)
            yield windows, bring_into_step(lines, windows)
        else:
            yield of_other_files, lines


def _join(
    lines: Sequence[Evidence], windows: RequestWindows, attempts: Mapping[int, Attempt], rules: Mapping[str, EventRule]
) -> list[Join]:
    """Note in attempts which lines they left, and what is doubtful; return the joins that are certain.

    Args:
        lines: app lines of one process, in order.
        windows: requests that they may be about.
        attempts: attempts by ``id()`` of their request.
        rules: event rules by id.
    """
    account = LineAccount(lines, windows, rules)
    joins: list[Join] = []
    events: defaultdict[int, list[Evidence]] = defaultdict(list)
    for line, place in zip(lines, account.found, strict=True):
        if place >= 0:
            events[place].append(line)
            if not account.contested[place]:
                joins.append(Join(line, windows.requests[place]))
    accepted = _accepted_callers(lines, account, events, by_time=windows.by_time)
    for place, mine in events.items():
        attempt = attempts.get(id(windows.requests[place]))
        if attempt is not None:
            attempt.events += tuple(mine)
            attempt.contested = attempt.contested or account.contested[place]
            attempt.proved = any(
                _proved(attempt.request, line, rules[line.event.rule], by_time=windows.by_time) for line in mine
            )
            attempt.accepted = accepted.get(place, "")
    for place in (place for place, doubtful in account.contested.items() if doubtful and place not in account.owner):
        attempt = attempts.get(id(windows.requests[place]))
        if attempt is not None:
            attempt.rival = True
    return joins


def _accepted_callers(
    lines: Sequence[Evidence], account: LineAccount, events: Mapping[int, Sequence[Evidence]], *, by_time: bool
) -> dict[int, str]:
    """Return by place whose key or token a line says to be accepted, if no line about somebody else can be meant."""
    possible: defaultdict[int, set[str]] = defaultdict(set)
    for line, fitting in zip(lines, account.fitting, strict=True):
        for place in fitting if line.event.role == EventRole.CALLER_ACCEPTED else ():
            possible[place].add(line.event.fields["user"])
    return {
        place: next(iter(names))
        for place, names in possible.items()
        if len(names) == 1
        and not (by_time and account.contested.get(place))
        and any(line.event.role == EventRole.CALLER_ACCEPTED for line in events.get(place, ()))
    }


def _proved(request: Request, line: Evidence, rule: EventRule, *, by_time: bool) -> bool:
    """Whether more than order joins them, so that no request whose line is missing can have left the app line."""
    access = request.access
    named = [name for name in rule.same if name in line.event.fields]
    if set(named) - {"user"}:
        return True
    if named and access.user is not None:
        return by_time or access.order - line.message.order <= NEXT
    if access.duration is None or access.time is None or is_whole(access) or line.message.stamp is None:
        return False
    before_end = access.time - line.message.stamp.utc
    return before_end <= PROMPT and access.duration - before_end <= EARLY
