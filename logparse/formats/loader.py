"""Format files to line formats, in the order in which they are tried on a line.

Owns: the keys of format files, and checking them.
Must not know: any single format, how a line is read (``readers``).

The file of a line format in ``shipped`` holds these keys:

- ``id``, the name of the file; ``title``, one line for people; ``reference``, where the format is documented;
- ``kind``: ``access``, ``app``, ``continuation`` (of the message above) or ``other``;
- ``rank``: formats of a lower rank are tried first on a line that the formats of the last lines do not fit;
- one of ``pattern``, ``parts``, ``json``, ``any_json``, ``pairs``, ``any_pairs``, ``any_order``, ``gunicorn``,
  ``nginx`` and ``apache``: how to read a line;
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
from functools import cache, partial
from typing import TYPE_CHECKING, Any, Final

from logparse.common.errors import FormatError
from logparse.common.memo import make_later
from logparse.formats.asked import FIELDS, AskedByAnyKeys
from logparse.formats.candidates import Candidates
from logparse.formats.clients import read_only_written
from logparse.formats.data_files import ShippedSamples, check_data_file, read_data_files, to_id, to_own_id
from logparse.formats.file_keys import check_keys, check_word, compile_regex
from logparse.formats.format_strings.compiler import FLAVOURS
from logparse.formats.head_parts import ACCESS_LINE, make_parts_reader
from logparse.formats.json_lines.fields import JSON_KEYS, list_needed_keys, list_paths
from logparse.formats.json_lines.guess import make_guessing_reader, make_key_chooser
from logparse.formats.json_lines.own_names import OwnNames, add_names
from logparse.formats.line_format import Fields, LineFormat, Sign, strip_colour
from logparse.formats.readers import ORDERED, compile_tail, list_ways, make_asked, make_asked_in_full, make_reader
from logparse.formats.required import list_needs

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence


_KINDS: Final = ("access", "app", "continuation", "other")
#: Keys whose values are attributes of the format as they are, and what they hold, see ``file_keys``.
_ATTRIBUTES: Final = {
    "id": "text!", "kind": "text!", "title": "text!", "rank": "number!", "decoded": "flag", "port": "flag",
    "airflow": "flag", "server": "text", "reference": "text",
}  # fmt: skip
#: All keys of a format file but ``sample``.
KEYS: Final = {
    **_ATTRIBUTES, **dict.fromkeys(FLAVOURS, "text"), **JSON_KEYS, "any_json": "flag", "any_pairs": "flag",
    "any_order": "text",
    "pattern": "text", "stamp": "text", "extra": "flag", "keyvalues": "words", "tail": "text", "vouches": "flag",
    "proxy": "tables", "after": "texts", "parts": "words", "plain_message": "flag",
    "escapes": "text", "names_users": "flag", "outline": "texts", "ends": "text", "rest": "text",
}  # fmt: skip
#: Each says in another way how a line is read.
_GUESSED: Final = frozenset({"any_json", "any_pairs"})
_JSON_WAYS: Final = _GUESSED | {"json", "pairs"}
_WAYS: Final = ("pattern", "parts", "json", "any_json", "pairs", "any_pairs", "any_order", *FLAVOURS)


@cache
def shipped() -> tuple[LineFormat, ...]:
    """Return the formats that come with logparse, in the order in which they are tried.

    Raises:
        FormatError: one of the files cannot be used.
    """
    return load_formats()


@cache
def lone_formats() -> frozenset[str]:
    """Return the ids of formats whose lines go on from a message, or stand alone: a daemon writes only tracebacks."""
    return frozenset(form.id for form in shipped() if form.kind == "continuation" and form.airflow)


def load_formats(names: OwnNames = (), own: Sequence[tuple[str, dict[str, Any]]] = ()) -> tuple[LineFormat, ...]:
    """Return the formats of all files, in the order in which they are tried.

    Args:
        names: keys of JSON under which fields may also stand, in all formats.
        own: path and contents of files of the user's own. The id of such a format is its path.

    Raises:
        FormatError: one of the files cannot be used.
    """
    replaced = {to_id(name) for name, _ in own}
    files = [file for file in read_data_files("logparse.formats") if to_id(file[0]) not in replaced] + [*own]
    if names:
        files = [(name, add_names(data, names) if data.keys() & _JSON_WAYS else data) for name, data in files]
    paths = {to_id(name): name for name, _ in files}
    known = {to_id(name): _load_format(name, data, at_once=to_id(name) in replaced) for name, data in files}
    plain = [to_id(name) for name, data in files if "plain_message" in data]
    guessed = [to_id(name) for name, data in files if data.keys() & _GUESSED]
    of_json = {to_id(name): (name, data) for name, data in files if "json" in data}
    others = tuple(name for name in of_json if name not in plain)
    of_pairs = tuple(to_id(name) for name, data in files if "pairs" in data)
    telling = [path for field, path in names if field in FIELDS]

    def choose_keys() -> Callable[[tuple[str, ...]], tuple[str, ...] | None]:
        return make_key_chooser({path for name in others for path in list_paths(*of_json[name])[0]}, telling)

    asked = AskedByAnyKeys(make_later(choose_keys))
    for name, data in files:
        form = known[to_id(name)]
        if "any_json" in data:
            first = [each for each in others if form.id not in known[each].after]
            known[form.id] = replace(form, after=(*form.after, *first), asked=asked)
        elif "any_pairs" in data:
            known[form.id] = replace(form, after=(*form.after, *of_pairs))
        elif "any_order" in data:
            known[form.id] = replace(form, after=(*form.after, *_list_others(form, known)))
        elif "plain_message" in data:
            known[form.id] = replace(form, after=(*form.after, *others, *guessed))
    for form in known.values():
        for other in form.after:
            check_word(paths[form.id], "after", other, known)
    whole = {name: _leave_lines_inside(form, known.values()) if name in plain else form for name, form in known.items()}
    alone = [
        _leave_to_others(form, [known[name] for name in form.after]) if form.after else form for form in whole.values()
    ]
    in_order = sorted(alone, key=lambda form: (form.rank, form.id))
    return tuple(replace(form, id=to_own_id(paths[form.id])) if form.id in replaced else form for form in in_order)


def _list_others(form: LineFormat, known: Mapping[str, LineFormat]) -> list[str]:
    """Return the ids of all other formats whose lines stand for themselves."""
    return [name for name, each in known.items() if each is not form and each.kind != "continuation"]


def _leave_to_others(form: LineFormat, others: Sequence[LineFormat]) -> LineFormat:
    """The format without the lines that one of the others reads."""
    few = [other.read for other in others] if len(others) <= _FEW else None

    @cache
    def find_tried() -> Candidates[Callable[[str], Fields | None]]:
        return Candidates((other.read, list_needs(other.ways, begins=other.begins)) for other in others)

    def read(line: str) -> Fields | None:
        fields = form.read(line)
        if fields is None:
            return None
        tried = find_tried().choose(line) if few is None else few
        return None if any(read_other(line) is not None for read_other in tried) else fields

    return replace(form, read=read, read_own=form.read)


def _leave_access_lines(read: Callable[[str], Fields | None]) -> Callable[[str], Fields | None]:
    """A reader of app lines without those whose message is an access line: loggers of servers write such."""
    access_line = re.compile(ACCESS_LINE)

    def checked(line: str) -> Fields | None:
        fields = read(line)
        return None if fields is None or access_line.match(fields.get("message") or "") else fields

    return checked


#: So many other formats are tried without choosing among them.
_FEW: Final = 40
#: What syslog writes in front of a line that a shipper then puts into a record. No stranger writes there.
_SYSLOG: Final = re.compile(
    r"^(?:<\d{1,3}>)?[A-Z][a-z]{2} [ \d]\d \d{2}:\d{2}:\d{2} (?:[A-Za-z0-9_.:-]+ )?[^\s:\[\]]{1,128}(?:\[\d+\])?: "
)


def _leave_lines_inside(form: LineFormat, others: Iterable[LineFormat]) -> LineFormat:
    """The format without lines whose message is a line of another one: these are in an envelope."""
    known = [other for other in others if other.kind in ("access", "app")]

    @cache
    def find_tried() -> Candidates[Callable[[str], Fields | None]]:
        return Candidates((other.read, list_needs(other.ways, begins=other.begins)) for other in known)

    def read(line: str) -> Fields | None:
        fields = form.read(line)
        message = _SYSLOG.sub("", strip_colour((fields or {}).get("message") or ""))
        inside = any(read_other(message) is not None for read_other in find_tried().choose(message))
        return None if inside else fields

    return replace(form, read=read)


def _load_format(name: str, data: dict[str, Any], *, at_once: bool = True) -> LineFormat:
    """Load a format: the user's own ``at_once``, the shipped ones without samples, and readers when they are needed."""
    samples = check_data_file(name, data, KEYS) if at_once else ShippedSamples(name)
    check_word(name, "kind", data["kind"], _KINDS)
    check_word(name, "server", data.get("server", "airflow"), ("airflow",))
    check_word(name, "any_order", data.get("any_order", "quoted"), ORDERED)
    check_word(name, "stamp", data.get("stamp", "end"), ("start", "end"))
    if sum(way in data for way in _WAYS) != 1:
        raise FormatError(name, f"a format needs one of the keys {', '.join(f'`{way}`' for way in _WAYS)}")
    if data.keys() & {"json", "pairs"} and "fields" not in data:
        raise FormatError(name, "[fields] is missing: which key holds which field")
    return LineFormat(
        **{key: data[key] for key in _ATTRIBUTES if key in data},
        read=_make_reader(name, data) if at_once else make_later(partial(_make_reader, name, data)),
        stamp=data.get("stamp", "start" if "apache" in data else "end"),
        names_users=data.get("names_users", "gunicorn" in data),
        vouches=data.get("vouches", "apache" in data),
        signs=tuple(_sign(name, sign) for sign in data.get("proxy", ())),
        tail=compile_tail(name, data["tail"]) if "tail" in data else None,
        whole=bool(data.keys() & _JSON_WAYS),
        samples=samples,
        asked=make_asked(name, data),
        asked_in_full=make_asked_in_full(name, data),
        guessed=bool(data.keys() & _GUESSED),
        cut_head=make_later(lambda: make_parts_reader(name, data["parts"])[1]) if "parts" in data else None,
        after=tuple(data.get("after", ())),
        ways=list_ways(data),
        begins="pattern" in data or bool(data.keys() & {"json", "any_json"} and "prefix" not in data),
        keys=list_needed_keys(data),
        outlines=tuple(data.get("outline", ())),
        ends=data.get("ends", ""),
        rest=data.get("rest"),
    )


def _make_reader(name: str, data: dict[str, Any]) -> Callable[[str], Fields | None]:
    if data.keys() & _GUESSED:
        own = {field: sources[0] for field, sources in data.get("fields", {}).items()}
        read = make_guessing_reader(own, pairs="any_pairs" in data)
    else:
        read = make_reader(name, data)
    if data["kind"] == "app":
        read = _leave_access_lines(read)
    return read if data["kind"] != "access" or data.keys() & _JSON_WAYS else read_only_written(read)


def _sign(name: str, data: dict[str, Any]) -> Sign:
    check_keys(name, data, {"does": "text!", "when": "words!"}, "[[proxy]]")
    if data["does"] not in ("refused", "closed") or not data["when"]:
        raise FormatError(name, "`does` of [[proxy]] is `refused` or `closed`, and `when` says what shows it")
    when = ((field, compile_regex(name, f"when.{field}", wanted)) for field, wanted in data["when"].items())
    return Sign(data["does"], tuple(when))
