"""App lines that name who logs in, kept only where they are of use.

Airflow writes first and last name of a person whenever it looks at a password: for each call with a Basic header, too.
Of use are only the lines right before a login, those right before the line that it failed, which holds the user name,
and a few right before a call that carries a user name.

Owns: which of these lines are kept. Must not know: sessions, which person is which user.
"""

from __future__ import annotations

from collections import Counter
from http import HTTPStatus
from itertools import chain
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from logparse.rules.roles import EventRole, FollowUpRole

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from logparse.envelopes.origin import Process
    from logparse.scans.scan import Evidence, Request, Tagged
    from logparse.scans.tagging import Tag

#: Lines from the one that names a person to the login; a warning about a redirect may stand between (2.2 to 2.3).
NEAR: Final = 3
#: So often a call must stand right behind the line that names a person to show that it is this person's.
SEEN: Final = 2
#: Statuses of calls whose password was right.
_ACCEPTED: Final = frozenset({HTTPStatus.OK, HTTPStatus.FORBIDDEN, HTTPStatus.CONFLICT})


def keep_names_of_logins(
    requests: Sequence[Request], columns: Sequence[Tagged], evidence: Sequence[Evidence], *, last: int
) -> list[Evidence]:
    """Return the events with only those names of people that may tell who logged in, or which user somebody is.

    Args:
        requests: of one slice of a source.
        columns: requests of the slice that are columns.
        evidence: events of the slice.
        last: number of its last line; what follows the last lines is not known, so they are kept.
    """
    named = {line.message.order: line for line in evidence if line.event.role == EventRole.USER_CHECKED}
    if not named:
        return list(evidence)
    orders = chain(
        (request.access.order for request in requests if request.tag.role == FollowUpRole.LOGIN),
        (line.message.order for line in evidence if line.event.role == EventRole.LOGIN_FAILED),
        *(_orders_of_logins(part) for part in columns),
    )
    near = {order - back for order in orders for back in range(1, NEAR + 1)}.union(range(last - NEAR + 1, last + 1))
    seen: Counter[tuple[Process, str, str, bool]] = Counter()
    behind = {order + 1 for order in named}
    orders_behind = np.array([*behind], np.int64)
    calls = chain(_calls(requests), *(_calls_of_columns(part, orders_behind) for part in columns))
    for order, process, user, shadowed in sorted(call for call in calls if call[0] in behind):
        line = named[order - 1].message
        if line.order - 1 in named:  # of two names in a row, nothing shows whose is whose
            near.update({line.order - 1} if line.order in near else ())
            continue
        near.discard(line.order)
        key = process, named[line.order].event.fields["person"], user, shadowed
        if process == line.process and seen[key] < SEEN:
            seen[key] += 1
            near.add(line.order)
    return [line for line in evidence if line.event.role != EventRole.USER_CHECKED or line.message.order in near]


def shows_user(tag: Tag, status: int) -> bool:
    """Whether the server looked at the user name of a request that carried one, and the password was right."""
    return tag.endpoint.checks_names and status in _ACCEPTED


def _calls(requests: Sequence[Request]) -> Iterator[tuple[int, Process, str, bool]]:
    """Yield the order, process and user of calls that carry a name, and whether a stranger could have written them."""
    for request in requests:
        access = request.access
        if access.user is not None and shows_user(request.tag, access.status):
            yield access.order, access.process, access.user, access.shadowed


def _calls_of_columns(part: Tagged, wanted: NDArray[np.int64]) -> Iterator[tuple[int, Process, str, bool]]:
    """Yield the same of requests that are columns, of those with certain orders."""
    rows = part.batch.rows
    if "name" not in rows.column_names:
        return
    some = rows.filter(pa.array(np.isin(rows["order"].to_numpy(), wanted)))
    for order, status, user, at in zip(
        *(some[name].to_pylist() for name in ("order", "status", "name", "tag")), strict=True
    ):
        tag = part.tags[at]
        if tag is not None and user is not None and shows_user(tag, status):
            yield order, part.batch.process, user, part.shadowed


def _orders_of_logins(part: Tagged) -> list[int]:
    logins = [number for number, tag in enumerate(part.tags) if tag is not None and tag.role == FollowUpRole.LOGIN]
    rows = part.batch.rows
    tags, orders = rows["tag"].to_pylist(), rows["order"].to_pylist()
    return [order for tag, order in zip(tags, orders, strict=True) if tag in logins] if logins else []
