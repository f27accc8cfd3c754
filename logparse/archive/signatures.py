"""How the text of a source is told from other texts, and whether a file is still what it was when a run began.

Owns: signatures and digests of the files of a run, before and after they are read. Must not know: what an archive
holds, how sources are read.
"""

from __future__ import annotations

import time
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from logparse.scans.slicing import is_long
from logparse.sources import compression, digests

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from logparse.scans.coverage import Coverage
    from logparse.sources.digests import TextDigest
    from logparse.sources.source import Source

#: A file that was written so short a time before it was read may be written again in the same tick of its clock.
_FRESH: Final = 2.0


class Signatures:
    """Signatures and digests of the sources of a run, by which they are recognised and changes are noticed.

    Args:
        sources: as they are before anything of them is read.
    """

    def __init__(self, sources: Iterable[Source]) -> None:
        self._began = time.time()
        self._signatures = {source.name: signature(source) for source in sources}
        self._digests: dict[str, TextDigest] = {}  # of files as they are on disk

    def note(self, source: Source, digest: TextDigest) -> None:
        """Keep the digest of a file on disk that was computed before the file is read."""
        self._digests[source.name] = digest

    @contextmanager
    def beside(
        self, sources: Iterable[Source], workers: int, lengths: Callable[[Iterable[Source]], Iterable[int]]
    ) -> Iterator[None]:
        """Compute the digests of sources that are read in slices, while they are read.

        Args:
            sources: those that are read.
            workers: how many read them.
            lengths: of texts that may be the beginnings of some.
        """
        with ThreadPoolExecutor(1, "logparse-digest") as executor:
            begun: dict[str, Future[TextDigest]] = {}
            for source in sources:
                if source.path is None or source.size is None or source.name in self._digests:
                    continue
                if is_long(source, workers) and is_plain(source):
                    wanted = (*lengths([source]), source.size)
                    begun[source.name] = executor.submit(digests.digest_file, source.path, wanted, source.size)
            yield
            for name, future in begun.items():
                with suppress(OSError):
                    self._digests[name] = future.result()

    def identified(self, source: Source, coverage: Coverage) -> Coverage:
        """Return coverage with the digest of the text that was read, or with a problem if the file has changed."""
        if coverage.digest or source.path is None or not coverage.bytes:
            return coverage
        with suppress(OSError):
            text = self._text(source, source.path, coverage.bytes)
            told = None if text is None else text.beginnings.get(coverage.bytes)
            if text is not None and told is not None:
                beginnings = tuple(each for each in sorted(text.beginnings.items()) if each[0] < coverage.bytes)
                return replace(coverage, digest=told, head=text.head, beginnings=beginnings)
        said = f"was written anew while it was read; some of its {coverage.bytes:,} bytes may be lost"
        problem = "; ".join(filter(None, (coverage.problem, said)))
        return replace(coverage, digest=uuid4().hex, head="", problem=problem, broken=True)

    def _text(self, source: Source, path: Path, size: int) -> TextDigest | None:
        """Return the digest of the first bytes of a file that was read in slices; None if they are not what was read.

        A file may have grown since. One that begins otherwise than it did is another.
        """
        first = self._digests.get(source.name)
        unchanged = self._unchanged(source)
        if unchanged and first is not None and size in first.beginnings:
            return first
        sizes = {size} if first is None else {size, first.size, *first.beginnings}
        again = digests.digest_file(path, sizes, max(sizes))
        same = unchanged if first is None else again.beginnings.get(first.size) == first.digest
        return again if same else None

    def packed(self, source: Source) -> list[Any] | None:
        """Return size and digest of a compressed file on disk; None if it is not compressed, or not what was read."""
        if source.path is None or not source.size or is_plain(source):
            return None
        on_disk = self._digests.get(source.name)
        try:
            on_disk = on_disk or digests.digest_file(source.path)
        except OSError:
            return None
        return [on_disk.size, on_disk.digest] if self._unchanged(source) else None

    def settled(self, source: Source) -> list[Any]:
        """Return the signature of a file if it has not changed and was written long enough ago; else empty."""
        told = self._signatures[source.name]
        return told if told and self._unchanged(source) and _is_settled(source, self._began) else []

    def _unchanged(self, source: Source) -> bool:
        return self._signatures[source.name] == signature(source)


def signature(source: Source) -> list[Any]:
    """Return size, times and number of a file or object, which change when it is written; empty if not known."""
    if source.remote is not None:
        return [] if source.modified is None else [source.size, source.modified]
    if source.path is None or source.size is None:
        return []
    try:
        status = source.path.stat()
    except OSError:
        return []
    return [status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino]


def _is_settled(source: Source, began: float) -> bool:
    """True if a file was written so long before reading began, in seconds since 1970, that its signature holds."""
    if source.remote is not None:
        return source.modified is not None
    try:
        return source.path is not None and max(source.path.stat().st_mtime, 0.0) < began - _FRESH <= time.time()
    except OSError:
        return False


def is_plain(source: Source) -> bool:
    """True if a file on disk is the text itself, not a compressed form of it."""
    if source.path is None or not source.path.is_file():
        return False
    try:
        with source.path.open("rb") as stream:
            return compression.detect_codec(stream.read(512)) is None
    except OSError:
        return False
