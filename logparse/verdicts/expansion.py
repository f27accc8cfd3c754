"""Attempts with what they came to, week by week, so that no more of them than one week's are needed at once.

Owns: putting together those that were looked at one by one and those that were decided by kind. Must not know: how
they were decided, what is made of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa

from logparse.common import weeks
from logparse.common.columns import deduplicate_dictionaries
from logparse.verdicts import rows as table

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import tzinfo

    from numpy.typing import NDArray

    from logparse.verdicts.groups import Lone
    from logparse.verdicts.rows import Rows


class Decided:
    """All attempts of a run.

    Args:
        lone: attempts by kind.
        kinds: the kinds that are attempts, in order of the rows of ``stand``.
        stand: of each of these, an attempt that stands for it.
        single: the other attempts; both as ``table`` makes them.
        zone: in which weeks begin.

    Attributes:
        weeks: those that have attempts, in order.
    """

    def __init__(self, lone: Lone, kinds: Sequence[int], stand: pa.Table, single: pa.Table, zone: tzinfo) -> None:
        self._codes, self._columns = lone.codes, lone.pages
        self._rows = np.full(len(lone.kinds) + 1, -1, np.int32)  # the last one stands for those of no kind
        self._rows[list(kinds)] = np.arange(len(kinds), dtype=np.int32)
        self._stand = deduplicate_dictionaries(pa.concat_tables([stand, single]).unify_dictionaries().combine_chunks())
        self._single = single.select(table.OWN)
        self._first = len(kinds)
        time = pd.Series(single["time"].to_numpy(zero_copy_only=False))
        moments = pd.to_datetime(time, unit="us", utc=True).astype("datetime64[us, UTC]")
        self._weeks = weeks.week_of(moments, zone).to_numpy(object, na_value="")
        self._pages: dict[str, list[int]] = {}
        for number, (page, codes) in enumerate(zip(self._columns.pages, self._codes, strict=True)):
            if (self._rows[codes] >= 0).any():
                self._pages.setdefault(page.week, []).append(number)
        self.weeks = tuple(sorted({*self._pages, *self._weeks} - {""}))

    def of(self, week: str | None) -> Rows:
        """The attempts of a week, in order of source and line; None: those without one."""
        return self._together(self._pages.get(week or "", ()), self._weeks == (week or ""))

    def whole(self, wanted: Sequence[str] | None = None) -> Rows:
        """The attempts of some weeks, in order of source and line; None: all."""
        if wanted is None:
            pages = [number for each in self._pages.values() for number in each]
            return self._together(pages, np.ones(len(self._single), np.bool_))
        pages = [number for week in wanted for number in self._pages.get(week, ())]
        return self._together(pages, np.isin(self._weeks, list(wanted)))

    def parts(self) -> Iterator[Rows]:
        """All attempts, week by week."""
        for week in (*self.weeks, None):
            yield self.of(week)

    def numbers(self, sources: int) -> tuple[list[int], list[int]]:
        """How many attempts each of so many sources holds, and how many of these have no time."""
        number = self._stand["number"].to_numpy()
        single = number[self._first :]
        found = np.bincount(single, minlength=sources)
        for codes in self._codes:
            rows = self._rows[codes]
            found += np.bincount(number[rows[rows >= 0]], minlength=sources)
        undated = np.bincount(single[self._weeks == ""], minlength=sources)
        return found.tolist(), undated.tolist()

    def _together(self, pages: Iterable[int], single: NDArray[np.bool_]) -> Rows:
        rows = (np.flatnonzero(single) + self._first).astype(np.int32)
        parts = [*map(self._by_kind, pages), (self._single.filter(pa.array(single)), rows)]
        return table.together(parts, self._stand)

    def _by_kind(self, number: int) -> tuple[pa.Table, NDArray[np.int32]]:
        places = self._rows[self._codes[number]]
        rows, wanted = self._columns.pages[number].read(table.OF_PAGES), places >= 0
        if not wanted.all():
            rows, places = rows.filter(pa.array(wanted)), places[wanted]
        return table.by_kind(rows), places
