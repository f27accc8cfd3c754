"""Executors: who reads several sources, and slices of large ones, at once.

Owns: the choice of an engine. Must not know: what the work is.

An engine is a ``concurrent.futures.Executor`` and nothing more, so that all of them share one way.
"""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING

from logparse.engines.pool import Pool, cores
from logparse.engines.processes import local, worthwhile

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager

    from logparse.sources import Source

__all__ = ["Pool", "cores", "local", "opened", "worthwhile"]


def opened(
    workers: int, sources: Sequence[Source], scheduler: str | None = None
) -> AbstractContextManager[Pool | None]:
    """What reads ``sources``; None: they are read where that is asked for.

    Args:
        workers: processes of this machine, at most.
        sources: what will be read.
        scheduler: address of the scheduler of a Dask cluster, which reads in place of this machine.

    Raises:
        LogparseError: on entering, the cluster cannot be used; on leaving, workers were killed.
    """
    if scheduler is None:
        return local(worthwhile(workers, sources))
    if all(source.piped for source in sources):
        return nullcontext()
    from logparse.engines.cluster import cluster  # noqa: PLC0415 - it imports an extra

    return cluster(scheduler, sources)
