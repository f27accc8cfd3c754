"""What lines of a format can hold, deduced from its samples.

Owns: which fields of a format hold which part of a request.
Must not know: commands.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from logparse.common import timestamps
from logparse.formats import line_format
from logparse.formats.recognizer import Recognizer

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from logparse.formats.line_format import Fields, LineFormat

#: What an access line may hold, and the fields of a line format in which it stands. A dash in the place of a header
#: means that it was not sent; in the place of a number, that none is written.
_PLACES: Final = {
    "time": ("outer", "time"), "zone": (), "client": ("client",), "forwarded": ("forwarded", "real_ip"),
    "user": ("user",), "method": ("method", "verb"), "target": ("target", "url_path"), "status": ("status",),
    "size": ("bytes",), "referer": ("referer",), "agent": ("agent",), "location": ("location",),
    "duration": ("duration_ns", "duration_us", "duration_ms", "duration_s", "duration_dec"),
}  # fmt: skip
_NUMBERS: Final = ("status", "size", "duration")


def list_capabilities(form: LineFormat, lines: Iterable[str] = ()) -> dict[str, bool]:
    """Return what lines of a format can hold, deduced from its samples, or from ``lines`` if it has none.

    ``zone`` is true if some line names the zone of its time.
    """
    told: set[str] = set()
    for line in [sample.line for sample in form.samples] or lines:
        fields = read_line(form, line)
        if fields is not None:
            told |= {name for name in _PLACES if _is_told(name, fields)}
    return {name: name in told for name in _PLACES}


def read_line(form: LineFormat, line: str) -> Fields | None:
    """Return the fields of a line, coloured or not, in one format; None if it is in another."""
    return form.read(line) or form.read(line_format.strip_colour(line))


def find_behind_head(forms: Sequence[LineFormat], line: str, user: str) -> tuple[LineFormat | None, bool]:
    """Return the format of a user's access line that does not begin as lines of any format do, and whether it is whole.

    It is whole behind the head of an app line, where a logger of the server wrote it.
    """
    form, fields = Recognizer(forms).recognize(line)
    if form is not None and fields is not None and form.kind == "access" and (fields.get("user") or "-") == user:
        return form, True
    return next((form for form in forms if form.kind == "access" and read_line(form, f"? - {line}")), None), False


def _is_told(name: str, fields: Fields) -> bool:
    if name == "zone":
        stamp = timestamps.parse_timestamp(fields.get("outer") or fields.get("time") or "")
        return stamp is not None and stamp.zoned
    values = [fields[place] for place in _PLACES[name] if fields.get(place)]
    return any(value not in ("-", "None") for value in values) if name in _NUMBERS else bool(values)
