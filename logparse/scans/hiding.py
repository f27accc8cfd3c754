"""Secrets are hidden in all that was read of a source, before anything else looks at it.

Owns: which texts of lines are looked at, which is all of them. Must not know: what a secret looks like
(``common.secrets``), what a line means.

This is the one place where secrets of logs end. Rules, evidence, reports and the archive see texts without them. The
length of a text stays, and two different tokens stay different.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pyarrow as pa

from logparse.common import secrets
from logparse.envelopes.origin import Origin

if TYPE_CHECKING:
    from collections.abc import Sequence

    from logparse.envelopes.origin import Process
    from logparse.lines.access import Access
    from logparse.lines.batch import Batch
    from logparse.lines.result import Message, SourceLines

#: Fields of access lines and of messages that hold texts.
_ACCESS: Final = (
    "client", "user", "method", "target", "referer", "agent", "location", "peer", "request_id", "record",
)  # fmt: skip
_MESSAGE: Final = ("text", "loc", "record")


def hide_secrets(lines: SourceLines) -> None:
    """Hide the secrets in all texts of the lines that were kept of a source."""
    _hide_fields(lines.access, _ACCESS)
    _hide_fields(lines.messages, _MESSAGE)
    lines.rows.batches = [_hide_in_batch(batch) for batch in lines.rows.batches]
    numbers = [number for number, _ in lines.unparsed]
    lines.unparsed = list(zip(numbers, _hide_in_examples([text for _, text in lines.unparsed]), strict=True))


def _hide_fields(lines: Sequence[Access] | Sequence[Message], names: Sequence[str]) -> None:
    for name in names:
        before = [getattr(line, name) for line in lines]
        for line, old, new in zip(lines, before, secrets.hide_known(before), strict=True):
            if old != new:
                setattr(line, name, new)
    origins = {origin: Origin(*_hide_parts(origin)) for origin in {line.origin for line in lines}}
    processes = {process: _hide_parts(process) for process in {line.process for line in lines}}
    for line in lines:
        line.origin, line.process = origins[line.origin], processes[line.process]


def _hide_parts(process: Process) -> Process:
    return tuple(secrets.hide_all(process))


def _hide_in_batch(batch: Batch) -> Batch:
    rows = batch.rows
    for at, name in enumerate(rows.column_names):
        kind = rows.schema.field(name).type
        if pa.types.is_dictionary(kind):
            chunks = [secrets.hide_in_column(chunk) for chunk in rows[name].chunks]
            rows = rows.set_column(at, name, pa.chunked_array(chunks, kind))
    return batch._replace(rows=rows, process=_hide_parts(batch.process))


def _hide_in_examples(texts: Sequence[str]) -> list[str]:
    """Hide secrets in lines in no known form; one that goes on in the next line too, such as a key of many lines."""
    if any("\n" in text for text in texts):
        return secrets.hide_all(texts)
    return secrets.hide("\n".join(texts)).split("\n") if texts else []
