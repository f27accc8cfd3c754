"""What a file is made of: lines, and records of the documents in it.

Owns: the form that both are passed on in. Must not know: how documents are read, what records mean.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

Record = dict[str, Any]


class Item(NamedTuple):
    """A line, a record, or lines of a document that hold no record.

    Attributes:
        line: 1-based number of its first line in the file.
        text: the line as it stands there; empty for a record that is no line by itself.
        record: its keys and values; None for a line.
        lines: how many lines of the file it takes.
        hollow: it holds nothing of a log: brackets, a header, a separator.
    """

    line: int
    text: str
    record: Record | None = None
    lines: int = 1
    hollow: bool = False


class Source:
    """Numbered lines of a file, of which some can be put back."""

    def __init__(self, lines: Iterator[tuple[int, str]]) -> None:
        self._lines = lines
        self._back: list[tuple[int, str]] = []

    def __iter__(self) -> Source:
        return self

    def __next__(self) -> tuple[int, str]:
        return self._back.pop() if self._back else next(self._lines)

    def put_back(self, number: int, line: str) -> None:
        """The next line is this one."""
        self._back.append((number, line))

    def put_all_back(self, number: int, lines: list[str]) -> None:
        """The next lines are these, of which the first has this number."""
        for at in range(len(lines) - 1, -1, -1):
            self.put_back(number + at, lines[at])
