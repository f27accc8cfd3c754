"""Where an answer of the web UI led, and what the same browser asked for next.

Owns: pairing of an attempt with the request that followed it. Must not know: app lines, outcomes.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np

from logparse.common.columns import number_groups
from logparse.rules import targets
from logparse.rules.roles import FollowUpRole
from logparse.scans import redirects
from logparse.verdicts.evidence.distinction import Distinction, lies_behind

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from logparse.lines.access import Access
    from logparse.scans.request_columns import RequestColumns
    from logparse.scans.scan import Browser, Coverage, Request
    from logparse.verdicts.attempt import Attempt
    from logparse.verdicts.evidence.distinction import Known

#: By log and order of a request, the latest time of any other up to there.
Latest: TypeAlias = "Mapping[tuple[int, int], int]"
#: A browser follows a redirect at once (measured: 0.1 to 1.3 s); microseconds.
FOLLOW_WINDOW: Final = 15_000_000
#: ... unless the line of that request is missing, and it is another one.
AT_ONCE: Final = 1_500_000
#: Where time goes back by more, another log begins in the same file (microseconds).
SECTION: Final = 3_600_000_000
#: A page that is still open asks on for a while after the logout in another (microseconds).
LOGOUT_WINDOW: Final = 10_000_000
#: Pages that only users see.
_PAGES_OF_USERS: Final = frozenset({FollowUpRole.DAG_LIST, FollowUpRole.RUN_PAGE})
#: Pages that a redirect may lead to.
PAGES: Final = frozenset({FollowUpRole.LOGIN_PAGE, FollowUpRole.LOGIN_PAGE_WITH_RETURN}) | _PAGES_OF_USERS


def usual_host(requests: Iterable[Request]) -> str | None:
    """Scheme and host under which most pages were asked for; None if no line tells."""
    hosts: defaultdict[str, int] = defaultdict(int)
    for request in requests:
        host = redirects.host_of(request.access.referer)
        if host and request.tag.role in PAGES:
            hosts[host] += 1
    return max(sorted(hosts), key=hosts.__getitem__) if hosts else None


class FollowUps(Distinction):
    """Attempts of the web UI differ in where their answers lead, and in what else their browsers did."""

    def __init__(self, known: Known) -> None:
        self._host = usual_host(known.requests)
        self._users = _browsers_of_users(known.requests)
        self._followed_by = {
            _browser(request)
            for request in known.requests
            if request.tag.role in PAGES or request.tag.role == FollowUpRole.LOGIN
        }
        logouts: defaultdict[str | None, list[int]] = defaultdict(list)
        for request in known.requests:
            if _is_logout(request):
                logouts[request.access.client].append(request.access.time or 0)
        self._logouts = {client: np.sort(times) for client, times in logouts.items()}
        self._redirects: dict[redirects.Redirect, int] = {}

    def concerned(self, columns: RequestColumns) -> NDArray[np.bool_]:
        """Return which requests a page, a login or a logout may show something about, see ``Distinction``."""
        found = columns.of_tag([tag.channel == "ui" for tag in columns.tags]) & columns.of_browsers(self._followed_by)
        if not self._logouts:
            return found
        clients = [*columns.words["client"], None]
        left = columns.of_word("client", [word in self._logouts for word in clients[:-1]], none=None in self._logouts)
        rows = np.flatnonzero(left)
        numbers, firsts = number_groups([columns.codes["client"][rows] + 1])
        time = columns.numbers("time")
        for number, first in enumerate(firsts.tolist()):
            mine = rows[numbers == number]
            times = self._logouts[clients[columns.codes["client"][rows[first]]]]
            found[mine] |= lies_behind(time[mine], times, 1, LOGOUT_WINDOW)
        return found

    def tells_apart(self, columns: RequestColumns) -> list[NDArray[Any]]:
        """Return columns in which requests must agree, see ``Distinction``."""
        found = np.zeros(len(columns), np.int64)
        redirected = np.isin(columns.numbers("status"), list(redirects.STATUSES))
        rows = np.flatnonzero(redirected & columns.of_tag([tag.channel == "ui" for tag in columns.tags]))
        size, decoded = columns.numbers("size")[rows], columns.of_place([place.decoded for place in columns.places])
        targets_, referers = columns.codes["target"][rows], columns.codes["referer"][rows]
        numbers, firsts = number_groups([targets_, decoded[rows], size + 1, referers + 1])
        led = [
            redirects.by_size(
                max(size[first], 0),
                columns.words["target"][targets_[first]],
                [*columns.words["referer"], None][referers[first]],
                self._host,
                decoded=bool(decoded[rows[first]]),
            )
            for first in firsts.tolist()
        ]
        kinds = [self._redirects.setdefault(redirect, len(self._redirects)) for redirect in led]
        found[rows] = np.array(kinds, np.int64)[numbers]
        return [found, columns.of_browsers(self._users)]


def _browsers_of_users(requests: Iterable[Request]) -> set[Browser]:
    """Browsers that ever got a page that only users see."""
    return {
        _browser(each)
        for each in requests
        if each.tag.role in _PAGES_OF_USERS and each.access.status == 200  # noqa: PLR2004
    }


def _browser(request: Request) -> Browser:
    return request.access.client, request.access.agent


def _is_logout(request: Request) -> bool:
    return (
        request.tag.role == FollowUpRole.LOGOUT
        and request.access.time is not None
        and request.access.time_source == "line"
    )


def find_redirects(requests: Sequence[Request], attempts: Iterable[Attempt]) -> None:
    """Tell where the answer to each attempt of the web UI leads."""
    usual = usual_host(requests)
    for attempt in attempts:
        if attempt.request.tag.channel == "ui":
            attempt.redirect = redirects.of(attempt.request.access, usual)


def join(requests: Sequence[Request], attempts: dict[int, Attempt]) -> None:
    """Give each redirected attempt the next telling request, in order of time, of the same client, browser and page."""
    left_at: dict[str | None, int] = {}
    waiting: defaultdict[Browser, list[Attempt]] = defaultdict(list)
    for request in requests:
        access = request.access
        key = _browser(request)
        if id(request) in attempts:
            attempt = attempts[id(request)]
            left = left_at.get(access.client)
            attempt.after_logout = left is not None and 0 <= (access.time or 0) - left <= LOGOUT_WINDOW
            if request.tag.channel == "ui" and access.status in redirects.STATUSES:
                waiting[key].append(attempt)
        elif _is_logout(request):
            left_at[access.client] = access.time or 0
        elif request.tag.role == FollowUpRole.LOGIN:
            for attempt in waiting[key]:  # the page that it led to is not in the log, perhaps
                attempt.follow_up_contested = True
        elif request.tag.role in PAGES and waiting[key]:
            _follow(request, waiting[key])


def note_sessions(requests: Iterable[Request], attempts: Iterable[Attempt]) -> None:
    """Tell of each attempt its address and browser, where that can be one person's.

    Two people behind one address may have the same browser; each logs in.
    """
    logins = Counter(
        (request.access.client, request.access.agent) for request in requests if request.tag.role == FollowUpRole.LOGIN
    )
    for attempt in attempts:
        key = (attempt.request.access.client, attempt.request.access.agent)
        attempt.session = key if None not in key and logins[key] <= 1 else None


def note_pages(requests: Iterable[Request], attempts: Iterable[Attempt]) -> None:
    """Tell of each attempt whether the same browser ever got a page that only users see."""
    known = _browsers_of_users(requests)
    for attempt in attempts if known else ():
        attempt.page_seen = "yes" if _browser(attempt.request) in known else "no"


def in_time(requests: Sequence[Request], coverage: Mapping[int, Coverage], others: Latest) -> list[Request]:
    """By time; within a log by line, since servers write in order of end; of rotated files the older one first.

    Args:
        requests: in order of log and line.
        coverage: what the sources are.
        others: by log and order, the latest time of any further request up to there.
    """
    latest: dict[int, int] = {}
    keyed = []
    for request in requests:
        log, time = request.place[0], request.access.time or 0
        moment = max(latest.get(log, 0), time)
        if time and moment - time > SECTION:
            moment = time
        latest[log] = moment
        other = others.get((log, request.access.order), 0)
        if other - moment <= SECTION:
            moment = max(moment, other)
        first, last = coverage[request.source].first or 0, coverage[request.source].last or 0
        keyed.append(((moment, first, last, log, request.access.order), request))
    keyed.sort(key=lambda each: each[0])
    return [request for _, request in keyed]


def _follow(request: Request, waiting: list[Attempt]) -> None:
    now = request.access.time
    waiting[:] = [
        each
        for each in waiting
        if now is None or each.request.access.time is None or now - each.request.access.time <= FOLLOW_WINDOW
    ]
    fitting = [each for each in waiting if _leads(each, request)]
    if not fitting:
        return
    fitting[0].follow_up_contested |= len(fitting) > 1 or not _proved(fitting[0].request.access, request.access)
    fitting[0].followed_by = request
    waiting.remove(fitting[0])


def _proved(before: Access, after: Access) -> bool:
    """Whether it is the redirect that led there: a browser says again which page sent it, and asks at once."""
    if after.referer is None or after.referer != before.referer:
        return False
    return before.time is None or after.time is None or after.time - before.time <= AT_ONCE


def _leads(attempt: Attempt, request: Request) -> bool:
    """Whether a browser that got the attempt's answer could have sent ``request`` next."""
    before, after = attempt.request.access, request.access
    # Following a redirect, a browser keeps the Referer of the request that was redirected.
    if after.referer is not None and before.referer is not None and after.referer != before.referer:
        return False
    kind = attempt.redirect.kind
    if request.tag.role == FollowUpRole.LOGIN_PAGE:
        return kind in ("", "login")
    if request.tag.role == FollowUpRole.LOGIN_PAGE_WITH_RETURN:
        target = targets.split(after.target, decoded=after.decoded)
        back = targets.parameter(target.query, "next") or targets.parameter(target.query, "next_url")
        if back is not None and targets.split(back).path != attempt.request.tag.path:
            return False
        return kind in ("", "login_next", "login_or_origin")
    if request.tag.role == FollowUpRole.DAG_LIST:
        return kind in ("", "home", "root", "origin")
    return kind in ("", "origin", "origin_grid", "origin_run", "login_or_origin")
