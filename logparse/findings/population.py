"""Attempts as findings see them: columns, and what some of them have in common.

Owns: the form of these columns, grouping. Must not know: which findings there are, what makes a group one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from logparse.common.columns import number_groups
from logparse.findings.traits import fit

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from logparse.findings.attempt_columns import Line, Tried


class Crowd:
    """All attempts of one Airflow in a week, by place in order of time, and what its app lines said.

    Args:
        tried: all attempts.
        rows: of the crowd.
        said: event rules that fitted any of its app lines, and when those were written about whom.
    """

    def __init__(self, tried: Tried, rows: NDArray[np.int64], said: Mapping[str, Sequence[Line]]) -> None:
        self.tried = tried
        time = tried.time[rows]
        self.rows = rows if (time[1:] >= time[:-1]).all() else rows[np.argsort(time, kind="stable")]
        self._all = len(rows) == len(tried.time) and bool((np.diff(self.rows) == 1).all())
        self.said = said
        self.time = self._of(tried.time)
        self.success = self._of(tried.success)
        self.traits = self._of(tried.traits)
        self._codes: dict[str, NDArray[Any]] = {}
        self._groups: dict[tuple[str, ...], Groups] = {}
        self._next: NDArray[np.int32] | None = None
        self._fitting: dict[int, NDArray[np.bool_]] = {}

    def _of(self, column: NDArray[Any]) -> NDArray[Any]:
        """A column of the crowd; nothing is copied if that is all of it, in order."""
        return column if self._all else column[self.rows]

    def fitting(self, when: Mapping[str, Any]) -> NDArray[np.bool_]:
        """Which of all kinds of traits are those that a rule asks for."""
        if id(when) not in self._fitting:
            wanted = {
                name: tuple(value) if isinstance(value, (list, tuple)) else (value,) for name, value in when.items()
            }
            self._fitting[id(when)] = np.array([fit(kind, wanted) for kind in self.tried.kinds], np.bool_)
        return self._fitting[id(when)]

    def code(self, name: str) -> NDArray[Any]:
        """What tells the texts of a column; -1 for none."""
        if name not in self._codes:
            self._codes[name] = self._of(self.tried.codes[name])
        return self._codes[name]

    def by(self, over: tuple[str, ...]) -> Groups:
        """Its attempts by what they have in common."""
        if over not in self._groups:
            columns = [self.code(name) + 1 for name in over] or [np.zeros(len(self.rows), np.int8)]
            self._groups[over] = Groups(number_groups(columns)[0] if len(columns) > 1 else columns[0])
        return self._groups[over]

    def successes(self, over: tuple[str, ...], place: int) -> list[int]:
        """When those succeeded who have as much in common with the attempt in some place, in order."""
        same = self.by(over).of(place)
        found: list[int] = self.time[same[self.success[same]]].tolist()
        return found

    def following(self) -> NDArray[np.int32]:
        """Place of the next attempt of the same caller on the same DAG, -1 for none."""
        if self._next is None:
            groups = self.by(("client", "agent", "dag_id", "channel"))
            self._next = np.full(len(self.rows), -1, np.int32)
            one, other = groups.order[:-1], groups.order[1:]
            same = groups.codes[one] == groups.codes[other]
            self._next[one[same]] = other[same]
        return self._next

    def have(self, places: NDArray[np.int64], when: Mapping[str, Any]) -> NDArray[np.int64]:
        """Those that have the traits that a rule asks for."""
        found: NDArray[np.int64] = places[self.fitting(when)[self.traits[places]]]
        return found


class Groups:
    """Attempts by what they have in common.

    Args:
        codes: what tells the group of each, whole numbers from 0.
    """

    def __init__(self, codes: NDArray[np.int64]) -> None:
        self.number = int(codes.max(initial=-1)) + 1
        self.codes = codes.astype(np.uint16 if self.number < 1 << 16 else np.int32)  # there may be millions
        self._order: NDArray[np.int32] | None = None
        self._starts = NOBODY

    @property
    def order(self) -> NDArray[np.int32]:
        """All places by group, in order within each."""
        if self._order is None:
            self._order = np.argsort(self.codes, kind="stable").astype(np.int32)
            self._starts = np.concatenate(([0], np.cumsum(np.bincount(self.codes, minlength=self.number))))
        return self._order

    def of(self, place: int) -> NDArray[np.int64]:
        """The places of the group of one, in order."""
        code, order = self.codes[place], self.order
        found: NDArray[np.int64] = order[self._starts[code] : self._starts[code + 1]].astype(np.int64)
        return found

    def parted(self, places: NDArray[np.int64]) -> list[NDArray[np.int64]]:
        """Some places, in order, by group."""
        codes = self.codes[places]
        order = np.argsort(codes, kind="stable")
        ends = np.flatnonzero(np.diff(codes[order])) + 1
        return np.split(places[order], ends) if len(places) else []

    def counts(self, places: Any) -> NDArray[np.int64]:
        """How many of some places are in each group."""
        return np.bincount(self.codes[places], minlength=self.number)


#: No places.
NOBODY: Final = np.zeros(0, np.int64)
