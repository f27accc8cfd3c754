"""One source to what matters in it: requests, events, and a count of every line. The part that runs in parallel.

Owns: the order of the steps inside a source. Must not know: what evidence means.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import lru_cache
from threading import get_ident
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from logparse.common.errors import InputError
from logparse.envelopes import loader as envelopes
from logparse.lines.bulk.source_splitter import SourcePart
from logparse.lines.result import SourceLines
from logparse.scans import joining, slicing
from logparse.scans.joining import Piece
from logparse.scans.scan import Coverage, Evidence, Request, Scan, Tagged
from logparse.scans.settings import Setup, make_reader, ruleset
from logparse.scans.slicing import WHOLE, Slice
from logparse.scans.tagging import Tagger
from logparse.sources.chunk_reader import ChunkReader
from logparse.sources.digests import TextDigest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import BinaryIO

    from logparse.lines.batch import Batch
    from logparse.rules import model
    from logparse.sources.source import Source


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
    reading = ChunkReader(source, size=setup.chunk_bytes, on_bytes=on_bytes, stdin=stdin, digest=digest)
    return _whole(reading, number, setup, _tagger(setup))


def scan_slice(source: Source, number: int, setup: Setup, part: Slice) -> Piece:
    """As ``scan``, for a slice of a source."""
    whole = part == WHOLE
    digest = _digest(setup) if whole else None
    reading = ChunkReader(
        source, size=setup.chunk_bytes, span=None if whole else (part.start, part.stop), digest=digest
    )
    return _piece(reading, number, setup, _tagger(setup), part)


def _digest(setup: Setup, *, wanted: bool = False) -> TextDigest | None:
    return TextDigest(setup.lengths or ()) if wanted or setup.lengths is not None else None


def slices_of(source: Source, setup: Setup, workers: int) -> Iterator[Slice]:
    """The slices in which a source can be read by so many workers."""
    return slicing.cut(source, make_reader(setup, _tagger(setup).rules, source.written), workers)


def _tagger(setup: Setup) -> Tagger:
    return _tagger_of(setup.rule_folders, setup.users, get_ident())


@lru_cache(maxsize=8)
def _tagger_of(folders: tuple[str, ...], users: bool, thread: int) -> Tagger:  # noqa: ARG001 - each has its own
    """One for all that a thread reads: sources are asked for the same again and again."""
    known = ruleset(folders)
    return Tagger(known if users else known.without_needs())


def gather(reading: ChunkReader, number: int, setup: Setup, known: model.RuleSet) -> Scan:
    """As ``scan``, for a source that is open, with the rules at hand."""
    return _whole(reading, number, setup, Tagger(known))


def _whole(reading: ChunkReader, number: int, setup: Setup, tagger: Tagger) -> Scan:
    found = joining.joined(iter([(WHOLE, _piece(reading, number, setup, tagger, WHOLE))]), number)
    return Scan.total(each for each in found if each is not None)


def _piece(reading: ChunkReader, number: int, setup: Setup, tagger: Tagger, part: Slice) -> Piece:
    reader = make_reader(setup, tagger.rules, reading.source.written)
    problem = ""
    try:
        lines = reader.read(reading, SourcePart(part.start, part.usual, part.stop is None))
    except InputError as error:
        lines, problem = SourceLines(), error.problem + (f"; {error.remedy}" if error.remedy else "")
    broken = problem or reading.problem or ""
    found = _collect(number, lines, reading, broken or _cut_off(lines), tagger)
    found.coverage[number] = replace(found.coverage[number], broken=bool(broken))
    expected = {part.usual.path} if part.usual and part.usual.path else set()
    alone = lines.independent_of_previous and (part.usual is None or set(lines.envelopes) <= expected)
    settled = lines.independent_of_next and not (reading.dropped or reading.cut_lines or problem)
    return Piece(found, lines.file_lines, lines.log_lines, lines.genuine_access_lines, alone, settled)


def _cut_off(lines: SourceLines) -> str:
    """Whether an export holds just as many records as exports of its kind do at most."""
    limits = {each.id: each.limit for each in envelopes.shipped() if each.limit}
    for path, count in lines.envelopes.items():
        if limits.get(path[0]) == count:
            return (
                f"holds {count:,} records, as many as such an export ({path[0]}) holds at most: ask for a shorter time"
            )
    return ""


def _collect(number: int, lines: SourceLines, reading: ChunkReader, problem: str, tagger: Tagger) -> Scan:
    tags = tagger.tag_requests(lines.access)
    requests = [Request(number, access, tag) for access, tag in zip(lines.access, tags, strict=True) if tag]
    events = tagger.tag_messages(lines.messages)
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
    tags, places = tagger.tag_batch(batch)
    mattering = np.array([tag is not None for tag in tags], np.bool_)[places]
    rows = batch.rows.append_column("tag", pa.array(places)).filter(pa.array(mattering))
    return Tagged(number, batch._replace(rows=rows), tags) if len(rows) else None
