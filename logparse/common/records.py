"""Values at some paths of many JSON objects, decoded by a library that builds nothing else.

Owns: the typed decoder for a set of paths, and which lines it cannot read for certain.
Must not know: what any key means.

``msgspec`` decodes a chunk of lines at once and skips all keys that nobody asks for, in a seventh of the time that
whole objects take. It says less than a decoder of one line: not which of two equal keys came first, and nothing of a
key that holds a dot. Lines in which that could matter are named, so that they can be read one by one.
"""

from __future__ import annotations

from functools import lru_cache, partial
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from logparse.common.columns import split_lines, truth_values
from logparse.common.repeated_keys import escape_key

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Hashable, Mapping, Sequence

    from numpy.typing import NDArray

#: Stands in a tree of keys for a value that is asked for as a whole.
_HERE: Final = ""
_ANY_VALUE: Final = msgspec.json.Decoder()
#: So many readers are kept: to make one takes as long as reading a hundred lines with it.
_KEPT: Final = 128
_ERRORS: Final = (msgspec.DecodeError, RecursionError, UnicodeDecodeError)


def decode_lines(data: bytes, count: int) -> list[Any]:
    """Return the JSON value in each of some lines; None for a line that is no JSON.

    Args:
        data: the lines, each ended by a line break.
        count: how many there are.
    """
    return _decode(_ANY_VALUE, data, count, None)


class RecordReader:
    """Reads the values at some paths of JSON objects, one object in each line.

    Args:
        paths: dots lead into objects.
        watched: further paths, whose values nobody asks for.
        without: keys that no record may have.
        plain: only texts, whole numbers and null may stand at the paths.

    Attributes:
        keys: those that the paths are made of.
    """

    def __init__(
        self,
        paths: Collection[str],
        watched: Collection[str] = (),
        without: Collection[str] = (),
        *,
        plain: bool = False,
    ) -> None:
        self._readers: dict[str, Callable[[Sequence[Any]], list[Any]]] = {}
        self._plain = plain
        kind = self._make_type(_make_tree({*paths, *without}), "", "")
        self._decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(kind)
        self._empty = kind()
        self._readers = {path: read for path, read in self._readers.items() if path in paths}
        names = {field.encode_name: field.name for field in msgspec.structs.fields(kind)}
        self._without = attrgetter(*(names[key] for key in sorted(without))) if without else None
        split = [path.split(".") for path in (*paths, *watched)]
        self.keys = {key for keys in split for key in keys}
        dotted = {
            ".".join(keys[start:stop])
            for keys in split
            for start in range(len(keys))
            for stop in range(start + 2, len(keys) + 1)
        }
        self._dotted_keys = f'"(?:{"|".join(map(escape_key, sorted(dotted)))})"' if dotted else ""
        # A single word is looked for many times as fast as one of several.
        self._beginnings = [escape_key(f"{key}.") for key in sorted({path.partition(".")[0] for path in dotted})]

    def read(self, data: bytes, count: int) -> tuple[dict[str, list[Any]], NDArray[np.bool_]]:
        """Read the values of some lines.

        Args:
            data: the lines, each ended by a line break.
            count: how many there are.

        Returns:
            For each path the values: None where nothing or null stands, and for an object something that is no plain
            value. And which lines are JSON objects in which no key holds a dot of a path; the values of the other lines
            mean nothing.
        """
        records = _decode(self._decoder, data, count, self._empty)
        certain = ~self._hold_dotted_keys(data, count)
        if self._empty in records:
            certain[[at for at, record in enumerate(records) if record is self._empty]] = False
        if self._without is not None:
            nothing, held = self._without(self._empty), list(map(self._without, records))
            if held.count(nothing) < count:
                certain &= np.array([each == nothing for each in held])
        return {path: read(records) for path, read in self._readers.items()}, certain

    def read_keys(self, data: bytes, count: int) -> list[Hashable | None]:
        """Read what stands at all paths of some lines; equal for lines that hold the same there.

        Args:
            data: the lines, each ended by a line break.
            count: how many there are.

        Returns:
            None for a line that is no JSON object in which no key holds a dot of a path, or holds a value that is not
            ``plain``.
        """
        records: list[Hashable | None] = _decode(self._decoder, data, count, None)
        for at in np.flatnonzero(self._hold_dotted_keys(data, count)).tolist():
            records[at] = None
        return records

    def _hold_dotted_keys(self, data: bytes, count: int) -> NDArray[np.bool_]:
        """Return which lines may hold a key with a dot of a path in it."""
        text = pa.array([data]) if self._beginnings else None
        if any(truth_values(pc.match_substring_regex(text, key))[0] for key in self._beginnings):
            return truth_values(pc.match_substring_regex(split_lines(data)[0], self._dotted_keys))
        return np.zeros(count, np.bool_)

    def _make_type(self, node: Mapping[str, Any], way: str, above: str) -> type[msgspec.Struct]:
        fields: list[Any] = []
        names = {}
        for number, (key, inner) in enumerate(node.items()):
            if key == _HERE:
                continue
            names[name := f"f{number}"] = key
            attribute, path = f"{way}{name}", f"{above}{key}"
            if inner.keys() <= {_HERE}:
                fields.append((name, str | int | None if self._plain else Any, None))
                self._readers[path] = _make_reader(attribute)
                continue
            kind = self._make_type(inner, f"{attribute}.", f"{path}.")
            nothing = kind()
            other: Any = str | int | float | bool | None if self._plain else str | int | float | bool | list[Any] | None
            fields.append((name, kind | other, msgspec.field(default_factory=partial(_return, nothing))))
            if _HERE in inner:
                self._readers[path] = _make_reader(attribute, nothing)
        return msgspec.defstruct("Record", fields, rename=names, frozen=True, eq=self._plain, gc=False)


class ObjectReader:
    """Reads the values at some keys of JSON objects that have certain keys and no others, one object in each line.

    Args:
        keys: all keys of the objects, at which no objects stand.
        chosen: those whose values are read: texts, whole numbers, or null.
    """

    def __init__(self, keys: Sequence[str], chosen: Sequence[str]) -> None:
        names = {f"f{number}": key for number, key in enumerate(keys)}
        plain: Any = str | int | float | bool | list[Any] | None
        fields: list[Any] = [(name, str | int | None if key in chosen else plain) for name, key in names.items()]
        kind = msgspec.defstruct(
            "Record", fields, rename=names, frozen=True, eq=False, forbid_unknown_fields=True, gc=False
        )
        self._decoder: msgspec.json.Decoder[Any] = msgspec.json.Decoder(kind)
        read = attrgetter(*(name for name, key in names.items() if key in chosen))
        self._take: Callable[[Any], tuple[Any, ...]] = read if len(chosen) > 1 else lambda record: (read(record),)

    def read(self, data: bytes, count: int) -> list[tuple[Any, ...] | None]:
        """Return the values in each of some lines, in the order of the keys; None for a line that is no such object."""
        records = _decode(self._decoder, data, count, None)
        if None in records:
            return [None if record is None else self._take(record) for record in records]
        return list(map(self._take, records))


@lru_cache(_KEPT)
def make_record_reader(
    paths: frozenset[str],
    watched: frozenset[str] = frozenset(),
    without: frozenset[str] = frozenset(),
    *,
    plain: bool = False,
) -> RecordReader:
    """Make a ``RecordReader``, or return the one that was made before."""
    return RecordReader(paths, watched, without, plain=plain)


@lru_cache(_KEPT)
def make_object_reader(keys: tuple[str, ...], chosen: tuple[str, ...]) -> ObjectReader:
    """Make an ``ObjectReader``, or return the one that was made before."""
    return ObjectReader(keys, chosen)


def _return(value: Any) -> Any:
    return value


def _make_reader(way: str, nothing: Any = None) -> Callable[[Sequence[Any]], list[Any]]:
    """Make what reads an attribute of many records; None where it is ``nothing``, or where no object leads to it."""
    get, names = attrgetter(way), way.split(".")

    def read(records: Sequence[Any]) -> list[Any]:
        try:
            values = list(map(get, records))
        except AttributeError:
            values = [*records]
            for name in names:
                values = [getattr(value, name, None) for value in values]
        return values if nothing is None else [None if value is nothing else value for value in values]

    return read


def _decode(decoder: msgspec.json.Decoder[Any], data: bytes, count: int, wrong: Any) -> list[Any]:
    """Return what is in each line; ``wrong`` for a line that cannot be decoded."""
    try:
        values = decoder.decode_lines(data)
        if len(values) == count:
            return values
    except _ERRORS:
        pass
    values = []
    for line in data.split(b"\n")[:count]:
        try:
            values.append(decoder.decode(line))
        except _ERRORS:
            values.append(wrong)
    return values


def _make_tree(paths: Collection[str]) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for path in sorted(paths):
        node = tree
        for key in path.split("."):
            node = node.setdefault(key, {})
        node[_HERE] = {}
    return tree
