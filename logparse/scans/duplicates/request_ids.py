"""Lines that are about one request for sure, because they hold the same request id.

Owns: when an equal id proves that. Must not know: pairing lines without ids.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import combinations
from typing import TYPE_CHECKING, Final

from logparse.scans.duplicates.following import SHARE, pair_with_each_log
from logparse.scans.duplicates.marks import APART, has_unique_id
from logparse.scans.duplicates.pairing import Pair

if TYPE_CHECKING:
    from collections.abc import Sequence

    from logparse.scans.scan import Request

#: Two sources must share so many ids at least: a client may send one and the same with all its requests.
IDS: Final = 3


def pair_by_ids(requests: Sequence[Request], servers: frozenset[int]) -> list[Pair]:
    """Pair lines of different sources that are about one request, as their ids prove.

    Args:
        requests: lines of all sources.
        servers: numbers of the sources that are logs of a server of Airflow's own; their lines lead.
    """
    with_id = [request for request in requests if has_unique_id(request)]
    pairs = pair_with_each_log(
        [request for request in with_id if request.source in servers],
        [request for request in with_id if request.source not in servers],
        by_id=True,
    )
    gone = {id(pair.following) for pair in pairs}
    return pairs + _pair_equal_lines([request for request in with_id if id(request) not in gone])


def _pair_equal_lines(requests: Sequence[Request]) -> list[Pair]:
    """Pair equal lines in two exports of one log.

    Two servers, or two proxies, side by side hold the same id too where a client tried again or sends one with all its
    requests. So only equal lines are paired, and only where more than half of the ids of either source are in both.
    """
    holders: defaultdict[tuple[object, ...], defaultdict[int, list[Request]]] = defaultdict(lambda: defaultdict(list))
    for request in sorted(requests, key=lambda request: (request.source, request.access.order)):
        if request.access.time is not None:
            holders[_content(request)][request.source].append(request)
    shared: defaultdict[tuple[int, int], set[str]] = defaultdict(set)
    for sources in holders.values():
        for two in combinations(sources, 2):
            shared[two].update(request.access.request_id or "" for request in sources[two[0]])
    pairs: list[Pair] = []
    gone: set[int] = set()
    for (one, other), ids in sorted(shared.items()):
        least = min(len(_ids_within(requests, one, other)), len(_ids_within(requests, other, one)))
        if len(ids) < IDS or len(ids) <= SHARE * least:
            continue
        for sources in holders.values():
            left, right = ([line for line in sources.get(n, ()) if id(line) not in gone] for n in (one, other))
            made = [Pair(*lines, sure=True) for lines in zip(left, right, strict=False)]
            gone.update(id(pair.following) for pair in made)
            pairs += made
    return pairs


def _content(request: Request) -> tuple[object, ...]:
    access = request.access
    return (
        access.request_id, access.time, access.method, request.tag.path, access.status, access.size, access.client,
        access.user, access.agent,
    )  # fmt: skip


def _ids_within(requests: Sequence[Request], source: int, other: int) -> set[str]:
    """Return the ids in one source, as far as they lie in the time that another source spans."""
    times = [line.access.time for line in requests if line.source == other and line.access.time is not None]
    since, until = min(times) - APART, max(times) + APART
    return {
        line.access.request_id or ""
        for line in requests
        if line.source == source and line.access.time is not None and since <= line.access.time <= until
    }
