"""What the browser of an attempt asked for next, and what it had done before.

Owns: joining an attempt with the request that followed it. Must not know: app lines, outcomes.
"""

from __future__ import annotations

from collections import defaultdict
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from logparse.rules.roles import FollowUpRole
from logparse.scans import redirects
from logparse.verdicts.evidence.distinction import Distinction, lies_behind
from logparse.verdicts.evidence.logouts import LOGOUT_WINDOW, is_logout
from logparse.verdicts.evidence.pages_led_to import AT_ONCE
from logparse.verdicts.evidence.waiting_attempts import WaitingAttempts

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from logparse.lines.access import Access
    from logparse.scans.request_columns import RequestColumns
    from logparse.scans.scan import Browser, Request
    from logparse.scans.site import Site
    from logparse.verdicts.attempt import Attempt
    from logparse.verdicts.evidence.distinction import Known

#: Pages that only users see.
_PAGES_OF_USERS: Final = frozenset({FollowUpRole.DAG_LIST, FollowUpRole.RUN_PAGE})
#: Pages that a redirect may lead to.
PAGES: Final = frozenset({FollowUpRole.LOGIN_PAGE, FollowUpRole.LOGIN_PAGE_WITH_RETURN}) | _PAGES_OF_USERS
#: Requests by which more is known about earlier attempts of the same browser.
_SEEN_AFTER_ATTEMPTS: Final = PAGES | {FollowUpRole.LOGIN, FollowUpRole.DAG_PAGE}


class FollowUps(Distinction):
    """Attempts of the web UI differ in what else their browsers did."""

    def __init__(self, known: Known) -> None:
        self._users = _browsers_of_users(known.requests)
        self._followed = {request.browser for request in known.requests if request.tag.role in _SEEN_AFTER_ATTEMPTS}
        logouts: defaultdict[str | None, list[int]] = defaultdict(list)
        for request in known.requests:
            if is_logout(request):
                logouts[request.access.client].append(request.access.time or 0)
        self._logouts = {client: np.sort(times) for client, times in logouts.items()}

    def concerned(self, columns: RequestColumns) -> NDArray[np.bool_]:
        """Return which requests a page, a login or a logout may show something about, see ``Distinction``."""
        found = columns.of_tag([tag.channel == "ui" for tag in columns.tags]) & columns.of_browsers(self._followed)
        if not self._logouts:
            return found
        clients, codes, time = [*columns.words["client"], None], columns.codes["client"], columns.numbers("time")
        rows = np.flatnonzero(self._somebody_left(columns))
        rows = rows[np.argsort(codes[rows], kind="stable")]
        for mine in np.split(rows, np.flatnonzero(np.diff(codes[rows])) + 1) if len(rows) else ():
            times = self._logouts[clients[codes[mine[0]]]]
            found[mine] |= lies_behind(time[mine], times, 1, LOGOUT_WINDOW)
        return found

    def tells_apart(self, columns: RequestColumns) -> list[NDArray[Any]]:
        """Return columns in which requests must agree, see ``Distinction``."""
        # A refusal shows something about what was refused to the same client after a logout.
        refused = (columns.numbers("status") == HTTPStatus.FORBIDDEN) & self._somebody_left(columns)
        return [columns.of_browsers(self._users), np.where(refused, columns.codes["client"] + 1, -1)]

    def _somebody_left(self, columns: RequestColumns) -> NDArray[np.bool_]:
        """Return which requests are of a client of which somebody logged out."""
        words = columns.words["client"]
        return columns.of_word("client", [word in self._logouts for word in words], none=None in self._logouts)


def _browsers_of_users(requests: Iterable[Request]) -> set[Browser]:
    """Browsers that ever got a page that only users see."""
    return {
        request.browser
        for request in requests
        if request.tag.role in _PAGES_OF_USERS and request.access.status == HTTPStatus.OK
    }


def join_follow_ups(requests: Sequence[Request], attempts: dict[int, Attempt], site: Site) -> None:
    """Join each redirected attempt with the page that its browser asked for next.

    Args:
        requests: all requests of a deployment, in order of time.
        attempts: those of them that are attempts, by ``id()`` of the request.
        site: how browsers reach the server.
    """
    waiting: defaultdict[Browser, WaitingAttempts] = defaultdict(WaitingAttempts)
    for request in requests:
        access = request.access
        key = request.browser
        if id(request) in attempts:
            attempt = attempts[id(request)]
            if request.tag.channel == "ui" and access.status in redirects.STATUSES:
                waiting[key].add(attempt)
        elif request.tag.role == FollowUpRole.LOGIN and key in waiting:
            waiting[key].note_login()
        elif request.tag.role == FollowUpRole.DAG_PAGE and key in waiting:
            waiting[key].lead_to(request, site)
        elif request.tag.role in PAGES and key in waiting and (taken := waiting[key].take(request)) is not None:
            attempt, several = taken
            proved = _proved(attempt.request.access, access)
            # Without queries, any login page may be that of a later redirect: of a logout, or of another browser.
            if attempt.queries_cut and not proved and request.tag.role == FollowUpRole.LOGIN_PAGE:
                continue
            attempt.follow_up_contested |= several or not proved
            attempt.followed_by = request


def note_pages_seen(requests: Iterable[Request], attempts: Iterable[Attempt]) -> None:
    """Note in each attempt whether the same browser ever got a page that only users see."""
    known = _browsers_of_users(requests)
    for attempt in attempts if known else ():
        attempt.page_seen = "yes" if attempt.request.browser in known else "no"


def _proved(before: Access, after: Access) -> bool:
    """Whether it is the redirect that led there: a browser says again which page sent it, and asks at once."""
    if after.referer is None or after.referer != before.referer:
        return False
    return before.time is None or after.time is None or after.time - before.time <= AT_ONCE
