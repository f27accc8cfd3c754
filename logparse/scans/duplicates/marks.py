"""What lines of two logs must have in common to be about one request, and what may differ.

Owns: the marks of a line (client, user, agent, size); which addresses and ids identify a client or request; grouping
lines by all that they must agree in, so that no line is compared with every other.
Must not know: which lines are paired.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

from logparse.common.timestamps import SECOND
from logparse.lines import proxies
from logparse.lines.addresses import is_address

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Sequence

    from logparse.scans.scan import Request

#: Lines further apart than this (microseconds) are not about one request for sure, whatever they have in common.
APART: Final = 10 * SECOND
#: What a proxy answers, or notes, if nobody waited for the server: nothing (Envoy), a timeout, the client left (nginx,
#: ALB).
GONE: Final = frozenset({0, 460, 499, 504})
#: A shorter id, or a number, may be a counter that starts anew.
ID_LENGTH: Final = 8
#: Client, user, agent, size: what may stand in both lines, and then must be equal.
Marks: TypeAlias = "tuple[str | None, str | None, str | None, int | None]"
#: Returns what else must be equal.
Key: TypeAlias = "Callable[[Line], tuple[Hashable, ...]]"


class Line(NamedTuple):
    """A line to be paired.

    Attributes:
        request: the line itself.
        moment: its time, or that of a line next to it; None if not known.
        dated: it carries the time itself.
        endpoint: method and path, and the id of the request where that must prove it.
        status, peer: HTTP status and client as logged.
        marks: client (unless proxies have such addresses), user, agent, size where it is passed on.
    """

    request: Request
    moment: int | None
    dated: bool
    endpoint: tuple[str | None, ...]
    status: int
    peer: str | None
    marks: Marks

    @property
    def nobody_waited(self) -> bool:
        """Whether the line shows that nobody waited for the server's answer."""
        return self.status in GONE or self.request.access.proxy == "closed"

    @property
    def caller(self) -> tuple[str | None, ...]:
        """What the line says about the caller: client, user and agent."""
        access = self.request.access
        return access.client, access.user, access.agent


def has_unique_id(request: Request) -> bool:
    """Whether the line holds an id of the request that no other request has by chance."""
    request_id = request.access.request_id
    return request_id is not None and len(request_id) >= ID_LENGTH and not request_id.isdecimal()


def is_public(client: str | None) -> bool:
    """Whether a client's address is one that proxies and their servers do not have among each other."""
    return client is not None and is_address(client) and not proxies.DEFAULT.holds(client)


def make_lines(requests: Iterable[Request], passed_on: frozenset[int], *, by_id: bool) -> list[Line]:
    """Make the lines that are to be paired, in order of time.

    Args:
        requests: what lines are made of; those that a proxy answered by itself are left out.
        passed_on: statuses whose answers have bodies of the same size in both logs.
        by_id: ids prove which lines are about one request; lines without a unique id are left out.
    """
    lines = []
    for request in requests:
        access = request.access
        if access.proxy == "refused" or (by_id and not has_unique_id(request)):
            continue
        endpoint = (access.method, re.sub("/{2,}", "/", request.tag.path), access.request_id if by_id else None)
        client = access.client if is_public(access.client) and not by_id else None
        size = access.size if access.status in passed_on else None
        marks = (client, access.user, None if by_id else access.agent, size)
        dated = access.time is not None and access.time_source != "neighbour"
        lines.append(Line(request, access.time, dated, endpoint, access.status, access.client, marks))
    lines.sort(key=lambda line: (line.moment or 0, line.request.source, line.request.access.order))
    return lines


def dated(lines: Sequence[Line]) -> list[int]:
    """Return the numbers of lines that carry a time."""
    return [n for n, line in enumerate(lines) if line.dated]


def undated(lines: Sequence[Line]) -> list[int]:
    """Return the numbers of lines that carry no time."""
    return [n for n, line in enumerate(lines) if not line.dated]


def status(line: Line) -> tuple[Hashable, ...]:
    """Key of lines with an equal status."""
    return (line.status,)


def status_and_peer(line: Line) -> tuple[Hashable, ...]:
    """Key of lines with an equal status and an equal client, even if that is a proxy."""
    return line.status, line.peer


def any_status(_line: Line) -> tuple[Hashable, ...]:
    """Key of all lines, whatever their status."""
    return ()


def by_carried(lines: Sequence[Line], some: Iterable[int]) -> dict[tuple[bool, ...], list[int]]:
    """Group the numbers of lines by which marks they carry."""
    groups: defaultdict[tuple[bool, ...], list[int]] = defaultdict(list)
    for n in some:
        groups[tuple(mark is not None for mark in lines[n].marks)].append(n)
    return dict(groups)


def shared_by(mine: Sequence[bool], theirs: Sequence[bool]) -> list[int]:
    """Return the numbers of the marks that both carry."""
    return [n for n, (one, other) in enumerate(zip(mine, theirs, strict=True)) if one and other]


def group_by(lines: Sequence[Line], some: Iterable[int], shared: Sequence[int], key: Key) -> dict[Hashable, list[int]]:
    """Group the numbers of some lines by all that they must agree in: the marks that both carry, and the key."""
    groups: defaultdict[Hashable, list[int]] = defaultdict(list)
    for n in some:
        groups[_agreement(lines[n], shared, key)].append(n)
    return dict(groups)


def _agreement(line: Line, shared: Sequence[int], key: Key) -> Hashable:
    return (line.endpoint, key(line), *(line.marks[n] for n in shared))


class Rivals:
    """Other lines of the following log that could be the twin of a leading line as well, but are of another caller.

    Args:
        lines: of the following log, by time.
    """

    def __init__(self, lines: Sequence[Line]) -> None:
        self._lines = lines
        self._carried = by_carried(lines, dated(lines))
        self._runs: dict[tuple[object, ...], dict[Hashable, _Run]] = {}

    def has_none(self, one: Line, other: Line) -> bool:
        """Whether no line that is as near to ``one`` and could be its twin is of another caller than ``other``."""
        one_time, other_time = one.moment or 0, other.moment or 0
        reach = abs(one_time - other_time) + SECOND
        key = status_and_peer if one.peer == other.peer else status
        if reach > APART + SECOND:
            return False
        for theirs in self._carried:
            shared = shared_by(tuple(mark is not None for mark in one.marks), theirs)
            run = self._run(theirs, shared, key).get(_agreement(one._replace(status=other.status), shared, key))
            if run is not None and not run.is_only(other.caller, one_time - reach, one_time + reach):
                return False
        return True

    def _run(self, theirs: tuple[bool, ...], shared: Sequence[int], key: Key) -> dict[Hashable, _Run]:
        wanted = (theirs, *shared, key)
        if wanted not in self._runs:
            groups = group_by(self._lines, self._carried[theirs], shared, key)
            self._runs[wanted] = {name: _Run.of([self._lines[n] for n in some]) for name, some in groups.items()}
        return self._runs[wanted]


class _Run(NamedTuple):
    """Lines that agree in something, by time."""

    times: list[int]
    callers: list[tuple[str | None, ...]]
    ends: list[int]  # before which line all are of the caller of this one

    @classmethod
    def of(cls, lines: Sequence[Line]) -> _Run:
        callers = [line.caller for line in lines]
        ends = [len(callers)] * len(callers)
        for n in range(len(callers) - 2, -1, -1):
            ends[n] = ends[n + 1] if callers[n] == callers[n + 1] else n + 1
        return cls([line.moment or 0 for line in lines], callers, ends)

    def is_only(self, caller: tuple[str | None, ...], since: int, until: int) -> bool:
        """Whether all lines between two moments are of this caller."""
        low, high = bisect_left(self.times, since), bisect_right(self.times, until)
        return low == high or (self.callers[low] == caller and self.ends[low] >= high)
