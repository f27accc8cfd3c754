"""Files that take their place only once they are complete, one by one or all of a run together.

Owns: temporary names, renaming, and what is left after a failure. Must not know: what is in a file.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Literal, TypeAlias
from uuid import uuid4

from logparse.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Iterator

Target: TypeAlias = Path | Literal["-"]


@contextmanager
def sink(path: Target) -> Iterator[BinaryIO]:
    """Open what to write to; a regular file takes its place once it is complete, a pipe is written in place.

    Raises:
        OutputError: the file cannot be written; what was there before is there still.
        BrokenPipeError: the reader of standard output, or of a pipe, has gone.
    """
    if path == "-":
        if sys.stdout is None:
            raise OutputError("standard output", "is closed")
        sys.stdout.flush()
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    if path.exists() and not path.is_file():  # a device or a pipe; a folder fails here
        with _telling(path), path.open("wb") as stream:
            yield stream
        return
    with together() as batch, batch.sink(path) as stream:
        yield stream


@contextmanager
def together(folder: Path | None = None) -> Iterator[Batch]:
    """Files that take their places together, at the end; if anything fails before that, none does.

    Args:
        folder: what all of them are in; named where an error says what has become of the others.

    Raises:
        OutputError: one of them cannot be written.
    """
    batch = Batch()
    try:
        yield batch
        batch.take_place()
    except OutputError as error:
        if folder is None:
            raise
        state = "some files in {} are new, others are not: run again" if batch.placed else "nothing in {} was changed"
        raise OutputError(error.target, f"{error.problem}; {state.format(folder)}") from error
    finally:
        batch.discard()


class Batch:
    """Files written under temporary names beside their places. See ``together``.

    Attributes:
        placed: how many of them have taken their places.
    """

    def __init__(self) -> None:
        self.placed = 0
        self._ready: list[tuple[Path, Path]] = []  # temporary and final place
        self._obsolete: list[Path] = []
        self._folders: list[Path] = []  # that were made for these files, outermost first

    @contextmanager
    def sink(self, path: Path) -> Iterator[BinaryIO]:
        """Open a file to write to.

        Raises:
            OutputError: it cannot be written.
        """
        with _telling(path):
            target = path.resolve()  # replace what a link points to, not the link
            self._make(target.parent)
            temporary = target.with_name(f".logparse-{uuid4().hex}.tmp")
            self._ready.append((temporary, target))
            with temporary.open("xb") as stream:
                yield stream

    def remove(self, path: Path) -> None:
        """Remove a file, if it is there, once the others have taken their places."""
        self._obsolete.append(path)

    def take_place(self) -> None:
        """Give all files their names.

        Raises:
            OutputError: one of them cannot be named so, or an obsolete one not removed.
        """
        while self._ready:
            temporary, target = self._ready[0]
            with _telling(target):
                temporary.replace(target)
            del self._ready[0]
            self.placed += 1
        self._folders.clear()
        for path in self._obsolete:
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                raise OutputError(str(path), f"cannot be removed: {error.strerror}") from error

    def discard(self) -> None:
        """Remove what did not take its place."""
        for temporary, _ in self._ready:
            temporary.unlink(missing_ok=True)
        for folder in reversed(self._folders):
            with suppress(OSError):  # there is something in it
                folder.rmdir()

    def _make(self, folder: Path) -> None:
        missing = [each for each in (folder, *folder.parents) if not each.exists()]
        for each in reversed(missing):
            each.mkdir(exist_ok=True)
            self._folders.append(each)


@contextmanager
def _telling(path: Path) -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputError(str(path), f"cannot be written: {error.strerror or error}") from error
