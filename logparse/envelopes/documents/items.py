"""What a file is made of: lines, and records of the documents in it.

Owns: the form that both are passed on in. Must not know: how documents are read, what records mean.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

    from logparse.envelopes.block import Stretch

Record = dict[str, Any]


class Item(NamedTuple):
    """A line, a record, or lines of a document that hold no record.

    Attributes:
        line: 1-based number of its first line in the file.
        text: the line as it stands there; empty for a record that is no line by itself.
        record: its keys and values; None for a line.
        lines: how many lines of the file it takes.
        hollow: it holds nothing of a log: brackets, a header, a separator.
        stretch: the lines, if they were found to be usual ones.
    """

    line: int
    text: str
    record: Record | None = None
    lines: int = 1
    hollow: bool = False
    stretch: Stretch | None = None


class Source:
    """Numbered lines of a file, of which some can be put back.

    It ends at every stretch, as no document goes on there; whoever takes that can go on behind it.
    """

    def __init__(self, lines: Iterator[tuple[int, str] | Stretch]) -> None:
        self._lines = lines
        self._back: list[tuple[int, str]] = []
        self._stretch: Stretch | None = None

    def __iter__(self) -> Source:
        return self

    def __next__(self) -> tuple[int, str]:
        if self._back:
            return self._back.pop()
        following = self._stretch or next(self._lines)
        if isinstance(following, tuple):
            return following
        self._stretch = following
        raise StopIteration

    def stretch(self) -> Stretch | None:
        """What the lines ended at; None if it is the end of the file."""
        found, self._stretch = self._stretch, None
        return found

    def put_back(self, number: int, line: str) -> None:
        """The next line is this one."""
        self._back.append((number, line))

    def put_all_back(self, number: int, lines: list[str]) -> None:
        """The next lines are these, of which the first has this number."""
        for at in range(len(lines) - 1, -1, -1):
            self.put_back(number + at, lines[at])
