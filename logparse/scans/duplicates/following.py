"""Pairing the lines of logs that lead with those of each log that follows.

Owns: how many twins a leading line may have. Must not know: how two logs are paired, what becomes of a pair.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from typing import TYPE_CHECKING, Final

from logparse.scans.duplicates.pairing import DAY, pair_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from logparse.scans.duplicates.pairing import Pair
    from logparse.scans.scan import Request

#: Two logs hold the same requests if more than this share of what one of them holds is in the other, too.
SHARE: Final = 0.5


def pair_with_each_log(leading: Sequence[Request], following: Sequence[Request], *, by_id: bool = False) -> list[Pair]:
    """Pair leading lines with the lines of each following source.

    Several proxies of one kind share the requests among them, so a leading line has one twin in all following sources.
    If one proxy stands behind the other, each request is in the log of both: then a leading line has a twin in each.

    Args:
        leading: lines of the logs that lead.
        following: lines of all other logs.
        by_id: pair only lines that hold the same request id.
    """
    by_source: defaultdict[int, list[Request]] = defaultdict(list)
    for request in following:
        by_source[request.source].append(request)
    leaders = _Leaders(leading)
    pairs: list[Pair] = []
    paired: set[int] = set()
    for _, lines in sorted(by_source.items()):
        near = leaders.near(lines)
        first = pair_lines([leader for leader in near if id(leader) not in paired], lines, by_id=by_id)
        used = {id(pair.following) for pair in first}
        again = [leader for leader in near if id(leader) in paired]
        rest = [line for line in lines if id(line) not in used]
        second = pair_lines(again, rest, by_id=by_id) if again and rest else []
        pairs += first
        if len(second) > SHARE * len(lines):
            pairs += second
        paired.update(id(pair.leading) for pair in first)
    return pairs


class _Leaders:
    """Leading lines in order of time, so that those near others are found fast."""

    def __init__(self, requests: Sequence[Request]) -> None:
        self._timeless = [request for request in requests if request.access.time is None]
        dated = [(request.access.time, request) for request in requests if request.access.time is not None]
        dated.sort(key=lambda pair: pair[0])
        self._dated = [request for _, request in dated]
        self._times = [time for time, _ in dated]

    def near(self, lines: Sequence[Request]) -> list[Request]:
        """Return the leading lines that may have a twin among ``lines``."""
        times = [line.access.time for line in lines if line.access.time is not None]
        if len(times) < len(lines):
            return self._timeless + self._dated
        low, high = min(times) - DAY, max(times) + DAY
        return self._timeless + self._dated[bisect_left(self._times, low) : bisect_right(self._times, high)]
