"""Lines of one process that are still to be read, with what was found out about them by looking ahead.

Owns: which lines these are, and that each is looked at once only. Must not know: what a line is.

Behind each name that a stranger typed, hundreds of lines are looked at, and a stranger can type one name a line.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from typing import TYPE_CHECKING, Final

from logparse.lines.bulk.alike_lines import AROUND
from logparse.lines.result import Place

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from logparse.common.timestamps import Stamp
    from logparse.envelopes.block import Block
    from logparse.formats.recognizer import Recognizer
    from logparse.lines.clock import Clock

#: Name and password sent to a form or token endpoint, in any line format.
_LOGIN: Final = re.compile(r"POST.{1,200}?/(?:login|token)")


class LinesAhead:
    """The lines that are still to be read.

    Args:
        recognizer: tells the line format of a line.
        clock: reads the stamps of the source.

    Attributes:
        texts: the lines.
        size: characters in them.
        places: where the source holds them.
        number: of the first of them, among all lines of the process, from 1.
        counted_as: for a line in the file's main format that cannot matter, that format; else empty.
    """

    def __init__(self, recognizer: Recognizer, clock: Clock) -> None:
        self.texts: list[str] = []
        self.size = 0
        self.places: list[Place] = []
        self.counted_as: list[str] = []
        self.number = 1
        self._recognizer = recognizer
        self._clock = clock
        self._stamps: list[Stamp | str | None] = []  # a text: not looked at
        self._logins: list[int] = []  # numbers of lines, from the first one of the process on
        self._searched = 0  # up to this number for logins
        self._in_order = (0, 0)  # from the first to before the second of these numbers, times do not go back
        self._newest: Stamp | None = None  # of these lines
        self._alike_up_to = 0  # in the file: behind the last lines that were skipped as alike
        self._like_them = 0  # so many of those that still wait are like these

    def __len__(self) -> int:
        return len(self.texts)

    def append(self, place: Place, text: str, counted_as: str) -> None:
        """Add a line."""
        self.texts.append(text)
        self.size += len(text)
        self.places.append(place)
        self.counted_as.append(counted_as)
        self._stamps.append("")

    def forget(self, count: int) -> None:
        """Forget the first lines."""
        self.size -= sum(map(len, self.texts[:count]))
        del self.texts[:count], self.places[:count], self.counted_as[:count], self._stamps[:count]
        self.number += count
        self._like_them = max(0, self._like_them - count)
        del self._logins[: bisect_left(self._logins, self.number)]

    def skip(self, count: int) -> None:
        """Take note of lines of the process that were read without being added, before all that wait."""
        self.number += count
        if self.texts:  # they have other numbers now
            self._in_order = 0, 0

    def skip_alike(self, place: Place, count: int) -> None:
        """Skip lines that are read alike, of which the first stands there."""
        self.skip(count)
        self._alike_up_to, self._like_them = place.line + count, len(self.texts)

    def are_like(self, place: Place, texts: Sequence[str]) -> bool:
        """Return whether all of them are equal to some lines, or stand near before the first one in the file.

        Those that were so when lines in front of these were skipped are not looked at again: of lines that are alike,
        not all are skipped together.
        """
        equal, near = set(texts), range(place.line - AROUND, place.line)
        start = self._like_them if self._alike_up_to in near or self._alike_up_to == place.line else 0
        waiting = zip(self.texts[start:], self.places[start:], strict=True)
        return all(text in equal or at.line in near for text, at in waiting)

    def place(self, number: int) -> Place:
        """Return where the source holds the line of a number."""
        return self.places[number - self.number]

    def stamp(self, at: int) -> Stamp | None:
        """Return the time of a line; None if it carries none."""
        stamp = self._stamps[at]
        if isinstance(stamp, str):
            _, fields = self._recognizer.recognize(self.texts[at].removesuffix("\r"))
            stamp = self._stamps[at] = self._clock.read_line(fields) if fields else None
        return stamp

    def are_in_order(self, start: int, end: int) -> bool:
        """Return whether the times of lines from ``start`` to before ``end`` never go back."""
        start, end = self.number + start, self.number + min(end, len(self.texts))
        first, upto = self._in_order
        if not first <= start <= upto:
            first = upto = start
            self._newest = None
        for number in range(upto, end):
            stamp, newest = self.stamp(number - self.number), self._newest
            if stamp is None:
                continue
            if newest and (stamp.zoned != newest.zoned or stamp.utc < newest.utc or stamp.wall < newest.wall):
                first = number
            self._newest = stamp
        self._in_order = first, max(upto, end)
        return first <= start

    def logins(self, start: int, end: int) -> list[int]:
        """Return which of the lines from ``start`` up to ``end`` are logins, the last one first."""
        first, end = self.number, min(end, len(self.texts))
        for number in range(max(self._searched, first), first + end):
            if _LOGIN.search(self.texts[number - first]):
                self._logins.append(number)
        self._searched = max(self._searched, first + end)
        low, high = bisect_left(self._logins, first + start), bisect_left(self._logins, first + end)
        return [number - first for number in reversed(self._logins[low:high])]


def read_lines_of(block: Block, order: int, start: int, end: int) -> Iterator[tuple[Place, str, str]]:
    """Yield some lines of a block as single ones: where each stands, its text, and as what it is counted if at all.

    Args:
        block: lines in the main format of their file.
        order: of its first line in the source.
        start: which of its lines is the first one wanted.
        end: which is the first one that is not.
    """
    kept = {line.at: line for line in block.single_lines}
    in_rows = set(block.rows.at.tolist())
    for at in range(start, end):
        line = kept.get(at)
        payload = block.payload(at) if line is None else line.payload
        place = Place(block.number(at), order + block.order(at), payload.wrap, block.process)
        may_matter = at in in_rows or (line is not None and line.wanted)
        yield place, payload.text, "" if may_matter else block.main_format.format_id
