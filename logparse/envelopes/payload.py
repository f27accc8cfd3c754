"""``Payload`` and ``Wrap``: a line without its envelopes, and what the envelopes told about it.

Owns: the form in which both are passed on.
Must not know: how envelopes are opened, blocks of lines.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from logparse.envelopes.origin import NOWHERE, Origin, Process


class Wrap(NamedTuple):
    """What the envelopes around a line tell.

    Attributes:
        path: ids of the envelopes, the outermost first.
        time: of the outermost envelope that tells one, as written; empty: none does.
        origin: each field as the innermost envelope tells it that does.
        record: what tells the line from all others, if its record has an id; else empty.
    """

    path: tuple[str, ...] = ()
    time: str = ""
    origin: Origin = NOWHERE
    record: str = ""


BARE: Final = Wrap()


class Payload(NamedTuple):
    """One line without its envelopes.

    Attributes:
        line: 1-based number of the first line of the file that it is made of.
        text: as the server wrote it.
        wrap: what was around it.
        process: which of those whose lines the file holds wrote it (``Origin``). What is not in the envelopes of most
            lines counts as of the process before it: a stranger may have written it, pod and all.
        kind: ``line``; or ``hollow`` for lines of documents that hold no log, ``part`` for further parts of a line.
    """

    line: int
    text: str
    wrap: Wrap = BARE
    kind: str = "line"
    process: Process = ()
