"""What many access lines ask for, without reading each of them in full.

Owns: for each kind of reader, the values of a line on which method, target and status depend.
Must not know: which requests matter.

Lines of a busy server ask for the same again and again. Two lines with the same values here are in the same format and
ask for the same. So one of them is read in full, and the answer holds for the others. A line that could be read in
another way too has no values here and must be read by itself.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter
from functools import cache
from itertools import repeat
from typing import TYPE_CHECKING, Any, Final, Protocol

import numpy as np

from logparse.common.columns import begin_with
from logparse.common.records import decode_lines, make_object_reader, make_record_reader
from logparse.common.repeated_keys import find_repeated_keys
from logparse.formats.clients import find_unusual_clients

if TYPE_CHECKING:
    import re
    from collections.abc import Callable, Collection, Hashable, Sequence

    from logparse.common.records import ObjectReader

#: Fields on which it depends whether a request matters.
FIELDS: Final = frozenset({"method", "verb", "request", "target", "url_path", "status"})
#: Types of values that are equal only if they are written alike: true and 1.0 are equal to 1.
_PLAIN: Final[frozenset[Any]] = frozenset({str, int, type(None)})
#: So many sets of keys of objects are remembered.
_SHAPES: Final = 16


class Asked(Protocol):
    """Reads the values of many lines on which it depends what they ask for."""

    def __call__(self, texts: Sequence[str | None], data: bytes | None = None) -> Sequence[Hashable | None]:
        """Return the values of each line; None for a line that must be read by itself.

        Args:
            texts: the lines; None for those that are not to be looked at.
            data: the same as bytes, each ended by a line break, if they are at hand and there is no None.
        """


def make_asked_by_pattern(pattern: re.Pattern[str], *, whole: bool) -> Asked:
    """Make what reads lines that are in a format if a pattern matches them: as a ``whole``, or from their beginning.

    A line with a backslash must be read by itself: whose escape it is depends on the whole line.
    """
    match, groups = pattern.fullmatch if whole else pattern.match, sorted(FIELDS.intersection(pattern.groupindex))
    client, user = (pattern.groupindex.get(name) for name in ("client", "user"))

    def asked(texts: Sequence[str | None], data: bytes | None = None) -> list[Hashable | None]:  # noqa: ARG001
        hits = [None if text is None or "\\" in text else match(text) for text in texts]
        if client is not None:
            clients = [hit and hit[client] for hit in hits]
            unknown = find_unusual_clients([text or "" for text in clients])
            hits = (
                [None if text in unknown else hit for hit, text in zip(hits, clients, strict=True)] if unknown else hits
            )
        if user is not None:
            hits = [None if hit is None or " - " in (hit[user] or "") else hit for hit in hits]
        return [hit and hit.group(*groups) for hit in hits]

    return asked


class AskedOfRecords(ABC):
    """Reads lines that are JSON objects."""

    @abstractmethod
    def __call__(self, texts: Sequence[str | None], data: bytes | None = None) -> Sequence[Hashable | None]:
        """See ``Asked``."""

    @abstractmethod
    def find_telling(self, line: str) -> Collection[str]:
        """Return the paths of the values on which it depends what lines with the keys of this one ask for.

        None if that cannot be said.
        """


class AskedByKeys(AskedOfRecords):
    """Reads lines that are JSON objects with known keys.

    Args:
        list_paths: returns the paths of the values on which it depends what a line asks for, and whether it is in the
            format, and further paths, at which no two different values may stand. Called when needed: few formats are
            in a file.
    """

    def __init__(self, list_paths: Callable[[], tuple[Collection[str], Collection[str]]]) -> None:
        self._list_paths = cache(list_paths)

    def __call__(self, texts: Sequence[str | None], data: bytes | None = None) -> list[Hashable | None]:
        """Return the values at the paths of each line; see ``Asked``."""
        reader = make_record_reader(*map(frozenset, self._list_paths()), plain=True)
        data, replaced = _keep_objects(texts, data)
        keys = reader.read_keys(data, len(texts))
        for at in (*replaced, *np.flatnonzero(find_repeated_keys(data, reader.keys)).tolist()):
            keys[at] = None
        return keys

    def find_telling(self, line: str) -> Collection[str]:  # noqa: ARG002
        """Return these paths, which are the same for all lines."""
        return self._list_paths()[0]


class AskedByAnyKeys(AskedOfRecords):
    """Reads lines that are JSON objects with keys of the operator's own.

    Several threads may use it at the same time: none counts on what another one can take away.

    Args:
        choose_keys: of the keys of an object that holds no other, returns those on whose values it depends what the
            line asks for; None if that cannot be said.
    """

    def __init__(self, choose_keys: Callable[[tuple[str, ...]], tuple[str, ...] | None]) -> None:
        self._choose_keys = choose_keys
        self._chosen: dict[tuple[str, ...], tuple[str, ...]] = {}
        self._usual: tuple[tuple[str, ...], ObjectReader] | None = None  # the keys that most objects have

    def __call__(self, texts: Sequence[str | None], data: bytes | None = None) -> list[Hashable | None]:
        """Return the keys of each line, and the values of those that tell; see ``Asked``."""
        data, _ = _keep_objects(texts, data)
        rows: list[Hashable | None]
        if self._usual is None:
            rows, held = [None] * len(texts), set()
        else:
            keys, reader = self._usual
            values = reader.read(data, len(texts))
            rows = [*zip(repeat(keys), values)]
            if None in values:
                rows = [row if value else None for row, value in zip(rows, values, strict=True)]
            held = {keys}
        if None in rows:
            held.update(self._read_others(data, rows))
        for at in np.flatnonzero(find_repeated_keys(data, {key for keys in held for key in keys})).tolist():
            rows[at] = None
        return rows

    def find_telling(self, line: str) -> Collection[str]:
        """Return the keys of a line that tell."""
        found = self._read(*decode_lines(line.encode("utf-8", "surrogateescape") + b"\n", 1))
        return () if found is None else self._choose(found[0])

    def _read_others(self, data: bytes, rows: list[Hashable | None]) -> Collection[tuple[str, ...]]:
        """Read the lines that are None so far; return the keys of their objects."""
        rest = [at for at, row in enumerate(rows) if row is None]
        lines = data.split(b"\n") if len(rest) < len(rows) else []
        others = b"".join([lines[at] + b"\n" for at in rest]) if lines else data
        held: Counter[tuple[str, ...]] = Counter()
        for at, record in zip(rest, decode_lines(others, len(rest)), strict=True):
            rows[at] = read = self._read(record)
            if read is not None:
                held[read[0]] += 1
        if len(rest) * 2 > len(rows) and held:
            keys, _ = held.most_common(1)[0]
            self._usual = keys, make_object_reader(keys, self._choose(keys))
        return held

    def _read(self, record: Any) -> tuple[tuple[str, ...], tuple[Any, ...]] | None:
        keys = tuple(record) if type(record) is dict else ()
        values = tuple([record[key] for key in self._choose(keys)])
        fits = values and _PLAIN.issuperset(map(type, values)) and dict not in map(type, record.values())
        return (keys, values) if fits else None

    def _choose(self, keys: tuple[str, ...]) -> tuple[str, ...]:
        chosen = self._chosen.get(keys)
        if chosen is None:
            chosen = self._choose_keys(keys) or ()
            if len(self._chosen) >= _SHAPES:
                self._chosen.clear()
            self._chosen[keys] = chosen
        return chosen


def _keep_objects(texts: Sequence[str | None], data: bytes | None) -> tuple[bytes, list[int]]:
    """Return texts as lines of bytes, if they are not at hand, and the places of those that are no objects.

    In their place stands an empty one.
    """
    if data is not None and begin_with(data, b"{"):
        return data, []
    joined = "\n".join([*[text or "" for text in texts], ""])
    replaced: list[int] = []
    if f"\n{joined}".count("\n{") < len(texts) or joined.count("\n") > len(texts):
        kept = [text if text is not None and text.startswith("{") and "\n" not in text else None for text in texts]
        replaced = [at for at, text in enumerate(kept) if text is None]
        joined = "\n".join([*[text or "{}" for text in kept], ""])
    return joined.encode("utf-8", "surrogateescape"), replaced
