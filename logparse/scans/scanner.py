"""Reading one source for what matters in it: requests, events, and a count of every line.

Owns: the order of the steps inside a source, all of which can run in another thread or on another machine.
Must not know: other sources, what evidence means.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import pyarrow as pa

from logparse.common.errors import InputError
from logparse.lines.bulk.source_splitter import WHOLE, Slice
from logparse.lines.result import KINDS, SourceLines
from logparse.scans import joining, slicing
from logparse.scans.batched_requests import part_by_id
from logparse.scans.coverage import Coverage
from logparse.scans.hiding import TOGETHER, hide_secrets
from logparse.scans.joining import SliceScan
from logparse.scans.login_lines import keep_names_of_logins
from logparse.scans.named_keys import RECORDS, KeyWatch, find_records, list_keys
from logparse.scans.problems import describe_cut, describe_ends, describe_limit
from logparse.scans.scan import Evidence, Request, Scan, Tagged
from logparse.scans.taggers import make_reader_for, tagger_for
from logparse.sources.chunk_reader import ChunkReader
from logparse.sources.chunks import Chunk
from logparse.sources.chunks_ahead import ChunksAhead
from logparse.sources.digests import TextDigest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from typing import BinaryIO

    from logparse.lines.batch import Batch
    from logparse.scans.settings import Setup
    from logparse.scans.tagging import Tagger
    from logparse.sources.source import Source

#: So many bytes of text of short sources are read before the lines of the first of them are.
_AHEAD: Final = 4 * 1024 * 1024


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
        on_bytes: called with the number of bytes whenever some were taken from disk.
        stdin: stands for standard input, for a source called ``-``.

    Raises:
        FormatError, RuleError: formats or rules cannot be used.
    """
    digest = _digest(setup, wanted=source.piped)  # which cannot be read again
    reading = ChunkReader(
        source, size=setup.chunk_bytes, on_bytes=on_bytes, stdin=stdin, digest=digest, max_expand=setup.max_expand
    )
    return _scan_whole(reading, number, setup, tagger_for(setup))


def scan_several(sources: Sequence[tuple[int, Source]], setup: Setup) -> list[Scan]:
    """Read the first of several numbered sources, at least one, and no more once so much is held of them.

    Lines of many small sources are sorted together, and secrets are looked for in all of them together: to ask at all
    takes as long as reading such a source.
    """
    tagger, read, held = tagger_for(setup), list[_Read](), 0
    opened = _open_ahead(sources, setup)
    sorted_ahead = len(sources) == 1
    for at, (number, reading, chunks) in enumerate(opened):
        if not sorted_ahead:
            texts = [waiting.text for _, _, waiting in opened[at:] if waiting.text]
            sorted_ahead = make_reader_for(setup, tagger).splitter.sort_ahead(texts)
        read.append(_read_part(reading, number, setup, tagger, WHOLE, chunks))
        held += read[-1].lines.held
        if held > TOGETHER:
            break
    return [_join_whole(part) for part in _make_scans(read, setup, tagger)]


def _open_ahead(sources: Sequence[tuple[int, Source]], setup: Setup) -> list[tuple[int, ChunkReader, ChunksAhead]]:
    """Read the texts of the first of several numbered sources, at least one, and no more once they are so long."""
    opened, left = list[tuple[int, ChunkReader, ChunksAhead]](), _AHEAD
    for number, source in sources:
        reading = ChunkReader(source, size=setup.chunk_bytes, digest=_digest(setup), max_expand=setup.max_expand)
        chunks = ChunksAhead(reading, left if len(sources) > 1 else 0)
        opened.append((number, reading, chunks))
        left -= chunks.size
        if left < 0:
            break
    return opened


def scan_slice(source: Source, number: int, setup: Setup, part: Slice) -> SliceScan:
    """Read one slice of a source."""
    whole = part == WHOLE
    digest = _digest(setup) if whole else None
    span = None if whole else (part.start, part.stop)
    reading, tagger = ChunkReader(source, size=setup.chunk_bytes, span=span, digest=digest), tagger_for(setup)
    return _make_scans([_read_part(reading, number, setup, tagger, part)], setup, tagger)[0]


def _digest(setup: Setup, *, wanted: bool = False) -> TextDigest | None:
    return TextDigest(setup.lengths or ()) if wanted or setup.lengths is not None else None


def cut_into_slices(source: Source, setup: Setup, workers: int) -> Iterator[Slice]:
    """Yield the slices in which a source can be read by so many workers."""
    return slicing.cut_source(source, make_reader_for(setup, tagger_for(setup), source.written), workers)


def scan_opened(readings: Iterable[ChunkReader], setup: Setup, tagger: Tagger) -> list[Scan]:
    """Read short sources that are open already, each as the only one, with a tagger that is at hand."""
    read = [_read_part(reading, 0, setup, tagger, WHOLE) for reading in readings]
    return [_join_whole(part) for part in _make_scans(read, setup, tagger)]


def _scan_whole(reading: ChunkReader, number: int, setup: Setup, tagger: Tagger) -> Scan:
    return _join_whole(_make_scans([_read_part(reading, number, setup, tagger, WHOLE)], setup, tagger)[0])


def _join_whole(scanned: SliceScan) -> Scan:
    """Return the scan of a source whose only slice was read."""
    (number,) = scanned.scan.coverage
    return Scan.total(bit for bit in joining.join_slices(iter([(WHOLE, scanned)]), number) if bit is not None)


class _Read(NamedTuple):
    """A source, or a slice of one, whose lines are read, with secrets still in them.

    Attributes:
        number: of the source in the run.
        part: the slice.
        reading: how the pass over the source went.
        lines: what was read.
        problem: what is said of the source.
        broken: it could not be read to its end.
        missing, keys: see ``Coverage``.
    """

    number: int
    part: Slice
    reading: ChunkReader
    lines: SourceLines
    problem: str
    broken: bool
    missing: tuple[str, ...]
    keys: tuple[str, ...]


def _read_part(
    reading: ChunkReader,
    number: int,
    setup: Setup,
    tagger: Tagger,
    part: Slice,
    chunks: Iterable[Chunk] | None = None,
) -> _Read:
    reader = make_reader_for(setup, tagger, reading.source.written)
    watch = KeyWatch(reading if chunks is None else chunks, setup.named_keys)
    problem = ""
    try:
        lines = reader.read(watch, part)
    except InputError as error:
        lines, problem = SourceLines(), error.problem + (f"; {error.remedy}" if error.remedy else "")
    broken = problem or reading.problem or ""
    problem = "; ".join(filter(None, (broken or describe_limit(lines), describe_cut(reading, lines))))
    beginning = make_reader_for(setup, tagger).unwrap([Chunk(watch.head)], RECORDS) if watch.missing else iter(())
    keys = list_keys(find_records([payload.text for payload in beginning]))
    return _Read(number, part, reading, lines, problem, bool(broken), tuple(watch.missing), keys)


def _make_scans(read: Sequence[_Read], setup: Setup, tagger: Tagger) -> list[SliceScan]:
    """Hide the secrets in what was read, and tag it."""
    hide_secrets([each.lines for each in read])
    if len(read) > 1:
        tagger.learn_requests([line for each in read for line in each.lines.access])
    return [_make_scan(each, tagger, examples=setup.examples) for each in read]


def _make_scan(read: _Read, tagger: Tagger, *, examples: bool) -> SliceScan:
    lines, part = read.lines, read.part
    expected = {part.main_format.path} if part.main_format and part.main_format.path else set()
    return SliceScan(
        _tag_lines(read, tagger, examples=examples),
        lines.file_lines,
        lines.log_lines,
        lines.genuine_access_lines,
        lines.independent_of_previous and (part.main_format is None or set(lines.envelopes) <= expected),
        lines.independent_of_next and not (read.reading.dropped or read.reading.cut_lines or read.problem),
    )


def _tag_lines(read: _Read, tagger: Tagger, *, examples: bool) -> Scan:
    number, lines, reading = read.number, read.lines, read.reading
    if not examples:
        lines.unparsed.clear()
    tags = tagger.tag_requests(lines.access)
    requests = [Request(number, access, tag) for access, tag in zip(lines.access, tags, strict=True) if tag]
    told = zip(lines.messages, tagger.tag_messages(lines.messages), strict=True)
    evidence = [Evidence(number, message, event) for message, event in told if event]
    coverage = Coverage(
        source=reading.source.name,
        codec=reading.codec,
        bytes=reading.bytes_read,
        digest=reading.digest,
        head=reading.head,
        beginnings=reading.beginnings,
        lines=lines.total,
        kinds={kind: lines.kinds[kind] for kind in KINDS},
        formats=dict(sorted(lines.formats.items())),
        envelopes={" > ".join(path): count for path, count in sorted(lines.envelopes.items())},
        forged=lines.forged,
        attempts=0,
        timeless=0,
        first=lines.first,
        last=lines.last,
        unzoned=lines.unzoned,
        yearless=lines.yearless,
        problem="; ".join(filter(None, (read.problem, describe_ends(lines)))),
        unparsed=tuple(lines.unparsed),
        broken=read.broken,
        missing=read.missing,
        keys=read.keys,
    )
    tagged = (tag_columns(number, batch, tagger) for batch in lines.rows.batches)
    columns, requests = part_by_id(filter(None, tagged), requests)
    evidence = keep_names_of_logins(requests, columns, evidence, last=lines.log_lines)
    return Scan(requests, evidence, {number: coverage}, Tagged.merge(columns))


def tag_columns(number: int, batch: Batch, tagger: Tagger) -> Tagged | None:
    """Tag requests that are columns, and keep those that matter; None if none of them does."""
    tags, places = tagger.tag_batch(batch)
    matters = np.array([tag is not None for tag in tags], np.bool_)[places]
    rows = batch.rows.append_column("tag", pa.array(places)).filter(pa.array(matters))
    return Tagged(number, batch._replace(rows=rows), tags) if len(rows) else None
