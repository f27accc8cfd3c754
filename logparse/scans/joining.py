"""What the slices of a file hold, put together as it is read.

Owns: which slices depend on each other, and the places of lines in the whole file. Must not know: how lines are read,
who reads the slices, where they are cut.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

from logparse.lines.result import APP_ONLY
from logparse.scans.scan import Scan
from logparse.scans.slicing import Slice

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from logparse.scans.scan import Coverage

_UNPARSED: Final = 5


class Piece(NamedTuple):
    """What one slice holds.

    Attributes:
        scan: as of a source of its own, lines numbered from 1 on.
        lines, orders: how many lines it has in the file, and without their envelopes.
        elsewhere: access lines that do not stand right behind a message that ends in a typed name.
        alone: nothing in it depends on what comes before.
        settled: and nothing that comes behind depends on it.
    """

    scan: Scan
    lines: int = 0
    orders: int = 0
    elsewhere: int = 0
    alone: bool = True
    settled: bool = True


def merged(parts: Sequence[Slice]) -> Slice:
    """Slices that follow one another as one."""
    return Slice(parts[0].start, parts[-1].stop, parts[0].usual)


def joined(
    read: Iterator[tuple[Slice, Piece]], number: int, again: Callable[[Slice], Piece] | None = None
) -> Iterator[Scan | None]:
    """What the slices of one source hold together, bit by bit; only the last bit has the coverage.

    None takes back all before it: what comes behind it begins with the first slice again.

    Args:
        read: the slices in order, and what each holds.
        number: of the source.
        again: reads a slice, for those that depend on each other, which are read again as one; needed for several.
    """
    joining = _Joining(number)
    whole: list[Slice] = []  # the slices before the last one
    last: tuple[Slice, Piece] | None = None
    for part, piece in read:
        if last is None:
            last = part, piece
        elif last[1].settled and piece.alone:
            yield from joining.add(last[1])
            whole.append(last[0])
            last = part, piece
        else:
            assert again is not None
            one = merged([last[0], part])
            found = again(one)
            if not found.settled and (rest := [each for each, _ in read]):
                # So it goes on: with a hole, say, which puts the places of all behind it off.
                one = merged([one, *rest])
                found = again(one)
            if whole and not found.alone:
                # It depends on what comes before after all, which may be anything.
                one = merged([*whole, one])
                found, whole, joining = again(one), [], _Joining(number)
                yield None
            last = one, found
    assert last is not None
    yield from joining.add(last[1])
    yield joining.end()


class _Joining:
    """Pieces that do not depend on each other, one after the other."""

    def __init__(self, number: int) -> None:
        self._number = number
        self._lines = self._orders = 0
        self._coverage: Coverage | None = None
        self._held = Scan()
        self._elsewhere = False

    def add(self, piece: Piece) -> Iterator[Scan]:
        """The next piece; yields what need not be held any longer."""
        found, entry = piece.scan, piece.scan.coverage[self._number]
        if self._coverage is not None:
            for request in found.requests:
                request.access.line += self._lines
                request.access.order += self._orders
            found.tagged = [each.shifted(self._lines, self._orders) for each in found.tagged]
            for said in found.evidence:
                said.message.line += self._lines
                said.message.order += self._orders
            entry = _both(self._coverage, entry, self._lines)
        self._coverage = entry
        self._lines, self._orders = self._lines + piece.lines, self._orders + piece.orders
        self._held += Scan(found.requests, found.evidence, {}, found.tagged)
        self._elsewhere = self._elsewhere or piece.elsewhere > 0
        if self._elsewhere:  # else all access lines of the source may be written by strangers
            yield self._held
            self._held = Scan()

    def end(self) -> Scan:
        """What is left when there are no more pieces, and the coverage."""
        assert self._coverage is not None
        if not self._elsewhere and self._coverage.kinds["app"] >= APP_ONLY:
            for request in self._held.requests:
                request.access.shadowed = True
            self._held.tagged = [each._replace(shadowed=True) for each in self._held.tagged]
        return self._held + Scan(coverage={self._number: self._coverage})


def _both(one: Coverage, other: Coverage, lines: int) -> Coverage:
    def total(a: dict[str, int], b: dict[str, int]) -> dict[str, int]:
        return {name: a.get(name, 0) + b.get(name, 0) for name in (*a, *(each for each in b if each not in a))}

    times = [each for each in (one.first, other.first, one.last, other.last) if each is not None]
    unparsed = [*one.unparsed, *((lines + at, text) for at, text in other.unparsed)]
    return replace(
        one,
        digest="",
        bytes=one.bytes + other.bytes,
        lines=one.lines + other.lines,
        kinds=total(one.kinds, other.kinds),
        formats=dict(sorted(total(one.formats, other.formats).items())),
        envelopes=dict(sorted(total(one.envelopes, other.envelopes).items())),
        forged=one.forged + other.forged,
        first=min(times, default=None),
        last=max(times, default=None),
        unzoned=one.unzoned or other.unzoned,
        yearless=one.yearless or other.yearless,
        problem=one.problem or other.problem,
        broken=one.broken or other.broken,
        unparsed=tuple(unparsed[:_UNPARSED]),
    )
