"""What lines of a format can tell, deduced from its samples.

Must not know: commands.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from logparse.common import timestamps
from logparse.formats import line_format

if TYPE_CHECKING:
    from collections.abc import Iterable

    from logparse.formats.line_format import Fields, LineFormat

#: What an access line may tell, and the fields of a line format that tell it. A dash in the place of a header says that
#: it was not sent; in the place of a number, that none is written.
_PLACES: Final = {
    "time": ("outer", "time"), "zone": (), "client": ("client",), "forwarded": ("forwarded", "real_ip"),
    "user": ("user",), "method": ("method", "verb"), "target": ("target", "url_path"), "status": ("status",),
    "size": ("bytes",), "referer": ("referer",), "agent": ("agent",), "location": ("location",),
    "duration": ("duration_ns", "duration_us", "duration_ms", "duration_s", "duration_dec"),
}  # fmt: skip
_NUMBERS: Final = ("status", "size", "duration")


def carries(form: LineFormat, lines: Iterable[str] = ()) -> dict[str, bool]:
    """What lines of a format can tell, deduced from its samples, or from ``lines`` for a format that has none.

    ``zone`` is true if some line names the zone of its time.
    """
    told: set[str] = set()
    for line in [sample.line for sample in form.samples] or lines:
        fields = fit(form, line)
        if fields is not None:
            told |= {name for name in _PLACES if _told(name, fields)}
    return {name: name in told for name in _PLACES}


def fit(form: LineFormat, line: str) -> Fields | None:
    """The fields of a line, coloured or not, in one format."""
    return form.read(line) or form.read(line_format.strip_colour(line))


def _told(name: str, fields: Fields) -> bool:
    if name == "zone":
        stamp = timestamps.parse_timestamp(fields.get("outer") or fields.get("time") or "")
        return stamp is not None and stamp.zoned
    values = [fields[place] for place in _PLACES[name] if fields.get(place)]
    return any(value not in ("-", "None") for value in values) if name in _NUMBERS else bool(values)
