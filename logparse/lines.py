"""Lines of one source to access lines, messages of app lines, and a count of what every line was.

Owns: the kinds that coverage counts, which line belongs to which, and the time of lines that carry none.
Must not know: which requests or messages matter (it is told which to keep).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from logparse import forwarded, strangers, timestamps
from logparse.access import Access, access_line
from logparse.envelopes import payloads
from logparse.envelopes.origin import NOWHERE, Origin
from logparse.formats import strip_colour, tail_fields
from logparse.strangers import LOOKAHEAD, REQUEST, SPLIT, TypedName

if TYPE_CHECKING:
    import re
    from collections.abc import Iterable, Sequence
    from datetime import tzinfo

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
        record: what tells the record of the envelope from all others, None if nothing does.
    """

    line: int
    order: int
    stamp: Stamp | None
    text: str
    loc: str
    continuation: bool = False
    origin: Origin = NOWHERE
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


class Reader:
    """Reads the lines of one source.

    Args:
        formats: line formats in the order in which they are tried.
        prefilter: tells of a request or message whether it may matter; others are counted only.
        typed: matches messages that end in a text that a stranger typed.
        zone: of stamps that name none.
        trusted: proxies whose word on the client's address is taken.
    """

    def __init__(
        self,
        formats: Sequence[LineFormat],
        prefilter: Prefilter,
        typed: re.Pattern[str],
        zone: tzinfo,
        trusted: Trusted = forwarded.DEFAULT,
    ) -> None:
        self._formats = list(formats)
        self._given = sum(each.rank < 0 for each in formats)  # format strings of the user's own stay in front
        self._named = [each for each in formats if each.kind == "access" and each.names_users]
        self._prefilter = prefilter
        self._typed = typed
        self._zone = zone
        self._trusted = trusted
        self._found = Lines()
        self._headed: Stamp | None = None  # of the last app line
        self._open = False  # the last headed line was an app line, and nothing else came since
        self._stranger: TypedName | None = None
        self._named_at: int | None = None  # number of the last app line, if it ended in a name that was typed
        self._elsewhere = 0  # access lines that do not stand right behind such a line
        self._neighbour: tuple[int, int] | None = None  # time and number of the last stamped app line
        self._timeless: list[Access] = []

    def read(self, chunks: Iterable[Chunk]) -> Lines:
        """Read all of a source; what comes out does not depend on where it is cut into chunks."""
        lines: list[str] = []
        number = 1
        for chunk in chunks:
            text = chunk.data.decode("utf-8", "surrogateescape")
            lines += payloads(text.removesuffix("\n").split("\n"))
            # A message may reach over the end of a chunk: the last lines wait for the next one.
            done = self._run(lines, number, len(lines) - LOOKAHEAD)
            del lines[:done]
            number += done
        number += self._run(lines, number, len(lines))
        self._settle(None)
        if not self._elsewhere and self._found.kinds["app"] >= APP_ONLY:
            for access in self._found.access:
                access.shadowed = True
        self._found.total = number - 1
        return self._found

    def _run(self, lines: list[str], number: int, stop: int) -> int:
        """Read lines from the first to before ``stop``; how many were used, some perhaps behind it."""
        at = 0
        while at < stop:
            at += self._one(lines, at, number + at)
        return at

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
            stamp = self._stamp(fields)
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

    def _fit(self, line: str) -> tuple[LineFormat | None, Fields | None]:
        """The format of a line and its fields; a format that fitted lately is tried first."""
        plain = strip_colour(line)
        for position, form in enumerate(self._formats):
            fields = form.read(line)
            if fields is None and plain is not line:
                fields = form.read(plain)
            if fields is not None:
                if position > self._given and form.kind in ("access", "app"):
                    # No line fits two formats, so their order is a matter of speed alone.
                    self._formats.insert(self._given, self._formats.pop(position))
                return form, fields
        return None, None

    def _count(self, kind: str, form: str = "", lines: int = 1) -> None:
        self._found.kinds[kind] += lines
        if form:
            self._found.formats[form] += 1

    def _stamp(self, fields: Fields) -> Stamp | None:
        text = fields.get("outer") or fields.get("time")
        return timestamps.read(text, self._zone) if text else None

    def _seen(self, stamp: Stamp | None) -> None:
        if stamp is None:
            return
        found = self._found
        found.first = stamp.utc if found.first is None else min(found.first, stamp.utc)
        found.last = stamp.utc if found.last is None else max(found.last, stamp.utc)
        found.unzoned = found.unzoned or not stamp.zoned

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
            access = access_line(form, fields, number, stamp, shadowed=shadowed, trusted=self._trusted)
            self._found.access.append(access)
            # A time that is none (31 February) is no reason to give the line that of another.
            if access.time is None and not (fields.get("outer") or fields.get("time")):
                self._timeless.append(access)
        return 1

    def _settle(self, following: int | None) -> None:
        """Give the lines that carry no time that of the app line before them, or after the first ones."""
        for access in self._timeless:
            if self._neighbour is None:
                access.time = following
            elif following is not None:
                near = following - self._neighbour[0] <= NEIGHBOURS_APART
                access.time = self._neighbour[0] if near else None
            elif access.order - self._neighbour[1] <= NEIGHBOUR_LINES:
                access.time = self._neighbour[0]
            access.time_source = None if access.time is None else "neighbour"
        self._timeless.clear()

    # -- app lines --------------------------------------------------------------------------------------------------

    def _app(self, form: LineFormat, fields: Fields, lines: list[str], at: int, number: int) -> int:
        stamp = self._stamp(fields)
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
            self._found.messages.append(Message(number, number, stamp, said, fields.get("loc") or ""))
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
            self._found.messages.append(Message(number, number, self._headed, text, "", continuation=True))

    # -- lines that fit no format -----------------------------------------------------------------------------------

    def _unfit(self, lines: list[str], at: int, number: int, line: str) -> int:
        joined = strangers.joined(lines, at, self._named, self._stranger)
        if joined is not None:
            length, form, fields = joined
            self._stranger = None
            self._count("continuation", lines=length - 1)
            self._access(form, fields, self._stamp(fields), number + length - 1)
            return length
        self._went_on(lines[at])
        if self._open and not REQUEST.search(line):
            self._count("continuation")
            self._keep_continuation(line, number)
            return 1
        half = strangers.whole("? - " + line, self._named) if strangers.may_end_request(line) else None
        if half is not None:
            # The end of an access line whose beginning is in another file, or lost: its client is not known.
            form, fields = half
            fields.update(client=None, user=None, forwarded=None, real_ip=None)
            self._access(form, fields, self._stamp(fields), number)
            if self._found.access and self._found.access[-1].order == number:
                self._found.access[-1].nameless = True
            return 1
        self._count("unparsed")
        if len(self._found.unparsed) < EXAMPLES:
            self._found.unparsed.append((number, line))
        return 1
