"""Usual lines that follow one another, as they are passed on together.

Owns: the form of a stretch, also of one that runs backwards. Must not know: how usual lines are found (``sieve``), what
becomes of them (``process``).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from logparse.envelopes.payload import Payload, Wrap

if TYPE_CHECKING:
    from logparse.formats.line_format import Fields, LineFormat
    from logparse.formats.outline import Outline


@dataclass(frozen=True, slots=True)
class Usual:
    """What the usual lines of a file are, as its beginning shows.

    Attributes:
        outline: how they begin.
        form: id of their line format.
        path: the envelopes around them.
        process: which wrote them.
        alone: all lines of the beginning are in these envelopes, and these tell a time with its year, by themselves or
            by their envelope. So what a line is can be told without having seen all lines before it.
    """

    outline: Outline
    form: str
    path: tuple[str, ...]
    process: tuple[str, ...]
    alone: bool


class Kept(NamedTuple):
    """A line of a stretch that was read.

    Attributes:
        at: its place in the stretch, in order of writing.
        payload: without its envelopes.
        form, fields: its line format, and what it holds.
        wanted: it was read because it may matter, or as one of the lines whose times are looked at.
    """

    at: int
    payload: Payload
    form: LineFormat
    fields: Fields
    wanted: bool = True


#: What reads a usual line: its number and text to what it holds; None if it is no access line.
Read = Callable[[int, str], "tuple[Payload, LineFormat, Fields] | None"]


@dataclass(slots=True)
class Stretch:
    """Usual lines that follow one another.

    Attributes:
        usual: what they are.
        line: number in the file of the first one there.
        count: how many there are.
        kept: those that were read one by one, in order of writing.
        rows: those that were read together (``rows``), likewise; ``at`` is the place in the stretch.
        raw: a line as it stands in the file, by its place there.
        read: what reads one.
        backwards: the last one in the file was written first.
    """

    usual: Usual
    line: int
    count: int
    kept: list[Kept]
    raw: Callable[[int], str]
    read: Read
    rows: pa.Table
    backwards: bool = False

    def turned(self) -> Stretch:
        """The same, written from the last line to the first."""
        kept = [each._replace(at=self.count - 1 - each.at) for each in reversed(self.kept)]
        rows = self.rows.take(np.arange(len(self.rows))[::-1])
        rows = rows.set_column(0, "at", pc.subtract(self.count - 1, rows["at"]))
        return replace(self, kept=kept, rows=rows, backwards=not self.backwards)

    def number(self, at: int) -> int:
        """Number in the file of the line that was written as the ``at``-th of them."""
        return self.line + self._place(at)

    def payload(self, at: int) -> Payload:
        """That line without its envelopes, or as it stands in the file if it is none after all."""
        number, text = self.number(at), self.raw(self._place(at))
        found = self.read(number, text)
        return Payload(number, text, Wrap(self.usual.path), process=self.usual.process) if found is None else found[0]

    def _place(self, at: int) -> int:
        return self.count - 1 - at if self.backwards else at
