"""The whole way: sources -> scans -> evidence -> verdicts -> tables.

Owns: the order of the steps over all sources, up to what is known of each attempt. Must not know: how any step works,
or who asks.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from logparse import leading, memory, overlaps, slices
from logparse.asked import Options
from logparse.conclude import Result, conclude
from logparse.engines.shared import Shared
from logparse.found import Scan
from logparse.pages import Pages
from logparse.reading import digest_of
from logparse.scan import ruleset, scan, scan_slice, slices_of
from logparse.slices import WHOLE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from concurrent.futures import Future
    from typing import BinaryIO

    from logparse.engines import Pool
    from logparse.scan import Setup
    from logparse.slices import Piece, Slice
    from logparse.sources import Source

__all__ = ["Options", "Result", "conclude", "run", "scans"]


def run(
    sources: Sequence[Source],
    options: Options,
    *,
    pool: Pool | None = None,
    on_bytes: Callable[[int], None] | None = None,
    stdin: BinaryIO | None = None,
) -> Result:
    """Read all sources and decide what became of each attempt in them.

    The result depends on what is in the sources only, not on their order or the pool.

    Args:
        sources: what to read.
        options: how.
        pool: reads several sources at once, and slices of large ones; None reads them here, one by one.
        on_bytes: told of every portion of bytes taken from disk, or of whole slices where a pool reads.
        stdin: stands for standard input.

    Raises:
        FormatError, RuleError: formats or rules cannot be used.
    """
    rules = ruleset(options.setup.rule_folders)
    ordered = sorted(sources, key=lambda each: each.name)
    # Requests as columns carry no ids or records, by which alone one could tell that another log tells of them, too.
    pages = None if options.leading or options.exports.given else Pages(options.zone)
    read = scans(ordered, options.setup, pool, pages, on_bytes, stdin)
    found = Scan.total(each.whole() if pages is None else each for each in read)
    memory.give_back()
    once = overlaps.once(found, [source.folder for source in ordered], lambda number: digest_of(ordered[number]))
    found = overlaps.delivered_once(once)
    found, known = leading.once(found, options.leading)
    return conclude(found, ordered, options, rules, known, pages)


def scans(
    sources: Sequence[Source],
    setup: Setup,
    pool: Pool | None,
    pages: Pages | None = None,
    on_bytes: Callable[[int], None] | None = None,
    stdin: BinaryIO | None = None,
) -> Iterator[Scan]:
    """What each source holds, in order; without the attempts that are columns, if there are pages to hold them."""
    executor, workers = (Shared(), 1) if pool is None else pool
    begun: list[deque[tuple[Slice, Future[Piece]]]] = []
    for number, source in enumerate(sources):
        begun.append(deque())
        # Standard input cannot be handed to another process.
        for part in () if source.piped else slices_of(source, setup, workers):  # read while others are cut
            if part != WHOLE or pool is not None:
                begun[-1].append((part, executor.submit(scan_slice, source, number, setup, part)))
    for number, source in enumerate(sources):
        if not begun[number]:
            found = scan(source, number, setup, on_bytes=on_bytes, stdin=stdin)
            yield found if pages is None else pages.take(found)
            continue

        def again(part: Slice, source: Source = source, number: int = number) -> Piece:
            return executor.submit(scan_slice, source, number, setup, part).result()

        mark = None if pages is None or len(begun[number]) == 1 else pages.mark()
        read = _results(begun[number], source.size or 0, on_bytes)
        yield _taken(slices.joined(read, number, again), pages, mark)


def _results(
    begun: deque[tuple[Slice, Future[Piece]]], size: int, on_bytes: Callable[[int], None] | None
) -> Iterator[tuple[Slice, Piece]]:
    """Slices and what they hold, which nobody else keeps."""
    while begun:
        part, future = begun.popleft()
        piece = future.result()
        del future
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
