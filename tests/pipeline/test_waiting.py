"""What stands for threads where there are none."""

from __future__ import annotations

import pytest

from logparse.pipeline.engines.waiting import Waiting


def fails(number: int) -> int:
    """Half of a number, if it has one."""
    if number % 2:
        raise ValueError(number)
    return number // 2


def test_without_threads_whoever_waits_does_the_work() -> None:
    executor = Waiting()
    assert list(executor.map(fails, range(0, 40, 2))) == list(range(20))
    done: list[int] = []
    first, second = (executor.submit(done.append, number) for number in (1, 2))
    assert done == []
    second.result(), first.result(), second.result()
    assert done == [2, 1]
    with pytest.raises(ValueError, match="3"):
        executor.submit(fails, 3).result()
