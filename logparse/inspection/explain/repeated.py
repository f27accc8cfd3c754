"""Requests whose line is not counted, since another line about the same request is.

Owns: finding that other line. Must not know: which of two lines is counted, how that is said.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from logparse.lines.access import Access
    from logparse.scans.scan import Request, Scan


def find_repeated(own: Mapping[int, Request], scans: Sequence[Scan]) -> dict[int, tuple[int, int]]:
    """Find the requests that ``scans`` lack, since another line of the same is counted: where that one stands."""
    every = [request for each in scans for request in each.requests]
    kept = {id(request.access) for request in every}
    counted = {_content(request.access): (request.source, request.access.line) for request in reversed(every)}
    gone = {order: _content(request.access) for order, request in own.items() if id(request.access) not in kept}
    return {order: counted[content] for order, content in gone.items() if content in counted}


def _content(access: Access) -> tuple[object, ...]:
    """Return what two lines about one request have in common."""
    return access.time, access.client, access.user, access.method, access.target, access.status, access.size
