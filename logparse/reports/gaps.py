"""Parts of a week that no log reaches into, so that half a week is not taken for a quiet week.

Owns: when a week counts as whole. Must not know: what is in the logs.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from logparse.common.weeks import week_bounds

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import tzinfo

#: A log that begins or ends this close to midnight is taken to span the night: files are rotated a little late,
#: and a server that nobody uses writes little.
EDGE: Final = timedelta(hours=1)
#: Time between two sources that may be quiet; more looks like a file that is missing.
BETWEEN: Final = timedelta(hours=24)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def find_gaps(week: str, zone: tzinfo, spans: Iterable[tuple[int, int]]) -> list[tuple[datetime, datetime]]:
    """Return the parts of a week that no source reaches into.

    A gap inside one source is not found: nothing may have happened then.

    Args:
        week: such as ``2026-W47``.
        zone: in which weeks begin.
        spans: first and last time of each source, microseconds UTC.

    Returns:
        Start and end of each part in ``zone``, in order; empty for a week that is whole.

    Raises:
        ValueError: ``week`` is malformed, or its year has no such week.
    """
    start, end = week_bounds(week, zone)
    reached, allowed = start, EDGE
    parts = []
    for first, last in sorted((_time(first), _time(last)) for first, last in spans):
        if last < start or first >= end:
            continue
        if first - reached > allowed:
            parts.append((reached, first))
        reached, allowed = max(reached, last), BETWEEN
    if end - reached > EDGE:
        parts.append((reached, end))
    return [(since.astimezone(zone), until.astimezone(zone)) for since, until in parts]


def _time(microseconds: int) -> datetime:
    return _EPOCH + timedelta(microseconds=microseconds)
