"""The work that a log makes grows with the log, whatever strangers write into it.

Work is counted in calls of functions, so that the test does not depend on the machine. `benchmarks/growth.py` measures
time and memory of the same logs.
"""

from __future__ import annotations

import sys
import warnings
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import hostile
import pytest

import logparse
from logparse.common.errors import LogparseError

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.thorough

#: Four times as much may make five times the work.
GROWTH = 5.0
#: The smaller log has this part of what the benchmark takes. A file is read in bulk from 600 lines on.
SHARE = 0.05
#: ... but at least so many.
LEAST = 4
#: Less work than this is mostly what any run takes.
LITTLE = 20_000
_OPTIONS = {"--audit-log": "audit_logs", "--dag-runs": "dag_runs", "--leading": "leading"}


def work(case: hostile.Case, folder: Path, number: int) -> int:
    """How many calls it takes to read a log with so many of what there is much of."""
    case.write(folder, number)
    given: dict[str, Any] = {}
    for flag, value in zip(case.options[::2], case.options[1::2], strict=True):
        if flag in _OPTIONS:
            given[_OPTIONS[flag]] = [str(folder / value) if value.startswith("export") else value]
    calls = 0

    def count(_frame: object, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        with suppress(LogparseError), warnings.catch_warnings(action="ignore"):  # most lines are not understood
            (logparse.report if case.command == "report" else logparse.attempts)(folder / "logs", **given)
    finally:
        sys.setprofile(None)
    return calls


@pytest.mark.sampled(2)
@pytest.mark.parametrize("name", hostile.CASES)
def test_four_times_as_much_makes_at_most_five_times_the_work(name: str, tmp_path: Path) -> None:
    case = hostile.CASES[name]
    number = max(LEAST, int(case.number * SHARE))
    work(case, tmp_path / "warm", 1)  # rules and formats are loaded
    start = work(case, tmp_path / "start", 1)
    small, large = (work(case, tmp_path / str(times), number * times) - start for times in (1, 4))
    assert large <= GROWTH * max(small, LITTLE)


def test_there_are_many_cases() -> None:
    assert len(hostile.CASES) >= 60
