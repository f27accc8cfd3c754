"""The whole way: sources -> scans -> evidence -> verdicts -> tables.

Owns: the order of the steps over all sources, up to what is known of each attempt. Must not know: how any step works,
or who asks.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from logparse.pipeline import memory
from logparse.pipeline.options import Options
from logparse.pipeline.result import Result
from logparse.pipeline.result_builder import conclude
from logparse.pipeline.schedule import read_sources
from logparse.scans import deployments
from logparse.scans.duplicates import copies, leading
from logparse.scans.pieces import merging
from logparse.scans.request_store import RequestStore
from logparse.scans.scan import Scan
from logparse.scans.settings import ruleset
from logparse.sources.chunk_reader import compute_digest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import BinaryIO

    from logparse.pipeline.engines.pool import Pool
    from logparse.rules.model import RuleSet
    from logparse.sources.source import Source

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
    pages = RequestStore(options.zone)
    found = Scan.total(read_sources(ordered, options.setup, pool, taking(options, pages), on_bytes, stdin))
    memory.give_back()
    once = copies.drop_copies(
        found, [source.folder for source in ordered], lambda number: compute_digest(ordered[number])
    )
    return joined(once, pages, ordered, options, rules)


def taking(options: Options, pages: RequestStore) -> RequestStore | None:
    """Where attempts as columns go: None if all must be looked at one by one.

    They carry no ids or records, by which alone one could tell that another log, or an export, tells of them, too.
    """
    return None if options.leading or options.exports.given else pages


def joined(
    found: Scan,
    pages: RequestStore,
    sources: Sequence[Source],
    options: Options,
    rules: RuleSet,
    continued: Mapping[int, int] | None = None,
) -> Result:
    """Count each line once, and decide what became of each attempt.

    Args:
        found: what was found in all sources, by their numbers.
        pages: attempts that are not in ``found``.
        sources: what was read.
        options: how.
        rules: the rules of the run.
        continued: of each source that holds what came to another one later, the number of that.
    """
    pages.settle()
    found = copies.drop_redelivered(found if taking(options, pages) else found.whole())
    together = options.deployment is not None or options.exports.given
    keys = [""] * len(sources) if together else deployments.deployment_keys(found, pages, sources)
    leads = leading.find_leading_sources(found.coverage, options.leading)
    found, doubts = merging.merge_pieces(
        found, pages, [each.name for each in sources], keys, options.overlap, leads, continued
    )
    found, known = leading.keep_leading_lines(found, options.leading)
    return replace(conclude(found, sources, options, rules, known, pages), doubts=tuple(doubts))
