"""Lines of one source to access lines, messages of app lines, and a count of what every line was.

Owns: which line belongs to which (split, joined, forged lines), the kinds that coverage counts, and the time of
lines that carry none. Must not know: which requests or messages matter (it is told which to keep).

Strangers write into these logs: a Basic user name or a name typed into the login form may hold line breaks, so that
one log call leaves several lines, some of which look like lines of their own. Where a whole line follows a name that
was typed, its time is held against the time of the message; where a line is only half an access line, it is joined
with what it was cut off from.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from logparse import timestamps
from logparse.access import Access, access_line
from logparse.formats import tail_fields

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import tzinfo

    from logparse.formats import Fields, LineFormat
    from logparse.sources import Chunk
    from logparse.timestamps import Stamp

KINDS: Final = ("access", "app", "continuation", "other", "unparsed")

#: How far one message may reach: a traceback through SQLAlchemy and Starlette has 180 lines (3.3.2).
LOOKAHEAD: Final = 400
#: How many lines one user name may be spread over; gunicorn refuses headers over 8190 bytes.
SPLIT: Final = 40
#: A line that follows a typed name is a forgery if its own time is further off than this. Workers write within
#: milliseconds; access lines are cut to whole seconds.
APART: Final = 5_000_000
#: A line without a time takes that of the app line before it, unless the next one is later than this.
NEIGHBOURS_APART: Final = 86_400_000_000
#: ... or there is no next one, and the line before is further up than this.
NEIGHBOUR_LINES: Final = 1000
EXAMPLES: Final = 5

# What gunicorn writes of `client - name` when the name goes on in the next line: no colon in the name.
_CUT_OFF: Final = re.compile(r"\S* - [^:]*")
_REQUEST: Final = re.compile(r'[A-Z]{3,7} \S+ HTTP/\d|"?status(?:_code)?"?[=:] ?\d{3}\b')


@dataclass(slots=True)
class Message:
    """One app line that may be evidence.

    Attributes:
        line: 1-based number of its first line.
        stamp: its time; that of the message it belongs to, for a line of a traceback.
        text: what was said, with the text of an attached error behind it.
        loc: ``file.py:line`` that said it, if known.
        continuation: it is a line of a traceback.
    """

    line: int
    stamp: Stamp | None
    text: str
    loc: str
    continuation: bool = False


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
        wanted: tells of a raw line whether it may matter; others are counted only.
        typed: matches messages that end in a text that a stranger typed.
        zone: of stamps that name none.
    """

    def __init__(
        self,
        formats: Sequence[LineFormat],
        wanted: Callable[[str], object],
        typed: re.Pattern[str],
        zone: tzinfo,
    ) -> None:
        self._formats = list(formats)
        self._given = sum(each.rank < 0 for each in formats)  # format strings of the user's own stay in front
        self._joinable = [each for each in formats if each.kind == "access" and each.id.startswith(("gunicorn", "log"))]
        self._wanted = wanted
        self._typed = typed
        self._zone = zone
        self._found = Lines()
        self._headed: Stamp | None = None  # of the last app line
        self._open = False  # the last headed line was an app line, and nothing else came since
        self._typed_name: tuple[Stamp, str, int] | None = None
        self._neighbour: tuple[int, int] | None = None  # time and number of the last stamped app line
        self._timeless: list[Access] = []

    def read(self, chunks: Iterable[Chunk]) -> Lines:
        """Read all of a source; what comes out does not depend on where it is cut into chunks."""
        lines: list[str] = []
        number = 1
        for chunk in chunks:
            text = chunk.data.decode("utf-8", "surrogateescape")
            lines += text.removesuffix("\n").split("\n")
            done = self._run(lines, number, len(lines) - LOOKAHEAD)
            del lines[:done]
            number += done
        number += self._run(lines, number, len(lines))
        self._settle(None)
        self._found.total = number - 1
        return self._found

    def _run(self, lines: list[str], number: int, stop: int) -> int:
        """Read lines from the first to before ``stop``, and how many were used; a message may reach behind it."""
        at = 0
        while at < stop:
            at += self._one(lines, at, number + at)
        return max(at, 0)

    def _one(self, lines: list[str], at: int, number: int) -> int:
        line = lines[at].removesuffix("\r")
        form, fields = self._fit(line)
        if form is None or fields is None:
            return self._unfit(lines, at, number, line)
        if form.kind == "access":
            return self._access(form, fields, lines, at, number)
        if form.kind == "app":
            return self._app(form, fields, lines, at, number)
        self._count(form.kind, form.id)
        if form.kind == "continuation" and self._wanted(line):
            self._found.messages.append(Message(number, self._headed, line.strip(), "", continuation=True))
        return 1

    def _fit(self, line: str) -> tuple[LineFormat | None, Fields | None]:
        """The format of a line and its fields; formats that fitted lately are tried first."""
        plain = line if "\x1b" not in line else None
        formats = self._formats
        for position, form in enumerate(formats):
            fields = form.read(line)
            if fields is None and plain is None:
                fields = form.read(_uncoloured(line))
            if fields is not None:
                if position > self._given and form.kind in ("access", "app"):
                    self._prefer(position)
                return form, fields
        return None, None

    def _prefer(self, position: int) -> None:
        """Try a format first from now on; no line fits two of them, so order is a matter of speed alone."""
        form = self._formats.pop(position)
        self._formats.insert(self._given, form)

    def _count(self, kind: str, form: str = "", lines: int = 1) -> None:
        self._found.kinds[kind] += lines
        if form:
            self._found.formats[form] += 1

    def _seen(self, stamp: Stamp | None) -> None:
        if stamp is None:
            return
        found = self._found
        found.first = stamp.utc if found.first is None else min(found.first, stamp.utc)
        found.last = stamp.utc if found.last is None else max(found.last, stamp.utc)
        found.unzoned = found.unzoned or not stamp.zoned

    # -- access lines ---------------------------------------------------------------------------------------------

    def _access(self, form: LineFormat, fields: Fields, lines: Sequence[str], at: int, number: int) -> int:
        stamp = self._stamp(fields)
        if self._is_forged(stamp, lines, at):
            return self._forged()
        shadowed = self._is_shadowed(fields)
        self._count("access", form.id)
        self._open = False
        self._seen(stamp)
        if self._wanted(lines[at]):
            self._keep(access_line(form, fields, number, stamp, shadowed=shadowed))
        return 1

    def _forged(self) -> int:
        self._found.forged += 1
        self._count("continuation")
        return 1

    def _keep(self, access: Access) -> None:
        self._found.access.append(access)
        if access.time is None:
            self._timeless.append(access)

    def _is_forged(self, stamp: Stamp | None, lines: Sequence[str], at: int) -> bool:
        """Whether a line behind a typed name cannot be real: its time is off, and later lines are in time again."""
        if self._typed_name is None or stamp is None:
            return False
        when, _, left = self._typed_name
        if _apart(stamp, when) <= APART:
            return False
        if _before(stamp, when):
            return True
        for line in islice(lines, at + 1, at + 1 + left):
            form, fields = self._fit(line.removesuffix("\r"))
            again = self._stamp(fields) if form is not None and fields is not None else None
            if again is not None and _apart(again, when) <= APART:
                return True
        return False

    def _stamp(self, fields: Fields) -> Stamp | None:
        text = fields.get("outer") or fields.get("time")
        return timestamps.read(text, self._zone) if text else None

    def _is_shadowed(self, fields: Fields) -> bool:
        """Whether a stranger could have written this access line; no longer once the request that he sent has ended."""
        if self._typed_name is None:
            return False
        when, name, left = self._typed_name
        target = fields.get("target") or ""
        if fields.get("user") == name or "login" in target or "token" in target or not left:
            self._typed_name = None
            return False
        self._typed_name = (when, name, left - 1)
        return True

    # -- app lines ------------------------------------------------------------------------------------------------

    def _app(self, form: LineFormat, fields: Fields, lines: list[str], at: int, number: int) -> int:
        stamp = self._stamp(fields)
        if self._is_forged(stamp, lines, at):
            return self._forged()
        self._typed_name = None
        text = fields.get("message") or ""
        typed = bool(self._typed.search(text))
        more = 0
        if form.tail is not None and (fields.get("logger") is None or typed):
            more = self._rest_of_message(form, fields, lines, at, typed=typed)
        self._count("app", form.id)
        self._count("continuation", lines=more)
        self._open = True
        self._headed = stamp
        self._seen(stamp)
        if stamp is not None:
            self._settle(stamp.utc)
            self._neighbour = (stamp.utc, number)
        if more:
            self._traceback(lines[at + 1 : at + more], number + 1)
        elif typed:
            self._typed_name = (stamp, text.rpartition(": ")[2], SPLIT) if stamp is not None else None
        if self._wanted(lines[at]):
            error = fields.get("error")
            said = f"{text} error={error}" if error else text
            self._found.messages.append(Message(number, stamp, said, fields.get("loc") or ""))
        return 1 + more

    def _rest_of_message(
        self, form: LineFormat, fields: Fields, lines: list[str], at: int, *, typed: bool
    ) -> int:
        """How many more lines a structlog message takes: up to the line that ends in ``[logger] key=value``.

        A log call writes its lines at once, so a stray end belongs to the nearest message that lacks one. Where a
        stranger typed the text, he may have put an end into the first line, or other messages behind it; the real
        end still comes behind all that he wrote.
        """
        assert form.tail is not None
        ended = fields.get("logger") is not None
        for more, raw in enumerate(islice(lines, at + 1, at + 1 + LOOKAHEAD), 1):
            line = raw.removesuffix("\r")
            other, headed = self._fit(line)
            if other is not None and headed is not None and other.kind in ("access", "app"):
                if other is form and headed.get("logger") is None and (ended or not typed):
                    return 0
                continue
            ending = form.tail.search(_uncoloured(line) if "\x1b" in line else line)
            if ending and not _REQUEST.search(line[: ending.start()]):
                if not ended:
                    fields.update(tail_fields(ending))
                return more
        return 0

    def _traceback(self, lines: Sequence[str], number: int) -> None:
        for offset, line in enumerate(lines):
            if self._wanted(line) and not line.startswith((" ", "\t")):
                self._found.messages.append(Message(number + offset, self._headed, line.strip(), "", continuation=True))

    # -- lines that fit no format ---------------------------------------------------------------------------------

    def _unfit(self, lines: list[str], at: int, number: int, line: str) -> int:
        if not line.strip("\0 \t"):
            self._count("other")
            return 1
        joined = self._join(lines, at, number, line)
        if joined:
            return joined
        if self._open and not _REQUEST.search(line):
            self._count("continuation")
            if self._wanted(line):
                self._found.messages.append(Message(number, self._headed, line.strip(), "", continuation=True))
            return 1
        if self._second_half(line, number):
            return 1
        self._count("unparsed")
        if len(self._found.unparsed) < EXAMPLES:
            self._found.unparsed.append((number, line))
        return 1

    def _join(self, lines: list[str], at: int, number: int, line: str) -> int:
        """Put an access line together again that a line break in a Basic user name cut into several.

        Where the message about the same name comes right before, its own further lines are told from the access line
        by the name, which stands in both.
        """
        if ":" in line.partition(" - ")[2] or not self._joinable:
            return 0
        length = next(
            (n for n, raw in enumerate(islice(lines, at + 1, at + SPLIT), 1) if ":" in raw.partition(" - ")[2]), 0
        )
        if not length:
            return 0
        block = [*lines[at : at + length], lines[at + length].removesuffix("\r")]
        name = self._typed_name[1] if self._typed_name is not None else None
        starts = [start for start in range(length) if _CUT_OFF.fullmatch(block[start])]
        candidates = [(start, self._whole("\n".join(block[start:]))) for start in starts]
        fits = [(start, hit) for start, hit in candidates if hit is not None]
        if not fits:
            return 0
        start, (form, fields) = next(
            (
                (start, hit)
                for start, hit in fits
                if name is not None and fields_name(hit) == "\n".join([name, *block[:start]])
            ),
            fits[0],
        )
        self._typed_name = None
        self._count("continuation", lines=length)
        self._access(form, fields, ["\n".join(block[start:])], 0, number + length)
        return length + 1

    def _whole(self, text: str) -> tuple[LineFormat, Fields] | None:
        for form in self._joinable:
            fields = form.read(text)
            if fields is not None:
                return form, fields
        return None

    def _second_half(self, line: str, number: int) -> bool:
        """The end of an access line whose beginning is in another file, or lost: its client is not known."""
        hit = self._whole("? - " + line)
        if hit is None:
            return False
        form, fields = hit
        fields.update(client=None, user=None)
        self._access(form, fields, [line], 0, number)
        return True

    # -- lines without a time -------------------------------------------------------------------------------------

    def _settle(self, following: int | None) -> None:
        """Give the lines that carry no time that of the app line before them, or after the first ones."""
        for access in self._timeless:
            if self._neighbour is None:
                access.time = following
            elif following is not None:
                near = following - self._neighbour[0] <= NEIGHBOURS_APART
                access.time = self._neighbour[0] if near else None
            elif access.line - self._neighbour[1] <= NEIGHBOUR_LINES:
                access.time = self._neighbour[0]
            access.time_source = None if access.time is None else "neighbour"
        self._timeless.clear()


def fields_name(hit: tuple[LineFormat, Fields]) -> str | None:
    """The user name of a line that was read."""
    return hit[1].get("user")


def _apart(one: Stamp, other: Stamp) -> int:
    """Microseconds between two stamps; by the clock on the wall if one of them names no zone."""
    if one.zoned and other.zoned:
        return abs(one.utc - other.utc)
    return abs(one.wall - other.wall)


def _before(one: Stamp, other: Stamp) -> bool:
    return one.utc < other.utc if one.zoned and other.zoned else one.wall < other.wall


def _uncoloured(line: str) -> str:
    from logparse.formats import strip_colour  # noqa: PLC0415

    return strip_colour(line)


def as_dict(lines: Lines) -> dict[str, Any]:
    """The counts of ``lines`` by kind, every kind named."""
    return {kind: lines.kinds[kind] for kind in KINDS}
