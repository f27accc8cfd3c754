"""Lines that end a line begun before them, in envelopes that cut long lines into parts.

Owns: which lines of a file are no whole lines, though they look like one. Must not know: how parts are joined.

The last part of a line is written like a whole line. What stands in it may be a caller's: who sends a header so long
that the line is cut where he likes could write a line of the log there. So the part is told by the one before it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from logparse.envelopes.contents import decode_value
from logparse.envelopes.line_parts import FAR
from logparse.envelopes.loader import find_envelope

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from logparse.envelopes.envelope import Opened
    from logparse.envelopes.origin import Origin


#: So many lines at the end of a chunk are read one by one where the end of a line comes before its beginning.
_LAST: Final = 40


class PartWatch:
    """Watches the lines of one file.

    Args:
        path: ids of the envelopes that its lines are in, the outermost first.
        backwards: the newest line is the first of the file, so the end of a line comes before its beginning.
    """

    def __init__(self, path: Sequence[str], *, backwards: bool) -> None:
        self._backwards = backwards
        outermost = find_envelope(path[0]) if path else None
        self._envelope = None if outermost is None or "more" not in outermost.keys else outermost
        self._begun: dict[Origin, int] = {}  # lines that are not whole yet, and how long their ends are waited for

    def find_ends(self, differs: NDArray[np.bool_], raw_line: Callable[[int], str]) -> NDArray[np.int64]:
        """Return the places of lines, among those that follow, that end a line begun before, or go on with one.

        Args:
            differs: which of these lines are not whole lines in the main format.
            raw_line: returns one, by its place.
        """
        if self._envelope is None:
            return np.array([], np.int64)
        if not self._backwards:
            return np.array(self._follow(differs, raw_line), np.int64)
        last = len(differs) - 1
        ends = last - np.array(self._follow(differs[::-1], lambda at: raw_line(last - at)), np.int64)
        self._begun.clear()
        # What comes next may begin with the beginning of one of these.
        return np.union1d(ends, np.arange(max(last + 1 - _LAST, 0), last + 1))

    def _follow(self, differs: NDArray[np.bool_], raw_line: Callable[[int], str]) -> list[int]:
        """Return the places that ``find_ends`` returns, for lines of which the oldest is the first."""
        ends = list[int]()
        others = np.flatnonzero(differs)
        at = 0
        while at < len(differs):
            if not self._begun:
                nth = int(np.searchsorted(others, at))
                if nth == len(others):
                    break
                at = int(others[nth])
            opened = self._open(raw_line(at))
            if opened is not None:
                if opened.origin in self._begun:
                    ends.append(at)
                self._begun.pop(opened.origin, None)
            self._begun = {origin: left - 1 for origin, left in self._begun.items() if left > 1}
            if opened is not None and opened.more:
                self._begun[opened.origin] = FAR
            at += 1
        return ends

    def _open(self, text: str) -> Opened | None:
        assert self._envelope is not None
        value = decode_value(text) if self._envelope.of_records else text
        fits = isinstance(value, dict if self._envelope.of_records else str)
        return self._envelope.open(value) if fits else None
