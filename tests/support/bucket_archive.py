"""Archives in buckets for tests of their storage: what is in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from logparse.archive.storage import publishing
from logparse.archive.storage.opening import open_storage
from logparse.archive.storage.prefix import Prefix
from logparse.archive.storage.sealed import name_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from logparse.archive.storage.interface import Storage

FIRST = {
    "coverage.csv": b"first\n",
    "attempts/week=2026-W46/part-0.parquet": b"PAR1 a",
    "attempts/week=2026-W47/part-0.parquet": b"PAR1 b",
    "2026-W47/by_user ü#%20.csv": b"eve,2\n",
}
SECOND = {
    "coverage.csv": b"second\n",
    "attempts/week=2026-W47/part-0.parquet": b"PAR1 b",
    "attempts/week=2026-W48/part-0.parquet": b"PAR1 c",
    "2026-W47/by_user ü#%20.csv": b"eve,3\n",
    "empty.csv": b"",
}
THIRD = {"coverage.csv": b"third\n", "2026-W48/by_user.csv": b"eve,3\n"}


def through(place: str, address: str) -> Storage:
    return open_storage(f"{place}?endpoint_override={address}&scheme=http&region=us-east-1")


def store(storage: Storage, files: Mapping[str, bytes]) -> dict[str, str]:
    return {path: storage.put(data) for path, data in files.items()}


def commit(storage: Storage, number: int, files: Mapping[str, bytes]) -> dict[str, str]:
    visible = store(storage, files)
    assert storage.commit(number, f'{{"number": {number}, "ü": 1}}'.encode(), visible) == []
    return visible


def names(files: Mapping[str, bytes]) -> dict[str, str]:
    return {path: name_of(data) for path, data in files.items()}


def seen(place: str) -> dict[str, bytes]:
    """What a user sees."""
    prefix = Prefix(place)
    return {key: bytes(prefix.get(key)) for key in prefix.below() if not key.startswith(".logparse/")}


def whole(place: str, files: Mapping[str, bytes], foreign: Mapping[str, bytes] = {}) -> None:
    assert seen(place) == {**files, **foreign}
    assert open_storage(place).check(names(files)) == []
    assert Prefix(place).below(publishing.MARKS) == {}
