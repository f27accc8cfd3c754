"""One source to what matters in it: requests, events, and a count of every line. The part that runs in parallel.

Owns: the order of the steps inside a source. Must not know: what evidence means.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from datetime import UTC, tzinfo
from functools import lru_cache
from threading import get_ident
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from logparse import envelopes, formats, forwarded, joining, prefilter, rules, slices
from logparse.digests import TextDigest
from logparse.errors import InputError
from logparse.found import Coverage, Evidence, Request, Scan, Tagged
from logparse.joining import Piece
from logparse.kept import Lines
from logparse.lines import Part, Reader
from logparse.reading import CHUNK_BYTES, Reading
from logparse.slices import WHOLE, Slice
from logparse.tag import Tagger

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import BinaryIO

    from logparse.forwarded import Trusted
    from logparse.rows import Batch
    from logparse.sources import Source


@dataclass(frozen=True, slots=True)
class Setup:
    """How to read: the same for every source of a run, and small enough to be sent to another process.

    Attributes:
        log_formats: gunicorn format strings of the user's own.
        rule_folders: folders whose rules are added to the shipped ones.
        zone: of time stamps that name none.
        prefilter: leave lines aside that hold no anchor; off, every line is looked at, with the same result.
        users: the users of the server are at hand, so that rules are run that need them.
        trusted: proxies whose word on the client's address is taken.
        message_fields: names of keys or columns that hold a log line, in files of records.
        chunk_bytes: how much is read at once; no result depends on it.
        lengths: work out the digest of each source that is read as a whole, and those of its beginnings of these
            lengths; None: only of what cannot be read again.
    """

    log_formats: tuple[str, ...] = ()
    rule_folders: tuple[str, ...] = ()
    zone: tzinfo = UTC
    prefilter: bool = True
    users: bool = False
    trusted: Trusted = forwarded.DEFAULT
    message_fields: tuple[str, ...] = ()
    chunk_bytes: int = CHUNK_BYTES
    lengths: tuple[int, ...] | None = None


@lru_cache(maxsize=4)
def ruleset(folders: tuple[str, ...]) -> rules.RuleSet:
    """The rules of a run, loaded once a process.

    Raises:
        RuleError: the rules cannot be used.
    """
    return rules.load(folders)


def scan(
    source: Source,
    number: int,
    setup: Setup,
    *,
    on_bytes: Callable[[int], None] | None = None,
    stdin: BinaryIO | None = None,
) -> Scan:
    """Read one source.

    A source that cannot be read at all, or not to its end, is no error here: ``coverage`` says what was wrong.

    Args:
        source: what to read.
        number: of the source in the run.
        setup: how to read.
        on_bytes: told of every portion of bytes taken from disk.
        stdin: stands for standard input, for a source called ``-``.

    Raises:
        FormatError, RuleError: formats or rules cannot be used.
    """
    digest = _digest(setup, wanted=source.piped)  # which cannot be read again
    reading = Reading(source, size=setup.chunk_bytes, on_bytes=on_bytes, stdin=stdin, digest=digest)
    return _whole(reading, number, setup, _tagger(setup))


def scan_slice(source: Source, number: int, setup: Setup, part: Slice) -> Piece:
    """As ``scan``, for a slice of a source."""
    whole = part == WHOLE
    digest = _digest(setup) if whole else None
    reading = Reading(source, size=setup.chunk_bytes, span=None if whole else (part.start, part.stop), digest=digest)
    return _piece(reading, number, setup, _tagger(setup), part)


def _digest(setup: Setup, *, wanted: bool = False) -> TextDigest | None:
    return TextDigest(setup.lengths or ()) if wanted or setup.lengths is not None else None


def slices_of(source: Source, setup: Setup, workers: int) -> Iterator[Slice]:
    """The slices in which a source can be read by so many workers."""
    return slices.cut(source, reader_of(setup, _tagger(setup).rules, source.written), workers)


def _tagger(setup: Setup) -> Tagger:
    return _tagger_of(setup.rule_folders, setup.users, get_ident())


@lru_cache(maxsize=8)
def _tagger_of(folders: tuple[str, ...], users: bool, thread: int) -> Tagger:  # noqa: ARG001 - each has its own
    """One for all that a thread reads: sources are asked for the same again and again."""
    known = ruleset(folders)
    return Tagger(known if users else known.without_needs())


def reader_of(setup: Setup, known: rules.RuleSet, written: int | None = None) -> Reader:
    """What reads the lines of one source, which was written last at ``written``."""
    filtering = prefilter.of(known)
    typed = re.compile("|".join(rule.message for rule in known.events if rule.typed) or r"(?!)")
    return Reader(
        formats.compile_formats(setup.log_formats),
        filtering,
        typed,
        setup.zone,
        setup.trusted,
        frozenset(setup.message_fields),
        written,
        every=not setup.prefilter,
    )


def gather(reading: Reading, number: int, setup: Setup, known: rules.RuleSet) -> Scan:
    """As ``scan``, for a source that is open, with the rules at hand."""
    return _whole(reading, number, setup, Tagger(known))


def _whole(reading: Reading, number: int, setup: Setup, tagger: Tagger) -> Scan:
    found = joining.joined(iter([(WHOLE, _piece(reading, number, setup, tagger, WHOLE))]), number)
    return Scan.total(each for each in found if each is not None)


def _piece(reading: Reading, number: int, setup: Setup, tagger: Tagger, part: Slice) -> Piece:
    reader = reader_of(setup, tagger.rules, reading.source.written)
    problem = ""
    try:
        lines = reader.read(reading, Part(part.start, part.usual, part.stop is None))
    except InputError as error:
        lines, problem = Lines(), error.problem + (f"; {error.remedy}" if error.remedy else "")
    broken = problem or reading.problem or ""
    found = _collect(number, lines, reading, broken or _cut_off(lines), tagger)
    found.coverage[number] = replace(found.coverage[number], broken=bool(broken))
    expected = {part.usual.path} if part.usual and part.usual.path else set()
    alone = lines.alone and (part.usual is None or set(lines.envelopes) <= expected)
    settled = lines.settled and not (reading.dropped or reading.cut_lines or problem)
    return Piece(found, lines.physical, lines.orders, lines.elsewhere, alone, settled)


def _cut_off(lines: Lines) -> str:
    """Whether an export holds just as many records as exports of its kind do at most."""
    limits = {each.id: each.limit for each in envelopes.shipped() if each.limit}
    for path, count in lines.envelopes.items():
        if limits.get(path[0]) == count:
            return (
                f"holds {count:,} records, as many as such an export ({path[0]}) holds at most: ask for a shorter time"
            )
    return ""


def _collect(number: int, lines: Lines, reading: Reading, problem: str, tagger: Tagger) -> Scan:
    tags = tagger.requests(lines.access)
    requests = [Request(number, access, tag) for access, tag in zip(lines.access, tags, strict=True) if tag]
    events = tagger.messages(lines.messages)
    evidence = [Evidence(number, said, event) for said, event in zip(lines.messages, events, strict=True) if event]
    kinds = Counter(lines.kinds)
    coverage = Coverage(
        source=reading.source.name,
        codec=reading.codec,
        bytes=reading.bytes_read,
        digest=reading.digest,
        head=reading.head,
        beginnings=reading.beginnings,
        lines=lines.total,
        kinds={kind: kinds[kind] for kind in ("access", "app", "continuation", "other", "unparsed")},
        formats=dict(sorted(lines.formats.items())),
        envelopes={" > ".join(path): count for path, count in sorted(lines.envelopes.items())},
        forged=lines.forged,
        attempts=0,
        timeless=0,
        first=lines.first,
        last=lines.last,
        unzoned=lines.unzoned,
        yearless=lines.yearless,
        problem=problem,
        unparsed=tuple(lines.unparsed),
    )
    columns = [each for batch in lines.batches if (each := tagged(number, batch, tagger))]
    return Scan(requests, evidence, {number: coverage}, Tagged.together(columns))


def tagged(number: int, batch: Batch, tagger: Tagger) -> Tagged | None:
    """Requests as columns with what they are; None if none of them matters."""
    tags, places = tagger.batch(batch)
    mattering = np.array([tag is not None for tag in tags], np.bool_)[places]
    rows = batch.rows.append_column("tag", pa.array(places)).filter(pa.array(mattering))
    return Tagged(number, batch._replace(rows=rows), tags) if len(rows) else None
