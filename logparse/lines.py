"""Lines of one source to access lines, messages of app lines, and a count of what every line was.

Owns: the kinds that coverage counts, which line belongs to which, and the time of lines that carry none.
Must not know: which requests or messages matter (it is told which to keep).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from logparse import forwarded, strangers
from logparse.access import Access, access_line
from logparse.clock import Clock
from logparse.envelopes.origin import NOWHERE, Origin, Process
from logparse.envelopes.unwrap import Unwrapper
from logparse.fitting import Fitting
from logparse.formats import strip_colour, tail_fields
from logparse.strangers import LOOKAHEAD, REQUEST, SPLIT, TypedName

if TYPE_CHECKING:
    import re
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import tzinfo

    from logparse.envelopes.unwrap import Payload, Wrap
    from logparse.formats import Fields, LineFormat
    from logparse.forwarded import Trusted
    from logparse.prefilter import Prefilter
    from logparse.reading import Chunk
    from logparse.timestamps import Stamp

KINDS: Final = ("access", "app", "continuation", "other", "unparsed")

#: A line without a time takes that of the app line before it, unless the next one is later than this (microseconds),
NEIGHBOURS_APART: Final = 86_400_000_000
#: or there is no next one and the line before is further up than this.
NEIGHBOUR_LINES: Final = 1000
#: How many lines that nothing was made of are kept to be shown.
EXAMPLES: Final = 5
#: Lines of a process that are read at once.
BATCH: Final = 2000
#: A file of so many app lines whose only access lines stand behind typed names holds none of the server's own.
APP_ONLY: Final = 20


@dataclass(slots=True)
class Message:
    """One app line that may be evidence.

    Attributes:
        line: 1-based number of its first line in the file.
        order: its place among all that the source holds, oldest first.
        stamp: its time; that of the message it belongs to, for a line of a traceback.
        text: what was said, with the text of an attached error behind it.
        loc: ``file.py:line`` that said it, if known.
        continuation: it is a line of a traceback.
        origin: where it was written, as its envelopes tell.
        process: which of those whose lines the source holds wrote it.
        record: what tells the record of the envelope from all others, None if nothing does.
    """

    line: int
    order: int
    stamp: Stamp | None
    text: str
    loc: str
    continuation: bool = False
    origin: Origin = NOWHERE
    process: Process = ()
    record: str | None = None


@dataclass(slots=True)
class Lines:
    """What the lines of one source were.

    Attributes:
        access: access lines that are kept, in file order.
        messages: app lines that are kept, in file order.
        kinds: number of lines by kind; they add up to ``total``.
        formats: number of lines by line format.
        forged: lines that a stranger wrote into a message to look like lines of the server.
        unparsed: up to five lines that nothing was made of, with their numbers.
        first, last: earliest and latest time of an access or app line, microseconds UTC.
        unzoned: some stamp named no zone, so that the assumed one was used.
        yearless: some stamp named no year, so that one was inferred.
        envelopes: number of lines by the envelopes around them, the outermost first.
    """

    access: list[Access] = field(default_factory=list)
    messages: list[Message] = field(default_factory=list)
    kinds: Counter[str] = field(default_factory=Counter)
    formats: Counter[str] = field(default_factory=Counter)
    total: int = 0
    forged: int = 0
    unparsed: list[tuple[int, str]] = field(default_factory=list)
    first: int | None = None
    last: int | None = None
    unzoned: bool = False
    yearless: bool = False
    envelopes: Counter[tuple[str, ...]] = field(default_factory=Counter)


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
        self._processes: dict[Process, _Process] = {}

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
                self._processes[process] = _Process(
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
        _, fields = self._fitting.fit(text)
        stamp = self._clock.read((fields or {}).get("outer") or (fields or {}).get("time") or "") or self._clock.read(
            outer
        )
        self._clock.note(stamp)
        return None if stamp is None else stamp.utc


class Place(NamedTuple):
    """Where a payload comes from: its line in the file, its order among all, what was around it, who wrote it."""

    line: int
    order: int
    wrap: Wrap
    process: Process


def _numbered(chunks: Iterable[Chunk]) -> Iterator[tuple[int, str]]:
    number = 0
    for chunk in chunks:
        for line in chunk.data.decode("utf-8", "surrogateescape").removesuffix("\n").split("\n"):
            number += 1
            yield number, line


class _Process:
    """What one process wrote: the lines of others do not come between its own."""

    def __init__(
        self,
        found: Lines,
        fitting: Fitting,
        prefilter: Prefilter,
        typed: re.Pattern[str],
        trusted: Trusted,
        clock: Clock,
    ) -> None:
        self._found = found
        self._fitting = fitting
        self._fit = fitting.fit
        self._prefilter = prefilter
        self._typed = typed
        self._trusted = trusted
        self._clock = clock
        self._lines: list[str] = []
        self._places: list[Place] = []
        self._number = 1  # of the first of them
        self._headed: Stamp | None = None  # of the last app line
        self._open = False  # the last headed line was an app line, and nothing else came since
        self._stranger: TypedName | None = None
        self._named_at: int | None = None  # number of the last app line, if it ended in a name that was typed
        self._elsewhere = 0  # access lines that do not stand right behind such a line
        self._neighbour: tuple[int, int] | None = None  # time and number of the last stamped app line
        self._timeless: list[tuple[int, Access]] = []

    def add(self, place: Place, text: str) -> None:
        """Take the next line."""
        self._lines.append(text)
        self._places.append(place)
        if len(self._lines) >= BATCH + LOOKAHEAD:
            # A message may reach over many lines: the last ones wait for what comes behind them.
            self._run(BATCH)

    def end(self) -> int:
        """There are no more lines; how many access lines stand elsewhere than right behind a typed name."""
        self._run(len(self._lines))
        self._settle(None)
        return self._elsewhere

    def _run(self, stop: int) -> None:
        """Read lines up to before ``stop``, some perhaps behind it, and forget them."""
        at = 0
        while at < stop:
            at += self._one(self._lines, at, self._number + at)
        del self._lines[:at], self._places[:at]
        self._number += at

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
        if form is None or fields is None:
            return self._unfit(lines, at, number, line)
        if form.kind == "access":
            stamp = self._stamp(fields, number)
            if self._is_forged(stamp, number):
                return self._forged()
            return self._access(form, fields, stamp, number)
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
            self._found.formats[form] += 1

    def _stamp(self, fields: Fields, number: int | None = None) -> Stamp | None:
        """The time that a line tells; of a line of this number that tells none, that of its envelope."""
        text = fields.get("outer") or fields.get("time")
        if text or number is None:
            return self._clock.read(text) if text else None
        outer = self._place(number).wrap.time
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
            more = strangers.last_login(lines, at, stamp, self._read_stamp)
            self._stranger.until += more
            self._stranger.sure = number + strangers.last_in_time(lines, at, stamp, self._read_stamp, more)

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

    def _access(self, form: LineFormat, fields: Fields, stamp: Stamp | None, number: int) -> int:
        shadowed = self._is_shadowed(number)
        self._count("access", form.id)
        self._open = False
        self._seen(stamp)
        self._elsewhere += self._named_at is None or number - self._named_at > SPLIT
        if self._prefilter.request(fields.get("target") or fields.get("url_path"), fields.get("status")):
            place, own = self._place(number), fields.get("outer") or fields.get("time")
            access = access_line(form, fields, place.line, stamp, shadowed=shadowed, trusted=self._trusted)
            access.order, access.origin, access.process = place.order, place.wrap.origin, place.process
            access.record = place.wrap.record or None
            if stamp is not None and not own:
                access.time_source = "envelope"
            self._found.access.append(access)
            # A time that is none (31 February) is no reason to give the line that of another.
            if access.time is None and not own:
                self._timeless.append((number, access))
        return 1

    def _settle(self, following: int | None) -> None:
        """Give the lines that carry no time that of the app line before them, or after the first ones."""
        for number, access in self._timeless:
            if self._neighbour is None:
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
        stamp = self._stamp(fields, number)
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
        self._open, self._headed = True, stamp
        self._seen(stamp)
        if stamp is not None:
            self._settle(stamp.utc)
            self._neighbour = (stamp.utc, number)
            if typed and not more and self._stranger is None:
                reach = strangers.last_login(lines, at, stamp, self._read_stamp)
                # Where the access lines are in another file, no login bounds what the stranger wrote.
                reach = reach or strangers.last_stray(lines, at, stamp, self._read_stamp)
                sure = strangers.last_in_time(lines, at, stamp, self._read_stamp, reach)
                self._stranger = TypedName(stamp, text.rpartition(": ")[2], number + reach, number + sure)
        if self._prefilter.message(lines[at]):
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
        more, ending = strangers.rest_of_message(lines, at, form, self._fit, ended=ended, typed=typed)
        if ending is not None and not ended:
            fields.update(tail_fields(ending))
        return more

    def _keep_continuation(self, line: str, number: int) -> None:
        if self._prefilter.message(line):
            text = strip_colour(line).strip()
            self._say(number, self._headed, text, "", continuation=True)

    def _say(self, number: int, stamp: Stamp | None, text: str, loc: str, *, continuation: bool = False) -> None:
        line, order, wrap, process = self._place(number)
        said = Message(line, order, stamp, text, loc, continuation, wrap.origin, process, wrap.record or None)
        self._found.messages.append(said)

    # -- lines that fit no format -----------------------------------------------------------------------------------

    def _unfit(self, lines: list[str], at: int, number: int, line: str) -> int:
        joined = strangers.joined(lines, at, self._fitting.named, self._stranger)
        if joined is not None:
            length, form, fields = joined
            self._stranger = None
            self._count("continuation", lines=length - 1)
            self._access(form, fields, self._stamp(fields, number + length - 1), number + length - 1)
            return length
        self._went_on(lines[at])
        if self._open and not REQUEST.search(line):
            self._count("continuation")
            self._keep_continuation(line, number)
            return 1
        half = strangers.whole("? - " + line, self._fitting.named) if strangers.may_end_request(line) else None
        if half is not None:
            # The end of an access line whose beginning is in another file, or lost: its client is not known.
            form, fields = half
            fields.update(client=None, user=None, forwarded=None, real_ip=None)
            self._access(form, fields, self._stamp(fields, number), number)
            if self._found.access and self._found.access[-1].order == self._place(number).order:
                self._found.access[-1].nameless = True
            return 1
        self._count("unparsed")
        if len(self._found.unparsed) < EXAMPLES:
            self._found.unparsed.append((self._place(number).line, line))
        return 1
