"""Who reads several sources, and slices of large ones, at once: threads of this process, or a Dask cluster.

Owns: the choice of an engine. Must not know: what the work is.

Every engine is a ``concurrent.futures.Executor``.
"""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING

from logparse.pipeline.engines.threads import open_threads

if TYPE_CHECKING:
    from collections.abc import Sequence
    from contextlib import AbstractContextManager

    from logparse.pipeline.engines.pool import Pool
    from logparse.sources.source import Source


def open_pool(
    workers: int, sources: Sequence[Source], scheduler: str | None = None
) -> AbstractContextManager[Pool | None]:
    """Provide what reads ``sources``; None: this thread does.

    Args:
        workers: threads of this process.
        sources: what will be read.
        scheduler: address of the scheduler of a Dask cluster, which reads in place of this machine.

    Raises:
        LogparseError: on entering, the cluster cannot be used; on leaving, its workers were killed.
    """
    if scheduler is None:
        return open_threads(workers)
    if all(source.piped for source in sources):
        return nullcontext()
    from logparse.pipeline.engines.cluster import connect_cluster  # noqa: PLC0415 - it imports an extra

    return connect_cluster(scheduler, sources)
