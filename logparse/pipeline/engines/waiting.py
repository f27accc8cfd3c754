"""An executor without threads: a task is done by whoever waits for its result.

Owns: when a task is done. Must not know: what the work is.
"""

from __future__ import annotations

from concurrent.futures import Executor, Future
from functools import partial
from typing import TYPE_CHECKING, ParamSpec, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

Given = ParamSpec("Given")
Item = TypeVar("Item")


class Waiting(Executor):
    """Does each task when its result is asked for, in the thread that asks."""

    def submit(self, fn: Callable[Given, Item], /, *args: Given.args, **kwargs: Given.kwargs) -> Future[Item]:
        """Note a task; ``result`` does it."""
        return _Noted(partial(fn, *args, **kwargs))


class _Noted(Future[Item]):
    def __init__(self, task: Callable[[], Item]) -> None:
        super().__init__()
        self._task = task

    def result(self, timeout: float | None = None) -> Item:
        if not self.done() and self.set_running_or_notify_cancel():
            try:
                self.set_result(self._task())
            except Exception as error:  # noqa: BLE001 - it is raised below
                self.set_exception(error)
        return super().result(timeout)
