"""Streams that find the name of what is written to them.

Owns: the digest, and that closing a stream closes nothing else. Must not know: where the content goes.
"""

from __future__ import annotations

import io
from hashlib import sha256
from typing import TYPE_CHECKING, BinaryIO, Final, cast

if TYPE_CHECKING:
    from collections.abc import Callable

_BUFFER_BYTES: Final = 256 * 1024


class Digesting:
    """An object that is being written. See ``logparse.archive.storage.interface.Sink``."""

    def __init__(self, write: Callable[[memoryview], object]) -> None:
        self._raw = _Raw(write)
        self._buffered = io.BufferedWriter(self._raw, _BUFFER_BYTES)
        self.stream = cast("BinaryIO", self._buffered)
        self.name = ""

    @property
    def size(self) -> int:
        """How much was written."""
        return self._raw.tell()

    def end(self) -> str:
        """Write what is still held, and say what the content is to be called."""
        if not self._buffered.closed:
            self._buffered.flush()
        return self._raw.digest.hexdigest()

    def give_up(self) -> None:
        """Forget what is still held: a stream that is collected would try to write it."""
        self._raw.deaf = True


class _Raw(io.RawIOBase):
    def __init__(self, write: Callable[[memoryview], object]) -> None:
        super().__init__()
        self.digest = sha256()
        self.deaf = False
        self._write = write
        self._size = 0

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._size

    def write(self, data: object) -> int:
        with memoryview(data).cast("B") as view:  # type: ignore[arg-type]
            if not self.deaf:
                self._write(view)
                self.digest.update(view)
                self._size += len(view)
            return len(view)
