"""What a file is: compression, encoding, line formats, what they cannot tell, and how much of it is understood.

Owns: looking at the beginning of a file, what a line format can tell, and how lines of a log are shown to people.
Must not know: what attempts are, what anything in a line means.
"""

from __future__ import annotations

import codecs
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, NamedTuple

from logparse.formats.capabilities import _PLACES, list_capabilities
from logparse.formats.format_strings import gunicorn
from logparse.formats.given import compile_formats
from logparse.inspection.proposal import propose_app_format, propose_names
from logparse.inspection.string_proposal import propose_log_format
from logparse.lines.result import KINDS
from logparse.scans.named_keys import KeyWatch, complain_of, find_records, list_keys
from logparse.scans.settings import make_reader, ruleset
from logparse.sources import source as sources
from logparse.sources.chunk_reader import ChunkReader
from logparse.sources.discovery import find_only_source
from logparse.sources.opening import open_source

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from logparse.formats.line_format import LineFormat
    from logparse.scans.settings import Setup
    from logparse.sources.chunks import Chunk

SAMPLE_LINES: Final = 2000
EXAMPLES: Final = 3
TRY: Final = (
    "give the server's format string (gunicorn access_logformat, nginx log_format, Apache LogFormat): "
    f"--log-format '{gunicorn.DEFAULT}'; log_format of airflow.cfg: --app-format STRING; in JSON or CSV, the key of "
    "the line: --message-field KEY, or of a request: --field time=KEY,request=KEY,status=KEY; "
    "else --formats DIR (docs/own-formats.md)"
)
_BOMS: Final = (
    (codecs.BOM_UTF8, "UTF-8 with byte-order mark"),
    (codecs.BOM_UTF32_LE, "UTF-32 (little-endian)"),
    (codecs.BOM_UTF32_BE, "UTF-32 (big-endian)"),
    (codecs.BOM_UTF16_LE, "UTF-16 (little-endian)"),
    (codecs.BOM_UTF16_BE, "UTF-16 (big-endian)"),
)
_BLOCK: Final = 256 * 1024


class Found(NamedTuple):
    """A line format that was found: how many lines it read, and what they cannot tell."""

    form: LineFormat
    lines: int
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Detection:
    """What the first lines of a file showed.

    Attributes:
        source: name of the file.
        codec: compression, ``plain`` for none.
        encoding: of the text, as far as its mark and bytes tell.
        envelopes: number of lines by the envelopes around them, outermost first, joined by ` > `.
        lines, whole: lines looked at, and whether they are all there are.
        kinds: number of lines by kind, every kind named.
        formats: line formats found, the most frequent first.
        ends: access lines of which only the end was read, so that client and user are lost.
        understood: share of lines that something was made of, 0 to 1.
        first, last: earliest and latest time, microseconds UTC; None if no line carries one.
        assumed: zone in which stamps without one were read; empty if each names its own.
        unparsed: first lines that nothing was made of, with their numbers.
        problem: what could not be read; empty if nothing.
        option: an option with which more would be read; empty if there is none that shows by itself.
    """

    source: str
    codec: str
    encoding: str
    envelopes: dict[str, int]
    lines: int
    whole: bool
    kinds: dict[str, int]
    formats: tuple[Found, ...]
    ends: int
    understood: float
    first: int | None
    last: int | None
    assumed: str
    unparsed: tuple[tuple[int, str], ...]
    problem: str
    option: str = ""

    @property
    def known(self) -> bool:
        """True if any line is one that a server of Airflow, or a format string given, writes."""
        return any(found.form.kind in ("access", "app") for found in self.formats)


def detect(path: str | sources.Source, setup: Setup) -> Detection:
    """Look at the first ``SAMPLE_LINES`` lines of one file, or of standard input (``-``).

    Raises:
        InputError: the path names no single file, or the file is no log that can be read.
        FormatError: a format string of ``setup`` cannot be used.
    """
    source = path if isinstance(path, sources.Source) else find_only_source(path)
    reading = ChunkReader(source, size=_BLOCK)
    forms = compile_formats(setup.formats)
    rules = ruleset(setup.rule_folders)
    reader = make_reader(setup, rules, source.written)
    read: list[bytes] = []
    watch = KeyWatch(_keep(reading, read), setup.named_keys)
    payloads = list(reader.unwrap(watch, SAMPLE_LINES))
    text = b"".join(read).decode("utf-8", "surrogateescape").split("\n")[:SAMPLE_LINES]
    lines = reader.read_payloads(payloads)
    found = [(lines.formats[form.id], form) for form in forms if lines.formats[form.id]]
    bare = [payload.text for payload in payloads if payload.kind == "line"]
    if watch.missing:
        complain_of(next(iter(watch.missing)), source.name, list_keys(find_records(bare)))
    return Detection(
        source=source.name,
        codec=reading.codec,
        encoding=_encoding(source, reading.codec, text),
        envelopes={" > ".join(path): count for path, count in lines.envelopes.most_common()},
        lines=lines.total,
        whole=len(payloads) < SAMPLE_LINES,
        kinds={kind: lines.kinds[kind] for kind in KINDS},
        formats=tuple(
            Found(form, count, _missing(form, bare)) for count, form in sorted(found, key=lambda pair: -pair[0])
        ),
        ends=lines.ends,
        understood=1 - lines.kinds["unparsed"] / lines.total if lines.total else 0.0,
        first=lines.first,
        last=lines.last,
        assumed=str(setup.zone) if lines.unzoned else "",
        unparsed=tuple(lines.unparsed[:EXAMPLES]),
        problem=reading.problem or "",
        option=_propose(forms, lines.formats, bare)
        or propose_app_format([line for _, line in lines.unparsed])
        or propose_log_format([line for _, line in lines.unparsed]),
    )


def _propose(forms: Sequence[LineFormat], found: Mapping[str, int], lines: Sequence[str]) -> str:
    """An option that names the keys of records: of those that are not read, or of fields that no usual name has."""
    requests = [form for form in forms if form.kind == "access" and found.get(form.id)]
    if not requests:
        return propose_names(lines)
    own = next((form for form in requests if form.guessed), None)
    if own is None:
        return ""
    missing = _missing(replace(own, samples=()), [line for line in lines if own.read(line)])
    return propose_names(lines, {*_PLACES, "request"} - {*missing})


def _keep(chunks: Iterable[Chunk], kept: list[bytes]) -> Iterator[Chunk]:
    """Yield chunks, and keep what they hold."""
    for chunk in chunks:
        kept.append(chunk.data)
        yield chunk


def _encoding(source: sources.Source, codec: str, text: Sequence[str]) -> str:
    if codec == "plain" and source.size:
        with open_source(source) as stream:
            head = stream.read(4)
        for mark, name in _BOMS:
            if head.startswith(mark):
                return name
    odd = sum(not line.isascii() and any("\udc80" <= char <= "\udcff" for char in line) for line in text)
    if odd:
        return f"UTF-8, except for bytes in {odd:,} lines that are none"
    return "ASCII" if all(map(str.isascii, text)) else "UTF-8"


def _missing(form: LineFormat, text: Sequence[str]) -> tuple[str, ...]:
    asked = {"access": tuple(_PLACES), "app": ("time", "zone")}.get(form.kind, ())
    carried = list_capabilities(form, text)
    return tuple(name for name in asked if not carried[name])
