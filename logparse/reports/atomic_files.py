"""Files that take their place only once they are complete.

Owns: temporary names, renaming, and what is left after a failure. Must not know: what is in a file.
"""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Literal, TypeAlias
from uuid import uuid4

from logparse.common.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Iterator

Target: TypeAlias = Path | Literal["-"]


@contextmanager
def open_target(path: Target, *, private: bool = False) -> Iterator[BinaryIO]:
    """Open a file to write; a regular file takes its place once it is complete, a pipe is written in place.

    Args:
        path: of the file, or ``-`` for standard output.
        private: nobody but the owner may read the file.

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
    with _as_output_error(path):
        if path.exists() and not path.is_file():  # a device or a pipe; a folder fails here
            with path.open("wb") as stream:
                yield stream
            return
        target = path.resolve()  # replace what a link points to, not the link
        target.parent.mkdir(parents=True, exist_ok=True)
        temporary = target.with_name(f".logparse-{uuid4().hex}.tmp")
        try:
            with temporary.open("xb") as stream:
                if private:
                    temporary.chmod(0o600)
                yield stream
                stream.flush()
                os.fsync(stream.fileno())
            temporary.replace(target)
        finally:
            temporary.unlink(missing_ok=True)


@contextmanager
def _as_output_error(path: Path) -> Iterator[None]:
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise OutputError(str(path), f"cannot be written: {error.strerror or error}") from error
