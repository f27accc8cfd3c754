"""Lines that are one JSON object each, or pairs of keys and values, read into the fields that a format file names.

Owns: the keys ``json``, ``pairs``, ``unless``, ``fields``, ``required`` and ``prefix`` of a format file.
Must not know: how JSON is decoded, which formats there are, what a field means beyond its form.

How tests and sources of fields are written: ``field_sources``. The field ``request`` is the request line, taken apart
into method and target.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from logparse.formats.asked import FIELDS
from logparse.formats.file_keys import compile_regex
from logparse.formats.json_lines.field_sources import (
    all_hold,
    compile_sources,
    compile_tests,
    read_first,
    read_whole,
)
from logparse.formats.json_lines.objects import AmbiguousKeyError, decode_object, decode_pairs

if TYPE_CHECKING:
    from collections.abc import Callable

    from logparse.formats.json_lines.field_sources import FieldSource
    from logparse.formats.line_format import Fields

#: Keys of a format file that are read here.
JSON_KEYS: Final = {
    "json": "table",
    "pairs": "table",
    "unless": "table",
    "fields": "table",
    "required": "texts",
    "prefix": "text",
}
_STATUS: Final = re.compile(r"[0-9]{1,3}")


def make_json_reader(name: str, data: dict[str, Any]) -> Callable[[str], Fields | None]:
    """Return the reader of lines that are written as a format file says.

    Args:
        name: of the format file.
        data: its keys and values.

    Raises:
        FormatError: the file holds an unknown key, or a value of the wrong kind.
    """
    prefix = data.get("prefix") and compile_regex(name, "prefix", data["prefix"] + r"(?P<json>\{.*)", re.DOTALL)
    decode = decode_pairs if "pairs" in data else decode_object
    wanted, unwanted = (
        compile_tests(name, data["pairs" if "pairs" in data else "json"]),
        compile_tests(name, data.get("unless", {})),
    )
    required = tuple(data.get("required", ("method", "status")))
    # What must be there is looked for first: most objects are in another format.
    in_order = sorted(data["fields"].items(), key=lambda each: each[0] not in required)
    sources = {field: compile_sources(name, each) for field, each in in_order}
    access = data["kind"] == "access"
    needed = list_needed_keys(data)
    one_of = [_list_beginnings(sources[field]) for field in required if field in sources]

    def read(line: str) -> Fields | None:
        fields: Fields = {}
        if prefix is not None:
            found = prefix.fullmatch(line)
            if not found:
                return None
            fields = found.groupdict()
            line = fields.pop("json") or ""
        elif line.startswith("{") == ("pairs" in data):
            return None
        record = decode(line)
        try:
            if (
                record is None
                or not needed <= record.keys()
                or any(keys.isdisjoint(record) for keys in one_of if keys)
                or not all_hold(wanted, record)
                or (unwanted and all_hold(unwanted, record))
            ):
                return None
            for field, each in sources.items():
                fields[field] = read_first(each, record) if access else read_whole(each, record)
                if fields[field] is None and field in required:
                    break
        except AmbiguousKeyError:
            return None
        if any(fields.get(field) is None for field in required):
            return None
        return _finish_access_line(fields) if access else _add_location(fields)

    return read


def _list_beginnings(sources: tuple[FieldSource, ...]) -> frozenset[str]:
    """Return keys of which an object has one if one of these sources holds something; none if it can do without."""
    if not all(source.paths for source in sources):
        return frozenset()
    paths = [path.split(".") for source in sources for path in source.paths]
    return frozenset(".".join(keys[:count]) for keys in paths for count in range(1, len(keys) + 1))


def list_paths(name: str, data: dict[str, Any], telling: frozenset[str] = FIELDS) -> tuple[set[str], set[str]]:
    """Return the paths of the values on which it depends what a line asks for, and those of all others that are read.

    Args:
        name: of the data file.
        data: what it says.
        telling: fields on which it depends what a line asks for.

    Raises:
        FormatError: as ``make_json_reader``.
    """
    telling |= set(data.get("required", ()))
    told = {path for path, _ in (*compile_tests(name, data["json"]), *compile_tests(name, data.get("unless", {})))}
    others: set[str] = set()
    for field, sources in data["fields"].items():
        for source in compile_sources(name, sources):
            (told if field in telling else others).update((*source.paths, *(path for path, _ in source.when)))
    return told, others - told


def list_needed_keys(data: dict[str, Any]) -> frozenset[str]:
    """Return keys that the object has which each line in a format is; perhaps not all of them."""
    tests = {} if "prefix" in data else data.get("json", {})
    return frozenset(path for path, wanted in tests.items() if wanted is not False and "." not in path)


def split_request_line(line: str | None) -> tuple[str | None, str]:
    """Return method and target of a request line; None and nothing if it is malformed.

    Targets may hold blanks (nginx lets them pass), and HAProxy cuts long ones, with the protocol behind them.
    """
    method, _, rest = (line or "").partition(" ")
    target, _, protocol = rest.rpartition(" ")
    if not protocol.startswith("HTTP/"):
        target = rest
    if not target or not method.isascii() or not method.replace("-", "").isalpha() or target != target.strip(" "):
        return None, ""
    return (method, target) if protocol.startswith("HTTP/") or " " not in target else (None, "")


def _finish_access_line(fields: Fields) -> Fields | None:
    status = fields.get("status") or ""
    if status == "-1":  # HAProxy: no answer was sent
        fields["status"] = "0"
    elif not _STATUS.fullmatch(status):
        return None
    line = fields.pop("request", None)
    if fields.get("method") is None:
        fields["method"], target = split_request_line(line)
        fields["target"] = fields.get("target") or target
    time = fields.get("time")
    if time is not None and time.startswith("["):  # gunicorn's %(t)s comes in its brackets
        fields["time"] = time[1:].removesuffix("]")
    return fields


def _add_location(fields: Fields) -> Fields:
    if fields.get("filename") is not None:
        fields["loc"] = f"{fields['filename']}:{fields.get('lineno') or 0}"
    return fields
