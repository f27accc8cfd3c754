"""Attempts right after a logout of the same browser, whose token the logout took away.

Airflow 3 logs no user agent. Behind an address several people may be logged in, and a logout is that of one of them. If
another one's role is refused, as other refusals of that address show, a refusal after a logout is no different.

Owns: this fact. Must not know: outcomes.
"""

from __future__ import annotations

from collections import Counter
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from logparse.rules.roles import FollowUpRole
from logparse.verdicts.evidence import sessions
from logparse.verdicts.evidence.pages_led_to import AT_ONCE

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from logparse.scans.scan import Browser, Request
    from logparse.verdicts.attempt import Attempt

#: A page that is still open asks on for a while after the logout in another (microseconds).
LOGOUT_WINDOW: Final = 10_000_000


def is_logout(request: Request) -> bool:
    """Return whether a request is a logout whose time is known."""
    return (
        request.tag.role == FollowUpRole.LOGOUT
        and request.access.time is not None
        and request.access.time_source == "line"
    )


def note_logouts(requests: Iterable[Request], attempts: Mapping[int, Attempt]) -> None:
    """Note in each attempt whether it came after a logout, as far as nobody else is known who can have made it.

    Args:
        requests: all requests of a deployment, in order of time.
        attempts: those of them that are attempts, by ``id()`` of the request, with their app lines.
    """
    left_at: dict[Browser, int] = {}
    inside: Counter[Browser] = Counter()  # so many may be logged in
    refused: set[Browser] = set()
    doubtful: list[Attempt] = []
    for request in requests:
        browser, now = request.browser, request.access.time or 0
        if id(request) in attempts:
            attempt, left = attempts[id(request)], left_at.get(browser)
            attempt.after_logout = left is not None and 0 <= now - left <= LOGOUT_WINDOW
            if attempt.after_logout and inside[browser]:
                doubtful.append(attempt)
            elif not attempt.after_logout and request.access.status == HTTPStatus.FORBIDDEN and not attempt.events:
                refused.add(browser)
        elif is_logout(request):  # Airflow 3 leads from one logout to another, at once
            if browser not in left_at or now - left_at[browser] > AT_ONCE:
                inside[browser] = max(inside[browser] - 1, 0)
            left_at[browser] = now
        elif request.tag.role == FollowUpRole.LOGIN:
            left_at.pop(browser, None)
            inside[browser] += request.access.status in sessions.ACCEPTED
    for attempt in doubtful:
        attempt.after_logout = attempt.request.browser not in refused
