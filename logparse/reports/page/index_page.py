"""The index of pages: all weeks of an archive, how they went, and a link to the page of each.

Owns: what the index says of a week. Must not know: where the figures come from.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from logparse.common.text import count
from logparse.reports.page import charts
from logparse.reports.page.rendering import render
from logparse.reports.page.small_charts import draw_trend

if TYPE_CHECKING:
    from collections.abc import Sequence

    from logparse.reports.page.charts import WeekCounts

#: Weeks in the figure, the latest ones.
_DRAWN: Final = 52


class IndexedWeek(NamedTuple):
    """A week in the index.

    Attributes:
        counts: its attempts.
        findings: number of its findings that need action.
        new: how many of them the week before did not have.
        severe: how many of them are critical or high.
        note: what it lacks.
    """

    counts: WeekCounts
    findings: int
    new: int
    severe: int
    note: str


def write_index(weeks: Sequence[IndexedWeek], zone: str) -> str:
    """Return the index as HTML. It has links to ``WEEK.html``, which must stand beside it.

    Args:
        weeks: the weeks, the earliest first.
        zone: the zone in which they begin.
    """
    attempts = sum(week.counts.attempts for week in weeks)
    trend = draw_trend([week.counts for week in weeks[-_DRAWN:]])
    return render(
        "index.html.j2",
        zone=zone,
        verdict=f"{count(attempts, 'attempt')} in {count(len(weeks), 'week')}.",
        outcomes=charts.OUTCOMES,
        trend=trend,
        weeks=list(reversed(weeks)),
    )
