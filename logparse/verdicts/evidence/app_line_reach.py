"""How far app lines reach: which requests an app line may be about, by order, time and status alone.

Owns: this test on columns of requests. Must not know: which request an app line is about in the end (``app_lines``).
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

from logparse.rules.roles import EventRole
from logparse.verdicts.evidence.app_line_windows import BEGUN, EVENT_LINES, EVENT_WINDOW
from logparse.verdicts.evidence.distinction import Distinction, lies_behind

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from logparse.scans.request_columns import RequestColumns
    from logparse.scans.scan import Place
    from logparse.verdicts.evidence.distinction import Known


class AppLineReach(Distinction):
    """Requests that an app line may be about are decided by themselves."""

    def __init__(self, known: Known) -> None:
        rules = [rule for rule in known.rules.events if rule.role != EventRole.USER_CHECKED]
        self._statuses = {rule.id: list(rule.statuses) for rule in rules}
        by_order: defaultdict[tuple[Place, str], list[int]] = defaultdict(list)
        by_time: defaultdict[str, list[int]] = defaultdict(list)
        with_requests = known.scan.speaking("access")
        for line in known.scan.evidence:
            if line.event.rule not in self._statuses:
                continue
            if line.place[0] in with_requests:
                by_order[line.place, line.event.rule].append(line.message.order)
            elif line.message.stamp is not None:
                by_time[line.event.rule].append(line.message.stamp.utc)
        self._by_order = {key: np.sort(orders) for key, orders in by_order.items()}
        self._by_time = {rule: np.sort(moments) for rule, moments in by_time.items()}
        self._with_app_lines = known.scan.speaking("app")

    def concerned(self, columns: RequestColumns) -> NDArray[np.bool_]:
        """Return which requests an app line may be about, see ``Distinction``."""
        order, time, status = (columns.numbers(name) for name in ("order", "time", "status"))
        found = np.zeros(len(columns), np.bool_)
        numbers: defaultdict[Place, list[int]] = defaultdict(list)
        for number, place in enumerate(columns.places):
            numbers[place.written].append(number)
        for (written, rule), orders in self._by_order.items():
            mine = np.flatnonzero(np.isin(columns.place, numbers[written]) & np.isin(status, self._statuses[rule]))
            found[mine] |= lies_behind(order[mine], orders, 0, EVENT_LINES)
        silent = columns.of_place([place.written[0] not in self._with_app_lines for place in columns.places])
        for rule, moments in self._by_time.items():
            mine = np.flatnonzero(silent & np.isin(status, self._statuses[rule]))
            found[mine] |= lies_behind(time[mine], moments, BEGUN, EVENT_WINDOW)
        return found
