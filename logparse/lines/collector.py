"""What is kept of the lines of one process, and how lines are counted.

Owns: the form in which access lines and messages are kept. Must not know: how lines are told apart.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from logparse.lines.access import make_access
from logparse.lines.long_texts import cut_text
from logparse.lines.neighbour_times import NeighbourTimes
from logparse.lines.result import Message, Place

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from logparse.common.timestamps import Stamp
    from logparse.envelopes.block import Block
    from logparse.formats.line_format import Fields, LineFormat
    from logparse.formats.recognizer import Recognized
    from logparse.lines.clock import Clock
    from logparse.lines.proxies import Trusted
    from logparse.lines.result import SourceLines
    from logparse.rules.prefilter import Prefilter


class Collector:
    """Keeps the lines of one process that may matter.

    Args:
        lines: where all that is kept and counted goes; processes of one source share it.
        prefilter: says of a request or message whether it may matter.
        trusted: proxies whose word on the client's address is taken.
        clock: reads the stamps of the source.
        keep_all: keep requests and messages that the prefilter says cannot matter, too.

    Attributes:
        times: the time of lines that carry none.
    """

    def __init__(
        self, lines: SourceLines, prefilter: Prefilter, trusted: Trusted, clock: Clock, *, keep_all: bool
    ) -> None:
        self._lines = lines
        self._prefilter = prefilter
        self._trusted = trusted
        self._clock = clock
        self._keep_all = keep_all
        self.times = NeighbourTimes()

    def count(self, kind: str, form: str = "", lines: int = 1) -> None:
        """Count lines of a kind, and of a line format if they are in one."""
        self._lines.kinds[kind] += lines
        if form:
            self._lines.formats[form] += lines

    def count_alike(self, texts: Sequence[str], fit: Callable[[str], Recognized], *, unknown: str) -> None:
        """Count lines that are blank, or by what ``fit`` tells of each; those in no format are ``unknown``."""
        for text, times in Counter(texts).items():
            line = text.removesuffix("\r")
            blank = not line.strip("\0 \t")
            form, _ = (None, None) if blank else fit(line)
            kind = "other" if blank else unknown if form is None else form.kind
            self.count(kind, "" if form is None else form.id, times)

    def count_forged(self) -> None:
        """Count a line that a stranger forged: it belongs to the message behind which it stands."""
        self._lines.forged += 1
        self.count("continuation")

    def count_end(self) -> None:
        """Count an access line of which only the end was read, besides counting it by its kind."""
        self._lines.ends += 1

    def note_stamp(self, stamp: Stamp | None) -> None:
        """Extend the time that the source spans to that of a line, if it has one."""
        if stamp is not None:
            self._lines.note_time(stamp.utc)

    def keep_access(
        self,
        form: LineFormat,
        fields: Fields,
        stamp: Stamp | None,
        number: int,
        place: Place,
        *,
        shadowed: bool = False,
    ) -> None:
        """Keep an access line if it may matter.

        Args:
            form: its line format.
            fields: what it holds.
            stamp: its time, or that of its envelope.
            number: of the line, among those of the process.
            place: where the source holds it.
            shadowed: a stranger could have written it.
        """
        if not self._keep_all and not self._prefilter.request(
            fields.get("method") or fields.get("verb"),
            fields.get("target") or fields.get("url_path"),
            fields.get("status"),
        ):
            return
        carries_time = fields.get("outer") or fields.get("time")
        access = make_access(form, fields, place.line, stamp, shadowed=shadowed, trusted=self._trusted)
        access.order, access.origin, access.process = place.order, place.wrap.origin, place.process
        access.record = place.wrap.record or None
        if stamp is not None and not carries_time:
            access.time_source = "envelope"
        self._lines.access.append(access)
        # A line with an impossible time (31 February) does not take the time of another line.
        if access.time is None and not carries_time:
            self.times.add(number, access)

    def keep_block(self, block: Block, order: int, start: int, *, number: int, decoded: bool) -> None:
        """Keep those lines of a block that may matter.

        Args:
            block: lines in the file's main format, counted already.
            order: of the first of them in the source.
            start: how many lines of the block are left out.
            number: of the first line that is not left out, among those of the process.
            decoded: their server writes paths percent-decoded.
        """
        main_format = block.main_format.format_id
        for line in block.single_lines:
            if line.at >= start:
                place = Place(block.number(line.at), order + block.order(line.at), line.payload.wrap, block.process)
                stamp = self._clock.read_line(line.fields, place.wrap.time)
                if line.wanted:
                    self.note_stamp(stamp)
                    self._lines.formats[main_format] -= 1
                    self._lines.formats[line.form.id] += 1
                self.keep_access(line.form, line.fields, stamp, number + line.at - start, place)
        self._lines.rows.add(block, order, start, decoded=decoded)

    def may_keep(self, raw: str) -> bool:
        """Return whether an app line, or one of some lines, may matter."""
        return self._keep_all or self._prefilter.message(raw)

    def keep_message(
        self, raw: str, text: str, stamp: Stamp | None, place: Place, *, loc: str = "", continuation: bool = False
    ) -> None:
        """Keep an app line, or a line of a traceback, if it may matter.

        Args:
            raw: the whole line.
            text: what it says.
            stamp: its time.
            place: where the source holds it.
            loc: ``file.py:line`` that logged it.
            continuation: it is a line of a traceback.
        """
        if self.may_keep(raw):
            line, order, wrap, process = place
            self._lines.messages.append(
                Message(
                    line, order, stamp, cut_text(text), loc, continuation, wrap.origin, process, wrap.record or None
                )
            )

    def count_unparsed(self, line: str, place: Place) -> None:
        """Count a line in no known form."""
        self._lines.count_unparsed(place.line, line)
