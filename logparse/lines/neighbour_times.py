"""The time of access lines that carry none: they take that of an app line of the same process.

Owns: how far away that app line may be, and how far off the time is. Must not know: what else an app line says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from logparse.common.timestamps import SECOND

if TYPE_CHECKING:
    from logparse.lines.access import Access

#: A line without a time takes that of the app line before it, unless the next app line is later than this,
NEIGHBOURS_APART: Final = 86_400 * SECOND
#: or there is no next one and the app line before is further up than this many lines.
NEIGHBOUR_LINES: Final = 1000


class NeighbourTimes:
    """Gives access lines without a time that of the app line before them; the first lines take that of the one after.

    Attributes:
        independent_of_previous: every line that got a time took it from an app line before it. The others might take
            another time if more lines stood before all that was read.
    """

    def __init__(self) -> None:
        self._previous: tuple[int, int] | None = None  # time and number of the last app line with a time
        self._waiting: list[tuple[int, Access]] = []
        self.independent_of_previous = True

    @property
    def is_waiting(self) -> bool:
        """Whether the time of a line depends on lines that are still to come."""
        return bool(self._waiting)

    def add(self, number: int, access: Access) -> None:
        """Take an access line that carries no time, and its number among the lines of the process."""
        self._waiting.append((number, access))

    def note_app_line(self, time: int, number: int) -> None:
        """Take note of an app line with a time (microseconds UTC)."""
        self.assign(time)
        self._previous = (time, number)

    def assign(self, following: int | None) -> None:
        """Give all lines that wait their time; ``following`` is that of the next app line, None at the end."""
        for number, access in self._waiting:
            access.time_within = None
            if self._previous is None:
                self.independent_of_previous = False
                access.time = following
            elif following is not None:
                if (apart := following - self._previous[0]) <= NEIGHBOURS_APART:
                    access.time, access.time_within = self._previous[0], max(apart, 0)
            elif number - self._previous[1] <= NEIGHBOUR_LINES:
                access.time = self._previous[0]
            access.time_source = None if access.time is None else "neighbour"
        self._waiting.clear()
