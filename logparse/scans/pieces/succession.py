"""Which source goes on where another one ends, so that both are pieces of one log.

Owns: telling that by their times and names. Must not know: the lines of a source.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from typing import TYPE_CHECKING, Final, NamedTuple

from logparse.common.timestamps import SECOND

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from logparse.scans.scan import Coverage

#: A piece goes on in another one that begins at most so much later,
GAP: Final = 24 * 3600 * SECOND
#: or at most so much later if their names tell nothing.
NEAR: Final = 60 * SECOND
_ENDINGS: Final = frozenset({"gz", "zst", "bz", "xz", "lzma", "log", "txt", "json", "jsonl", "csv", "old"})
_WORDS: Final = re.compile(r"[^\W\d_]+")
_NUMBERS: Final = re.compile(r"\d+")


class Piece(NamedTuple):
    """Where a source stands in its log: the number of that, and what to add to the order of its lines."""

    number: int
    log: int
    shift: int


class Link(NamedTuple):
    """That a source holds lines of an earlier one, and what to add to its orders to get those of the earlier one."""

    one: int
    shift: int


class _End(NamedTuple):
    """How far a log goes: the time of its last line, the log, its last piece, and the order of a line behind it."""

    until: int
    log: int
    tail: int
    order: int


def chained(
    numbers: Sequence[int],
    coverage: Mapping[int, Coverage],
    names: Sequence[str],
    servers: Sequence[str],
    links: Mapping[int, Link],
) -> list[Piece]:
    """Put pieces of logs in one order.

    Args:
        numbers: sources of one Airflow that hold a time, in the order in which they begin.
        coverage: what each of them is.
        names: of the sources, by number.
        servers: what tells the server of each, by number.
        links: by source, the earlier one that it has most lines in common with.

    Returns:
        The sources whose log begins with another one, or whose orders change.
    """
    found: dict[int, Piece] = {}
    ends: dict[int, _End] = {}
    of_server: defaultdict[str, _Ends] = defaultdict(_Ends)
    for number in numbers:
        entry, link, own = coverage[number], links.get(number), of_server[servers[number]]
        if link is not None and link.one in found:
            piece = Piece(number, found[link.one].log, found[link.one].shift + link.shift)
        elif (end := own.before(entry, names[number], names, coverage)) is not None:
            piece = Piece(number, end.log, end.order)
        else:
            piece = Piece(number, number, 0)
        found[number] = piece
        last, order = entry.last or 0, piece.shift + entry.lines
        before = ends.get(piece.log)
        if before is None or last >= before.until:
            ends[piece.log] = _End(last, piece.log, number, order if before is None else max(before.order, order))
            if before is not None:
                of_server[servers[before.tail]].drop(before, names[before.tail])
            own.add(ends[piece.log], names[number])
    return [piece for piece in found.values() if piece.log != piece.number or piece.shift]


class _Ends:
    """Ends of the logs of one server, in order of time: of all, and of those whose names have one stem."""

    def __init__(self) -> None:
        self._all: list[_End] = []
        self._called: defaultdict[str, list[_End]] = defaultdict(list)

    def add(self, end: _End, name: str) -> None:
        insort(self._all, end)
        insort(self._called[stem(name)], end)

    def drop(self, end: _End, name: str) -> None:
        for ends in (self._all, self._called[stem(name)]):
            at = bisect_left(ends, end)
            if ends[at : at + 1] == [end]:
                del ends[at]

    def before(self, entry: Coverage, name: str, names: Sequence[str], coverage: Mapping[int, Coverage]) -> _End | None:
        """The log that a source continues, if any: the one whose name is likest, else the only one that is near."""
        first, called = entry.first or 0, self._called[stem(name)]
        del called[: bisect_left(called, (first - GAP,))]  # sources come in order of time, so none goes on there
        fitting = [
            end for end in called[: bisect_right(called, first, key=_until)] if _look_alike(coverage[end.tail], entry)
        ]
        if fitting:
            own = _NUMBERS.findall(name)
            return max(fitting, key=lambda end: (_common(_NUMBERS.findall(names[end.tail]), own), end.until, -end.log))
        one: _End | None = None
        for end in self._all[bisect_left(self._all, (first - NEAR,)) : bisect_right(self._all, first, key=_until)]:
            if _look_alike(coverage[end.tail], entry):
                if one is not None:
                    return None
                one = end
        return one


def _until(end: _End) -> int:
    return end.until


def _look_alike(one: Coverage, other: Coverage) -> bool:
    """Whether two sources are written in the same way: what one log holds does not change from piece to piece."""
    return bool(one.formats.keys() & other.formats.keys())


def stem(name: str) -> str:
    """A name without what tells pieces of one log apart: numbers, and endings of packed files."""
    return " ".join(word for word in _WORDS.findall(name) if word.lower() not in _ENDINGS)


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    return sum(a == b for a, b in zip(one, other, strict=False))
