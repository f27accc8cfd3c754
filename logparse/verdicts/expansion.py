"""Decisions for every attempt, week by week, so that no more attempts than those of one week are in memory at once.

Owns: giving the decision about a group to all attempts in it. Must not know: how attempts were decided, what is made of
the result.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pyarrow as pa

from logparse.common import weeks
from logparse.verdicts import rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import tzinfo

    from numpy.typing import NDArray

    from logparse.verdicts.groups import Groups
    from logparse.verdicts.rows import Rows


class DecidedAttempts:
    """All attempts of a run with what became of them.

    Args:
        groups: the groups of attempts that are in the store.
        numbers: of each decision, the number of its group; None: it is about one attempt.
        decided: one row for each decision, columns as in ``rows.COLUMNS``.
        zone: time zone in which weeks begin.

    Attributes:
        weeks: names of the weeks that have attempts, in order.
    """

    def __init__(self, groups: Groups, numbers: Sequence[int | None], decided: pa.Table, zone: tzinfo) -> None:
        self._groups, self._store = groups.of_rows, groups.pages
        group = np.array([-1 if number is None else number for number in numbers], np.int64)
        self._row_of_group = np.full(groups.size + 1, -1, np.int32)  # the last one: in no group
        self._row_of_group[group[group >= 0]] = np.flatnonzero(group >= 0)
        self._decided = decided
        self._single_rows = np.flatnonzero(group < 0).astype(np.int32)
        self._single = decided.select(rows.OWN).take(pa.array(self._single_rows))
        time = pd.Series(self._single["time"].to_numpy(zero_copy_only=False))
        moments = pd.to_datetime(time, unit="us", utc=True).astype("datetime64[us, UTC]")
        self._weeks = weeks.week_of(moments, zone).to_numpy(object, na_value="")
        self._pages_of_week: dict[str, list[int]] = {}
        for number, (page, codes) in enumerate(zip(self._store.pages, self._groups, strict=True)):
            if (self._row_of_group[codes] >= 0).any():
                self._pages_of_week.setdefault(page.week, []).append(number)
        self.weeks = tuple(sorted({*self._pages_of_week, *self._weeks} - {""}))

    def of(self, week: str | None) -> Rows:
        """Return the attempts of a week in order of source and line; None: those without a known time."""
        return self._together(self._pages_of_week.get(week or "", ()), self._weeks == (week or ""))

    def whole(self, wanted: Sequence[str] | None = None) -> Rows:
        """Return the attempts of some weeks in order of source and line; None: all attempts."""
        if wanted is None:
            pages = [number for numbers in self._pages_of_week.values() for number in numbers]
            return self._together(pages, np.ones(len(self._single), np.bool_))
        pages = [number for week in wanted for number in self._pages_of_week.get(week, ())]
        return self._together(pages, np.isin(self._weeks, list(wanted)))

    def parts(self) -> Iterator[Rows]:
        """Yield all attempts, week by week, then those without a known time."""
        for week in (*self.weeks, None):
            yield self.of(week)

    def numbers(self, sources: int) -> tuple[list[int], list[int], list[int]]:
        """Return how many attempts each source holds, how many of these have no time, and how many no rule decided.

        Args:
            sources: how many sources there are.
        """
        source = self._decided["number"].to_numpy()
        single, open_ = source[self._single_rows], rows.no_rule(self._decided)
        found = np.bincount(single, minlength=sources)
        undecided = np.bincount(single[open_[self._single_rows]], minlength=sources)
        for codes in self._groups:
            decisions = self._row_of_group[codes]
            decisions = decisions[decisions >= 0]
            found += np.bincount(source[decisions], minlength=sources)
            undecided += np.bincount(source[decisions[open_[decisions]]], minlength=sources)
        undated = np.bincount(single[self._weeks == ""], minlength=sources)
        return found.tolist(), undated.tolist(), undecided.tolist()

    def _together(self, pages: Iterable[int], single: NDArray[np.bool_]) -> Rows:
        parts = [*map(self._of_page, pages), (self._single.filter(pa.array(single)), self._single_rows[single])]
        return rows.together(parts, self._decided)

    def _of_page(self, number: int) -> tuple[pa.Table, NDArray[np.int32]]:
        decisions = self._row_of_group[self._groups[number]]
        attempts, wanted = self._store.pages[number].read(rows.OWN_IN_STORE), decisions >= 0
        if not wanted.all():
            attempts, decisions = attempts.filter(pa.array(wanted)), decisions[wanted]
        return rows.own_columns(attempts, decisions, self._decided), decisions
