"""Steps on a disk, each of which is either done or not, and stays done if the power fails.

Owns: the order of writing and syncing, links and copies, comparing files, the wording of the system's errors. Must not
know: what a file is for.
"""

from __future__ import annotations

import errno
import os
import shutil
import stat
from contextlib import contextmanager, suppress
from hashlib import file_digest
from pathlib import Path
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from logparse.common.errors import OutputError

if TYPE_CHECKING:
    from collections.abc import Iterator

#: What a file system answers that has no hard links, or no more of them for one file.
_NO_LINKS: Final = frozenset(
    {errno.EPERM, errno.EACCES, errno.EMLINK, errno.EXDEV, errno.ENOSYS, errno.ENOTSUP, errno.EOPNOTSUPP, errno.EINVAL}
)
#: What some network file systems answer when a folder is to be synced: what is in it is durable at once, or never.
_NO_SYNC: Final = frozenset({errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EBADF})


@contextmanager
def telling(place: str, problem: str = "cannot be written") -> Iterator[None]:
    """Raise errors of the system as OutputError, about the path that they name, or else the place."""
    try:
        yield
    except OSError as error:
        path = error.filename if isinstance(error.filename, str | os.PathLike) else place
        raise OutputError(str(path), f"{problem}: {error.strerror or error}") from error


def sync(folder: Path) -> None:
    """Make durable what was named, renamed or removed in a folder."""
    if os.name == "nt":
        return  # a folder cannot be opened there
    file = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(file)
    except OSError as error:
        if error.errno not in _NO_SYNC:
            raise
    finally:
        os.close(file)


def made(folder: Path) -> Path:
    """Return a folder, and make it if it is missing."""
    missing = [each for each in (folder, *folder.parents) if not each.exists()]
    for each in reversed(missing):
        each.mkdir(exist_ok=True)
        with suppress(PermissionError):  # in a folder that may be passed, not read
            sync(each.parent)
    return folder


def write(path: Path, data: bytes) -> None:
    """Write a new file; its name is durable once its folder is synced."""
    with path.open("xb") as stream:
        stream.write(data)
        stream.flush()
        os.fsync(stream.fileno())


def repeat(source: Path, target: Path) -> None:
    """Give a file a second name: a hard link, or a copy with the same time if the file system has no links."""
    try:
        os.link(source, target, follow_symlinks=False)
    except NotImplementedError:  # Windows follows links, or says this
        pass
    except OSError as error:
        if error.errno not in _NO_LINKS or not source.exists():
            raise
    else:
        return
    if source.is_symlink():
        target.symlink_to(source.readlink())
        return
    with source.open("rb") as whence, target.open("xb") as stream:
        shutil.copyfileobj(whence, stream, 1024 * 1024)
        stream.flush()
        os.fsync(stream.fileno())
    shutil.copystat(source, target)


def replace(source: Path, target: Path, tmp: Path) -> None:
    """Give a file a second name, as ``repeat`` does, in place of what may have that name."""
    made(target.parent)
    beside = tmp / uuid4().hex
    repeat(source, beside)
    beside.replace(target)  # does nothing if both are the same file
    beside.unlink(missing_ok=True)


def there(path: Path) -> bool:
    """True if there is anything of that name, even a link to nowhere."""
    return os.path.lexists(path)


def free(home: Path, relative: str) -> bool:
    """True if something could be moved to a path below ``home``."""
    path = home
    for part in relative.split("/")[:-1]:
        path /= part
        if there(path) and (path.is_symlink() or not path.is_dir()):
            return False
    return not there(home / relative)


def digest(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as stream:
        return file_digest(stream, "sha256").hexdigest()


def regular(path: Path) -> os.stat_result | None:
    """Return the status of a regular file; None: there is no regular file of this name."""
    try:
        found = path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    return found if stat.S_ISREG(found.st_mode) else None


def twins(one: Path, other: Path) -> bool:
    """True if two names are of one file, or of a file and the copy that ``repeat`` made of it."""
    first, second = regular(one), regular(other)
    if first is None or second is None:
        return False
    if os.path.samestat(first, second):
        return True
    return (first.st_size, first.st_mtime_ns) == (second.st_size, second.st_mtime_ns)


def alike(one: Path, other: Path) -> bool:
    """True if two files, or links, have the same content."""
    if one.is_symlink() and other.is_symlink():
        return one.readlink() == other.readlink()
    first, second = regular(one), regular(other)
    if first is None or second is None:
        return False
    return os.path.samestat(first, second) or (first.st_size == second.st_size and digest(one) == digest(other))


def files(folder: Path) -> Iterator[tuple[Path, str]]:
    """Yield everything below a folder that is no folder, with its path from there, in order; links are not followed."""
    for entry in sorted(os.scandir(folder), key=lambda each: each.name):
        if entry.is_dir(follow_symlinks=False):
            yield from ((path, f"{entry.name}/{below}") for path, below in files(Path(entry.path)))
        else:
            yield Path(entry.path), entry.name


def folders(folder: Path) -> Iterator[Path]:
    """Yield all folders below a folder, and then the folder itself: inner ones come first."""
    for entry in sorted(os.scandir(folder), key=lambda each: each.name):
        if entry.is_dir(follow_symlinks=False):
            yield from folders(Path(entry.path))
    yield folder


def prune(folder: Path) -> None:
    """Remove a folder as far as there are only folders in it."""
    for each in folders(folder):
        with suppress(OSError):  # something is in it
            each.rmdir()
