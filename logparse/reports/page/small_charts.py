"""The small figures of a page, which stand beside a number: the last weeks, and when a finding had its attempts.

Owns: the sizes and places of what is drawn. Must not know: how it is written as HTML.

A figure of this kind is the path of an SVG: one upright stroke for each bar.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from logparse.reports.page.charts import OUTCOMES, count_hours

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo

    import pandas as pd

    from logparse.reports.page.charts import WeekCounts

#: Of the highest bar of a trend.
TREND_HEIGHT: Final = 40
#: Of the highest bar of a small figure, and the distance of two bars.
SPARK_HEIGHT: Final = 16
_STEP: Final = 4
_HOURS_OF_A_WEEK: Final = 168


class TrendBar(NamedTuple):
    """The bar of a week: what it says, its height and that of the part that failed; the highest is ``TREND_HEIGHT``."""

    title: str
    height: float
    failed: float


class Tile(NamedTuple):
    """A number of the week.

    Attributes:
        outcome: that it counts; empty: all attempts.
        word: what it is called.
        number: the number.
        change: against the week before; None: there is none.
        path: the number in each of the last weeks, as bars; empty: there are none.
        width: of this figure.
        title: the same in words.
    """

    outcome: str
    word: str
    number: int
    change: int | None
    path: str
    width: int
    title: str


def draw_trend(weeks: Sequence[WeekCounts]) -> list[TrendBar]:
    """Return the attempts of weeks as bars."""
    scale = TREND_HEIGHT / max((1, *(week.attempts for week in weeks)))
    return [
        TrendBar(
            f"{week.name}: {week.attempts:,} attempts, {week.failures:,} failed",
            round(week.attempts * scale, 2), round(week.failures * scale, 2),
        )
        for week in weeks
    ]  # fmt: skip


def draw_tiles(attempts: pd.DataFrame, past: Sequence[WeekCounts]) -> list[Tile]:
    """Return the number of all attempts and of those with each outcome.

    Args:
        attempts: of the week, with the column ``outcome``.
        past: the last weeks up to this one, the earliest first.
    """
    now = attempts["outcome"].astype(object).value_counts()
    told = [("", "attempt" if len(attempts) == 1 else "attempts", len(attempts), [week.attempts for week in past])]
    for outcome, word in OUTCOMES.items():
        name = str(outcome)
        told.append((name, word, int(now.get(name, 0)), [week.outcomes.get(name, 0) for week in past]))
    tiles = []
    for outcome_name, word, number, counts in told:
        change, path = (number - counts[-2], _draw_path(counts)) if len(counts) > 1 else (None, "")
        title = "; ".join(f"{week.name}: {of_week:,}" for week, of_week in zip(past, counts, strict=True))
        tiles.append(Tile(outcome_name, word, number, change, path, len(counts) * _STEP, title))
    return tiles


def draw_timelines(attempts: pd.DataFrame, zone: tzinfo, hours: int) -> dict[str, str]:
    """Return by key of a finding when in the week it had attempts, as bars; the highest is that of its busiest time.

    Args:
        attempts: columns ``time`` and ``finding``; those without one are left out.
        zone: of days and hours.
        hours: that one bar stands for.
    """
    if "finding" not in attempts:  # an earlier version wrote it
        return {}
    keys = attempts["finding"].astype("category").cat
    hour, codes = count_hours(attempts, zone), keys.codes.to_numpy()
    known, bars = (hour >= 0) & (codes >= 0), _HOURS_OF_A_WEEK // hours
    numbers, counts = np.unique(codes[known].astype(np.int64) * bars + hour[known] // hours, return_counts=True)
    found: dict[str, list[int]] = {}
    for number, attempts_then in zip(numbers.tolist(), counts.tolist(), strict=True):
        found.setdefault(str(keys.categories[number // bars]), [0] * bars)[number % bars] = attempts_then
    return {key: _draw_path(of_key) for key, of_key in found.items()}


def _draw_path(counts: Sequence[int]) -> str:
    """Return strokes from the ground up, one for each number but 0, which is none; a small one can be seen still."""
    most = max(counts, default=0)
    heights = [max(1, round(SPARK_HEIGHT * number / most)) if number else 0 for number in counts]
    return "".join(
        f"M{at * _STEP + _STEP // 2} {SPARK_HEIGHT}v-{height}" for at, height in enumerate(heights) if height
    )
