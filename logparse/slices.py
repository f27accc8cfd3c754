"""Large files in slices, which can be read side by side.

Owns: where a file may be cut, and putting together what its slices hold. Must not know: how lines are read, who reads
the slices.

What a line is may depend on lines before it: messages go on in further lines, and strangers write line breaks into
names. So a slice begins behind a run of usual lines, and says in the end whether what it held depends on what others
hold. Slices that do depend on each other are read again as one.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, Final, NamedTuple

from logparse.errors import InputError
from logparse.kept import APP_ONLY
from logparse.reading import Reading
from logparse.sieve import HEAD, settled

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from logparse.found import Coverage, Scan
    from logparse.lines import Reader
    from logparse.sources import Source
    from logparse.stretch import Usual

#: Slices are as long as this at most, and at least: what a worker holds of one, and what is worth handing to it.
LONGEST: Final = 64 * 1024 * 1024
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
    length = max(SHORTEST, min(LONGEST, size // (workers * _EACH)))
    if source.path is None or workers < 2 or size < 2 * length:  # noqa: PLR2004
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


def together(pieces: Sequence[Piece]) -> list[list[int]]:
    """The slices of one source, by place, those together that depend on each other."""
    groups = [[0]]
    for at, (before, piece) in enumerate(pairwise(pieces), 1):
        if before.settled and piece.alone:
            groups.append([at])
        else:
            groups[-1].append(at)
    return groups


def merged(parts: Sequence[Slice]) -> Slice:
    """Slices that follow one another as one."""
    return Slice(parts[0].start, parts[-1].stop, parts[0].usual)


def joined(pieces: Sequence[Piece], number: int) -> Scan:
    """What the slices of one source hold together.

    Args:
        pieces: in order, none of which depends on another.
        number: of the source.
    """
    first, *others = pieces
    whole, lines, orders = first.scan, first.lines, first.orders
    for piece in others:
        for request in piece.scan.requests:
            request.access.line += lines
            request.access.order += orders
        piece.scan.tagged = [each.shifted(lines, orders) for each in piece.scan.tagged]
        for said in piece.scan.evidence:
            said.message.line += lines
            said.message.order += orders
        entry = piece.scan.coverage[number]
        piece.scan.coverage[number] = _both(whole.coverage[number], entry, lines)
        whole += piece.scan
        lines, orders = lines + piece.lines, orders + piece.orders
    if not sum(piece.elsewhere for piece in pieces) and whole.coverage[number].kinds["app"] >= APP_ONLY:
        for request in whole.requests:
            request.access.shadowed = True
        whole.tagged = [each._replace(shadowed=True) for each in whole.tagged]
    return whole


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
