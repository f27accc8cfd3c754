"""``CountedPaths``: in which envelopes known lines of a file are, those of most lines first.

Owns: their order, and how many are remembered. Must not know: what an envelope is.
"""

from __future__ import annotations

from collections import Counter
from typing import Final

#: So many ways in which lines of a file are wrapped are remembered.
_PATHS: Final = 8


class CountedPaths:
    """Counts known lines by the envelopes that they are in.

    Attributes:
        paths: ids of the envelopes, the outermost first; those of most lines come first.
    """

    def __init__(self) -> None:
        self.paths: list[tuple[str, ...]] = [()]
        self._known_lines: Counter[tuple[str, ...]] = Counter()

    def add(self, path: tuple[str, ...]) -> None:
        """Count one more known line in these envelopes."""
        self._known_lines[path] += 1
        at = self.paths.index(path) if path in self.paths else len(self.paths)
        if at == len(self.paths):
            self.paths.append(path)
            del self.paths[_PATHS:]
        while 0 < at < len(self.paths) and self._known_lines[path] > self._known_lines[self.paths[at - 1]]:
            self.paths[at - 1], self.paths[at] = self.paths[at], self.paths[at - 1]
            at -= 1
