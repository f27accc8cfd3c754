"""The same requests in more than one source: copies, logs that overlap, the log of a proxy beside the server's.

Owns: telling that it is so. Must not know: what any request means, which log leads, who is told.

Sources of the same content, however packed, are one: what the later ones hold is left out. So is a record of an
envelope that was delivered before. Sources that hold the same requests in other lines are not: nobody could say which
of two equal lines is a copy and which a second request, so unless the user says which log leads, or ids prove it
(``leading``), they are counted, and said to be counted twice.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from logparse.scans.scan import Scan

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def once(found: Scan, folders: Sequence[str], digest: Callable[[int], str]) -> Scan:
    """``found`` without the requests and evidence of sources whose content another one has.

    Of copies, the one with the most other sources beside it stays: logs of one folder explain each other.

    Args:
        found: what is in all sources.
        folders: what each source is in, by its number.
        digest: what tells the text of a source, by its number, from others; asked where two are of one size.
    """
    beside = Counter(folders)
    sizes = Counter(entry.bytes for entry in found.coverage.values())
    first: dict[str, int] = {}
    copies: dict[int, int] = {}
    for number in sorted(found.coverage, key=lambda each: (-beside[folders[each]], each)):
        entry = found.coverage[number]
        if entry.bytes and sizes[entry.bytes] > 1:
            original = first.setdefault(entry.digest or digest(number), number)
            if original != number:
                copies[number] = original
    coverage = dict(found.coverage)
    for number, original in copies.items():
        coverage[number] = replace(coverage[number], copy_of=coverage[original].source)
    return Scan(
        [request for request in found.requests if request.source not in copies],
        [said for said in found.evidence if said.source not in copies],
        coverage,
        [each for each in found.tagged if each.source not in copies],
        found.logs,
    )


def delivered_once(found: Scan) -> Scan:
    """``found`` without lines of records that were delivered before, as services that deliver at least once do.

    Of equal lines of a record the first counts, by number of the source and order. A line that says something else
    stays, whatever its record is called. Requests as columns are of no records.
    """
    repeated: Counter[int] = Counter()
    seen: set[tuple[object, ...]] = set()

    def is_new(source: int, record: str | None, said: tuple[object, ...]) -> bool:
        if not record:
            return True
        if (record, *said) in seen:
            repeated[source] += 1
            return False
        seen.add((record, *said))
        return True

    requests = [
        each
        for each in sorted(found.requests, key=lambda each: (each.source, each.access.order))
        if is_new(each.source, each.access.record, (each.access.method, each.access.target, each.access.status))
    ]
    evidence = [
        each
        for each in sorted(found.evidence, key=lambda each: (each.source, each.message.order))
        if is_new(each.source, each.message.record, (each.message.text,))
    ]
    if not repeated:
        return found
    coverage = {n: replace(entry, repeated=repeated[n]) for n, entry in found.coverage.items()}
    return Scan(requests, evidence, coverage, found.tagged, found.logs)
