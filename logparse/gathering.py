"""All sources to what they hold.

Owns: who reads which part of which source, and putting together what comes back. Must not know: how a line is read,
what is made of what was found.
"""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future
from typing import TYPE_CHECKING, TypeAlias

from logparse import joining
from logparse.engines.shared import Shared
from logparse.found import Scan
from logparse.joining import Piece
from logparse.scan import scan, scan_slice, slices_of
from logparse.slices import WHOLE, Slice

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from concurrent.futures import Executor
    from typing import BinaryIO

    from logparse.engines import Pool
    from logparse.pages import Pages
    from logparse.scan import Setup
    from logparse.sources import Source

#: Slices of one source that are being read, in order.
Begun: TypeAlias = deque[tuple[Slice, Future[Piece]]]


def scans(
    sources: Sequence[Source],
    setup: Setup,
    pool: Pool | None,
    pages: Pages | None = None,
    on_bytes: Callable[[int], None] | None = None,
    stdin: BinaryIO | None = None,
) -> Iterator[Scan]:
    """What each source holds, in order; without the attempts that are columns, if there are pages to hold them."""
    executor = Shared() if pool is None else pool.executor
    begun = [
        Begun() if source.piped else _begun(source, number, setup, pool, executor)
        for number, source in enumerate(sources)
    ]
    for number, source in enumerate(sources):
        if not begun[number]:
            found = scan(source, number, setup, on_bytes=on_bytes, stdin=stdin)
            yield found if pages is None else pages.take(found)
            continue

        def again(part: Slice, source: Source = source, number: int = number) -> Piece:
            return executor.submit(scan_slice, source, number, setup, part).result()

        mark = None if pages is None or len(begun[number]) == 1 else pages.mark()
        read = _results(begun[number], source.size or 0, on_bytes)
        yield _taken(joining.joined(read, number, again), pages, mark)


def _begun(source: Source, number: int, setup: Setup, pool: Pool | None, executor: Executor) -> Begun:
    """The slices of a source, which are read while others are cut; none if it is read as one, by this process."""
    begun = Begun()
    for part in slices_of(source, setup, 1 if pool is None else pool.workers):
        if part != WHOLE or pool is not None:
            begun.append((part, executor.submit(scan_slice, source, number, setup, part)))
    return begun


def _results(begun: Begun, size: int, on_bytes: Callable[[int], None] | None) -> Iterator[tuple[Slice, Piece]]:
    """Slices and what they hold, which nobody else keeps; ``on_bytes`` is told how far it is."""
    while begun:
        part, future = begun.popleft()
        piece = future.result()
        if on_bytes is not None:
            on_bytes((size if part.stop is None else part.stop) - part.start)
        yield part, piece


def _taken(bits: Iterator[Scan | None], pages: Pages | None, mark: int | None) -> Scan:
    """The sum of what is found in a source bit by bit; ``mark`` is of the pages before it."""
    found = Scan()
    for each in bits:
        if each is None:
            found = Scan()
            if pages is not None and mark is not None:
                pages.back(mark)
        else:
            found += each if pages is None else pages.take(each)
    return found
