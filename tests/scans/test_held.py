"""What is held of a source in memory is bounded, whatever the length of its lines and of what is packed in them."""

from __future__ import annotations

import base64
import gc
import gzip
import io
import json
import multiprocessing
import tracemalloc
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from typing import TYPE_CHECKING

import pytest
from envelope_wrapping import every, wrap

from logparse.scans.scanner import scan
from logparse.scans.settings import Setup
from logparse.sources.source import Source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


LINE = '192.0.2.7 - - [01/Sep/2026:00:{:02}:{:02} +0000] "POST /api/v1/dags/d/dagRuns HTTP/1.1" 401 3 "-" "curl"'


class Lines(io.RawIOBase):
    """Lines that are made when they are read, so that nobody holds them but who reads."""

    def __init__(self, lines: Iterator[bytes]) -> None:
        self._lines = lines
        self._begun = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray) -> int:  # type: ignore[override]
        self._begun = self._begun or next(self._lines, b"")
        size = min(len(buffer), len(self._begun))
        buffer[:size], self._begun = self._begun[:size], self._begun[size:]
        return size


def long_lines() -> Iterator[bytes]:
    return (b"%d" % number + b"~" * 1_000_000 + b"\n" for number in range(40))


def packed_records() -> Iterator[bytes]:
    events = [{"id": "1", "timestamp": 1_788_220_800_000, "message": "~" * 4_000_000}]
    batch = {"messageType": "DATA_MESSAGE", "logGroup": "g", "logStream": "s", "logEvents": events}
    packed = base64.b64encode(gzip.compress(json.dumps(batch).encode())).decode()
    return (b"%b\n" % json.dumps({"awslogs": {"data": packed}}).encode() for _ in range(12))


@pytest.mark.parametrize(("lines", "most"), [(long_lines, 130_000_000), (packed_records, 200_000_000)])
def test_what_is_held_is_bounded(lines: Callable[[], Iterator[bytes]], most: int) -> None:
    setup, stdin = Setup(), Source("-", None, None)
    scan(stdin, 0, setup, stdin=io.BytesIO(b"x\n")).whole()  # rules and formats are loaded
    tracemalloc.start()
    try:
        scan(stdin, 0, setup, stdin=io.BufferedReader(Lines(lines()))).whole()  # type: ignore[type-var]
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < most


def scan_all_forms() -> dict[str, int]:
    """Read a log in each form twice; return what was left in circles the second time."""
    lines = [LINE.format(number // 60, number % 60) for number in range(620)]
    forms = [wrap(*each, lines if not number % 6 else lines[:20]).encode() for number, each in enumerate(every())]
    for _ in range(2):  # rules, formats and what is remembered of them stay once
        gc.collect()
        for form in ["\n".join(lines).encode(), *forms]:
            scan(Source("-", None, None), 0, Setup(), stdin=io.BytesIO(form)).whole()
    gc.set_debug(gc.DEBUG_SAVEALL)
    gc.collect()
    return Counter(f"{type(each).__name__} {getattr(each, '__qualname__', '')}" for each in gc.garbage)


def test_nothing_of_a_source_stays_behind() -> None:
    """No collection of garbage runs while sources are read: what knows itself in a circle would stay, for each.

    In a process of its own, since what other tests left there is dropped bit by bit.
    """
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as alone:
        assert alone.submit(scan_all_forms).result() == {}
