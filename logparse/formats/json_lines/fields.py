"""Lines that are one JSON object each, read into named fields by the keys that a format file names.

Owns: the keys ``json``, ``unless``, ``fields``, ``required`` and ``prefix`` of a format file.
Must not know: how JSON is decoded, which formats there are, what a field means beyond its form.

``json`` and ``unless`` name paths and what must stand there: a text, ``true`` (something), ``false`` (nothing), ``""``
(the key, but nothing in it) or ``{ match = 'regex' }``. A field is one source or a list of them, of which the first
that holds something counts. A source is a path or a table:

- ``path``, or ``join``, paths whose values are joined by ``with``, or ``const``, a text of its own;
- ``when``: as ``json``, for this source alone;
- ``match``: the value must match in full, and the first group is the field; ``end``: a text put behind it;
- ``port = true``: behind the last colon stands a port; ``unquote``: so many times percent-decoded, at most;
  ``hash = true``: escaped by HAProxy, ``#22`` for a quote.

The field ``request`` is the request line, taken apart into method and target.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

from logparse.common.errors import FormatError
from logparse.formats.asked import FIELDS
from logparse.formats.escapes import unescape
from logparse.formats.file_keys import check_keys, compile_regex
from logparse.formats.json_lines.objects import (
    ABSENT,
    AmbiguousKeyError,
    Record,
    decode_object,
    find_value,
    to_text,
    to_whole_text,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from logparse.formats.line_format import Fields

#: Keys of a format file that are read here.
JSON_KEYS: Final = {"json": "table", "unless": "table", "fields": "table", "required": "texts", "prefix": "text"}
SOURCE_KEYS: Final = {
    "path": "text", "join": "texts", "with": "text", "const": "text", "when": "table", "match": "text", "end": "text",
    "port": "flag", "unquote": "number", "hash": "flag",
}  # fmt: skip
_STATUS: Final = re.compile(r"[0-9]{1,3}")
_Test = tuple[str, "str | bool | re.Pattern[str]"]


@dataclass(frozen=True, slots=True)
class _FieldSource:
    paths: tuple[str, ...] = ()
    const: str | None = None
    glue: str = ""
    when: tuple[_Test, ...] = ()
    match: re.Pattern[str] | None = None
    end: str = ""
    port: bool = False
    unquote: int = 0
    hash: bool = False

    def take(self, record: Record) -> str | None:
        if self.when and not _all_hold(self.when, record):
            return None
        if not self.paths:
            return self.const
        value = to_text(find_value(record, self.paths[0]))
        for path in self.paths[1:]:
            more = to_text(find_value(record, path))
            value = None if value is None or more is None else f"{value}{self.glue}{more}"
        if value is None:
            return None
        if self.match is not None:
            found = self.match.fullmatch(value)
            if not found:
                return None
            value = found[1]
        return self._decoded(value) + self.end

    def _decoded(self, value: str) -> str:
        if self.port:
            value = value.rpartition(":")[0] or value
        if self.hash:
            value = unescape(value, "haproxy")
        for _ in range(self.unquote):
            value = unquote(value, errors="surrogateescape")
        return value


def make_json_reader(name: str, data: dict[str, Any]) -> Callable[[str], Fields | None]:
    """Return the reader of lines that are written as a format file says.

    Args:
        name: of the format file.
        data: its keys and values.

    Raises:
        FormatError: the file holds an unknown key, or a value of the wrong kind.
    """
    prefix = data.get("prefix") and compile_regex(name, "prefix", data["prefix"] + r"(?P<json>\{.*)", re.DOTALL)
    wanted, unwanted = _compile_tests(name, data["json"]), _compile_tests(name, data.get("unless", {}))
    sources = {field: _compile_sources(name, each) for field, each in data["fields"].items()}
    required = tuple(data.get("required", ("method", "status")))
    access = data["kind"] == "access"

    def read(line: str) -> Fields | None:
        fields: Fields = {}
        if prefix is not None:
            found = prefix.fullmatch(line)
            if not found:
                return None
            fields = found.groupdict()
            line = fields.pop("json") or ""
        elif not line.startswith("{"):
            return None
        record = decode_object(line)
        try:
            if record is None or not _all_hold(wanted, record) or (unwanted and _all_hold(unwanted, record)):
                return None
            for field, each in sources.items():
                fields[field] = _read_first(each, record) if access else _read_whole(each, record)
        except AmbiguousKeyError:
            return None
        if any(fields.get(field) is None for field in required):
            return None
        return _finish_access_line(fields) if access else _add_location(fields)

    return read


def list_paths(name: str, data: dict[str, Any]) -> tuple[set[str], set[str]]:
    """Return the paths of the values on which it depends what a line asks for, and those of all others that are read.

    Raises:
        FormatError: as ``make_json_reader``.
    """
    telling = FIELDS | set(data.get("required", ()))
    told = {path for path, _ in (*_compile_tests(name, data["json"]), *_compile_tests(name, data.get("unless", {})))}
    others: set[str] = set()
    for field, sources in data["fields"].items():
        for source in _compile_sources(name, sources):
            (told if field in telling else others).update((*source.paths, *(path for path, _ in source.when)))
    return told, others - told


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


def _read_first(sources: tuple[_FieldSource, ...], record: Record) -> str | None:
    values = (source.take(record) for source in sources)
    return next((value for value in values if value is not None), None)


def _read_whole(sources: tuple[_FieldSource, ...], record: Record) -> str | None:
    values = (to_whole_text(find_value(record, source.paths[0])) for source in sources)
    return next((value for value in values if value is not None), None)


def _all_hold(tests: tuple[_Test, ...], record: Record) -> bool:
    for path, wanted in tests:
        found = find_value(record, path)
        if wanted == "":
            if found is ABSENT or to_text(found) is not None:
                return False
            continue
        value = to_text(found)
        if isinstance(wanted, bool):
            if wanted != (value is not None or (wanted and isinstance(found, dict))):
                return False
        elif isinstance(wanted, str):
            if value != wanted:
                return False
        elif value is None or not wanted.fullmatch(value):
            return False
    return True


def _compile_tests(name: str, data: dict[str, Any]) -> tuple[_Test, ...]:
    tests: list[_Test] = []
    for path, wanted in data.items():
        if isinstance(wanted, dict) and set(wanted) == {"match"}:
            tests.append((path, compile_regex(name, path, wanted["match"])))
        elif isinstance(wanted, (str, bool)):
            tests.append((path, wanted))
        else:
            raise FormatError(name, f"`{path}` must be a text, true, false or {{ match = 'regex' }}")
    return tuple(tests)


def _compile_sources(name: str, data: Any) -> tuple[_FieldSource, ...]:
    sources = []
    for source in data if isinstance(data, list) else [data]:
        table: dict[str, Any] = {"path": source} if isinstance(source, str) else source
        check_keys(name, table, SOURCE_KEYS, "fields")
        if len(table.keys() & {"path", "join", "const"}) != 1:
            raise FormatError(name, "a source has one of `path`, `join` and `const`")
        sources.append(
            _FieldSource(
                paths=tuple(table.get("join", [table["path"]] if "path" in table else [])),
                const=table.get("const"),
                glue=table.get("with", ""),
                when=_compile_tests(name, table.get("when", {})),
                match=compile_regex(name, "match", table["match"], group=True) if "match" in table else None,
                end=table.get("end", ""),
                port=table.get("port", False),
                unquote=table.get("unquote", 0),
                hash=table.get("hash", False),
            )
        )
    return tuple(sources)
