"""Decided attempts as Arrow rows.

Owns: which columns there are, and how rows of single attempts and of groups are put together. Must not know: what
stands in the columns, reports, files.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from logparse.common.columns import TEXT, deduplicate_dictionaries, dictionary_codes, dictionary_texts
from logparse.common.schema import ATTEMPTS
from logparse.common.secrets import name_tokens_in_column

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from numpy.typing import NDArray


_TYPES: Final = {
    "string": TEXT, "int64": pa.int64(), "int16": pa.int16(), "double": pa.float64(), "bool": pa.bool_(),
    "timestamp": pa.int64(),
}  # fmt: skip
#: Columns that only the program uses: number of the source, order of the line in it, the name and the target that the
#: request carried, index of the deployment, of the traits, and of the decision that holds what the caller lacked (-1:
#: nothing).
_INTERNAL: Final = {
    "number": pa.int32(), "order": pa.int64(), "name": TEXT, "target": TEXT, "server": pa.int32(),
    "traits": pa.int32(), "lack": pa.int32(),
}  # fmt: skip
#: Columns of ``schema.ATTEMPTS`` that are filled in week by week.
OF_WEEKS: Final = ("week", "finding")
#: All columns: those of ``schema.ATTEMPTS`` but these, and the internal ones.
COLUMNS: Final = {
    **{column.name: _TYPES[column.type] for column in ATTEMPTS if column.name not in OF_WEEKS}, **_INTERNAL
}  # fmt: skip
#: Columns in which attempts of one group differ, and the columns of ``request_store`` that these are made of.
OWN: Final = (
    "time", "line", "client", "user", "user_agent", "response_bytes", "duration_ms", "stream", "record_id",
    "order", "name", "target",
)  # fmt: skip
OWN_IN_STORE: Final = (
    "time", "line", "client", "name", "agent", "size", "duration", "stream", "record", "order", "target",
)  # fmt: skip
#: Sources of users that are the name that the request carried.
_OF_REQUEST: Final = frozenset({"claimed", "proxy"})
_NONE: Final = pa.schema([(name, COLUMNS[name]) for name in OWN]).empty_table()


@dataclass(frozen=True, slots=True)
class Rows:
    """Decided attempts.

    Attributes:
        own: the columns ``OWN``, one row for each attempt.
        row: index of the row of ``decided`` that holds the other columns of each attempt.
        decided: all columns, one row for each decision.
    """

    own: pa.Table
    row: NDArray[np.int32]
    decided: pa.Table

    def __len__(self) -> int:
        return len(self.own)

    def none(self) -> Rows:
        """Return no attempts."""
        return Rows(_NONE, self.row[:0], self.decided)

    def codes(self, name: str) -> NDArray[np.int32]:
        """Return a column of texts as indices into ``words``, -1 for none."""
        return dictionary_codes(self.own, name) if name in OWN else dictionary_codes(self.decided, name)[self.row]

    def words(self, name: str) -> list[str]:
        """Return the texts of a column, each once."""
        return dictionary_texts(self.own if name in OWN else self.decided, name)

    def texts(self, name: str, places: NDArray[np.int64]) -> list[str | None]:
        """Return the texts of a column for the attempts at some places."""
        known = [*self.words(name), None]
        return [known[code] for code in self.codes(name)[places].tolist()]

    def numbers(self, name: str) -> NDArray[Any]:
        """Return a column of numbers; 0 for none."""
        own = pc.fill_null(self.own[name], 0).to_numpy() if name in OWN else self.decided[name].to_numpy()
        found: NDArray[Any] = own if name in OWN else own[self.row]
        return found

    def undecided(self) -> NDArray[np.bool_]:
        """Return which attempts no rule decided."""
        found: NDArray[np.bool_] = no_rule(self.decided)[self.row]
        return found

    def known(self, name: str) -> NDArray[np.bool_]:
        """Return which attempts have a number in a column of ``OWN``."""
        found: NDArray[np.bool_] = self.own[name].is_valid().to_numpy()
        return found


def no_rule(decided: pa.Table) -> NDArray[np.bool_]:
    """Return which rows of a table are about attempts that no rule decided."""
    return np.isin(dictionary_codes(decided, "rule"), _codes_of(decided, "rule", [""]))


def single(decided: pa.Table) -> Rows:
    """Return the attempts of a table in which every row stands for one attempt."""
    return together([(decided.select(OWN), np.arange(len(decided), dtype=np.int32))], decided)


def own_columns(rows: pa.Table, row: NDArray[np.int32], decided: pa.Table) -> pa.Table:
    """Return the columns ``OWN`` of attempts in groups.

    Args:
        rows: the attempts, columns of the store (``OWN_IN_STORE``).
        row: index of the row of ``decided`` about each attempt.
        decided: all columns, one row for each decision.
    """
    # The name that a request carried is its own; an export shows one user for all requests of a group.
    carried = np.isin(dictionary_codes(decided, "user_source"), _codes_of(decided, "user_source", _OF_REQUEST))
    users = decided["user"].cast(pa.string()).take(pa.array(row))
    own = {
        "time": rows["time"],
        "line": rows["line"],
        "client": rows["client"],
        "user": pc.if_else(pa.array(carried[row]), rows["name"].cast(pa.string()), users).dictionary_encode(),
        "user_agent": rows["agent"],
        "response_bytes": rows["size"],
        "duration_ms": pc.divide(rows["duration"].cast(pa.float64()), 1000),
        "stream": rows["stream"],
        "record_id": rows["record"],
        "order": rows["order"],
        "name": rows["name"],
        "target": rows["target"],
    }
    columns = {name: own[name].cast(COLUMNS[name]) for name in OWN}
    return pa.table(
        {name: name_tokens_in_column(column) if COLUMNS[name] == TEXT else column for name, column in columns.items()}
    )


def _codes_of(table: pa.Table, name: str, wanted: Collection[str]) -> list[int]:
    """Return the codes of some texts in a column."""
    return [code for code, word in enumerate(dictionary_texts(table, name)) if word in wanted]


def together(parts: Sequence[tuple[pa.Table, NDArray[np.int32]]], decided: pa.Table) -> Rows:
    """Return attempts in order of source and line, every text once in its dictionary.

    Args:
        parts: ``own`` and ``row`` of some attempts each, see ``Rows``.
        decided: one row for each decision.
    """
    own = deduplicate_dictionaries(
        pa.concat_tables([*(part for part, _ in parts), _NONE]).unify_dictionaries().combine_chunks()
    )
    row = np.concatenate([*(rows for _, rows in parts), np.zeros(0, np.int32)])
    keys = [decided["number"].to_numpy()[row], own["line"].to_numpy(), own["order"].to_numpy()]
    if not _in_order(keys):
        order = np.lexsort(keys[::-1])
        own, row = own.take(pa.array(order)), row[order]
    return Rows(own, row, decided)


def _in_order(columns: Sequence[NDArray[np.int64]]) -> bool:
    """Return whether rows are in order of the first column, then of the next."""
    equal = np.ones(max(len(columns[0]) - 1, 0), np.bool_)
    for column in columns:
        later = column[1:] > column[:-1]
        if (equal & ~later & (column[1:] != column[:-1])).any():
            return False
        equal &= ~later
    return True
