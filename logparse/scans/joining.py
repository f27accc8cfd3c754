"""The scans of the slices of a file, joined to one scan of the file while it is read.

Owns: which slices depend on each other, and the places of lines in the whole file.
Must not know: how lines are read, who reads the slices, where they are cut.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from logparse.lines.bulk.source_splitter import Slice
from logparse.lines.result import APP_ONLY
from logparse.scans.coverage import add_counts
from logparse.scans.scan import Scan

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from logparse.scans.coverage import Coverage


class SliceScan(NamedTuple):
    """The scan of one slice, made as if the slice were a file of its own.

    Attributes:
        scan: what the slice holds; its lines are numbered from 1.
        file_lines: how many lines of the file the slice spans.
        log_lines: how many lines came out of their envelopes.
        genuine_access_lines: how many access lines cannot have been written by a stranger, because they do not directly
            follow a message that ends in a name somebody typed.
        independent_of_previous: the slice reads the same whatever stands before it.
        independent_of_next: what follows reads the same whatever stands in this slice.
    """

    scan: Scan
    file_lines: int = 0
    log_lines: int = 0
    genuine_access_lines: int = 0
    independent_of_previous: bool = True
    independent_of_next: bool = True


def merge_slices(parts: Sequence[Slice]) -> Slice:
    """Return one slice for several that follow one another."""
    return Slice(parts[0].start, parts[-1].stop, parts[0].main_format)


def join_slices(
    scans: Iterator[tuple[Slice, SliceScan]], number: int, rescan: Callable[[Slice], SliceScan] | None = None
) -> Iterator[Scan | None]:
    """Yield what the slices of one source hold together, bit by bit; only the last bit has the coverage.

    None takes back all bits before it: what follows begins with the first slice again.

    Args:
        scans: the slices in order, and the scan of each.
        number: of the source.
        rescan: reads a slice; slices that depend on each other are read again as one. Needed for several slices.
    """
    joiner = _Joiner(number)
    joined: list[Slice] = []  # the slices before the last one
    last: tuple[Slice, SliceScan] | None = None
    for part, scan in scans:
        if last is None:
            last = part, scan
        elif last[1].independent_of_next and scan.independent_of_previous:
            yield from joiner.add(last[1])
            joined.append(last[0])
            last = part, scan
        else:
            assert rescan is not None
            merged = merge_slices([last[0], part])
            again = rescan(merged)
            if not again.independent_of_next and (rest := [later for later, _ in scans]):
                # All that follows depends on it, too: a hole in the file, say, displaces whatever stands behind it.
                merged = merge_slices([merged, *rest])
                again = rescan(merged)
            if joined and not again.independent_of_previous:
                # It depends on what comes before after all, which may be anything.
                merged = merge_slices([*joined, merged])
                again, joined, joiner = rescan(merged), [], _Joiner(number)
                yield None
            last = merged, again
    assert last is not None
    yield from joiner.add(last[1])
    yield joiner.end()


class _Joiner:
    """Joins the scans of slices that do not depend on each other, in their order."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._file_lines = self._log_lines = 0
        self._coverage: Coverage | None = None
        self._held = Scan()
        self._has_genuine_access_lines = False

    def add(self, slice_scan: SliceScan) -> Iterator[Scan]:
        """Take the scan of the next slice; yield what need not be held any longer."""
        scan, entry = slice_scan.scan, slice_scan.scan.coverage[self._number]
        if self._coverage is not None:
            for request in scan.requests:
                request.access.line += self._file_lines
                request.access.order += self._log_lines
            scan.tagged = [tagged.shift(self._file_lines, self._log_lines) for tagged in scan.tagged]
            for event in scan.evidence:
                event.message.line += self._file_lines
                event.message.order += self._log_lines
            entry = _add_coverage(self._coverage, entry, self._file_lines)
        self._coverage = entry
        self._file_lines += slice_scan.file_lines
        self._log_lines += slice_scan.log_lines
        self._held += Scan(scan.requests, scan.evidence, {}, scan.tagged)
        self._has_genuine_access_lines = self._has_genuine_access_lines or slice_scan.genuine_access_lines > 0
        if self._has_genuine_access_lines:  # else strangers may have written all access lines of the source
            yield self._held
            self._held = Scan()

    def end(self) -> Scan:
        """Return what is left when there are no more slices, and the coverage."""
        assert self._coverage is not None
        if not self._has_genuine_access_lines and self._coverage.kinds["app"] >= APP_ONLY:
            for request in self._held.requests:
                request.access.shadowed = True
            self._held.tagged = [tagged._replace(shadowed=True) for tagged in self._held.tagged]
        return self._held + Scan(coverage={self._number: self._coverage})


def _add_coverage(one: Coverage, other: Coverage, lines: int) -> Coverage:
    """Add up the coverage of two parts of a source; the first part has so many lines."""
    unparsed = tuple((lines + number, text) for number, text in other.unparsed)
    return replace(
        one,
        **add_counts(one, replace(other, unparsed=unparsed)),
        digest="",
        unzoned=one.unzoned or other.unzoned,
        yearless=one.yearless or other.yearless,
        problem=one.problem or other.problem,
        broken=one.broken or other.broken,
    )
