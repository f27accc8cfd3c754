"""A shelf for pieces of a text that may be asked for again: in memory up to a limit, then in a temporary file.

Owns: where the pieces are held. Must not know: what is in them.
"""

from __future__ import annotations

import weakref
from functools import partial
from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING, Final

from logparse.common.temporary import cannot_hold

if TYPE_CHECKING:
    from collections.abc import Callable

#: Bytes that are held in memory.
_MOST: Final = 32 * 1024 * 1024


class ByteShelf:
    """Holds pieces of a text. They are gone with this object and the last function that ``hold`` returned."""

    def __init__(self) -> None:
        self._file: SpooledTemporaryFile[bytes] | None = None

    def hold(self, data: bytes) -> Callable[[int, int], bytes]:
        """Hold a piece; return what reads the bytes between two places of it.

        Raises:
            OutputError: the temporary folder has no room for it.
        """
        if self._file is None:
            self._file = SpooledTemporaryFile(max_size=_MOST)  # noqa: SIM115 - closed with this object
            weakref.finalize(self, self._file.close)
        try:
            begin = self._file.seek(0, 2)
            self._file.write(data)
        except OSError as error:
            raise cannot_hold(None, error) from error
        return partial(self._read, begin)

    def _read(self, begin: int, start: int, stop: int) -> bytes:
        assert self._file is not None
        self._file.seek(begin + start)
        return self._file.read(stop - start)
