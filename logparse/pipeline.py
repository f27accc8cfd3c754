"""The whole way: sources -> scans -> evidence -> verdicts -> tables.

Owns: the order of the steps over all sources, up to what is known of each attempt. Must not know: how any step works,
or who asks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from logparse import leading, overlaps, slices
from logparse.asked import Options
from logparse.conclude import Result, conclude
from logparse.found import Scan
from logparse.pages import Pages
from logparse.reading import digest_of
from logparse.scan import ruleset, scan, scan_slice, slices_of

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
    read = scans(ordered, options.setup, pool, on_bytes, stdin)
    found = Scan.total(each.whole() if pages is None else pages.take(each) for each in read)
    once = overlaps.once(found, [source.folder for source in ordered], lambda number: digest_of(ordered[number]))
    found = overlaps.delivered_once(once)
    found, known = leading.once(found, options.leading)
    return conclude(found, ordered, options, rules, known, pages)


def scans(
    sources: Sequence[Source],
    setup: Setup,
    pool: Pool | None,
    on_bytes: Callable[[int], None] | None = None,
    stdin: BinaryIO | None = None,
) -> Iterator[Scan]:
    """What each source holds, in order."""
    if pool is None:
        for number, source in enumerate(sources):
            yield scan(source, number, setup, on_bytes=on_bytes, stdin=stdin)
        return
    parts: list[list[Slice]] = []
    futures: list[list[Future[Piece]]] = []
    for number, source in enumerate(sources):
        parts.append([])
        futures.append([])
        for part in () if source.piped else slices_of(source, setup, pool.workers):  # read while others are cut
            parts[-1].append(part)
            futures[-1].append(pool.executor.submit(scan_slice, source, number, setup, part))
    for number, (source, each) in enumerate(zip(sources, parts, strict=True)):
        if source.piped:  # it cannot be handed to another process
            yield scan(source, number, setup, stdin=stdin)
            continue
        pieces = []
        for part, future in zip(each, futures[number], strict=True):
            pieces.append(future.result())
            if on_bytes is not None and source.size:
                on_bytes((source.size if part.stop is None else part.stop) - part.start)
        futures[number].clear()
        yield slices.joined(_apart(source, number, setup, pool, each, pieces), number)


def _apart(
    source: Source, number: int, setup: Setup, pool: Pool, parts: list[Slice], pieces: list[Piece]
) -> list[Piece]:
    """The pieces of a source, those that depend on each other read again as one."""
    while len(groups := slices.together(pieces)) < len(pieces):
        parts = [slices.merged([parts[at] for at in group]) for group in groups]
        again = [
            pool.executor.submit(scan_slice, source, number, setup, part) if len(group) > 1 else None
            for part, group in zip(parts, groups, strict=True)
        ]
        pieces = [
            pieces[group[0]] if future is None else future.result() for future, group in zip(again, groups, strict=True)
        ]
    return pieces
