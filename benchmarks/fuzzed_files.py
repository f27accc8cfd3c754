"""Targets of the fuzzer that read files with a part of them changed: an archive of reports, and packs of logs.

Owns: the files, and how an input changes one. Must not know: how inputs are made.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent


def spliced(whole: bytes, data: bytes) -> bytes:
    """Return a text with a part changed: the first bytes of the input say which part, the others stand in its place.

    A whole text as an input would be none soon, as each change breaks its length, a digest or a bracket.
    """
    at, length = int.from_bytes(data[:3]) % (len(whole) + 1), int.from_bytes(data[3:5]) % 512
    return whole[:at] + data[5:] + whole[at + length :]


@cache
def archive() -> dict[str, bytes | str]:
    """Return what the files of an archive hold, or where its links lead, by their paths; the archive is made once."""
    with tempfile.TemporaryDirectory() as folder:
        log = str(ROOT / "tests/data/formats/gunicorn_default.log")
        subprocess.run(
            [sys.executable, "-m", "logparse", "report", log, "--out", folder], check=True, capture_output=True
        )
        paths = sorted(path for path in Path(folder).rglob("*") if path.is_symlink() or path.is_file())
        return {
            str(path.relative_to(folder)): str(path.readlink()) if path.is_symlink() else path.read_bytes()
            for path in paths
        }


@cache
def texts() -> dict[str, bytes]:
    """Return what the files of an archive hold, by their paths."""
    return {path: content for path, content in archive().items() if isinstance(content, bytes)}


def read_archive(data: bytes) -> None:
    """Read the record of a generation, and the index of an archive, with a part of them changed."""
    from logparse.archive.index import Index  # noqa: PLC0415
    from logparse.archive.storage.sealed import unsealed  # noqa: PLC0415
    from logparse.common.errors import OutputError  # noqa: PLC0415

    for name, whole in texts().items():
        if not name.endswith(("index.json", "generation.json")):
            continue
        changed = spliced(whole, data)
        with suppress(ValueError):
            assert unsealed(changed).sealed(whole=True) == changed
        with suppress(ValueError):
            unsealed(changed, changed)
        with suppress(OutputError):
            index = Index.of(changed, "a")
            if changed == whole:
                assert index.json() == whole


def read_stored(data: bytes) -> None:
    """Read an archive with a part of one of its files changed: the first byte says which file."""
    from logparse.api import read_archive as read  # noqa: PLC0415
    from logparse.common.errors import LogparseError  # noqa: PLC0415
    from logparse.pipeline.weekly import contents  # noqa: PLC0415

    changed = [*texts()][data[0] % len(texts())] if data else ""
    with tempfile.TemporaryDirectory() as folder:
        for path, content in archive().items():
            file = Path(folder, path)
            file.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, str):
                file.symlink_to(content)
            else:
                file.write_bytes(spliced(content, data[1:]) if path == changed else content)
        if not data:
            assert not contents.verify(folder)[0]
        with suppress(LogparseError):
            read(folder)
        with suppress(LogparseError):
            contents.list_contents(folder)
        with suppress(LogparseError):
            contents.verify(folder)


@cache
def packs() -> tuple[tuple[str, bytes], ...]:
    """Return logs in packs of each kind, with the names that their files have."""
    log = (ROOT / "tests/data/formats/gunicorn_default.log").read_bytes()[:2000]
    tar, packed = io.BytesIO(), io.BytesIO()
    with tarfile.open(fileobj=tar, mode="w") as into:
        for name in ("a/b.log", "c.log"):
            member = tarfile.TarInfo(name)
            member.size = len(log)
            into.addfile(member, io.BytesIO(log))
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as into_zip:
        into_zip.writestr("a/b.log", log)
        into_zip.writestr("c.log.gz", gzip.compress(log))
        into_zip.writestr("d.tar", tar.getvalue())
    return (
        ("a.zip", packed.getvalue()), ("a.tar", tar.getvalue()), ("a.tgz", gzip.compress(tar.getvalue())),
        ("a.log.gz", gzip.compress(log)), ("a.log.bz2", bz2.compress(log)), ("a.log.xz", lzma.compress(log)),
    )  # fmt: skip


def read_packed(data: bytes) -> None:
    """Read a pack with a part of it changed: the first byte says which pack."""
    from logparse.common.errors import LogparseError  # noqa: PLC0415
    from logparse.sources.chunk_reader import ChunkReader  # noqa: PLC0415
    from logparse.sources.discovery import find_sources  # noqa: PLC0415

    name, whole = packs()[data[0] % len(packs())] if data else ("a.zip", b"")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, name)
        file.write_bytes(spliced(whole, data[1:]))
        with suppress(LogparseError):
            for source in find_sources([str(file)]):
                with suppress(LogparseError):
                    for _ in ChunkReader(source):
                        pass
        assert [path.name for path in Path(folder).iterdir()] == [name]
