"""Which line format a line is written in.

Owns: the order in which formats are tried, and that a line asked about twice is read once.
Must not know: what a line means, where it comes from.
"""

from __future__ import annotations

import re
from functools import lru_cache, partial
from typing import TYPE_CHECKING, Final

from logparse.formats.bare_requests import BEGINS, tells_of_request
from logparse.formats.candidates import Candidates
from logparse.formats.clients import PATTERN
from logparse.formats.copied import may_be_copied, take_out_of_frame, undo_copying
from logparse.formats.json_lines.objects import decode_object
from logparse.formats.required import list_needs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from logparse.formats.line_format import Fields, LineFormat

    CutHead = Callable[[str], tuple[Fields, str] | None]

#: Where the first quotes hold no such request, it is not certain which part of a line is one (hypercorn).
_REQUEST: Final = re.compile(r'[^"]*"[A-Z][A-Z-]{2,} [^"]* HTTP/\d')
#: ... and what Airflow 3.2 writes about a request.
_FINISHED: Final = "request finished method="
#: Pairs of keys and values, as Datadog's tracers and others write a request behind the head of a logger.
#: Middlewares for structlog write them behind one word, which pads a column, and perhaps the logger.
_PAIRED: Final = re.compile(
    r"(?:[a-z_]{1,60} +(?:\[[\w.]{1,80}\] )?|(?:\[[\w.:=-]{1,60}\] ){1,3})?(?=[a-z][\w.]{0,40}=\S)"
)
_ADDRESS: Final = re.compile(PATTERN)
#: A request without quotes that a logger writes behind its head.
_BARE: Final = re.compile(BEGINS)
#: Places in code and numbers that a `log_format` puts in front of a message that is an access line. Words are none, but
#: in brackets, or in front of two numbers: a message may begin with them and go on with what a stranger typed.
_PLACES: Final = re.compile(
    r"[-|: ]{0,3}(?:"
    r"(?:[a-z<>]{0,80}[._/:0-9][a-z0-9_.<>/:]{0,80}|[\[(<](?:[\w.-]{1,60}: )?[\w.:-]{1,60}[\])>]|"
    r"[a-z_]{1,40} \d{1,10} \d{1,20})"
    rf"[ \t][-|: ]{{0,3}}){{1,3}}?(?={PATTERN} - )"
)
#: So many lines are remembered: more than ``lines`` holds back before it reads them.
_REMEMBERED: Final = 4096
#: ... and so many that are long: each can have a mebibyte.
_REMEMBERED_LONG: Final = 16
_LONG: Final = 16 * 1024
#: ... and so many short lines that are in no format.
_REMEMBERED_SHORT: Final = 1 << 14
_SHORT: Final = 200
#: Fields of which a line of each shipped format has one, but for those whose fields stand in an order of their own.
_CALLERS: Final = frozenset({"client", "forwarded"})
#: How sure a reading is: many lines fit what goes on from another line.
_WORTH: Final = {"continuation": 1, "other": 2, "app": 3, "access": 3}
#: ... and an access line with a request.
_REQUESTED: Final = 4
Recognized = tuple["LineFormat | None", "Fields | None"]


class Recognizer:
    """Recognizes the formats of lines.

    Args:
        formats: in the order in which they are tried; those of the user's own (rank below 0) stay in front.

    Attributes:
        known: the formats.
        named: formats in which access lines carry a user name, line breaks and all.
    """

    def __init__(self, formats: Sequence[LineFormat]) -> None:
        self.known = tuple(formats)
        tried = Candidates((form, list_needs(form.ways, form.keys, begins=form.begins)) for form in formats)
        read = partial(_recognize, tried, [form.cut_head for form in formats if form.cut_head is not None])
        self._unknown: set[str] = set()
        self._recognize_once, self._recognize_long = lru_cache(_REMEMBERED)(read), lru_cache(_REMEMBERED_LONG)(read)
        self._by_id = {form.id: form for form in formats}
        self.named = [form for form in formats if form.kind == "access" and form.names_users]

    def form(self, name: str) -> LineFormat:
        """Return the format of an id."""
        return self._by_id[name]

    def recognize(self, line: str) -> Recognized:
        """Return the format of a line and its fields, which the caller may change; None twice if it is in none."""
        if line in self._unknown:
            return None, None
        form, fields = (self._recognize_once if len(line) < _LONG else self._recognize_long)(line)
        if form is None and len(line) < _SHORT:
            if len(self._unknown) == _REMEMBERED_SHORT:
                self._unknown.clear()
            self._unknown.add(line)
        return form, None if fields is None else dict(fields)

    def kind(self, line: str) -> str:
        """Return what a line is by itself: ``access``, ``app``, ``other`` or ``placeless``; empty for any other.

        An access line without a proper request is none here: with anything in its place, a row of a table would be one.
        One without a place for the client is ``placeless``, unless the user gave its format: words in front may be the
        client, but not where nothing can stand in front.
        """
        form, fields = self.recognize(line.removesuffix("\r"))
        if form is None or fields is None or form.kind == "continuation":
            return ""
        placed = form.rank < 0 or not _CALLERS.isdisjoint(fields)
        if form.kind != "access":
            return form.kind
        return "" if not _has_request(fields) else "access" if placed else "placeless"


def _recognize(tried: Candidates[LineFormat], heads: Sequence[CutHead], line: str) -> Recognized:
    """Read a line as it stands, or as it was before somebody copied it if only that is a request, or any known line."""
    copied = may_be_copied(line)
    bare = take_out_of_frame(line) if copied else line
    found = _try_formats(tried, line, bare)
    if copied and _worth(found) < _REQUESTED and (plain := undo_copying(bare)) != bare:
        # What a caller sent may look like a copy, so no request that a server wrote is read in this way.
        found = max(found, _try_formats(tried, plain, plain), key=_worth)
        bare = plain
    form, fields = found
    if form is not None and form.kind == "app":
        message = (fields or {}).get("message") or ""
        if form.tail is not None and message:
            message += line.rpartition(message)[2]  # with the keys that end it
        if _ADDRESS.fullmatch((fields or {}).get("loc") or ""):  # it stands where others write the logger
            message = f"{(fields or {})['loc']} {message}"
        places = _PLACES.match(message)
        behind = _read_access_line(tried, message[places.end() :] if places else message, fields)
        if behind[0] is None and tells_of_request(message):
            return None, None
        return behind if behind[0] is not None else found
    return found if form is not None else _read_behind_head(tried, heads, bare)


def _worth(found: Recognized) -> int:
    """Return how sure a reading is: least if there is none, most for an access line with a request."""
    form, fields = found
    if form is None or fields is None:
        return 0
    return _REQUESTED if form.kind == "access" and _has_request(fields) else _WORTH[form.kind]


def _has_request(fields: Fields) -> bool:
    return bool(fields.get("method") or fields.get("verb"))


def _try_formats(tried: Candidates[LineFormat], line: str, plain: str) -> Recognized:
    """Try the formats in their order, but for the user's own the last that fitted comes first next time."""
    keys = (*_list_keys(line), *_list_keys(plain)) if "{" in line else ()
    formats = tried.choose(line, keys, begins=plain[:1] == line[:1])
    for position, form in enumerate(formats):
        fields = form.read(line)
        if fields is None and plain != line:
            fields = form.read(plain)
        if fields is not None:
            given = sum(other.rank < 0 for other in formats[:position])
            if position > given and form.kind in ("access", "app"):
                # No line fits two formats, so their order is a matter of speed alone.
                formats.insert(given, formats.pop(position))
            return form, fields
    return None, None


def _list_keys(line: str) -> Iterable[str]:
    """Return the keys of the object that a line is."""
    return (decode_object(line) or ()) if line.startswith("{") else ()


def _read_behind_head(tried: Candidates[LineFormat], heads: Sequence[CutHead], line: str) -> Recognized:
    """Read an access line that a logger wrote behind the head of its app lines; if it has no time, the head has."""
    cut = filter(None, (cut_head(line) for cut_head in heads))
    found = (_read_access_line(tried, inner, head) for head, inner in cut)
    return next((each for each in found if each[0] is not None), (None, None))


def _read_access_line(tried: Candidates[LineFormat], line: str, head: Fields | None) -> Recognized:
    """Read the line behind a head; None twice if it is no access line."""
    paired = _PAIRED.match(line) if "method=" in line and "status" in line and "request finished" not in line else None
    if not (paired or _REQUEST.match(line) or line.startswith(_FINISHED) or _BARE.match(line)):
        return None, None
    line = line[paired.end() :] if paired else line
    for form in tried.choose(line, _list_keys(line)):
        if form.kind == "access" and (fields := form.read(line)) is not None and (not paired or fields.get("client")):
            # The head is the server's, so no client stands in front of it.
            return form, {"client": None, **fields, "time": fields.get("time") or (head or {}).get("time")}
    return None, None
