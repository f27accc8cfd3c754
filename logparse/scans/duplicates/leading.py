"""Requests that several logs hold, counted once: where the user said which log leads, or where ids prove it.

Owns: which of two lines about one request stays, and what it takes over from the other.
Must not know: what makes two lines the same request (``pairing``), what a request means.

Status and outcome are those of the line that stays. What the other one shows about the caller completes it after all is
decided: the log that leads decides alone.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final, NamedTuple

from logparse.common.errors import InputError
from logparse.formats.given import airflow_formats
from logparse.scans.duplicates.following import SHARE, pair_with_each_log
from logparse.scans.duplicates.marks import has_unique_id, is_public
from logparse.scans.duplicates.request_ids import pair_by_ids
from logparse.scans.scan import Scan

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from logparse.lines.access import Access
    from logparse.scans.coverage import Coverage
    from logparse.scans.duplicates.pairing import Pair
    from logparse.scans.scan import Request


class Twin(NamedTuple):
    """The other line about a request.

    Attributes:
        access: that line.
        farther: its log shows more clients than the one that leads, so it was written farther from the server.
    """

    access: Access
    farther: bool


@dataclass(frozen=True, slots=True)
class Twins:
    """Which lines of other logs are about the requests of lines that stay, and which logs lead.

    Attributes:
        leads: numbers of the sources that lead.
        servers: numbers of the sources that hold lines of a server of Airflow's own.
        by_line: by source and order of a line that stays, the lines that are about the same request for sure.
    """

    leads: frozenset[int] = frozenset()
    servers: frozenset[int] = frozenset()
    by_line: Mapping[tuple[int, int], Sequence[Twin]] = field(default_factory=dict)


#: No log leads, and no line has a twin.
NO_TWINS: Final = Twins()


def check_patterns(patterns: Iterable[str], names: Sequence[str]) -> None:
    """Check that each pattern is the name of a source.

    Raises:
        InputError: one of them is not.
    """
    for pattern in patterns:
        if not any(_matches(name, pattern) for name in names):
            known = f"such as {names[0]}" if names else "of which there are none"
            raise InputError(pattern, "no log that is read is called so", f"name one of those that are, {known}")


def keep_leading_lines(scan: Scan, patterns: Sequence[str]) -> tuple[Scan, Twins]:
    """Leave out the lines whose request another line stands for.

    Args:
        scan: what is in all sources.
        patterns: names of sources that lead, as globs of the name as given or of the file's.
    """
    if patterns:
        scan = scan.whole()  # without patterns only ids can prove something, and requests as columns carry none
    leads = find_leading_sources(scan.coverage, patterns)
    servers = frozenset(number for number, entry in scan.coverage.items() if _is_server(entry))
    pairs = _pair_with_leads(scan.requests, leads)
    gone = {id(pair.following) for pair in pairs}
    pairs += pair_by_ids([request for request in scan.requests if id(request) not in gone], servers)
    if not pairs:
        return scan, Twins(leads, servers)
    gone = {id(pair.following) for pair in pairs}
    timed = {id(pair.leading): dated for pair in pairs if (dated := _take_time(pair)) is not None}
    requests = [timed.get(id(request), request) for request in scan.requests if id(request) not in gone]
    coverage = {
        number: _note_counted_in(number, entry, pairs, scan.coverage) for number, entry in scan.coverage.items()
    }
    kept = Scan(requests, scan.evidence, coverage, scan.tagged, scan.logs)
    return kept, Twins(leads, servers, _find_twins(pairs))


def complete_request(request: Request, twins: Twins) -> Request:
    """Add to a request what its line does not show, but those about the same request in other logs do."""
    access = request.access
    for twin in twins.by_line.get((request.source, access.order), ()):
        access = _complete(access, twin.access, farther=twin.farther)
    return request if access is request.access else replace(request, access=access)


def _complete(access: Access, other: Access, *, farther: bool) -> Access:
    client = access.client
    if client is None or (not is_public(client) and other.client is not None and (farther or is_public(other.client))):
        client = other.client
    return replace(
        access,
        client=client,
        agent=other.agent if access.agent is None else access.agent,
        duration=other.duration if access.duration is None else access.duration,
        request_id=other.request_id if access.request_id is None else access.request_id,
    )


def is_named(name: str, patterns: Iterable[str]) -> bool:
    """Whether a pattern matches the name of a source, as given or that of its file."""
    return any(_matches(name, pattern) for pattern in patterns)


def _matches(name: str, pattern: str) -> bool:
    return fnmatchcase(name, pattern) or fnmatchcase(name.rpartition("/")[2], pattern)


def find_leading_sources(coverage: Mapping[int, Coverage], patterns: Sequence[str]) -> frozenset[int]:
    """Return the numbers of the sources that lead; of copies, the one that is counted."""
    numbers = {entry.source: number for number, entry in coverage.items()}
    leading = [entry for entry in coverage.values() if is_named(entry.source, patterns)]
    return frozenset(numbers[entry.copy_of or entry.source] for entry in leading)


def _is_server(entry: Coverage) -> bool:
    """Whether a source is the log of a server of Airflow's own; some lines of a proxy may look like a server's."""
    own = airflow_formats(entry.formats)
    lines = sum(entry.formats[form.id] for form in own if form.server)
    return any(form.airflow for form in own) or lines > SHARE * entry.kinds["access"]


def _pair_with_leads(requests: Sequence[Request], leads: frozenset[int]) -> list[Pair]:
    if not leads:
        return []
    by_id = pair_with_each_log(
        [request for request in requests if request.source in leads and has_unique_id(request)],
        [request for request in requests if request.source not in leads and has_unique_id(request)],
        by_id=True,
    )
    used = {id(line) for pair in by_id for line in (pair.leading, pair.following)}
    left = [request for request in requests if id(request) not in used]
    return by_id + pair_with_each_log(
        [request for request in left if request.source in leads],
        [request for request in left if request.source not in leads],
    )


def _take_time(pair: Pair) -> Request | None:
    """Return the leading line with the time of the other; None if it has a time of its own, or the other has none."""
    access, other = pair.leading.access, pair.following.access
    if access.time_source not in (None, "neighbour") or other.time_source in (None, "neighbour"):
        return None
    return replace(pair.leading, access=replace(access, time=other.time, time_source=other.time_source, time_within=0))


def _note_counted_in(number: int, entry: Coverage, pairs: Sequence[Pair], coverage: Mapping[int, Coverage]) -> Coverage:
    """Add to the entry of a source how many of its attempts are counted in which other sources."""
    others = Counter(
        coverage[pair.leading.source].source
        for pair in pairs
        if pair.following.source == number and pair.following.tag.channel and not pair.following.tag.provisional
    )
    return replace(entry, counted_in=tuple(sorted(others.items()))) if others else entry


def _find_twins(pairs: Sequence[Pair]) -> dict[tuple[int, int], list[Twin]]:
    clients: defaultdict[tuple[int, int], tuple[set[str | None], set[str | None]]] = defaultdict(lambda: (set(), set()))
    for pair in pairs:
        of_leading, of_following = clients[pair.leading.source, pair.following.source]
        of_leading.add(pair.leading.access.client)
        of_following.add(pair.following.access.client)
    twins: defaultdict[tuple[int, int], list[Twin]] = defaultdict(list)
    for pair in sorted(pairs, key=lambda pair: (pair.following.source, pair.following.access.order)):
        if pair.sure:
            of_leading, of_following = clients[pair.leading.source, pair.following.source]
            twin = Twin(pair.following.access, len(of_following) > len(of_leading))
            twins[pair.leading.source, pair.leading.access.order].append(twin)
    return dict(twins)
