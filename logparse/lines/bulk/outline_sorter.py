"""Sorting the lines of a chunk by the outline of their format, in RE2, and reading those together that may matter.

Owns: which lines are in an outline, and which of these may matter. Must not know: what becomes of either kind of line.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from logparse.formats.clients import PATTERN
from logparse.lines.bulk.asked_lines import sort_by_request
from logparse.lines.bulk.batch_reader import can_read, read_batch
from logparse.lines.bulk.fields import Fields
from logparse.lines.bulk.main_format import ByteLines, match_lines
from logparse.lines.bulk.sorted_lines import SortedLines, no_rows

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from logparse.common.memo import Memo
    from logparse.envelopes.steps import Texts
    from logparse.formats.line_format import LineFormat
    from logparse.formats.outline import Outline
    from logparse.rules.prefilter import Prefilter


class OutlineSorter:
    """Sorts the lines of one file.

    Args:
        outline: theirs.
        form: their line format.
        prefilter: says of their requests whether they may matter.

    Attributes:
        in_rows: lines that must be read can be read together.
    """

    def __init__(self, outline: Outline, form: LineFormat, prefilter: Prefilter) -> None:
        self._outline, self._form, self._prefilter = outline, form, prefilter
        self.in_rows = can_read(form, outline)
        self._may_matter_or_differs = prefilter.wanted(outline)
        self._matters: Memo[bytes, bool] = prefilter.answers["requests"]

    def sort(self, lines: ByteLines, sampled: NDArray[np.bool_], *, together: bool) -> SortedLines:
        """Sort the lines of a chunk.

        Args:
            lines: out of their envelopes, if their outline is not that of an envelope.
            sampled: lines that are read in any case.
            together: read those together that must be read.
        """
        differs = lines.out_of_bounds(self._outline)
        wanted = differs | sampled
        places = np.flatnonzero(match_lines(lines.texts, self._may_matter_or_differs) | sampled)
        texts = lines.texts if len(places) == len(lines.texts) else lines.texts.take(pa.array(places))
        inside = ~match_lines(texts, self._outline.differs())
        if not inside.all():
            differs[places[~inside]] = wanted[places[~inside]] = True
            places, texts = places[inside], texts.filter(pa.array(inside))
        fields = Fields(texts, self._outline)
        clients = fields.match("client", f"^(?:{PATTERN})$")
        if not clients.all():  # a number in front of an address, as a viewer writes it
            differs[places[~clients]] = wanted[places[~clients]] = True
            places, texts = places[clients], texts.filter(pa.array(clients))
            fields = Fields(texts, self._outline)
        wanted[places] |= self._may_matter(fields)
        self._sort_others(lines, differs, wanted, sampled)
        chosen = np.flatnonzero(wanted[places] & ~differs[places])
        if not (together and self.in_rows and len(chosen)):
            return SortedLines(differs, wanted, no_rows(), places[:0])
        rows, could_be_read = read_batch(fields, chosen, places[chosen], self._form)
        return SortedLines(differs, wanted, rows, places[chosen][could_be_read])

    def _sort_others(
        self, lines: ByteLines, differs: NDArray[np.bool_], wanted: NDArray[np.bool_], sampled: NDArray[np.bool_]
    ) -> None:
        """Sort those lines by what they ask for that are not in the outline: it holds the usual lines of a format."""
        others = np.flatnonzero(differs)
        if self._form.asked is None or self._outline.path or not len(others):  # what is in no envelope is no such line
            return
        written = [line.decode("utf-8", "surrogateescape") for line in lines.texts.take(pa.array(others)).to_pylist()]
        texts: Texts = [text.removesuffix("\n").removesuffix("\r") for text in written]
        differ, matter = sort_by_request(texts, None, self._form, self._prefilter)
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
