"""Time stamps of one source: in which zone and year those are that do not say so.

Owns: the year of a stamp without one. Must not know: forms of stamps (``timestamps``), lines.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from logparse.common import timestamps
from logparse.common.timestamps import EPOCH

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import tzinfo

    from logparse.common.timestamps import Stamp

#: Stamps of a source lie at most so far from one another.
_NEAR: Final = timedelta(days=183)
#: A file is written within a day of its last line, whatever zone that is in.
_LATE: Final = timedelta(days=1)


class Clock:
    """Reads the stamps of one source.

    Args:
        zone: of stamps that name none.
        written: when the source was written last, microseconds UTC; None: now.

    Attributes:
        unzoned, yearless: some stamp named no zone, or no year.
    """

    def __init__(self, zone: tzinfo, written: int | None = None) -> None:
        self._zone = zone
        self._written = datetime.now(UTC) if written is None else EPOCH + timedelta(microseconds=written)
        self._told: datetime | None = None
        self.unzoned = False
        self.yearless = False

    def read(self, text: str) -> Stamp | None:
        """The moment that a stamp names; None if it names none."""
        if not text:
            return None
        stamp = timestamps.parse_timestamp(text, self._zone)
        if stamp is None and timestamps.lacks_year(text):
            stamp = self._with_year(text)
            self.yearless = self.yearless or stamp is not None
        self.unzoned = self.unzoned or (stamp is not None and not stamp.zoned)
        return stamp

    def read_line(self, fields: Mapping[str, str | None], envelope_time: str = "") -> Stamp | None:
        """Return the time that a line carries, or else that of its envelope; None if neither is a time."""
        return self.read(fields.get("outer") or fields.get("time") or envelope_time)

    def note(self, stamp: Stamp | None) -> None:
        """Take note of a stamp at the beginning of the source: those without a year are of about that time."""
        if stamp is not None and self._told is None and not self.yearless:
            self._told = EPOCH + timedelta(microseconds=stamp.utc)

    def _with_year(self, text: str) -> Stamp | None:
        """The stamp in the year that is nearest to others of the source, or else the last one before it was written."""
        year = (self._told or self._written).year
        found = (
            timestamps.parse_timestamp(f"{text[:6]} {each} {text[7:]}", self._zone)
            for each in (year + 1, year, year - 1)
        )
        for stamp in found:
            if stamp is None:
                continue
            moment = EPOCH + timedelta(microseconds=stamp.utc)
            if self._told is not None and abs(moment - self._told) <= _NEAR:
                return stamp
            if self._told is None and moment <= self._written + _LATE:
                return stamp
        return None
