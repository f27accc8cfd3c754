"""The data of an envelope file to an ``Envelope``, with a function that opens it.

Owns: the keys of envelope files, and checking them.
Must not know: line formats, which envelopes there are, lines around.

The file of an envelope in ``shipped`` holds these keys:

- ``id``, the name of the file; ``title``, one line for people; ``reference``, where the form is documented;
- ``rank``: envelopes of a lower rank are tried first;
- either ``pattern``, a regular expression for the text in front of a line, whose groups are named ``time`` (or
  ``unix``), ``record``, ``more`` and like the fields of ``Origin``. The line follows, or is the group ``payload``;
- or ``message``, the key of a record that holds the line, and ``needs``, keys that must be there. A record is a JSON
  object, a row of a CSV file, a YAML document or an entry of a journal. ``time``, ``record`` (an id) and ``[origin]``
  name further keys. Dots lead into objects; of a list of keys the first that is there counts;
- ``deployment``: key to a pattern whose first group is the name of the environment;
- ``more``: what shows that the line goes on in the next record; ``skip``: records that hold no line of a server;
- ``quoted``: what is put before every line and taken away; ``escapes = "octal"``: control characters are written as
  ``#`` and three octal digits; ``"json"``: the line stands in quotes, as a text of JSON; ``repeats = true``: a line
  that comes several times is written once, with a count;
- ``stand_in``: one of the keys in ``message``: a line under a key that the user names is read as if it stood there;
- ``layouts``, ``limit``, ``sure``, ``outline``, ``ends``, ``rest`` and ``escaped``: see ``Envelope``;
- ``wrap``: how a line looks in it, with ``{payload}`` or ``{json}`` in place of the line, for tests;
- ``[[sample]]``: real ones with what they hold, at least one.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from logparse.common.errors import FormatError
from logparse.envelopes.documents.json_records import HOLDERS
from logparse.envelopes.envelope import (
    Envelope,
    Opened,
    alternatives,
    first_value,
    list_beginnings,
    look_up,
    narrow_paths,
    to_text,
)
from logparse.envelopes.origin import Origin
from logparse.formats.data_files import ShippedSamples, check_data_file
from logparse.formats.file_keys import check_groups, check_keys, check_word, compile_regex
from logparse.formats.outline import compile_front

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from logparse.formats.json_lines.objects import Record

#: ANSI colours, as stern, docker compose and ``airflow standalone`` put around names.
_COLOUR: Final = r"(?:\x1b\[[0-9;]*+m)*+"
#: rsyslog writes control characters as ``#`` and three octal digits (``$EscapeControlCharactersOnReceive``).
_OCTAL: Final = re.compile(r"#(0[0-3][0-7]|177)")
OCTAL_ESCAPES: Final = "octal"
#: The line stands in quotes, as a text of JSON does.
JSON_ESCAPES: Final = "json"
#: Keys whose values are attributes of the envelope as they are, and what they hold, see ``file_keys``.
_ATTRIBUTES: Final = {
    "id": "text!", "title": "text!", "reference": "text", "rank": "number", "limit": "number", "outline": "text",
    "rest": "text", "ends": "text", "escaped": "flag", "repeats": "flag",
}  # fmt: skip
#: Keys of envelopes that are text in front of a line, and of those that are records.
_TEXT_KEYS: Final = {"pattern": "text!", "wrap": "text!", "escapes": "text", "more": "text", "sure": "flag"}
_RECORD_KEYS: Final = {
    "message": "path!", "needs": "paths", "time": "path", "record": "paths", "origin": "table", "deployment": "words",
    "more": "words", "skip": "table", "sure": "flag", "quoted": "text", "layouts": "texts", "stand_in": "text",
}  # fmt: skip
#: All keys of an envelope file but ``sample``.
KEYS: Final = {**_ATTRIBUTES, **_TEXT_KEYS, **_RECORD_KEYS}
#: How records can come; besides these, a document may have them in a list under one of the keys in ``HOLDERS``.
_LAYOUTS: Final = {
    "lines", "csv", "array", "yaml", "journal-export", "journal-verbose", "loki", "query-results", "subscription",
    "yaml-list", "rubydebug", "debug-exporter",
    *HOLDERS,
}  # fmt: skip
_GROUPS: Final = ("time", "unix", "record", "more", "payload", *Origin._fields)


def compile_envelope(name: str, data: dict[str, Any], *, shipped: bool = False) -> Envelope:
    """Return the envelope that the file ``name`` describes. A shipped one was checked by tests, and is not again.

    Raises:
        FormatError: the file cannot be used.
    """
    text = "pattern" in data
    if not shipped:
        if text == ("message" in data):
            raise FormatError(name, "an envelope is opened by either `pattern` or `needs` and `message`")
        samples = check_data_file(name, data, {**_ATTRIBUTES, **(_TEXT_KEYS if text else _RECORD_KEYS)})
        (_check_text_keys if text else _check_record_keys)(name, data)
    return Envelope(
        **{key: data[key] for key in _ATTRIBUTES if key in data},
        stand_in=data.get("stand_in", ""),
        layouts=("text",) if text else tuple(data.get("layouts", ("lines",))),
        open=_compile_text_opener(data) if text else _compile_record_opener(data),
        sure=data.get("sure", not text),
        tells=_list_told_fields(data),
        samples=ShippedSamples(name) if shipped else samples,
        needed=() if text else _list_needed_keys(data),
        keys=data,
        ways=((compile_pattern(data),),) if text else (),
        octal=data.get("escapes") == OCTAL_ESCAPES,
    )


def _check_text_keys(name: str, data: dict[str, Any]) -> None:
    pattern = compile_regex(name, "pattern", data["pattern"].replace("{C}", _COLOUR), re.DOTALL)
    for group in pattern.groupindex:
        check_word(name, "pattern", group, _GROUPS)
    if "more" in data:
        check_groups(name, "pattern", pattern, "more")
    check_word(name, "escapes", data.get("escapes", OCTAL_ESCAPES), (OCTAL_ESCAPES, JSON_ESCAPES))
    if "outline" in data:
        compile_front(name, data["outline"], Origin._fields)
    if not any(place in data["wrap"] for place in ("{payload}", "{json}")):
        raise FormatError(name, "`wrap` must hold `{payload}` or `{json}` in place of the line")


def _check_record_keys(name: str, data: dict[str, Any]) -> None:
    check_keys(name, data.get("origin", {}), dict.fromkeys(Origin._fields, "path"), "origin")
    for layout in data.get("layouts", ()):
        check_word(name, "layouts", layout, _LAYOUTS)
    for key, text in data.get("deployment", {}).items():
        compile_regex(name, f"deployment.{key}", text, group=True)
    more = data.get("more", {"end": ""})
    check_keys(name, more, {"end": "text!"} if "end" in more else {"key": "text!", "is": "text!"}, "more")
    if "stand_in" in data and data["stand_in"] not in alternatives(data["message"]):
        raise FormatError(name, "`stand_in` is one of the keys in `message`")


def compile_pattern(data: Mapping[str, Any]) -> re.Pattern[str]:
    """Return the expression for what stands in front of a line in an envelope."""
    return re.compile(data["pattern"].replace("{C}", _COLOUR), re.DOTALL)


def _list_told_fields(data: Mapping[str, Any]) -> tuple[str, ...]:
    if "pattern" in data:
        names = re.findall(r"\?P<(\w+)>", data["pattern"])
    else:
        names = [name for name in ("time", "record", "deployment") if name in data] + list(data.get("origin", ()))
    return tuple(name for name in ("time", *Origin._fields, "record") if name in names)


def _list_needed_keys(data: Mapping[str, Any]) -> tuple[frozenset[str], ...]:
    """Return sets of keys, of each of which a record has one if it is opened or skipped: the beginnings of paths."""
    groups = [*map(alternatives, data.get("needs", ())), (*alternatives(data["message"]), *data.get("skip", {}))]
    return tuple(frozenset(key for path in paths for key in list_beginnings(path)) for paths in groups)


def _compile_text_opener(data: Mapping[str, Any]) -> Callable[[str], Opened | None]:
    pattern = compile_pattern(data)
    octal, quoted = (data.get("escapes") == kind for kind in (OCTAL_ESCAPES, JSON_ESCAPES))
    more = data.get("more")
    names = [name for name in Origin._fields if name in pattern.groupindex]
    whole = "payload" in pattern.groupindex

    def open_text(line: str) -> Opened | None:
        hit = pattern.match(line)
        if not hit:
            return None
        parts = hit.groupdict()
        payload = (parts["payload"] or "") if whole else line[hit.end() :]
        if octal and "#" in payload:
            payload = _OCTAL.sub(lambda escape: chr(int(escape[1], 8)), payload)
        if quoted:
            payload = _unquote(payload)
        origin = Origin(**{name: "" if parts[name] in (None, "-") else parts[name] for name in names})
        return Opened(
            payload,
            parts.get("time") or parts.get("unix") or "",
            origin,
            parts.get("record") or "",
            bool(more) and parts["more"] == more,
        )

    return open_text


def _unquote(text: str) -> str:
    """Return a text without the quotes of JSON around it, or as it is if it has none."""
    try:
        value = json.loads(text, strict=False)
    except ValueError:
        return text
    return value if isinstance(value, str) else text


def _compile_record_opener(data: Mapping[str, Any]) -> Callable[[Record], Opened | None]:
    needs = [alternatives(paths) for paths in data.get("needs", ())]
    message, time = alternatives(data["message"]), alternatives(data.get("time", ()))
    ids = [alternatives(paths) for paths in data.get("record", ())]
    origins = {name: alternatives(paths) for name, paths in data.get("origin", {}).items()}
    narrow = narrow_paths({**origins, "time": time})
    skip, more = data.get("skip", {}), data.get("more", {})
    deployment = {path: re.compile(pattern) for path, pattern in data.get("deployment", {}).items()}
    quoted = data.get("quoted", "")

    def open_record(record: Record) -> Opened | None:
        if any(first_value(record, paths) is None for paths in needs):
            return None
        payload = _to_payload(first_value(record, message))
        if any(look_up(record, path) == value for path, value in skip.items()):
            return Opened("", "", Origin(), skip=True)
        if payload is None:
            return None
        if quoted and isinstance(payload, str):
            payload = payload.removeprefix(quoted)
        values = {name: to_text(first_value(record, paths)) for name, paths in narrow(record).items()}
        moment = values.pop("time", "")
        for path, pattern in deployment.items():
            if hit := pattern.search(to_text(look_up(record, path))):
                values["deployment"] = hit[1]
        parts = [to_text(first_value(record, paths)) for paths in ids]
        unfinished = "key" in more and look_up(record, more["key"]) == more["is"]
        if "end" in more and isinstance(payload, str):
            unfinished = not payload.endswith(more["end"])
        if isinstance(payload, str):
            payload = payload.removesuffix("\n")
        return Opened(
            payload,
            moment,
            Origin(**values),
            "/".join(parts) if all(parts) else "",
            unfinished,
        )

    return open_record


def _to_payload(value: Any) -> str | Record | None:
    if isinstance(value, list):
        # journald writes what is no UTF-8, or holds control characters, as an array of bytes.
        try:
            return bytes(value).decode("utf-8", "surrogateescape")
        except (TypeError, ValueError):
            return None
    return value if isinstance(value, (str, dict)) else None
