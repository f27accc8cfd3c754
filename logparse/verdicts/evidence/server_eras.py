"""Eras of a server: from one start to the next, its settings stay what they are.

Owns: when a server was started, as its own lines show, and which requests lie between the same starts. Must not know:
settings, outcomes.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from logparse.rules.roles import EventRole
from logparse.verdicts.evidence.distinction import Distinction

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from logparse.scans.request_columns import RequestColumns
    from logparse.scans.scan import Place, Request, Scan
    from logparse.verdicts.evidence.distinction import Known

#: The process that wrote a request, and how often it, or else some other process, was started before.
Era: TypeAlias = "tuple[Place, int]"


class Eras:
    """When the servers of one deployment were started.

    A start that stands among the requests of a process is one of that process. One in a file without requests is one
    of all processes that show none of their own.

    Args:
        scan: what the logs of the deployment hold.
    """

    def __init__(self, scan: Scan) -> None:
        with_requests = scan.speaking("access")
        by_order: defaultdict[Place, list[int]] = defaultdict(list)
        times = []
        for line in scan.evidence:
            if line.event.role != EventRole.SERVER_STARTED:
                continue
            if line.place[0] in with_requests:
                by_order[line.place].append(line.message.order)
            elif line.message.stamp is not None:
                times.append(line.message.stamp.utc)
        self.by_order = {place: sorted(orders) for place, orders in by_order.items()}
        self.times = sorted(times)

    def era_of(self, request: Request) -> Era:
        """Return the era of a request."""
        orders = self.by_order.get(request.place)
        if orders is not None:
            return request.place, bisect_right(orders, request.access.order)
        return request.place, bisect_right(self.times, request.access.time or 0)


class ServerEras(Distinction):
    """Requests of different eras may have been answered with different settings."""

    def __init__(self, known: Known) -> None:
        self._eras = Eras(known.scan)

    def tells_apart(self, columns: RequestColumns) -> list[NDArray[Any]]:
        """Return columns in which requests must agree, see ``Distinction``."""
        time, order = columns.numbers("time"), columns.numbers("order")
        found = np.searchsorted(np.array(self._eras.times, np.int64), time, "right")
        for number, place in enumerate(columns.places):
            orders = self._eras.by_order.get(place.written)
            if orders is not None:
                mine = np.flatnonzero(columns.place == number)
                found[mine] = np.searchsorted(np.array(orders, np.int64), order[mine], "right")
        return [found]
