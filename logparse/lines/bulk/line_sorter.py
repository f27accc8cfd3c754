"""Sorting the lines of a chunk: which are in the main format of their file, and which of these may matter.

Owns: which way of sorting is used for a file: by an outline (``outline_sorter``) or by what lines ask for
(``asked_lines``), and for the lines of records first of all by what they are like (``sieve``).
Must not know: what becomes of either kind of line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa

from logparse.common.columns import join_lines
from logparse.lines.bulk.asked_lines import sort_by_request
from logparse.lines.bulk.fields import Fields
from logparse.lines.bulk.main_format import ByteLines, encode_lines, make_opener
from logparse.lines.bulk.outline_sorter import OutlineSorter
from logparse.lines.bulk.sieve import SHOWN, WORTH, Sieve
from logparse.lines.bulk.sorted_lines import SortedLines, no_rows
from logparse.lines.bulk.times import parse_times

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from logparse.envelopes.block import MainFormat
    from logparse.envelopes.many import ManyOpener, Opened
    from logparse.envelopes.steps import Texts
    from logparse.formats.line_format import LineFormat
    from logparse.formats.outline import Outline
    from logparse.lines.bulk.row_reader import RowReader
    from logparse.rules.prefilter import Prefilter

#: Behind so many lines in the main format a slice of a file may begin: hardly anything before them reaches further
#: (``forgery.MESSAGE_LINES`` and ``forgery.NAME_LINES``).
INDEPENDENT_AFTER: Final = 480
#: So many lines are read one by one as fast as together.
_FEW: Final = 16


class LineSorter:
    """Sorts the lines of one file, chunk by chunk.

    Args:
        main_format: of the file.
        form: the line format of the lines in it.
        prefilter: says of their requests whether they may matter.
        rows: see below.

    Attributes:
        outline: of the lines, in their envelopes or out of them; None: they have no outline.
        form: their line format.
        rows: reads lines in the format that may matter.
    """

    def __init__(self, main_format: MainFormat, form: LineFormat, prefilter: Prefilter, rows: RowReader) -> None:
        outline = main_format.outline
        self.outline, self.form, self.rows, self._prefilter = outline, form, rows, prefilter
        self._opener = make_opener(main_format.path) if main_format.opened else None
        self._by_outline = None if outline is None else OutlineSorter(outline, form, prefilter)
        self._in_rows = self._by_outline is not None and self._by_outline.in_rows
        self._sieve = None if self._opener is None else Sieve(self._opener, outline, form, prefilter)

    def sort(self, data: bytes, lines: ByteLines, sampled: NDArray[np.bool_]) -> SortedLines:
        """Sort the lines of a chunk.

        Args:
            data: the chunk, up to its last line break.
            lines: the same.
            sampled: lines that are read in any case.
        """
        if self._opener is None or self._sieve is None:
            assert self._by_outline is not None
            return self._add_rows(self._by_outline.sort(lines, sampled, together=True), sampled, lines.texts)
        count = len(lines.texts)
        if self._sieve.empty and count >= WORTH:
            none = np.zeros(SHOWN, np.bool_)
            shown = self._sort_opened(data[: lines.bounds[SHOWN]], none, self._opener)
            self._sieve.learn(lines.texts[:SHOWN], shown, none)
        writers = self._sieve.sift(lines.texts)
        left = np.flatnonzero((writers < 0) | sampled)
        if len(left) == count:
            found = self._sort_opened(data, sampled, self._opener)
        else:
            texts = lines.texts.take(pa.array(left))
            found = self._sort_opened(join_lines(texts), sampled[left], self._opener)
            if len(left) >= WORTH:
                self._sieve.learn(texts, found, sampled[left])
            found = found.among(left, writers)
        return _leave_nameless(found)

    def _sort_opened(self, data: bytes, sampled: NDArray[np.bool_], opener: ManyOpener) -> SortedLines:
        """Sort lines that are taken out of their envelopes."""
        opened = opener.open(data)
        if self._by_outline is not None:
            found = self._by_outline.sort(ByteLines(encode_lines(opened.texts)), sampled, together=True)
        else:
            bare = data if opener.bare else None
            differs, matters = sort_by_request(opened.texts, bare, self.form, self._prefilter)
            found = SortedLines(differs, differs | matters | sampled, no_rows(), np.empty(0, np.int64))
        return _note_origins(self._add_rows(found, sampled, opened.texts), opened, opener)

    def _add_rows(self, found: SortedLines, sampled: NDArray[np.bool_], lines: Texts | pa.Array) -> SortedLines:
        """Read the lines that may matter, if there are many, and they were not read as columns of their outline.

        Args:
            found: how the lines are sorted.
            sampled: which of them are read by themselves.
            lines: as they stand in the file, as bytes; or as texts out of their envelopes.
        """
        chosen = np.flatnonzero(found.wanted & ~found.differs & ~sampled)
        if self._in_rows or len(chosen) < _FEW or not self.rows.worth:
            return found
        if isinstance(lines, pa.Array):
            if self.outline is not None and self.outline.path:
                return found  # the lines are still in their envelopes
            written = join_lines(lines.take(pa.array(chosen))).decode("utf-8", "surrogateescape")
            texts: Texts = [text.removesuffix("\r") for text in written.split("\n")[:-1]]
        else:
            texts = [lines[at] for at in chosen.tolist()]
        rows, in_rows = self.rows.read(texts, chosen)
        return found._replace(rows=rows, in_rows=in_rows)

    def read_times(self, data: bytes) -> list[int]:
        """Read the times of whole lines, in microseconds UTC.

        None of them if some line is not in the outline from its beginning to its end, or holds a time in another form.
        """
        if self.outline is None or not self._in_rows:
            return []
        texts = data if self._opener is None else encode_lines(self._opener.open(data).texts)
        times, right = self._read_times(ByteLines(texts), self.outline)
        return times.tolist() if len(times) and right.all() else []

    def sort_ahead(self, texts: Sequence[bytes]) -> list[tuple[list[int], SortedLines] | None]:
        """Sort the lines of several short texts at once, each as a chunk by itself.

        Args:
            texts: whole lines.

        Returns:
            For each text the times of its lines, and how they are sorted; None if some line is not in the outline or
            holds a time in another form, and for texts with many lines that must be read, which had better be together.
        """
        if self.outline is None or self._by_outline is None or not self._in_rows:
            return [None] * len(texts)
        data = b"".join(texts)
        opened = None if self._opener is None else self._opener.open(data)
        lines = ByteLines(data if opened is None else encode_lines(opened.texts))
        times, right = self._read_times(lines, self.outline)
        if not right.any():
            return [None] * len(texts)
        ends = np.cumsum([text.count(b"\n") for text in texts])
        sampled = np.zeros(len(times), np.bool_)
        sampled[ends - 1] = True
        found = self._by_outline.sort(lines, sampled, together=False)
        if opened is not None and self._opener is not None:
            found = _leave_nameless(_note_origins(found, opened, self._opener))
        right &= ~found.differs
        bounds = zip([0, *ends[:-1].tolist()], ends.tolist(), strict=True)
        return [
            (times[start:stop].tolist(), found.between(start, stop))
            if right[start:stop].all() and np.count_nonzero(found.wanted[start:stop]) <= _FEW
            else None
            for start, stop in bounds
        ]

    def _read_times(self, lines: ByteLines, outline: Outline) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
        """Read the times of lines, and say which are in the outline, and hold a time in its form."""
        times, right = np.zeros(len(lines.texts), np.int64), np.zeros(len(lines.texts), np.bool_)
        inside = np.flatnonzero(~lines.differ_from(outline))
        if len(inside):
            columns, whole = Fields(lines.texts, outline).whole(inside)
            times[inside], timed = parse_times(columns.get("clf", columns.get("stamp")))
            right[inside] = whole & timed
        return times, right

    def find_independent_place(self, data: bytes) -> int | None:
        """Find a place behind so many lines in the main format that no line depends on what stands before them.

        Returns:
            Bytes from the beginning of the data, which are whole lines; None if there is no such place.
        """
        lines = ByteLines(data)
        if self._opener is None and self.outline is not None:
            differs = lines.differ_from(self.outline)
        else:
            differs = self.sort(data[: lines.bounds[-1]], lines, np.zeros(len(lines.texts), np.bool_)).differs
        edges = np.concatenate(([-1], np.flatnonzero(differs), [len(lines.texts)]))
        long = np.flatnonzero(np.diff(edges) > INDEPENDENT_AFTER)
        return int(lines.bounds[edges[long[0]] + 1 + INDEPENDENT_AFTER]) if len(long) else None


def _note_origins(found: SortedLines, opened: Opened, opener: ManyOpener) -> SortedLines:
    """Return sorted lines with who wrote each, and what its envelopes tell of it."""
    for name, values in opened.told.items() if len(found.in_rows) else ():
        column = pa.array([values[at] or None for at in found.in_rows.tolist()], pa.string())
        found = found._replace(rows=found.rows.append_column(name, column.dictionary_encode()))
    return found._replace(writers=opened.writers, origins=opener.origins, processes=opener.processes)


def _leave_nameless(found: SortedLines) -> SortedLines:
    """Leave lines whose envelopes name no process to be read by themselves, if other lines name one.

    They count as written by the process of the line before.
    """
    nameless = np.array([not process for process in found.processes])[found.writers]
    if nameless.any() and not nameless.all():
        found.differs[nameless] = found.wanted[nameless] = True
    return found
