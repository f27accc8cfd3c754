"""What lines of two logs must have in common to be about one request, and what may differ.

Owns: the marks of a line (client, user, agent), addresses that proxies have among each other, ids that tell; looking
lines up by all that they must agree in, so that no line is compared with every other. Must not know: which are paired.
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

#: Lines further apart than this are not surely about one request, whatever else they say.
APART: Final = 10 * SECOND
#: What a proxy answers, or notes, if nobody waited for the server: nothing (Envoy), a timeout, the client left (nginx,
#: ALB).
GONE: Final = frozenset({0, 460, 499, 504})
#: A shorter one, or a number, may be a counter that starts anew.
ID_LENGTH: Final = 8
#: Client, user, agent, size: what may stand in both lines, and then must be the same.
Marks: TypeAlias = "tuple[str | None, str | None, str | None, int | None]"
#: What else must be the same.
Alike: TypeAlias = "Callable[[Line], tuple[Hashable, ...]]"


class Line(NamedTuple):
    """A line to be paired.

    Attributes:
        request: the line itself.
        moment: its time, or that of a line next to it; None if not known.
        dated: it carries the time itself.
        asked: method and path, and the id of the request where that is to prove it.
        status, peer: HTTP status and client as logged.
        marks: client (unless proxies have such addresses), user, agent, size where it is passed on.
    """

    request: Request
    moment: int | None
    dated: bool
    asked: tuple[str | None, ...]
    status: int
    peer: str | None
    marks: Marks

    @property
    def gone(self) -> bool:
        """Whether it tells that nobody waited for the server."""
        return self.status in GONE or self.request.access.proxy == "closed"

    @property
    def face(self) -> tuple[str | None, ...]:
        """What it says about who asked."""
        access = self.request.access
        return access.client, access.user, access.agent


def telling(request: Request) -> bool:
    """Whether the line holds an id of the request that no other request has by chance."""
    found = request.access.request_id
    return found is not None and len(found) >= ID_LENGTH and not found.isdecimal()


def public(client: str | None) -> bool:
    """Whether a client's address is one that proxies and their servers do not have among each other."""
    return client is not None and is_address(client) and not proxies.DEFAULT.holds(client)


def lines(requests: Iterable[Request], passed_on: frozenset[int], *, by_id: bool) -> list[Line]:
    """Requests as lines, by time; without those that a proxy answered by itself, and with ``by_id`` those without id.

    Bodies of answers with a status that is ``passed_on`` have the same size in both logs.
    """
    made = []
    for each in requests:
        access = each.access
        if access.proxy == "refused" or (by_id and not telling(each)):
            continue
        asked = (access.method, re.sub("/{2,}", "/", each.tag.path), access.request_id if by_id else None)
        client = access.client if public(access.client) and not by_id else None
        size = access.size if access.status in passed_on else None
        marks = (client, access.user, None if by_id else access.agent, size)
        dated = access.time is not None and access.time_source != "neighbour"
        made.append(Line(each, access.time, dated, asked, access.status, access.client, marks))
    made.sort(key=lambda each: (each.moment or 0, each.request.source, each.request.access.order))
    return made


def dated(lines: Sequence[Line]) -> list[int]:
    """The numbers of lines that carry a time."""
    return [n for n, each in enumerate(lines) if each.dated]


def undated(lines: Sequence[Line]) -> list[int]:
    """The numbers of the others."""
    return [n for n, each in enumerate(lines) if not each.dated]


def status(line: Line) -> tuple[Hashable, ...]:
    """The same status."""
    return (line.status,)


def status_and_peer(line: Line) -> tuple[Hashable, ...]:
    """The same status, and the same client even if it is a proxy."""
    return line.status, line.peer


def nothing(_line: Line) -> tuple[Hashable, ...]:
    """Whatever the status."""
    return ()


def by_carried(lines: Sequence[Line], some: Iterable[int]) -> dict[tuple[bool, ...], list[int]]:
    """Lines by which marks they carry."""
    found: defaultdict[tuple[bool, ...], list[int]] = defaultdict(list)
    for n in some:
        found[tuple(mark is not None for mark in lines[n].marks)].append(n)
    return dict(found)


def shared_by(mine: Sequence[bool], theirs: Sequence[bool]) -> list[int]:
    """The marks that both carry."""
    return [n for n, (one, other) in enumerate(zip(mine, theirs, strict=True)) if one and other]


def grouped(
    lines: Sequence[Line], some: Iterable[int], shared: Sequence[int], alike: Alike
) -> dict[Hashable, list[int]]:
    """Lines by all that they must agree in."""
    groups: defaultdict[Hashable, list[int]] = defaultdict(list)
    for n in some:
        groups[_key(lines[n], shared, alike)].append(n)
    return dict(groups)


def _key(line: Line, shared: Sequence[int], alike: Alike) -> Hashable:
    return (line.asked, alike(line), *(line.marks[n] for n in shared))


class Rivals:
    """Tells whether another line of the following log, as near, could be the twin and shows another face.

    Args:
        lines: of the following log, by time.
    """

    def __init__(self, lines: Sequence[Line]) -> None:
        self._lines = lines
        self._carried = by_carried(lines, dated(lines))
        self._runs: dict[tuple[object, ...], dict[Hashable, _Run]] = {}

    def none(self, one: Line, other: Line) -> bool:
        """Whether no line that could be the twin of ``one`` differs from ``other``."""
        one_time, other_time = one.moment or 0, other.moment or 0
        reach = abs(one_time - other_time) + SECOND
        alike = status_and_peer if one.peer == other.peer else status
        if reach > APART + SECOND:
            return False
        for theirs in self._carried:
            shared = shared_by(tuple(mark is not None for mark in one.marks), theirs)
            run = self._run(theirs, shared, alike).get(_key(one._replace(status=other.status), shared, alike))
            if run is not None and not run.only(other.face, one_time - reach, one_time + reach):
                return False
        return True

    def _run(self, theirs: tuple[bool, ...], shared: Sequence[int], alike: Alike) -> dict[Hashable, _Run]:
        key = (theirs, *shared, alike)
        if key not in self._runs:
            groups = grouped(self._lines, self._carried[theirs], shared, alike)
            self._runs[key] = {name: _Run.of([self._lines[n] for n in some]) for name, some in groups.items()}
        return self._runs[key]


class _Run(NamedTuple):
    """Lines that agree in something, by time."""

    times: list[int]
    faces: list[tuple[str | None, ...]]
    ends: list[int]  # before which line all have the face of this one

    @classmethod
    def of(cls, lines: Sequence[Line]) -> _Run:
        faces = [each.face for each in lines]
        ends = [len(faces)] * len(faces)
        for n in range(len(faces) - 2, -1, -1):
            ends[n] = ends[n + 1] if faces[n] == faces[n + 1] else n + 1
        return cls([each.moment or 0 for each in lines], faces, ends)

    def only(self, face: tuple[str | None, ...], since: int, until: int) -> bool:
        """Whether all lines between two moments have this face."""
        low, high = bisect_left(self.times, since), bisect_right(self.times, until)
        return low == high or (self.faces[low] == face and self.ends[low] >= high)
