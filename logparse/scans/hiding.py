"""Secrets are hidden in all that was read of a source, before anything else looks at it.

Owns: which texts of lines are looked at, which is all of them. Must not know: what a secret looks like
(``common.secrets``), what a line means.

This is the one place where secrets of logs end. Rules, evidence, reports and the archive see texts without them. The
length of a text stays, and two different tokens stay different.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import accumulate, chain, islice
from operator import attrgetter
from typing import TYPE_CHECKING, Final

import pyarrow as pa

from logparse.common import secrets
from logparse.common.text import EXAMPLE_LENGTH
from logparse.envelopes.origin import Origin

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from logparse.envelopes.origin import Process
    from logparse.lines.access import Access
    from logparse.lines.batch import Batch
    from logparse.lines.result import Message, SourceLines

#: Fields of access lines and of messages that hold texts.
_ACCESS: Final = (
    "client", "user", "method", "target", "referer", "agent", "location", "peer", "request_id", "record",
)  # fmt: skip
_MESSAGE: Final = ("text", "loc", "record")
#: So many lines are looked at together, at most.
TOGETHER: Final = 10_000


def hide_secrets(sources: Sequence[SourceLines]) -> None:
    """Hide the secrets in all texts of the lines that were kept of some sources."""
    _hide_fields([access for lines in sources for access in lines.access], _ACCESS)
    _hide_fields([message for lines in sources for message in lines.messages], _MESSAGE)
    batches = [batch for lines in sources for batch in lines.rows.batches]
    hidden = (batch for some in _group(batches) for batch in _hide_in_batches(some))
    for lines in sources:
        lines.rows.batches = list(islice(hidden, len(lines.rows.batches)))
    _hide_in_examples(sources)


def _hide_fields(lines: Sequence[Access] | Sequence[Message], names: Sequence[str]) -> None:
    for start in range(0, len(lines), TOGETHER):
        some = lines[start : start + TOGETHER]
        # All fields at once: with ten thousand small files, most of the time goes into asking at all.
        columns = [(name, list(map(attrgetter(name), some))) for name in names]
        columns = [(name, texts) for name, texts in columns if texts.count(None) < len(texts)]
        before = list(chain.from_iterable(texts for _, texts in columns))
        after = secrets.hide_known(before)
        for at, (old, new) in enumerate(zip(before, after, strict=True)):
            if old != new:
                setattr(some[at % len(some)], columns[at // len(some)][0], new)
    origins = {origin: Origin(*parts) for origin, parts in _hide_parts({line.origin for line in lines}).items()}
    processes = _hide_parts({line.process for line in lines})
    for line in lines:
        line.origin, line.process = origins[line.origin], processes[line.process]


def _hide_parts(processes: Iterable[Process]) -> dict[Process, Process]:
    """Return each process as it is told of, by what it is."""
    known = list(processes)
    parts = list({part: None for process in known for part in process})
    hidden = dict(zip(parts, secrets.hide_all(parts), strict=True))
    return {process: tuple(hidden[part] for part in process) for process in known}


def _group(batches: Sequence[Batch]) -> Iterator[list[Batch]]:
    """Yield batches in groups that are small enough to be looked at together."""
    group: list[Batch] = []
    rows = 0
    for batch in batches:
        if group and rows + len(batch.rows) > TOGETHER:
            yield group
            group, rows = [], 0
        group.append(batch)
        rows += len(batch.rows)
    if group:
        yield group


def _hide_in_batches(batches: Sequence[Batch]) -> Iterator[Batch]:
    columns = [
        (number, at, chunk)
        for number, batch in enumerate(batches)
        for at, field in enumerate(batch.rows.schema)
        if pa.types.is_dictionary(field.type)
        for chunk in batch.rows.column(at).chunks
    ]
    chunks: defaultdict[tuple[int, int], list[pa.DictionaryArray]] = defaultdict(list)
    for (number, at, _), chunk in zip(columns, secrets.hide_in_columns([chunk for *_, chunk in columns]), strict=True):
        chunks[number, at].append(chunk)
    processes = _hide_parts({batch.process for batch in batches})
    origins = _hide_parts({batch.origin for batch in batches})
    for number, batch in enumerate(batches):
        rows = batch.rows
        for at, field in enumerate(rows.schema):
            if (number, at) in chunks:
                rows = rows.set_column(at, field.name, pa.chunked_array(chunks[number, at], field.type))
        yield batch._replace(rows=rows, process=processes[batch.process], origin=Origin(*origins[batch.origin]))


def _hide_in_examples(sources: Sequence[SourceLines]) -> None:
    """Hide secrets in lines in no known form; one that goes on in the next line too, such as a key of many lines."""
    hidden = secrets.hide_all(["\n".join(text for _, text in lines.unparsed) for lines in sources])
    for lines, whole in zip(sources, hidden, strict=True):
        # What is hidden is as long as before, line breaks in it included.
        starts = accumulate((len(text) + 1 for _, text in lines.unparsed), initial=0)
        lines.unparsed = [
            (number, whole[start : start + min(len(text), EXAMPLE_LENGTH)])  # no more of it is shown
            for (number, text), start in zip(lines.unparsed, starts, strict=False)
        ]
