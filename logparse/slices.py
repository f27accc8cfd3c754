"""Large files in slices, which can be read side by side.

Owns: where a file may be cut, and putting together what its slices hold. Must not know: how lines are read, who reads
the slices.

What a line is may depend on lines before it: messages go on in further lines, and strangers write line breaks into
names. So a slice begins behind a run of usual lines, and says in the end whether what it held depends on what others
hold. Slices that do depend on each other are read again as one.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple

from logparse.errors import InputError
from logparse.found import Scan
from logparse.kept import APP_ONLY
from logparse.reading import Reading
from logparse.sieve import HEAD, settled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from logparse.found import Coverage
    from logparse.lines import Reader
    from logparse.sources import Source
    from logparse.stretch import Usual

#: Slices are as long as this at most, and at least: what a worker holds of one, and what is worth handing to it.
LONGEST: Final = 64 * 1024 * 1024
#: One process has nothing to share out, but need not hold all that it has read of a large file.
ALONE: Final = 256 * 1024 * 1024
SHORTEST: Final = 8 * 1024 * 1024
#: Slices for each worker, so that none waits long for the others in the end.
_EACH: Final = 8
#: A place to cut is looked for this far, in steps.
_REACH: Final = 16 * 1024 * 1024
_STEP: Final = 256 * 1024
_UNPARSED: Final = 5


class Slice(NamedTuple):
    """A part of a file: its bytes, the last one excluded (None: to the end), and what its usual lines are."""

    start: int
    stop: int | None
    usual: Usual | None


WHOLE: Final = Slice(0, None, None)


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


def cut(source: Source, reader: Reader, workers: int) -> Iterator[Slice]:
    """Slices of a source, in order, each as soon as it is known; a single one if it is not to be cut.

    Args:
        source: any.
        reader: one that has read nothing yet.
        workers: how many will read.
    """
    size = source.size or 0
    length = ALONE if workers == 1 else max(SHORTEST, min(LONGEST, size // (workers * _EACH)))
    if source.path is None or size < 2 * length:
        yield WHOLE
        return
    usual = _usual(source, reader)
    start = 0
    if usual is not None and usual.alone:
        for near in range(length, size - length // 2, length):
            place = _place(source, near, usual)
            if place is not None and place > start:
                yield Slice(start, place, usual if start else None)
                start = place
    yield Slice(start, None, usual if start else None)


def _usual(source: Source, reader: Reader) -> Usual | None:
    reading, data = Reading(source, size=_STEP), b""
    try:
        for chunk in reading:
            data += chunk.data
            if data.count(b"\n") > HEAD:
                break
    except InputError:
        return None
    # A byte-order mark, or a hole, would put all places off.
    if reading.codec != "plain" or reading.dropped or reading.cut_lines or _marked(source):
        return None
    return reader.usual(data.decode("utf-8", "surrogateescape").split("\n")[:HEAD])


def _marked(source: Source) -> bool:
    assert source.path is not None
    with source.path.open("rb") as stream:
        return stream.read(3).startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"))


def _place(source: Source, near: int, usual: Usual) -> int | None:
    """The first place behind ``near`` where a slice may begin; None if there is none within reach."""
    assert source.path is not None
    with source.path.open("rb") as stream:
        stream.seek(near)
        near += len(stream.readline())
        for _ in range(_REACH // _STEP):
            data = stream.read(_STEP) + stream.readline()
            found = settled(data, usual)
            if found is not None:
                return near + found
            near += len(data)
    return None


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
        unparsed=tuple(unparsed[:_UNPARSED]),
    )
