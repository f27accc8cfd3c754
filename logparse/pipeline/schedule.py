"""All sources to what they hold.

Owns: who reads which part of which source, and putting together what comes back. Must not know: how a line is read,
what is made of what was found.
"""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol, TypeAlias

from logparse.pipeline.engines.shared import Shared
from logparse.scans import joining
from logparse.scans.joining import SliceScan
from logparse.scans.scan import Scan
from logparse.scans.scanner import cut_into_slices, scan, scan_slice
from logparse.scans.slicing import WHOLE, Slice

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from concurrent.futures import Executor
    from typing import BinaryIO

    from logparse.pipeline.engines.pool import Pool
    from logparse.scans.settings import Setup
    from logparse.sources.source import Source

#: Slices of one source that are being read, in order.
Begun: TypeAlias = deque[tuple[Slice, Future[SliceScan]]]


class Taker(Protocol):
    """Takes what is found bit by bit, so that it need not be held until all is read."""

    def take(self, scan: Scan) -> Scan:
        """What was found, without what is taken of it."""

    def mark(self) -> int:
        """What was taken up to now, to come ``back`` to."""

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
    """What each source holds, in order; without what somebody takes of it."""
    executor = Shared() if pool is None else pool.executor
    opened = [_inode(source) for source in sources]
    begun = [
        Begun() if source.piped else _begin_slices(source, number, setup, pool, executor)
        for number, source in enumerate(sources)
    ]
    for number, source in enumerate(sources):
        if not begun[number]:
            found = _note_changed_file(
                scan(source, number, setup, on_bytes=on_bytes, stdin=stdin), source, number, opened[number]
            )
            yield found if taker is None else taker.take(found)
            continue

        def again(part: Slice, source: Source = source, number: int = number) -> SliceScan:
            return executor.submit(scan_slice, source, number, setup, part).result()

        several = len(begun[number]) > 1
        mark = taker.mark() if taker is not None and several else None
        read = _wait_for_slices(begun[number], source.size or 0, on_bytes)
        found = _add_up(joining.join_slices(read, number, again), taker, mark)
        yield _note_changed_file(found, source, number, opened[number], several=several)


def _begin_slices(source: Source, number: int, setup: Setup, pool: Pool | None, executor: Executor) -> Begun:
    """The slices of a source, which are read while others are cut; none if it is read as one, by this process."""
    begun = Begun()
    for part in cut_into_slices(source, setup, 1 if pool is None else pool.workers):
        if part != WHOLE or pool is not None:
            begun.append((part, executor.submit(scan_slice, source, number, setup, part)))
    return begun


def _wait_for_slices(
    begun: Begun, size: int, on_bytes: Callable[[int], None] | None
) -> Iterator[tuple[Slice, SliceScan]]:
    """Slices and what they hold, which nobody else keeps; ``on_bytes`` is told how far it is."""
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
    """The same, with what is wrong if a file was cut while it was read, or replaced while several parts of it were."""
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
    """The sum of what is found in a source bit by bit; ``mark`` is what was taken before it."""
    found = Scan()
    for each in bits:
        if each is None:
            found = Scan()
            if taker is not None and mark is not None:
                taker.back(mark)
        else:
            found += each if taker is None else taker.take(each)
    return found
