"""The main formats of sources that were read before: what the first lines of the next source are tried on.

Owns: which of them are tried, and how many lines make that worth while.
Must not know: how lines are tried.

An archive of logs can hold thousands of small files. To read the first lines of each one by one takes longer than all
the rest. What is remembered saves time and changes no result.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

from logparse.envelopes.fronts.template import is_front
from logparse.envelopes.loader import find_envelope

if TYPE_CHECKING:
    from logparse.envelopes.block import MainFormat
    from logparse.lines.bulk.sorted_lines import SortedLines

#: So many are tried on a source.
_KEPT: Final = 4
#: Fewer lines are not sorted with those of other sources.
LEAST: Final = 4
#: So many sources that are too small to be read in blocks are looked at.
_SMALL: Final = 16
#: Fewer lines are read one by one as fast; lines that are quickly read, which have an outline and no envelope.
_FEWEST: Final = 16
_FEWEST_QUICK: Final = 200


class SortedAhead(NamedTuple):
    """A short text all of whose lines are in a main format.

    Attributes:
        main_format: this one.
        times: of the lines, in microseconds UTC.
        found: which of them must be read.
    """

    main_format: MainFormat
    times: list[int]
    found: SortedLines


class FormatMemory:
    """Remembers main formats.

    Attributes:
        formats: those to try, the latest first.
        ahead: texts of sources to come whose lines are sorted already, and how.
    """

    def __init__(self) -> None:
        self.formats: tuple[MainFormat, ...] = ()
        self.ahead: dict[bytes, SortedAhead] = {}
        self._looked_at = 0

    def note(self, main_format: MainFormat | None) -> None:
        """Remember the main format of a source, if its lines show by themselves how they are to be read."""
        if main_format is None or not main_format.independent or (any(main_format.process) and not main_format.opened):
            return
        if not any(is_front(name) or find_envelope(name).stand_in for name in main_format.path):
            known = replace(main_format, process=()) if main_format.opened else main_format
            self.formats = (known, *(other for other in self.formats if other != known))[:_KEPT]

    def looks_for(self, lines: int) -> bool:
        """Return whether it is worth while to look for the main format of a source that has so many lines."""
        looks = lines >= _FEWEST and self._looked_at < _SMALL
        self._looked_at += looks
        return looks


def fewest(main_format: MainFormat) -> int:
    """Return how many first lines of a source are worth trying."""
    return _FEWEST_QUICK if main_format.outline is not None and not main_format.path else _FEWEST
