"""Whether every envelope opens its own samples.

Owns: what a sample must show. Must not know: line formats.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from logparse.common import timestamps
from logparse.common.errors import RuleProblem
from logparse.envelopes.documents.json_text import decode_object
from logparse.envelopes.loader import known_envelopes
from logparse.envelopes.payload import Payload
from logparse.envelopes.unwrapper import Unwrapper
from logparse.formats.data_files import name_file

if TYPE_CHECKING:
    from collections.abc import Iterator

    from logparse.envelopes.envelope import Envelope, Opened
    from logparse.formats.data_files import Sample


def check_envelopes(folders: tuple[str, ...] = ()) -> list[RuleProblem]:
    """Return what is wrong with samples of all envelopes: each must hold what it says, in its envelope alone.

    Args:
        folders: of envelopes of the user's own.

    Raises:
        FormatError: a file cannot be used.
    """
    return [
        RuleProblem(name_file("envelopes", envelope.id), f"[[sample]] {number}", problem)
        for envelope in known_envelopes(folders)
        for number, sample in enumerate(envelope.samples, 1)
        for problem in _find_problems(envelope, sample, folders)
    ]


def _find_problems(envelope: Envelope, sample: Sample, folders: tuple[str, ...]) -> Iterator[str]:
    value: Any = decode_object(sample.line) if envelope.of_records else sample.line
    opened = None if value is None else envelope.open(value)
    if opened is None:
        yield "is not in this envelope"
        return
    values = _values(opened)
    for name, wanted in sample.expect.items():
        expected = datetime.fromisoformat(wanted) if name == "time" else wanted
        if values.get(name) != expected:
            yield f"{name} is {values.get(name)!r}, not {expected!r}"
    if not opened.more:
        taken = Unwrapper(
            lambda text: "app" if text == opened.payload else "", lambda _text, _outer: None, folders=folders
        )
        payloads = taken.payloads(iter([(1, sample.line)]))
        paths = {payload.wrap.path for payload in payloads if isinstance(payload, Payload)}
        if paths != {(envelope.id,)}:
            yield f"is taken for {', '.join(' > '.join(path) or 'none' for path in sorted(paths))}"


def _values(opened: Opened) -> dict[str, Any]:
    stamp = timestamps.parse_timestamp(opened.time, UTC) if opened.time else None
    time = None if stamp is None else datetime.fromisoformat(timestamps.format_time(stamp.utc))
    return {"payload": opened.payload, "time": time, "record": opened.record, "more": opened.more} | (
        opened.origin._asdict()
    )
