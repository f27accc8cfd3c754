"""Decided attempts as Arrow rows; how a row is built; the pandas table.

Must not know: reports, files.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from logparse.common.columns import TEXT, deduplicate_dictionaries, dictionary_codes, dictionary_texts
from logparse.common.schema import ATTEMPTS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


_TYPES: Final = {
    "string": TEXT, "int64": pa.int64(), "int16": pa.int16(), "double": pa.float64(), "bool": pa.bool_(),
    "timestamp": pa.int64(),
}  # fmt: skip
#: What is known of an attempt beside the columns that users see: number of its source, place in it, the name and
#: target that the request carried, places of its server, of its traits, and of what the caller lacked (-1: nothing).
_BESIDE: Final = {
    "number": pa.int32(), "order": pa.int64(), "name": TEXT, "target": TEXT, "server": pa.int32(),
    "traits": pa.int32(), "lack": pa.int32(),
}  # fmt: skip
_COLUMNS: Final = {
    **{column.name: _TYPES[column.type] for column in ATTEMPTS if column.name != "week"}, **_BESIDE
}  # fmt: skip
#: Columns that differ among attempts of one kind, and what of pages these are made of.
OWN: Final = (
    "time", "line", "client", "user", "user_agent", "response_bytes", "duration_ms", "stream", "order", "name",
    "target",
)  # fmt: skip
OF_PAGES: Final = ("time", "line", "client", "name", "agent", "size", "duration", "stream", "order", "target")
_NONE: Final = pa.schema([(name, _COLUMNS[name]) for name in OWN]).empty_table()


@dataclass(frozen=True, slots=True)
class Rows:
    """Attempts with what they came to, columns as ``one_by_one`` makes them.

    Attributes:
        own: of each attempt, what is its own (``OWN``).
        row: the row of ``stand`` that tells the rest.
        stand: that of each attempt that was looked at, and of each kind of the others.
    """

    own: pa.Table
    row: NDArray[np.int32]
    stand: pa.Table

    def __len__(self) -> int:
        return len(self.own)

    def none(self) -> Rows:
        """The same without any attempts."""
        return Rows(_NONE, self.row[:0], self.stand)

    def codes(self, name: str) -> NDArray[np.int32]:
        """A column of texts as places in ``words``, -1 for none."""
        return dictionary_codes(self.own, name) if name in OWN else dictionary_codes(self.stand, name)[self.row]

    def words(self, name: str) -> list[str]:
        """The texts of a column, each once."""
        return dictionary_texts(self.own if name in OWN else self.stand, name)

    def texts(self, name: str, places: NDArray[np.int64]) -> list[str | None]:
        """The texts of some attempts."""
        known = [*self.words(name), None]
        return [known[code] for code in self.codes(name)[places].tolist()]

    def numbers(self, name: str) -> NDArray[Any]:
        """A column of numbers; 0 for none."""
        own = pc.fill_null(self.own[name], 0).to_numpy() if name in OWN else self.stand[name].to_numpy()
        found: NDArray[Any] = own if name in OWN else own[self.row]
        return found

    def known(self, name: str) -> NDArray[np.bool_]:
        """Which attempts have a number in a column of ``OWN``."""
        found: NDArray[np.bool_] = self.own[name].is_valid().to_numpy()
        return found


def of_some(told: pa.Table) -> Rows:
    """Attempts that were looked at one by one."""
    return together([(told.select(OWN), np.arange(len(told), dtype=np.int32))], told)


def by_kind(rows: pa.Table) -> pa.Table:
    """What is their own of attempts by kind, from columns of pages (``OF_PAGES``)."""
    own = {
        "time": rows["time"],
        "line": rows["line"],
        "client": rows["client"],
        "user": rows["name"],
        "user_agent": rows["agent"],
        "response_bytes": rows["size"],
        "duration_ms": pc.divide(rows["duration"].cast(pa.float64()), 1000),
        "stream": rows["stream"],
        "order": rows["order"],
        "name": rows["name"],
        "target": rows["target"],
    }
    return pa.table({name: own[name].cast(_COLUMNS[name]) for name in OWN})


def together(parts: Sequence[tuple[pa.Table, NDArray[np.int32]]], stand: pa.Table) -> Rows:
    """Attempts in order of source and line, every text once in its dictionary.

    Args:
        parts: what is their own, and their rows of ``stand``.
        stand: see ``Rows``.
    """
    own = deduplicate_dictionaries(
        pa.concat_tables([*(part for part, _ in parts), _NONE]).unify_dictionaries().combine_chunks()
    )
    row = np.concatenate([*(rows for _, rows in parts), np.zeros(0, np.int32)])
    keys = [stand["number"].to_numpy()[row], own["line"].to_numpy(), own["order"].to_numpy()]
    if not _in_order(keys):
        order = np.lexsort(keys[::-1])
        own, row = own.take(pa.array(order)), row[order]
    return Rows(own, row, stand)


def _in_order(columns: Sequence[NDArray[np.int64]]) -> bool:
    """Whether rows are in order of the first column, then of the next."""
    equal = np.ones(max(len(columns[0]) - 1, 0), np.bool_)
    for column in columns:
        later = column[1:] > column[:-1]
        if (equal & ~later & (column[1:] != column[:-1])).any():
            return False
        equal &= ~later
    return True
