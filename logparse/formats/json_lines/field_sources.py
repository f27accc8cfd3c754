"""Where the value of a field stands in a JSON object, and what must stand in it for a line to be in a format.

Owns: the form of ``json``, ``unless`` and of each field in a format file.
Must not know: what a field means, how JSON is decoded.

``json`` and ``unless`` name paths and what must stand there: a text, ``true`` (something), ``false`` (nothing), ``""``
(the key, but nothing in it) or ``{ match = 'regex' }``. A field is one source or a list of them, of which the first
that holds something counts. A source is a path or a table:

- ``path``, one or several of which the first that holds something counts, or ``join``, paths whose values are joined by
  ``with``, or ``const``, a text of its own;
- ``when``: as ``json``, for this source alone;
- ``match``: the value must match in full, and the first group is the field; ``front``, ``end``: texts put in front of
  it and behind it;
- ``port = true``: behind the last colon stands a port; ``unquote``: so many times percent-decoded, at most;
  ``hash = true``: escaped by HAProxy, ``#22`` for a quote.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

from logparse.common.errors import FormatError
from logparse.formats.escapes import unescape
from logparse.formats.file_keys import check_keys, compile_regex
from logparse.formats.json_lines.objects import ABSENT, Record, find_value, to_text, to_whole_text

if TYPE_CHECKING:
    import re

SOURCE_KEYS: Final = {
    "path": "path", "join": "texts", "with": "text", "const": "text", "when": "table", "match": "text",
    "front": "text", "end": "text", "port": "flag", "unquote": "number", "hash": "flag",
}  # fmt: skip
Test = tuple[str, "str | bool | re.Pattern[str]"]


@dataclass(frozen=True, slots=True)
class FieldSource:
    """One place where the value of a field may stand, and what is done with it; see above for each key."""

    paths: tuple[str, ...] = ()
    const: str | None = None
    glue: str = ""
    when: tuple[Test, ...] = ()
    match: re.Pattern[str] | None = None
    front: str = ""
    end: str = ""
    port: bool = False
    unquote: int = 0
    hash: bool = False

    def take(self, record: Record) -> str | None:
        """Return the value as a request has it, its escapes undone; None where nothing stands.

        Raises:
            AmbiguousKeyError: two values stand there.
        """
        if self.when and not all_hold(self.when, record):
            return None
        if not self.paths:
            return self.const
        value = to_text(find_value(record, self.paths[0]))
        if len(self.paths) > 1:
            parts = (value, *(to_text(find_value(record, path)) for path in self.paths[1:]))
            whole = [part for part in parts if part is not None]
            value = self.glue.join(whole) if len(whole) == len(parts) else None
        if value is None or self.match is None:
            return None if value is None else self.front + self._decoded(value) + self.end
        found = self.match.fullmatch(value)
        return self.front + self._decoded(found[1]) + self.end if found else None

    def take_whole(self, record: Record) -> str | None:
        """Return the value as a message has it: whole, with blanks and all; None where nothing stands.

        Raises:
            AmbiguousKeyError: two values stand there.
        """
        value = to_whole_text(find_value(record, self.paths[0]))
        fits = value is not None and (self.match is None or self.match.fullmatch(value))
        return value if fits else None

    def _decoded(self, value: str) -> str:
        if self.port:
            value = value.rpartition(":")[0] or value
        if self.hash:
            value = unescape(value, "haproxy")
        for _ in range(self.unquote):
            value = unquote(value, errors="surrogateescape")
        return value


def read_first(sources: tuple[FieldSource, ...], record: Record) -> str | None:
    """Return what the first source holds that holds something, see ``FieldSource.take``."""
    for source in sources:
        value = source.take(record)
        if value is not None:
            return value
    return None


def read_whole(sources: tuple[FieldSource, ...], record: Record) -> str | None:
    """Return what the first source holds that holds something, see ``FieldSource.take_whole``."""
    for source in sources:
        value = source.take_whole(record)
        if value is not None:
            return value
    return None


def all_hold(tests: tuple[Test, ...], record: Record) -> bool:
    """Return whether in a record stands what a format asks for.

    Raises:
        AmbiguousKeyError: two values stand at one of the paths.
    """
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


def compile_tests(name: str, data: dict[str, Any]) -> tuple[Test, ...]:
    """Return the tests that the file ``name`` asks for.

    Raises:
        FormatError: one is of the wrong kind.
    """
    tests: list[Test] = []
    for path, wanted in data.items():
        if isinstance(wanted, dict) and set(wanted) == {"match"}:
            tests.append((path, compile_regex(name, path, wanted["match"])))
        elif isinstance(wanted, (str, bool)):
            tests.append((path, wanted))
        else:
            raise FormatError(name, f"`{path}` must be a text, true, false or {{ match = 'regex' }}")
    return tuple(tests)


def compile_sources(name: str, data: Any) -> tuple[FieldSource, ...]:
    """Return the sources of a field, as the file ``name`` describes them.

    Raises:
        FormatError: a source holds an unknown key, or a value of the wrong kind.
    """
    sources: list[FieldSource] = []
    for each in data if isinstance(data, list) else [data]:
        table: dict[str, Any] = {"path": each} if isinstance(each, str) else each
        check_keys(name, table, SOURCE_KEYS, "fields")
        if len(table.keys() & {"path", "join", "const"}) != 1:
            raise FormatError(name, "a source has one of `path`, `join` and `const`")
        path = table.get("path", [])
        ways = [[path]] if isinstance(path, str) else [[one] for one in path] or [table.get("join", [])]
        sources += (
            FieldSource(
                paths=tuple(way),
                const=table.get("const"),
                glue=table.get("with", ""),
                when=compile_tests(name, table.get("when", {})),
                match=compile_regex(name, "match", table["match"], group=True) if "match" in table else None,
                front=table.get("front", ""),
                end=table.get("end", ""),
                port=table.get("port", False),
                unquote=table.get("unquote", 0),
                hash=table.get("hash", False),
            )
            for way in ways
        )
    return tuple(sources)
