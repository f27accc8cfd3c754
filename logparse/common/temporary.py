"""Temporary folders, and removing those of runs that were killed.

Owns: making a folder that nobody else may read, and removing it once its owner is gone. Must not know: what is in it.

Beside each folder is a file that its owner has locked. The file is there before the folder and after it, so that a
folder without an owner can be recognised at any moment.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import weakref
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

from logparse.common.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Callable

try:
    import fcntl
except ImportError:  # Windows keeps open files from being removed instead
    fcntl = None  # type: ignore[assignment]
_PREFIX: Final = "logparse-"
_LOCK: Final = ".lock"
_TRIES: Final = 100


class Folder:
    """A temporary folder, which is removed with this object, or at the end of the process.

    Attributes:
        path: where it is.
    """

    def __init__(self) -> None:
        """Make it.

        Raises:
            OSError: it cannot be made.
        """
        for _ in range(_TRIES):
            number, name = tempfile.mkstemp(prefix=_PREFIX, suffix=_LOCK)
            try:
                lock = os.fdopen(number, "r+b")
                if _is_locked(lock, Path(name)):
                    break
            except BaseException:  # a signal that ends the process
                Path(name).unlink(missing_ok=True)
                raise
            lock.close()  # another run has just swept it
        self.path = Path(name.removesuffix(_LOCK))
        self.remove: Callable[[], object] = weakref.finalize(self, _remove, self.path, lock)
        self.path.mkdir(mode=0o700)  # last, since a signal may end the process right here


def sweep() -> None:
    """Remove temporary folders whose owners were killed."""
    for path in Path(tempfile.gettempdir()).glob(f"{_PREFIX}*{_LOCK}"):
        with suppress(OSError):
            if hasattr(os, "getuid") and path.lstat().st_uid != os.getuid():
                continue
            with path.open("r+b") as lock:
                if _is_locked(lock, path):
                    _remove(path.with_name(path.name.removesuffix(_LOCK)), lock)


def cannot_hold(folder: Folder | None, error: OSError) -> OutputError:
    """Make the error of a temporary folder that cannot hold what it should."""
    return OutputError(
        "the temporary folder" if folder is None else str(folder.path),
        f"cannot hold what was found: {error.strerror or error}; set TMPDIR to a folder with more room",
    )


def _is_locked(file: IO[bytes], path: Path) -> bool:
    """Lock a file until it is closed or the process ends; return whether that succeeded and the file is still there."""
    if fcntl is not None:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except OSError:
        return False


def _remove(path: Path, lock: IO[bytes]) -> None:
    try:
        _delete(path)
    except BaseException:  # a signal that ends the process: nobody else would remove the rest
        _delete(path)
        raise
    finally:
        lock.close()


def _delete(path: Path) -> None:
    shutil.rmtree(path, ignore_errors=True)
    with suppress(OSError):
        path.with_name(path.name + _LOCK).unlink()
