"""Worker processes of this machine.

Owns: how many there are, and what becomes of it if one dies. Must not know: what the work is.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import resource_tracker
from typing import TYPE_CHECKING, Final, Self

from logparse.common.errors import WorkerKilledError
from logparse.pipeline.engines.pool import Pool
from logparse.pipeline.engines.shared import Shared

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from logparse.sources.source import Source

#: Less than this is read sooner than worker processes are started (about a second, most of it imports).
WORTH_BYTES: Final = 16 * 1000 * 1000


def count_worthwhile(workers: int, sources: Sequence[Source]) -> int:
    """Return how many of ``workers`` have enough to do to be worth starting them; 1: this process alone."""
    sizes = [source.size for source in sources if source.size]
    tasks = sum(max(1, size // max(1, WORTH_BYTES)) for size in sizes)
    return max(1, min(workers, tasks)) if sum(sizes) >= WORTH_BYTES else 1


class Crew:
    """Worker processes, which start at once.

    They are started afresh, never forked from this process: threads of pyarrow would not survive that. Hence a script
    that asks for any must have its ``if __name__ == "__main__":``.

    Args:
        workers: how many.
    """

    def __init__(self, workers: int) -> None:
        _track()
        others = set(multiprocessing.active_children())
        self.workers = workers
        self.executor = ProcessPoolExecutor(
            workers, mp_context=multiprocessing.get_context("spawn"), initializer=_begin
        )
        for _ in range(workers):
            self.executor.submit(_prepare)
        self._processes = set(multiprocessing.active_children()) - others

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, traceback: object) -> None:
        """End the processes; after an error nobody waits for what they are doing."""
        if kind is not None:
            for worker in self._processes:
                worker.terminate()
        self.executor.shutdown(cancel_futures=True)


@contextmanager
def start_crew(workers: int) -> Iterator[Crew | None]:
    """Start the processes for so many ``workers``, this one among them, and end them at last; None for one worker."""
    if workers <= 1:
        yield None
    else:
        with Crew(workers - 1) as crew:
            yield crew


@contextmanager
def open_local_pool(workers: int, crew: Crew | None = None) -> Iterator[Pool | None]:
    """Provide ``workers`` processes of this machine, this one among them; None for one worker.

    Args:
        workers: how many.
        crew: processes that have been started already; they end with this.

    Raises:
        WorkerKilledError: a worker ended before its work was done.
    """
    if workers <= 1:
        yield None
        return
    try:
        with crew or Crew(workers - 1) as given:
            yield Pool(Shared(given.executor, given.workers), given.workers + 1)
    except BrokenProcessPool as error:
        raise WorkerKilledError from error


def _track() -> None:
    """Have the process that clears up after workers ignore that the terminal is gone, as it ignores Ctrl-C."""
    if not hasattr(signal, "SIGHUP") or threading.current_thread() is not threading.main_thread():
        return
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        resource_tracker.ensure_running()
    finally:
        signal.signal(signal.SIGHUP, before)


def _prepare() -> None:
    """Load what a worker needs for any source."""
    from logparse.pipeline import memory  # noqa: PLC0415 - in the worker
    from logparse.scans import settings  # noqa: PLC0415 - in the worker

    memory.choose_allocator()
    settings.make_reader(settings.Setup(), settings.ruleset(()))


def _begin() -> None:
    """Have a worker end with the process that started it, however that ends, and quietly."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    # Ctrl-C reaches all processes of a terminal: let workers end without a traceback each.
    if signal.getsignal(signal.SIGINT) != signal.SIG_IGN:  # it is ignored in the background of a shell
        signal.signal(signal.SIGINT, signal.SIG_DFL)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)  # it was killed: nobody waits for what this one does
