"""For which requests app lines are at hand, so that the absence of one shows something.

Where app lines are in files of their own, these may hold another time than the access lines: the app log of today
beside a week of a proxy's.

Owns: this fact. Must not know: which request left which app line, outcomes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from logparse.common.timestamps import SECOND
from logparse.formats.given import airflow_formats
from logparse.verdicts.evidence.distinction import Distinction

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from logparse.scans.request_columns import RequestColumns
    from logparse.scans.scan import Scan
    from logparse.verdicts.attempt import Attempt
    from logparse.verdicts.evidence.distinction import Known

#: A quiet server may write nothing for so long before the end of its log (microseconds).
QUIET: Final = 3600 * SECOND
#: ... and times without a zone may be off by so much.
ZONES: Final = 15 * 3600 * SECOND


class AppLog:
    """When the app log of one deployment was written.

    Args:
        scan: what the logs of the deployment hold.
    """

    def __init__(self, scan: Scan) -> None:
        told = {
            number: entry
            for number, entry in scan.coverage.items()
            if any(form.airflow for form in airflow_formats(entry.formats))
        }
        self.speaking = {scan.logs.get(number, number) for number in told}
        #: App lines that are in files without requests are about the requests of all others.
        self.apart = not self.speaking <= scan.speaking("access")
        self._spans = [
            (entry.first - slack, entry.last + slack)
            for number, entry in told.items()
            if scan.logs.get(number, number) not in scan.speaking("access")
            for slack in [ZONES if entry.unzoned else QUIET]
            if entry.first is not None and entry.last is not None
        ]

    def holds(self, times: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Return for each time whether the app lines that are in files of their own are of that time."""
        found = np.full(len(times), not self._spans and self.apart)
        for first, last in self._spans:
            found |= (first <= times) & (times <= last)
        return found


def note_app_log(scan: Scan, attempts: Iterable[Attempt]) -> None:
    """Note in each attempt whether lines of Airflow itself are at hand, so that their absence shows something."""
    log, attempts = AppLog(scan), list(attempts)
    times = [attempt.request.access.time for attempt in attempts]
    held = log.holds(np.array([time or 0 for time in times], np.int64))
    for attempt, time, inside in zip(attempts, times, held.tolist(), strict=True):
        of_all = log.apart and (time is None or inside)
        attempt.app_log = attempt.request.place[0] in log.speaking or of_all


class AppLogSpans(Distinction):
    """Requests differ in whether app lines of their time are at hand."""

    def __init__(self, known: Known) -> None:
        self._log = AppLog(known.scan)

    def tells_apart(self, columns: RequestColumns) -> list[NDArray[Any]]:
        """Return columns in which requests must agree, see ``Distinction``."""
        return [self._log.holds(columns.numbers("time"))]
