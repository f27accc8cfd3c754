"""An archive in a folder that somebody changed, copied or damaged: no file is lost, and a changed byte is found."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from local_archive import (
    FIRST,
    NOTES,
    SECOND,
    THIRD,
    commit,
    file_system,
    first,
    full,
    gave_way,
    in_memory,
    interrupted,
    names,
    seen,
    whole,
)

from logparse.archive.storage.interface import Head
from logparse.archive.storage.opening import open_storage
from logparse.archive.storage.sealed import name_of
from logparse.common.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def tmp_path(tmp_path: Path) -> Iterator[Path]:
    yield from in_memory(tmp_path)


# --- files of users, and copies


def test_changed_and_missing_files_are_restored_and_what_was_changed_is_kept(tmp_path: Path) -> None:
    storage = first(tmp_path)
    (tmp_path / "coverage.csv").unlink()
    (tmp_path / "2026-W46" / "by_user.csv").unlink()
    changed = tmp_path / "2026-W47" / "by_user.csv"
    changed.unlink()
    changed.write_bytes(b"mine now")
    shutil.rmtree(tmp_path / ".logparse" / "current" / "attempts" / "week=2026-W46")
    (tmp_path / ".logparse" / "current" / "attempts" / "week=2026-W46").write_bytes(b"in the way")
    told = storage.settle()
    assert told == [
        "2026-W46/by_user.csv: was missing, and is restored",
        gave_way("2026-W47/by_user.csv"),
        "attempts/week=2026-W46/part-0.parquet: was missing, and is restored",
        gave_way("attempts/week=2026-W46"),
    ]
    whole(tmp_path, FIRST, NOTES)
    assert seen(tmp_path / ".logparse" / "replaced") == {
        "2026-W47/by_user.csv": b"mine now",
        "attempts/week=2026-W46": b"in the way",
    }
    changed.unlink()
    changed.write_bytes(b"again")
    commit(storage, 2, SECOND)
    whole(tmp_path, SECOND, NOTES)
    assert (tmp_path / ".logparse" / "replaced" / "2" / "2026-W47" / "by_user.csv").read_bytes() == b"again"


def test_a_new_file_in_place_of_that_of_a_user(tmp_path: Path) -> None:
    storage = first(tmp_path)
    (tmp_path / "empty.csv").write_bytes(b"not empty")
    (tmp_path / "2026-W48").mkdir()
    (tmp_path / "2026-W48" / "by_user.csv").write_bytes(b"eve,2\n")
    (tmp_path / "2026-W48" / "more.txt").write_bytes(b"more")
    (tmp_path / "2026-W47" / "by_dag").mkdir()
    told = storage.commit(2, b"{}", names({**SECOND, "2026-W47/notes.txt": b"eve,3\n"}))
    assert told == [
        "2026-W48/more.txt: is not the archive's own, and was kept",
        gave_way("empty.csv"),
        gave_way("2026-W47/notes.txt"),
    ]
    assert storage.settle() == []
    rest = {"2026-W48/more.txt": b"more", "2026-W46/deep/er/notes.txt": b"mine too"}
    whole(tmp_path, {**SECOND, "2026-W47/notes.txt": b"eve,3\n"}, rest)
    assert (tmp_path / "2026-W47" / "by_dag").is_dir()
    assert seen(tmp_path / ".logparse" / "replaced") == {"empty.csv": b"not empty", "2026-W47/notes.txt": b"mine"}


@pytest.mark.parametrize("how", ["links followed", "as it is", "into plain", "out of plain"])
def test_a_copy_is_an_archive(tmp_path: Path, how: str) -> None:
    with file_system("plain" if how == "out of plain" else "links"):
        first(tmp_path / "archive")
    copy = tmp_path / "copy"
    shutil.copytree(tmp_path / "archive", copy, symlinks=how == "as it is")
    storage = open_storage(str(copy))
    assert storage.head() == Head(1, b'{"number": 1}')
    with file_system("plain" if how == "into plain" else "links"):
        told = storage.settle()
        assert told == []
        assert storage.settle() == []
        whole(copy, FIRST, NOTES)
        (copy / "coverage.csv").unlink()
        (copy / "coverage.csv").write_bytes(b"own")
        commit(storage, 2, SECOND)
        whole(copy, SECOND, NOTES)
        assert not (copy / ".logparse" / "replaced" / "attempts").exists()
        commit(storage, 3, THIRD)
        whole(copy, THIRD, NOTES)


def test_a_copy_to_which_a_user_has_added(tmp_path: Path) -> None:
    first(tmp_path / "archive")
    copy = tmp_path / "copy"
    shutil.copytree(tmp_path / "archive", copy)
    (copy / "2026-W47" / "own.txt").write_bytes(b"own")
    (copy / "2026-W47" / "by_user.csv").chmod(0o644)
    (copy / "2026-W47" / "by_user.csv").write_bytes(b"changed")
    (copy / "coverage.csv").unlink()
    (copy / "coverage.csv").symlink_to("/nowhere")
    told = open_storage(str(copy)).settle()
    assert told == [
        gave_way("2026-W47/by_user.csv"),
        "2026-W47/own.txt: is not the archive's own, and was kept",
        gave_way("coverage.csv"),
    ]
    whole(copy, FIRST, {**NOTES, "2026-W47/own.txt": b"own"})


def test_a_copy_that_fails_while_it_is_made_an_archive(tmp_path: Path) -> None:
    first(tmp_path / "archive")
    shutil.rmtree(tmp_path / "archive" / ".logparse" / "generations")  # of a copy by hand
    for at in range(1, 1000):
        copy = tmp_path / str(at)
        first(tmp_path / "source")
        shutil.copytree(tmp_path / "source", copy)
        shutil.rmtree(tmp_path / "source")
        shutil.rmtree(copy / ".logparse" / "generations")
        (copy / "2026-W47" / "own.txt").write_bytes(b"own")
        with interrupted(at, full) as done, suppress(OutputError):
            open_storage(str(copy)).settle()
        assert open_storage(str(copy)).head() == Head(1, b'{"number": 1}')
        open_storage(str(copy)).settle()
        whole(copy, FIRST, {**NOTES, "2026-W47/own.txt": b"own"})
        shutil.rmtree(copy)
        if done.total() < at:
            break
    assert done.total() > 60


# --- damage


@pytest.mark.parametrize("kind", ["links", "copies", "plain"])
def test_every_changed_byte_is_found(tmp_path: Path, kind: str) -> None:
    files = {path: data for path, data in SECOND.items() if data}
    with file_system(kind):
        storage = open_storage(str(tmp_path))
        visible = commit(storage, 1, files)
    storage.put(b"unseen")
    paths = [path for path in tmp_path.rglob("*") if path.is_file() and path.name != "lock" and path.parent != tmp_path]
    paths += list(tmp_path.glob("*.csv"))
    flips = 0
    for path in {path.stat().st_ino: path for path in paths}.values():
        data = path.read_bytes()
        path.chmod(0o644)
        for at in {0, len(data) // 2, len(data) - 1}:
            path.write_bytes(data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :])
            assert storage.check(visible) != [], path
            flips += 1
        path.write_bytes(data[:-1])
        assert storage.check(visible) != []
        path.write_bytes(data)
        assert storage.check(visible) == []
    assert flips > 20
    for path in (path for path in paths if path.name != name_of(b"unseen")):
        kept = path.rename(tmp_path / "kept")
        assert storage.check(visible) != [], path
        kept.rename(path)
    assert storage.check(visible) == []


def test_what_is_said_of_damage(tmp_path: Path) -> None:
    storage = first(tmp_path)
    coverage = tmp_path / ".logparse" / "objects" / name_of(b"first\n")[:2] / name_of(b"first\n")
    coverage.chmod(0o644)
    coverage.write_bytes(b"First\n")
    (tmp_path / "2026-W46" / "by_user.csv").unlink()
    (coverage.parent / "core").write_bytes(b"")
    (tmp_path / "attempts").unlink()
    shutil.copytree(tmp_path / ".logparse" / "current" / "attempts", tmp_path / "attempts")
    told = storage.check(names(FIRST))
    assert told == [
        "2026-W46/by_user.csv: is missing",
        "coverage.csv: is damaged, its content is not what was written",
        f"object {name_of(b'first' + bytes([10]))}: is damaged, its content is not what was written",
        f"object {coverage.parent.name}/core: is not the archive's own",
        "attempts: is no link, as in an archive that was copied with links followed; the next run makes it one",
        "2026-W46/deep/er/notes.txt: is not the archive's own",
        "2026-W47/notes.txt: is not the archive's own",
    ]


def test_a_damaged_object_is_mended_from_its_copy(tmp_path: Path) -> None:
    with file_system("copies"):
        storage = open_storage(str(tmp_path))
        visible = commit(storage, 1, FIRST)
        name = visible["coverage.csv"]
        path = tmp_path / ".logparse" / "objects" / name[:2] / name
        path.unlink()
        assert storage.settle() == [f"object {name}: was damaged or missing, and is restored"]
        path.chmod(0o644)
        path.write_bytes(b"First\n")
        os.utime(path, (1, 1))
        assert storage.settle() == [f"object {name}: was damaged or missing, and is restored"]
        whole(tmp_path, FIRST)
        path.unlink()
        (tmp_path / ".logparse" / "current" / "coverage.csv").unlink()
        assert storage.settle() == ["coverage.csv: is damaged, and cannot be restored"]


@pytest.mark.parametrize("what", ["current", "current/index.json", "current/generation.json"])
@pytest.mark.parametrize("kind", ["links", "plain"])
def test_a_damaged_index_is_never_taken_for_none(tmp_path: Path, kind: str, what: str) -> None:
    with file_system(kind):
        storage = first(tmp_path)
        commit(storage, 2, SECOND)
    path = tmp_path / ".logparse" / what.replace("current/", "generations/00000002/")
    if path.is_symlink() or "json" not in what:
        path.unlink()
    else:
        path.write_bytes(b"{}")
    for use in (storage.head, storage.settle, lambda: storage.commit(3, b"{}", {})):
        with pytest.raises(OutputError, match=r"is damaged: the index is \w+; logparse archive verify "):
            use()
    assert storage.check(names(SECOND))[0].startswith("is damaged: the index is ")
    if what == "current" and kind == "plain":
        path.write_bytes(b"twelve")
        with pytest.raises(OutputError, match="is damaged"):
            storage.head()


def test_a_file_put_into_a_generation_that_was_never_committed(tmp_path: Path) -> None:
    storage = first(tmp_path)
    own = tmp_path / ".logparse" / "generations"
    shutil.copytree(own / "00000001", own / "00000002")
    (own / "00000002" / "2026-W46" / "late.txt").write_bytes(b"late")
    assert storage.settle() == [
        "removed generation 2, which was never committed",
        "2026-W46/late.txt: is not the archive's own, and was kept",
    ]
    whole(tmp_path, FIRST, {**NOTES, "2026-W46/late.txt": b"late"})
