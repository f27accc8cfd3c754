"""Workers of a Dask cluster that is running already.

Owns: the connection, and whether the workers can do what is asked of them. Must not know: what the work is.

Tasks are functions of this package, so it must be installed on the workers, in the same version. They read the sources
themselves and send small tables back. The scheduler gives the tasks of a worker that is lost to others.
"""

from __future__ import annotations

import logging
from concurrent.futures import CancelledError
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from logparse.common.errors import LogparseError
from logparse.common.version import __version__
from logparse.pipeline.engines.pool import Pool
from logparse.pipeline.engines.watched import Watched

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from logparse.sources.source import Source

#: How long the end of a connection may take, seconds.
_CLOSING: Final = 5
_LOG: Final = logging.getLogger(__name__)
#: How long the scheduler may take to answer, and the first worker to come, seconds.
PATIENCE: Final = 30
#: How long the scheduler may be silent, or have no workers, while results are waited for, seconds.
SILENCE: Final = 60
#: So many of the files are looked for on every worker.
_LOOKED_FOR: Final = 20


@contextmanager
def connect_cluster(address: str, sources: Sequence[Source]) -> Iterator[Pool]:
    """Connect to a cluster and provide its workers.

    Args:
        address: of its scheduler, such as ``tcp://scheduler:8786``.
        sources: what they are to read.

    Raises:
        LogparseError: the package for it is missing, there is no scheduler or no worker, a worker has another version
            or does not find the files; or tasks were lost again and again, since workers were killed.
    """
    try:
        from distributed import Client  # noqa: PLC0415 - an extra
        from distributed.scheduler import KilledWorker  # noqa: PLC0415
    except ImportError as error:
        raise LogparseError("a Dask cluster needs a package that is missing: pip install distributed") from error
    try:
        client: Any = Client(address, timeout=PATIENCE, set_as_default=False)  # type: ignore[no-untyped-call]
    except (OSError, TimeoutError, ValueError) as error:
        raise LogparseError(f"there is no Dask scheduler at {address}: {error}") from error
    try:
        try:
            client.wait_for_workers(1, timeout=PATIENCE)
        except TimeoutError as error:
            raise LogparseError(f"the Dask scheduler at {address} has no workers; start some") from error
        _check(client.run(_what_is_there, [str(each.path) for each in sources if each.path][:_LOOKED_FOR]))
        threads = sum(client.nthreads().values())
        executor = client.get_executor(pure=False)
        try:
            yield Pool(_watch(client, executor, address), threads)
        except KilledWorker as error:
            raise LogparseError(
                "workers of the cluster were killed again and again over one task, most likely for want of memory; "
                "nothing was written"
            ) from error
        except CancelledError as error:
            raise LogparseError(f"the Dask scheduler at {address} gave up the work; nothing was written") from error
        finally:
            executor.shutdown(wait=False)
    finally:
        client.close(timeout=_CLOSING)


def _watch(client: Any, executor: Any, address: str) -> Watched:
    """Have a run end if the scheduler or all of its workers die: Dask itself would wait for them for ever."""

    def find_fault() -> str:
        try:
            known = client.sync(client.scheduler.identity, callback_timeout=PATIENCE)
        except (OSError, TimeoutError, RuntimeError, AttributeError):  # the last two: the connection was given up
            return f"the Dask scheduler at {address} does not answer any more"
        return "" if known["workers"] else f"the Dask scheduler at {address} has no workers any more"

    def give_up(fault: str) -> LogparseError:
        return LogparseError(f"{fault}, for {SILENCE} seconds; nothing was written. Start it again, or read without it")

    return Watched(executor, find_fault, SILENCE, give_up, lambda fault: _LOG.warning("%s; waiting for it", fault))


def _what_is_there(paths: Sequence[str]) -> tuple[str, list[str]]:
    """Return the version of this package on a worker, and which of the files are not there."""
    return __version__, [path for path in paths if not Path(path).exists()]


def _check(answers: dict[str, tuple[str, list[str]]]) -> None:
    for worker, (version, missing) in sorted(answers.items()):
        if version != __version__:
            raise LogparseError(f"the worker {worker} has logparse {version}, this is {__version__}: install the same")
        if missing:
            raise LogparseError(
                f"the worker {worker} does not find {missing[0]}: name logs in an object store, or in a folder that "
                "all workers mount at the same place"
            )
