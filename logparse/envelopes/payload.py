"""``Payload`` and ``Wrap``: a line without its envelopes, and what these held besides.

Owns: the form in which both are passed on.
Must not know: how envelopes are opened, blocks of lines.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from logparse.envelopes.origin import NOWHERE, Origin, Process


class Wrap(NamedTuple):
    """What the envelopes around a line hold besides the line.

    Attributes:
        path: ids of the envelopes, the outermost first.
        time: the one of the outermost envelope that has one, as it is written; empty: none has.
        origin: each field of the innermost envelope that has it.
        record: an id that no other line has, if its record has one; else empty.
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
        process: the one that wrote it (``Origin.process``). What is not in the envelopes of most
            lines counts as of the process before it: a stranger may have written it, pod and all.
        kind: ``line``; or ``hollow`` for lines of documents that hold no log, ``part`` for further parts of a line.
    """

    line: int
    text: str
    wrap: Wrap = BARE
    kind: str = "line"
    process: Process = ()
