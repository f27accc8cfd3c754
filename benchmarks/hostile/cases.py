"""What a case is: a log that can be written in any size.

Owns: the type, how its files are written, how a function becomes a case. Must not know: which cases there are.
"""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path
    from typing import TextIO

    #: Lines by the name of the file that they stand in; a name that begins with ``export`` is no log.
    Files = dict[str, Iterable[str]]


@dataclass(frozen=True, slots=True)
class Case:
    """A log that is made to cost much.

    Attributes:
        name: of the case.
        hurts: what there is much of, in words.
        number: how many of them make a log of about a megabyte.
        files: the lines of a log with so many.
        options: of `logparse attempts`; names of files beginning with ``export`` are files of the case.
        command: the command of `logparse` that is hurt.
    """

    name: str
    hurts: str
    number: int
    files: Callable[[int], Files]
    options: tuple[str, ...] = ()
    command: str = "attempts"

    def write(self, folder: Path, number: int) -> int:
        """Write the files of the case to a folder, the logs to ``logs`` in it; return how many bytes of text these are.

        A file whose name ends in ``.gz`` is packed.
        """
        logs = folder / "logs"
        logs.mkdir(parents=True, exist_ok=True)
        size = 0
        for name, lines in self.files(number).items():
            path = (folder if name.startswith("export") else logs) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            with _open(path) as stream:
                for line in lines:
                    size += stream.write(line)
        return size


def _open(path: Path) -> TextIO:
    if path.suffix == ".gz":
        return gzip.open(path, "wt", encoding="utf-8", newline="")
    return path.open("w", encoding="utf-8", newline="")


def case(
    hurts: str, number: int, *options: str, command: str = "attempts"
) -> Callable[[Callable[[int], Files | Iterable[str]]], Case]:
    """Make a case of a function from a number to files, or to the lines of one."""

    def add(make: Callable[[int], Files | Iterable[str]]) -> Case:
        def files(number: int) -> Files:
            made = make(number)
            return made if isinstance(made, dict) else {"server.log": made}

        return Case(make.__name__.strip("_").replace("_", "-"), hurts, number, files, options, command)

    return add
