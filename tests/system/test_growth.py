"""The work that a log makes grows with the log, whatever strangers write into it.

Work is counted in calls of functions, and in bytes that are copied, so that the test does not depend on the machine.
`benchmarks/growth.py` measures time and memory of the same logs.
"""

from __future__ import annotations

import sys
import tracemalloc
import warnings
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import pytest
from hostile import CASES

import logparse
from logparse.common.errors import LogparseError
from logparse.envelopes.documents.streams import Unfolder
from logparse.sources.chunks import Chunk

if TYPE_CHECKING:
    from pathlib import Path

    from hostile.cases import Case

pytestmark = pytest.mark.thorough

#: Four times as much may make five times the work.
GROWTH = 5.0
#: The smaller log has this part of what the benchmark takes. A file is read in bulk from 600 lines on.
SHARE = 0.05
#: ... but at least so many.
LEAST = 4
#: Less work than this is mostly what any run takes.
LITTLE = 25_000
_OPTIONS = {"--audit-log": "audit_logs", "--dag-runs": "dag_runs", "--leading": "leading"}


def work(case: Case, folder: Path, number: int) -> int:
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


@pytest.mark.sampled(36)
@pytest.mark.parametrize("name", CASES)
def test_four_times_as_much_makes_at_most_five_times_the_work(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    number = max(LEAST, int(case.number * SHARE))
    work(case, tmp_path / "warm", 1)  # rules and formats are loaded
    start = work(case, tmp_path / "start", 1)
    small, large = (work(case, tmp_path / str(times), number * times) - start for times in (1, 4))
    assert large <= GROWTH * max(small, LITTLE)


def copied(data: bytes) -> int:
    """How many bytes of memory it takes to turn a document into lines, however soon they are given back.

    They are counted from one call of a function to the next: a copy of the rest of the document is no call.
    """
    total = held = 0

    def count(_frame: object, _event: str, _argument: object) -> None:
        nonlocal total, held
        total += tracemalloc.get_traced_memory()[1] - held
        tracemalloc.reset_peak()
        held = tracemalloc.get_traced_memory()[0]

    chunks = [Chunk(data[at : at + 65_536]) for at in range(0, len(data), 65_536)]
    unfolded = Unfolder(lambda _: False, lambda _: True, lambda _: False, frozenset()).unfold(chunks)
    tracemalloc.start()
    sys.setprofile(count)
    try:
        lines = sum(chunk.data.count(b"\n") for chunk in unfolded)
    finally:
        sys.setprofile(None)
        tracemalloc.stop()
    assert lines > len(data) / 1000
    return total


@pytest.mark.parametrize("name", ["query-results", "table-rows"])
def test_four_times_as_long_a_document_is_copied_at_most_five_times_as_much(name: str) -> None:
    case = CASES[name]
    small, large = ("".join(case.files(case.number * times // 8)["server.log"]).encode() for times in (1, 4))
    copied(small)  # what is needed for it is loaded
    assert copied(large) <= GROWTH * copied(small)


def test_there_are_many_cases() -> None:
    assert len(CASES) >= 90
