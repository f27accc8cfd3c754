"""Sorting the lines of a chunk: which are in the main format of their file, and which of these may matter.

Owns: sorting lines by an outline, in RE2. Lines of formats without one are sorted in another way (``asked_lines``).
Must not know: what becomes of either kind of line.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from logparse.formats.clients import PATTERN
from logparse.lines.bulk.asked_lines import sort_by_request
from logparse.lines.bulk.batch_reader import can_read, read_batch
from logparse.lines.bulk.fields import Fields
from logparse.lines.bulk.main_format import ByteLines, encode_lines, make_opener, match_lines
from logparse.lines.bulk.times import parse_times

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from logparse.common.memo import Memo
    from logparse.envelopes.block import MainFormat
    from logparse.envelopes.many import ManyOpener, Opened
    from logparse.envelopes.origin import Origin, Process
    from logparse.envelopes.steps import Texts
    from logparse.formats.line_format import LineFormat
    from logparse.formats.outline import Outline
    from logparse.rules.prefilter import Prefilter

#: Behind so many lines in the main format a slice of a file may begin: hardly anything before them reaches further
#: (``forgery.MESSAGE_LINES`` and ``forgery.NAME_LINES``).
INDEPENDENT_AFTER: Final = 480
#: So many lines are read one by one as fast as together.
_FEW: Final = 16


class SortedLines(NamedTuple):
    """What is known of the lines of a chunk.

    Attributes:
        differs: which lines are not in the main format.
        wanted: which must be read.
        rows: what those hold that could be read together; the column ``at`` holds their place in the chunk.
        in_rows: these places.
        writers: for each line, which of the processes wrote it; None: the process of the main format wrote all of them.
        origins: of the processes that wrote lines of the file so far, where they wrote them.
        processes: these processes.
    """

    differs: NDArray[np.bool_]
    wanted: NDArray[np.bool_]
    rows: pa.Table
    in_rows: NDArray[np.int64]
    writers: NDArray[np.int64] | None = None
    origins: Sequence[Origin] = ()
    processes: Sequence[Process] = ()

    def between(self, start: int, stop: int) -> SortedLines:
        """Return what is known of some of the lines, none of which was read together with others."""
        writers = None if self.writers is None else self.writers[start:stop]
        return self._replace(differs=self.differs[start:stop], wanted=self.wanted[start:stop], writers=writers)


class LineSorter:
    """Sorts the lines of one file, chunk by chunk.

    Args:
        main_format: of the file.
        form: the line format of the lines in it.
        prefilter: says of their requests whether they may matter.

    Attributes:
        outline: of the lines, in their envelopes or out of them; None: they have no outline.
        form: their line format.
    """

    def __init__(self, main_format: MainFormat, form: LineFormat, prefilter: Prefilter) -> None:
        outline = main_format.outline
        self.outline, self.form, self._prefilter = outline, form, prefilter
        self._opener = make_opener(main_format.path) if main_format.opened else None
        self._in_rows = outline is not None and can_read(form, outline)
        self._may_matter_or_differs = "" if outline is None else prefilter.wanted(outline)
        self._matters: Memo[bytes, bool] = prefilter.answers["requests"]

    def sort(self, data: bytes, lines: ByteLines, sampled: NDArray[np.bool_]) -> SortedLines:
        """Sort the lines of a chunk.

        Args:
            data: the chunk, up to its last line break.
            lines: the same.
            sampled: lines that are read in any case.
        """
        if self._opener is None:
            return self._sort_by_outline(lines, sampled, together=True)
        opened = self._opener.open(data)
        if self.outline is not None:
            found = self._sort_by_outline(ByteLines(encode_lines(opened.texts)), sampled, together=True)
        else:
            bare = data if self._opener.bare else None
            differs, matters = sort_by_request(opened.texts, bare, self.form, self._prefilter)
            found = SortedLines(differs, differs | matters | sampled, _no_rows(), np.empty(0, np.int64))
        return self._note_origins(found, opened, self._opener)

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
        if self.outline is None or not self._in_rows:
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
        found = self._sort_by_outline(lines, sampled, together=False)
        if opened is not None and self._opener is not None:
            found = self._note_origins(found, opened, self._opener)
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

    def _note_origins(self, found: SortedLines, opened: Opened, opener: ManyOpener) -> SortedLines:
        """Return sorted lines with who wrote each, and what its envelopes tell of it."""
        for name, values in opened.told.items() if len(found.in_rows) else ():
            column = pa.array([values[at] or None for at in found.in_rows.tolist()], pa.string())
            found = found._replace(rows=found.rows.append_column(name, column.dictionary_encode()))
        nameless = np.array([not process for process in opener.processes])[opened.writers]
        if nameless.any() and not nameless.all():  # they count as written by the process of the line before
            found.differs[nameless] = found.wanted[nameless] = True
        return found._replace(writers=opened.writers, origins=opener.origins, processes=opener.processes)

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

    # -- by an outline ----------------------------------------------------------------------------------------------

    def _sort_by_outline(self, lines: ByteLines, sampled: NDArray[np.bool_], *, together: bool) -> SortedLines:
        assert self.outline is not None
        differs = lines.out_of_bounds(self.outline)
        wanted = differs | sampled
        places = np.flatnonzero(match_lines(lines.texts, self._may_matter_or_differs) | sampled)
        texts = lines.texts if len(places) == len(lines.texts) else lines.texts.take(pa.array(places))
        inside = ~match_lines(texts, self.outline.differs())
        if not inside.all():
            differs[places[~inside]] = wanted[places[~inside]] = True
            places, texts = places[inside], texts.filter(pa.array(inside))
        fields = Fields(texts, self.outline)
        clients = fields.match("client", f"^(?:{PATTERN})$")
        if not clients.all():  # a number in front of an address, as a viewer writes it
            differs[places[~clients]] = wanted[places[~clients]] = True
            places, texts = places[clients], texts.filter(pa.array(clients))
            fields = Fields(texts, self.outline)
        wanted[places] |= self._may_matter(fields)
        self._sort_others(lines, differs, wanted, sampled)
        chosen = np.flatnonzero(wanted[places] & ~differs[places])
        if not (together and self._in_rows and len(chosen)):
            return SortedLines(differs, wanted, _no_rows(), places[:0])
        rows, could_be_read = read_batch(fields, chosen, places[chosen], self.form)
        return SortedLines(differs, wanted, rows, places[chosen][could_be_read])

    def _sort_others(
        self, lines: ByteLines, differs: NDArray[np.bool_], wanted: NDArray[np.bool_], sampled: NDArray[np.bool_]
    ) -> None:
        """Sort those lines by what they ask for that are not in the outline: it holds the usual lines of a format."""
        others = np.flatnonzero(differs)
        if self.form.asked is None or not len(others):
            return
        written = [line.decode("utf-8", "surrogateescape") for line in lines.texts.take(pa.array(others)).to_pylist()]
        texts: Texts = [text.removesuffix("\n").removesuffix("\r") for text in written]
        differ, matter = sort_by_request(texts, None, self.form, self._prefilter)
        right = others[~differ]
        differs[right], wanted[right] = False, matter[~differ] | sampled[right]

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
