"""Temporary folders, and those that runs left which were killed.

Owns: making a folder that nobody else may look into, and sweeping it once its owner is no more. Must not know: what is
in it.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import weakref
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

from logparse.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Callable

try:
    import fcntl
except ImportError:  # Windows keeps open files from being removed instead
    fcntl = None  # type: ignore[assignment]

_PREFIX: Final = "logparse-"
_LOCK: Final = "owner"


class Folder:
    """A temporary folder, which goes with this object, or with the process.

    Attributes:
        path: where it is.
    """

    def __init__(self) -> None:
        """Make it.

        Raises:
            OSError: it cannot be made.
        """
        self.path = Path(tempfile.mkdtemp(prefix=_PREFIX))
        lock = (self.path / _LOCK).open("wb")
        _locked(lock)
        self.remove: Callable[[], object] = weakref.finalize(self, _remove, self.path, lock)


def sweep() -> None:
    """Remove temporary folders whose owners were killed."""
    for path in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*"):
        with suppress(OSError):
            if hasattr(os, "getuid") and path.lstat().st_uid != os.getuid():
                continue
            with (path / _LOCK).open("r+b") as lock:
                if _locked(lock):
                    shutil.rmtree(path, ignore_errors=True)


def cannot_hold(folder: Folder | None, error: OSError) -> OutputError:
    """What to tell of a folder that cannot hold what it should."""
    return OutputError(
        "the temporary folder" if folder is None else str(folder.path),
        f"cannot hold what was found: {error.strerror or error}; set TMPDIR to a folder with more room",
    )


def _locked(file: IO[bytes]) -> bool:
    """Lock a file until it is closed or the process ends; whether nobody else has."""
    if fcntl is None:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _remove(path: Path, lock: IO[bytes]) -> None:
    shutil.rmtree(path, ignore_errors=True)
    lock.close()
