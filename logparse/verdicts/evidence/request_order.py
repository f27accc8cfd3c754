"""The requests of a deployment in order of time, also where several logs hold them.

Replicas write a log each, mostly to the second. So a browser may ask one of them for a run, and get the page behind the
redirect from another, in the same second: then the order is that in which one led to the other.

Owns: the order of requests. Must not know: what attempts, pages and redirects mean for an outcome.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Final, TypeAlias

from logparse.scans import redirects
from logparse.verdicts.evidence.follow_ups import PAGES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from logparse.scans.coverage import Coverage
    from logparse.scans.scan import Browser, Request

#: By log and order of a request, the latest time of any other request up to there, microseconds UTC.
Latest: TypeAlias = "Mapping[tuple[int, int], int]"
#: Where time goes back by more, another log begins in the same file (microseconds).
SECTION: Final = 3_600_000_000


def sort_by_time(requests: Sequence[Request], coverage: Mapping[int, Coverage], others: Latest) -> list[Request]:
    """Return requests in order of time.

    Those of one log stay in the order of their lines, since servers write them in the order in which requests end. Of
    rotated files the older one comes first. Where one browser asked several logs' servers at the same moment, a page
    stands behind the attempt that led there.

    Args:
        requests: in order of log and line.
        coverage: what the sources are.
        others: by log and order of a request, the latest time of any further request up to there.
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
    keyed.sort(key=itemgetter(0))
    if len(latest) < 2:  # noqa: PLR2004
        return [request for _, request in keyed]
    return [request for _, tied in groupby(keyed, lambda pair: pair[0][0]) for request in _untie([r for _, r in tied])]


def _untie(tied: Sequence[Request]) -> Iterator[Request]:
    """Yield requests of one moment: those of each browser in the order in which one led to the other."""
    of_browsers: defaultdict[Browser, list[Request]] = defaultdict(list)
    for request in tied:
        of_browsers[request.browser].append(request)
    for mine in of_browsers.values():
        several = len({request.place[0] for request in mine}) > 1
        timed = all(request.access.time_source == "line" for request in mine)
        yield from _untie_browser(mine) if several and timed else mine


def _untie_browser(mine: Sequence[Request]) -> list[Request]:
    """Return what one browser asked several logs' servers at one moment, in the order in which one led to the other.

    The order is found from its end. A page that the last attempt of another log can have led to comes last, and this
    attempt before it: pages of the same moment were mostly seen before the attempt, and one behind it.
    """
    logs: defaultdict[int, list[Request]] = defaultdict(list)
    for request in mine:
        logs[request.place[0]].append(request)
    waiting = Counter(request.access.referer for request in mine if _is_redirected(request))
    backwards: list[Request] = []

    def take(log: list[Request]) -> Request:
        request = log.pop()
        backwards.append(request)
        waiting[request.access.referer] -= _is_redirected(request)
        return request

    while left := [log for log in logs.values() if log]:
        pages = [log for log in left if log[-1].tag.role in PAGES and waiting[log[-1].access.referer] > 0]
        led = next((log for log in pages if len(log) > 1 and _leads(log[-2], log[-1])), pages[-1] if pages else None)
        if led is None:  # an attempt waits until no page can be found behind it
            take(next((log for log in reversed(left) if not _is_redirected(log[-1])), left[-1]))
            continue
        page = take(led)
        cause = next((log for log in (led, *left) if log and _leads(log[-1], page)), None)
        if cause is not None:
            take(cause)
    return backwards[::-1]


def _is_redirected(request: Request) -> bool:
    return request.tag.channel == "ui" and request.access.status in redirects.STATUSES


def _leads(before: Request, page: Request) -> bool:
    """Whether the redirect of one request can have led to a page: a browser says again which page sent it."""
    return _is_redirected(before) and before.access.referer == page.access.referer
