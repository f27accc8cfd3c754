"""App lines whose time names no zone, brought into step with the access lines of their own file.

Up to 2.4 Airflow writes app lines in the zone of the server without naming it; gunicorn names it in access lines.

Owns: by how much the times of such app lines are off. Must not know: which request left which app line.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from logparse.common.timestamps import SECOND
from logparse.verdicts.evidence.app_line_windows import EVENT_WINDOW

if TYPE_CHECKING:
    from collections.abc import Sequence

    from logparse.scans.scan import Evidence
    from logparse.verdicts.evidence.app_line_windows import RequestWindows

#: Zones are apart by quarters of an hour.
QUARTER: Final = 900 * SECOND
#: So many lines must be in step then, and twice as many as in the assumed zone.
ENOUGH: Final = 3
#: So many lines of a process are asked.
ASKED: Final = 1000


def bring_into_step(lines: Sequence[Evidence], windows: RequestWindows) -> Sequence[Evidence]:
    """Return app lines of one process, those without a zone in the zone in which most of them fit requests.

    Lines that fit in the assumed zone, or in none, stay as they are.
    """
    unzoned = [line for line in lines if line.message.stamp is not None and not line.message.stamp.zoned]
    if windows.by_time or not unzoned:
        return lines
    votes = Counter(apart for line in unzoned[:ASKED] for apart in _possible(line, windows))
    most = max(votes, key=lambda apart: votes[apart], default=0)
    if votes[most] < max(ENOUGH, 2 * votes[0]):
        return lines
    moved = {id(line): _move(line, most) for line in unzoned}
    return [moved.get(id(line), line) for line in lines]


def _possible(line: Evidence, windows: RequestWindows) -> set[int]:
    """Return by how much the time of a line may be off: a request behind it ended then, within a quarter of an hour."""
    stamp = line.message.stamp
    assert stamp is not None
    timeless = replace(line, message=replace(line.message, stamp=None))
    times = [windows.requests[place].access.time for place in windows.fitting(timeless)]
    late = [time - stamp.utc for time in times if time is not None]
    quarters = [(by, round(by / QUARTER) * QUARTER) for by in late]
    return {quarter for by, quarter in quarters if abs(by - quarter) <= EVENT_WINDOW}


def _move(line: Evidence, by: int) -> Evidence:
    stamp = line.message.stamp
    assert stamp is not None
    return replace(line, message=replace(line.message, stamp=stamp._replace(utc=stamp.utc + by)))
