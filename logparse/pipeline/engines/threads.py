"""Threads of this process.

Owns: how many there are, and what becomes of them if the run is given up. Must not know: what the work is.

Most of what takes time in a run (RE2, sorting, packing) works without the lock of the interpreter. So threads share the
cores nearly as well as processes would, and nothing has to be loaded twice or passed on.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING

from logparse.pipeline.engines.pool import Pool

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def open_threads(workers: int) -> Iterator[Pool | None]:
    """Provide ``workers`` threads of this process; None for one: whoever waits does the work.

    After an error, tasks that are being worked on are waited for; after a signal they are not, so whoever ends the
    process must not wait either.

    Args:
        workers: how many.
    """
    if workers <= 1:
        yield None
        return
    executor = ThreadPoolExecutor(workers, thread_name_prefix="logparse")
    try:
        yield Pool(executor, workers)
    except BaseException as error:
        executor.shutdown(wait=isinstance(error, Exception), cancel_futures=True)
        raise
    executor.shutdown()
