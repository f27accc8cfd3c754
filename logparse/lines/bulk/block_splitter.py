"""Which lines of a file can be passed over together: whole access lines that say nothing of the lines around them.

Owns: what the usual lines of a file are, and finding blocks of them in its bytes. Must not know: which requests
matter (it is told by expressions), what becomes of a block.

Nearly all lines of a log are access lines that no rule is about. They are told by their outline, from their beginning
to their status, and by their last character, with no Python call for any of them. What stands between those is not
looked at unless the line may matter: such a line is read in full, and if it turns out to be none, it is passed on as it
is.
"""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from logparse.common.memo import Memo
from logparse.envelopes.block import Block, BlockLine
from logparse.lines.bulk.batch_reader import can_read, read
from logparse.lines.bulk.fields import Fields
from logparse.lines.bulk.usual_lines import _matches, _out_of_bounds, _parted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    from logparse.envelopes.block import MainFormat, ReadLine
    from logparse.formats.line_format import LineFormat
    from logparse.rules.prefilter import Prefilter

#: One line in so many bytes is read in full, for the times between which the log lies.
SAMPLE_BYTES: Final = 1 << 22


class Sieve:
    """Parts chunks of one file into blocks and other lines.

    Args:
        usual: what the usual lines are.
        form: their line format.
        filters: what tells of usual lines whether they may matter.
        read: what a usual line holds.
        offset: bytes of the file that come before the first chunk.
        every: read all lines of a block, whether they may matter or not.

    Attributes:
        count: lines of the last piece that was read.
    """

    def __init__(
        self,
        usual: MainFormat,
        form: LineFormat,
        filters: Prefilter,
        read: ReadLine,
        *,
        offset: int = 0,
        every: bool = False,
    ) -> None:
        self._usual = usual
        self._filters = filters
        self._wanted = filters.wanted(usual.outline)
        self._read = read
        self._offset = offset
        self._every = every
        self._form = form if can_read(form, usual.outline) else None
        self._known: Memo[bytes, bool] = Memo()
        self.count = 0

    def lines(self, data: bytes, first: int, *, last: bool = False) -> Iterator[tuple[int, str] | Block]:
        """What whole lines are made of, in their order.

        Args:
            data: the lines, each ended by a line break, but perhaps the last line of the file.
            first: number of the first of them.
            last: the file ends with them.
        """
        lines, held, bounds = _parted(data)
        self.count = count = len(lines)

        def raw(at: int) -> str:
            return data[bounds[at] : bounds[at + 1] - 1].decode("utf-8", "surrogateescape")

        places = (bounds.astype(np.int64) + (self._offset - 1)) // SAMPLE_BYTES
        sampled = places[:-1] != places[1:]
        if last and count:
            sampled[-1] = True
        self._offset += len(data)
        strange, wanted, rows, done = self._told(lines, _out_of_bounds(held, bounds, self._usual.outline), sampled)
        looked = np.setdiff1d(np.arange(count) if self._every else np.flatnonzero(wanted), done, assume_unique=True)
        begun, kept = 0, list[BlockLine]()

        def block(end: int) -> Iterator[Block]:
            if end > begun:
                low, high = np.searchsorted(done, (begun, end))
                own = rows.slice(low, high - low)
                own = own.set_column(0, "at", pc.subtract(own["at"], begun))
                shifted = partial(_shifted, raw, begun)
                usual = self._usual
                yield Block(usual, first + begun, end - begun, usual.process, kept, shifted, self._read, own)

        for at, is_strange, is_wanted in zip(
            looked.tolist(), strange[looked].tolist(), wanted[looked].tolist(), strict=True
        ):
            if not is_strange:
                held_there = self._read(first + at, raw(at))
                if held_there is not None:
                    kept.append(BlockLine(at - begun, *held_there, is_wanted))
                if held_there is not None or not is_wanted:
                    continue
            yield from block(at)
            yield first + at, raw(at)
            begun, kept = at + 1, []
        yield from block(count)
        if rest := data[bounds[-1] :]:
            yield first + count, rest.decode("utf-8", "surrogateescape")

    def _told(
        self, lines: pa.Array, beyond: NDArray[np.bool_], sampled: NDArray[np.bool_]
    ) -> tuple[NDArray[np.bool_], NDArray[np.bool_], pa.Table, NDArray[np.int64]]:
        """Which lines are no usual ones; which must be read; what could be read of many together, and of which.

        Args:
            lines: whole lines.
            beyond: those that are too long, or do not end as they should.
            sampled: those that are read in any case.
        """
        looked = np.flatnonzero(_matches(lines, self._wanted) | sampled)
        some = lines if len(looked) == len(lines) else lines.take(pa.array(looked))
        inside = ~_matches(some, self._usual.outline.differs())
        strange, wanted = beyond, beyond | sampled
        if not inside.all():
            strange[looked[~inside]] = wanted[looked[~inside]] = True
            looked, some = looked[inside], some.filter(pa.array(inside))
        fields = Fields(some, self._usual.outline)
        wanted[looked] |= self._matter(fields)
        chosen = np.flatnonzero(wanted[looked] & ~strange[looked])
        if self._form is None or not len(chosen):
            return strange, wanted, _no_rows(), looked[:0]
        rows, done = read(fields, chosen, looked[chosen], self._form)
        return strange, wanted, rows, looked[chosen][done]

    def _matter(self, fields: Fields) -> NDArray[np.bool_]:
        """Which requests may matter by what they ask for, or by the answer; most are asked for again and again."""
        asked = [fields.column(name).cast(pa.binary()) for name in ("method", "target", "status")]
        texts = pc.binary_join_element_wise(*asked, b" ").dictionary_encode()
        words = texts.dictionary.to_pylist()
        self._known.learn(words, lambda new: self._filters.matter([_asked(text) for text in new]).tolist())
        known = np.array([self._known[text] for text in words], np.bool_)
        found: NDArray[np.bool_] = known[texts.indices.to_numpy()]
        return found


def _asked(text: bytes) -> tuple[str, str, str]:
    """Method, target and status of a line; a query string that stands by itself is left out."""
    method, target, status = text.decode("utf-8", "surrogateescape").split(" ")
    return method, target, status


@cache
def _no_rows() -> pa.Table:
    return pa.schema([("at", pa.int64())]).empty_table()


def _shifted(raw: Callable[[int], str], begun: int, at: int) -> str:
    return raw(begun + at)
