"""Worker processes of this machine.

Owns: how many there are, and what becomes of it if one dies. Must not know: what the work is.
"""

from __future__ import annotations

import multiprocessing
import signal
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from logparse.engines.pool import Pool
from logparse.engines.shared import Shared
from logparse.errors import LogparseError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from logparse.sources import Source

#: Less than this is read sooner than worker processes are started (about a second, most of it imports).
WORTH_BYTES: Final = 16 * 1000 * 1000


def worthwhile(workers: int, sources: Sequence[Source]) -> int:
    """How many of ``workers`` have something to do that is worth starting them; 1 means none but this process."""
    sizes = [source.size for source in sources if source.size]
    tasks = sum(max(1, size // max(1, WORTH_BYTES)) for size in sizes)
    return max(1, min(workers, tasks)) if sum(sizes) >= WORTH_BYTES else 1


@contextmanager
def local(workers: int) -> Iterator[Pool | None]:
    """Provide ``workers`` processes of this machine, this one among them; for one, None: there is nobody to ask.

    Workers are started afresh, never forked from this process: threads of pyarrow would not survive that. Hence a
    script that asks for more than one must have its ``if __name__ == "__main__":``.

    Raises:
        LogparseError: a worker was killed.
    """
    if workers <= 1:
        yield None
        return
    executor = ProcessPoolExecutor(
        workers - 1, mp_context=multiprocessing.get_context("spawn"), initializer=_end_quietly
    )
    others = set(multiprocessing.active_children())
    done = False
    try:
        for _ in range(workers - 1):  # they start while the work is parted
            executor.submit(_prepare)
        yield Pool(Shared(executor, workers - 1), workers)
        done = True
    except BrokenProcessPool as error:
        raise LogparseError(
            "a worker process was killed, most likely for want of memory; nothing was written; try --workers 1"
        ) from error
    finally:
        if not done:  # nobody waits for what is under way
            for worker in set(multiprocessing.active_children()) - others:
                worker.terminate()
        executor.shutdown(wait=done, cancel_futures=True)


def _prepare() -> None:
    """Load what a worker needs for any source."""
    from logparse import memory, scan  # noqa: PLC0415 - in the worker

    memory.thrifty()
    scan.reader_of(scan.Setup(), scan.ruleset(()))


def _end_quietly() -> None:
    """Ctrl-C reaches all processes of a terminal: let workers end without a traceback each."""
    if signal.getsignal(signal.SIGINT) != signal.SIG_IGN:  # it is ignored in the background of a shell
        signal.signal(signal.SIGINT, signal.SIG_DFL)
