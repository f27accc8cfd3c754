"""What an engine provides.

Owns: its form, and how many cores there are. Must not know: engines.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from concurrent.futures import Executor


class Pool(NamedTuple):
    """An executor, and how many tasks it works on at once."""

    executor: Executor
    workers: int


def count_cores() -> int:
    """Count the cores that this process may use: what a container or ``taskset`` allows, not what the machine has."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
