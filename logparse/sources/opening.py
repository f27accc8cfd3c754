"""Opening what is read: files, objects and streams; pipes, into which perhaps nobody writes; no devices.

Owns: which of these are opened and how, and how long a pipe is waited for. Must not know: what is in them.
"""

from __future__ import annotations

import os
import select
import stat
import sys
from contextlib import nullcontext, suppress
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final

from logparse.common.errors import InputError
from logparse.sources.member_contents import open_member
from logparse.sources.object_stores import objects

if TYPE_CHECKING:
    from logparse.sources.source import Source

#: How long somebody may take to open a pipe for writing, in seconds.
PATIENCE: Final = 60


def open_source(source: Source, stdin: BinaryIO | None = None) -> BinaryIO | nullcontext[BinaryIO]:
    """Open a source as it is on disk or in its store, to be read from front to back; standard input is not closed.

    Raises:
        InputError: it cannot be opened.
    """
    if source.remote is not None:
        return objects.open_object(source.remote)
    if source.member is not None:
        return open_member(source.member, source.name)
    if source.path is None:
        return nullcontext(stdin or standard_input())
    try:
        if source.path.is_fifo():
            return _open_pipe(source.path, source.name)
        return source.path.open("rb", buffering=0)
    except IsADirectoryError as error:
        raise InputError(source.name, "is a folder", "name the files inside") from error
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise InputError(source.name, f"cannot be opened: {reason}", "check that it can be read") from error


def standard_input() -> BinaryIO:
    """Return the bytes of standard input.

    Raises:
        InputError: it is closed, or a device that may never end.
    """
    if sys.stdin is None:
        raise InputError("-", "standard input is closed", "name a file, or pipe something in")
    with suppress(OSError, ValueError):  # a stream of Python's own has no file
        refuse_device(os.fstat(sys.stdin.buffer.fileno()), "-", sys.stdin.buffer)
    return sys.stdin.buffer


def refuse_device(status: os.stat_result, name: str, terminal: BinaryIO | Path | None = None) -> None:
    """Refuse what is no source of lines that ends: ``/dev/zero``, ``/dev/urandom``, disks.

    Terminals end when a person says so, and the null device is an empty file.

    Args:
        status: of what would be read.
        name: of it, for the message.
        terminal: it, as a stream or a path, to see whether it is a terminal.

    Raises:
        InputError: it is a device of another kind.
    """
    if not (stat.S_ISCHR(status.st_mode) or stat.S_ISBLK(status.st_mode)):
        return
    if status.st_rdev == Path(os.devnull).stat().st_rdev or (terminal is not None and _is_terminal(terminal)):
        return
    raise InputError(name, "is a device, which may never end", "name a file, or pipe in as much as is wanted: head -c")


def _open_pipe(path: Path, name: str) -> BinaryIO:
    """Open a named pipe, once somebody writes into it.

    Raises:
        InputError: nobody did so for a minute.
    """
    stream = os.fdopen(os.open(path, os.O_RDONLY | os.O_NONBLOCK), "rb", buffering=0)
    poll = select.poll()
    poll.register(stream, select.POLLIN | select.POLLHUP)
    if not poll.poll(PATIENCE * 1000):
        stream.close()
        raise InputError(
            name, f"is a pipe into which nobody wrote for {PATIENCE} seconds", "start what writes into it first"
        )
    os.set_blocking(stream.fileno(), True)
    return stream


def _is_terminal(stream: BinaryIO | Path) -> bool:
    if hasattr(stream, "isatty"):
        return bool(stream.isatty())
    try:
        number = os.open(stream, os.O_RDONLY | os.O_NONBLOCK | os.O_NOCTTY)
    except OSError:
        return False
    try:
        return os.isatty(number)
    finally:
        os.close(number)
