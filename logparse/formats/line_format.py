"""``LineFormat``, ``Fields`` and ``Sign``: how one kind of line is written, and what is read from one line.

Owns: what is known of a format besides how it is read.
Must not know: how a format is loaded.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from logparse.formats.asked import Asked
    from logparse.formats.data_files import Sample
    from logparse.formats.required import Expression

#: Field name to text as the line holds it; None where the line leaves it out.
Fields = dict[str, str | None]
# Copies lose the escape character, or hold another in its place, or write it out.
_COLOUR: Final = re.compile(
    r"(?:\x1b|\ufffd|\u241b|\^\[|#033|\\(?:x1b|u001b|033|e))?\[(?:\d{1,3}(?:;\d{1,3}){0,4})?m|\x1b\[(?:\?\d{1,4}[hl]|[0-2]?K)|^\[[0-2]K"
)


@dataclass(frozen=True, slots=True)
class Sign:
    """What in an access line of a proxy shows that the answer is the proxy's own.

    Attributes:
        does: ``refused`` (the request never reached the server behind) or ``closed`` (the client left before the
            answer, whatever the server made of the request).
        when: field to what it must be in full; all must hold. A field that the line leaves out holds nothing.
    """

    does: str
    when: tuple[tuple[str, re.Pattern[str]], ...]

    def shows(self, fields: Fields) -> bool:
        """Return whether a line with these fields bears the sign."""
        return all(wanted.fullmatch(fields.get(name) or "") for name, wanted in self.when)


@dataclass(frozen=True, slots=True)
class LineFormat:
    """How one kind of line is written.

    Attributes:
        id: name of the format; that of its file.
        kind: ``access``, ``app``, ``continuation`` or ``other``.
        title: one line for people.
        rank: lower is tried first.
        read: payload to fields, or None if the payload is not written like this.
        stamp: ``end`` or ``start`` of the request, for access lines.
        decoded: the path is percent-decoded already.
        port: the client field carries a port behind its last colon.
        airflow: Airflow itself writes these lines, complaints about refused callers among them.
        server: ``airflow`` if a server that Airflow itself runs writes these lines, else empty.
        names_users: its lines may carry a name of a Basic header, raw, with line breaks and all.
        vouches: a proxy wrote the user, whose credentials it looked at itself.
        signs: what shows that an answer is the proxy's own, the first that fits counts.
        tail: what ends a message of several lines (structlog), else None.
        whole: each line is a JSON object, so that no line break in a message makes another line.
        reference: where the form is documented.
        samples: real lines with what they hold.
        asked: reads what many lines ask for; None if each line must be read by itself.
        asked_in_full: the same with the query string, if ``asked`` leaves that out.
        read_own: as ``read``, for a line of which it is known that no format in ``after`` reads it; None: ``read`` asks
            no other format.
        guessed: its lines are objects whose keys are the operator's own, read by their usual names.
        cut_head: cuts a line into the parts of its head and what stands behind it, which may be an access line; None if
            the format has no such heads.
        after: formats whose lines would fit as well, and are not read.
        ways: how its lines are taken apart: in one of these ways, each as expressions that parts of the line fit; empty
            if that is not known.
        begins: each of these ways is one expression, which fits from the beginning of the line on.
        keys: of the object that each of its lines is; perhaps not all that it has.
        outlines: how its lines begin, in each of the usual ways (``logparse.formats.outline_tokens``).
        ends: the character that those lines end with; empty if that is not known.
        rest: what follows in most of them; None if that is not known.
    """

    id: str
    kind: str
    title: str
    rank: int
    read: Callable[[str], Fields | None]
    stamp: str = "end"
    decoded: bool = False
    port: bool = False
    airflow: bool = False
    server: str = ""
    names_users: bool = False
    vouches: bool = False
    signs: tuple[Sign, ...] = ()
    tail: re.Pattern[str] | None = None
    whole: bool = False
    reference: str = ""
    samples: Sequence[Sample] = field(default=(), repr=False)
    asked: Asked | None = None
    asked_in_full: Asked | None = None
    read_own: Callable[[str], Fields | None] | None = None
    guessed: bool = False
    cut_head: Callable[[str], tuple[Fields, str] | None] | None = None
    after: tuple[str, ...] = ()
    ways: tuple[tuple[Expression, ...], ...] = field(default=(), repr=False)
    begins: bool = False
    keys: frozenset[str] = frozenset()
    outlines: tuple[str, ...] = ()
    ends: str = ""
    rest: str | None = None


def strip_colour(line: str) -> str:
    """Return ``line`` without ANSI colour sequences, of which copies may have lost the escape character."""
    return _COLOUR.sub("", line) if "\x1b" in line or "[0m" in line or line[2:3] == "K" else line
