"""Lines of one source to access lines, messages of app lines, and a count of what every line was.

Owns: parting the lines of a source by the process that wrote them. Must not know: which requests or messages matter (it
is told which to keep), what a line is (``process``), what is around it (``envelopes``).
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Final, NamedTuple

from logparse.common.timestamps import lacks_year
from logparse.envelopes.block import Block, MainFormat
from logparse.envelopes.payload import Payload
from logparse.envelopes.unwrapper import Unwrapper
from logparse.formats.recognizer import Fitting
from logparse.lines import proxies
from logparse.lines.bulk.block_splitter import Sieve
from logparse.lines.bulk.usual_lines import HEAD, outline_of
from logparse.lines.clock import Clock
from logparse.lines.process_reader import EXAMPLES, ProcessReader
from logparse.lines.result import Lines, Place

if TYPE_CHECKING:
    import re
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import tzinfo

    from logparse.envelopes.origin import Process
    from logparse.formats.line_format import Fields, LineFormat
    from logparse.lines.proxies import Trusted
    from logparse.rules.prefilter import Prefilter
    from logparse.sources.chunks import Chunk


class Part(NamedTuple):
    """A part of a source.

    Attributes:
        start: bytes of the source before it.
        usual: what the usual lines of the source are; None: it begins with its first line, and shows it.
        last: it ends with the last line.
    """

    start: int = 0
    usual: MainFormat | None = None
    last: bool = True


WHOLE: Final = Part()


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
        every: read usual lines too of which the prefilter says that they cannot matter: nothing must come of them.
    """

    def __init__(  # noqa: PLR0913 - all that is known of a source before it is read
        self,
        formats: Sequence[LineFormat],
        prefilter: Prefilter,
        typed: re.Pattern[str],
        zone: tzinfo,
        trusted: Trusted = proxies.DEFAULT,
        fields: frozenset[str] = frozenset(),
        written: int | None = None,
        *,
        every: bool = False,
    ) -> None:
        self._fitting = Fitting(formats)
        self._prefilter = prefilter
        self._every = every
        self._typed = typed
        self._trusted = trusted
        self._clock = Clock(zone, written)
        self._fields = fields
        self._found = Lines()
        self._processes: dict[Process, ProcessReader] = {}

    def read(self, chunks: Iterable[Chunk], part: Part = WHOLE) -> Lines:
        """Read a source, or a part of it; what comes out does not depend on where it is cut into chunks."""
        unwrapper = self._unwrapper()
        ending = _Ending(chunks)
        chunks = iter(ending)
        if part.usual is None:
            parted = self.parted(chunks, part)
        else:
            unwrapper.resume(part.usual.path, records=part.usual.outline.of_records)
            parted = self._sieved(part.usual, (each.data for each in chunks), 1, part)
        found = self.take(unwrapper.payloads(parted))
        found.settled = found.settled and not unwrapper.turned
        if part.last and ending.rest and not found.envelopes:
            self._cut_off(ending.rest.decode("utf-8", "surrogateescape"))
        return found

    def _cut_off(self, text: str) -> None:
        """Leave out a last line without its end that looks whole in a shorter format than that of all other lines.

        Cut off within its size, a line in the combined format is one in the common format, of another size.
        """
        found = self._found
        form, _ = self._fitting.fit(text.removesuffix("\r"))
        if form is None or form.kind != "access" or found.formats[form.id] != 1 or found.kinds["access"] == 1:
            return
        found.access = [each for each in found.access if each.line != found.physical]
        found.kinds["access"] -= 1
        found.kinds["unparsed"] += 1
        del found.formats[form.id]
        if len(found.unparsed) < EXAMPLES:
            found.unparsed.append((found.physical, text))

    def payloads(self, chunks: Iterable[Chunk]) -> Iterator[Payload]:
        """The lines of a source without their envelopes, those written first first."""
        lines = self._unwrapper().payloads(_numbered(chunks))
        return (line for line in lines if isinstance(line, Payload))

    def _unwrapper(self) -> Unwrapper:
        return Unwrapper(self._fitting.kind, self._moment, self._fields)

    # -- usual lines ------------------------------------------------------------------------------------------------

    def parted(self, chunks: Iterator[Chunk], part: Part = WHOLE) -> Iterator[tuple[int, str] | Block]:
        """The lines of a source, those that are usual and follow one another together."""
        begun, after = _head(chunks)
        rest = chain([after] if after else [], (chunk.data for chunk in chunks))
        head = _texts(begun)
        yield from enumerate(head, 1)
        usual = self.usual(head)
        number = len(head) + 1
        if usual is not None:
            yield from self._sieved(usual, rest, number, part._replace(start=len(begun)))
            return
        for data in rest:
            lines = _texts(data)
            yield from enumerate(lines, number)
            number += len(lines)
        self._found.physical = number - 1

    def _sieved(
        self, usual: MainFormat, pieces: Iterable[bytes], number: int, part: Part
    ) -> Iterator[tuple[int, str] | Block]:
        unwrapper, path = self._unwrapper(), usual.path

        def read(number: int, text: str) -> tuple[Payload, LineFormat, Fields] | None:
            payload = unwrapper.open_text(text, path)
            if payload is None:
                return None
            form, fields = self._fitting.fit(payload.text.removesuffix("\r"))
            if form is None or fields is None or form.kind != "access":
                return None
            return payload._replace(line=number, process=usual.process), form, fields

        form = next(each for each in self._fitting.known if each.id == usual.format_id)
        sieve = Sieve(usual, form, self._prefilter, read, offset=part.start, every=self._every)
        for data, last in _with_last(iter(pieces)):
            yield from sieve.lines(data, number, last=last and part.last)
            number += sieve.count
        self._found.physical = number - 1

    def usual(self, head: Sequence[str]) -> MainFormat | None:
        """What the usual lines of a source are, by its first lines; None: they are of no kind, or of several."""
        found = outline_of(head)
        if found is None:
            return None
        outline, places = found
        unwrapper = self._unwrapper()
        payloads = unwrapper.payloads(iter(enumerate(head, 1)))
        held = {each.line: each for each in payloads if isinstance(each, Payload) and each.kind == "line"}
        kinds = set()
        for each in (held.get(place + 1) for place in places):
            form, fields = (None, None) if each is None else self._fitting.fit(each.text.removesuffix("\r"))
            if each is None or form is None or fields is None or form.kind != "access":
                return None
            timed = bool(fields.get("outer") or fields.get("time") or each.wrap.time)
            kinds.add((form.id, each.wrap.path, each.process, timed))
        if len(kinds) != 1 or unwrapper.turned:
            return None
        name, path, process, timed = kinds.pop()
        alone = timed and not self._clock.yearless and all(each.wrap.path == path for each in held.values())
        return MainFormat(outline, name, path, process, alone)

    # -- what every line is -----------------------------------------------------------------------------------------

    def take(self, payloads: Iterable[Payload | Block]) -> Lines:
        """As ``read``, for lines whose envelopes are off."""
        found, order = self._found, 0
        for payload in payloads:
            if isinstance(payload, Payload) and payload.kind != "line":
                found.kinds["other" if payload.kind == "hollow" else "continuation"] += 1
                continue
            process = payload.process
            if process not in self._processes:
                self._processes[process] = ProcessReader(
                    found, self._fitting, self._prefilter, self._typed, self._trusted, self._clock, every=self._every
                )
            if isinstance(payload, Payload):
                count, path = 1, payload.wrap.path
                self._processes[process].add(Place(payload.line, order + 1, payload.wrap, process), payload.text)
            else:
                count, path = payload.count, payload.main_format.path
                self._processes[process].pass_over(payload, order + 1)
            if path:
                found.envelopes[path] += count
            order += count
        for each in self._processes.values():
            each.end()
            found.elsewhere += each.elsewhere
            found.settled = found.settled and each.settled
            found.alone = found.alone and each.alone
        found.access.sort(key=lambda each: each.order)
        found.messages.sort(key=lambda each: each.order)
        found.total = sum(found.kinds.values())
        found.orders = order
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


class _Ending:
    """Passes chunks on.

    Attributes:
        rest: what stands behind the last line break so far.
    """

    def __init__(self, chunks: Iterable[Chunk]) -> None:
        self._chunks = chunks
        self.rest = b""

    def __iter__(self) -> Iterator[Chunk]:
        for chunk in self._chunks:
            self.rest = chunk.data[chunk.data.rfind(b"\n") + 1 :]
            yield chunk


def _numbered(chunks: Iterable[Chunk]) -> Iterator[tuple[int, str]]:
    return enumerate((line for chunk in chunks for line in _texts(chunk.data)), 1)


def _texts(data: bytes) -> list[str]:
    return data.decode("utf-8", "surrogateescape").removesuffix("\n").split("\n") if data else []


def _head(chunks: Iterator[Chunk]) -> tuple[bytes, bytes]:
    """The first lines of a source, and what else was read with them."""
    data = b""
    for chunk in chunks:
        data += chunk.data
        if data.count(b"\n") > HEAD:
            at = 0
            for _ in range(HEAD):
                at = data.index(b"\n", at) + 1
            return data[:at], data[at:]
    return data, b""


def _with_last(pieces: Iterator[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Each of the pieces, and whether it is the last one."""
    before: bytes | None = None
    for piece in pieces:
        if before is not None:
            yield before, False
        before = piece
    if before is not None:
        yield before, True
