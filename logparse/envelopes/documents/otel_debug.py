"""Log records as the OpenTelemetry collector prints them with its exporter ``debug``, to records.

Owns: where a record begins and ends, and which resource it is of. Must not know: what an attribute means.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from logparse.envelopes.documents.items import Item

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from logparse.envelopes.documents.items import LineQueue
    from logparse.formats.json_lines.objects import Record

#: Lines of one record, and the bytes of them.
_LINES: Final = 1_000
_SIZE: Final = 1024 * 1024
_EXPORTER: Final = r"\d{4}-\d{2}-\d{2}T[\d:.]+(?:Z|[+-]\d{2}:?\d{2})\t(?:info|debug)\t(?:[\w./-]+:\d+\t)?"
_HEAD: Final = re.compile(rf"(?:{_EXPORTER})?(ResourceLog|ScopeLogs|LogRecord) #\d+\r?")
_REPORT: Final = re.compile(rf"{_EXPORTER}(?:LogsExporter|Logs)(?:\t.*)?|\t?\{{\"(?:kind|otelcol\.|resource)\"?.*")
_FIELD: Final = re.compile(r"([A-Z]\w+(?: [A-Z]\w+)?): ?(.*)", re.DOTALL)
_ATTRIBUTE: Final = re.compile(r"     -> ([^:]{1,200}): (?:Str|Int|Double|Bool)\((.*)\)", re.DOTALL)
_BODY: Final = re.compile(r"Body: (?:Str|Map)\((.*)", re.DOTALL)
#: How the lines of a part begin.
_INSIDE: Final = (
    "     -> ", "Observed", "Timestamp: ", "Severity", "Body: ", "Attributes:", "Trace ID:", "Span ID:", "Flags: ",
    "EventName: ", "Resource ", "ScopeLogs ", "Instrumentation",
)  # fmt: skip
#: What stands behind the text of a record.
_BEHIND: Final = re.compile(r"(?:Attributes:|Trace ID:).*", re.DOTALL)
_TIMES: Final = ("Timestamp", "ObservedTimestamp")
_NEVER: Final = "1970-01-01 00:00:00"


class RecordReader:
    """Reads what the exporter prints, from front to back: a record is of the resource above it."""

    def __init__(self) -> None:
        self._resource: Record = {}

    def begins(self, line: str) -> bool:
        """Return whether a part of what the exporter prints begins with a line."""
        return line[:1] in "0123456789RSL\t{" and bool(_HEAD.fullmatch(line) or _REPORT.fullmatch(line.rstrip("\r")))

    def read(self, number: int, line: str, lines: LineQueue, is_known: Callable[[str], bool]) -> Iterator[Item]:
        """Yield the record that begins with a line, or the lines of another part as such that hold no record."""
        head = _HEAD.fullmatch(line)
        part = head[1] if head else ""
        held, size = [line], 0
        for at, following in lines:
            lost = len(held) > _LINES or size > _SIZE or (not following.startswith(_INSIDE) and is_known(following))
            if not part or lost or self.begins(following):
                lines.put_back(at, following)
                break
            held.append(following)
            size += len(following)
        if part == "ResourceLog":
            self._resource = _read_attributes(held)
        record = _read_record(held) if part == "LogRecord" else None
        if record is not None:
            yield Item(number, "", {**record, "Resource": self._resource}, len(held))
        else:
            hollow = part != "LogRecord"
            yield from (Item(number + at, text, hollow=hollow) for at, text in enumerate(held))


def _read_record(lines: list[str]) -> Record | None:
    """Return what a record holds; None if its text is neither a string nor an object."""
    lines = [line.removesuffix("\r") for line in lines]
    start = next((at for at, line in enumerate(lines) if _BODY.match(line)), None)
    if start is None:
        return None
    stop = next((at for at in range(start + 1, len(lines)) if _BEHIND.fullmatch(lines[at])), len(lines))
    body = "\n".join(lines[start:stop])
    if not body.endswith(")"):
        return None
    fields = {field[1]: field[2] for line in lines[:start] if (field := _FIELD.fullmatch(line))}
    # Go writes the zone as an offset and a name.
    times = {name: fields[name].removesuffix(" UTC").replace(" +", "+") for name in _TIMES if name in fields}
    told = {name: text for name, text in times.items() if not text.startswith(_NEVER)}
    return {**told, "Body": body[len("Body: Str(") : -1], "Attributes": _read_attributes(lines[stop:])}


def _read_attributes(lines: list[str]) -> Record:
    """Return attributes by their names, with dots as objects: records without dots in keys are read many at once."""
    attributes: Record = {}
    for hit in filter(None, (_ATTRIBUTE.fullmatch(line.removesuffix("\r")) for line in lines)):
        inner, (*above, last) = attributes, hit[1].split(".")
        for name in above:
            deeper = inner.get(name)
            if not isinstance(deeper, dict):
                inner[name] = deeper = {}
            inner = deeper
        inner.setdefault(last, hit[2])
    return attributes
