"""User names of the people whom Airflow names by first and last name when it looks at their password.

A login that failed shows first and last name in one line and the user name in the next. A call with a Basic header
shows both, too: the name of the person right before its access line, which holds the user name. Where several workers
write, that line can be another caller's. So calls count only if there are several, and nothing contradicts them. One
of them must be a line that no stranger can have written.

Owns: which person is which user. Must not know: sessions, attempts' outcomes.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np

from logparse.rules.roles import EventRole
from logparse.scans.login_lines import SEEN, shows_user
from logparse.verdicts.evidence.distinction import Distinction

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from numpy.typing import NDArray

    from logparse.scans.request_columns import RequestColumns
    from logparse.scans.scan import Evidence, Place, Request
    from logparse.verdicts.evidence.distinction import Known

#: Airflow writes whose password it looks at, and that it is wrong, at once (measured: 0 to 1 ms); microseconds.
AT_ONCE: Final = 2_000


class LoginNames(Distinction):
    """Requests right behind a line that names a person are looked at one by one."""

    def __init__(self, known: Known) -> None:
        self._behind: defaultdict[Place, list[int]] = defaultdict(list)
        for line in known.scan.evidence:
            if line.event.role == EventRole.USER_CHECKED:
                self._behind[line.place].append(line.message.order + 1)

    def concerned(self, columns: RequestColumns) -> NDArray[np.bool_]:
        """Return which requests stand right behind such a line, see ``Distinction``."""
        order = columns.numbers("order")
        width = int(order.max(initial=0)) + 1
        wanted = [
            number * width + mine
            for number, place in enumerate(columns.places)
            for mine in self._behind.get(place.written, ())
            if mine < width
        ]
        return np.isin(columns.place.astype(np.int64) * width + order, wanted)


def find_user_names(requests: Iterable[Request], evidence: Iterable[Evidence]) -> dict[str, str]:
    """Return user names by first and last name, of people who can be one user only, and the other way round."""
    lines = sorted(evidence, key=lambda line: (line.place, line.message.order))
    calls = list(_calls(requests, lines))
    failed, seen = Counter(_failed_logins(lines)), Counter((person, user) for person, user, _ in calls)
    sure = failed + Counter((person, user) for person, user, shadowed in calls if not shadowed)
    users: defaultdict[str, set[str]] = defaultdict(set)
    people: defaultdict[str, set[str]] = defaultdict(set)
    for person, user in sure:
        users[person].add(user)
        people[user].add(person)
    return {
        person: user
        for person, user in sure
        if len(users[person]) == len(people[user]) == 1 and (failed[person, user] or seen[person, user] >= SEEN)
    }


def _failed_logins(lines: Sequence[Evidence]) -> Iterator[tuple[str, str]]:
    """Yield the person and the user of each login that failed."""
    for before, line in pairwise(lines):
        if (before.event.role, line.event.role) != (EventRole.USER_CHECKED, EventRole.LOGIN_FAILED):
            continue
        one, other = before.message, line.message
        if before.place != line.place or other.order != one.order + 1 or one.stamp is None or other.stamp is None:
            continue
        if 0 <= other.stamp.utc - one.stamp.utc <= AT_ONCE:
            yield before.event.fields["person"], line.event.fields["user"]


def _calls(requests: Iterable[Request], lines: Iterable[Evidence]) -> Iterator[tuple[str, str, bool]]:
    """Yield the person and the user of each call right behind a line that names a person, if no other is before it.

    And whether a stranger could have written the line of the call.
    """
    named = {
        (line.place, line.message.order): line.event.fields["person"]
        for line in lines
        if line.event.role == EventRole.USER_CHECKED
    }
    for request in requests if named else ():
        access, place = request.access, request.place
        person = named.get((place, access.order - 1))
        if person is None or (place, access.order - 2) in named:
            continue
        if access.user is not None and shows_user(request.tag, access.status):
            yield person, access.user, access.shadowed
