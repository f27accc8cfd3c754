"""Redirected attempts of one browser that wait for the page that follows them.

Owns: which page an answer can have led to, and how long an attempt waits. Must not know: what the page shows.

A stranger can send thousands of attempts and pages in one second. So attempts are found by what a page must agree with
them in, and not one by one.
"""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass
from heapq import heappop, heappush
from itertools import product
from operator import attrgetter
from typing import TYPE_CHECKING, Final

from logparse.rules.roles import FollowUpRole
from logparse.rules.targets import page_to_return_to, split_target
from logparse.verdicts.evidence.pages_led_to import leads_to

if TYPE_CHECKING:
    from collections.abc import Iterable

    from logparse.scans.scan import Request
    from logparse.scans.site import Site
    from logparse.verdicts.attempt import Attempt

#: A page that is asked for later is none that an answer led to, even if lines in between are lost (microseconds).
FOLLOW_WINDOW: Final = 15_000_000
#: Where an answer can have led (``Redirect.kind``), by the role of the page.
_KINDS: Final[dict[str, tuple[str, ...]]] = {
    FollowUpRole.LOGIN_PAGE: ("", "login"),
    # The page to return to is that of the attempt, which says more than a length that any page may have.
    FollowUpRole.LOGIN_PAGE_WITH_RETURN: ("", "login_next", "login_or_origin", "origin"),
    FollowUpRole.DAG_LIST: ("", "home", "root", "origin"),
}
_OTHER_KINDS: Final = ("", "origin", "origin_grid", "origin_run", "login_or_origin")
#: ... if it can be the page of a DAG that is asked for without a query.
_BACK: Final = ("", "origin", "origin_grid")


class _Any:
    """Stands for every value."""


_ANY: Final = _Any()
#: Kind of redirect, referring page, path; of the latter two each value, or any.
_Key = tuple[object, object, object]


@dataclass(slots=True, eq=False)
class _Entry:
    number: int
    attempt: Attempt
    keys: tuple[_Key, ...]
    waits: bool = True


class WaitingAttempts:
    """Redirected attempts of one browser, in order."""

    def __init__(self) -> None:
        self._entries = 0
        self._by_key: defaultdict[_Key, deque[_Entry]] = defaultdict(deque)
        self._waiting: defaultdict[_Key, int] = defaultdict(int)
        self._ends: list[tuple[int, int, _Entry]] = []
        self._since_login: list[_Entry] = []

    def add(self, attempt: Attempt) -> None:
        """Let an attempt wait."""
        request = attempt.request
        kind, referer, path = attempt.redirect.kind, request.access.referer, request.tag.path
        keys = tuple((kind, *key) for key in product((referer, _ANY), (path, _ANY)))
        entry = _Entry(self._entries, attempt, keys)
        self._entries += 1
        for key in keys:
            self._by_key[key].append(entry)
            self._waiting[key] += 1
        if request.access.time is not None:
            heappush(self._ends, (request.access.time + FOLLOW_WINDOW, entry.number, entry))
        self._since_login.append(entry)

    def note_login(self) -> None:
        """Take note of a login: the page that an attempt led to is not in the log, perhaps."""
        for entry in self._since_login:
            if entry.waits:
                entry.attempt.follow_up_contested = True
        self._since_login.clear()

    def take(self, page: Request) -> tuple[Attempt, bool] | None:
        """Return the first attempt that can have led to a page, and whether others can, too; it waits no longer."""
        now = page.access.time
        while now is not None and self._ends and self._ends[0][0] < now:
            self._end(heappop(self._ends)[2])
        keys = list(_keys(page))
        firsts = [entry for key in keys if (entry := self._first(key)) is not None]
        if not firsts:
            return None
        several = sum(self._waiting[key] for key in keys) > 1
        first = min(firsts, key=lambda entry: entry.number)
        self._end(first)
        return first.attempt, several

    def lead_to(self, page: Request, site: Site) -> None:
        """Let the latest attempt that led to a page of its DAG wait no longer."""
        found = (self._by_key.get((kind, page.access.referer, _ANY)) for kind in _BACK)
        entry = max((entries[-1] for entries in found if entries), key=attrgetter("number"), default=None)
        if entry is None or not entry.waits or entry.attempt.request.tag.dag_id not in (None, page.tag.dag_id):
            return
        redirect = leads_to(entry.attempt, page, site)
        if redirect is not None:
            self._end(entry)
            entry.attempt.redirect = redirect

    def _first(self, key: _Key) -> _Entry | None:
        if not self._waiting.get(key):
            return None
        entries = self._by_key[key]
        while not entries[0].waits:
            entries.popleft()
        return entries[0]

    def _end(self, entry: _Entry) -> None:
        if entry.waits:
            entry.waits = False
            for key in entry.keys:
                self._waiting[key] -= 1


def _keys(page: Request) -> Iterable[_Key]:
    """What an attempt can be found by that can have led to a page; no attempt is found by two of these."""
    access, role, path = page.access, page.tag.role, None
    # Following a redirect, a browser keeps the Referer of the request that was redirected.
    referers = (_ANY,) if access.referer is None else (access.referer, None)
    if role == FollowUpRole.LOGIN_PAGE_WITH_RETURN:
        target = split_target(access.target, decoded=access.decoded)
        back = page_to_return_to(target.query)
        path = None if back is None else split_target(back).path
    return product(_KINDS.get(role, _OTHER_KINDS), referers, (_ANY if path is None else path,))
