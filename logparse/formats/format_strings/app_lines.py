"""Format strings of Python's logging, as ``[logging] log_format`` of airflow.cfg has them, to what reads such lines.

Owns: the attributes of a log record, and how each is written.
Must not know: formats of access lines, what a message means.

Percent signs may be doubled, as in airflow.cfg. So may braces around a place in the code: templates of airflow.cfg
double those that stand for themselves, and some write them out doubled.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from logparse.common.errors import FormatError
from logparse.common.timestamps import parse_timestamp
from logparse.formats.format_strings.field_search import Field, Search, compile_fast, cut_parts, plan_search
from logparse.formats.head_parts import REQUEST

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from logparse.formats.line_format import Fields

_ATTRIBUTE: Final = re.compile(r"%\((\w+)\)([-+ #0]*\d*(?:\.\d+)?)[a-zA-Z]")
_DOUBLED: Final = re.compile(r"%%(?=\(\w+\))")
#: The milliseconds are a part of the time.
_MILLISECONDS: Final = re.compile(r"(?<=%\(asctime\)s)[.,]%\(msecs\)\d*[a-z]")
#: Colours are taken off a line before it is read without them.
_COLOUR: Final = re.compile(r"%\((?:\w+_)?(?:color|black|red|green|yellow|blue|purple|cyan|white|reset)\)s")
#: Attribute to the field of a line. All others tell nothing: names of functions, processes and threads, extras.
_NAMES: Final = {
    "asctime": "time", "created": "time", "levelname": "level", "name": "logger", "filename": "filename",
    "lineno": "lineno", "message": "message",
}  # fmt: skip
#: Attributes whose own text shows where they end.
_FIXED: Final = {
    "levelname": r"(?i:TRACE|DEBUG|INFO|NOTICE|SUCCESS|WARN(?:ING)?|ERROR|CRIT(?:ICAL)?|FATAL|NOTSET)(?![A-Za-z])"
} | dict.fromkeys(
    ("created", "lineno", "levelno", "process", "thread", "msecs", "relativeCreated"), r"[0-9]++(?:\.[0-9]++)?"
)
#: A time in the usual form; of any other, the text behind it shows where it ends.
_USUAL_TIME: Final = r"\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d{1,9})?+(?: ?(?:Z|UTC|[+-]\d\d:?\d\d)(?!\w))?+"
#: Attributes that hold no blanks.
_WORDS: Final = ("name", "filename", "pathname", "module", "funcName")
_REQUEST: Final = re.compile(REQUEST)


def compile_app_format(text: str) -> Callable[[str], Fields | None]:
    """Return what reads the app lines of a format string; a message that is an access line is none of theirs.

    Raises:
        FormatError: the string has no message, nothing else that shows where a line begins, or two attributes with
            nothing between them.
    """
    string = _MILLISECONDS.sub("", _DOUBLED.sub("%", _COLOUR.sub("", _DOUBLED.sub("%", text.strip().strip("\"'")))))
    names = {name for name, _ in _ATTRIBUTE.findall(string)}
    if "message" not in names:
        raise FormatError(text, "there is no %(message)s in it; it must be the log_format of airflow.cfg")
    if names.isdisjoint({"levelname", "asctime", "created"}):
        raise FormatError(text, "needs %(levelname)s or %(asctime)s: with neither, any text would be a line of it")
    single = string.replace("{{", "{").replace("}}", "}")
    written = dict.fromkeys((single, single.replace("{", "{{").replace("}", "}}")))
    tokens = [
        _tokenise(text, each, fixed) for fixed in ({**_FIXED, "asctime": _USUAL_TIME}, _FIXED) for each in written
    ]
    # What stands behind the message is missing in the first of several lines.
    short = [each[: 1 + each.index(_MESSAGE)] for each in tokens if each[-1] != _MESSAGE]
    readers = [_make_reader(each) for each in (*tokens, *short)]

    def read(line: str) -> Fields | None:
        fields = next((fields for reader in readers if (fields := reader(line)) is not None), None)
        if fields is None or _REQUEST.match(fields["message"]):
            return None
        if "levelname" not in names and parse_timestamp(fields["time"].strip(" ")) is None:
            return None
        found: Fields = {name: value.strip(" ") if name != "message" else value for name, value in fields.items()}
        if found.get("filename"):
            found["loc"] = f"{found['filename']}:{found.get('lineno') or 0}"
        return found

    return read


_MESSAGE: Final = Field("message")


def _tokenise(text: str, string: str, fixed: Mapping[str, str]) -> list[str | Field]:
    tokens: list[str | Field] = []
    at, seen = 0, {""}
    for hit in _ATTRIBUTE.finditer(string):
        if hit.start() > at:
            tokens.append(string[at : hit.start()].replace("%%", "%"))
        field = _field(hit[1], fixed.get(hit[1], ""), padded=bool(hit[2]), seen=seen)
        if tokens and not field.fixed and isinstance(tokens[-1], Field) and not tokens[-1].fixed:
            raise FormatError(
                text, f"nothing between two attributes, so no line can be split: {hit[0]} and the one before"
            )
        tokens.append(field)
        at = hit.end()
    return [*tokens, string[at:].replace("%%", "%")] if at < len(string) else tokens


def _field(name: str, fixed: str, *, padded: bool, seen: set[str]) -> Field:
    """An attribute as a field, which has a name where it comes for the first time."""
    field = _NAMES.get(name, "")
    field = "" if field in seen else field
    seen.add(field)
    if field == "message":
        return _MESSAGE
    if not fixed and not (padded and name in _WORDS):
        return Field(field, barred=" \t\n" if name in _WORDS else "\n")
    text = fixed or r"[^\s|\])}>]++"
    group = f"(?P<{field}>{text})" if field else text
    return Field(field, fixed=f" *+{group} *" if padded else group)


def _make_reader(tokens: list[str | Field]) -> Callable[[str], dict[str, str] | None]:
    parts = cut_parts(tokens, "", r"\Z")
    fast, plan = compile_fast(parts), plan_search(parts)

    def read(line: str) -> dict[str, str] | None:
        hit = fast.match(line)
        return hit.groupdict() if hit else Search(line, plan).find_fields()

    return read
