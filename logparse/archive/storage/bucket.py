"""An archive in a bucket.

Owns: the order of what is done to it. Must not know: what is in an object or an index.

The commit is that the record of a generation is created, which a store does for one writer only: no lock is needed, and
whoever comes second starts again from what the first has committed. Only then are visible files published, each by a
copy within the store. Who dies before the end of that leaves a mark, by which ``settle`` knows to publish them again.

Objects of the last day are not removed, and old ones are written again rather than relied upon: another writer may be
about to name the former, or to remove the latter.
"""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, BinaryIO, Final, cast
from uuid import uuid4

from logparse.archive.storage import disk, publishing
from logparse.archive.storage.asking import ask_all
from logparse.archive.storage.interface import ConflictError, Head
from logparse.archive.storage.prefix import Prefix
from logparse.archive.storage.sealed import OWN_FOLDER, Generation, checked, is_name, tops
from logparse.archive.storage.sinks import Digesting
from logparse.common.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import pyarrow as pa

    from logparse.archive.storage.interface import Sink

#: How old objects are that may be removed; those half as old are written again.
SPARED: Final = timedelta(days=1)
#: A publisher that has not ended by then is dead.
_PUBLISHING: Final = timedelta(minutes=15)
_GENERATIONS_KEPT: Final = 3
_IN_MEMORY_BYTES: Final = 32 * 1024 * 1024
_OBJECTS: Final = f"{OWN_FOLDER}/objects/"


@dataclass(frozen=True, slots=True)
class BucketStorage:
    """See ``logparse.archive.storage.interface.Storage``.

    Attributes:
        place: the URL.
    """

    place: str

    @property
    def _prefix(self) -> Prefix:
        return Prefix(self.place)

    @contextmanager
    def lock(self, wait: float = 0.0) -> Iterator[None]:  # noqa: ARG002 - of the protocol
        """See the protocol. Nothing is locked: of two that commit at once the second gets a ConflictError."""
        yield

    def head(self) -> Head | None:
        """See the protocol."""
        found = publishing.newest(self._prefix)
        return None if found is None else Head(found.number, found.index)

    @contextmanager
    def sink(self) -> Iterator[Sink]:
        """See the protocol. What is written is held in memory, or in a file without a name if it is large."""
        place = f"{tempfile.gettempdir()} (for {self.place})"
        with tempfile.SpooledTemporaryFile(_IN_MEMORY_BYTES) as held:

            def write(data: memoryview) -> None:
                with disk.telling(place):
                    held.write(data)

            sink = Digesting(write)
            try:
                yield sink
                name = sink.end()
            finally:
                sink.give_up()
            if not self._relied_upon(name, sink.size):
                held.seek(0)
                small = sink.size <= _IN_MEMORY_BYTES
                self._prefix.put(_key(name), held.read() if small else cast("BinaryIO", held))
            sink.name = name

    def put(self, data: bytes) -> str:
        """See the protocol."""
        with self.sink() as sink:
            sink.stream.write(data)
        return sink.name

    def open(self, name: str) -> pa.NativeFile:
        """See the protocol. The content is seen to be what it should be."""
        import pyarrow as pa  # noqa: PLC0415 - late, as in ``logparse.sources.object_stores.objects``

        prefix, problem = self._prefix, "is missing"
        try:
            data = prefix.get(_key(name))
            if sha256(data).hexdigest() == name:
                return pa.BufferReader(pa.py_buffer(data))
            problem = "is damaged"
        except FileNotFoundError:
            pass
        remedy = f"logparse archive verify {prefix.remote().name} says more"
        raise OutputError(prefix.remote(_key(name)).name, f"{problem}; {remedy}")

    def objects(self) -> dict[str, int]:
        """See the protocol."""
        found = self._prefix.below(_OBJECTS)
        return {key[-64:]: entry.size for key, entry in found.items() if _is_object(key)}

    def remove(self, names: Iterable[str]) -> None:
        """See the protocol."""
        prefix = self._prefix
        there, before = prefix.below(_OBJECTS), datetime.now(UTC) - SPARED
        keys = map(_key, names)
        prefix.delete([key for key in keys if key in there and there[key].changed < before])

    def commit(self, number: int, index: bytes, visible: Mapping[str, str]) -> list[str]:
        """See the protocol. The index is UTF-8."""
        prefix, files = self._prefix, checked(visible)
        head = publishing.newest(prefix)
        before = head.number if head else 0
        if number <= before:
            raise self._conflict(before)
        if number != before + 1:
            raise ValueError(f"generation {number} does not follow {before}")
        new = Generation(number, index, files, uuid4().hex, head.token if head else "")
        if later := publishing.create(prefix, new):
            raise self._conflict(later)
        known = publishing.published(prefix) == before and not prefix.below(publishing.MARKS)
        publishing.publish(prefix, new, head if known else None, mark=new.token)
        return []

    def settle(self) -> list[str]:
        """See the protocol."""
        prefix = self._prefix
        head = publishing.newest(prefix)
        if head is None:
            return []
        said = []
        marks, published = prefix.below(publishing.MARKS), publishing.published(prefix)
        if published != head.number:
            said.append(f"published the files of generation {head.number}, which a run that ended early had not")
        if marks or said:
            publishing.publish(prefix, head, None, mark=uuid4().hex)
        before = datetime.now(UTC) - _PUBLISHING
        prefix.delete([key for key, entry in marks.items() if entry.changed < before])
        publishing.forget(prefix, _GENERATIONS_KEPT)
        return said

    def check(self, visible: Mapping[str, str]) -> list[str]:
        """See the protocol."""
        prefix, said = self._prefix, []
        try:
            head = publishing.newest(prefix)
            if head is None and visible:
                said.append("there is no archive")
            if head is not None and dict(head.visible) != dict(visible):
                said.append("the index is not that of the files that are visible")
        except OutputError as error:
            said.append(error.problem.partition(";")[0])
        there = prefix.below()
        wanted = {_key(name): name for name in visible.values()} | dict(visible)
        wanted |= {key: key[-64:] for key in there if _is_object(key)}
        said += filter(None, ask_all(lambda item: _inspected(prefix, *item), sorted(wanted.items())))
        ours = tops(visible)
        for key in sorted(set(there) - set(wanted)):
            if key.startswith(_OBJECTS) or key.partition("/")[0] in ours:
                said.append(f"{_shown(key)}: is not the archive's own")
        return said

    def _relied_upon(self, name: str, size: int) -> bool:
        """Whether an object is there, and no other writer may be about to remove it."""
        try:
            found = self._prefix.entry(_key(name))
        except FileNotFoundError:
            return False
        return found.size == size and datetime.now(UTC) - found.changed < SPARED / 2

    def _conflict(self, number: int) -> ConflictError:
        where = self._prefix.remote().name
        return ConflictError(where, f"has generation {number} already; what is new has to be built upon that")


def _key(name: str) -> str:
    return f"{_OBJECTS}{name[:2]}/{name}"


def _is_object(key: str) -> bool:
    return is_name(key[-64:]) and key == _key(key[-64:])


def _shown(key: str) -> str:
    return f"object {key[-64:]}" if _is_object(key) else key


def _inspected(prefix: Prefix, key: str, name: str) -> str:
    try:
        if prefix.digest(key) == name:
            return ""
    except FileNotFoundError:
        return f"{_shown(key)}: is missing"
    except OutputError as error:
        return f"{_shown(key)}: {error.problem}"
    return f"{_shown(key)}: is damaged, its content is not what was written"
