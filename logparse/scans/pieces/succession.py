"""Which source goes on where another one ends, so that both are pieces of one log, and the order of their lines.

Owns: recognising such sources by their times and names. Must not know: the lines of a source.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from typing import TYPE_CHECKING, Final, NamedTuple

from logparse.common.timestamps import SECOND

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from logparse.scans.coverage import Coverage

#: A piece goes on in another one that begins at most so much later,
GAP: Final = 24 * 3600 * SECOND
#: or at most so much later if their names tell nothing.
NEAR: Final = 60 * SECOND
#: It may begin so much earlier than the other one ends: access lines carry whole seconds, app lines parts of them.
SLACK: Final = 2 * SECOND
_ENDINGS: Final = frozenset({"gz", "zst", "bz", "xz", "lzma", "log", "txt", "json", "jsonl", "csv", "old"})
_WORDS: Final = re.compile(r"[^\W\d_]+")
_NUMBERS: Final = re.compile(r"\d+")


class Piece(NamedTuple):
    """Where a source stands in its log.

    Attributes:
        number: of the source.
        log: number of the log, which is that of its first piece.
        shift: what to add to the order of a line in the source to get its order in the log.
    """

    number: int
    log: int
    shift: int


class Link(NamedTuple):
    """That a source holds lines of an earlier one.

    Attributes:
        earlier: number of the earlier source.
        shift: what to add to the order of a line in the source to get its order in the earlier one.
    """

    earlier: int
    shift: int


class _End(NamedTuple):
    """How far a log goes.

    Attributes:
        until: time of its last line.
        log: number of the log.
        last_piece: number of the source that holds the last line.
        order: of a line that would come next.
    """

    until: int
    log: int
    last_piece: int
    order: int


def order_pieces(
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
        servers: key of the server of each, by number.
        links: by source, the earlier one that it has most lines in common with.

    Returns:
        The sources whose log begins with another source, or whose orders change.
    """
    pieces: dict[int, Piece] = {}
    ends: dict[int, _End] = {}
    by_server: defaultdict[str, _Ends] = defaultdict(_Ends)
    for number in numbers:
        entry, link, own = coverage[number], links.get(number), by_server[servers[number]]
        if link is not None and link.earlier in pieces:
            piece = Piece(number, pieces[link.earlier].log, pieces[link.earlier].shift + link.shift)
        elif (end := own.find_continued(entry, names[number], names, coverage)) is not None:
            piece = Piece(number, end.log, end.order)
        else:
            piece = Piece(number, number, 0)
        pieces[number] = piece
        last, order = entry.last or 0, piece.shift + entry.lines
        before = ends.get(piece.log)
        if before is None or last >= before.until:
            ends[piece.log] = _End(last, piece.log, number, order if before is None else max(before.order, order))
            if before is not None:
                by_server[servers[before.last_piece]].drop(before, names[before.last_piece])
            own.add(ends[piece.log], names[number])
    return [piece for piece in pieces.values() if piece.log != piece.number or piece.shift]


class _Ends:
    """Ends of the logs of one server, in order of time: of all, and of those whose names have one stem."""

    def __init__(self) -> None:
        self._all: list[_End] = []
        self._by_stem: defaultdict[str, list[_End]] = defaultdict(list)

    def add(self, end: _End, name: str) -> None:
        insort(self._all, end)
        insort(self._by_stem[name_stem(name)], end)

    def drop(self, end: _End, name: str) -> None:
        for ends in (self._all, self._by_stem[name_stem(name)]):
            at = bisect_left(ends, end)
            if ends[at : at + 1] == [end]:
                del ends[at]

    def find_continued(
        self, entry: Coverage, name: str, names: Sequence[str], coverage: Mapping[int, Coverage]
    ) -> _End | None:
        """Find the log that a source continues: the one whose name is likest, else the only one that ends near."""
        first, same_stem = entry.first or 0, self._by_stem[name_stem(name)]
        del same_stem[: bisect_left(same_stem, (first - GAP,))]  # sources come in order of time, so none goes on there
        fitting = [
            end
            for end in same_stem[: bisect_right(same_stem, first + SLACK, key=_until)]
            if _look_alike(coverage[end.last_piece], entry)
        ]
        if fitting:
            own = _NUMBERS.findall(name)
            return max(
                fitting,
                key=lambda end: (_count_equal(_NUMBERS.findall(names[end.last_piece]), own), end.until, -end.log),
            )
        only: _End | None = None
        reached = bisect_right(self._all, first + SLACK, key=_until)
        for end in self._all[bisect_left(self._all, (first - NEAR,)) : reached]:
            if _look_alike(coverage[end.last_piece], entry):
                if only is not None:
                    return None
                only = end
        return only


def _until(end: _End) -> int:
    return end.until


def _look_alike(one: Coverage, other: Coverage) -> bool:
    """Whether two sources have a line format in common: pieces of one log are written in one way."""
    return bool(one.formats.keys() & other.formats.keys())


def name_stem(name: str) -> str:
    """Return a name without what differs between pieces of one log: numbers, and endings of packed files."""
    return " ".join(word for word in _WORDS.findall(name) if word.lower() not in _ENDINGS)


def _count_equal(one: Sequence[str], other: Sequence[str]) -> int:
    return sum(a == b for a, b in zip(one, other, strict=False))
