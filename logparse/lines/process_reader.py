"""The lines of one process, in the order in which it wrote them: what each was, and what is kept of it.

Owns: which line belongs to which, and the time of lines that carry none. Must not know: envelopes, which requests or
messages matter (it is told which to keep), lines of other processes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import pyarrow.compute as pc

from logparse.formats.line_format import strip_colour
from logparse.formats.readers import tail_fields
from logparse.lines import forgery, rejoining
from logparse.lines.access import Access, access_line
from logparse.lines.batch import Batch
from logparse.lines.forgery import LOOKAHEAD, SPLIT, TypedName
from logparse.lines.rejoining import REQUEST
from logparse.lines.result import Lines, Message, Place

if TYPE_CHECKING:
    import re
    from collections.abc import Sequence

    from logparse.common.timestamps import Stamp
    from logparse.envelopes.block import Block
    from logparse.formats.line_format import Fields, LineFormat
    from logparse.formats.recognizer import Fitting
    from logparse.lines.clock import Clock
    from logparse.lines.proxies import Trusted
    from logparse.rules.prefilter import Prefilter

#: A line without a time takes that of the app line before it, unless the next one is later than this (microseconds),
NEIGHBOURS_APART: Final = 86_400_000_000
#: or there is no next one and the line before is further up than this.
NEIGHBOUR_LINES: Final = 1000
#: How many lines that nothing was made of are kept to be shown.
EXAMPLES: Final = 5
#: Lines of a process that are read at once.
BATCH: Final = 2000
#: What a line is may depend on so many lines behind it.
AHEAD: Final = LOOKAHEAD + SPLIT


class ProcessReader:
    """What one process wrote: the lines of others do not come between its own.

    Attributes:
        elsewhere: access lines that do not stand right behind the message about a typed name.
        alone: no line takes its time from one behind it for want of one before, or lacks the message it belongs to.
        settled: in the end: nothing that comes behind depends on what was before.
    """

    def __init__(
        self,
        found: Lines,
        fitting: Fitting,
        prefilter: Prefilter,
        typed: re.Pattern[str],
        trusted: Trusted,
        clock: Clock,
        *,
        every: bool = False,
    ) -> None:
        self._found = found
        self._fitting = fitting
        self._fit = fitting.fit
        self._prefilter = prefilter
        self._every = every
        self._typed = typed
        self._trusted = trusted
        self._clock = clock
        self._lines: list[str] = []
        self._places: list[Place] = []
        self._usual: list[str] = []  # the format of each that is a usual line, else empty
        self._number = 1  # of the first of them
        self._headed: Stamp | None = None  # of the last app line
        self._open = False  # the last headed line was an app line, and nothing else came since
        self._stranger: TypedName | None = None
        self._named_at: int | None = None  # number of the last app line, if it ended in a name that was typed
        self.elsewhere = 0
        self.alone = self.settled = True
        self._heads = False  # an app line was read
        self._neighbour: tuple[int, int] | None = None  # time and number of the last stamped app line
        self._timeless: list[tuple[int, Access]] = []

    def add(self, place: Place, text: str, usual: str = "") -> None:
        """Take the next line; ``usual`` is its format if it is one of the usual lines and need not be looked at."""
        self._lines.append(text)
        self._places.append(place)
        self._usual.append(usual)
        if len(self._lines) >= BATCH + AHEAD:
            self._run()

    def pass_over(self, block: Block, order: int) -> None:
        """Take the next lines, which are usual ones, the first of them the ``order``-th of the source.

        As long as what was said before them may concern them, or needs to be told from them, they are read like others.
        """
        usual, at = block.main_format, 0
        kept = {each.at: each for each in block.single_lines}
        rows: set[int] | None = None
        while True:
            self._run()
            if not self._lines and not self._wary():
                break
            if at == block.count:
                return
            rows = set(block.rows["at"].to_pylist()) if rows is None else rows
            for nth in range(at, min(block.count, at + AHEAD)):
                held = kept.get(nth)
                payload = block.payload(nth) if held is None else held.payload
                place = Place(block.number(nth), order + nth, payload.wrap, usual.process)
                wanted = nth in rows or (held is not None and held.wanted)
                self.add(place, payload.text, "" if wanted else usual.format_id)
            at = min(block.count, at + AHEAD)
        first = self._number
        self._number += block.count - at
        self._open, self._stranger = False, None
        near = 0 if self._named_at is None else max(0, self._named_at + SPLIT + 1 - first)
        self.elsewhere += max(0, block.count - at - near)
        self._count("access", usual.format_id, block.count - at)
        for each in block.single_lines:
            if each.at >= at:
                place = Place(block.number(each.at), order + each.at, each.payload.wrap, usual.process)
                stamp = self._stamp(each.fields, place)
                if each.wanted:
                    self._seen(stamp)
                    self._found.formats[usual.format_id] -= 1
                    self._found.formats[each.form.id] += 1
                self._keep(each.form, each.fields, stamp, first + each.at - at, place)
        self._keep_rows(block, order, at)

    def _keep_rows(self, block: Block, order: int, at: int) -> None:
        """Keep the lines of a block that were read together, from a place on."""
        rows, usual = block.rows, block.main_format
        rows = rows.filter(pc.greater_equal(rows["at"], at)) if at else rows
        if not len(rows):
            return
        times = pc.min_max(rows["time"]).as_py()
        for time in (times["min"], times["max"]):
            self._found.first = time if self._found.first is None else min(self._found.first, time)
            self._found.last = time if self._found.last is None else max(self._found.last, time)
        places, last = rows["at"], block.line + block.count - 1
        lines = pc.subtract(last, places) if block.backwards else pc.add(places, block.line)
        rows = rows.drop_columns("at").append_column("line", lines).append_column("order", pc.add(places, order))
        decoded = next(form.decoded for form in self._fitting.known if form.id == usual.format_id)
        self._found.batches.append(Batch(rows, decoded, usual.process))

    def end(self) -> None:
        """There are no more lines."""
        self._run()
        self.settled = not (self._lines or self._wary() or self._open or self._timeless)
        self._run(final=True)
        self._settle(None)

    def _run(self, *, final: bool = False) -> None:
        """Read lines and forget them, up to one that may depend on lines that are still to come."""
        at, lines = 0, self._lines
        while at < len(lines):
            behind = len(lines) - at - 1
            if not final and behind < AHEAD and self._reach(at) > behind:
                break
            at += self._one(lines, at, self._number + at)
        del lines[:at], self._places[:at], self._usual[:at]
        self._number += at

    def _reach(self, at: int) -> int:
        """How many lines behind a line may be asked for to tell what it is."""
        if self._stranger is not None and self._number + at == self._stranger.until:
            return AHEAD
        if self._usual[at]:
            return 0
        line = self._lines[at].removesuffix("\r")
        form, fields = self._fit(line) if line.strip("\0 \t") else (None, None)
        if form is None or fields is None:
            return SPLIT
        if form.kind != "app":
            return 0
        open_ended = form.tail is not None and fields.get("logger") is None
        return AHEAD if open_ended or self._typed.search(fields.get("message") or "") else 0

    def _wary(self) -> bool:
        """Whether a stranger may have written the next line."""
        return self._stranger is not None and self._number <= self._stranger.until

    def _place(self, number: int) -> Place:
        return self._places[number - self._number]

    def _one(self, lines: list[str], at: int, number: int) -> int:
        line = lines[at].removesuffix("\r")
        self._watch(lines, at, number)
        if not line.strip("\0 \t"):  # NULs: a log truncated while its writer went on at the old offset
            self._count("other")
            self._went_on(lines[at])
            return 1
        form, fields = self._fit(line)
        usual = self._usual[at]
        if usual and (form is None or fields is None or form.kind != "access"):
            self._note_access(usual, number)
            return 1
        if form is None or fields is None:
            return self._unfit(lines, at, number, line)
        if form.kind == "access":
            stamp = self._stamp(fields, self._place(number))
            forged = self._is_forged(stamp, number)
            return self._forged() if forged else self._access(form, fields, stamp, number, usual=usual)
        if form.kind == "app":
            return self._app(form, fields, lines, at, number)
        self._count(form.kind, form.id)
        self._went_on(lines[at])
        if form.kind == "continuation":
            self._keep_continuation(line, number)
        return 1

    def _count(self, kind: str, form: str = "", lines: int = 1) -> None:
        self._found.kinds[kind] += lines
        if form:
            self._found.formats[form] += lines

    def _stamp(self, fields: Fields, place: Place | None = None) -> Stamp | None:
        """The time that a line tells; of a line at this place that tells none, that of its envelope."""
        text = fields.get("outer") or fields.get("time")
        if text or place is None:
            return self._clock.read(text) if text else None
        outer = place.wrap.time
        return self._clock.read(outer) if outer else None

    def _seen(self, stamp: Stamp | None) -> None:
        if stamp is None:
            return
        found = self._found
        found.first = stamp.utc if found.first is None else min(found.first, stamp.utc)
        found.last = stamp.utc if found.last is None else max(found.last, stamp.utc)

    # -- lines behind a typed name ----------------------------------------------------------------------------------

    def _is_forged(self, stamp: Stamp | None, number: int) -> bool:
        return self._stranger is not None and self._stranger.forged(stamp, number)

    def _read_stamp(self, line: str) -> Stamp | None:
        _, fields = self._fit(line)
        return self._stamp(fields) if fields else None

    def _watch(self, lines: Sequence[str], at: int, number: int) -> None:
        """Where a stranger wrote more than can be seen at once, look again from the end of what was seen."""
        if self._stranger is not None and number == self._stranger.until:
            stamp = self._stranger.stamp
            more = forgery.last_login(lines, at, stamp, self._read_stamp)
            self._stranger.until += more
            self._stranger.sure = number + forgery.last_in_time(lines, at, stamp, self._read_stamp, more)

    def _forged(self) -> int:
        self._found.forged += 1
        self._count("continuation")
        return 1

    def _went_on(self, line: str) -> None:
        if self._stranger is not None:
            self._stranger.went_on(line)

    def _is_shadowed(self, number: int) -> bool:
        """Whether a stranger could have written this line."""
        return self._stranger is not None and number < self._stranger.until

    # -- access lines -----------------------------------------------------------------------------------------------

    def _access(self, form: LineFormat, fields: Fields, stamp: Stamp | None, number: int, *, usual: str = "") -> int:
        self._note_access(usual or form.id, number)
        if not usual:
            self._seen(stamp)
        self._keep(form, fields, stamp, number, self._place(number))
        return 1

    def _note_access(self, form: str, number: int) -> None:
        self._count("access", form)
        self._open = False
        self.elsewhere += self._named_at is None or number - self._named_at > SPLIT

    def _keep(self, form: LineFormat, fields: Fields, stamp: Stamp | None, number: int, place: Place) -> None:
        if not self._every and not self._prefilter.request(
            fields.get("method") or fields.get("verb"),
            fields.get("target") or fields.get("url_path"),
            fields.get("status"),
        ):
            return
        own = fields.get("outer") or fields.get("time")
        shadowed = self._is_shadowed(number)
        access = access_line(form, fields, place.line, stamp, shadowed=shadowed, trusted=self._trusted)
        access.order, access.origin, access.process = place.order, place.wrap.origin, place.process
        access.record = place.wrap.record or None
        if stamp is not None and not own:
            access.time_source = "envelope"
        self._found.access.append(access)
        # A time that is none (31 February) is no reason to give the line that of another.
        if access.time is None and not own:
            self._timeless.append((number, access))

    def _settle(self, following: int | None) -> None:
        """Give the lines that carry no time that of the app line before them, or after the first ones."""
        for number, access in self._timeless:
            if self._neighbour is None:
                self.alone = False
                access.time = following
            elif following is not None:
                near = following - self._neighbour[0] <= NEIGHBOURS_APART
                access.time = self._neighbour[0] if near else None
            elif number - self._neighbour[1] <= NEIGHBOUR_LINES:
                access.time = self._neighbour[0]
            access.time_source = None if access.time is None else "neighbour"
        self._timeless.clear()

    # -- app lines --------------------------------------------------------------------------------------------------

    def _app(self, form: LineFormat, fields: Fields, lines: list[str], at: int, number: int) -> int:
        stamp = self._stamp(fields, self._place(number))
        if self._is_forged(stamp, number):
            return self._forged()
        if not self._is_shadowed(number):
            self._stranger = None
        text = fields.get("message") or ""
        typed = bool(self._typed.search(text))
        self._named_at = number if typed else None
        more = self._further_lines(form, fields, lines, at, typed=typed)
        self._count("app", form.id)
        self._count("continuation", lines=more)
        self._open, self._headed, self._heads = True, stamp, True
        self._seen(stamp)
        if stamp is not None:
            self._settle(stamp.utc)
            self._neighbour = (stamp.utc, number)
            if typed and not more and self._stranger is None:
                reach = forgery.last_login(lines, at, stamp, self._read_stamp)
                # Where the access lines are in another file, no login bounds what the stranger wrote.
                reach = reach or forgery.last_stray(lines, at, stamp, self._read_stamp)
                sure = forgery.last_in_time(lines, at, stamp, self._read_stamp, reach)
                self._stranger = TypedName(stamp, text.rpartition(": ")[2], number + reach, number + sure)
        if self._every or self._prefilter.message(lines[at]):
            error = fields.get("error")
            said = f"{text} error={error}" if error else text
            self._say(number, stamp, said, fields.get("loc") or "")
        for offset, line in enumerate(lines[at + 1 : at + 1 + more], 1):
            if not line.startswith((" ", "\t")):  # frames of a traceback are indented, its error is not
                self._keep_continuation(line, number + offset)
        return 1 + more

    def _further_lines(self, form: LineFormat, fields: Fields, lines: Sequence[str], at: int, *, typed: bool) -> int:
        ended = fields.get("logger") is not None
        if form.tail is None or (ended and not typed):
            return 0
        more, ending = rejoining.rest_of_message(lines, at, form, self._fit, ended=ended, typed=typed)
        if ending is not None and not ended:
            fields.update(tail_fields(ending))
        return more

    def _keep_continuation(self, line: str, number: int) -> None:
        self.alone = self.alone and self._heads
        if self._every or self._prefilter.message(line):
            text = strip_colour(line).strip()
            self._say(number, self._headed, text, "", continuation=True)

    def _say(self, number: int, stamp: Stamp | None, text: str, loc: str, *, continuation: bool = False) -> None:
        line, order, wrap, process = self._place(number)
        said = Message(line, order, stamp, text, loc, continuation, wrap.origin, process, wrap.record or None)
        self._found.messages.append(said)

    # -- lines that fit no format -----------------------------------------------------------------------------------

    def _unfit(self, lines: list[str], at: int, number: int, line: str) -> int:
        joined = rejoining.joined(lines, at, self._fitting.named, self._stranger)
        if joined is not None:
            length, form, fields = joined
            self._stranger = None
            self._count("continuation", lines=length - 1)
            last = number + length - 1
            self._access(form, fields, self._stamp(fields, self._place(last)), last)
            return length
        self._went_on(lines[at])
        if self._open and not REQUEST.search(line):
            self._count("continuation")
            self._keep_continuation(line, number)
            return 1
        half = rejoining.whole("? - " + line, self._fitting.named) if rejoining.may_end_request(line) else None
        if half is not None:
            # The end of an access line whose beginning is in another file, or lost: its client is not known.
            form, fields = half
            fields.update(client=None, user=None, forwarded=None, real_ip=None)
            self._access(form, fields, self._stamp(fields, self._place(number)), number)
            if self._found.access and self._found.access[-1].order == self._place(number).order:
                self._found.access[-1].nameless = True
            return 1
        self._count("unparsed")
        if len(self._found.unparsed) < EXAMPLES:
            self._found.unparsed.append((self._place(number).line, line))
        return 1
