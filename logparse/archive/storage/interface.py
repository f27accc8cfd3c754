"""What a storage of an archive promises, whatever holds it.

Owns: the operations, their errors, and the head of an archive. Must not know: which kinds of storage there are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO, NamedTuple, Protocol

from logparse.common.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from contextlib import AbstractContextManager

    import pyarrow as pa


class LockedError(OutputError):
    """Somebody else is writing to the archive."""


class ConflictError(OutputError):
    """Somebody else has committed in the meantime; what is new has to be built upon that."""


class Head(NamedTuple):
    """The generation that holds.

    Attributes:
        number: which.
        index: as it was committed.
    """

    number: int
    index: bytes  # type: ignore[assignment]  # it hides the method of tuples


class Sink(Protocol):
    """An object that is being written.

    Attributes:
        stream: what to write to, from front to back.
        name: of the object, once all of it is written; empty until then.
    """

    @property
    def stream(self) -> BinaryIO:
        """See above."""

    @property
    def name(self) -> str:
        """See above."""


class Storage(Protocol):
    """One archive. Cheap to make, and may be sent to another process.

    All methods raise OutputError where the place cannot be read or written.

    Attributes:
        place: as the user wrote it.
    """

    @property
    def place(self) -> str:
        """See above."""

    def lock(self, wait: float = 0.0) -> AbstractContextManager[None]:
        """Be the only one to write, until the block or the process ends. A bucket needs no lock, and has none.

        Args:
            wait: for how many seconds to wait for another one to end.

        Raises:
            LockedError: another one has not ended by then.
        """

    def head(self) -> Head | None:
        """The generation that holds; None: there is no archive yet."""

    def settle(self) -> list[str]:
        """Remove what runs that died have left, and bring what is visible in line with the head; under the lock.

        Returns:
            Sentences on what was removed, restored or moved.
        """

    def sink(self) -> AbstractContextManager[Sink]:
        """Write an object. It is there, and stays, once the block has ended; after an exception nothing is."""

    def put(self, data: bytes) -> str:
        """Write an object at once; returns its name."""

    def open(self, name: str) -> pa.NativeFile:
        """Open an object to be read."""

    def objects(self) -> dict[str, int]:
        """All objects, and how large each is."""

    def remove(self, names: Iterable[str]) -> None:
        """Remove objects that no index names any more. A bucket keeps those of the last day."""

    def commit(self, number: int, index: bytes, visible: Mapping[str, str]) -> list[str]:
        """Let a generation hold, under the lock: whoever looks sees all of it, or all of what there was before.

        An OutputError may come from what is left to do after that: ``head`` says whether it holds, and ``settle`` does
        the rest.

        Args:
            number: one more than that of the head, or 1.
            index: JSON.
            visible: relative POSIX path of each file to be seen, and the object that it is.

        Returns:
            Sentences on files that were in the way, or could not be removed.

        Raises:
            ConflictError: there is a generation of that number already, or a later one.
            ValueError: a path is none that an archive may have.
        """

    def check(self, visible: Mapping[str, str]) -> list[str]:
        """Read all that is there, and say what is missing, damaged or not the archive's own.

        Args:
            visible: of the head, as it was committed.
        """
