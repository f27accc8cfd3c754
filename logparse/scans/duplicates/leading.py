"""Requests that several logs tell of, counted once: where the user said which log leads, or where ids prove it.

Owns: which of two lines about one request stays, and what it takes over from the other. Must not know: what makes two
lines the same request (``same``), what a request means, who is told.

Status and outcome are those of the line that stays. What the other one knows about the caller completes it after all is
decided: the log that leads decides alone.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final, NamedTuple

from logparse.common.errors import InputError
from logparse.formats import loader
from logparse.scans.duplicates.marks import public, telling
from logparse.scans.duplicates.pairing import SHARE, _follow
from logparse.scans.duplicates.request_ids import _proved
from logparse.scans.scan import Scan

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from logparse.lines.access import Access
    from logparse.scans.duplicates.pairing import Pair
    from logparse.scans.scan import Coverage, Request

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
    app = {each.id for each in loader.shipped() if each.airflow}
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
