"""All sources to scans of them.

Owns: who reads which part of which source, and putting the scans of the parts together. Must not know: how a line is
read, what becomes of a scan.
"""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future
from dataclasses import replace
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias

from logparse.lines.bulk.source_splitter import WHOLE, Slice
from logparse.pipeline.engines.waiting import Waiting
from logparse.scans import joining
from logparse.scans.joining import SliceScan
from logparse.scans.scan import Scan
from logparse.scans.scanner import cut_into_slices, scan, scan_several, scan_slice
from logparse.scans.slicing import is_long

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from concurrent.futures import Executor
    from typing import BinaryIO

    from logparse.pipeline.engines.pool import Pool
    from logparse.scans.settings import Setup
    from logparse.sources.source import Source

#: Bytes of short sources that are read together, at most: fewer than are worth handing to a worker by themselves.
TOGETHER: Final = 2 * 1024 * 1024
#: Slices of one source that are being read, in order.
Begun: TypeAlias = deque[tuple[Slice, Future[SliceScan]]]


class Taker(Protocol):
    """Takes requests and lines out of scans as they come, so that they need not be held until all is read."""

    def take(self, scan: Scan) -> Scan:
        """Return a scan without what is taken out of it."""

    def mark(self) -> int:
        """Return a mark of what was taken up to now, to come ``back`` to."""

    def back(self, mark: int) -> None:
        """Forget all that was taken since the mark was made."""


def read_sources(
    sources: Sequence[Source],
    setup: Setup,
    pool: Pool | None,
    taker: Taker | None = None,
    on_bytes: Callable[[int], None] | None = None,
    stdin: BinaryIO | None = None,
) -> Iterator[Scan]:
    """Yield a scan of each source, in order.

    Args:
        sources: what to read.
        setup: how to read it.
        pool: reads several sources at once, and slices of large ones; None: they are read here, one by one.
        taker: takes requests and lines out of the scans.
        on_bytes: is called with each number of bytes read.
        stdin: stands for standard input.
    """
    executor = Waiting() if pool is None else pool.executor
    opened = [_inode(source) for source in sources]
    workers = 1 if pool is None else pool.workers
    begun = deque((group, _begin(group, setup, pool, executor)) for group in _group_short(sources, workers))
    while begun:  # nobody else keeps the scans
        group, parts = begun.popleft()
        number, source = group[0]
        if isinstance(parts, Future):
            for (number, source), found in zip(group, _wait_for_several(group, parts, setup, executor), strict=True):
                if on_bytes is not None:
                    on_bytes(source.size or 0)
                yield _note_changed_file(found if taker is None else taker.take(found), source, number, opened[number])
        elif not parts:
            found = scan(source, number, setup, on_bytes=on_bytes, stdin=stdin)
            yield _note_changed_file(found if taker is None else taker.take(found), source, number, opened[number])
        else:

            def again(part: Slice, source: Source = source, number: int = number) -> SliceScan:
                return executor.submit(scan_slice, source, number, setup, part).result()

            several = len(parts) > 1
            mark = taker.mark() if taker is not None and several else None
            read = _wait_for_slices(parts, source.size or 0, on_bytes)
            found = _add_up(joining.join_slices(read, number, again), taker, mark)
            yield _note_changed_file(found, source, number, opened[number], several=several)


def _group_short(sources: Sequence[Source], workers: int) -> Iterator[list[tuple[int, Source]]]:
    """Yield the numbered sources in groups: short ones that follow one another are read together."""
    group: list[tuple[int, Source]] = []
    size = 0
    for number, source in enumerate(sources):
        more = source.size or 0 if _is_short(source, workers) else TOGETHER + 1
        if group and size + more > TOGETHER:
            yield group
            group, size = [], 0
        group.append((number, source))
        size += more
    if group:
        yield group


def _is_short(source: Source, workers: int) -> bool:
    return source.size is not None and source.size <= TOGETHER and not is_long(source, workers)


def _begin(
    group: list[tuple[int, Source]], setup: Setup, pool: Pool | None, executor: Executor
) -> Future[list[Scan]] | Begun:
    """Have short sources read together, and others in slices; no slices: it is read here, as one."""
    number, source = group[0]
    if _is_short(source, 1 if pool is None else pool.workers):
        return executor.submit(scan_several, group, setup)
    return Begun() if source.piped else _begin_slices(source, number, setup, pool, executor)


def _wait_for_several(
    group: list[tuple[int, Source]], future: Future[list[Scan]], setup: Setup, executor: Executor
) -> Iterator[Scan]:
    """Yield the scans of short sources; of those that turn out to hold much, some are read later."""
    while group:
        scans = future.result()
        yield from scans
        group = group[len(scans) :]
        if group:
            future = executor.submit(scan_several, group, setup)


def _begin_slices(source: Source, number: int, setup: Setup, pool: Pool | None, executor: Executor) -> Begun:
    """Have the slices of a source read, each as soon as it is cut; none if it is read here, as one."""
    begun = Begun()
    for part in cut_into_slices(source, setup, 1 if pool is None else pool.workers):
        if part != WHOLE or pool is not None:
            begun.append((part, executor.submit(scan_slice, source, number, setup, part)))
    return begun


def _wait_for_slices(
    begun: Begun, size: int, on_bytes: Callable[[int], None] | None
) -> Iterator[tuple[Slice, SliceScan]]:
    """Yield the slices of a source and their scans, in order; nobody else keeps the scans."""
    while begun:
        part, future = begun.popleft()
        piece = future.result()
        if on_bytes is not None:
            on_bytes((size if part.stop is None else part.stop) - part.start)
        yield part, piece


def _inode(source: Source) -> int | None:
    try:
        return None if source.path is None else source.path.stat().st_ino
    except OSError:
        return None


def _note_changed_file(found: Scan, source: Source, number: int, inode: int | None, *, several: bool = False) -> Scan:
    """Return a scan with a problem added if its file became shorter or was replaced while it was read."""
    if source.path is None or source.size is None:
        return found
    try:
        status = source.path.stat()
    except OSError:
        return found
    said = ""
    if inode is not None and status.st_ino != inode:
        if not several:
            return found  # it was open, so it was read to its end
        said = f"was replaced by another file while it was read; some of its {source.size:,} bytes may be lost"
    elif (lost := source.size - status.st_size) > 0:
        said = f"became {lost:,} bytes shorter while it was read; what was in them may be lost"
    if said:
        entry = found.coverage[number]
        problem = "; ".join(filter(None, (entry.problem, said)))
        found.coverage[number] = replace(entry, problem=problem, broken=True)
    return found


def _add_up(bits: Iterator[Scan | None], taker: Taker | None, mark: int | None) -> Scan:
    """Return the sum of the scans of a source; None among them: begin anew, at ``mark`` of the taker."""
    found = Scan()
    for scanned in bits:
        if scanned is None:
            found = Scan()
            if taker is not None and mark is not None:
                taker.back(mark)
        else:
            found += scanned if taker is None else taker.take(scanned)
    return found
