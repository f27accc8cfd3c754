"""How far app lines reach: which requests one may be about, before anything is looked at closely.

Owns: the test on columns of requests. Must not know: which request an app line is about in the end (``events``).
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

import numpy as np

from logparse.verdicts.evidence.app_lines import CUT, EVENT_LINES, EVENT_WINDOW

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from logparse.rules.model import EventRule
    from logparse.scans.scan import Place, Scan


class Reach:
    """Which requests an event may be about, by order, time and status alone.

    Args:
        found: the events, and what the sources are.
        rules: event rules.
    """

    def __init__(self, found: Scan, rules: Iterable[EventRule]) -> None:
        self._statuses = {rule.id: list(rule.statuses) for rule in rules if not rule.needs}
        by_order: defaultdict[tuple[Place, str], list[int]] = defaultdict(list)
        by_time: defaultdict[str, list[int]] = defaultdict(list)
        asked = found.speaking("access")
        for each in found.evidence:
            if each.event.rule not in self._statuses:
                continue
            if each.place[0] in asked:
                by_order[each.place, each.event.rule].append(each.message.order)
            elif each.message.stamp is not None:
                by_time[each.event.rule].append(each.message.stamp.utc)
        self._by_order = {key: np.sort(orders) for key, orders in by_order.items()}
        self._by_time = {rule: np.sort(moments) for rule, moments in by_time.items()}
        self._saying = found.speaking("app")

    def near(
        self,
        places: Sequence[Place],
        place: NDArray[np.int32],
        order: NDArray[np.int64],
        time: NDArray[np.int64],
        status: NDArray[Any],
    ) -> NDArray[np.bool_]:
        """Of which requests an event may tell.

        Args:
            places: processes whose lines the requests are.
            place: of each request, the place in ``places``.
            order: of each.
            time: of each.
            status: of each.
        """
        touched = np.zeros(len(order), np.bool_)
        numbers: defaultdict[Place, list[int]] = defaultdict(list)
        for number, where in enumerate(places):
            numbers[where].append(number)
        for (where, rule), orders in self._by_order.items():
            mine = np.flatnonzero(np.isin(place, numbers[where]) & np.isin(status, self._statuses[rule]))
            touched[mine] |= _behind(order[mine], orders, 0, EVENT_LINES)
        silent = np.isin(place, [n for n, (log, _) in enumerate(places) if log not in self._saying])
        for rule, moments in self._by_time.items():
            mine = np.flatnonzero(silent & np.isin(status, self._statuses[rule]))
            touched[mine] |= _behind(time[mine], moments, CUT, EVENT_WINDOW)
        return touched


def _behind(values: NDArray[np.int64], marks: NDArray[np.int64], before: int, behind: int) -> NDArray[np.bool_]:
    """Which values lie less than ``before`` before one of the marks, which are in order, or up to ``behind`` behind."""
    last = np.searchsorted(marks, values + before, "left") - 1
    found: NDArray[np.bool_] = (last >= 0) & (values - marks[last] <= behind)
    return found
