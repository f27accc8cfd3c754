"""What an engine provides.

Owns: its form, and how many workers there are if nobody says. Must not know: engines.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from concurrent.futures import Executor

#: Threads that are of use: whoever reads holds the lock of the interpreter for an eighth of the time, as measured on
#: lines of gunicorn and of JSON.
MOST: Final = 8


class Pool(NamedTuple):
    """An executor, and how many tasks it works on at once."""

    executor: Executor
    workers: int


def count_workers() -> int:
    """Count the cores that this process may use, up to ``MOST``: those a container or ``taskset`` allows."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(cores, MOST)
