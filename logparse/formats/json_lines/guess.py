"""Access lines in JSON whose keys are the operator's own: nginx, gunicorn and many more have templates for them.

Owns: when an object is taken for one.
Must not know: servers, other formats (it is told which lines are theirs).

An object is an access line if it holds a method, a target and a status of three digits, or a request line and a status.
The formats are the user's, so that nothing is guessed that could be two things: no unit of a bare duration, and no line
whose method or status is there twice with different values.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from logparse.formats.json_lines.fields import split_request_line
from logparse.formats.json_lines.objects import (
    AmbiguousKeyError,
    Record,
    decode_object,
    decode_pairs,
    find_value,
    to_text,
)
from logparse.formats.json_lines.usual_names import NAMES

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping

    from logparse.formats.line_format import Fields

_FIELDS: Final = {name: tuple(names.split()) for name, names in NAMES.items()}
_KNOWN: Final = frozenset(name for names in _FIELDS.values() for name in names)
#: Objects around the fields of an access line, whose name says nothing of these.
_AROUND: Final = frozenset({"properties", "attributes", "nginx", "nginxaccess", "apache", "apacheaccess", "accesslog"})
#: From these, fields of other names are made.
_PARTS: Final = ("request", "code", "duration")
#: Names of the fields on which it depends whether a line is an access line, and what it asks for.
_TELLING: Final = frozenset(
    name for field in ("method", "request", "target", "status", "code") for name in _FIELDS[field]
)
_DEPTH: Final = 3
#: No usual name is that long.
_LONGEST_KEY: Final = 64
#: What Azure Log Analytics puts behind the names of columns.
_COLUMN_TYPE: Final = re.compile(r"_[sdtbg]\Z")
_PUNCTUATION: Final = str.maketrans("", "", "-._")
_METHOD: Final = re.compile(r"[A-Z][A-Z-]{1,31}")
_TARGET: Final = re.compile(r"(?:/|[A-Za-z][A-Za-z+.-]{0,15}://).*", re.DOTALL)
#: Some write the words of the status behind it.
_STATUS: Final = re.compile(r"[0-9]{3}(?: [A-Za-z][A-Za-z' -]{0,40})?")
_STAMP: Final = re.compile(
    r"\[?(?:\d{4}[/-]\d\d[/-]\d\d.{1,40}|\d\d/[A-Z][a-z]{2}/\d{4}.{1,40}|\d{10,19}(?:\.\d*)?|\d\.\d+[eE]\+?\d+"
    r"|[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d(?:\.\d{1,9})?)"
)
_ADDRESS: Final = re.compile(r"((?:\d{1,3}\.){3}\d{1,3}|\[[0-9A-Fa-f:.]+\]):\d{1,5}")
_HOST_ADDRESS: Final = re.compile(r"(?:\d{1,3}\.){3}\d{1,3}|[0-9A-Fa-f]{0,4}:[0-9A-Fa-f:.]+")
_PEOPLE: Final = frozenset({"client", "user", "forwarded", "real_ip"})
#: The name of a browser, or a page, without quotes.
_HEADER: Final = re.compile(r"(?<!\S)[\w.-]{0,40}(?:agent|ua|referr?er)=(?=[^\s\"'-])", re.IGNORECASE)
#: By usual name, what stands under it; more than one value where two keys have the same name.
Named = dict[str, "list[str | None]"]
_SPAN: Final = re.compile(r"(\d+(?:\.\d+)?) ?(ns|us|µs|μs|ms|s)")
_UNITS: Final = {"ns": "duration_ns", "us": "duration_us", "µs": "duration_us", "μs": "duration_us"}


def make_guessing_reader(given: Mapping[str, str], *, pairs: bool) -> Callable[[str], Fields | None]:
    """Return what reads an access line in JSON, or of ``pairs``, into its fields; None if it is none.

    Args:
        given: field to the path of its key, for fields whose key the user names. Where something stands there, no usual
            name counts for that field.
        pairs: lines are pairs of keys and values, and no JSON.
    """
    decode = decode_pairs if pairs else decode_object

    def read(line: str) -> Fields | None:
        record = decode(line) if line.startswith("{") != pairs else None
        if record is None:
            return None
        try:
            named = _collect_named(record, set(given.values()))
            for field, path in given.items():
                if (value := to_text(find_value(record, path))) is not None:
                    _put(named, field, value)
            fields = _read_fields(named)
            return _leave_out_sent(fields, line) if pairs and fields is not None else fields
        except AmbiguousKeyError:
            return None

    return read


def _leave_out_sent(fields: Fields, line: str) -> Fields:
    """Return the fields of a line of pairs without people who stand behind a header without quotes only.

    Some servers write a header as it is: what a caller writes into it may look like further pairs.
    """
    header = _HEADER.search(line)
    if header is not None:
        front = _collect_named(decode_pairs(line[: header.start()].rstrip()) or {}, ())
        for field in fields.keys() & _PEOPLE:
            if not any(name in front for name in _FIELDS[field]):
                fields[field] = None
    return fields


def _put(named: dict[str, list[str | None]], field: str, value: str) -> None:
    """Let a value be the only one of its field; where a method or a target is given, no request line counts."""
    kind = field.partition("_")[0]
    others = ["request"] if field in ("method", "target") else [name for name in _FIELDS if name.startswith("duration")]
    for other in (field, *(others if kind in ("method", "target", "duration") else ())):
        for name in _FIELDS[other]:
            named.pop(name, None)
    named[_FIELDS[field][0]] = [value.upper() if field == "method" else value]


def make_key_chooser(
    elsewhere: Collection[str], given: Collection[str] = ()
) -> Callable[[tuple[str, ...]], tuple[str, ...] | None]:
    """Return what chooses the keys on which it depends what lines of such formats ask for, see ``AskedByAnyKeys``.

    Args:
        elsewhere: paths of the values on which it depends whether a line is in another format.
        given: paths of such values that the user names.
    """
    others = {part for path in (*elsewhere, *given) for part in (path, path.partition(".")[0])}

    def choose_keys(keys: tuple[str, ...]) -> tuple[str, ...] | None:
        names = [_normalize(key) for key in keys]
        known = [name for name in names if name in _KNOWN]
        if len(known) != len(set(known)) or any(len(key) >= _LONGEST_KEY for key in keys):
            return None
        return tuple(key for key, name in zip(keys, names, strict=True) if name in _TELLING or key in others)

    return choose_keys


def _collect_named(record: Record, without: Collection[str]) -> Named:
    """Values of the keys that have a usual name, but for some paths; more than one where two keys have the same."""
    found: Named = {}
    for path, name, value in _walk(record, "", "", _DEPTH):
        if path not in without:
            found.setdefault(name, []).append(value)
    return found


def _walk(record: Record, way: str, above: str, depth: int) -> Iterator[tuple[str, str, str | None]]:
    for key, value in record.items():
        name = above + _normalize(key) if len(key) < _LONGEST_KEY else ""
        if isinstance(value, dict):
            if depth > 1 and name:
                yield from _walk(value, f"{way}{key}.", "" if name in _AROUND else name, depth - 1)
        elif name in _KNOWN:
            yield way + key, name, to_text(value)


@lru_cache(maxsize=1 << 12)
def _normalize(key: str) -> str:
    return _COLUMN_TYPE.sub("", key).translate(_PUNCTUATION).lower()


def _read_fields(named: Named) -> Fields | None:
    if _TELLING.isdisjoint(named):
        return None
    held = _Held(named, _find_names(tuple(named)))
    plain_status = held.agreed_value("status", _STATUS)
    status = plain_status or held.agreed_value("code", _STATUS)
    asked = _read_request(held)
    if status is None or asked is None:
        return None
    time = held.best_value("time", _STAMP)
    fields: Fields = {"method": asked[0], "target": asked[1], "status": status, "time": time}
    client = held.best_value("client")
    if client is None and plain_status is None:  # fluentd's parser of Apache's lines has `host` and `code`
        client = held.best_value("host", _HOST_ADDRESS)
    address = _ADDRESS.fullmatch(client or "")
    fields["client"] = address[1] if address else client
    if "event" in held.names and held.names.keys().isdisjoint({"client", "user"}):
        return None  # an app tells what it asked others for in the same words
    if not asked[1] and (status[0] != "4" or client is None or fields["time"] is None):
        return None  # a malformed request is one that the server refused
    fields["time"] = (fields["time"] or "").removeprefix("[").removesuffix("]") or None
    for name in held.names:
        if name not in fields and name not in _PARTS:
            fields[name] = held.best_value(name)
    for name in fields.keys() & {"upstream_status", "upstream"}:
        fields[name] = fields[name] or "-"
    span = _SPAN.fullmatch(held.best_value("duration") or "")
    if span:
        fields.setdefault(_UNITS.get(span[2], f"duration_{span[2]}"), span[1])
    return fields


def _read_request(held: _Held) -> tuple[str | None, str] | None:
    """Method and target; no method and no target for a request line that is malformed; None if there is no request."""
    method = held.agreed_value("method", _METHOD)
    asked, target = split_request_line(held.best_value("request"))
    if asked is not None and method not in (None, asked):
        raise AmbiguousKeyError("method")
    if not _TARGET.fullmatch(target):
        target = held.best_value("target", _TARGET) or ""
    method = method or asked
    if method is not None and target:
        return method, target
    return (None, "") if "request" in held.names else None


@lru_cache(maxsize=1 << 8)
def _find_names(held: tuple[str, ...]) -> dict[str, tuple[str, ...]]:
    """Return the fields of which an object holds a usual name, each with these names, the best first."""
    found = {field: tuple(name for name in names if name in held) for field, names in _FIELDS.items()}
    return {field: names for field, names in found.items() if names}


class _Held(NamedTuple):
    """What an object holds by the usual names, and the names of each field that it holds."""

    named: Named
    names: dict[str, tuple[str, ...]]

    def values_of(self, field: str, wanted: re.Pattern[str] | None) -> Iterator[str]:
        """Yield what stands under the names of a field, the best first."""
        for name in self.names.get(field, ()):
            held = (value for value in self.named[name] if value is not None)
            values = {value for value in held if wanted is None or wanted.fullmatch(value)}
            if len(values) > 1:
                raise AmbiguousKeyError(name)
            yield from values

    def best_value(self, field: str, wanted: re.Pattern[str] | None = None) -> str | None:
        """Return what stands under the best name."""
        return next(self.values_of(field, wanted), None)

    def agreed_value(self, field: str, wanted: re.Pattern[str]) -> str | None:
        """Return the value on which all names of a field agree."""
        cut = len("403") if wanted is _STATUS else None
        if len(values := {value[:cut] for value in self.values_of(field, wanted)}) > 1:
            raise AmbiguousKeyError(field)
        return next(iter(values), None)
