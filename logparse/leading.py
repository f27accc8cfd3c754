"""Requests that several logs tell of, counted once: where the user said which log leads, or where ids prove it.

Owns: which of two lines about one request stays, and what it takes over from the other. Must not know: what makes two
lines the same request (``same``), what a request means, who is told.

Status and outcome are those of the line that stays. What the other one knows about the caller completes it after all is
decided: the log that leads decides alone.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from itertools import combinations
from typing import TYPE_CHECKING, Final, NamedTuple

from logparse import formats, same
from logparse.alike import APART, public, telling
from logparse.errors import InputError
from logparse.found import Scan
from logparse.identity import Person

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from logparse.access import Access
    from logparse.found import Coverage, Request
    from logparse.same import Pair

#: Two logs hold the same if more than this share of what one of them holds is in the other,
SHARE: Final = 0.5
#: and so many different ids at least: a client may send one and the same with all its requests.
IDS: Final = 3

#: Access lines of servers that Airflow itself runs.
_SERVERS: Final = ("airflow3-", "gunicorn", "hypercorn", "uvicorn", "werkzeug")


class Twin(NamedTuple):
    """The other line about a request.

    Attributes:
        access: that line.
        farther: its log tells more clients apart than the one that leads, so it was written farther from the server.
    """

    access: Access
    farther: bool


@dataclass(frozen=True, slots=True)
class Once:
    """How requests of several logs were counted once.

    Attributes:
        leads: numbers of the sources that lead.
        servers: numbers of the sources that hold lines of a server of Airflow's own.
        twins: by source and order of a line that stays, what is known for sure from other logs.
    """

    leads: frozenset[int] = frozenset()
    servers: frozenset[int] = frozenset()
    twins: Mapping[tuple[int, int], Sequence[Twin]] = field(default_factory=dict)


#: Nothing was told and nothing was found.
NONE: Final = Once()


def check(patterns: Iterable[str], names: Sequence[str]) -> None:
    """See that each pattern is the name of a source.

    Raises:
        InputError: one of them is not.
    """
    for pattern in patterns:
        if not any(_named(name, pattern) for name in names):
            known = f"such as {names[0]}" if names else "of which there are none"
            raise InputError(pattern, "no log that is read is called so", f"name one of those that are, {known}")


def once(found: Scan, patterns: Sequence[str]) -> tuple[Scan, Once]:
    """``found`` without the lines whose request another line stands for.

    Args:
        found: what is in all sources.
        patterns: names of sources that lead, as globs of the name as given or of the file's.
    """
    if patterns:
        found = found.whole()  # where nothing is told, ids alone prove something, and requests as columns carry none
    leads = leads_of(found.coverage, patterns)
    servers = frozenset(number for number, entry in found.coverage.items() if _is_server(entry))
    pairs = _told(found.requests, leads)
    gone = {id(each.following) for each in pairs}
    pairs += _proved([each for each in found.requests if id(each) not in gone], servers)
    if not pairs:
        return found, Once(leads, servers)
    gone = {id(each.following) for each in pairs}
    timed = {id(each.leading): dated for each in pairs if (dated := _dated(each)) is not None}
    requests = [timed.get(id(each), each) for each in found.requests if id(each) not in gone]
    coverage = {number: _counted(number, entry, pairs, found.coverage) for number, entry in found.coverage.items()}
    return Scan(requests, found.evidence, coverage, found.tagged, found.logs), Once(leads, servers, _twins(pairs))


def completed(request: Request, known: Once) -> Request:
    """The request with what its line does not tell and those about the same request in other logs do."""
    access = request.access
    for access_of, farther in known.twins.get((request.source, access.order), ()):
        access = _completed(access, access_of, farther=farther)
    return request if access is request.access else replace(request, access=access)


def named(person: Person, request: Request, known: Once) -> Person:
    """Who made a request: also a name that only another log tells, and which the server may never have looked at."""
    if person.user is not None or not request.access.nameless:
        return person
    for access, _ in known.twins.get((request.source, request.access.order), ()):
        if access.user is not None:
            return Person(access.user, "proxy" if access.vouched else "claimed", verified=False)
    return person


def _completed(access: Access, other: Access, *, farther: bool) -> Access:
    client = access.client
    if client is None or (not public(client) and other.client is not None and (farther or public(other.client))):
        client = other.client
    return replace(
        access,
        client=client,
        agent=other.agent if access.agent is None else access.agent,
        duration=other.duration if access.duration is None else access.duration,
        request_id=other.request_id if access.request_id is None else access.request_id,
    )


def named_as(name: str, patterns: Iterable[str]) -> bool:
    """Whether a source is called so, by its name as given or that of its file."""
    return any(_named(name, pattern) for pattern in patterns)


def _named(name: str, pattern: str) -> bool:
    return fnmatchcase(name, pattern) or fnmatchcase(name.rpartition("/")[2], pattern)


def leads_of(coverage: Mapping[int, Coverage], patterns: Sequence[str]) -> frozenset[int]:
    """The sources that lead; of copies, the one that is counted."""
    names = {entry.source: number for number, entry in coverage.items()}
    found = [each for each in coverage.values() if any(_named(each.source, pattern) for pattern in patterns)]
    return frozenset(names[each.copy_of or each.source] for each in found)


def _is_server(entry: Coverage) -> bool:
    """Whether it is the log of a server of Airflow's own; some lines of a proxy may look like a server's."""
    app = {each.id for each in formats.shipped() if each.airflow}
    own = sum(number for name, number in entry.formats.items() if name.startswith(_SERVERS))
    return not app.isdisjoint(entry.formats) or own > SHARE * entry.kinds["access"]


def _told(requests: Sequence[Request], leads: frozenset[int]) -> list[Pair]:
    if not leads:
        return []
    by_id = _follow(
        [each for each in requests if each.source in leads and telling(each)],
        [each for each in requests if each.source not in leads and telling(each)],
        by_id=True,
    )
    used = {id(line) for each in by_id for line in (each.leading, each.following)}
    left = [each for each in requests if id(each) not in used]
    return by_id + _follow(
        [each for each in left if each.source in leads], [each for each in left if each.source not in leads]
    )


def _follow(leading: Sequence[Request], following: Sequence[Request], *, by_id: bool = False) -> list[Pair]:
    """Pairs with the lines of each following source, of which every leading line has one twin.

    Logs of several proxies of one kind share the requests among them. One behind the other, all of them hold each
    request: then each leading line has a twin in each of them.
    """
    sources: defaultdict[int, list[Request]] = defaultdict(list)
    for each in following:
        sources[each.source].append(each)
    pool = _Pool(leading)
    found: list[Pair] = []
    paired: set[int] = set()
    for _, lines in sorted(sources.items()):
        near = pool.near(lines)
        first = same.pairs([each for each in near if id(each) not in paired], lines, by_id=by_id)
        used = {id(each.following) for each in first}
        again = [each for each in near if id(each) in paired]
        rest = [each for each in lines if id(each) not in used]
        second = same.pairs(again, rest, by_id=by_id) if again and rest else []
        found += first
        if len(second) > SHARE * len(lines):
            found += second
        paired.update(id(each.leading) for each in first)
    return found


class _Pool:
    """Requests by time, for finding those of a while."""

    def __init__(self, requests: Sequence[Request]) -> None:
        self._timeless = [each for each in requests if each.access.time is None]
        self._dated = sorted(
            (each for each in requests if each.access.time is not None), key=lambda each: each.access.time or 0
        )
        self._times = [each.access.time or 0 for each in self._dated]

    def near(self, lines: Sequence[Request]) -> list[Request]:
        """Those that may have a twin among ``lines``."""
        times = [each.access.time for each in lines if each.access.time is not None]
        if len(times) < len(lines):
            return self._timeless + self._dated
        low, high = min(times) - same.DAY, max(times) + same.DAY
        return self._timeless + self._dated[bisect_left(self._times, low) : bisect_right(self._times, high)]


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
            made = [same.Pair(*both, sure=True) for both in zip(some, others, strict=False)]
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


def _dated(pair: Pair) -> Request | None:
    """The leading line with the time of the other, where it has none of its own."""
    access, other = pair.leading.access, pair.following.access
    if access.time_source not in (None, "neighbour") or other.time_source in (None, "neighbour"):
        return None
    return replace(pair.leading, access=replace(access, time=other.time, time_source=other.time_source))


def _counted(number: int, entry: Coverage, pairs: Sequence[Pair], coverage: Mapping[int, Coverage]) -> Coverage:
    """The entry, with how many attempts of its source are counted in which others."""
    others = Counter(
        coverage[each.leading.source].source
        for each in pairs
        if each.following.source == number and each.following.tag.channel and not each.following.tag.provisional
    )
    return replace(entry, counted_in=tuple(sorted(others.items()))) if others else entry


def _twins(pairs: Sequence[Pair]) -> dict[tuple[int, int], list[Twin]]:
    faces: defaultdict[tuple[int, int], tuple[set[str | None], set[str | None]]] = defaultdict(lambda: (set(), set()))
    for each in pairs:
        mine, theirs = faces[each.leading.source, each.following.source]
        mine.add(each.leading.access.client)
        theirs.add(each.following.access.client)
    found: defaultdict[tuple[int, int], list[Twin]] = defaultdict(list)
    for each in sorted(pairs, key=lambda each: (each.following.source, each.following.access.order)):
        if each.sure:
            mine, theirs = faces[each.leading.source, each.following.source]
            place = each.leading.source, each.leading.access.order
            found[place].append(Twin(each.following.access, len(theirs) > len(mine)))
    return dict(found)
