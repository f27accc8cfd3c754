"""Logins that were accepted, and whose session was lost at once: the browser is sent to the login page again.

Behind an accepted login, the web UI leads to a page of its own. If that page leads back to the login, the session that
the login began did not come with the next request: the cookie was dropped, or another server could not read it.

Owns: how such a login is found. Must not know: whether a login was accepted, causes.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from logparse.rules.roles import FollowUpRole
from logparse.scans import redirects

if TYPE_CHECKING:
    from collections.abc import Iterable

    from logparse.scans.scan import Browser, Request

#: The next page is asked for at once, unless the server is slow (microseconds).
_NEXT: Final = 10_000_000
#: Pages that only users see.
_PAGES: Final = frozenset({FollowUpRole.DAG_LIST, FollowUpRole.DAG_PAGE, FollowUpRole.RUN_PAGE})
_LOGIN_PAGES: Final = frozenset({FollowUpRole.LOGIN_PAGE, FollowUpRole.LOGIN_PAGE_WITH_RETURN})


def find_lost_logins(requests: Iterable[Request]) -> set[int]:
    """Return the ``id()`` of each login behind which the same browser was sent to the login page again.

    A login that was refused leads to the login page itself, without another page between. So it is none of them.

    Args:
        requests: all requests of a deployment, in any order.
    """
    lost: set[int] = set()
    waiting: dict[Browser, Request] = {}
    timed = [request for request in requests if request.access.time is not None and request.access.client]
    for request in sorted(timed, key=_time):
        browser, role = request.browser, request.tag.role
        if role == FollowUpRole.LOGIN:
            waiting[browser] = request
        elif browser not in waiting or role == FollowUpRole.LOGOUT or _time(request) - _time(waiting[browser]) > _NEXT:
            waiting.pop(browser, None)
        elif _leads_to_login(request):
            lost.add(id(waiting.pop(browser)))
        elif role in _PAGES or role in _LOGIN_PAGES:
            del waiting[browser]
    return lost


def _leads_to_login(request: Request) -> bool:
    """Return whether a page was not shown, so that its browser must log in again."""
    status = request.access.status
    if request.tag.role in _PAGES:
        return status in redirects.STATUSES
    # Airflow 3 shows its pages to anybody. What they ask for is refused, and then they ask where to log in: that is
    # answered by 307. The login page of 2.x answers 302 to those who are logged in.
    return request.tag.role in _LOGIN_PAGES and status == HTTPStatus.TEMPORARY_REDIRECT


def _time(request: Request) -> int:
    return request.access.time or 0
