"""Whether a REST API looks at the names that callers send, as the lines show that it writes when it looks at one.

Airflow names the person whose password it looks at, and the user whose password is wrong. If it writes such lines for
logins, and none for calls that carry a name, it does not look at their names: all callers are the anonymous.

Owns: when lines show that. Must not know: outcomes, causes.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from logparse.common.timestamps import SECOND
from logparse.rules.roles import EventRole
from logparse.scans.login_lines import NEAR

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from logparse.scans.scan import Evidence, Place, Request, Scan
    from logparse.verdicts.attempt import Attempt

#: So many calls with a name must be without such a line: one line may stand elsewhere.
_CALLS: Final = 2
#: A line about a password is written before its request ends, and access lines are cut to whole seconds.
_SOON: Final = 2 * SECOND
_ABOUT_PASSWORDS: Final = frozenset({EventRole.USER_CHECKED, EventRole.LOGIN_FAILED})


def note_unread_names(scan: Scan, requests: Sequence[Request], attempts: Sequence[Attempt]) -> None:
    """Note in attempts whether nothing was read of the names that they and others sent.

    It was not if every call to that API got 403, with a name or without, and lines show that passwords are looked at
    elsewhere, but not for any of these.

    Args:
        scan: what the logs of the deployment hold.
        requests: all of its requests that reached Airflow.
        attempts: of the deployment.
    """
    lines: defaultdict[Place, dict[int, Evidence]] = defaultdict(dict)
    for line in scan.evidence:
        if line.event.role in _ABOUT_PASSWORDS:
            lines[line.place][line.message.order] = line
    if not lines:
        return
    of_api: defaultdict[str, list[Attempt]] = defaultdict(list)
    for attempt in attempts:
        if attempt.request.tag.endpoint.checks_names:
            of_api[_root(attempt.request)].append(attempt)
    paths = sorted((request.tag.path, number) for number, request in enumerate(requests)) if of_api else []
    for root, mine in of_api.items():
        first, last = bisect_left(paths, (f"{root}/",)), bisect_left(paths, (f"{root}0",))  # 0 is the next behind /
        if root and _are_unread((requests[number] for _, number in paths[first:last]), lines):
            for attempt in mine:
                attempt.names_unread = True


def _root(request: Request) -> str:
    """Return the path of the API that an attempt was sent to; empty if its path does not show it."""
    before, found, _ = request.tag.path.rpartition("/dags/")
    return before if found else ""


def _are_unread(requests: Iterable[Request], lines: dict[Place, dict[int, Evidence]]) -> bool:
    """Return whether all requests to an API were refused with 403, and no line is about the names in them."""
    named = nameless = 0
    for request in requests:
        access = request.access
        if access.status != HTTPStatus.FORBIDDEN:
            return False
        if access.claimed == "yes":
            named += 1
            if _has_line(request, lines.get(request.place, {})):
                return False
        elif access.claimed == "no" and not access.browser:
            nameless += 1
    return named >= _CALLS and nameless > 0


def _has_line(request: Request, lines: dict[int, Evidence]) -> bool:
    """Return whether a line on a password stands near before a request."""
    access = request.access
    near = (lines[order] for order in range(access.order - NEAR, access.order) if order in lines)
    stamps = (line.message.stamp for line in near)
    return any(stamp is None or access.time is None or abs(access.time - stamp.utc) <= _SOON for stamp in stamps)
