"""Values at some paths of many JSON objects, decoded by a library that builds nothing else.

Owns: the typed decoder for a set of paths, and what it cannot tell. Must not know: what any key means.

``msgspec`` decodes a chunk of lines at once and skips keys that nobody asked for, in a tenth of the time that building
all objects takes. It says less than a decoder of one line: which of two equal keys came first, and what stands at a key
that holds a dot. Lines where that could matter are named, so that somebody else reads them one by one.
"""

from __future__ import annotations

from functools import partial, reduce
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from numpy.typing import NDArray

#: Stands in a tree of keys for a value that is asked for as a whole.
_HERE: Final = ""
_ANY: Final = msgspec.json.Decoder()
_ERRORS: Final = (msgspec.DecodeError, RecursionError, UnicodeDecodeError)


def decoded(data: bytes, count: int) -> list[Any]:
    """The values of some lines, each ended by a line break; None for one that is no JSON.

    Args:
        data: the lines.
        count: how many there are.
    """
    return _values(_ANY, data, count, None)


def repeated(lines: pa.Array, keys: Collection[str]) -> NDArray[np.bool_]:
    """Which lines may hold one of some keys twice; an object of another depth may hold it, too."""
    twice = "|".join(rf'"{key}"[ \t]*:.*"{key}"[ \t]*:' for key in map(escaped, sorted(keys)))
    return _matches(lines, twice)


class Records:
    """Reads the values at some paths of JSON objects, one object in each line.

    Args:
        paths: dots lead into objects.
        watched: further paths, whose values nobody asks for.

    Attributes:
        keys: those that the paths are made of.
    """

    def __init__(self, paths: Collection[str], watched: Collection[str] = ()) -> None:
        self._readers: dict[str, Callable[[Sequence[Any]], list[Any]]] = {}
        kind = self._kind(_tree(paths), "", "")
        self._decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(kind)
        self._empty = kind()
        parts = [path.split(".") for path in (*paths, *watched)]
        dotted = {
            ".".join(part[start:stop])
            for part in parts
            for start in range(len(part))
            for stop in range(start + 2, len(part) + 1)
        }
        self._dotted = f'"(?:{"|".join(map(escaped, sorted(dotted)))})"' if dotted else ""
        self.keys = {key for part in parts for key in part}

    def columns(self, data: bytes, count: int) -> tuple[dict[str, list[Any]], NDArray[np.bool_]]:
        """Read the values of some lines.

        Args:
            data: the lines, each ended by a line break.
            count: how many there are.

        Returns:
            For each path the values, None where nothing or null stands (objects come as something of no plain type);
            and which lines are objects that hold nothing at any of the paths in another way. The values of the other
            lines mean nothing.
        """
        records = _values(self._decoder, data, count, self._empty)
        whole = np.ones(count, np.bool_)
        if self._dotted and _matches(pa.array([data]), self._dotted).any():
            whole = ~_matches(pa.array(data.split(b"\n")[:count]), self._dotted)
        if self._empty in records:
            whole[[nth for nth, record in enumerate(records) if record is self._empty]] = False
        return {path: read(records) for path, read in self._readers.items()}, whole

    def _kind(self, node: Mapping[str, Any], way: str, above: str) -> type[msgspec.Struct]:
        fields: list[Any] = []
        names = {}
        for number, (key, inner) in enumerate(node.items()):
            if key == _HERE:
                continue
            names[name := f"f{number}"] = key
            at, path = f"{way}{name}", f"{above}{key}"
            if inner.keys() <= {_HERE}:
                fields.append((name, Any, None))
                self._readers[path] = _reader(at)
                continue
            kind = self._kind(inner, f"{at}.", f"{path}.")
            nothing = kind()
            fields.append((name, _or_plain(kind), msgspec.field(default_factory=partial(_given, nothing))))
            if _HERE in inner:
                self._readers[path] = _reader(at, nothing)
        return msgspec.defstruct("Record", fields, rename=names, frozen=True, eq=False)


def _given(value: Any) -> Any:
    return value


def _or_plain(kind: Any) -> Any:
    return kind | str | int | float | bool | list[Any] | None


def _reader(way: str, nothing: Any = None) -> Callable[[Sequence[Any]], list[Any]]:
    """What reads an attribute of many records; None where it is ``nothing``, or where no object leads to it."""
    get, names = attrgetter(way), way.split(".")

    def read(records: Sequence[Any]) -> list[Any]:
        try:
            values = list(map(get, records))
        except AttributeError:
            values = [reduce(lambda value, name: getattr(value, name, None), names, record) for record in records]
        return values if nothing is None else [None if value is nothing else value for value in values]

    return read


def _values(decoder: msgspec.json.Decoder[Any], data: bytes, count: int, wrong: Any) -> list[Any]:
    """What is in each line, ``wrong`` for those that cannot be decoded."""
    try:
        found = decoder.decode_lines(data)
        if len(found) == count:
            return found
    except _ERRORS:
        pass
    found = []
    for line in data.split(b"\n")[:count]:
        try:
            found.append(decoder.decode(line))
        except _ERRORS:
            found.append(wrong)
    return found


def _matches(texts: pa.Array, pattern: str) -> NDArray[np.bool_]:
    found: NDArray[np.bool_] = pc.match_substring_regex(texts, pattern).to_numpy(zero_copy_only=False)
    return found


def escaped(key: str) -> str:
    """A key as RE2 has it in an expression."""
    return "".join(sign if sign.isalnum() or sign in "_-@ " else f"\\{sign}" for sign in key)


def _tree(paths: Collection[str]) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for path in sorted(paths):
        node = tree
        for key in path.split("."):
            node = node.setdefault(key, {})
        node[_HERE] = {}
    return tree
