"""What is held of a source in memory is bounded, whatever the length of its lines and of what is packed in them."""

from __future__ import annotations

import base64
import gzip
import io
import json
import tracemalloc
from typing import TYPE_CHECKING

import pytest

from logparse.scans.scanner import scan
from logparse.scans.settings import Setup
from logparse.sources.source import Source

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


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
