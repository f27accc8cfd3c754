"""``Item``: a line of a file, or a record of a document in it; ``Part``: many of them.

Owns: the form in which they are passed on, and lines that can be put back.
Must not know: how documents are read, what records mean.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from logparse.envelopes.block import Block
    from logparse.formats.json_lines.objects import Record

#: No line that tells of a request, and no message, has so few characters; no entry of a document has no longer line.
TOO_SHORT: Final = 32


class Item(NamedTuple):
    """A line, a record, or lines of a document that hold no record.

    Attributes:
        line: 1-based number of its first line in the file.
        text: the line as it stands there; empty for a record that is no line by itself.
        record: its keys and values; None for a line.
        lines: how many lines of the file it takes.
        hollow: it holds nothing of a log: brackets, a header, a separator.
        alike: texts of lines that follow one another and are read alike, of which this is the first.
    """

    line: int
    text: str
    record: Record | None = None
    lines: int = 1
    hollow: bool = False
    alike: Sequence[str] = ()

    @property
    def value(self) -> str | Record:
        """The record, or else the line."""
        return self.text if self.record is None else self.record


class AlikeLines(NamedTuple):
    """Lines that follow one another amid many more like them: all equal, or such that say nothing.

    Attributes:
        line: number of the first one in the file.
        texts: the lines.
        differ: not all are equal, so all say nothing, and none is of a document, whatever it looks like.
    """

    line: int
    texts: Sequence[str]
    differ: bool = False


class Part(NamedTuple):
    """Records of a document, and lines of it that are none, in its order.

    Attributes:
        texts: without line breaks.
        numbers: of the lines of the file in which they begin.
        cut_bytes: so much was dropped of a text that was too long.
    """

    texts: Sequence[bytes]
    numbers: NDArray[np.int64]
    cut_bytes: int = 0


class LineQueue:
    """Numbered lines of a file, of which some can be put back.

    Iteration ends at every block, and at lines that differ and are alike, as no document goes on there. Whoever takes
    these can go on behind them.
    """

    def __init__(self, lines: Iterator[Line]) -> None:
        self._lines = lines
        self._alike = AlikeLines(0, ())
        self._taken = 0  # so many of them
        self._back: list[tuple[int, str]] = []
        self._block: Block | AlikeLines | None = None

    def __iter__(self) -> LineQueue:
        return self

    def __next__(self) -> tuple[int, str]:
        if self._back:
            return self._back.pop()
        if self._taken < len(self._alike.texts):
            self._taken += 1
            return self._alike.line + self._taken - 1, self._alike.texts[self._taken - 1]
        following = self._block or next(self._lines)
        if not isinstance(following, AlikeLines):
            if isinstance(following, tuple):
                return following
        elif not following.differ:
            self._alike, self._taken = following, 0
            return next(self)
        self._block = following
        raise StopIteration

    def take_alike(self) -> AlikeLines:
        """Return the next lines, if they are equal and amid many more of them; none if they are not."""
        line, texts, _ = self._alike
        if self._taken == len(texts) or any(text != texts[0] for _, text in self._back):
            return AlikeLines(line, ())
        back, rest = len(self._back), texts[self._taken :]
        line += self._taken - back
        self._taken = len(texts)
        self._back.clear()
        return AlikeLines(line, [texts[0]] * back + [*rest])

    def take_block(self) -> Block | AlikeLines | None:
        """Return the block, or the lines, that the iteration ended at; None if it is the end of the file."""
        block, self._block = self._block, None
        return block

    def put_back(self, number: int, line: str) -> None:
        """Let this line be the next one."""
        self._back.append((number, line))

    def put_all_back(self, number: int, lines: list[str]) -> None:
        """Let these lines be the next ones, of which the first has this number."""
        for at in range(len(lines) - 1, -1, -1):
            self.put_back(number + at, lines[at])


#: What the lines of a file are passed on as: one with its number, several that are alike, or those of a block.
Line: TypeAlias = "tuple[int, str] | AlikeLines | Block"
