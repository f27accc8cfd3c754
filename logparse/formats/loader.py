"""Format files and format strings to line formats, in the order in which they are tried on a line.

Owns: the keys of format files, and checking them.
Must not know: any single format, how a line is read (``readers``).

The file of a line format in ``shipped`` holds these keys:

- ``id``, the name of the file; ``title``, one line for people; ``reference``, where the format is documented;
- ``kind``: ``access``, ``app``, ``continuation`` (of the message above) or ``other``;
- ``rank``: formats of a lower rank are tried first on a line that the formats of the last lines do not fit;
- one of ``pattern``, ``parts``, ``json``, ``any_json``, ``gunicorn``, ``nginx`` and ``apache``: how to read a line;
- ``after``: formats whose lines would fit as well. A line that one of them reads is theirs;
- ``plain_message``: lines in another format are theirs, and so are lines whose message is a line in another one;
- ``escapes``: what decodes the fields, see ``decoders``;
- ``outline``, ``ends`` and ``rest``: how a line begins and ends, so that lines that hold no trigger attempt are counted
  unread, see ``outline``;
- ``stamp``, ``decoded``, ``port``, ``airflow``, ``server``, ``names_users``, ``vouches`` and ``[[proxy]]``:
  what is true of its lines, see ``LineFormat`` and ``Sign``;
- ``[[sample]]``: real lines with what they hold, at least one.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from logparse.common.errors import FormatError
from logparse.formats.asked import FIELDS
from logparse.formats.clients import read_only_written
from logparse.formats.data_files import check_data_file, read_data_files, to_id
from logparse.formats.file_keys import check_keys, check_word, compile_regex
from logparse.formats.format_strings.app_lines import compile_app_format
from logparse.formats.format_strings.compiler import FLAVOURS, compile_string
from logparse.formats.json_lines.fields import JSON_KEYS, list_paths
from logparse.formats.json_lines.guess import make_guessing_asked, make_guessing_reader
from logparse.formats.json_lines.own_names import OwnNames, add_names
from logparse.formats.line_format import Fields, LineFormat, Sign, strip_colour
from logparse.formats.readers import compile_tail, list_ways, make_asked, make_asked_of_string, make_reader
from logparse.formats.required import required_characters

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


_KINDS: Final = ("access", "app", "continuation", "other")
#: Keys whose values are attributes of the format as they are, and what they hold, see ``file_keys``.
_ATTRIBUTES: Final = {
    "id": "text!", "kind": "text!", "title": "text!", "rank": "number!", "decoded": "flag", "port": "flag",
    "airflow": "flag", "server": "text", "reference": "text",
}  # fmt: skip
#: All keys of a format file but ``sample``.
KEYS: Final = {
    **_ATTRIBUTES, **dict.fromkeys(FLAVOURS, "text"), **JSON_KEYS, "any_json": "flag", "pattern": "text",
    "stamp": "text", "extra": "flag", "keyvalues": "words", "tail": "text", "vouches": "flag", "proxy": "tables",
    "after": "texts", "parts": "words", "plain_message": "flag",
    "escapes": "text", "names_users": "flag", "outline": "text", "ends": "text", "rest": "text",
}  # fmt: skip
#: Each says in another way how a line is read.
_APP_FORMAT: Final = "app-format-"
_JSON_WAYS: Final = frozenset({"json", "any_json"})
_WAYS: Final = ("pattern", "parts", "json", "any_json", *FLAVOURS)
#: nginx asked no server behind it, and answered itself; 502 to 504 say that one failed.
_UPSTREAM: Final = (Sign("refused", (("upstream_status", re.compile(r"-?")), ("status", re.compile(r"[34]\d\d")))),)


class Given(NamedTuple):
    """What a user says about line formats.

    Attributes:
        log_formats: format strings of access logs.
        app_formats: format strings of app logs.
        names: keys of JSON and columns of tables that hold fields of lines.
    """

    log_formats: tuple[str, ...] = ()
    app_formats: tuple[str, ...] = ()
    names: OwnNames = ()


NOTHING: Final = Given()


@cache
def shipped() -> tuple[LineFormat, ...]:
    """Return the formats that come with logparse, in the order in which they are tried.

    Raises:
        FormatError: one of the files cannot be used.
    """
    return _load_shipped(())


@lru_cache(maxsize=4)
def _with_names(names: OwnNames) -> tuple[LineFormat, ...]:
    return _load_shipped(names)


def _load_shipped(names: OwnNames) -> tuple[LineFormat, ...]:
    """The formats, whose fields may also stand under keys of these names."""
    files = read_data_files("logparse.formats")
    if names:
        files = [(name, add_names(data, names) if data.keys() & _JSON_WAYS else data) for name, data in files]
    known = {to_id(name): _load_format(name, data) for name, data in files}
    guessed = [to_id(name) for name, data in files if "any_json" in data]
    of_json = {
        to_id(name): list_paths(name, data)[0] for name, data in files if "json" in data and "plain_message" not in data
    }
    telling = [path for field, path in names if field in FIELDS]
    asked = make_guessing_asked({path for paths in of_json.values() for path in paths}, telling)
    known |= {name: replace(known[name], after=tuple(of_json), asked=asked) for name in guessed}
    plain = [to_id(name) for name, data in files if "plain_message" in data]
    known |= {name: replace(known[name], after=(*of_json, *guessed)) for name in plain}
    for form in known.values():
        for other in form.after:
            check_word(f"logparse/formats/shipped/{form.id}.toml", "after", other, known)
    in_order = sorted(known.values(), key=_order)
    forms = [_leave_lines_inside(form, in_order) if form.id in plain else form for form in in_order]
    return tuple(
        _leave_to_others(form, [other for other in in_order if other.id in form.after]) if form.after else form
        for form in forms
    )


def _order(form: LineFormat) -> tuple[int, str]:
    return form.rank, form.id


def from_string(text: str, number: int = 1) -> LineFormat:
    """Return the access-line format that a format string describes; it is tried before the shipped ones.

    Raises:
        FormatError: the string is no such format, with the position of what is wrong.
    """
    written = compile_string(text)
    return LineFormat(
        f"log-format-{number}",
        "access",
        f"as given: {text}",
        -number,
        read_only_written(written.match),
        stamp=written.stamp,
        names_users=written.names_users,
        vouches=written.vouches,
        signs=_UPSTREAM if "upstream_status" in written.names else (),
        asked=make_asked_of_string(text),
        ways=written.ways,
    )


def _from_app_string(text: str, number: int) -> LineFormat:
    """The app-line format that a format string of Python's logging describes."""
    read = compile_app_format(text)
    return LineFormat(f"{_APP_FORMAT}{number}", "app", f"as given: {text}", -number, read, airflow=True)


def compile_formats(given: Given = NOTHING) -> tuple[LineFormat, ...]:
    """Return the given format strings and the shipped formats, in the order in which they are tried.

    Raises:
        FormatError: a format string cannot be used.
    """
    strings = [from_string(text, number) for number, text in enumerate(given.log_formats, 1)]
    strings += [_from_app_string(text, number) for number, text in enumerate(given.app_formats, 1)]
    return (*strings, *(_with_names(given.names) if given.names else shipped()))


def of_airflow(ids: Iterable[str]) -> set[str]:
    """Return those of some ids of formats that Airflow itself writes, its complaints about callers among them."""
    known = {form.id for form in shipped() if form.airflow}
    return {name for name in ids if name in known or name.startswith(_APP_FORMAT)}


def _leave_to_others(form: LineFormat, others: Sequence[LineFormat]) -> LineFormat:
    """The format without the lines that one of the others reads."""

    def read(line: str) -> Fields | None:
        fields = form.read(line)
        return None if fields is None or any(other.read(line) is not None for other in others) else fields

    return replace(form, read=read)


def _leave_lines_inside(form: LineFormat, others: Sequence[LineFormat]) -> LineFormat:
    """The format without lines whose message is a line of another one: these are in an envelope."""
    tried = [(other, required_characters(other.ways)) for other in others if other.kind in ("access", "app")]

    def read(line: str) -> Fields | None:
        fields = form.read(line)
        message = strip_colour((fields or {}).get("message") or "")
        held = set(message)
        inside = any(other.read(message) is not None for other, required in tried if required <= held)
        return None if inside else fields

    return replace(form, read=read)


def _load_format(name: str, data: dict[str, Any]) -> LineFormat:
    samples = check_data_file(name, data, KEYS)
    check_word(name, "kind", data["kind"], _KINDS)
    check_word(name, "server", data.get("server", "airflow"), ("airflow",))
    check_word(name, "stamp", data.get("stamp", "end"), ("start", "end"))
    if sum(way in data for way in _WAYS) != 1:
        raise FormatError(name, f"a format needs one of the keys {', '.join(f'`{way}`' for way in _WAYS)}")
    if "json" in data and "fields" not in data:
        raise FormatError(name, "[fields] is missing: which key of the JSON object holds which field")
    own = {field: sources[0] for field, sources in data.get("fields", {}).items()} if "any_json" in data else {}
    read = make_guessing_reader(own) if "any_json" in data else make_reader(name, data)
    return LineFormat(
        **{key: data[key] for key in _ATTRIBUTES if key in data},
        read=read if data["kind"] != "access" or data.keys() & _JSON_WAYS else read_only_written(read),
        stamp=data.get("stamp", "start" if "apache" in data else "end"),
        names_users=data.get("names_users", "gunicorn" in data),
        vouches=data.get("vouches", "apache" in data),
        signs=tuple(_sign(name, sign) for sign in data.get("proxy", ())),
        tail=compile_tail(name, data["tail"]) if "tail" in data else None,
        whole=bool(data.keys() & _JSON_WAYS),
        samples=samples,
        asked=make_asked(name, data),
        guessed="any_json" in data,
        after=tuple(data.get("after", ())),
        ways=list_ways(data),
        outline=(data.get("outline", ""), data.get("ends", ""), data.get("rest")),
    )


def _sign(name: str, data: dict[str, Any]) -> Sign:
    check_keys(name, data, {"does": "text!", "when": "words!"}, "[[proxy]]")
    if data["does"] not in ("refused", "closed") or not data["when"]:
        raise FormatError(name, "`does` of [[proxy]] is `refused` or `closed`, and `when` says what shows it")
    when = ((field, compile_regex(name, f"when.{field}", wanted)) for field, wanted in data["when"].items())
    return Sign(data["does"], tuple(when))
