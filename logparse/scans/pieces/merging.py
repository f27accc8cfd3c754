"""Which sources are pieces of one log, and which lines stand in more than one of them.

Owns: counting each line once, and the order of lines across pieces. Must not know: what a line means.

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
from logparse.scans.coverage import add_counts
from logparse.scans.deployments import NAMED
from logparse.scans.duplicates.copies import drop_redelivered
from logparse.scans.pieces.comparison import Overlap, SourcePair, compare_sources, span_of
from logparse.scans.pieces.line_table import LineTable
from logparse.scans.pieces.succession import Link, Piece, order_pieces
from logparse.scans.scan import Scan

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from logparse.scans.coverage import Coverage
    from logparse.scans.request_store import RequestStore


class Doubt(NamedTuple):
    """Two sources of which a rule of thumb decided whether they are pieces of one log; as text, a sentence for people.

    Attributes:
        one, other: names of the sources, that of the earlier one first.
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


def merge_pieces(
    scan: Scan,
    pages: RequestStore,
    names: Sequence[str],
    servers: Sequence[str],
    overlap: Overlap = Overlap.AUTO,
    leads: frozenset[int] = frozenset(),
    continued: Mapping[int, int] | None = None,
) -> tuple[Scan, list[Doubt]]:
    """Count each line of a log once, and put pieces of one log into one order.

    Args:
        scan: what is in all sources; its requests and events are changed in place.
        pages: further requests, likewise.
        names: of the sources, by number.
        servers: key of the Airflow that each source is of, as far as folders show it; sources whose envelopes name
            different ones are never pieces of one log.
        overlap: what becomes of equal lines.
        leads: numbers of the sources that lead (see ``leading``, which pairs their lines with those of others).
        continued: of each source that holds what was added to another one later, the number of that other source.

    Returns:
        The scan without the lines that are counted elsewhere; and the pairs that a rule of thumb decided.
    """
    scan = drop_redelivered(scan, by_source=True)
    heads = {number: _find_head(number, continued or {}) for number in scan.coverage}
    coverage = _merge_continued(scan.coverage, heads)
    logs: defaultdict[str, list[int]] = defaultdict(list)
    for number, entry in coverage.items():
        if not entry.copy_of and entry.first is not None:
            logs[_environment(servers[number])].append(number)
    for numbers in logs.values():
        numbers.sort(key=lambda number: (*span_of(coverage[number]), names[number], number))
    overlapping = {number for numbers in logs.values() for number in _find_overlapping(numbers, coverage)}
    pairs: list[SourcePair] = []
    gone: dict[int, int] = {}
    lines = None
    if overlapping and overlap is not Overlap.APART:
        lines = LineTable.of_scan(scan, pages, overlapping, heads)
        pairs = _compare_pairs(lines, logs, coverage, overlap, leads)
        gone = _drop_shared_lines(lines, [pair for pair in pairs if pair.same])
    links = _find_links(pairs)
    of_head = {
        piece.number: piece
        for numbers in logs.values()
        for piece in order_pieces(numbers, coverage, names, servers, links)
    }
    pieces = {number: of_head[head] for number, head in heads.items() if head in of_head}
    pieces |= {n: Piece(n, head, 0) for n, head in heads.items() if head != n and head not in of_head}
    # Records that two sources hold go last: without them, no third source could be compared with either.
    scan = drop_redelivered(_revise(scan, pages, lines, pieces, gone))
    return scan, [Doubt(names[pair.one], names[pair.other], pair.same, pair.lines) for pair in pairs if not pair.sure]


def _compare_pairs(
    lines: LineTable,
    logs: Mapping[str, Sequence[int]],
    coverage: Mapping[int, Coverage],
    overlap: Overlap,
    leads: frozenset[int],
) -> list[SourcePair]:
    """Compare the sources of each environment that hold equal lines; of two, both lead or neither does."""
    position = {number: (server, at) for server, numbers in logs.items() for at, number in enumerate(numbers)}
    pairs = [
        compare_sources(lines, one, other, coverage, overlap)
        for one, other in (sorted(pair, key=position.__getitem__) for pair in lines.pairs())
        if position[one][0] == position[other][0] and (one in leads) == (other in leads)
    ]
    return sorted(pairs, key=lambda pair: (position[pair.other], position[pair.one]))


def _find_links(pairs: Sequence[SourcePair]) -> dict[int, Link]:
    """Return for each source the earlier one that it has most lines in common with, in one order."""
    links: dict[int, tuple[int, Link]] = {}
    for pair in pairs:
        if pair.same and pair.shift is not None and pair.lines > links.get(pair.other, (0, None))[0]:
            links[pair.other] = pair.lines, Link(pair.one, pair.shift)
    return {other: link for other, (_, link) in links.items()}


def _environment(server: str) -> str:
    """Return what pieces of one log must have in common: the environment that their envelopes name, if any."""
    return server if server.startswith(NAMED) else ""


def _find_head(number: int, continued: Mapping[int, int]) -> int:
    while number in continued:
        number = continued[number]
    return number


def _merge_continued(coverage: Mapping[int, Coverage], heads: Mapping[int, int]) -> dict[int, Coverage]:
    """Merge the coverage of each source with that of all that was added to it later."""
    merged: dict[int, Coverage] = {}
    for number, head in sorted(heads.items(), key=lambda pair: (pair[1], pair[0] != pair[1], pair[0])):
        before, entry = merged.get(head), coverage[number]
        merged[head] = entry if before is None else replace(before, **add_counts(before, entry))
    return merged


def _find_overlapping(numbers: Sequence[int], coverage: Mapping[int, Coverage]) -> set[int]:
    """Find the sources that span a moment which another one spans as well.

    Args:
        numbers: of the sources, in order of time.
        coverage: what each of them is.
    """
    overlapping: set[int] = set()
    farthest: int | None = None  # of those so far, the one that reaches farthest
    for number in numbers:
        first, last = span_of(coverage[number])
        if farthest is not None and first <= span_of(coverage[farthest])[1]:
            overlapping |= {farthest, number}
        if farthest is None or last > span_of(coverage[farthest])[1]:
            farthest = number
    return overlapping


def _drop_shared_lines(lines: LineTable, pairs: Sequence[SourcePair]) -> dict[int, int]:
    """Mark lines that an earlier piece of the same log holds; return how many these are of each source."""
    gone: defaultdict[int, int] = defaultdict(int)
    for pair in pairs:
        fields = lines.common_fields(pair.one, pair.other)
        kept, mine = lines.lines_kept(pair.one), lines.lines_kept(pair.other)
        values, counts = np.unique(lines.identities(kept, fields), return_counts=True)
        identities = lines.identities(mine, fields)
        at = np.minimum(np.searchsorted(values, identities), max(len(values) - 1, 0))
        known = values[at] == identities if len(values) else np.zeros(len(mine), np.bool_)
        order = np.argsort(identities, kind="stable")  # equal lines in order of writing
        starts = np.concatenate([[True], np.diff(identities[order]) != 0]) if len(order) else np.zeros(0, np.bool_)
        begins = np.flatnonzero(starts)
        rank = np.empty(len(mine), np.int64)
        rank[order] = np.arange(len(mine)) - begins[np.cumsum(starts) - 1] if len(order) else 0
        lost = mine[known & (rank < counts[at])] if len(values) else mine[:0]
        lines.gone[lost] = True
        gone[pair.other] += len(lost)
    return gone


def _revise(
    scan: Scan, pages: RequestStore, lines: LineTable | None, pieces: Mapping[int, Piece], gone: Mapping[int, int]
) -> Scan:
    """Leave out the lines that are gone, and give the others their log and their order in it."""
    if not pieces and not any(gone.values()):
        return scan
    requests, evidence, kept = scan.requests, scan.evidence, None
    if lines is not None and lines.gone.any():
        gone_requests, gone_events, kept = lines.split_gone()
        requests = [request for place, request in enumerate(requests) if place not in gone_requests]
        evidence = [event for place, event in enumerate(evidence) if place not in gone_events]
    logs = {number: piece.log for number, piece in pieces.items()}
    for request in requests:
        if request.source in pieces:
            request.access.order += pieces[request.source].shift
    for event in evidence:
        if event.source in pieces:
            event.message.order += pieces[event.source].shift
    requests = [replace(each, log=logs[each.source]) if each.source in logs else each for each in requests]
    evidence = [replace(each, log=logs[each.source]) if each.source in logs else each for each in evidence]
    pages.revise(kept, {number: (piece.log, piece.shift) for number, piece in pieces.items()})
    coverage = {
        number: replace(entry, repeated=entry.repeated + gone.get(number, 0)) if gone.get(number) else entry
        for number, entry in scan.coverage.items()
    }
    return Scan(requests, evidence, coverage, scan.tagged, {**scan.logs, **logs})
