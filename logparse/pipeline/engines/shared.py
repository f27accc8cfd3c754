"""An executor whose owner helps: while it waits for a result, it does tasks that nobody has begun yet.

Owns: sharing tasks between another executor and the thread that waits. Must not know: what the work is.

With it, N workers are N processes in all, the first of which is at hand at once: others take half a second to start.
"""

from __future__ import annotations

from collections import deque
from concurrent.futures import Executor, Future
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

Given = ParamSpec("Given")
Item = TypeVar("Item")


class _Task(NamedTuple):
    future: Future[Any]
    function: Callable[..., Any]
    given: tuple[Any, ...]
    named: dict[str, Any]


class Shared(Executor):
    """Hands tasks to another executor, in order, no more than it works on at once.

    Args:
        others: the executor; whoever made it ends it. None: each task is done when its result is waited for.
        at_once: how many tasks it works on.
    """

    def __init__(self, others: Executor | None = None, at_once: int = 0) -> None:
        self._others = others
        self._free = at_once
        self._waiting: deque[_Task] = deque()
        self._lock = Lock()

    def submit(self, fn: Callable[Given, Item], /, *args: Given.args, **kwargs: Given.kwargs) -> Future[Item]:
        """Submit a task. Whoever waits for its ``result`` may do other tasks first, in the waiting thread."""
        future: _Lent[Item] = _Lent(self)
        with self._lock:
            self._waiting.append(_Task(future, fn, args, kwargs))
        self._hand_on()
        return future

    def help(self) -> bool:
        """Do one task that nobody has begun; return False if there is none."""
        with self._lock:
            task = self._waiting.popleft() if self._waiting else None
        if task is None:
            return False
        if task.future.set_running_or_notify_cancel():
            try:
                task.future.set_result(task.function(*task.given, **task.named))
            except Exception as error:  # noqa: BLE001 - it is raised where the result is asked for
                task.future.set_exception(error)
        return True

    def _hand_on(self) -> None:
        while self._others is not None:
            with self._lock:
                if not self._free or not self._waiting:
                    return
                task = self._waiting.popleft()
                if not task.future.set_running_or_notify_cancel():
                    continue
                self._free -= 1
            try:
                begun = self._others.submit(task.function, *task.given, **task.named)
            except Exception as error:  # noqa: BLE001 - the other executor has broken down
                task.future.set_exception(error)
                continue
            begun.add_done_callback(partial(self._done, task.future))

    def _done(self, own: Future[Any], done: Future[Any]) -> None:
        with self._lock:
            self._free += 1
        if done.cancelled():
            own.set_exception(InterruptedError("the work was given up"))
        elif (error := done.exception()) is not None:
            own.set_exception(error)
        else:
            own.set_result(done.result())
        self._hand_on()


class _Lent(Future[Item]):
    """A result; waiting for it does other tasks."""

    def __init__(self, owner: Shared) -> None:
        super().__init__()
        self._owner = owner

    def result(self, timeout: float | None = None) -> Item:
        while timeout is None and not self.done() and self._owner.help():
            pass
        return super().result(timeout)
