"""One process at a time, by a lock that the system takes back when its holder dies.

Owns: the lock file, and who is said to hold it. Must not know: what is locked.
"""

from __future__ import annotations

import json
import os
import socket
import sys
import time
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from logparse.archive.storage import disk
from logparse.archive.storage.interface import LockedError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl
_ASK_SECONDS: Final = 0.05
#: Windows lets nobody read what is locked; nothing is ever written here.
_AT: Final = 1 << 20
_held: Final[set[int]] = set()


@contextmanager
def held(path: Path, place: str, wait: float) -> Iterator[None]:
    """Hold a lock.

    Raises:
        LockedError: somebody else holds it.
        OutputError: the file cannot be written, or locked.
    """
    with disk.telling(place):
        file = os.open(path, os.O_RDWR | os.O_CREAT | getattr(os, "O_CLOEXEC", 0), 0o666)
    _held.add(file)
    try:
        deadline = time.monotonic() + wait
        while not _taken(file, place):
            if time.monotonic() >= deadline:
                raise LockedError(place, f"is being written to by {_holder(file)}; wait for it to end, or end it")
            time.sleep(_ASK_SECONDS)
        _note(file, json.dumps({"host": socket.gethostname(), "pid": os.getpid(), "since": _now()}))
        try:
            yield
        finally:
            _note(file, "")
    finally:
        if file in _held:
            _held.discard(file)
            os.close(file)


def _taken(file: int, place: str) -> bool:
    with disk.telling(place):
        try:
            if sys.platform == "win32":
                os.lseek(file, _AT, os.SEEK_SET)
                msvcrt.locking(file, msvcrt.LK_NBLCK, 1)
            else:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except (BlockingIOError, PermissionError):
            return False
    return True


def _note(file: int, text: str) -> None:
    with suppress(OSError):  # the lock holds without: the disk may be full
        os.ftruncate(file, 0)
        os.lseek(file, 0, os.SEEK_SET)
        os.write(file, text.encode())


def _holder(file: int) -> str:
    try:
        os.lseek(file, 0, os.SEEK_SET)
        told = json.loads(os.read(file, 4096))
        return f"process {int(told['pid'])} on {told['host']} since {told['since']}"
    except (OSError, ValueError, TypeError, KeyError):
        return "another process"


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def _let_go() -> None:
    """A forked process would keep the lock beyond the end of its holder."""
    for file in _held:
        with suppress(OSError):
            os.close(file)
    _held.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_let_go)
