"""Digests by which texts are compared: SHA-256 of all bytes and of beginnings.

Owns: the digest of a text and of its beginnings.
Must not know: what a text is, who asks.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

#: Bytes at the beginning of a text by which most other texts are told from it.
HEAD: Final = 4096
_BLOCK: Final = 1 << 20


class TextDigest:
    """The digest of a text that comes in pieces.

    Args:
        lengths: of beginnings of the text whose digests are wanted as well.

    Attributes:
        size: bytes so far.
        beginnings: by length, the digest of each wanted beginning that is complete.
        head: digest of the first ``HEAD`` bytes; of all, if there are fewer.
    """

    def __init__(self, lengths: Iterable[int] = ()) -> None:
        self.size = 0
        self.beginnings: dict[int, str] = {}
        self._hash = hashlib.sha256()
        self._head = hashlib.sha256()
        self._wanted = sorted({length for length in lengths if length > 0}, reverse=True)

    def update(self, data: bytes) -> None:
        """Take the next bytes."""
        if self.size < HEAD:
            self._head.update(data[: HEAD - self.size])
        view, at = memoryview(data), 0
        while self._wanted and self._wanted[-1] <= self.size + len(data) - at:
            end = at + self._wanted[-1] - self.size
            self._hash.update(view[at:end])
            self.size += end - at
            at = end
            self.beginnings[self._wanted.pop()] = self.digest
        self._hash.update(view[at:])
        self.size += len(data) - at

    @property
    def digest(self) -> str:
        """SHA-256 of all bytes so far, in hex."""
        return self._hash.copy().hexdigest()

    @property
    def head(self) -> str:
        """SHA-256 of the first ``HEAD`` bytes, in hex."""
        return self._head.hexdigest()


def digest_file(path: Path, lengths: Iterable[int] = (), size: int | None = None) -> TextDigest:
    """Return the digest of a file as it is on disk, or of its first bytes.

    Args:
        path: of the file.
        lengths: of beginnings whose digests are wanted as well.
        size: how many bytes; None: all.

    Raises:
        OSError: the file cannot be read.
    """
    digest, left = TextDigest(lengths), size
    with path.open("rb", buffering=0) as stream:
        while block := stream.read(_BLOCK if left is None else min(left, _BLOCK)):
            digest.update(block)
            left = None if left is None else left - len(block)
    return digest
