"""Items that are made in a thread before they are asked for.

Owns: the thread.
Must not know: what is iterated over.
"""

from __future__ import annotations

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Item = TypeVar("Item")
_END: Final = object()


def prefetch(items: Iterable[Item], count: int = 2) -> Iterator[Item]:
    """Yield the items, of which up to ``count`` are made in another thread before they are asked for.

    It pays where making them leaves the interpreter to others, as reading and decompressing do. What the items raise is
    raised here.
    """
    iterator = iter(items)
    executor = ThreadPoolExecutor(1, "logparse-ahead")
    try:
        waiting = deque(executor.submit(next, iterator, _END) for _ in range(count))
        while (item := waiting.popleft().result()) is not _END:
            waiting.append(executor.submit(next, iterator, _END))
            yield item  # type: ignore[misc]
    finally:
        executor.shutdown(cancel_futures=True)
