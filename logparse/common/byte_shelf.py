"""A shelf for pieces of a text that may be asked for again: in memory up to a limit, then in a temporary file.

Owns: where the pieces are held. Must not know: what is in them.
"""

from __future__ import annotations

from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING, Final

from logparse.common.temporary import cannot_hold

if TYPE_CHECKING:
    from collections.abc import Callable

#: Bytes that are held in memory.
_MOST: Final = 32 * 1024 * 1024


class ByteShelf:
    """Holds pieces of a text. They are gone with the last function that ``hold`` returned."""

    def __init__(self) -> None:
        self._file = SpooledTemporaryFile(max_size=_MOST)  # noqa: SIM115 - closed once nobody asks for a piece

    def hold(self, data: bytes) -> Callable[[int, int], bytes]:
        """Hold a piece; return what reads the bytes between two places of it.

        Raises:
            OutputError: the temporary folder has no room for it.
        """
        file = self._file
        try:
            begin = file.seek(0, 2)
            file.write(data)
        except OSError as error:
            raise cannot_hold(None, error) from error

        def read(start: int, stop: int) -> bytes:
            file.seek(begin + start)
            return file.read(stop - start)

        return read
