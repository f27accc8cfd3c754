"""All sources to what they hold.

Owns: who reads which part of which source, and putting together what comes back. Must not know: how a line is read,
what is made of what was found.
"""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, TypeAlias

from logparse import slices, unpacking
from logparse.engines.shared import Shared
from logparse.errors import InputError
from logparse.found import Scan
from logparse.reading import Reading
from logparse.scan import reader_for, scan, scan_slice, scan_unpacked, slices_of
from logparse.slices import WHOLE, Piece, Slice

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
    unpacked = {} if pool is None else _all_unpacked(sources, setup, pool, pages, on_bytes)
    begun = [
        Begun() if source.piped or number in unpacked else _begun(source, number, setup, pool, executor)
        for number, source in enumerate(sources)
    ]
    for number, source in enumerate(sources):
        if number in unpacked:
            yield unpacked.pop(number)
            continue
        if not begun[number]:
            found = scan(source, number, setup, on_bytes=on_bytes, stdin=stdin)
            yield found if pages is None else pages.take(found)
            continue

        def again(part: Slice, source: Source = source, number: int = number) -> Piece:
            return executor.submit(scan_slice, source, number, setup, part).result()

        mark = None if pages is None or len(begun[number]) == 1 else pages.mark()
        read = _told(_results(begun[number]), source.size or 0, on_bytes)
        yield _taken(slices.joined(read, number, again), pages, mark)


def _begun(source: Source, number: int, setup: Setup, pool: Pool | None, executor: Executor) -> Begun:
    """The slices of a source, which are read while others are cut; none if it is read as one, by this process."""
    begun = Begun()
    for part in slices_of(source, setup, 1 if pool is None else pool.workers):
        if part != WHOLE or pool is not None:
            begun.append((part, executor.submit(scan_slice, source, number, setup, part)))
    return begun


def _results(begun: Begun, left: int = 0) -> Iterator[tuple[Slice, Piece]]:
    """Slices and what they hold, which nobody else keeps, until so many are left."""
    while len(begun) > left:
        part, future = begun.popleft()
        yield part, future.result()


def _told(
    read: Iterator[tuple[Slice, Piece]], size: int, on_bytes: Callable[[int], None] | None
) -> Iterator[tuple[Slice, Piece]]:
    """The same, of a source of so many bytes, with how far it is told."""
    for part, piece in read:
        if on_bytes is not None:
            on_bytes((size if part.stop is None else part.stop) - part.start)
        yield part, piece


def _all_unpacked(
    sources: Sequence[Source],
    setup: Setup,
    pool: Pool,
    pages: Pages | None,
    on_bytes: Callable[[int], None] | None,
) -> dict[int, Scan]:
    """What packed files hold that one process unpacks and all read, by number; done first, so that nothing waits."""
    packed = [each for each in enumerate(sources) if pool.near and unpacking.worthwhile(each[1])]
    if len(packed) >= pool.workers:  # each worker has one to unpack
        return {}
    each = ((number, _unpacked(source, number, setup, pool, pages, on_bytes)) for number, source in packed)
    return {number: found for number, found in each if found is not None}


def _unpacked(
    source: Source,
    number: int,
    setup: Setup,
    pool: Pool,
    pages: Pages | None,
    on_bytes: Callable[[int], None] | None,
) -> Scan | None:
    """What a packed file holds that is unpacked here and read by all; None if it must be read as one."""
    reading = Reading(source, size=setup.chunk_bytes, on_bytes=on_bytes)
    mark = None if pages is None else pages.mark()

    def again(_part: Slice) -> Piece:
        raise unpacking.InOneError

    def read(folder: Path) -> Iterator[tuple[Slice, Piece]]:
        begun = Begun()
        for part, file in unpacking.parts(reading, reader_for(source, setup), folder):
            begun.append((part, pool.executor.submit(scan_unpacked, file, number, setup, part)))
            yield from _results(begun, pool.workers)
        yield from _results(begun)

    try:
        with TemporaryDirectory(prefix="logparse-", ignore_cleanup_errors=True) as folder:
            found = _taken(slices.joined(read(Path(folder)), number, again), pages, mark)
    except (unpacking.InOneError, InputError, OSError):  # no room for the files, say
        if pages is not None and mark is not None:
            pages.back(mark)
        return None
    entry = found.coverage[number]
    problem = entry.problem or reading.problem or ""
    found.coverage[number] = replace(entry, bytes=reading.bytes_read, codec=reading.codec, problem=problem)
    return found


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
