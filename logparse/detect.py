"""What a file is: compression, encoding, line formats, what they cannot tell, and how much of it is understood.

Owns: looking at the beginning of a file, what a line format can tell, and how lines of a log are shown to people.
Must not know: what attempts are, what anything in a line means.
"""

from __future__ import annotations

import codecs
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from logparse import envelopes, formats, sources, timestamps
from logparse.chunks import Chunk
from logparse.covered import EXAMPLE_LENGTH, redacted
from logparse.envelopes.origin import Origin
from logparse.errors import InputError
from logparse.kept import KINDS
from logparse.plaintext import count, printable
from logparse.reading import Reading, opened
from logparse.scan import reader_of, ruleset
from logparse.timestamps import moment

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from logparse.formats import Fields, LineFormat
    from logparse.scan import Setup

SAMPLE_LINES: Final = 2000
EXAMPLES: Final = 3
TRY: Final = (
    "give the format string of the server's access log (gunicorn, in airflow.cfg [webserver] access_logformat; nginx "
    f"""log_format; Apache LogFormat): --log-format '{formats.GUNICORN_DEFAULT} %(L)s "%({{x-forwarded-for}}i)s"', """
    "or, in JSON or CSV, the key or column that holds the log line: --message-field NAME"
)

#: What an envelope may tell besides the line in it.
_ENVELOPE_TELLS: Final = ("time", *Origin._fields, "record")
#: Words for the share of lines that was understood.
_SURE: Final = (("high", 0.95), ("medium", 0.5), ("low", 0.0))
#: What an access line may tell, and the fields of a line format that tell it. A dash in the place of a header says that
#: it was not sent; in the place of a number, that none is written.
_PLACES: Final = {
    "time": ("outer", "time"), "zone": (), "client": ("client",), "forwarded": ("forwarded", "real_ip"),
    "user": ("user",), "method": ("method", "verb"), "target": ("target", "url_path"), "status": ("status",),
    "size": ("bytes",), "referer": ("referer",), "agent": ("agent",), "location": ("location",),
    "duration": ("duration_ns", "duration_us", "duration_ms", "duration_s", "duration_dec"),
}  # fmt: skip
_NUMBERS: Final = ("status", "size", "duration")
_BOMS: Final = (
    (codecs.BOM_UTF8, "UTF-8 with byte-order mark"),
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
        understood: share of lines that something was made of, 0 to 1.
        first, last: earliest and latest time, microseconds UTC; None if no line carries one.
        assumed: zone in which stamps without one were read; empty if each names its own.
        unparsed: first lines that nothing was made of, with their numbers.
        problem: what could not be read; empty if nothing.
    """

    source: str
    codec: str
    encoding: str
    envelopes: dict[str, int]
    lines: int
    whole: bool
    kinds: dict[str, int]
    formats: tuple[Found, ...]
    understood: float
    first: int | None
    last: int | None
    assumed: str
    unparsed: tuple[tuple[int, str], ...]
    problem: str

    @property
    def known(self) -> bool:
        """Whether any line is one that a server of Airflow, or a format string given, writes."""
        return any(each.form.kind in ("access", "app") for each in self.formats)


def detect(path: str | sources.Source, setup: Setup) -> Detection:
    """Look at the first ``SAMPLE_LINES`` lines of one file, or of standard input (``-``).

    Raises:
        InputError: the path names no single file, or the file is no log that can be read.
        FormatError: a format string of ``setup`` cannot be used.
    """
    source = path if isinstance(path, sources.Source) else only(path)
    reading = Reading(source, size=_BLOCK)
    text, whole = _head(reading)
    forms = formats.compile_formats(setup.log_formats)
    data = "".join(f"{line}\n" for line in text).encode("utf-8", "surrogateescape")
    chunks = [Chunk(data)] if text else []
    rules = ruleset(setup.rule_folders)
    reader = reader_of(setup, rules, source.written)
    payloads = list(reader.payloads(chunks))
    lines = reader.take(payloads)
    found = [(lines.formats[form.id], form) for form in forms if lines.formats[form.id]]
    bare = [payload.text for payload in payloads if payload.kind == "line"]
    return Detection(
        source=source.name,
        codec=reading.codec,
        encoding=_encoding(source, reading.codec, text),
        envelopes={" > ".join(path): count for path, count in lines.envelopes.most_common()},
        lines=lines.total,
        whole=whole,
        kinds={kind: lines.kinds[kind] for kind in KINDS},
        formats=tuple(
            Found(form, count, _missing(form, bare)) for count, form in sorted(found, key=lambda each: -each[0])
        ),
        understood=1 - lines.kinds["unparsed"] / lines.total if lines.total else 0.0,
        first=lines.first,
        last=lines.last,
        assumed=str(setup.zone) if lines.unzoned else "",
        unparsed=tuple(lines.unparsed[:EXAMPLES]),
        problem=reading.problem or "",
    )


def describe(detection: Detection) -> str:
    """The detection as text for a person, the same for the same file, without secrets."""
    extent = "all" if detection.whole else "the first"
    rows = [
        ("compression", "none" if detection.codec == "plain" else detection.codec),
        ("encoding", detection.encoding),
        *_levels(detection),
        ("looked at", f"{extent} {detection.lines:,} lines"),
        (
            "understood",
            f"{math.floor(detection.understood * 1000) / 10} % of them: " + _counted(detection.kinds, "nothing"),
        ),
        ("confidence", _confidence(detection)),
        ("time", _period(detection)),
    ]
    if detection.problem:
        rows.append(("problem", detection.problem))
    for form, number, missing in detection.formats:
        rows.append(
            ("format", f"{form.id}: {count(number, 'line')}, {number / detection.lines * 100:.1f} %, {form.kind}")
        )
        rows.append(("", form.title))
        if missing:
            rows.append(("", "cannot tell: " + ", ".join(missing)))
    if detection.lines and not detection.known:
        rows.append(("format", "unknown: no line is one that a server of Airflow writes"))
    rows += [("unparsed", f"line {number}: {shown(line)}") for number, line in detection.unparsed]
    if detection.unparsed:
        rows.append(("try", TRY))
    return "\n".join([shown(detection.source), *(f"  {label:<13}{text}".rstrip() for label, text in rows)])


def _levels(detection: Detection) -> list[tuple[str, str]]:
    """What is around the lines, level by level, and what it can tell besides them."""
    rows = [("envelope", _counted(detection.envelopes, "none"))]
    known = {each.id: each for each in envelopes.shipped()}
    seen = dict.fromkeys(name for path in detection.envelopes for name in path.split(" > "))
    for each in (known[name] for name in seen):
        told = [name for name in _ENVELOPE_TELLS if name in each.tells]
        silent = [name for name in _ENVELOPE_TELLS if name not in told]
        rows.append(("", f"{each.id}: {each.title}"))
        rows.append(("", f"tells: {', '.join(told) or 'nothing else'}"))
        rows += [("", f"cannot tell: {', '.join(silent)}")] if silent else []
    return rows


def _confidence(detection: Detection) -> str:
    """How sure it is what the file is, by how much of it was understood; app and access lines prove a format."""
    if not detection.known:
        return "none: no line is one that a server of Airflow, or a proxy in front of it, writes"
    sure = next(word for word, share in _SURE if detection.understood >= share)
    heads = sum(detection.kinds[kind] for kind in ("access", "app"))
    return f"{sure}: {count(heads, 'line')} of {detection.lines:,} are such as only these formats hold"


def unknown(detection: Detection) -> str:
    """What to say of a file of which nothing was understood, with examples and what to try; empty for any other."""
    if detection.known or not detection.kinds["unparsed"] + detection.kinds["continuation"]:
        return ""
    said = (
        f"{shown(detection.source)}: its format is not known, none of {count(detection.lines, 'line')} was understood"
    )
    examples = [f"  line {number}: {shown(line)}" for number, line in detection.unparsed]
    return "\n".join([said + (", such as" if examples else ""), *examples, f"  {TRY}"])


def carries(form: LineFormat, lines: Iterable[str] = ()) -> dict[str, bool]:
    """What lines of a format can tell, deduced from its samples, or from ``lines`` for a format that has none.

    ``zone`` is true if some line names the zone of its time.
    """
    told: set[str] = set()
    for line in [sample.line for sample in form.samples] or lines:
        fields = fit(form, line)
        if fields is not None:
            told |= {name for name in _PLACES if _told(name, fields)}
    return {name: name in told for name in _PLACES}


def fit(form: LineFormat, line: str) -> Fields | None:
    """The fields of a line, coloured or not, in one format."""
    return form.read(line) or form.read(formats.strip_colour(line))


def only(path: str | None) -> sources.Source:
    """The one source that a path stands for; standard input for none.

    Raises:
        InputError: it stands for none or several.
    """
    found = sources.find(["-" if path is None else path])
    if len(found) != 1:
        raise InputError(path or "-", f"stands for {len(found)} files", "name one of them")
    return found[0]


def shown(text: str) -> str:
    """``text`` for a terminal: no secret, no control character, cut to ``EXAMPLE_LENGTH``."""
    safe = redacted(text)
    return printable(safe[:EXAMPLE_LENGTH]) + ("..." if len(safe) > EXAMPLE_LENGTH else "")


def _head(reading: Reading) -> tuple[list[str], bool]:
    text: list[str] = []
    for chunk in reading:
        text += chunk.data.decode("utf-8", "surrogateescape").removesuffix("\n").split("\n")
        if len(text) > SAMPLE_LINES:
            return text[:SAMPLE_LINES], False
    return text, True


def _encoding(source: sources.Source, codec: str, text: Sequence[str]) -> str:
    if codec == "plain" and source.size:
        with opened(source) as stream:
            head = stream.read(4)
        for mark, name in _BOMS:
            if head.startswith(mark):
                return name
    odd = sum(not line.isascii() and any("\udc80" <= each <= "\udcff" for each in line) for line in text)
    if odd:
        return f"UTF-8, except for bytes in {odd:,} lines that are none"
    return "ASCII" if all(map(str.isascii, text)) else "UTF-8"


def _missing(form: LineFormat, text: Sequence[str]) -> tuple[str, ...]:
    asked = {"access": tuple(_PLACES), "app": ("time", "zone")}.get(form.kind, ())
    told = carries(form, text)
    return tuple(name for name in asked if not told[name])


def _told(name: str, fields: Fields) -> bool:
    if name == "zone":
        stamp = timestamps.read(fields.get("outer") or fields.get("time") or "")
        return stamp is not None and stamp.zoned
    values = [fields[place] for place in _PLACES[name] if fields.get(place)]
    return any(value not in ("-", "None") for value in values) if name in _NUMBERS else bool(values)


def _counted(numbers: dict[str, int], none: str) -> str:
    return ", ".join(f"{name} {count:,}" for name, count in numbers.items() if count) or none


def _period(detection: Detection) -> str:
    if detection.first is None:
        return "no line carries one"
    zone = f"; stamps without a zone were read as {detection.assumed}" if detection.assumed else ""
    return f"{moment(detection.first)} to {moment(detection.last)}{zone}"
