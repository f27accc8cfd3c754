"""App lines that name who logs in, kept only where they are of use.

Airflow writes first and last name of a person whenever it looks at a password: for each call with a Basic header, too.
Of use are only the lines right before a login, and right before the line that it failed, which holds the user name.

Owns: which of these lines are kept. Must not know: sessions, user names.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Final

from logparse.rules.roles import EventRole, FollowUpRole

if TYPE_CHECKING:
    from collections.abc import Sequence

    from logparse.scans.scan import Evidence, Request, Tagged

#: Lines from the one that names a person to the login; a warning about a redirect may stand between (2.2 to 2.3).
NEAR: Final = 3


def keep_names_of_logins(
    requests: Sequence[Request], columns: Sequence[Tagged], evidence: Sequence[Evidence], *, last: int
) -> list[Evidence]:
    """Return the events without the names of people that stand right before no login and no line that one failed.

    Args:
        requests: of one slice of a source.
        columns: requests of the slice that are columns.
        evidence: events of the slice.
        last: number of its last line; what follows the last lines is not known, so they are kept.
    """
    if not any(line.event.role == EventRole.USER_CHECKED for line in evidence):
        return list(evidence)
    orders = chain(
        (request.access.order for request in requests if request.tag.role == FollowUpRole.LOGIN),
        (line.message.order for line in evidence if line.event.role == EventRole.LOGIN_FAILED),
        *(_orders_of_logins(part) for part in columns),
    )
    near = {order - back for order in orders for back in range(1, NEAR + 1)}.union(range(last - NEAR + 1, last + 1))
    return [line for line in evidence if line.event.role != EventRole.USER_CHECKED or line.message.order in near]


def _orders_of_logins(part: Tagged) -> list[int]:
    logins = [number for number, tag in enumerate(part.tags) if tag is not None and tag.role == FollowUpRole.LOGIN]
    rows = part.batch.rows
    tags, orders = rows["tag"].to_pylist(), rows["order"].to_pylist()
    return [order for tag, order in zip(tags, orders, strict=True) if tag in logins] if logins else []
