"""The bytes of a file as blocks and single lines: which of its lines can be passed on together.

Owns: finding blocks of lines in the main format. Must not know: which requests matter (expressions tell it), what
becomes of a block.

Nearly all lines of a log are access lines that no rule is about. They are recognised by their outline, from their
beginning to their status, and by their last character, with no Python call for any of them. What stands between these
is not looked at unless the line may matter: such a line is read in full, and if it turns out to be no access line, it
is passed on as it is.
"""

from __future__ import annotations

from collections import defaultdict
from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np

from logparse.common.byte_shelf import ByteShelf
from logparse.envelopes.block import Block, BlockLine, Rows
from logparse.lines.bulk.main_format import ByteLines
from logparse.lines.bulk.part_watch import PartWatch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from logparse.envelopes.block import MainFormat, ReadLine
    from logparse.lines.bulk.line_sorter import LineSorter
    from logparse.lines.bulk.numbered_lines import Numbers
    from logparse.lines.bulk.sorted_lines import SortedLines

#: One line in so many bytes is read in full, to know the time that the log spans.
SAMPLE_BYTES: Final = 1 << 22


class BlockSplitter:
    """Splits the chunks of one file into blocks and single lines.

    Args:
        main_format: of the file.
        sorter: says which lines are in it, and which of these may matter.
        read_line: reads a line in the main format.
        offset: bytes of the file that come before the first chunk.
        read_all: read all lines of a block one by one, whether they may matter or not.

    Attributes:
        count: how many lines the last chunk had.
    """

    def __init__(
        self,
        main_format: MainFormat,
        sorter: LineSorter,
        read_line: ReadLine,
        *,
        offset: int = 0,
        read_all: bool = False,
    ) -> None:
        self._main_format = main_format
        self._sorter = sorter
        self._read_line = read_line
        self._offset = offset
        self._read_all = read_all
        self._shelf = ByteShelf()
        self._parts = PartWatch(main_format.path, backwards=main_format.backwards)
        self.count = 0

    def follow(self, lines: Sequence[str]) -> None:
        """Note lines before the first chunk that are read one by one: one of them may go on in it."""
        self._parts.find_ends(np.ones(len(lines), np.bool_), lines.__getitem__)

    def split(
        self, data: bytes, numbers: Numbers, *, last: bool = False, found: SortedLines | None = None
    ) -> Iterator[tuple[int, str] | Block]:
        """Yield blocks and single lines with their numbers, in the order of the file.

        Args:
            data: whole lines, each ended by a line break, but perhaps the last line of the file.
            numbers: of these lines in the file.
            last: the file ends with them.
            found: how they are sorted; None: that is not known yet.
        """
        lines = ByteLines(data)
        bounds = lines.bounds
        count, rest = len(lines.texts), data[bounds[-1] :]
        self.count = count + bool(rest)
        held = self._hold(data)

        def raw_line(at: int) -> str:
            return held(int(bounds[at]), int(bounds[at + 1]) - 1).decode("utf-8", "surrogateescape")

        places = (bounds.astype(np.int64) + (self._offset - 1)) // SAMPLE_BYTES
        sampled = places[:-1] != places[1:]
        if last and count:
            sampled[-1] = True
        self._offset += len(data)
        found = found or self._sorter.sort(data[: bounds[-1]], lines, sampled)
        candidates = np.arange(count) if self._read_all else np.flatnonzero(found.wanted)
        candidates = np.setdiff1d(candidates, found.in_rows, assume_unique=True)
        ends = self._parts.find_ends(found.differs, raw_line)
        if len(ends):
            found.differs[ends] = True
            candidates = np.union1d(candidates, ends)
        start, single_lines = 0, list[BlockLine]()
        for at, line_differs, line_wanted in zip(
            candidates.tolist(), found.differs[candidates].tolist(), found.wanted[candidates].tolist(), strict=True
        ):
            if not line_differs:
                contents = self._read_line(numbers.of(at), raw_line(at))
                if contents is not None:
                    single_lines.append(BlockLine(at - start, *contents, line_wanted))
                if contents is not None or not line_wanted:
                    continue
            yield from self._make_blocks(found, (start, at), numbers, single_lines, raw_line)
            yield numbers.of(at), raw_line(at)
            start, single_lines = at + 1, []
        yield from self._make_blocks(found, (start, count), numbers, single_lines, raw_line)
        if rest:
            yield numbers.of(count), rest.decode("utf-8", "surrogateescape")

    def _hold(self, data: bytes) -> Callable[[int, int], bytes]:
        """Hold a chunk as long as blocks of it are asked for lines; return what reads the bytes between two places.

        All blocks of a file that begins with its newest line are held until its end is read.
        """
        if not self._main_format.backwards:
            return lambda start, stop: data[start:stop]
        return self._shelf.hold(data)

    def _make_blocks(
        self,
        found: SortedLines,
        span: tuple[int, int],
        numbers: Numbers,
        single_lines: list[BlockLine],
        raw_line: Callable[[int], str],
    ) -> Iterator[Block]:
        """Yield the lines between two places: a block for each process that wrote some of them."""
        start, end = span
        if end <= start:
            return
        low, high = np.searchsorted(found.in_rows, span)
        rows = Rows(found.rows, np.arange(low, high), found.in_rows[low:high] - start)
        form, count = self._main_format, end - start
        raw = partial(_shift, raw_line, start)
        if found.writers is None:
            yield Block(
                form, numbers.of(start), count, form.process, single_lines, raw, self._read_line, rows, count,
                lines=numbers.between(start, end),
            )  # fmt: skip
            return
        writers = found.writers[start:end]
        order = np.argsort(writers, kind="stable")
        groups = np.split(order, np.flatnonzero(np.diff(writers[order])) + 1)
        # The block with the line that was written last is the last one, since that process goes on.
        groups.sort(key=lambda places: int(places[0 if form.backwards else -1]))
        latest = 0 if form.backwards else count - 1
        lines: defaultdict[int, list[BlockLine]] = defaultdict(list)
        for line in single_lines:
            lines[int(writers[line.at])].append(line)
        for places in groups:
            writer = int(writers[places[0]])
            mine = writers[rows.at] == writer
            own = rows._replace(places=rows.places[mine], at=np.searchsorted(places, rows.at[mine]))
            kept = [line._replace(at=int(np.searchsorted(places, line.at))) for line in lines[writer]]
            yield Block(
                form, numbers.of(start), len(places), found.processes[writer], kept, raw, self._read_line, own, count,
                last=bool(writer == writers[latest]), places=None if len(places) == count else places,
                lines=numbers.between(start, end), origin=found.origins[writer],
            )  # fmt: skip


def _shift(raw_line: Callable[[int], str], start: int, at: int) -> str:
    return raw_line(start + at)
