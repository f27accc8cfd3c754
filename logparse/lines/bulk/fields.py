"""Where the fields of lines lie: found for all lines of an outline together, by the characters behind the fields.

Owns: taking such lines apart, and whether they go on to their end as the outline says.
Must not know: which lines are in an outline, what a field means.

No field can hold the character that follows it. So a field ends at the next such character, and where those are is
found for all lines at once, in a third of the time that expressions with groups take.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from logparse.common.columns import truth_values
from logparse.formats.outline import KEPT

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from logparse.formats.outline import Outline, OutlineField

#: Fields in which lines repeat each other: they are dictionaries.
TEXTS: Final = frozenset({"client", "name", "method", "target", "query", "referer", "agent", "stream"})


class Fields:
    """The fields of many lines.

    Args:
        lines: as they stand in the file, each with its line break, one behind the other; all are in the outline.
        outline: theirs.
    """

    def __init__(self, lines: pa.Array, outline: Outline) -> None:
        lead, self._fields = outline.layout()
        self._width = 2 * len(self._fields)
        _, offsets, data = lines.buffers()
        bounds = np.frombuffer(offsets, np.int32)[lines.offset : lines.offset + len(lines) + 1].astype(np.int64)
        self._ends = bounds[1:]
        self._held = np.frombuffer(data, np.uint8)[: bounds[-1]]
        places: dict[str, NDArray[np.int64]] = {}
        marks = np.empty((len(lines), self._width), np.int32)
        at = bounds[:-1] + len(lead)
        for number, field in enumerate(self._fields):
            marks[:, 2 * number] = np.minimum(at, self._ends)
            if field.length:
                at = at + field.length
            else:
                sign = field.behind[0]
                if sign not in places:
                    places[sign] = np.append(np.flatnonzero(self._held == ord(sign)), len(self._held))
                at = places[sign][np.minimum(np.searchsorted(places[sign], at), len(places[sign]) - 1)]
            marks[:, 2 * number + 1] = np.minimum(at, self._ends)
            at = at + len(field.behind)
        self._stop = at
        # What lies between fields is a part, too; the last one of a line reaches to the first field of the next.
        edges = np.append(marks.reshape(-1), bounds[-1:].astype(np.int32))
        self._parts = pa.Array.from_buffers(pa.binary(), marks.size, [None, pa.py_buffer(edges), data])

    def column(self, name: str) -> pa.Array:
        """Return a field that all outlines have, as bytes or a dictionary of them."""
        number = next(number for number, field in enumerate(self._fields) if field.name == name)
        return self._column(number, np.arange(len(self._ends)))

    def match(self, name: str, pattern: str) -> NDArray[np.bool_]:
        """Return in which lines an RE2 pattern matches a field: in all, if the outline has no such field."""
        if all(field.name != name for field in self._fields):
            return np.ones(len(self._ends), np.bool_)
        return truth_values(pc.match_substring_regex(self.column(name).cast(pa.binary()), pattern))

    def whole(self, chosen: NDArray[np.int64]) -> tuple[dict[str, pa.Array], NDArray[np.bool_]]:
        """Return those fields of some lines that are kept, and which of the lines are in the outline to their end."""
        columns: dict[str, pa.Array] = {}
        right = self._stop[chosen] == self._ends[chosen]
        last = self._fields[-1].behind
        for place, sign in enumerate(last):
            right &= self._held[self._ends[chosen] - len(last) + place] == ord(sign)
        for number, field in enumerate(self._fields):
            if not field.sure or field.name in KEPT:
                column = self._column(number, chosen)
                if field.name in KEPT:
                    columns[field.name] = column
                if not field.sure:
                    before = self._part(2 * number - 1, chosen)
                    right &= truth_values(pc.equal(before, self._fields[number - 1].behind.encode())) & _is_held(
                        column, field
                    )
        return columns, right

    def _column(self, number: int, chosen: NDArray[np.int64]) -> pa.Array:
        values = self._part(2 * number, chosen)
        return values.dictionary_encode() if self._fields[number].name in TEXTS else values

    def _part(self, number: int, chosen: NDArray[np.int64]) -> pa.Array:
        return self._parts.take(pa.array(chosen * self._width + number))


def _is_held(column: pa.Array, field: OutlineField) -> NDArray[np.bool_]:
    """Return which values a field can hold."""
    pattern = f"^[{field.inside}]{'*' if field.empty else '+'}$"
    if not isinstance(column, pa.DictionaryArray):
        return truth_values(pc.match_substring_regex(column, pattern))
    of_words = truth_values(pc.match_substring_regex(column.dictionary, pattern))
    held: NDArray[np.bool_] = of_words[column.indices.to_numpy()]
    return held
