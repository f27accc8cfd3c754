"""Sources and records that are in the logs twice: copies of a file, records that were delivered again.

Owns: which of two copies counts. Must not know: what any request means, which log leads.

Sources of the same content, however packed, are one: what the later ones hold is left out. So is a record of an
envelope that was delivered before. Sources that hold the same requests in other lines are no copies: nobody could say
which of two equal lines is a copy and which a second request. They are counted, and reported as counted twice, unless
the user says which log leads, or ids prove it (``leading``).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from logparse.scans.scan import Scan

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def drop_copies(scan: Scan, folders: Sequence[str], digest_of: Callable[[int], str]) -> Scan:
    """Drop the requests and evidence of sources whose content another source has.

    Of copies, the one with the most other sources in its folder stays: logs of one folder explain each other.

    Args:
        scan: what is in all sources.
        folders: the folder of each source, by its number.
        digest_of: returns the digest of a source's text, by its number; called where two sources are of one size.
    """
    beside = Counter(folders)
    sizes = Counter(entry.bytes for entry in scan.coverage.values())
    first: dict[str, int] = {}
    copies: dict[int, int] = {}
    for number in sorted(scan.coverage, key=lambda number: (-beside[folders[number]], number)):
        entry = scan.coverage[number]
        if entry.bytes and sizes[entry.bytes] > 1:
            original = first.setdefault(entry.digest or digest_of(number), number)
            if original != number:
                copies[number] = original
    coverage = dict(scan.coverage)
    for number, original in copies.items():
        coverage[number] = replace(coverage[number], copy_of=coverage[original].source)
    return Scan(
        [request for request in scan.requests if request.source not in copies],
        [event for event in scan.evidence if event.source not in copies],
        coverage,
        [tagged for tagged in scan.tagged if tagged.source not in copies],
        scan.logs,
    )


def drop_redelivered(scan: Scan, *, by_source: bool = False) -> Scan:
    """Drop lines of records that were delivered before, as services that deliver at least once do.

    Of equal lines of a record the first counts, by number of the source and order. A line that says something else
    stays, whatever its record is called. Requests as columns are of no records.

    Args:
        scan: what is in all sources.
        by_source: drop only lines whose record the same source holds before.
    """
    repeated: Counter[int] = Counter()
    seen: set[tuple[object, ...]] = set()

    def is_new(source: int, record: str | None, content: tuple[object, ...]) -> bool:
        if not record:
            return True
        key = (source if by_source else None, record, *content)
        if key in seen:
            repeated[source] += 1
            return False
        seen.add(key)
        return True

    requests = [
        request
        for request in sorted(scan.requests, key=lambda request: (request.source, request.access.order))
        if is_new(
            request.source,
            request.access.record,
            (request.access.method, request.access.target, request.access.status),
        )
    ]
    evidence = [
        event
        for event in sorted(scan.evidence, key=lambda event: (event.source, event.message.order))
        if is_new(event.source, event.message.record, (event.message.text,))
    ]
    if not repeated:
        return scan
    coverage = {
        number: replace(entry, repeated=entry.repeated + repeated[number]) for number, entry in scan.coverage.items()
    }
    return Scan(requests, evidence, coverage, scan.tagged, scan.logs)
