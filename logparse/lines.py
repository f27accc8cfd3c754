"""Lines of one source to access lines, messages of app lines, and a count of what every line was.

Owns: parting the lines of a source by the process that wrote them. Must not know: which requests or messages matter (it
is told which to keep), what a line is (``process``), what is around it (``envelopes``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from logparse import forwarded
from logparse.clock import Clock
from logparse.envelopes.unwrap import Unwrapper
from logparse.fitting import Fitting
from logparse.kept import Lines, Place
from logparse.process import ProcessReader
from logparse.timestamps import lacks_year

if TYPE_CHECKING:
    import re
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import tzinfo

    from logparse.envelopes.origin import Process
    from logparse.envelopes.payload import Payload
    from logparse.formats import LineFormat
    from logparse.forwarded import Trusted
    from logparse.prefilter import Prefilter
    from logparse.reading import Chunk

#: A file of so many app lines whose only access lines stand behind typed names holds none of the server's own.
APP_ONLY: Final = 20


class Reader:
    """Reads the lines of one source.

    Args:
        formats: line formats in the order in which they are tried.
        prefilter: tells of a request or message whether it may matter; others are counted only.
        typed: matches messages that end in a text that a stranger typed.
        zone: of stamps that name none.
        trusted: proxies whose word on the client's address is taken.
        fields: names of keys or columns that hold a log line, as the user says.
        written: when the source was written last, in microseconds UTC, for stamps that name no year; None: now.
    """

    def __init__(
        self,
        formats: Sequence[LineFormat],
        prefilter: Prefilter,
        typed: re.Pattern[str],
        zone: tzinfo,
        trusted: Trusted = forwarded.DEFAULT,
        fields: frozenset[str] = frozenset(),
        written: int | None = None,
    ) -> None:
        self._fitting = Fitting(formats)
        self._prefilter = prefilter
        self._typed = typed
        self._trusted = trusted
        self._clock = Clock(zone, written)
        self._fields = fields
        self._found = Lines()
        self._processes: dict[Process, ProcessReader] = {}

    def read(self, chunks: Iterable[Chunk]) -> Lines:
        """Read all of a source; what comes out does not depend on where it is cut into chunks."""
        return self.take(self.payloads(chunks))

    def payloads(self, chunks: Iterable[Chunk]) -> Iterator[Payload]:
        """The lines of a source without their envelopes, those written first first."""
        return Unwrapper(self._fitting.kind, self._moment, self._fields).payloads(_numbered(chunks))

    def take(self, payloads: Iterable[Payload]) -> Lines:
        """As ``read``, for lines whose envelopes are off."""
        found, order = self._found, 0
        for payload in payloads:
            if payload.kind != "line":
                found.kinds["other" if payload.kind == "hollow" else "continuation"] += 1
                continue
            order += 1
            process = payload.process
            if process not in self._processes:
                self._processes[process] = ProcessReader(
                    found, self._fitting, self._prefilter, self._typed, self._trusted, self._clock
                )
            if payload.wrap.path:
                found.envelopes[payload.wrap.path] += 1
            self._processes[process].add(Place(payload.line, order, payload.wrap, process), payload.text)
        elsewhere = 0
        for each in self._processes.values():
            elsewhere += each.end()
        if not elsewhere and found.kinds["app"] >= APP_ONLY:
            for access in found.access:
                access.shadowed = True
        found.access.sort(key=lambda each: each.order)
        found.messages.sort(key=lambda each: each.order)
        found.total = sum(found.kinds.values())
        found.unzoned = self._clock.unzoned
        found.yearless = self._clock.yearless
        return found

    def _moment(self, text: str, outer: str) -> int | None:
        """The time of a line, by itself or by its envelope; a year in it is one that other stamps can be near."""
        _, fields = self._fitting.fit(text) if text else (None, None)
        stamp = self._clock.read((fields or {}).get("outer") or (fields or {}).get("time") or outer)
        if text or not lacks_year(outer):
            self._clock.note(stamp)
        return None if stamp is None else stamp.utc


def _numbered(chunks: Iterable[Chunk]) -> Iterator[tuple[int, str]]:
    number = 0
    for chunk in chunks:
        for line in chunk.data.decode("utf-8", "surrogateescape").removesuffix("\n").split("\n"):
            number += 1
            yield number, line
