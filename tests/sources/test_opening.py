"""What is no file: devices, pipes; and what is more than it looks."""

from __future__ import annotations

import gzip
import io
import os
import sys
import threading
from pathlib import Path

import pytest

from logparse.common.errors import InputError
from logparse.envelopes.documents import streams
from logparse.scans.scanner import scan
from logparse.scans.settings import Setup
from logparse.sources import chunk_reader, opening
from logparse.sources.chunk_reader import ChunkReader
from logparse.sources.discovery import find_sources
from logparse.sources.source import Source


def test_a_device_is_refused() -> None:
    for name in ("/dev/zero", "/dev/urandom"):
        with pytest.raises(InputError, match="is a device, which may never end"):
            find_sources([name])


def test_the_null_device_is_an_empty_file() -> None:
    assert list(ChunkReader(find_sources([os.devnull])[0])) == []


def test_a_device_as_standard_input_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with Path("/dev/zero").open(encoding="utf-8") as stream:
        monkeypatch.setattr(sys, "stdin", stream)
        with pytest.raises(InputError, match="never end"):
            opening.standard_input()


def test_a_pipe_is_read_once_somebody_writes_into_it(tmp_path: Path) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    writer = threading.Timer(0.3, path.write_bytes, [b"a\nb\n"])
    writer.start()
    assert b"".join(chunk.data for chunk in ChunkReader(find_sources([str(path)])[0])) == b"a\nb\n"
    writer.join()


def test_a_pipe_into_which_nobody_writes_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    monkeypatch.setattr(opening, "PATIENCE", 0.1)
    with pytest.raises(InputError, match="into which nobody wrote"):
        list(ChunkReader(find_sources([str(path)])[0]))


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chunk_reader, "_FREE_BYTES", 1 << 20)


@pytest.mark.usefixtures("small")
def test_a_bomb_is_read_up_to_a_limit_and_said(tmp_path: Path) -> None:
    path = tmp_path / "bomb.gz"
    path.write_bytes(gzip.compress(b"\n" * (8 << 20)))
    source = find_sources([str(path)])[0]
    reading = ChunkReader(source)
    read = sum(len(chunk.data) for chunk in reading)
    assert 1 << 20 <= read <= 3 << 20
    assert reading.problem is not None
    assert f"more than 250 times as much: {read:,} bytes were read" in reading.problem
    assert source.size is not None
    assert scan(source, 0, Setup()).coverage[0].broken

    whole = ChunkReader(source, max_expand=10_000)
    assert sum(len(chunk.data) for chunk in whole) == 8 << 20
    assert whole.problem is None


@pytest.mark.usefixtures("small")
def test_what_is_not_compressed_is_no_bomb(tmp_path: Path) -> None:
    path = tmp_path / "log"
    path.write_bytes(b"\n" * (8 << 20))
    reading = ChunkReader(find_sources([str(path)])[0], max_expand=1)
    assert sum(len(chunk.data) for chunk in reading) == 8 << 20
    assert reading.problem is None


def test_what_is_cut_from_lines_is_said() -> None:
    data = b"a\n" + b"b" * 3_000_000 + b"\n" + b"c" * 2_000_000 + b"\nd\n"
    found = scan(Source("-", None, None), 0, Setup(), stdin=io.BytesIO(data))
    assert found.coverage[0].problem == "2 lines longer than 1,048,576 bytes: 2.9 MB at the end were not read"
    assert scan(Source("-", None, None), 0, Setup(), stdin=io.BytesIO(b"a\n")).coverage[0].problem == ""


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"a\n{" + b"b" * 5_000_000 + b"\nc\n", "2.9 MB"),
        (b'[\n{"message": "a"},\n' + b"b" * 3_000_000 + b'\n{"message": "c"}]\n', "2.0 MB"),
    ],
    ids=["a line that begins as documents do", "text in a document"],
)
def test_what_is_cut_behind_the_beginning_of_a_document_is_said(
    monkeypatch: pytest.MonkeyPatch, data: bytes, what: str
) -> None:
    monkeypatch.setattr(streams, "VALUE", 1 << 21)  # of 64 MiB
    found = scan(Source("-", None, None), 0, Setup(chunk_bytes=1 << 20), stdin=io.BytesIO(data))
    assert found.coverage[0].problem == f"1 line longer than 1,048,576 bytes: {what} at the end were not read"
