"""Which sources are pieces of one log, and which lines stand in more than one of them.

Owns: telling that, counting each line once, and the order of lines across pieces. Must not know: what a line means, who
is told.

A log reaches us in pieces: a file a day, exports that overlap, a file before and after it was rotated. Pieces of one
log hold the same lines where they overlap; logs of two replicas do not, though a line of the one may equal a line of
the other. So two sources are compared by what both hold of the time that both span. ``docs/archive.md`` has the rules
in words.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from logparse.common.text import count
from logparse.scans.deployments import NAMED
from logparse.scans.pieces.comparison import Overlap, Pair, _compared, _span
from logparse.scans.pieces.identities import Lines, lines_of
from logparse.scans.pieces.succession import Link, Piece, chained
from logparse.scans.scan import Scan

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from logparse.scans.request_store import Pages
    from logparse.scans.scan import Coverage


class Doubt(NamedTuple):
    """Two sources of which a rule decided whether they are pieces of one log, by name; printed, it is a sentence.

    Attributes:
        one, other: the names, that of the earlier one first.
        same: they count as pieces of one log.
        lines: how many lines both hold.
    """

    one: str
    other: str
    same: bool
    lines: int

    def __str__(self) -> str:
        lines = f"{self.other}: {count(self.lines, 'line')} of it {'is' if self.lines == 1 else 'are'} in {self.one}"
        if self.same:
            return (
                f"{lines} as well and counted once, since both look like pieces of one log; if they are of two "
                "servers, say --overlap apart"
            )
        return (
            f"{lines} as well and counted in both, since they look like the logs of two servers; if they are of one, "
            "say --overlap once"
        )


def once(
    found: Scan,
    pages: Pages,
    names: Sequence[str],
    servers: Sequence[str],
    overlap: Overlap = Overlap.AUTO,
    leads: frozenset[int] = frozenset(),
    continued: Mapping[int, int] | None = None,
) -> tuple[Scan, list[Doubt]]:
    """What was found, with each line of a log once, and pieces of one log in one order.

    Args:
        found: what is in all sources; its requests and events are changed in place.
        pages: further attempts, likewise.
        names: of the sources, by number.
        servers: what tells the Airflow that each source is of, as far as folders tell it; those that envelopes name are
            never one.
        overlap: what becomes of equal lines.
        leads: numbers of the sources that lead, see ``leading``, which settles what others have in common with them.
        continued: of each source that holds what came to another one later, the number of that.

    Returns:
        The same without the lines that stand elsewhere; and the pairs that a rule decided.
    """
    heads = {number: _head(number, continued or {}) for number in found.coverage}
    coverage = _whole(found.coverage, heads)
    logs: defaultdict[str, list[int]] = defaultdict(list)
    for number, entry in coverage.items():
        if not entry.copy_of and entry.first is not None:
            logs[_airflow(servers[number])].append(number)
    for each in logs.values():
        each.sort(key=lambda number: (*_span(coverage[number]), names[number], number))
    near = {number for each in logs.values() for number in _overlapping(each, coverage)}
    pairs: list[Pair] = []
    gone: dict[int, int] = {}
    lines = lines_of(found, pages, near, heads) if near and overlap is not Overlap.APART else None
    if lines is not None:
        place = {number: at for each in logs.values() for at, number in enumerate(each)}
        pairs = [
            _compared(lines, min(pair, key=place.__getitem__), max(pair, key=place.__getitem__), coverage, overlap)
            for pair in lines.pairs()
            if _airflow(servers[pair[0]]) == _airflow(servers[pair[1]]) and (pair[0] in leads) == (pair[1] in leads)
        ]
        pairs.sort(key=lambda pair: (_airflow(servers[pair.one]), place[pair.other], place[pair.one]))
        gone = _drop(lines, [pair for pair in pairs if pair.same])
    links = _links(pairs)
    of = {each.number: each for some in logs.values() for each in chained(some, coverage, names, servers, links)}
    of_each = {number: of[head] for number, head in heads.items() if head in of}
    of_each |= {n: Piece(n, head, 0) for n, head in heads.items() if head != n and head not in of}
    found = _revised(found, pages, lines, of_each, gone)
    return found, [Doubt(names[each.one], names[each.other], each.same, each.lines) for each in pairs if not each.sure]


def _links(pairs: Sequence[Pair]) -> dict[int, Link]:
    """By source, which earlier one it has most lines in common with, in one order."""
    found: dict[int, tuple[int, Link]] = {}
    for pair in pairs:
        if pair.same and pair.shift is not None and pair.lines > found.get(pair.other, (0, None))[0]:
            found[pair.other] = pair.lines, Link(pair.one, pair.shift)
    return {other: link for other, (_, link) in found.items()}


def _airflow(server: str) -> str:
    """What pieces of one log must have in common: the environment that their envelopes name, if any."""
    return server if server.startswith(NAMED) else ""


def _head(number: int, continued: Mapping[int, int]) -> int:
    while number in continued:
        number = continued[number]
    return number


def _whole(coverage: Mapping[int, Coverage], heads: Mapping[int, int]) -> dict[int, Coverage]:
    """Sources with all that came to them later."""
    found: dict[int, Coverage] = {}
    for number, head in sorted(heads.items(), key=lambda each: (each[1], each[0] != each[1], each[0])):
        entry, before = coverage[number], found.get(head)
        if before is None:
            found[head] = entry
            continue
        times = [each for each in (before.first, entry.first, before.last, entry.last) if each is not None]
        found[head] = replace(
            before,
            first=min(times, default=None),
            last=max(times, default=None),
            lines=before.lines + entry.lines,
            kinds={kind: count + entry.kinds[kind] for kind, count in before.kinds.items()},
            formats=before.formats | entry.formats,
        )
    return found


def _overlapping(numbers: Sequence[int], coverage: Mapping[int, Coverage]) -> set[int]:
    """Those of the sources, in order of time, that span a moment which another one spans as well."""
    found: set[int] = set()
    latest: int | None = None  # of those so far, the one that reaches farthest
    for number in numbers:
        first, last = _span(coverage[number])
        if latest is not None and first <= _span(coverage[latest])[1]:
            found |= {latest, number}
        if latest is None or last > _span(coverage[latest])[1]:
            latest = number
    return found


def _drop(lines: Lines, pairs: Sequence[Pair]) -> dict[int, int]:
    """Mark lines that an earlier piece of the same log holds; how many of each source."""
    gone: defaultdict[int, int] = defaultdict(int)
    for pair in pairs:
        masked = lines.common(pair.one, pair.other)
        kept, mine = lines.kept(pair.one), lines.kept(pair.other)
        values, counts = np.unique(lines.identities(kept, masked), return_counts=True)
        identities = lines.identities(mine, masked)
        at = np.minimum(np.searchsorted(values, identities), max(len(values) - 1, 0))
        known = values[at] == identities if len(values) else np.zeros(len(mine), np.bool_)
        order = np.argsort(identities, kind="stable")  # within a kind, in order of writing
        starts = np.concatenate([[True], np.diff(identities[order]) != 0]) if len(order) else np.zeros(0, np.bool_)
        begins = np.flatnonzero(starts)
        rank = np.empty(len(mine), np.int64)
        rank[order] = np.arange(len(mine)) - begins[np.cumsum(starts) - 1] if len(order) else 0
        lost = mine[known & (rank < counts[at])] if len(values) else mine[:0]
        lines.gone[lost] = True
        gone[pair.other] += len(lost)
    return gone


def _revised(
    found: Scan, pages: Pages, lines: Lines | None, chained: Mapping[int, Piece], gone: Mapping[int, int]
) -> Scan:
    if not chained and not any(gone.values()):
        return found
    requests, evidence, kept = found.requests, found.evidence, None
    if lines is not None and lines.gone.any():
        of_requests, of_evidence, kept = lines.parted()
        requests = [each for nth, each in enumerate(requests) if nth not in of_requests]
        evidence = [each for nth, each in enumerate(evidence) if nth not in of_evidence]
    logs = {number: piece.log for number, piece in chained.items()}
    for request in requests:
        if request.source in chained:
            request.access.order += chained[request.source].shift
    for said in evidence:
        if said.source in chained:
            said.message.order += chained[said.source].shift
    requests = [replace(each, log=logs[each.source]) if each.source in logs else each for each in requests]
    evidence = [replace(each, log=logs[each.source]) if each.source in logs else each for each in evidence]
    pages.revise(kept, {number: (piece.log, piece.shift) for number, piece in chained.items()})
    coverage = {
        number: replace(entry, repeated=entry.repeated + gone.get(number, 0)) if gone.get(number) else entry
        for number, entry in found.coverage.items()
    }
    return Scan(requests, evidence, coverage, found.tagged, {**found.logs, **logs})
