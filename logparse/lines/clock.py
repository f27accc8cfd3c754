"""Reading the time stamps of one source, of which some name no zone or no year.

Owns: the year of a stamp that names none. Must not know: the forms of stamps, lines.
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
        self._noted: datetime | None = None
        self.unzoned = False
        self.yearless = False

    def read(self, text: str) -> Stamp | None:
        """Read a stamp; None if it names no moment."""
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

    def read_own(self, fields: Mapping[str, str | None]) -> Stamp | None:
        """Return the time that a line carries with its year; None if it carries none, or no year."""
        text = fields.get("outer") or fields.get("time")
        stamp = timestamps.parse_timestamp(text, self._zone) if text else None
        self.unzoned = self.unzoned or (stamp is not None and not stamp.zoned)
        return stamp

    def note(self, stamp: Stamp | None) -> None:
        """Take note of a stamp at the beginning of the source: stamps without a year are of about that time."""
        if stamp is not None and self._noted is None and not self.yearless:
            self._noted = EPOCH + timedelta(microseconds=stamp.utc)

    def _with_year(self, text: str) -> Stamp | None:
        """Read a stamp in the year nearest to other stamps of the source, or else the last one when it was written."""
        year = (self._noted or self._written).year
        date, _, time = text.rpartition(" ")
        for candidate in (year + 1, year, year - 1):
            stamp = timestamps.parse_timestamp(f"{date} {candidate} {time}", self._zone)
            if stamp is None:
                continue
            moment = EPOCH + timedelta(microseconds=stamp.utc)
            if self._noted is not None and abs(moment - self._noted) <= _NEAR:
                return stamp
            if self._noted is None and moment <= self._written + _LATE:
                return stamp
        return None
