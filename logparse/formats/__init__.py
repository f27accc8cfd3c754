"""Line formats: how a payload is written, as data files that prove themselves.

Owns: loading and checking the format files beside this module, and reading one payload into named fields.
Must not know: what an attempt is, where lines come from, how they follow each other.

A format file says its ``kind`` (``access``, ``app``, ``continuation`` or ``other``), how to read a line
(``pattern``, ``json``, ``any_json``, or a format string of ``gunicorn``, ``nginx`` or ``apache``) and holds samples
with what they mean. ``rank`` is the order in which formats are tried on a line that the last used ones do not fit.
``after`` names formats whose lines would fit as well: a line that one of them reads is theirs. ``escapes`` names what
decodes the fields, see ``logparse.formats.decode``. ``outline`` and ``ends`` let lines that hold no trigger attempt be
counted unread, see ``logparse.outline``.
"""

from __future__ import annotations

import ast
import re
import tomllib
from dataclasses import dataclass, field, replace
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any, Final

from logparse.errors import FormatError
from logparse.formats.anyjson import any_json_reader
from logparse.formats.decode import DECODERS
from logparse.formats.jsonlines import json_reader
from logparse.formats.logformat import DEFAULT as GUNICORN_DEFAULT
from logparse.formats.strings import FLAVOURS, compile_string
from logparse.samples import Sample

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["GUNICORN_DEFAULT", "Fields", "LineFormat", "compile_formats", "from_string", "shipped", "strip_colour"]

#: Field name to text as the line holds it; None where the line leaves it out.
Fields = dict[str, str | None]

_COLOUR: Final = re.compile(r"\x1b\[[0-9;]*m")
_KEY_VALUE: Final = re.compile(r"""([A-Za-z_][\w.]*)=('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[^\s=]*)(?: |$)""")
_KINDS: Final = ("access", "app", "continuation", "other")
_KEYS: Final = {
    "id", "airflow", "kind", "title", "rank", "stamp", "decoded", "port", "reference", "pattern", "extra", *FLAVOURS,
    "json", "any_json", "unless", "fields", "required", "prefix", "keyvalues", "tail", "vouches", "proxy", "sample",
    "after", "escapes", "names_users", "outline", "ends", "rest",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Sign:
    """What in an access line of a proxy shows that the answer is the proxy's own.

    Attributes:
        does: ``refused`` (the request never reached the server behind) or ``closed`` (the client left before the
            answer, whatever the server made of the request).
        when: field to what it must be in full; all must hold. A field that the line leaves out holds nothing.
    """

    does: str
    when: tuple[tuple[str, re.Pattern[str]], ...]

    def shows(self, fields: Fields) -> bool:
        """Whether a line with these fields bears the sign."""
        return all(wanted.fullmatch(fields.get(name) or "") for name, wanted in self.when)


@dataclass(frozen=True, slots=True)
class LineFormat:
    """How one kind of line is written.

    Attributes:
        id: name of the format; that of its file.
        kind: ``access``, ``app``, ``continuation`` or ``other``.
        title: one line for people.
        rank: lower is tried first.
        read: payload to fields, or None if the payload is not written like this.
        stamp: ``end`` or ``start`` of the request, for access lines.
        decoded: the path is percent-decoded already.
        port: the client field carries a port behind its last colon.
        airflow: Airflow itself writes these lines, complaints about refused callers among them.
        names_users: its lines may carry a name of a Basic header, raw, with line breaks and all.
        vouches: a proxy wrote the user, whose credentials it looked at itself.
        signs: what shows that an answer is the proxy's own, the first that fits counts.
        tail: what ends a message of several lines (structlog), else None.
        reference: where the form is documented.
        samples: real lines with what they hold.
        after: formats whose lines would fit as well, and are not read.
        outline: how its lines begin (``logparse.outline``), the character that they end with, and what follows in
            most of them; empty: not told.
    """

    id: str
    kind: str
    title: str
    rank: int
    read: Callable[[str], Fields | None]
    stamp: str = "end"
    decoded: bool = False
    port: bool = False
    airflow: bool = False
    names_users: bool = False
    vouches: bool = False
    signs: tuple[Sign, ...] = ()
    tail: re.Pattern[str] | None = None
    reference: str = ""
    samples: tuple[Sample, ...] = field(default=(), repr=False)
    after: tuple[str, ...] = ()
    outline: tuple[str, str, str | None] = ("", "", None)


#: nginx asked no server behind it, and answered itself; 502 to 504 say that one failed.
_UPSTREAM: Final = (Sign("refused", (("upstream_status", re.compile(r"-?")), ("status", re.compile(r"[34]\d\d")))),)


def strip_colour(line: str) -> str:
    """``line`` without ANSI colour sequences."""
    return _COLOUR.sub("", line) if "\x1b" in line else line


@cache
def shipped() -> tuple[LineFormat, ...]:
    """The formats that come with logparse, in the order in which they are tried."""
    folder = resources.files(__name__)
    files = [
        (entry.name, tomllib.loads(entry.read_text("utf-8")))
        for entry in folder.iterdir()
        if entry.name.endswith(".toml")
    ]
    loaded = [_load(name, data) for name, data in files if "any_json" not in data]
    json = {name.removesuffix(".toml") for name, data in files if "json" in data}
    others = [each.read for each in sorted(loaded, key=_order) if each.id in json]
    loaded += [_load(name, data, others) for name, data in files if "any_json" in data]
    known = {form.id: form for form in loaded}
    apart = (_leaving(form, [known[other] for other in form.after]) if form.after else form for form in loaded)
    return tuple(sorted(apart, key=_order))


def _order(form: LineFormat) -> tuple[int, str]:
    return form.rank, form.id


def from_string(text: str, number: int = 1) -> LineFormat:
    """The access-line format that a string of gunicorn's, nginx's or Apache's describes; tried before the shipped ones.

    Raises:
        FormatError: the string is no such format, with the position of what is wrong.
    """
    written = compile_string(text)
    return LineFormat(
        f"log-format-{number}",
        "access",
        f"as given: {text}",
        -number,
        written.match,
        stamp=written.stamp,
        names_users=written.names_users,
        vouches=written.vouches,
        signs=_UPSTREAM if "upstream_status" in written.names else (),
    )


def compile_formats(log_formats: Sequence[str]) -> tuple[LineFormat, ...]:
    """The given format strings and the shipped formats, in the order in which they are tried.

    Raises:
        FormatError: a format string cannot be used.
    """
    given = [from_string(text, number) for number, text in enumerate(log_formats, 1)]
    return (*given, *shipped())


def _leaving(form: LineFormat, others: Sequence[LineFormat]) -> LineFormat:
    """The format, which leaves to the others what they read."""

    def read(line: str) -> Fields | None:
        fields = form.read(line)
        return None if fields is None or any(other.read(line) is not None for other in others) else fields

    return replace(form, read=read)


def _load(name: str, data: dict[str, Any], others: Sequence[Callable[[str], Fields | None]] = ()) -> LineFormat:
    unknown = sorted(set(data) - _KEYS)
    if unknown:
        raise FormatError(name, f"unknown key {', '.join(unknown)}")
    if data.get("id") != name.removesuffix(".toml") or data.get("kind") not in _KINDS:
        raise FormatError(name, "`id` must be the file's name and `kind` one of " + ", ".join(_KINDS))
    samples = tuple(Sample(**each) for each in data.get("sample", ()))
    if not samples:
        raise FormatError(name, "a format needs at least one [[sample]]")
    return LineFormat(
        id=data["id"],
        kind=data["kind"],
        title=data["title"],
        rank=data["rank"],
        read=any_json_reader(others) if data.get("any_json") else _decoding(name, data),
        stamp=data.get("stamp", "start" if "apache" in data else "end"),
        decoded=data.get("decoded", False),
        port=data.get("port", False),
        airflow=data.get("airflow", False),
        names_users=data.get("names_users", "gunicorn" in data),
        vouches=data.get("vouches", "apache" in data),
        signs=tuple(_sign(name, **each) for each in data.get("proxy", ())),
        tail=re.compile(data["tail"] + "$") if "tail" in data else None,
        reference=data.get("reference", ""),
        samples=samples,
        after=tuple(data.get("after", ())),
        outline=(data.get("outline", ""), data.get("ends", ""), data.get("rest")),
    )


def _decoding(name: str, data: dict[str, Any]) -> Callable[[str], Fields | None]:
    plain = _reader(name, data)
    if "escapes" not in data:
        return plain
    if data["escapes"] not in DECODERS:
        raise FormatError(name, "`escapes` is one of " + ", ".join(DECODERS))
    decode, mark = DECODERS[data["escapes"]]

    def read(line: str) -> Fields | None:
        fields = plain(line)
        return decode(fields) if fields is not None and mark in line else fields

    return read


def _sign(name: str, does: str, when: dict[str, str]) -> Sign:
    if does not in ("refused", "closed") or not when:
        raise FormatError(name, "`does` of [[proxy]] is `refused` or `closed`, and `when` says what shows it")
    return Sign(does, tuple((each, re.compile(wanted)) for each, wanted in when.items()))


def _reader(name: str, data: dict[str, Any]) -> Callable[[str], Fields | None]:
    for flavour in FLAVOURS:
        if flavour in data:
            return _string_reader(data[flavour], flavour, extra=data.get("extra", False))
    if "json" in data:
        return json_reader(name, data)
    if "pattern" not in data:
        raise FormatError(name, "a format needs `pattern`, `json`, `any_json`, `gunicorn`, `nginx` or `apache`")
    pattern = re.compile(data["pattern"], re.DOTALL)
    if "keyvalues" in data:
        return _key_value_reader(pattern, data["keyvalues"])
    if "tail" in data:
        return _tail_reader(pattern, re.compile(data["tail"] + "$"))

    def read(line: str) -> Fields | None:
        found = pattern.fullmatch(line)
        return found.groupdict() if found else None

    return read


def _string_reader(text: str, flavour: str, *, extra: bool) -> Callable[[str], Fields | None]:
    plain = compile_string(text, flavour).match
    if not extra:
        return plain
    longer = compile_string(text, flavour, extra=True).match
    return lambda line: None if plain(line) else longer(line)


def _tail_reader(pattern: re.Pattern[str], tail: re.Pattern[str]) -> Callable[[str], Fields | None]:
    def read(line: str) -> Fields | None:
        found = pattern.fullmatch(line)
        if not found:
            return None
        fields: Fields = found.groupdict()
        ending = tail.search(fields["message"] or "")
        if ending:
            fields["message"] = (fields["message"] or "")[: ending.start()].rstrip(" ")
            fields.update(tail_fields(ending))
        return fields

    return read


def tail_fields(ending: re.Match[str]) -> Fields:
    """Logger, ``loc`` and ``error`` of the tail that ends a structlog message."""
    keys = dict(_KEY_VALUE.findall(ending["keys"] or ""))
    return {"logger": ending["logger"], "loc": keys.get("loc"), "error": _unquote(keys.get("error"))}


def _key_value_reader(pattern: re.Pattern[str], names: dict[str, str]) -> Callable[[str], Fields | None]:
    def read(line: str) -> Fields | None:
        found = pattern.fullmatch(line)
        if not found:
            return None
        rest = found["keyvalues"]
        values: dict[str, str] = {}
        position = 0
        while position < len(rest):
            pair = _KEY_VALUE.match(rest, position)
            if not pair:
                return None
            values[pair[1]] = pair[2]
            position = pair.end()
        if names["method"] not in values or not values.get(names["status"], "").isdigit():
            return None
        fields: Fields = {name: value for name, value in found.groupdict().items() if name != "keyvalues"}
        fields.update({name: _unquote(values.get(key)) for name, key in names.items()})
        return fields

    return read


def _unquote(value: str | None) -> str | None:
    """Undo the repr() that structlog applies to a value with blanks, quotes or line breaks."""
    if value is None or len(value) < 2 or value[0] not in "'\"":  # noqa: PLR2004
        return value
    try:
        return str(ast.literal_eval(value))
    except (ValueError, SyntaxError):  # cut in the middle, or not from repr()
        return value
