"""Templates of the text in front of lines, such as ``{time} app[{name}]: ``, and the envelopes that they describe.

Owns: how a template is written, and the kinds of its parts.
Must not know: how a template is found, which lines are known.

A template is part of the id of its envelope. So an envelope that was found in one file can be made again from the id
alone, by whoever reads another slice of that file.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from logparse.common.errors import FormatError
from logparse.envelopes.envelope import Envelope, Opened
from logparse.envelopes.origin import Origin
from logparse.formats.data_files import check_data_file, read_data_files
from logparse.formats.file_keys import compile_regex

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from logparse.formats.data_files import Sample

#: Kinds of parts, each of which the data file must describe.
KINDS: Final = ("colour", "time", "moment", "level", "id", "number", "name")
#: The fields of ``Origin`` that the last names in front of a line fill, the last one first.
_PLACES: Final = ("container", "host")
_TOKEN: Final = re.compile(r"\{(\w+)\}|([^{]+)")
#: What grep puts behind the name of a file and the number of a line, and what if the line is only shown since it stands
#: near one that was searched for. Names hold the latter themselves: at the end it counts only in front of what can
#: begin a line and stands in no name.
_MATCHED, _CONTEXT = ":", "[:-]"
_LAST_CONTEXT: Final = r"(?::|-(?=\d{1,3}\.\d|[0-9A-Fa-f]{0,4}:|[\[{<]|\d{4}-\d\d-\d\d[T ]|[A-Z][a-z]{2} |[A-Z]{4}))"
#: What a template cannot hold as it is: signs of its own, what stands between the ids of envelopes, and bytes that are
#: no UTF-8, which no report can hold.
_SIGNS: Final = re.compile(r"[{}>\ud800-\udfff]")
#: TAI64N: seconds since 1970 and 2 to the power of 62, in TAI, which is ahead of UTC by 37 s (since 2017).
_TAI64N: Final = re.compile(r"@([0-9a-f]{16})([0-9a-f]{8})")
_TAI_START, _TAI_AHEAD = 1 << 62, 37
_TAI_LENGTH: Final = 25


class FrontFile(NamedTuple):
    """The data file on text in front of lines.

    Attributes:
        id: name of the envelope.
        title: one line for people.
        reference: where such text is documented.
        parts: kind of a part to its regular expression.
        samples: lines with what stands in front of them.
    """

    id: str
    title: str
    reference: str
    parts: dict[str, str]
    samples: tuple[Sample, ...]


@cache
def front_file() -> FrontFile:
    """Return what the data file says.

    Raises:
        FormatError: it cannot be used.
    """
    ((name, data),) = read_data_files("logparse.envelopes.fronts", whole=True)
    keys = {"title": "text!", "reference": "text!", "parts": "words!"}
    samples = check_data_file(name, data, keys)
    if tuple(data["parts"]) != KINDS:
        raise FormatError(name, f"`parts` must hold these keys in this order: {', '.join(KINDS)}")
    for kind, text in data["parts"].items():
        compile_regex(name, f"parts.{kind}", text)
    return FrontFile(data["id"], data["title"], data["reference"], dict(data["parts"]), samples)


def encode_literal(text: str) -> str:
    """Return text as a template holds it."""
    return _SIGNS.sub(lambda sign: f"{{{ord(sign[0])}}}", text)


def front_id(template: str) -> str:
    """Return the id of the envelope that a template describes."""
    return f"{front_file().id}: {template}"


def is_front(envelope_id: str) -> bool:
    """Return whether an id is that of text in front of lines that was found from a file."""
    return envelope_id.startswith(f"{front_file().id}: ")


@lru_cache(maxsize=64)
def make_front(envelope_id: str) -> Envelope:
    """Make the envelope of an id, which holds its template."""
    file = front_file()
    text = make_pattern(envelope_id.removeprefix(f"{file.id}: "))
    pattern = re.compile(text, re.DOTALL)
    names = [name for name in Origin._fields if name in pattern.groupindex]
    return Envelope(
        envelope_id,
        file.title,
        ("text",),
        _make_opener(pattern, names),
        sure=False,
        tells=tuple(name for name in ("time", *names) if name in pattern.groupindex),
        samples=(),
        keys={"pattern": text},
        reference=file.reference,
        ways=((pattern,),),
    )


def make_pattern(template: str) -> str:
    """Return the regular expression that a template stands for, with the groups of an envelope's pattern."""
    tokens = list(_tokens(template))
    names = [at for at, (kind, _) in enumerate(tokens) if kind == "name"]
    groups = dict(zip(reversed(names), _PLACES, strict=False))
    times = [at for at, (kind, _) in enumerate(tokens) if kind == "time"]
    groups.update(dict.fromkeys(times[:1], "time"))
    parts = []
    for at, (kind, literal) in enumerate(tokens):
        last = at == len(tokens) - 1
        if literal == _MATCHED and at and tokens[at - 1][0] in ("name", "number"):
            parts.append(_LAST_CONTEXT if last else _CONTEXT)
        elif kind:
            marked = not last and tokens[at + 1][1] == _MATCHED
            inside = r"\d+" if marked and kind == "number" else front_file().parts[kind]
            parts.append(f"(?P<{groups[at]}>{inside})" if at in groups else f"(?:{inside})")
            parts[-1] += "?" if kind == "colour" else ""
        else:
            parts.append(_literal_pattern(literal, first=at == 0, last=last))
    return "".join(parts)


def _literal_pattern(text: str, *, first: bool, last: bool) -> str:
    """Columns are padded, so several blanks may stand for one, but not at the end: there the line begins."""
    body = text.rstrip(" ") if last else text
    written = re.escape(body)
    written = re.sub(r"(?:\\ )+(?=\\\|)", " *", written)
    written = re.sub(r"(?:\\ )+", " +", written)
    if first and body.startswith(" "):
        written = " *" + written.removeprefix(" +")
    return written + re.escape(text[len(body) :])


def _tokens(template: str) -> Iterator[tuple[str, str]]:
    """Yield the parts of a template: a kind, or else text as it stands in the lines."""
    text = ""
    for hit in _TOKEN.finditer(template):
        if hit[1] in KINDS:
            if text:
                yield "", text
            text = ""
            yield hit[1], ""
        else:
            text += chr(int(hit[1])) if hit[1] else hit[2]
    if text:
        yield "", text


def _make_opener(pattern: re.Pattern[str], names: Sequence[str]) -> Callable[[Any], Opened | None]:
    timed = "time" in pattern.groupindex

    def open_text(line: str) -> Opened | None:
        hit = pattern.match(line)
        if hit is None:
            return None
        origin = Origin(**{name: "" if hit[name] in (None, "-") else hit[name] for name in names})
        return Opened(line[hit.end() :], _to_timestamp(hit["time"] or "") if timed else "", origin)

    return open_text


def _to_timestamp(text: str) -> str:
    """Return a time in a form that is read everywhere; svlogd has two forms of its own, in UTC."""
    if len(text) == _TAI_LENGTH and (hit := _TAI64N.fullmatch(text)):
        seconds, nanoseconds = int(hit[1], 16) - _TAI_START - _TAI_AHEAD, int(hit[2], 16)
        if not 0 <= seconds < 1 << 33:
            return ""
        moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds, microseconds=nanoseconds // 1000)
        return moment.isoformat()
    return f"{text.replace('_', ' ')}Z" if "_" in text else text
