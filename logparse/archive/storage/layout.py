"""Where everything of an archive is in its folder, and which of its generations holds.

Owns: the names below ``.logparse``, and the pointer to the generation that holds. Must not know: how a generation comes
about.

The pointer is a symbolic link that all visible files are reached through. Where there are no symbolic links it is a
file with a number, and visible files are in the folder itself. Where an archive was copied with all links followed it
is a folder, until ``settle`` makes it a pointer again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final
from uuid import uuid4

from logparse.archive.storage import disk
from logparse.archive.storage.sealed import INDEX, OWN_FOLDER, RECORD, number_of, numbered, unsealed
from logparse.common.errors import OutputError

if TYPE_CHECKING:
    from pathlib import Path

    from logparse.archive.storage.sealed import Generation

#: A generation may go while it is being read, since the next one holds; never so often in a row.
_TRIES: Final = 20


@dataclass(frozen=True, slots=True)
class Layout:
    """The folder of an archive.

    Attributes:
        folder: that users see.
    """

    folder: Path

    @property
    def root(self) -> Path:
        """What is not for users."""
        return self.folder / OWN_FOLDER

    @property
    def lock(self) -> Path:
        """The lock file; it is never removed."""
        return self.root / "lock"

    @property
    def objects(self) -> Path:
        """All objects, in folders by the first two digits."""
        return self.root / "objects"

    @property
    def generations(self) -> Path:
        """A folder for each generation; one, unless something is going on."""
        return self.root / "generations"

    @property
    def tmp(self) -> Path:
        """What is being made."""
        return self.root / "tmp"

    @property
    def incoming(self) -> Path:
        """What was found in the way, until each file of it is either known or moved."""
        return self.root / "incoming"

    @property
    def replaced(self) -> Path:
        """Files that are not ours and had to give way."""
        return self.root / "replaced"

    @property
    def current(self) -> Path:
        """The pointer."""
        return self.root / "current"

    @property
    def following(self) -> Path:
        """The pointer that counts while ``current`` is missing: a folder of that name was just moved away."""
        return self.root / "current.next"

    def object(self, name: str) -> Path:
        """Where an object is."""
        return self.objects / name[:2] / name

    def generation(self, number: int) -> Path:
        """Where a generation is."""
        return self.generations / numbered(number)

    def fresh(self) -> Path:
        """A path below ``tmp`` that is not taken."""
        return disk.made(self.tmp) / uuid4().hex

    def numbers(self) -> list[int]:
        """Of all generations there, those that were never committed among them."""
        try:
            names = [each.name for each in self.generations.iterdir()]
        except (FileNotFoundError, NotADirectoryError):
            return []
        return sorted(number for name in names if (number := number_of(name)) is not None)

    def links(self) -> bool:
        """Whether visible files are reached through symbolic links; tried where nothing says so."""
        if self.current.is_symlink():
            return True
        if self.current.is_file():
            return False
        trial = self.fresh()
        try:
            trial.symlink_to("nowhere")
        except (OSError, NotImplementedError):
            return False
        trial.unlink()
        return True

    def home(self, held: Path) -> Path:
        """The folder that holds the visible files of a generation in the folder ``held``."""
        return held if self.current.is_dir() else self.folder

    def pointed(self) -> Path | None:
        """The folder of the generation that holds; None: none does.

        Raises:
            ValueError: the pointer is damaged.
        """
        for pointer in (self.current, self.following):
            if pointer.is_symlink():
                return self.root / pointer.readlink()
            if pointer.is_dir():
                return pointer
            if pointer.is_file():
                number = number_of(pointer.read_text("utf-8", "replace").strip())
                if number is None:
                    raise ValueError("is damaged")
                return self.generation(number)
        if any(number > 1 for number in self.numbers()):
            raise ValueError("is missing")
        return None


def read(folder: Path) -> Generation:
    """Read a generation.

    Raises:
        ValueError: it is damaged.
        OSError: it cannot be read.
    """
    return unsealed((folder / RECORD).read_bytes(), (folder / INDEX).read_bytes())


def head(layout: Layout) -> tuple[Path, Generation] | None:
    """The generation that holds, and its folder; None: none does.

    Raises:
        OutputError: it cannot be read, or is damaged.
    """
    damage: Exception | None = None
    before, folder = layout.folder, None
    with disk.telling(str(layout.folder), "cannot be read"):
        for _ in range(_TRIES):
            try:
                folder = layout.pointed()
                return None if folder is None else (folder, read(folder))
            except (FileNotFoundError, NotADirectoryError, ValueError) as error:
                damage = error
            if folder in {before, None}:
                break
            before = folder
    raise OutputError(
        str(layout.folder), f"is damaged: the index {_what(damage)}; logparse archive verify {layout.folder} says more"
    )


def _what(damage: Exception | None) -> str:
    return str(damage) if isinstance(damage, ValueError) else "is missing"
