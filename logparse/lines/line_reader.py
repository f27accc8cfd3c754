"""The lines of one source: access lines and messages that may matter, and a count of what every line was.

Owns: parting the lines of a source by the process that wrote them.
Must not know: which requests or messages matter, what a line is, what is around it.
"""

from __future__ import annotations

from functools import lru_cache, partial
from itertools import islice, repeat
from typing import TYPE_CHECKING, Final

from logparse.common.timestamps import lacks_year
from logparse.envelopes.documents.items import TOO_SHORT
from logparse.envelopes.payload import BARE, Payload
from logparse.envelopes.unwrapper import Unwrapper
from logparse.lines import proxies
from logparse.lines.bulk.alike_lines import fold_alike_lines
from logparse.lines.bulk.format_memory import FormatMemory
from logparse.lines.bulk.numbered_lines import number_lines
from logparse.lines.bulk.source_splitter import WHOLE, SourceSplitter
from logparse.lines.clock import Clock
from logparse.lines.collector import Collector
from logparse.lines.process_reader import ProcessReader
from logparse.lines.rejoining import may_be_end, may_be_part
from logparse.lines.result import Place, SourceLines

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import tzinfo

    from logparse.envelopes.block import Block
    from logparse.envelopes.origin import Process
    from logparse.formats.recognizer import Recognizer
    from logparse.lines.bulk.source_splitter import Slice
    from logparse.lines.forgery import IsTyped
    from logparse.lines.proxies import Trusted
    from logparse.rules.prefilter import Prefilter
    from logparse.sources.chunks import Chunk

#: What takes much time for its size are short lines.
_SHORT: Final = 200
#: So many of them are remembered.
_REMEMBERED: Final = 4096


class LineReader:
    """Reads the lines of one source.

    Args:
        recognizer: tells the line format of a line; readers of several sources may share it.
        prefilter: says of a request or message whether it may matter; others are counted only.
        typed: true of messages that end in a text that a stranger typed.
        zone: of stamps that name none.
        trusted: proxies whose word on the client's address is taken.
        fields: names of keys or columns that hold a log line, as the user says.
        folders: of envelopes of the user's own.
        written: when the source was written last, in microseconds UTC, for stamps that name no year; None: now.
        read_all: keep lines, too, of which the prefilter says that they cannot matter. No result may depend on it.

    Attributes:
        splitter: splits the source into single lines and blocks.
    """

    def __init__(  # noqa: PLR0913 - all that is known of a source before it is read
        self,
        recognizer: Recognizer,
        prefilter: Prefilter,
        typed: IsTyped,
        zone: tzinfo,
        trusted: Trusted = proxies.DEFAULT,
        fields: frozenset[str] = frozenset(),
        written: int | None = None,
        *,
        folders: tuple[str, ...] = (),
        read_all: bool = False,
    ) -> None:
        self._recognizer = recognizer
        self._prefilter = prefilter
        self._read_all = read_all
        self._typed = typed
        self._trusted = trusted
        self._clock = Clock(zone, written)
        self._lines = SourceLines()
        self._readers: dict[Process, ProcessReader] = {}
        # Nothing that the reader holds knows the reader: so it is gone once nobody needs it, which matters where there
        # are ten thousand sources.
        remembered = prefilter.answers["main formats"].setdefault(fields, FormatMemory())
        moment = partial(_read_moment, self._recognizer, self._clock)
        self._make_unwrapper = partial(Unwrapper, self._recognizer.kind, moment, fields, folders)
        self.splitter = SourceSplitter(
            self._recognizer, self._clock, prefilter, self._make_unwrapper, remembered, trusted, read_all=read_all
        )

    def read(self, chunks: Iterable[Chunk], part: Slice = WHOLE) -> SourceLines:
        """Read a source, or a part of it; the result does not depend on where it is cut into chunks."""
        unwrapper = self._make_unwrapper()
        if part.main_format is not None:
            unwrapper.resume(part.main_format.path, records=part.main_format.of_records)
        else:
            chunks = unwrapper.unfold(chunks)
        watched = _ChunkWatch(chunks)
        says_nothing = lru_cache(_REMEMBERED)(partial(self._says_nothing, unwrapper))
        split = self.splitter.split(iter(watched), part)
        folded = split if self._read_all else fold_alike_lines(split, self._tells_nothing, says_nothing)
        lines = self.read_payloads(unwrapper.payloads(folded))
        if watched.hollow:
            lines.kinds["other"] += watched.hollow
            lines.total += watched.hollow
        lines.file_lines = self.splitter.file_lines
        lines.cut_lines, lines.cut_bytes = watched.cut_lines, watched.cut_bytes
        lines.independent_of_next = lines.independent_of_next and not unwrapper.turned
        if part.stop is None and watched.unended_line and not lines.envelopes:
            self._leave_out_torn_line(watched.unended_line.decode("utf-8", "surrogateescape"))
        return lines

    def _tells_nothing(self, text: str) -> bool:
        line = text.removesuffix("\r")
        form, _ = self._recognizer.recognize(line) if line.strip("\0 \t") else (None, None)
        return form is None or form.kind == "other"

    def _says_nothing(self, unwrapper: Unwrapper, text: str) -> bool:
        """Return whether a line is in no format that tells anything, no envelope, no document, and no part of one."""
        if len(text) <= TOO_SHORT:
            return self._recognizer.kind(text) in ("", "other") and not may_be_end(text)
        if len(text) > _SHORT or may_be_part(text):
            return False
        return unwrapper.says_nothing(text) and self._tells_nothing(text)

    def _leave_out_torn_line(self, text: str) -> None:
        """Leave out a last line without its end that looks whole in a shorter format than that of all other lines.

        Cut off within its size, a line in the combined format is one in the common format, of another size.
        """
        lines = self._lines
        form, _ = self._recognizer.recognize(text.removesuffix("\r"))
        if form is None or form.kind != "access" or lines.formats[form.id] != 1 or lines.kinds["access"] == 1:
            return
        lines.access = [access for access in lines.access if access.line != lines.file_lines]
        lines.kinds["access"] -= 1
        del lines.formats[form.id]
        lines.count_unparsed(lines.file_lines, text)

    def unwrap(self, chunks: Iterable[Chunk], most: int | None = None) -> Iterator[Payload]:
        """Yield the lines of a source without their envelopes, in the order in which they were written.

        Args:
            chunks: of the source.
            most: the first lines or records of the source are read, so many at most; None: all of them.
        """
        unwrapper = self._make_unwrapper()
        watched = _ChunkWatch(unwrapper.unfold(chunks))
        payloads = unwrapper.payloads(islice(number_lines(watched), most))
        return (line for line in watched.add_hollow(payloads) if isinstance(line, Payload))

    def read_payloads(self, payloads: Iterable[Payload | Block]) -> SourceLines:
        """Read the lines of a source whose envelopes are taken off."""
        lines, order = self._lines, 0
        for payload in payloads:
            if isinstance(payload, Payload) and payload.kind != "line":
                lines.kinds["other" if payload.kind == "hollow" else "continuation"] += 1
                continue
            reader = self._readers.get(payload.process) or self._add_reader(payload.process)
            if isinstance(payload, Payload) and payload.alike:
                count = span = len(payload.alike)
                path = payload.wrap.path
                reader.add_alike(Place(payload.line, order + 1, payload.wrap, payload.process), payload.alike)
            elif isinstance(payload, Payload):
                count, path, span = 1, payload.wrap.path, 1
                reader.add(Place(payload.line, order + 1, payload.wrap, payload.process), payload.text)
            else:
                count, path, span = payload.count, payload.main_format.path, payload.span * payload.last
                reader.add_block(payload, order + 1)
            if path:
                lines.envelopes[path] += count
            order += span
        for reader in self._readers.values():
            reader.end()
            lines.genuine_access_lines += reader.guard.genuine_access_lines
            lines.independent_of_next = lines.independent_of_next and reader.independent_of_next
            lines.independent_of_previous = lines.independent_of_previous and reader.independent_of_previous
        lines.rows.finish()
        lines.note_time(lines.rows.first)
        lines.note_time(lines.rows.last)
        lines.access.sort(key=lambda access: access.order)
        lines.messages.sort(key=lambda message: message.order)
        lines.total = sum(lines.kinds.values())
        lines.log_lines = order
        lines.unzoned = self._clock.unzoned
        lines.yearless = self._clock.yearless
        return lines

    def _add_reader(self, process: Process) -> ProcessReader:
        collector = Collector(self._lines, self._prefilter, self._trusted, self._clock, keep_all=self._read_all)
        reader = self._readers[process] = ProcessReader(collector, self._recognizer, self._typed, self._clock)
        return reader


def _read_moment(recognizer: Recognizer, clock: Clock, text: str, envelope_time: str) -> int | None:
    """Read the time of a line, or else that of its envelope.

    The clock takes note of it, since stamps of the source that name no year are of about that time.
    """
    _, fields = recognizer.recognize(text) if text else (None, None)
    stamp = clock.read_line(fields or {}, envelope_time)
    if text or not lacks_year(envelope_time):
        clock.note(stamp)
    return None if stamp is None else stamp.utc


class _ChunkWatch:
    """Passes chunks on.

    Attributes:
        unended_line: what stands behind the last line break so far.
        hollow: how many lines so far hold nothing of a log, besides those passed on.
        cut_lines, cut_bytes: see ``Chunk``, of all chunks so far.
    """

    def __init__(self, chunks: Iterable[Chunk]) -> None:
        self._chunks = chunks
        self.unended_line = b""
        self.hollow = self.cut_lines = self.cut_bytes = 0

    def __iter__(self) -> Iterator[Chunk]:
        for chunk in self._chunks:
            self.unended_line = chunk.data[chunk.data.rfind(b"\n") + 1 :]
            self.hollow += chunk.hollow
            self.cut_lines += chunk.cut_lines
            self.cut_bytes += chunk.cut_bytes
            yield chunk

    def add_hollow(self, payloads: Iterable[Payload | Block]) -> Iterator[Payload | Block]:
        """Yield payloads that are made of these chunks, and one for each of their hollow lines."""
        yield from payloads
        yield from repeat(Payload(0, "", BARE, "hollow"), self.hollow)
