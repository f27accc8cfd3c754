"""The whole way: sources -> scans -> evidence -> verdicts -> tables.

Owns: the order of the steps over all sources, up to what is known of each attempt. Must not know: how any step works,
or who asks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from logparse import leading, memory, overlaps
from logparse.asked import Options
from logparse.conclude import Result, conclude
from logparse.found import Scan
from logparse.gathering import scans
from logparse.pages import Pages
from logparse.reading import digest_of
from logparse.scan import ruleset

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import BinaryIO

    from logparse.engines import Pool
    from logparse.sources import Source

__all__ = ["Options", "Result", "conclude", "run"]


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
