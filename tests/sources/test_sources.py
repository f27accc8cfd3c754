"""sources: every byte of every readable file arrives once, as whole lines, however it was packed."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import os
import re
import socket
import sys
import tarfile
import threading
import tracemalloc
import zipfile
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import zstandard
from hypothesis import assume, example, given
from hypothesis import strategies as st

from logparse.common.errors import InputError
from logparse.common.schema import ATTEMPTS
from logparse.sources.chunk_reader import CHUNK_BYTES, ChunkReader
from logparse.sources.chunks import MAX_LINE_BYTES, Chunk
from logparse.sources.discovery import find_sources
from logparse.sources.source import Source

if TYPE_CHECKING:
    from collections.abc import Callable

STDIN = Source("-", None, None)
PACK: dict[str, Callable[[bytes], bytes]] = {
    "plain": bytes,
    "gzip": gzip.compress,
    "bzip2": bz2.compress,
    "xz": lzma.compress,
    "lzma": lambda data: lzma.compress(data, format=lzma.FORMAT_ALONE),
    "zstd": lambda data: zstandard.ZstdCompressor(write_checksum=True).compress(data),
}
COMPRESSED = [name for name in PACK if name != "plain"]
# Incompressible enough that a cut in the middle leaves much to read.
LINES = b"".join(
    b"%d %s\n" % (number, zlib.crc32(b"%d" % number).to_bytes(4, "big").hex().encode()) for number in range(25_000)
)
MARKS = (
    b"\x1f\x8b",
    b"<?xml",
    b"BZh",
    b"\xfd7z",
    b"\x5d\0",
    b"\x28\xb5",
    b"PK",
    b"PAR1",
    b"LPKS",
    b"\x04\x22",
    b"\x1f\x9d",
    b"7z",
    b"Rar",
)
BOMS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")


def read(data: bytes, size: int = CHUNK_BYTES) -> tuple[bytes, ChunkReader, list[Chunk]]:
    reading = ChunkReader(STDIN, size=size, stdin=io.BytesIO(data))
    chunks = list(reading)
    return b"".join(chunk.data for chunk in chunks), reading, chunks


def problem(data: bytes) -> str:
    text = read(data)[1].problem
    assert text is not None
    return text


texts = st.one_of(
    st.binary(max_size=600),
    st.lists(st.sampled_from([b"\n", b"a", b"{", b"[", b"\r", b"\0", b"\xff", b"line of text\n"]), max_size=200).map(
        b"".join
    ),
).filter(lambda text: b"\r\r\n" not in text)


def ends_lines_as_old_macs_do(text: bytes) -> bool:
    """Whether a text is changed when it is read: ``test_line_feeds`` is about these."""
    return b"\n" not in text and re.search(rb"\r[^\r]", text) is not None


@given(text=texts, size=st.integers(1, 700), codecs=st.lists(st.sampled_from(COMPRESSED), max_size=3))
@example(text=b"", size=1, codecs=[])
@example(text=b"\n", size=1, codecs=["gzip", "zstd", "xz"])
def test_all_bytes_arrive_as_whole_lines(text: bytes, size: int, codecs: list[str]) -> None:
    assume(not text.startswith(MARKS + BOMS) and text[1:4] != b"\x2a\x4d\x18")
    assume(not ends_lines_as_old_macs_do(text))
    packed = text
    for codec in codecs:
        packed = PACK[codec](packed)
    joined, reading, chunks = read(packed, size)

    assert joined == text
    assert reading.problem is None
    assert reading.bytes_read == len(text)
    assert reading.cut_lines == 0
    assert reading.codec == ("+".join(reversed(codecs)) or "plain")
    assert all(chunk.data for chunk in chunks)
    assert all(chunk.data.endswith(b"\n") != chunk.goes_on for chunk in chunks[:-1])
    assert all(len(chunk.data) <= size or chunk.data.count(b"\n", 0, -1) == 0 for chunk in chunks)


def test_line_ends_with_several_returns_have_one() -> None:
    joined, reading, _ = read(b"a\r\r\nb\r\n\r\r\r\nc\rd\r\r", 4)
    assert joined == b"a\r\nb\r\n\r\nc\rd\r\r"
    assert reading.dropped == 3  # so the file is not cut into slices


def test_words_that_grep_marked_are_as_they_were() -> None:
    marked = b"POST /api/v1/dags/\x1b[01;31m\x1b[Ketl\x1b[m\x1b[K_daily/dagRuns \x1b[31mred\x1b[0m\n"
    joined, reading, _ = read(marked, 4)
    assert joined == b"POST /api/v1/dags/etl_daily/dagRuns \x1b[31mred\x1b[0m\n"
    assert reading.dropped  # so the file is not cut into slices


@given(text=texts, limit=st.integers(1, 40), size=st.integers(1, 100), step=st.integers(1, 50))
def test_long_lines_are_cut_alike_however_the_bytes_arrive(text: bytes, limit: int, size: int, step: int) -> None:
    assume(not text.startswith(MARKS + BOMS) and text[1:4] != b"\x2a\x4d\x18")
    assume(not ends_lines_as_old_macs_do(text))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("logparse.sources.chunks.MAX_LINE_BYTES", limit)
        patch.setattr("logparse.sources.chunk_reader._BLOCK_BYTES", step)
        patch.setattr("logparse.sources.decoding._HEAD_BYTES", 1)
        joined, reading, _ = read(text, size)
    lines = text.split(b"\n")
    cut = [len(line) > limit and not line.startswith((b"{", b"[")) for line in lines]
    assert joined == b"\n".join(line[:limit] if long else line for line, long in zip(lines, cut, strict=True))
    assert reading.cut_lines == sum(cut)
    assert reading.bytes_read == len(text)
    assert reading.problem is None


@given(
    text=texts, limit=st.integers(1, 60), size=st.integers(1, 200), step=st.integers(1, 60),
    cut=st.tuples(st.integers(0, 9), st.integers(0, 9)),
)  # fmt: skip
def test_files_give_the_chunks_that_streams_give(
    tmp_path_factory: pytest.TempPathFactory, text: bytes, limit: int, size: int, step: int, cut: tuple[int, int]
) -> None:
    """Of files whole chunks are taken at once, of slices of them, too."""
    assume(not text.startswith(MARKS + BOMS) and text[1:4] != b"\x2a\x4d\x18")
    path = tmp_path_factory.mktemp("files") / "a.log"
    path.write_bytes(text)
    lines = text.splitlines(keepends=True)
    start, stop = (len(b"".join(lines[: each * len(lines) // 9])) for each in sorted(cut))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("logparse.sources.chunks.MAX_LINE_BYTES", limit)
        patch.setattr("logparse.sources.chunk_reader._BLOCK_BYTES", step)
        patch.setattr("logparse.sources.decoding._HEAD_BYTES", 1)
        for part, span in ((text, None), (text[start:stop], (start, stop)), (text[start:], (start, None))):
            if ends_lines_as_old_macs_do(part):
                continue
            reading = ChunkReader(Source("a.log", path, len(text)), size=size, span=span)
            found = list(reading)
            _, expected, chunks = read(part, size)
            assert found == chunks
            assert (reading.bytes_read, reading.cut_lines) == (expected.bytes_read, expected.cut_lines)


@pytest.mark.parametrize("codec", PACK)
def test_chunks_do_not_depend_on_the_codec(codec: str) -> None:
    expected = read(LINES, 30_000)[2]
    assert len(expected) > 5
    assert read(PACK[codec](LINES), 30_000)[2] == expected


@pytest.mark.parametrize("codec", ["gzip", "bzip2", "xz", "zstd"])
@pytest.mark.parametrize("padding", [b"", b"\0" * 8, b"\0" * 70_000])
def test_members_in_a_row_are_one_text(codec: str, padding: bytes) -> None:
    pack = PACK[codec]
    joined, reading, _ = read(pack(LINES) + pack(b"") + padding + pack(b"tail\n") + padding)
    assert joined == LINES + b"tail\n"
    assert reading.problem is None
    assert reading.codec == codec


def test_many_small_members() -> None:
    lines = LINES.splitlines(keepends=True)[:3000]
    joined, reading, _ = read(b"".join(map(gzip.compress, lines)))
    assert (joined, reading.problem) == (b"".join(lines), None)


def test_zstd_skippable_frames_are_skipped() -> None:
    skippable = b"\x50\x2a\x4d\x18\x04\0\0\0abcd"
    joined, reading, _ = read(
        skippable + zstandard.compress(b"a\n") + skippable + zstandard.compress(b"b\n") + skippable
    )
    assert (joined, reading.problem, reading.codec) == (b"a\nb\n", None, "zstd")


def decodable(codec: str, packed: bytes) -> bytes:
    """Return what the plain library gets out of the start of a file."""
    if codec == "gzip":
        return zlib.decompressobj(wbits=31).decompress(packed)
    if codec == "bzip2":
        return bz2.BZ2Decompressor().decompress(packed)
    if codec in {"xz", "lzma"}:
        return lzma.LZMADecompressor().decompress(packed)
    return zstandard.ZstdDecompressor().decompressobj().decompress(packed)


@pytest.mark.parametrize("codec", COMPRESSED)
@pytest.mark.parametrize("share", [0.02, 0.5, 0.9, 0.9999])
def test_cut_off_files_give_all_that_is_readable(codec: str, share: float) -> None:
    packed = PACK[codec](LINES)
    packed = packed[: max(20, int(len(packed) * share))]
    joined, reading, _ = read(packed)
    assert joined == decodable(codec, packed)
    assert LINES.startswith(joined)
    assert reading.bytes_read == len(joined)
    assert reading.problem == f"compressed data ends early: {len(joined):,} bytes could be read, the rest is lost"


@pytest.mark.parametrize("codec", ["bzip2", "xz", "zstd", "gzip"])
def test_corrupt_files_give_what_comes_before_the_damage(codec: str) -> None:
    first = PACK[codec](LINES)
    second = bytearray(PACK[codec](LINES))
    second[len(second) // 2 : len(second) // 2 + 40] = b"\xff" * 40
    joined, reading, _ = read(first + bytes(second))
    assert joined.startswith(LINES)
    assert reading.problem is not None
    assert reading.problem.startswith(f"compressed data is corrupt after {len(joined):,} bytes, the rest is lost (")


def test_gzip_with_a_wrong_checksum_loses_nothing() -> None:
    packed = bytearray(gzip.compress(LINES))
    packed[-8] ^= 1
    joined, reading, _ = read(bytes(packed))
    assert joined == LINES
    assert reading.problem is not None
    assert "incorrect data check" in reading.problem


def test_the_outer_layer_is_blamed_when_both_break() -> None:
    inner = gzip.compress(LINES)
    outer = gzip.compress(inner)
    joined, reading, _ = read(outer[: len(outer) // 2])
    assert LINES.startswith(joined)
    assert reading.problem == f"compressed data ends early: {len(joined):,} bytes could be read, the rest is lost"
    assert reading.codec == "gzip+gzip"


@pytest.mark.parametrize("codec", COMPRESSED)
def test_other_bytes_behind_compressed_data_are_said(codec: str) -> None:
    assert "followed by something else" in problem(PACK[codec](b"a\n") + b"plain text\n")
    assert "followed by something else" in problem(PACK[codec](b"a\n") + b"x")


@pytest.mark.parametrize("mark", [b"\x1f\x8b", b"BZh9 is how this log starts\n", b"\x1f\x8b\x07", b"P\x2a\x4d"])
def test_half_a_mark_is_plain_text(mark: bytes) -> None:
    joined, reading, _ = read(mark)
    assert (joined, reading.codec, reading.problem) == (mark, "plain", None)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"\xef\xbb\xbf", b""),
        (b"\xef\xbb\xbfa\nb", b"a\nb"),
        (b"\xff\xfe", b""),
        ("\ufeffä\r\n\U0001f600\n".encode("utf-16-le"), "ä\r\n\U0001f600\n".encode()),
        ("\ufeffä\r\n\U0001f600\n".encode("utf-16-be"), "ä\r\n\U0001f600\n".encode()),
        ("\ufeff\u0a0a\u0d0a\n".encode("utf-16-le"), "\u0a0a\u0d0a\n".encode()),
        ("\ufeffa\n".encode("utf-16-le") + b"b", "a\n\ufffd".encode()),
        ("\ufeffa".encode("utf-16-le") + b"\x00\xd8" + "b\n".encode("utf-16-le"), "a\ufffdb\n".encode()),
        (("\ufeff" + "ä\n" * 100_000).encode("utf-16-le"), ("ä\n" * 100_000).encode()),
        (("a b\n" * 100).encode("utf-16-le"), ("a b\n" * 100).encode()),
        (("a b\n" * 100).encode("utf-16-be"), ("a b\n" * 100).encode()),
        (("a b\n" * 100).encode("utf-32-le"), ("a b\n" * 100).encode()),
        (("a b\n" * 100).encode("utf-32-be"), ("a b\n" * 100).encode()),
        ("\ufeffä\r\n\U0001f600\n".encode("utf-32-le"), "ä\r\n\U0001f600\n".encode()),
        ("\ufeffä\r\n\U0001f600\n".encode("utf-32-be"), "ä\r\n\U0001f600\n".encode()),
    ],
)
@pytest.mark.parametrize("codec", ["plain", "gzip"])
def test_byte_order_marks(text: bytes, expected: bytes, codec: str) -> None:
    joined, reading, _ = read(PACK[codec](text))
    assert (joined, reading.problem, reading.codec) == (expected, None, codec)


def test_text_from_utf16_is_cut_at_newlines() -> None:
    chunks = read(("\ufeff" + "one\r\ntwo\r\n" * 50).encode("utf-16-be"), 64)[2]
    assert len(chunks) > 5
    assert all(chunk.data.endswith(b"\r\n") for chunk in chunks)


def test_memory_stays_flat() -> None:
    bomb = bz2.compress(gzip.compress(b"x" * 200_000_000) + gzip.compress(b"\nlast\n"))
    zstd_bomb = zstandard.compress(b"x" * 200_000_000 + b"\nlast\n")
    for packed in (bomb, zstd_bomb):
        tracemalloc.start()
        joined, reading, _ = read(packed)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert joined == b"x" * MAX_LINE_BYTES + b"\nlast\n"
        assert reading.cut_lines == 1
        assert peak < 40_000_000


def archives(folder: Path) -> dict[str, bytes]:
    inside = folder / "inside.log"
    inside.write_bytes(LINES[:2000])
    with tarfile.open(folder / "a.tar", "w") as tar:
        tar.add(inside)
    with tarfile.open(folder / "a.tgz", "w:gz") as tar:
        tar.add(inside)
    with zipfile.ZipFile(folder / "a.zip", "w") as zipped:
        zipped.write(inside)
    return {
        "tar": (folder / "a.tar").read_bytes(),
        "tgz": (folder / "a.tgz").read_bytes(),
        "zip": (folder / "a.zip").read_bytes(),
        "parquet": b"PAR1" + bytes(50),
        "journal": b"LPKSHHRH" + bytes(300),
        "xlsx": b"PK\x03\x04" + bytes(26) + b"[Content_Types].xml" + bytes(50),
        "own": ",".join(column.name for column in ATTEMPTS).encode() + b"\n",
        "own, packed": gzip.compress(
            b"\xef\xbb\xbf" + ",".join(f'"{each.name}"' for each in ATTEMPTS).encode() + b"\n"
        ),
    }


@pytest.mark.parametrize(
    ("kind", "says", "remedy"),
    [
        ("tar", "is a tar archive", "tar -xOf FILE"),
        ("tgz", "is a tar archive", "tar -xOf FILE"),
        ("zip", "is a zip archive", "unzip -p FILE"),
        ("parquet", "is a Parquet file", "text file"),
        ("xlsx", "is a document of an office program", "as CSV"),
        ("journal", "is a systemd journal", "journalctl -o json"),
        ("own", "is a table of attempts that logparse wrote", "name the logs themselves"),
        ("own, packed", "is a table of attempts that logparse wrote", "name the logs themselves"),
    ],
)
def test_archives_are_refused_with_a_remedy(tmp_path: Path, kind: str, says: str, remedy: str) -> None:
    with pytest.raises(InputError, match=says) as caught:
        read(archives(tmp_path)[kind])
    assert remedy in caught.value.remedy
    assert caught.value.source == "-"


def test_a_line_of_text_cannot_pose_as_a_tar_header() -> None:
    text = b"x" * 257 + b"ustar" + b"x" * 300 + b"\n"
    assert read(text)[0] == text


def test_four_layers_are_too_many() -> None:
    data = b"a\n"
    for _ in range(4):
        data = gzip.compress(data)
    with pytest.raises(InputError, match="more than 3 times"):
        read(data)


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="the standard library reads zstd")
def test_zstd_without_its_package_names_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "zstandard", None)
    with pytest.raises(InputError, match="pip install zstandard") as caught:
        read(PACK["zstd"](b"a\n"))
    assert caught.value.remedy == "pip install zstandard"


def test_progress_counts_compressed_bytes(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_bytes(gzip.compress(LINES))
    (source,) = find_sources([str(file)])
    counts: list[int] = []
    assert b"".join(chunk.data for chunk in ChunkReader(source, on_bytes=counts.append)) == LINES
    assert sum(counts) == source.size
    assert len(counts) > 1


def test_standard_input_is_read_and_left_open(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.BytesIO(b"a\nb")
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(stream))
    assert list(ChunkReader(STDIN)) == [Chunk(b"a\nb")]
    assert not stream.closed


def test_named_pipes_are_read(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_bytes, args=(gzip.compress(LINES),))
    writer.start()
    (source,) = find_sources([str(pipe)])
    assert source.size is None
    assert b"".join(chunk.data for chunk in ChunkReader(source)) == LINES
    writer.join()
    assert find_sources([str(tmp_path)]) == []  # in a folder, a pipe would wait for ever


def test_what_cannot_be_opened_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is a folder"):
        list(ChunkReader(Source("x", tmp_path, None)))
    with pytest.raises(InputError, match="cannot be opened: no such file"):
        list(ChunkReader(Source("x", tmp_path / "gone", None)))
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "socket"))
        with pytest.raises(InputError, match="cannot be opened"):
            list(ChunkReader(Source("x", tmp_path / "socket", None)))


def test_errors_while_reading_keep_what_came_before() -> None:
    class Failing(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            if data := super().read(size):
                return data
            raise OSError(5, "Input/output error")

    reading = ChunkReader(STDIN, stdin=Failing(b"a\nb\n"))
    assert list(reading) == [Chunk(b"a\nb\n")]
    assert reading.problem == "reading failed after 4 bytes, the rest is lost (Input/output error)"


def test_an_abandoned_reading_closes_its_file(tmp_path: Path) -> None:
    file = tmp_path / "a"
    file.write_bytes(LINES)
    chunks = iter(ChunkReader(Source("a", file, None), size=100))
    assert next(chunks).data
    assert any(os.path.realpath(link) == str(file) for link in Path("/proc/self/fd").iterdir())
    del chunks
    assert not any(os.path.realpath(link) == str(file) for link in Path("/proc/self/fd").iterdir())


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("logs/b.log", "logs/a.log", "logs/sub/c.log.gz", "logs/.hidden", "logs/.git/x", "logs/odd[1].log"):
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"12345")
    (tmp_path / "empty").mkdir()
    (tmp_path / "logs/latest").symlink_to("sub")
    (tmp_path / "logs/sub/loop").symlink_to("..")
    (tmp_path / "logs/dangling").symlink_to("nowhere")
    (tmp_path / "link.log").symlink_to("logs/a.log")
    monkeypatch.chdir(tmp_path)
    return tmp_path


ALL = ["logs/a.log", "logs/b.log", "logs/latest/c.log.gz", "logs/odd[1].log"]


@pytest.mark.parametrize(
    ("paths", "names"),
    [
        (["logs/a.log"], ["logs/a.log"]),
        (["./logs/a.log"], ["./logs/a.log"]),
        (["logs"], ALL),
        (["logs/"], ALL),
        (["logs", "logs/b.log", "logs/*.log"], ALL),
        (["logs/*.log"], ["logs/a.log", "logs/b.log", "logs/odd[1].log"]),
        (["logs/**/*.gz"], ["logs/sub/c.log.gz"]),
        (["**"], ["link.log", *ALL[1:]]),
        (["logs/../log?/a.*"], ["logs/../logs/a.log"]),
        (["logs/.h*"], ["logs/.hidden"]),
        (["log?"], ALL),
        (["logs/odd[1].log"], ["logs/odd[1].log"]),
        (["logs/a.log", "link.log"], ["link.log"]),
        (["link.log", "logs/a.log"], ["link.log"]),
        (["logs/.hidden"], ["logs/.hidden"]),
        (["empty"], []),
        (["emp*"], []),
        ([], []),
        (["-", "logs/a.log", "-"], ["-", "logs/a.log"]),
    ],
)
@pytest.mark.usefixtures("tree")
def test_find(paths: list[str], names: list[str]) -> None:
    found = find_sources(paths)
    assert [source.name for source in found] == names
    assert all(source.size == (None if source.name == "-" else 5) for source in found)
    assert [source.path is None for source in found] == [name == "-" for name in names]


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("logs/gone.log", "no such file or folder"),
        ("", "no such file or folder"),
        ("a\0b", "no such file or folder"),
        ("a\0*", "the pattern matches nothing"),
        ("x" * 5000, "no such file or folder"),
        ("logs/*.txt", "the pattern matches nothing"),
        ("https://example.com/a.log", "URLs of this kind are not read"),
    ],
)
@pytest.mark.usefixtures("tree")
def test_find_nothing(path: str, says: str) -> None:
    with pytest.raises(InputError) as caught:
        find_sources(["logs", path])
    assert caught.value.source == path
    assert caught.value.problem == says
    assert caught.value.remedy


def test_find_in_an_absolute_folder(tree: Path) -> None:
    assert [source.name for source in find_sources([str(tree / "logs")])] == [f"{tree}/{name}" for name in ALL]
    assert [source.name for source in find_sources([f"{tree}/logs/*.log"])] == [
        f"{tree}/{name}" for name in ALL if "late" not in name
    ]


def test_names_are_valid_unicode(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"caf\xe9.log")).write_bytes(b"a\n")
    (source,) = find_sources([str(tmp_path)])
    assert source.name == f"{tmp_path}/caf\\xe9.log"
    assert list(ChunkReader(source)) == [Chunk(b"a\n")]


def test_a_folder_that_cannot_be_listed_is_said_on_reading(tree: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    listed = Path.iterdir

    def refuse(path: Path) -> object:
        if path.name == "sub":
            raise PermissionError(13, "Permission denied")
        return listed(path)

    (tree / "logs/latest").unlink()
    monkeypatch.setattr(Path, "iterdir", refuse)
    found = find_sources(["logs"])
    assert [source.name for source in found] == ["logs/a.log", "logs/b.log", "logs/odd[1].log", "logs/sub"]
    with pytest.raises(InputError, match="logs/sub"):
        list(ChunkReader(found[-1]))
