"""What is below a prefix of a bucket, by relative keys.

Owns: how each request is made. Must not know: what any of it is for.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from typing import TYPE_CHECKING, Any, BinaryIO, Final, NamedTuple, TypeVar, cast

from logparse.archive.storage import clients
from logparse.archive.storage.asking import ask
from logparse.common.errors import OutputError
from logparse.sources.object_stores import urls

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from logparse.sources.object_stores.urls import Remote

T = TypeVar("T")
_READ_BYTES: Final = 4 * 1024 * 1024
_DELETED_AT_ONCE: Final = 1000


class Entry(NamedTuple):
    """An object as the store tells it.

    Attributes:
        size: bytes.
        changed: when it was written last.
    """

    size: int
    changed: datetime


@dataclass(frozen=True, slots=True)
class Prefix:
    """A prefix, and all that is asked of it; every request may be made again.

    All methods raise FileNotFoundError where there is no such object, and OutputError where the store does not do it.

    Attributes:
        url: as it was written.
    """

    url: str

    def get(self, key: str) -> memoryview:
        """The content of an object."""
        return self._ask(key, lambda client, path: memoryview(client.get(path).bytes()))

    def digest(self, key: str) -> str:
        """SHA-256 of an object, which is not held as a whole."""

        def read(client: Any, path: str) -> str:
            found = sha256()
            for chunk in client.get(path).stream(min_chunk_size=_READ_BYTES):
                found.update(chunk)
            return found.hexdigest()

        return self._ask(key, read)

    def put(self, key: str, data: bytes | BinaryIO) -> None:
        """Write an object; until all of it is there, what was there before is."""

        def write(client: Any, path: str) -> None:
            if not isinstance(data, bytes):
                data.seek(0)
            client.put(path, data)

        self._ask(key, write)

    def create(self, key: str, data: bytes) -> None:
        """Write an object if there is none.

        Raises:
            FileExistsError: there is one; it may come from this request, if its answer was lost.
        """
        self._ask(key, lambda client, path: client.put(path, data, mode="create", use_multipart=False))

    def entry(self, key: str) -> Entry:
        """What the store tells of an object."""
        found = self._ask(key, lambda client, path: client.head(path))
        return Entry(found["size"], found["last_modified"])

    def copy(self, key: str, to: str) -> None:
        """Copy an object within the store; until all of it is there, what was there before is."""
        self._ask(key, lambda client, path: client.copy(path, self._path(to)))

    def below(self, folder: str = "") -> dict[str, Entry]:
        """All objects in a folder, by key."""
        skip = len(self._path(""))

        def listed(client: Any, path: str) -> dict[str, Entry]:
            chunks = client.list(path.rstrip("/") or None, chunk_size=1000)
            return {
                each["path"][skip:]: Entry(each["size"], each["last_modified"]) for chunk in chunks for each in chunk
            }

        return self._ask(folder, listed)

    def delete(self, keys: Sequence[str]) -> None:
        """Delete objects, as far as they are there."""
        for start in range(0, len(keys), _DELETED_AT_ONCE):
            some = keys[start : start + _DELETED_AT_ONCE]
            paths = [self._path(key) for key in some]
            try:
                self._ask(some[0], partial(_delete, paths))
            except FileNotFoundError:  # not all stores take that for a success
                for key in some:
                    self._delete_one(key)

    def remote(self, key: str = "") -> Remote:
        """Where something is.

        Raises:
            OutputError: the URL is none of a prefix.
        """
        found = cast("Remote", urls.parse_url(self.url))
        base = found.key.strip("/")
        if "//" in base or {".", ".."} & set(base.split("/")):
            raise OutputError(found.name, "keys with //, . or .. in them cannot be written; give another URL")
        return found._replace(key=f"{base}/{key}" if base and key else base or key)

    def _delete_one(self, key: str) -> None:
        try:
            self._ask(key, lambda client, path: client.delete(path))
        except FileNotFoundError:
            return

    def _path(self, key: str) -> str:
        base = self.remote().key
        return f"{base}/{key}" if base else key

    def _ask(self, key: str, question: Callable[[Any, str], T]) -> T:
        remote = self.remote(key)
        client = clients.of(remote.store)
        return ask(remote, lambda: question(client, remote.key))


def _delete(paths: list[str], client: Any, _: str) -> None:
    client.delete(paths)
