"""Who logged in from where, as the app line shows that names a person just before a login was answered.

Owns: pairing a login with the app line that names the person. Must not know: attempts' outcomes, user names
(``identity``).

Airflow writes that line whenever it looks at a password, also for API calls and for wrong passwords. So the line counts
only right before the login itself, and only if no complaint stands between.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from operator import itemgetter
from typing import TYPE_CHECKING, Final

from logparse.rules.roles import EventRole, FollowUpRole

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from logparse.scans.scan import Browser, Evidence, Place, Request
    from logparse.verdicts.attempt import Attempt

#: Lines from the one to the other; a warning about a redirect may stand between (2.2 to 2.3).
NEAR: Final = 3
#: How long a token is good (default of ``[api_auth] jwt_expiration_time``), and longer than most sessions.
GOOD: Final = 86_400_000_000
#: Answers to a login that can have been accepted: form, token endpoint.
_ACCEPTED: Final = frozenset({200, 201, 302})


def note_logins(requests: Sequence[Request], evidence: Iterable[Evidence], attempts: Iterable[Attempt]) -> None:
    """Note in each attempt who logged in from the same address and browser before, if that was one person only.

    Args:
        requests: in order of source and line.
        evidence: events of all sources.
        attempts: of the same server.
    """
    named: defaultdict[Place, dict[int, str]] = defaultdict(dict)
    failed: defaultdict[Place, set[int]] = defaultdict(set)
    for line in evidence:
        if line.event.role == EventRole.USER_CHECKED:
            named[line.place][line.message.order] = line.event.fields["person"]
        elif line.event.role == EventRole.LOGIN_FAILED:
            failed[line.place].add(line.message.order)
    if not named:
        return
    logins: defaultdict[Browser, list[tuple[int, str]]] = defaultdict(list)
    for request in requests:
        access = request.access
        if request.tag.role != FollowUpRole.LOGIN or access.status not in _ACCEPTED or access.method != "POST":
            continue
        before = range(access.order - 1, access.order - 1 - NEAR, -1)
        if any(line in failed[request.place] for line in before):
            continue  # not accepted
        person = next((named[request.place][line] for line in before if line in named[request.place]), "")
        logins[request.browser].append((access.time or 0, person))
    of_browser = {browser: _OnePerson(times) for browser, times in logins.items()}
    for attempt in attempts:
        if attempt.request.browser in of_browser:
            now = attempt.request.access.time or 0
            attempt.logged_in = of_browser[attempt.request.browser].between(now - GOOD, now)


class _OnePerson:
    """Who logged in with one browser in a time, if that was one person only.

    Args:
        logins: when somebody logged in, and who.
    """

    def __init__(self, logins: Sequence[tuple[int, str]]) -> None:
        ordered = sorted(logins, key=itemgetter(0))
        self._times = [time for time, _ in ordered]
        self._people = [who for _, who in ordered]
        self._until = [len(ordered)] * len(ordered)  # where another person logs in, behind each login
        for at in range(len(ordered) - 2, -1, -1):
            same = self._people[at] == self._people[at + 1]
            self._until[at] = self._until[at + 1] if same else at + 1

    def between(self, since: int, until: int) -> str:
        """Return who logged in from one moment to another, both included; empty for nobody and for several."""
        low, high = bisect_left(self._times, since), bisect_right(self._times, until)
        return self._people[low] if low < high <= self._until[low] else ""
