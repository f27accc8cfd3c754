"""An executor that is watched while somebody waits for its results: if it is dead, the wait ends.

Owns: how often it is looked after, and for how long it may be silent. Must not know: what the work is, what kind of
executor this is.
"""

from __future__ import annotations

import time
from concurrent.futures import Executor, Future
from concurrent.futures import TimeoutError as WaitTimeoutError
from typing import TYPE_CHECKING, Any, Final, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

Given = ParamSpec("Given")
Item = TypeVar("Item")
#: Seconds between two looks.
INTERVAL: Final = 5.0


class Watched(Executor):
    """Hands tasks to another executor, and looks after it whenever a result is long in coming.

    Args:
        others: the executor; whoever made it ends it.
        find_fault: returns what is wrong with it, empty if nothing is; it may take some seconds.
        patience: seconds for which something may be wrong.
        give_up: makes the error that is raised then, of what is wrong.
        warn: is called with what is wrong as soon as that is known.
    """

    def __init__(
        self,
        others: Executor,
        find_fault: Callable[[], str],
        patience: float,
        give_up: Callable[[str], Exception],
        warn: Callable[[str], None],
    ) -> None:
        self._others = others
        self._find_fault = find_fault
        self._patience = patience
        self._give_up = give_up
        self._warn = warn

    def submit(self, fn: Callable[Given, Item], /, *args: Given.args, **kwargs: Given.kwargs) -> Future[Item]:
        """Submit a task. Whoever waits for its ``result`` looks after the executor meanwhile."""
        return _Watching(self, self._others.submit(fn, *args, **kwargs))

    def wait_for(self, future: Future[Any]) -> Any:
        """Return a result once it is there.

        Raises:
            Exception: the task's own, or that of ``give_up``.
        """
        since: float | None = None
        while True:
            try:
                return future.result(min(INTERVAL, self._patience))
            except (WaitTimeoutError, TimeoutError):
                if future.done():  # it is the task's own
                    raise
            fault = self._find_fault()
            now = time.monotonic()
            if not fault:
                since = None
            elif since is None:
                since = now
                self._warn(fault)
            elif now - since >= self._patience:
                raise self._give_up(fault)


class _Watching(Future[Item]):
    def __init__(self, owner: Watched, inner: Future[Item]) -> None:
        super().__init__()
        self._owner = owner
        self._inner = inner

    def result(self, timeout: float | None = None) -> Item:
        found: Item = self._inner.result(timeout) if timeout is not None else self._owner.wait_for(self._inner)
        return found

    def done(self) -> bool:
        return self._inner.done()

    def cancel(self) -> bool:
        return self._inner.cancel()
