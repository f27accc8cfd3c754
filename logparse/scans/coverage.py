"""The account of a source: what it was, and a count of every line.

Owns: what is noted of a source, and how the accounts of two parts of one add up. Must not know: what is shown of it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from logparse.lines.result import EXAMPLES


@dataclass(frozen=True, slots=True)
class Coverage:
    """What one source was and what was made of it.

    Attributes:
        source: name of the source as given or found.
        codec: compression, such as ``plain`` or ``gzip``.
        bytes, digest: decompressed bytes read, and a digest of them.
        kinds: number of lines by kind, every kind named.
        formats: number of lines by line format.
        envelopes: number of lines by the envelopes around them, outermost first, joined by ` > `.
        forged: lines that a stranger wrote into a message to look like lines of the server.
        attempts, timeless: trigger attempts, and how many of them have no time; 0 until all sources are read.
        undecided: how many of them no rule decided.
        first, last: earliest and latest time, microseconds UTC.
        unzoned: stamps without a zone were read in the assumed one.
        yearless: stamps without a year were read in the one that is most likely.
        problem: what could not be read, empty if nothing.
        unparsed: up to five lines in no known form, with their numbers.
        copy_of: the source that holds the same bytes and is counted in place of this one; empty: none.
        repeated: lines that matter and were delivered before, in this source or another: they are counted there.
        counted_in: other sources that hold attempts of this one, and how many of them are counted there.
        head: digest of the first bytes, where that of all bytes is worked out.
        beginnings: lengths and digests of its beginnings, where they were asked for.
        missing: names of keys and columns that the user gives and that are not in it.
        keys: if there are such names, those that are in it; none if it holds no records.
        broken: it could not be read to its end, which may be another time.
    """

    source: str
    codec: str
    bytes: int
    digest: str
    lines: int
    kinds: dict[str, int]
    formats: dict[str, int]
    envelopes: dict[str, int]
    forged: int
    attempts: int
    timeless: int
    first: int | None
    last: int | None
    unzoned: bool
    yearless: bool
    problem: str
    unparsed: tuple[tuple[int, str], ...]
    copy_of: str = ""
    repeated: int = 0
    counted_in: tuple[tuple[str, int], ...] = ()
    head: str = ""
    beginnings: tuple[tuple[int, str], ...] = ()
    missing: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    broken: bool = False
    undecided: int = 0


def restore_coverage(told: dict[str, Any]) -> Coverage:
    """Return coverage as it was before it became JSON."""
    unparsed = tuple((int(line), str(text)) for line, text in told["unparsed"])
    others = tuple((str(name), int(number)) for name, number in told["counted_in"])
    return Coverage(**{**told, "unparsed": unparsed, "counted_in": others, "beginnings": ()})


def add_counts(one: Coverage, other: Coverage) -> dict[str, Any]:
    """Add up what can be added of the coverage of two parts of one source; return the sums by field of ``Coverage``."""
    times = [time for time in (one.first, other.first, one.last, other.last) if time is not None]
    numbers = ("bytes", "lines", "forged", "attempts", "timeless", "undecided", "repeated")
    return {
        **{name: getattr(one, name) + getattr(other, name) for name in numbers},
        "kinds": {kind: number + other.kinds[kind] for kind, number in one.kinds.items()},
        "formats": _add(one.formats, other.formats),
        "envelopes": _add(one.envelopes, other.envelopes),
        "missing": tuple(name for name in one.missing if name in other.missing),
        "keys": one.keys or other.keys,
        "first": min(times, default=None),
        "last": max(times, default=None),
        "unparsed": (*one.unparsed, *other.unparsed)[:EXAMPLES],
    }


def _add(one: dict[str, int], other: dict[str, int]) -> dict[str, int]:
    return {name: one.get(name, 0) + other.get(name, 0) for name in sorted(one.keys() | other.keys())}
