"""``Payload`` and ``Wrap``: a line without its envelopes, and what these held besides.

Owns: the form in which both are passed on.
Must not know: how envelopes are opened, blocks of lines.
"""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING, Final, NamedTuple

from logparse.envelopes.origin import NOWHERE, Origin, Process

if TYPE_CHECKING:
    from collections.abc import Sequence

    from logparse.envelopes.envelope import Opened

    #: Ids of envelopes that were opened, the outermost first, each with what was in it.
    Steps = tuple[tuple[str, Opened], ...]


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

    def with_envelope(self, name: str, opened: Opened) -> Wrap:
        """Return what these envelopes hold besides the line, and one more inside them."""
        origin = self.origin
        if opened.origin != NOWHERE:
            origin = Origin(*(inner or outer for inner, outer in zip(opened.origin, origin, strict=True)))
        return Wrap((*self.path, name), self.time or opened.time, origin, self.record or opened.record)

    def with_envelopes(self, steps: Steps) -> Wrap:
        """Return what these envelopes hold besides the line, and some more inside them, the outermost first."""
        return reduce(lambda wrap, step: wrap.with_envelope(*step), steps, self)


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
        alike: texts of lines that follow one another and are read alike, of which this is the first.
    """

    line: int
    text: str
    wrap: Wrap = BARE
    kind: str = "line"
    process: Process = ()
    alike: Sequence[str] = ()
