"""Which lines of a file can be passed over together: whole access lines that say nothing of the lines around them.

Owns: what the usual lines of a file are, and finding stretches of them in its bytes. Must not know: which requests
matter (it is told by expressions), what becomes of a stretch (``process``).

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

from logparse import envelopes, formats
from logparse.fields import Fields
from logparse.outline import compile_outline
from logparse.rows import can_read, read
from logparse.stretch import Kept, Stretch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from logparse.formats import LineFormat
    from logparse.outline import Outline
    from logparse.prefilter import Prefilter
    from logparse.stretch import Read, Usual

#: Lines at the beginning of a file that show what its usual lines are; they are read one by one.
HEAD: Final = 600
#: and this share of them must be such.
_SHARE: Final = 0.2
#: One line in so many bytes is read in full, for the times between which the log lies.
SAMPLE_BYTES: Final = 1 << 22
#: Longer lines are read one by one: Docker cuts lines at 16 KiB, and no outline tells that a line is cut.
_LONGEST: Final = 1 << 13
#: Requests of which is remembered whether they may matter.
_REMEMBERED: Final = 1 << 16
_NEWLINE: Final = 10
#: Behind so many usual lines a slice of a file may begin: hardly anything reaches further (``strangers.LOOKAHEAD``).
SETTLED: Final = 480


@cache
def outlines() -> tuple[Outline, ...]:
    """Those of all line formats, bare and in each of the envelopes that have one."""
    made = []
    for form in formats.shipped():
        text, ends, rest = form.outline
        if text:
            made.append(compile_outline(form.id, text, ends, rest=rest))
            made += [
                compile_outline(
                    f"{each.id} > {form.id}",
                    text,
                    each.ends or ends,
                    around=each.outline,
                    escaped=each.escaped,
                    rest=rest,
                    behind=each.rest,
                )
                for each in envelopes.shipped()
                if each.outline
            ]
    return tuple(made)


def outline_of(head: Sequence[str]) -> tuple[Outline, list[int]] | None:
    """The outline of most lines at the beginning of a file, and the places of those lines; None if there is none."""
    if len(head) < HEAD:
        return None
    data = "".join(f"{line}\n" for line in head).encode("utf-8", "surrogateescape")
    lines, held, bounds = _parted(data)
    within = [~(_matches(lines, each.differs()) | _out_of_bounds(held, bounds, each)) for each in outlines()]
    most = max(range(len(within)), key=lambda nth: int(within[nth].sum()))
    if within[most].sum() < _SHARE * len(head):
        return None
    return outlines()[most], np.flatnonzero(within[most]).tolist()


class Sieve:
    """Parts chunks of one file into stretches and other lines.

    Args:
        usual: what the usual lines are.
        form: their line format.
        filters: what tells of usual lines whether they may matter.
        read: what a usual line holds.
        offset: bytes of the file that come before the first chunk.
        every: read all lines of a stretch, whether they may matter or not.

    Attributes:
        count: lines of the last piece that was read.
    """

    def __init__(
        self, usual: Usual, form: LineFormat, filters: Prefilter, read: Read, *, offset: int = 0, every: bool = False
    ) -> None:
        self._usual = usual
        self._filters = filters
        self._wanted = filters.wanted(usual.outline)
        self._read = read
        self._offset = offset
        self._every = every
        self._form = form if can_read(form, usual.outline) else None
        self._known: dict[bytes, bool] = {}
        self.count = 0

    def lines(self, data: bytes, first: int, *, last: bool = False) -> Iterator[tuple[int, str] | Stretch]:
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
        begun, kept = 0, list[Kept]()

        def stretch(end: int) -> Iterator[Stretch]:
            if end > begun:
                low, high = np.searchsorted(done, (begun, end))
                own = rows.slice(low, high - low)
                own = own.set_column(0, "at", pc.subtract(own["at"], begun))
                shifted = partial(_shifted, raw, begun)
                yield Stretch(self._usual, first + begun, end - begun, kept, shifted, self._read, own)

        for at, is_strange, is_wanted in zip(
            looked.tolist(), strange[looked].tolist(), wanted[looked].tolist(), strict=True
        ):
            if not is_strange:
                held_there = self._read(first + at, raw(at))
                if held_there is not None:
                    kept.append(Kept(at - begun, *held_there, is_wanted))
                if held_there is not None or not is_wanted:
                    continue
            yield from stretch(at)
            yield first + at, raw(at)
            begun, kept = at + 1, []
        yield from stretch(count)
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
        if len(self._known) > _REMEMBERED:
            self._known.clear()
        words = texts.dictionary.to_pylist()
        new = [text for text in words if text not in self._known]
        if new:
            self._known.update(zip(new, self._filters.matter([_asked(text) for text in new]).tolist(), strict=True))
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


def settled(data: bytes, usual: Usual) -> int | None:
    """Where in whole lines so many usual ones have passed that none behind depends on one before; None: nowhere."""
    lines, held, bounds = _parted(data)
    other = np.flatnonzero(_matches(lines, usual.outline.differs()) | _out_of_bounds(held, bounds, usual.outline))
    edges = np.concatenate(([-1], other, [len(lines)]))
    long = np.flatnonzero(np.diff(edges) > SETTLED)
    return int(bounds[edges[long[0]] + 1 + SETTLED]) if len(long) else None


def _shifted(raw: Callable[[int], str], begun: int, at: int) -> str:
    return raw(begun + at)


def _parted(data: bytes) -> tuple[pa.Array, NDArray[np.uint8], NDArray[np.int32]]:
    """Whole lines, their bytes, and where each begins and the last one ends; nothing is copied."""
    held = np.frombuffer(data, np.uint8)
    ends = np.flatnonzero(held == _NEWLINE)
    bounds = np.zeros(len(ends) + 1, np.int32)
    np.add(ends, 1, out=bounds[1:], casting="unsafe")
    lines = pa.Array.from_buffers(pa.binary(), len(ends), [None, pa.py_buffer(bounds), pa.py_buffer(data)])
    return lines, held, bounds


def _out_of_bounds(held: NDArray[np.uint8], bounds: NDArray[np.int32], outline: Outline) -> NDArray[np.bool_]:
    """Which lines are too long, or do not end as they should."""
    wrong: NDArray[np.bool_] = np.diff(bounds) > _LONGEST
    if outline.ends:
        wrong |= held[np.maximum(bounds[1:] - 2, 0)] != outline.ends[0]
    return wrong


def _matches(lines: pa.Array, pattern: str) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = pc.match_substring_regex(lines, pattern).to_numpy(zero_copy_only=False)
    return found
