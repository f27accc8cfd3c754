"""Attempts with what they came to, week by week, so that no more of them than one week's are needed at once.

Owns: putting together those that were looked at one by one and those that were decided by kind. Must not know: how
they were decided, what is made of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa

from logparse import table, weeks

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import tzinfo

    from logparse.lone import Lone


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
        undated: how many attempts have no known time, and so no week.
    """

    def __init__(self, lone: Lone, kinds: Sequence[int], stand: pa.Table, single: pa.Table, zone: tzinfo) -> None:
        self._lone = lone
        self._stand = stand
        self._rows = np.full(len(lone.kinds) + 1, -1, np.int32)  # the last one stands for those of no kind
        self._rows[list(kinds)] = np.arange(len(kinds), dtype=np.int32)
        self._single = single
        time = pd.Series(single["time"].to_numpy(zero_copy_only=False))
        moments = pd.to_datetime(time, unit="us", utc=True).astype("datetime64[us, UTC]")
        self._weeks = weeks.week_of(moments, zone).to_numpy(object, na_value="")
        self._pages: dict[str, list[int]] = {}
        for number, (page, codes) in enumerate(zip(lone.pages.pages, lone.codes, strict=True)):
            if (self._rows[codes] >= 0).any():
                self._pages.setdefault(page.week, []).append(number)
        self.weeks = tuple(sorted({*self._pages, *self._weeks} - {""}))
        self.undated = int(np.count_nonzero(self._weeks == ""))

    def of(self, week: str | None) -> pa.Table:
        """The attempts of a week, as ``table`` makes them, in order of source and line; None: those without one."""
        own = self._single.filter(pa.array(self._weeks == (week or "")))
        return table.together([*(self._by_kind(number) for number in self._pages.get(week or "", ())), own])

    def whole(self) -> pa.Table:
        """All attempts, in order of source and line."""
        pages = (number for week in self._pages.values() for number in week)
        return table.together([*map(self._by_kind, pages), self._single])

    def parts(self) -> Iterator[pa.Table]:
        """All attempts, week by week."""
        for week in (*self.weeks, None):
            yield self.of(week)

    def numbers(self, sources: int) -> tuple[list[int], list[int]]:
        """How many attempts each of so many sources holds, and how many of these have no time."""
        single = self._single["number"].to_numpy()
        found = np.bincount(single, minlength=sources)
        if len(self._stand):
            of_kind = self._stand["number"].to_numpy()
            for codes in self._lone.codes:
                rows = self._rows[codes]
                found += np.bincount(of_kind[rows[rows >= 0]], minlength=sources)
        undated = np.bincount(single[self._weeks == ""], minlength=sources)
        return found.tolist(), undated.tolist()

    def _by_kind(self, number: int) -> pa.Table:
        places = self._rows[self._lone.codes[number]]
        rows, wanted = self._lone.pages.pages[number].read(table.OWN), places >= 0
        if not wanted.all():
            rows, places = rows.filter(pa.array(wanted)), places[wanted]
        return table.by_kind(rows, pa.array(places), self._stand)
