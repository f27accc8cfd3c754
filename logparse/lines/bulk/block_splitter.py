"""The bytes of a file as blocks and single lines: which of its lines can be passed on together.

Owns: finding blocks of lines in the main format. Must not know: which requests matter (expressions tell it), what
becomes of a block.

Nearly all lines of a log are access lines that no rule is about. They are recognised by their outline, from their
beginning to their status, and by their last character, with no Python call for any of them. What stands between these
is not looked at unless the line may matter: such a line is read in full, and if it turns out to be no access line, it
is passed on as it is.
"""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from logparse.common.memo import Memo
from logparse.envelopes.block import Block, BlockLine
from logparse.lines.bulk.batch_reader import can_read, read_batch
from logparse.lines.bulk.fields import Fields
from logparse.lines.bulk.main_format import ByteLines, match_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from logparse.envelopes.block import MainFormat, ReadLine
    from logparse.formats.line_format import LineFormat
    from logparse.rules.prefilter import Prefilter

#: One line in so many bytes is read in full, to know the time that the log spans.
SAMPLE_BYTES: Final = 1 << 22


class BlockSplitter:
    """Splits the chunks of one file into blocks and single lines.

    Args:
        main_format: of the file.
        form: the line format of the lines in it.
        prefilter: says of their requests whether they may matter.
        read_line: reads a line in the main format.
        offset: bytes of the file that come before the first chunk.
        read_all: read all lines of a block one by one, whether they may matter or not.

    Attributes:
        count: how many lines the last chunk had.
    """

    def __init__(
        self,
        main_format: MainFormat,
        form: LineFormat,
        prefilter: Prefilter,
        read_line: ReadLine,
        *,
        offset: int = 0,
        read_all: bool = False,
    ) -> None:
        self._main_format = main_format
        self._prefilter = prefilter
        self._may_matter_or_differs = prefilter.wanted(main_format.outline)
        self._read_line = read_line
        self._offset = offset
        self._read_all = read_all
        self._form = form if can_read(form, main_format.outline) else None
        self._matters: Memo[bytes, bool] = Memo()
        self.count = 0

    def split(self, data: bytes, first: int, *, last: bool = False) -> Iterator[tuple[int, str] | Block]:
        """Yield blocks and single lines with their numbers, in the order of the file.

        Args:
            data: whole lines, each ended by a line break, but perhaps the last line of the file.
            first: number of the first of them.
            last: the file ends with them.
        """
        lines = ByteLines(data)
        bounds = lines.bounds
        self.count = count = len(lines.texts)

        def raw_line(at: int) -> str:
            return data[bounds[at] : bounds[at + 1] - 1].decode("utf-8", "surrogateescape")

        places = (bounds.astype(np.int64) + (self._offset - 1)) // SAMPLE_BYTES
        sampled = places[:-1] != places[1:]
        if last and count:
            sampled[-1] = True
        self._offset += len(data)
        differs, wanted, rows, in_rows = self._sort_out(lines, sampled)
        candidates = np.arange(count) if self._read_all else np.flatnonzero(wanted)
        candidates = np.setdiff1d(candidates, in_rows, assume_unique=True)
        start, single_lines = 0, list[BlockLine]()

        def end_block(end: int) -> Iterator[Block]:
            if end > start:
                low, high = np.searchsorted(in_rows, (start, end))
                own = rows.slice(low, high - low)
                own = own.set_column(0, "at", pc.subtract(own["at"], start))
                form, raw = self._main_format, partial(_shift, raw_line, start)
                yield Block(form, first + start, end - start, form.process, single_lines, raw, self._read_line, own)

        for at, line_differs, line_wanted in zip(
            candidates.tolist(), differs[candidates].tolist(), wanted[candidates].tolist(), strict=True
        ):
            if not line_differs:
                contents = self._read_line(first + at, raw_line(at))
                if contents is not None:
                    single_lines.append(BlockLine(at - start, *contents, line_wanted))
                if contents is not None or not line_wanted:
                    continue
            yield from end_block(at)
            yield first + at, raw_line(at)
            start, single_lines = at + 1, []
        yield from end_block(count)
        if rest := data[bounds[-1] :]:
            yield first + count, rest.decode("utf-8", "surrogateescape")

    def _sort_out(
        self, lines: ByteLines, sampled: NDArray[np.bool_]
    ) -> tuple[NDArray[np.bool_], NDArray[np.bool_], pa.Table, NDArray[np.int64]]:
        """Tell lines apart that are in the main format, that may matter, and that can be read together.

        Args:
            lines: whole lines.
            sampled: lines that are read in any case.

        Returns:
            Which lines are not in the main format; which must be read; what those hold that could be read together, and
            the places of these.
        """
        outline = self._main_format.outline
        differs = lines.out_of_bounds(outline)
        wanted = differs | sampled
        places = np.flatnonzero(match_lines(lines.texts, self._may_matter_or_differs) | sampled)
        texts = lines.texts if len(places) == len(lines.texts) else lines.texts.take(pa.array(places))
        inside = ~match_lines(texts, outline.differs())
        if not inside.all():
            differs[places[~inside]] = wanted[places[~inside]] = True
            places, texts = places[inside], texts.filter(pa.array(inside))
        fields = Fields(texts, outline)
        wanted[places] |= self._may_matter(fields)
        chosen = np.flatnonzero(wanted[places] & ~differs[places])
        if self._form is None or not len(chosen):
            return differs, wanted, _no_rows(), places[:0]
        rows, could_be_read = read_batch(fields, chosen, places[chosen], self._form)
        return differs, wanted, rows, places[chosen][could_be_read]

    def _may_matter(self, fields: Fields) -> NDArray[np.bool_]:
        """Return which requests may matter by what they ask for, or by the answer; most are asked again and again."""
        columns = [fields.column(name).cast(pa.binary()) for name in ("method", "target", "status")]
        texts = pc.binary_join_element_wise(*columns, b" ").dictionary_encode()
        requests = texts.dictionary.to_pylist()
        self._matters.learn(requests, lambda new: self._prefilter.matter([_split(text) for text in new]).tolist())
        matters = np.array([self._matters[text] for text in requests], np.bool_)
        by_line: NDArray[np.bool_] = matters[texts.indices.to_numpy()]
        return by_line


def _split(request: bytes) -> tuple[str, str, str]:
    """Split a request into method, target and status; a query string in a field of its own is left out."""
    method, target, status = request.decode("utf-8", "surrogateescape").split(" ")
    return method, target, status


@cache
def _no_rows() -> pa.Table:
    return pa.schema([("at", pa.int64())]).empty_table()


def _shift(raw_line: Callable[[int], str], start: int, at: int) -> str:
    return raw_line(start + at)
