"""What equal request ids prove.

Must not know: pairing without ids.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import combinations
from typing import TYPE_CHECKING, Final

from logparse.scans.duplicates import pairing
from logparse.scans.duplicates.marks import APART, telling
from logparse.scans.duplicates.pairing import SHARE, _follow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from logparse.scans.duplicates.pairing import Pair
    from logparse.scans.scan import Request

#: and so many different ids at least: a client may send one and the same with all its requests.
IDS: Final = 3


def _proved(requests: Sequence[Request], servers: frozenset[int]) -> list[Pair]:
    """Pairs that ids prove, across sources only."""
    telltale = [each for each in requests if telling(each)]
    found = _follow(
        [each for each in telltale if each.source in servers],
        [each for each in telltale if each.source not in servers],
        by_id=True,
    )
    gone = {id(each.following) for each in found}
    return found + _exports([each for each in telltale if id(each) not in gone])


def _exports(requests: Sequence[Request]) -> list[Pair]:
    """Pairs of equal lines in two exports of one log.

    Two servers, or two proxies, side by side hold the same id too where a client tried again or sends one with all its
    requests. So only equal lines are paired, and only where more than half of the ids of either source are in both.
    """
    holders: defaultdict[tuple[object, ...], defaultdict[int, list[Request]]] = defaultdict(lambda: defaultdict(list))
    for each in sorted(requests, key=lambda each: (each.source, each.access.order)):
        if each.access.time is not None:
            holders[_content(each)][each.source].append(each)
    shared: defaultdict[tuple[int, int], set[str]] = defaultdict(set)
    for sources in holders.values():
        for pair in combinations(sources, 2):
            shared[pair].update(line.access.request_id or "" for line in sources[pair[0]])
    found: list[Pair] = []
    gone: set[int] = set()
    for (one, other), ids in sorted(shared.items()):
        if len(ids) < IDS or len(ids) <= SHARE * min(len(_ids(requests, one, other)), len(_ids(requests, other, one))):
            continue
        for sources in holders.values():
            some, others = ([each for each in sources.get(n, ()) if id(each) not in gone] for n in (one, other))
            made = [pairing.Pair(*both, sure=True) for both in zip(some, others, strict=False)]
            gone.update(id(each.following) for each in made)
            found += made
    return found


def _content(request: Request) -> tuple[object, ...]:
    access = request.access
    return (
        access.request_id, access.time, access.method, request.tag.path, access.status, access.size, access.client,
        access.user, access.agent,
    )  # fmt: skip


def _ids(requests: Sequence[Request], source: int, other: int) -> set[str]:
    """The ids in one source, of the time that another one spans."""
    times = [each.access.time for each in requests if each.source == other and each.access.time is not None]
    since, until = min(times) - APART, max(times) + APART
    return {
        each.access.request_id or ""
        for each in requests
        if each.source == source and each.access.time is not None and since <= each.access.time <= until
    }
