"""The lines of one process, in the order in which it wrote them: what each is, and which lines belong together.

Owns: which line belongs to which. Only this module takes single lines and blocks, and says which are read one by one.
Must not know: envelopes, which requests or messages matter, lines of other processes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from logparse.formats.line_format import strip_colour
from logparse.lines import rejoining
from logparse.lines.broken_lines import rejoin_rest
from logparse.lines.forgery import ForgeryGuard
from logparse.lines.lines_ahead import LinesAhead, read_lines_of
from logparse.lines.rejoining import AHEAD

if TYPE_CHECKING:
    from collections.abc import Sequence

    from logparse.common.timestamps import Stamp
    from logparse.envelopes.block import Block
    from logparse.formats.line_format import Fields, LineFormat
    from logparse.formats.recognizer import Recognizer
    from logparse.lines.clock import Clock
    from logparse.lines.collector import Collector
    from logparse.lines.forgery import IsTyped
    from logparse.lines.result import Place

#: So many lines are read together, or so many characters.
BATCH: Final = 2000
_BATCH_SIZE: Final = 8 * 1024 * 1024


class ProcessReader:
    """Reads what one process wrote, as lines numbered from 1: lines of other processes do not come between its own.

    Args:
        collector: keeps and counts the lines.
        recognizer: tells the line format of a line.
        typed: true of messages that end in a name that a stranger typed.
        clock: reads the stamps of the source.

    Attributes:
        guard: guards against lines that a stranger forged.
        independent_of_previous: in the end: the lines read the same whatever the process wrote before them.
        independent_of_next: in the end: what the process wrote behind them reads the same whatever they are.
    """

    def __init__(self, collector: Collector, recognizer: Recognizer, typed: IsTyped, clock: Clock) -> None:
        self._collector, self._recognizer, self._fit = collector, recognizer, recognizer.recognize
        self._typed, self._clock = typed, clock
        self.guard = ForgeryGuard()
        self._ahead = LinesAhead(recognizer, clock)  # those that are still to be read
        self._lines = self._ahead.texts
        self._message_stamp: Stamp | None = None  # of the last app line
        self._in_message = False  # the last line with a head of its own was an app line
        self._saw_app_line = False
        self._broken = False  # some access lines were put together
        self.independent_of_previous = self.independent_of_next = True

    def add(self, place: Place, text: str, counted_as: str = "") -> None:
        """Take the next line.

        An access line in the file's main format that cannot matter is ``counted_as`` one in that format, and no more.
        """
        self._ahead.append(place, text, counted_as)
        if len(self._lines) >= BATCH + AHEAD or self._ahead.size > _BATCH_SIZE:
            self._read_lines()

    def add_alike(self, place: Place, texts: Sequence[str]) -> None:
        """Take the next lines, which are in no format that tells anything, as many lines before them are."""
        self._read_lines()
        matters = self._collector.may_keep("\n".join(texts))
        alike = not matters and not self.guard.is_watching(self._ahead.number) and self._ahead.are_like(place, texts)
        if alike:  # so those that wait can as well come behind them
            self._ahead.skip_alike(place, len(texts))
            self._collector.count_alike(texts, self._fit, unknown="continuation" if self._in_message else "unparsed")
            return
        for more, text in enumerate(texts):
            self.add(place._replace(line=place.line + more, order=place.order + more), text)

    def add_block(self, block: Block, order: int) -> None:
        """Take the next lines, all in the file's main format; the first of them is the ``order``-th of the source.

        Lines that may depend on what stands before them, or show what that was, are read one by one.
        """
        start = self._read_first_lines_of(block, order)
        if self._must_read_next_line():
            return
        main_format, rest, first = block.main_format, block.count - start, self._ahead.number
        self._ahead.skip(rest)
        self._in_message = False
        self.guard.typed = None
        self.guard.note_access_lines(first, rest)
        self._collector.count("access", main_format.format_id, rest)
        decoded = self._recognizer.form(main_format.format_id).decoded
        self._collector.keep_block(block, order, start, number=first, decoded=decoded)

    def _read_first_lines_of(self, block: Block, order: int) -> int:
        """Read lines of a block one by one while it matters what stands before them; return how many these were."""
        start = 0
        self._read_lines()
        while start < block.count and self._must_read_next_line():
            end = min(block.count, start + AHEAD)
            for each in read_lines_of(block, order, start, end):
                self.add(*each)
            start = end
            self._read_lines()
        return start

    def _must_read_next_line(self) -> bool:
        return bool(self._lines) or self.guard.is_watching(self._ahead.number)

    def end(self) -> None:
        """Read the last lines: there are no more."""
        self._read_lines()
        waiting = self._in_message or self._collector.times.is_waiting
        self.independent_of_next = not (waiting or self._must_read_next_line())
        self._read_lines(final=True)
        self._collector.times.assign(None)
        self.independent_of_previous = self.independent_of_previous and self._collector.times.independent_of_previous

    def _read_lines(self, *, final: bool = False) -> None:
        """Read lines and forget them, up to one that may depend on lines that are still to come."""
        at, lines = 0, self._lines
        while at < len(lines):
            behind = len(lines) - at - 1
            if not final and behind < AHEAD and self._lines_needed_behind(at) > behind:
                break
            at += self._read_line(lines, at, self._ahead.number + at)
        self._ahead.forget(at)

    def _lines_needed_behind(self, at: int) -> int:
        """Return how many lines behind a line must be at hand to read it."""
        if self.guard.must_look_on(self._ahead.number + at):
            return AHEAD
        if self._ahead.counted_as[at]:
            return 0
        line = self._lines[at].removesuffix("\r")
        form, fields = self._fit(line) if line.strip("\0 \t") else (None, None)
        return rejoining.count_needed_behind(form, fields, line, self._typed, broken=self._broken)

    def _read_line(self, lines: list[str], at: int, number: int) -> int:
        """Read a line, and those behind it that belong to it; return how many these are together."""
        line = lines[at].removesuffix("\r")
        self.guard.look_on(self._ahead, at, number)
        if not line.strip("\0 \t"):  # NULs: a log truncated while its writer went on at the old offset
            self._collector.count("other")
            self.guard.note_headless(lines[at])
            return 1
        form, fields = self._fit(line)
        counted_as = self._ahead.counted_as[at]
        if counted_as and (form is None or fields is None or form.kind != "access"):
            self._count_access(counted_as, number)
        elif (
            form is None
            or fields is None
            or rejoining.is_torn(form, lines, at, self._recognizer, in_message=self._in_message)
        ):
            return self._read_unknown(lines, at, number, line)
        elif form.kind in ("access", "app"):
            stamp = self._clock.read_line(fields, self._ahead.place(number).wrap.time)
            if self.guard.is_forged(stamp, number, timed=form.airflow, access=form.kind == "access"):
                self._collector.count_forged()
            elif form.kind == "app":
                return self._read_message(form, fields, stamp, lines, at, number)
            elif counted_as or (joined := rejoin_rest(lines, at, fields, self._fit)) is None:
                self._read_access(form, fields, stamp, number, counted_as)
            else:
                return self._read_joined(joined, number)
        else:
            self._collector.count(form.kind, form.id)
            self.guard.note_headless(lines[at])
            if form.kind == "continuation":
                self._keep_continuation(line, number)
        return 1

    def _read_access(
        self, form: LineFormat, fields: Fields, stamp: Stamp | None, number: int, counted_as: str = ""
    ) -> None:
        self._count_access(counted_as or form.id, number)
        if not counted_as:
            self._collector.note_stamp(stamp)
        shadowed = self.guard.could_forge(number)
        self._collector.keep_access(form, fields, stamp, number, self._ahead.place(number), shadowed=shadowed)

    def _read_joined(self, joined: tuple[int, LineFormat, Fields], number: int) -> int:
        """Read an access line that was put together, of which a line is the first; return how many lines it takes."""
        length, form, fields = joined
        self._broken = True
        self._collector.count("continuation", lines=length - 1)
        last = number + length - 1
        self._read_access(form, fields, self._clock.read_line(fields, self._ahead.place(last).wrap.time), last)
        return length

    def _count_access(self, form: str, number: int) -> None:
        self._collector.count("access", form)
        self._in_message = False
        self.guard.note_access_lines(number)

    def _read_message(
        self, form: LineFormat, fields: Fields, stamp: Stamp | None, lines: list[str], at: int, number: int
    ) -> int:
        """Read an app line with the further lines of its message; return how many these are together."""
        text = fields.get("message") or ""
        typed = not form.whole and self._typed(text)
        self.guard.note_message(number, typed=typed)
        more = rejoining.find_rest_of_message(lines, at, form, fields, self._fit, typed=typed)
        self._collector.count("app", form.id)
        self._collector.count("continuation", lines=more)
        self._in_message, self._message_stamp, self._saw_app_line = True, stamp, True
        self._collector.note_stamp(stamp)
        if stamp is not None:
            self._collector.times.note_app_line(stamp.utc, number)
            if typed and not more and self.guard.typed is None:
                self.guard.watch(text.rpartition(": ")[2], stamp, self._ahead, at, number)
        error = fields.get("error")
        whole = f"{text} error={error}" if error else text
        self._collector.keep_message(lines[at], whole, stamp, self._ahead.place(number), loc=fields.get("loc") or "")
        for offset, line in enumerate(lines[at + 1 : at + 1 + more], 1):
            if not line.startswith((" ", "\t")):  # frames of a traceback are indented, its error is not
                self._keep_continuation(line, number + offset)
        return 1 + more

    def _keep_continuation(self, line: str, number: int) -> None:
        self.independent_of_previous = self.independent_of_previous and self._saw_app_line
        text = strip_colour(line).strip()
        self._collector.keep_message(line, text, self._message_stamp, self._ahead.place(number), continuation=True)

    def _read_unknown(self, lines: list[str], at: int, number: int, line: str) -> int:
        """Read a line that is in no format: a part of one, or nothing known; return how many lines that takes."""
        if (joined := rejoining.rejoin_access_line(lines, at, self._recognizer, self.guard.typed)) is not None:
            self.guard.typed = None
            return self._read_joined(joined, number)
        self.guard.note_headless(lines[at])
        if self._in_message and not rejoining.REQUEST.search(line):
            self._collector.count("continuation")
            self._keep_continuation(line, number)
            return 1
        if (end := rejoining.read_end_of_access_line(line, self._recognizer.named)) is not None:
            form, fields = end
            self._collector.count_end()
            self._read_access(form, fields, self._clock.read_line(fields, self._ahead.place(number).wrap.time), number)
        else:
            self._collector.count_unparsed(line, self._ahead.place(number))
        return 1
