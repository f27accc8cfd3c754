"""Logs in archives and in Parquet: read as they are, and nothing outside of the archive, twice, or by a link."""

from __future__ import annotations

import io
import stat
import sys
import tarfile
import zipfile
from typing import TYPE_CHECKING, Final

import pyarrow as pa
import pytest
import zstandard
from pyarrow import parquet

import logparse
from logparse.common.errors import InputError
from logparse.sources import nested
from logparse.sources.chunk_reader import ChunkReader
from logparse.sources.discovery import find_sources

if TYPE_CHECKING:
    from pathlib import Path

LINE: Final = (
    '172.20.0.9 - admin [02/Mar/2026:00:00:01 +0000] "POST /api/v1/dags/a/dagRuns HTTP/1.1" 403 186 "-" "curl/8.5.0"\n'
)
LOGS: Final = {"logs/webserver.log": LINE, "logs/api.log": LINE.replace(" 403 ", " 401 ") * 2}


def pack_tar(path: Path, mode: str, logs: dict[str, str], *more: tarfile.TarInfo) -> None:
    with tarfile.open(path, mode) as archive:  # type: ignore[call-overload]
        for entry in more:
            archive.addfile(entry)
        for name, text in logs.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text.encode()))


def pack_zip(path: Path, logs: dict[str, str]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in logs.items():
            archive.writestr(name, text)


def texts(path: Path) -> dict[str, str]:
    return {
        source.name.removeprefix(f"{path}/"): b"".join(chunk.data for chunk in ChunkReader(source)).decode()
        for source in find_sources([str(path)])
    }


@pytest.mark.parametrize("name", ["a.tar", "a.tar.gz", "a.zip"])
def test_four_times_as_many_members_make_at_most_five_times_the_work(tmp_path: Path, name: str) -> None:
    calls = [0, 0]
    for number, many in enumerate((25, 100)):
        path = tmp_path / str(number) / name
        path.parent.mkdir()
        logs = {f"{member}.log": LINE for member in range(many)}
        pack_zip(path, logs) if name.endswith("zip") else pack_tar(path, "w:gz" if "gz" in name else "w", logs)

        def count(_frame: object, event: str, _argument: object, number: int = number) -> None:
            calls[number] += event in ("call", "c_call")

        sys.setprofile(count)
        try:
            assert len(texts(path)) == many
        finally:
            sys.setprofile(None)
    assert calls[1] <= 5 * calls[0]


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz", "zst"])
def test_members_of_a_tar_archive_are_sources(tmp_path: Path, mode: str) -> None:
    path = tmp_path / "export.tar"
    pack_tar(path, mode if ":" in mode else "w", LOGS)
    if mode == "zst":
        packed = path.read_bytes()
        path = path.with_suffix(".tar.zst")
        path.write_bytes(zstandard.compress(packed[:1000]) + zstandard.compress(packed[1000:]))  # as pzstd does
    assert texts(path) == LOGS
    assert sorted(logparse.attempts(path)["status"]) == [401, 401, 403]


def test_members_of_a_zip_archive_are_sources(tmp_path: Path) -> None:
    path = tmp_path / "export.zip"
    pack_zip(path, {**LOGS, "__MACOSX/logs/._webserver.log": "x", "logs/.hidden": LINE})
    assert texts(path) == LOGS
    assert sorted(logparse.attempts(path)["status"]) == [401, 401, 403]


@pytest.mark.parametrize("name", ["/etc/x.log", "../x.log", "a/../../x.log", "C:\\x.log", "..\\x.log"])
def test_a_name_that_leads_out_is_refused_and_the_others_are_read(tmp_path: Path, name: str) -> None:
    for path, pack in ((tmp_path / "a.zip", pack_zip), (tmp_path / "a.tar", lambda p, logs: pack_tar(p, "w", logs))):
        pack(path, {name: LINE, "good.log": LINE})
        bad, good = sorted(find_sources([str(path)]), key=lambda source: source.name.endswith("good.log"))
        assert good.member is not None
        assert b"".join(chunk.data for chunk in ChunkReader(good)).decode() == LINE
        with pytest.raises(InputError, match="leads out of its archive"):
            list(ChunkReader(bad))


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE])
def test_links_and_devices_are_refused(tmp_path: Path, kind: bytes) -> None:
    (tmp_path / "secret").write_text(LINE)
    entry = tarfile.TarInfo("link.log")
    entry.type, entry.linkname = kind, str(tmp_path / "secret")
    pack_tar(tmp_path / "a.tar", "w", {"good.log": LINE}, entry)
    bad = next(source for source in find_sources([str(tmp_path / "a.tar")]) if source.name.endswith("link.log"))
    with pytest.raises(InputError, match=r"is a link|is a device"):
        list(ChunkReader(bad))


def test_a_link_in_a_zip_archive_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as archive:
        entry = zipfile.ZipInfo("link.log")
        entry.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(entry, "/etc/passwd")
    with pytest.raises(InputError, match="is a link"):
        list(ChunkReader(find_sources([str(tmp_path / "a.zip")])[0]))


def test_members_that_share_their_bytes_are_refused(tmp_path: Path) -> None:
    """A bomb of overlapping members: a small file that unpacks to any size."""
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("0.log", LINE * 5000)
        first = archive.infolist()[0]
        for number in range(1, 50):
            twin = zipfile.ZipInfo(f"{number}.log")
            for field in ("compress_type", "CRC", "compress_size", "file_size", "header_offset"):
                setattr(twin, field, getattr(first, field))
            archive.filelist.append(twin)
            archive.NameToInfo[twin.filename] = twin
    for source in find_sources([str(path)])[:3]:
        with pytest.raises(InputError, match="shares its bytes"):
            list(ChunkReader(source))


def pack(path: Path) -> None:
    if path.suffix == ".zip":
        pack_zip(path, LOGS)
    else:
        pack_tar(path, "w:gz" if path.suffix == ".gz" else "w", LOGS)


def pack_into(outer: Path, *inner: Path) -> None:
    if outer.suffix == ".zip":
        with zipfile.ZipFile(outer, "w", zipfile.ZIP_DEFLATED) as archive:
            for path in inner:
                archive.write(path, path.name)
            archive.writestr("web.log", LINE)
    else:
        with tarfile.open(outer, "w:gz" if outer.suffix == ".gz" else "w") as archive:
            for path in inner:
                archive.add(path, path.name)


@pytest.mark.parametrize("outer", ["outer.tar", "outer.tar.gz", "outer.zip"])
@pytest.mark.parametrize("inner", ["a.tar", "a.tar.gz", "a.zip"])
def test_members_of_an_archive_within_an_archive_are_sources(tmp_path: Path, inner: str, outer: str) -> None:
    pack(tmp_path / inner)
    pack(tmp_path / f"b{inner}")
    pack_into(tmp_path / outer, tmp_path / inner, tmp_path / f"b{inner}")
    found = texts(tmp_path / outer)
    assert {name: text for name, text in found.items() if name != "web.log"} == {
        f"{folder}/{name}": text for folder in (inner, f"b{inner}") for name, text in LOGS.items()
    }
    assert len(logparse.attempts(tmp_path / outer)) == 3  # lines of other members with the same text are copies


@pytest.mark.parametrize("inner", ["a.tar", "a.tar.gz", "a.zip"])
@pytest.mark.parametrize("why", ["deep", "large", "grows"])
def test_deeper_and_larger_archives_are_refused_with_what_to_do(
    tmp_path: Path, inner: str, why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pack(tmp_path / inner)
    pack_into(tmp_path / "outer.zip", tmp_path / inner)
    path = tmp_path / "outer.zip"
    if why == "deep":
        pack_into(tmp_path / "outermost.zip", path)
        path = tmp_path / "outermost.zip"
    monkeypatch.setattr(nested, "LARGEST", 64 if why == "large" else nested.LARGEST)
    if why == "grows":
        monkeypatch.setattr(nested, "_GROWTH", 0)
        monkeypatch.setattr(nested, "LARGEST", 1)
    with pytest.raises(InputError, match="unpack the outer one"):
        texts(path)
    with pytest.warns(logparse.IncompleteInputWarning, match="unpack the outer one"):
        assert len(logparse.attempts(path)) == 1


def test_a_damaged_archive_keeps_what_can_be_read(tmp_path: Path) -> None:
    path = tmp_path / "export.zip"
    pack_zip(path, {"a.log": LINE * 20_000})
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0xFF
    path.write_bytes(data)
    reading = ChunkReader(find_sources([str(path)])[0])
    for _ in reading:
        pass
    assert reading.problem is not None


def test_a_column_of_lines_in_parquet(tmp_path: Path) -> None:
    path = tmp_path / "lines.parquet"
    parquet.write_table(
        pa.table({"message": [LINE.strip()] * 3, "when": pa.array([0, 1, 2], pa.timestamp("us"))}), path
    )
    assert list(logparse.attempts(path)["client"]) == ["172.20.0.9"] * 3
