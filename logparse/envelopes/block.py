"""``Block``: lines in the main format of a file that follow one another, passed on together.

Owns: the form of a block, also of one that runs backwards.
Must not know: how blocks are found, what becomes of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from logparse.envelopes.origin import NOWHERE
from logparse.envelopes.payload import Payload, Wrap

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa
    from numpy.typing import NDArray

    from logparse.envelopes.origin import Origin, Process
    from logparse.formats.line_format import Fields, LineFormat
    from logparse.formats.outline import Outline


@dataclass(frozen=True, slots=True)
class MainFormat:
    """How most lines of a file are written, as its beginning shows.

    Attributes:
        outline: how these lines begin, in their envelopes or out of them; None: they have no outline.
        format_id: id of their line format.
        path: ids of the envelopes around them, the outermost first.
        process: which process wrote them.
        opened: lines are taken out of their envelopes before they are looked at.
        of_records: the lines of the file are JSON objects.
        backwards: the newest line is the first of the file.
        independent: what a line is can be told without all lines before it: all lines of the beginning are in these
            envelopes, and these lines carry a time with its year, by themselves or by their envelope.
    """

    outline: Outline | None
    format_id: str
    path: tuple[str, ...]
    process: Process
    opened: bool
    of_records: bool
    backwards: bool
    independent: bool


class BlockLine(NamedTuple):
    """A line of a block that was read by itself.

    Attributes:
        at: its place in the block, from 0, in the order in which the lines were written.
        payload: the line without its envelopes.
        form, fields: its line format, and what it holds.
        wanted: it was read because it may matter, or as one of the lines whose times are looked at.
    """

    at: int
    payload: Payload
    form: LineFormat
    fields: Fields
    wanted: bool = True


class Rows(NamedTuple):
    """Lines that were read together.

    Attributes:
        table: what the lines of a chunk hold that were read together.
        places: which rows of it these lines are.
        at: their places in the block, from 0, in the order in which the lines were written.
    """

    table: pa.Table
    places: NDArray[np.int64]
    at: NDArray[np.int64]


#: Reads a line of a block: its number and text to what it holds; None if it is no access line after all.
ReadLine = Callable[[int, str], "tuple[Payload, LineFormat, Fields] | None"]


@dataclass(slots=True)
class Block:
    """Lines in the main format of a file that one process wrote and that follow one another.

    Lines of several processes may be mixed. Then there is a block for each process, and the lines of these blocks
    together follow one another.

    Attributes:
        main_format: how they are written.
        line: 1-based number in the file of the first line of these blocks.
        lines: the number in the file of each line of these blocks; None: they follow one another there.
        count: how many lines it has.
        span: how many lines these blocks have together.
        last: it is the last of these blocks in the order in which they were written.
        places: where its lines stand among those of these blocks, from 0 on; None: they are all of them.
        process: which process they count as written by (see ``Payload.process``).
        single_lines: those that were read one by one, in the order of writing.
        rows: those that were read together, likewise.
        raw_line: returns a line as it stands in the file, by its place there.
        read_line: reads one.
        backwards: the last one in the file was written first.
        origin: where they were written, as their envelopes show, but for the stream.
    """

    main_format: MainFormat
    line: int
    count: int
    process: Process
    single_lines: list[BlockLine]
    raw_line: Callable[[int], str]
    read_line: ReadLine
    rows: Rows
    span: int
    last: bool = True
    places: NDArray[np.int64] | None = None
    lines: NDArray[np.int64] | None = None
    backwards: bool = False
    origin: Origin = NOWHERE

    def reverse(self) -> Block:
        """Return the block as one that was written from the last line to the first."""
        single_lines = [line._replace(at=self.count - 1 - line.at) for line in reversed(self.single_lines)]
        rows = self.rows._replace(places=self.rows.places[::-1], at=self.count - 1 - self.rows.at[::-1])
        return replace(self, single_lines=single_lines, rows=rows, backwards=not self.backwards)

    def number(self, at: int) -> int:
        """Return the number in the file of the line that was written as the ``at``-th of them."""
        place = self._place(at)
        return self.line + place if self.lines is None else int(self.lines[place])

    def numbers(self, at: NDArray[np.int64]) -> NDArray[np.int64]:
        """As ``number``, for many lines."""
        orders = self.orders(at)
        places = self.span - 1 - orders if self.backwards else orders
        return self.line + places if self.lines is None else self.lines[places]

    def order(self, at: int) -> int:
        """Return how many lines of these blocks were written before the ``at``-th of this one."""
        place = self._place(at)
        return self.span - 1 - place if self.backwards else place

    def orders(self, at: NDArray[np.int64]) -> NDArray[np.int64]:
        """As ``order``, for many lines."""
        if self.places is None:
            return at
        return self.span - 1 - self.places[::-1][at] if self.backwards else self.places[at]

    def payload(self, at: int) -> Payload:
        """Return that line without its envelopes, or as it stands in the file if it is no access line after all."""
        number, text = self.number(at), self.raw_line(self._place(at))
        contents = self.read_line(number, text)
        if contents is None:
            return Payload(number, text, Wrap(self.main_format.path), process=self.process)
        return contents[0]

    def _place(self, at: int) -> int:
        place = self.count - 1 - at if self.backwards else at
        return place if self.places is None else int(self.places[place])
