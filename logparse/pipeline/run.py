"""A run: sources are read, each line is counted once, and every attempt is decided.

Owns: the order of these steps. Must not know: how any step works, or who asks.
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
from logparse.scans.named_keys import check_names
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

    The result depends only on the content of the sources, not on their order or the pool.

    Args:
        sources: what to read.
        options: what the run is asked for.
        pool: reads several sources at once, and slices of large ones; None: they are read here, one by one.
        on_bytes: called with the number of bytes after each portion that was read, or each slice if a pool reads.
        stdin: is read in place of standard input.

    Raises:
        FormatError, RuleError: formats or rules cannot be used.
        InputError: a key or column that the user names is nowhere.
    """
    rules = ruleset(options.setup.rule_folders)
    ordered = sorted(sources, key=lambda source: source.name)
    pages = RequestStore(options.zone)
    found = Scan.total(read_sources(ordered, options.setup, pool, store_for_columns(options, pages), on_bytes, stdin))
    memory.give_back()
    check_names(list(found.coverage.values()))
    once = copies.drop_copies(
        found, [source.folder for source in ordered], lambda number: compute_digest(ordered[number])
    )
    return decide_sources(once, pages, ordered, options, rules)


def store_for_columns(options: Options, pages: RequestStore) -> RequestStore | None:
    """Return the store for attempts that stay columns; None if each attempt must become an object.

    Columns hold no ids of requests. Only these show that another log is about the same request.
    """
    return None if options.leading else pages


def decide_sources(
    found: Scan,
    pages: RequestStore,
    sources: Sequence[Source],
    options: Options,
    rules: RuleSet,
    continued: Mapping[int, int] | None = None,
) -> Result:
    """Count each line once, and decide what became of each attempt.

    Args:
        found: what all sources hold together.
        pages: attempts that are not in ``found``.
        sources: what was read, in the order of their numbers.
        options: what the run is asked for.
        rules: the rules of the run.
        continued: of each source to which more was added later, as another source, the number of that other source.
    """
    pages.settle()
    found = found if store_for_columns(options, pages) else found.whole()
    together = options.deployment is not None or options.exports.given
    keys = [""] * len(sources) if together else deployments.deployment_keys(found, pages, sources)
    leads = leading.find_leading_sources(found.coverage, options.leading)
    found, doubts = merging.merge_pieces(
        found, pages, [source.name for source in sources], keys, options.overlap, leads, continued
    )
    found, known = leading.keep_leading_lines(found, options.leading)
    return replace(conclude(found, sources, options, rules, known, pages), doubts=tuple(doubts))
