"""A run from the paths that a user names to its result.

Owns: finding the sources, the workers of a run, and running with them. The commands and the Python functions share it.
Must not know: how anything is read, decided or written; options of the command line.
"""

from __future__ import annotations

import gc
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from logparse.pipeline.engines import selection
from logparse.reports import messages
from logparse.scans.duplicates import leading
from logparse.sources import discovery

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from contextlib import AbstractContextManager

    from logparse.pipeline.engines.pool import Pool
    from logparse.pipeline.options import Options
    from logparse.pipeline.result import Result
    from logparse.sources.source import Source


@dataclass(frozen=True, slots=True)
class Job:
    """A run that is ready to go.

    Attributes:
        sources: what will be read.
        options: how it is read and judged.
        unfilled: what is to be said about each path in which there is no log.
        skipped: names of what was found, but is no log by its name.
    """

    sources: tuple[Source, ...]
    options: Options
    unfilled: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()


def prepare(paths: Sequence[str], options: Options) -> Job:
    """Find the sources that the paths name; nothing is read yet. Exports that are given may lie among the logs.

    Args:
        paths: what is to be read.
        options: how.

    Raises:
        InputError: a path names nothing, or no source has the name of one that is to lead.
    """
    found = discovery.discover(paths)
    exports = {source.identity for source in discovery.find_sources(options.export_files)}
    sources = tuple(each for each in found.sources if not each.found or each.identity not in exports)
    leading.check_patterns(options.leading, [source.name for source in sources])
    return Job(sources, options, tuple(messages.list_unfilled(found.empty, found.archives)), tuple(found.skipped))


def open_workers(job: Job) -> AbstractContextManager[Pool | None]:
    """Provide the workers of a job; None: this thread reads alone.

    Raises:
        LogparseError: on entering, the cluster cannot be used; on leaving, its workers were killed.
    """
    return selection.open_pool(job.options.workers, job.sources, job.options.scheduler)


def run(job: Job, on_bytes: Callable[[int], None] | None = None) -> Result:
    """Read and decide; the result depends on what is in the sources only, not on workers or the order of paths.

    It holds all weeks, since a week is compared with the one before.

    Raises:
        LogparseError: the cluster cannot be used.
    """
    from logparse.pipeline import run as pipeline  # noqa: PLC0415 - heavy

    with open_workers(job) as pool, _without_garbage_collection():
        return pipeline.run(job.sources, job.options, pool=pool, on_bytes=on_bytes)


@contextmanager
def _without_garbage_collection() -> Iterator[None]:
    """Switch the garbage collector off: nearly all that a run makes is needed to its end.

    Looking for what is not needed any more would take a quarter of the time.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
