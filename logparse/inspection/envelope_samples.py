"""Whether every envelope passes its own samples.

Owns: what a sample must show. Must not know: line formats.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from logparse.common import timestamps
from logparse.common.errors import RuleProblem
from logparse.envelopes.documents.json_documents import decode_object
from logparse.envelopes.loader import shipped
from logparse.envelopes.payload import Payload
from logparse.envelopes.unwrapper import Unwrapper

if TYPE_CHECKING:
    from collections.abc import Iterator

    from logparse.envelopes.envelope import Envelope, Opened
    from logparse.formats.sample import Sample


def check() -> list[RuleProblem]:
    """Open all samples: each holds what it says, and no other envelope is taken for its own."""
    return [
        RuleProblem(f"envelopes/{each.id}.toml", f"[[sample]] {number}", wrong)
        for each in shipped()
        for number, sample in enumerate(each.samples, 1)
        for wrong in _wrong(each, sample)
    ]


def _wrong(envelope: Envelope, sample: Sample) -> Iterator[str]:
    value: Any = decode_object(sample.line) if envelope.of_records else sample.line
    opened = None if value is None else envelope.open(value)
    if opened is None:
        yield "is not in this envelope"
        return
    told = _told(opened)
    for name, wanted in sample.expect.items():
        expected = datetime.fromisoformat(wanted) if name == "time" else wanted
        if told.get(name) != expected:
            yield f"{name} is {told.get(name)!r}, not {expected!r}"
    if not opened.more:
        taken = Unwrapper(lambda text: "app" if text == opened.payload else "", lambda _text, _outer: None)
        payloads = taken.payloads(iter([(1, sample.line)]))
        paths = {payload.wrap.path for payload in payloads if isinstance(payload, Payload)}
        if paths != {(envelope.id,)}:
            yield f"is taken for {', '.join(' > '.join(path) or 'none' for path in sorted(paths))}"


def _told(opened: Opened) -> dict[str, Any]:
    stamp = timestamps.parse_timestamp(opened.time, UTC) if opened.time else None
    time = None if stamp is None else datetime.fromisoformat(timestamps.format_time(stamp.utc))
    return {"payload": opened.payload, "time": time, "record": opened.record, "more": opened.more} | (
        opened.origin._asdict()
    )
