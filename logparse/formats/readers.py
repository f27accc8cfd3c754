"""Readers of lines, made from a format file: by pattern, ``key=value``, the tail of a message, or a format string.

Owns: the kinds of readers, and which key of a format file asks for which.
Must not know: which formats there are.
"""

from __future__ import annotations

import ast
import re
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from logparse.common.errors import FormatError
from logparse.common.memo import make_later
from logparse.formats import asked
from logparse.formats.any_order import read_in_any_order
from logparse.formats.bare_requests import read_bare_request
from logparse.formats.decoders import DECODERS
from logparse.formats.file_keys import check_groups, check_keys, check_word, compile_regex
from logparse.formats.format_strings.compiler import FLAVOURS, compile_string
from logparse.formats.head_parts import make_parts_reader
from logparse.formats.json_lines.fields import list_paths, make_json_reader
from logparse.formats.required import Uncompiled

if TYPE_CHECKING:
    from collections.abc import Callable

    from logparse.formats.asked import Asked
    from logparse.formats.line_format import Fields
    from logparse.formats.required import Expression

_KEY_VALUE: Final = re.compile(r"""(?<![\w.])([A-Za-z_][\w.]*)=('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[^\s=]*)(?: |$)""")
#: Fields that ``keyvalues`` must name.
_NEEDED: Final = {"method": "text!", "status": "text!"}
#: By kind of the format: groups that a pattern must have.
_GROUPS: Final = {"access": ("method", "target", "status"), "app": ("message",)}
#: By how the request is written: what reads lines in any order, and an expression for a part of each such line.
ORDERED: Final = {
    "quoted": (read_in_any_order, r"[A-Z]{3,32} \S+ (?:HTTP/)+\d"),
    "bare": (read_bare_request, r".*/.*"),
}


def make_asked(name: str, data: dict[str, Any]) -> Asked | None:
    """Return what reads what many lines of a format ask for; None if each line must be read by itself."""
    if data["kind"] != "access" or data.keys() & {"after", "prefix", "keyvalues", "tail", "extra"}:
        return None
    flavour = next((each for each in FLAVOURS if each in data), None)
    if flavour is not None:
        return make_asked_of_string(data[flavour], flavour)
    if "json" in data:
        return asked.AskedByKeys(partial(list_paths, name, data))
    if "pattern" not in data:
        return None
    return make_later(lambda: asked.make_asked_by_pattern(re.compile(data["pattern"], re.DOTALL), whole=True))


def make_asked_in_full(name: str, data: dict[str, Any]) -> Asked | None:
    """As ``make_asked``, with the query string; None if that is in no field of its own."""
    if "json" not in data or "query" not in data["fields"] or make_asked(name, data) is None:
        return None
    return asked.AskedByKeys(partial(list_paths, name, data, asked.FIELDS | {"query"}))


def make_asked_of_string(text: str, flavour: str = "") -> Asked | None:
    """As ``make_asked``, for a format string."""
    fast = compile_string(text, flavour).fast
    return None if fast is None else asked.make_asked_by_pattern(fast, whole=False)


def list_ways(data: dict[str, Any]) -> tuple[tuple[Expression, ...], ...]:
    """Return how the lines of a format are taken apart, see ``LineFormat``."""
    flavour = next((each for each in FLAVOURS if each in data), None)
    if flavour is not None:
        return compile_string(data[flavour], flavour, extra=data.get("extra", False)).ways
    if "parts" in data:
        return ()
    if "any_order" in data:
        return ((Uncompiled(ORDERED[data["any_order"]][1], re.DOTALL),),)
    sign = "=" if data.keys() & {"pairs", "any_pairs"} else r"\{.*\}"
    return ((Uncompiled(data.get("pattern", sign), re.DOTALL),),)


def make_reader(name: str, data: dict[str, Any]) -> Callable[[str], Fields | None]:
    """Return what reads a line into its fields, with their escapes undone; None if the line is in another format.

    Args:
        name: path of the format file.
        data: its keys and values, one of which says how a line is read.

    Raises:
        FormatError: this cannot be used.
    """
    plain = _make_plain_reader(name, data)
    if "escapes" not in data:
        return plain
    check_word(name, "escapes", data["escapes"], DECODERS)
    decode, mark = DECODERS[data["escapes"]]

    def read(line: str) -> Fields | None:
        fields = plain(line)
        return decode(fields) if fields is not None and mark in line else fields

    return read


def _make_plain_reader(name: str, data: dict[str, Any]) -> Callable[[str], Fields | None]:
    for flavour in FLAVOURS:
        if flavour in data:
            try:
                return _make_string_reader(data[flavour], flavour, extra=data.get("extra", False))
            except FormatError as error:
                raise FormatError(name, f"`{flavour}`: {error.problem}") from error
    if data.keys() & {"json", "pairs"}:
        return make_json_reader(name, data)
    if data.keys() & {"parts", "any_order"}:
        return make_parts_reader(name, data["parts"])[0] if "parts" in data else ORDERED[data["any_order"]][0]
    pattern = compile_regex(name, "pattern", data["pattern"], re.DOTALL)
    if "keyvalues" in data:
        check_groups(name, "pattern", pattern, "keyvalues")
        check_keys(name, data["keyvalues"], {**dict.fromkeys(data["keyvalues"], "text"), **_NEEDED}, "keyvalues")
        return _make_key_value_reader(pattern, data["keyvalues"])
    check_groups(name, "pattern", pattern, *_GROUPS.get(data["kind"], ()))
    if "tail" in data:
        return _make_tail_reader(pattern, compile_tail(name, data["tail"]))

    def read(line: str) -> Fields | None:
        found = pattern.fullmatch(line)
        return found.groupdict() if found else None

    return read


def compile_tail(name: str, text: str) -> re.Pattern[str]:
    """Return the expression for the end of a message, which holds the logger and keys with their values.

    Raises:
        FormatError: it is none, or lacks a group.
    """
    tail = compile_regex(name, "tail", text + "$")
    check_groups(name, "tail", tail, "logger", "keys")
    return tail


def _make_string_reader(text: str, flavour: str, *, extra: bool) -> Callable[[str], Fields | None]:
    plain = compile_string(text, flavour).match
    if not extra:
        return plain
    longer = compile_string(text, flavour, extra=True).match

    def read(line: str) -> Fields | None:
        fields = longer(line)  # also read by it are all lines that do not go on
        return None if fields is None or plain(line) else fields

    return read


def _make_tail_reader(pattern: re.Pattern[str], tail: re.Pattern[str]) -> Callable[[str], Fields | None]:
    def read(line: str) -> Fields | None:
        found = pattern.fullmatch(line)
        if not found:
            return None
        fields: Fields = found.groupdict()
        ending = tail.search(fields["message"] or "")
        if ending:
            fields["message"] = (fields["message"] or "")[: ending.start()].rstrip(" ")
            fields.update(read_tail(ending))
        return fields

    return read


def read_tail(ending: re.Match[str]) -> Fields:
    """Return logger, ``loc`` and ``error`` of the tail that ends a structlog message."""
    keys = dict(_KEY_VALUE.findall(ending["keys"] or ""))
    return {"logger": ending["logger"], "loc": keys.get("loc"), "error": _undo_repr(keys.get("error"))}


def _make_key_value_reader(pattern: re.Pattern[str], names: dict[str, str]) -> Callable[[str], Fields | None]:
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
        fields.update({name: _undo_repr(values.get(key)) for name, key in names.items()})
        return fields

    return read


def _undo_repr(value: str | None) -> str | None:
    """Undo the repr() that structlog applies to a value with blanks, quotes or line breaks."""
    if value is None or len(value) < 2 or value[0] not in "'\"":  # noqa: PLR2004
        return value
    try:
        return str(ast.literal_eval(value))
    except (ValueError, SyntaxError):  # cut in the middle, or not from repr()
        return value
