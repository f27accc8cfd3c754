"""``Batch``: many requests as columns, and as ``Access`` objects.

Owns: which columns there are. Must not know: how they are read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pyarrow as pa

from logparse.envelopes.origin import NOWHERE
from logparse.lines.access import Access

if TYPE_CHECKING:
    from logparse.envelopes.origin import Origin, Process


#: Columns of numbers; times and durations in microseconds.
NUMBERS: Final = {
    "line": pa.int64(), "order": pa.int64(), "time": pa.int64(), "status": pa.int16(), "size": pa.int64(),
    "duration": pa.int64(), "total": pa.int64(),
}  # fmt: skip
#: Columns of texts, as dictionaries.
TEXTS: Final = ("client", "name", "method", "target", "referer", "agent", "stream", "record")
#: Further ones, which lines have that came through a proxy; no verdict depends on them.
PASSED_ON: Final = ("peer", "request_id")


def can_hold(*, nameless: bool, user: str | None, vouched: bool, proxy: str | None, location: str | None) -> bool:
    """Return whether columns have a place for what is known of a request, see ``Access``.

    They have none for who answered in place of the server, for where an answer leads, and for what a name means: it is
    one that Airflow was sent. What somebody only typed at a proxy is none.
    """
    return proxy is None and location is None and not vouched and not (nameless and user is not None)


class Batch(NamedTuple):
    """Requests as columns.

    Attributes:
        rows: the columns ``NUMBERS``, and those of ``TEXTS`` and ``PASSED_ON`` that the lines have a place for.
        decoded: the server wrote paths percent-decoded.
        process: which process wrote the lines.
        origin: where they were written, apart from the stream.
        time_source: whence their times are, as in ``Access``.
    """

    rows: pa.Table
    decoded: bool
    process: Process
    origin: Origin = NOWHERE
    time_source: str = "line"

    def texts(self, name: str) -> list[str | None]:
        """Return a column of texts; all None if there is no such column."""
        if name not in self.rows.column_names:
            return [None] * len(self.rows)
        texts: list[str | None] = []
        for chunk in self.rows[name].chunks:
            words = chunk.dictionary.to_pylist()
            texts += [None if at is None else words[at] for at in chunk.indices.to_pylist()]
        return texts

    def numbers(self, name: str) -> list[Any]:
        """Return a column of numbers."""
        numbers: list[Any] = self.rows[name].to_pylist()
        return numbers

    def to_accesses(self) -> list[Access]:
        """Return the requests as objects."""
        streams = self.texts("stream")
        origins = {stream: self.origin._replace(stream=stream or "") for stream in {*streams}}
        nameless = "name" not in self.rows.column_names
        columns = zip(
            *(self.numbers(name) for name in ("line", "order", "time", "status", "size", "duration", "total")),
            *(self.texts(name) for name in ("client", "name", "method", "target", "referer", "agent")),
            self.texts("record"),
            self.texts("peer"),
            self.texts("request_id"),
            streams,
            strict=True,
        )
        # Positional arguments, since keywords take twice as long.
        return [
            Access(line, order, time, self.time_source, client, user, method, target, self.decoded, status, size,
                   referer, agent, duration, None, False, nameless, False, None, peer, request_id, origins[stream],
                   self.process, record, 0, total)
            for line, order, time, status, size, duration, total, client, user, method, target, referer, agent, record,
            peer, request_id, stream in columns
        ]  # fmt: skip
