"""Sorting the lines of a chunk: which are in the main format of their file, and which of these may matter.

Owns: the two ways to sort many lines at once. Must not know: what becomes of either kind of line.

Line formats with an outline are recognised by it, in RE2. For all others we read the values on which it depends what a
line asks for (``logparse.formats.asked``). Of lines with the same values, one is read in full.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from logparse.formats.clients import PATTERN
from logparse.lines.bulk.batch_reader import can_read, read_batch
from logparse.lines.bulk.fields import Fields
from logparse.lines.bulk.main_format import LONGEST, ByteLines, encode_lines, make_opener, match_lines
from logparse.lines.bulk.times import parse_times

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from numpy.typing import NDArray

    from logparse.common.memo import Memo
    from logparse.envelopes.block import MainFormat
    from logparse.envelopes.origin import Origin, Process
    from logparse.envelopes.steps import Texts
    from logparse.formats.line_format import LineFormat
    from logparse.rules.prefilter import Prefilter

#: Behind so many lines in the main format a slice of a file may begin: hardly anything before them reaches further
#: (``forgery.MESSAGE_LINES`` and ``forgery.NAME_LINES``).
INDEPENDENT_AFTER: Final = 480
#: What is remembered of a request: that it may matter, that it cannot, or that such a line has to be read by itself.
_MAY_MATTER: Final = 1
_CANNOT_MATTER: Final = 0
_BY_ITSELF: Final = -1


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
        self._meanings: Memo[Hashable, int] = prefilter.answers[f"lines of {form.id}"]

    def sort(self, data: bytes, lines: ByteLines, sampled: NDArray[np.bool_]) -> SortedLines:
        """Sort the lines of a chunk.

        Args:
            data: the chunk, up to its last line break.
            lines: the same.
            sampled: lines that are read in any case.
        """
        if self._opener is None:
            return self._sort_by_outline(lines, sampled)
        texts, writers, told = self._opener.open(data)
        if self.outline is None:
            sorted_lines = self._sort_by_request(texts, sampled)
        else:
            sorted_lines = self._sort_by_outline(ByteLines(encode_lines(texts)), sampled)
        for name, values in told.items() if len(sorted_lines.in_rows) else ():
            column = pa.array([values[at] or None for at in sorted_lines.in_rows.tolist()], pa.string())
            rows = sorted_lines.rows.append_column(name, column.dictionary_encode())
            sorted_lines = sorted_lines._replace(rows=rows)
        nameless = np.array([not process for process in self._opener.processes])[writers]
        if nameless.any() and not nameless.all():  # they count as written by the process of the line before
            sorted_lines.differs[nameless] = sorted_lines.wanted[nameless] = True
        return sorted_lines._replace(writers=writers, origins=self._opener.origins, processes=self._opener.processes)

    def read_times(self, data: bytes) -> list[int]:
        """Read the times of whole lines, in microseconds UTC.

        None of them if some line is not in the outline from its beginning to its end, or holds a time in another form.
        """
        lines = ByteLines(data if self._opener is None else encode_lines(self._opener.open(data).texts))
        if self.outline is None or not self._in_rows or lines.differ_from(self.outline).any():
            return []
        columns, whole = Fields(lines.texts, self.outline).whole(np.arange(len(lines.texts)))
        times, right = parse_times(columns.get("clf", columns.get("stamp")))
        return times.tolist() if len(times) and (whole & right).all() else []

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

    def _sort_by_outline(self, lines: ByteLines, sampled: NDArray[np.bool_]) -> SortedLines:
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
        clients = match_lines(fields.column("client").cast(pa.binary()), f"^(?:{PATTERN})$")
        if not clients.all():  # a number in front of an address, as a viewer writes it
            differs[places[~clients]] = wanted[places[~clients]] = True
            places, texts = places[clients], texts.filter(pa.array(clients))
            fields = Fields(texts, self.outline)
        wanted[places] |= self._may_matter(fields)
        chosen = np.flatnonzero(wanted[places] & ~differs[places])
        if not self._in_rows or not len(chosen):
            return SortedLines(differs, wanted, _no_rows(), places[:0])
        rows, could_be_read = read_batch(fields, chosen, places[chosen], self.form)
        return SortedLines(differs, wanted, rows, places[chosen][could_be_read])

    def _may_matter(self, fields: Fields) -> NDArray[np.bool_]:
        """Return which requests may matter by what they ask for, or by the answer; most are asked again and again."""
        columns = [fields.column(name).cast(pa.binary()) for name in ("method", "target", "status")]
        texts = pc.binary_join_element_wise(*columns, b" ").dictionary_encode()
        requests = texts.dictionary.to_pylist()
        self._matters.learn(requests, lambda new: self._prefilter.matter([_split(text) for text in new]).tolist())
        matters = np.array([self._matters[text] for text in requests], np.bool_)
        by_line: NDArray[np.bool_] = matters[texts.indices.to_numpy()]
        return by_line

    # -- by what lines ask for --------------------------------------------------------------------------------------

    def _sort_by_request(self, texts: Texts, sampled: NDArray[np.bool_]) -> SortedLines:
        assert self.form.asked is not None
        if max(map(len, filter(None, texts)), default=0) > LONGEST:
            texts = [None if text is None or len(text) > LONGEST else text for text in texts]
        keys = self.form.asked(texts)
        meanings = list(map(self._meanings.get, keys))
        if None in meanings:
            new = zip(keys, texts, meanings, strict=True)
            examples = {key: text for key, text, known in new if known is None and key is not None}
            self._meanings.learn(examples, lambda asked: [self._read_meaning(examples[key] or "") for key in asked])
            meanings = [
                _BY_ITSELF if key is None else self._meanings[key] if meaning is None else meaning
                for key, meaning in zip(keys, meanings, strict=True)
            ]
        meaning = np.array(meanings, np.int8)
        differs = meaning == _BY_ITSELF
        wanted = differs | (meaning == _MAY_MATTER) | sampled
        return SortedLines(differs, wanted, _no_rows(), np.empty(0, np.int64))

    def _read_meaning(self, text: str) -> int:
        """Read a line, and say what holds for all that ask for the same."""
        fields = self.form.read(text) or {}
        method, target = fields.get("method") or fields.get("verb"), fields.get("target") or fields.get("url_path")
        status = fields.get("status") or ""
        if not method or not target:
            return _BY_ITSELF
        if not self._prefilter.request(method, target, status):
            return _CANNOT_MATTER
        return _MAY_MATTER if self._prefilter.matter([(method, target, status)])[0] else _CANNOT_MATTER


def _split(request: bytes) -> tuple[str, str, str]:
    """Split a request into method, target and status; a query string in a field of its own is left out."""
    method, target, status = request.decode("utf-8", "surrogateescape").split(" ")
    return method, target, status


@cache
def _no_rows() -> pa.Table:
    return pa.schema([("at", pa.int64())]).empty_table()
