"""Envelopes taken off many lines at once.

Owns: the payloads of lines that are in the same envelopes, and the processes that wrote them.
Must not know: which lines these are, what a payload is.

A line that could be read in another way too is left out and must be opened by itself (``Envelope.open``). Both ways
give the same payload and the same process.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from logparse.common.records import RecordReader
from logparse.envelopes.compiler import compile_pattern
from logparse.envelopes.documents.json_records import HOLDERS, PACKED
from logparse.envelopes.envelope import alternatives
from logparse.envelopes.origin import NOWHERE, Origin

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from logparse.envelopes.envelope import Envelope
    from logparse.envelopes.origin import Process

#: A payload without its line break; None for a line that has to be opened by itself.
Texts = list[str | None]
_NO_MATCH: Final = re.compile("").match("")


class _Payloads(NamedTuple):
    """What is in the envelopes of some lines: the payloads, and for each field of ``Origin`` the values."""

    texts: Texts
    origins: dict[str, list[str]]


class ManyOpener:
    """Takes the same envelopes off many lines.

    Args:
        path: the envelopes, the outermost first.

    Attributes:
        processes: those that wrote the lines so far; ``open`` returns places in this list.
        tells_more_than_time: the envelopes hold more about a line than its time.
    """

    def __init__(self, path: Sequence[Envelope]) -> None:
        self._steps = [
            _Records(each.keys, outermost=not nth and not each.sure) if each.of_records else _Texts(each.keys)
            for nth, each in enumerate(path)
        ]
        self._codes: dict[tuple[str, ...], int] = {}
        self._places: dict[Process, int] = {}
        self.processes: list[Process] = []
        self.tells_more_than_time = any(set(each.tells) - {"time"} for each in path)

    def open(self, data: bytes) -> tuple[Texts, NDArray[np.int64]]:
        """Take lines out of their envelopes, each ended by a line break.

        Returns:
            The payloads; and the process that wrote each.
        """
        texts: Texts = [*data.decode("utf-8", "surrogateescape").split("\n")]
        texts.pop()
        origins: dict[str, list[str]] = {}
        if b"\r\n" in data:
            texts = [text.removesuffix("\r") for text in texts if text is not None]
        for nth, step in enumerate(self._steps):
            opened = step.open(texts, data if not nth else None)
            texts = opened.texts
            if isinstance(step, _Records) and "\n" in "".join(filter(None, texts)):
                texts = [None if text is None or "\n" in text else text for text in texts]
            for name, values in opened.origins.items():
                outer = origins.get(name)
                origins[name] = values if outer is None else [a or b for a, b in zip(values, outer, strict=True)]
        columns = [origins.get(name) for name in Origin._fields]
        if all(column is None or column.count(column[0]) == len(column) for column in columns if column != []):
            return texts, np.full(len(texts), self._code(tuple(column[0] if column else "" for column in columns)))
        rows = zip(*(column or [""] * len(texts) for column in columns), strict=True)
        return texts, np.array([self._codes[row] if row in self._codes else self._code(row) for row in rows], np.int64)

    def _code(self, fields: tuple[str, ...]) -> int:
        """The place of a process among ``processes``."""
        if fields not in self._codes:
            origin = Origin(*fields)
            process = () if origin == NOWHERE else origin.process
            self._codes[fields] = self._places.setdefault(process, len(self.processes))
            if self._codes[fields] == len(self.processes):
                self.processes.append(process)
        return self._codes[fields]


class _Texts:
    """Opens envelopes that stand in front of a line."""

    def __init__(self, keys: Mapping[str, Any]) -> None:
        pattern = compile_pattern(keys)
        groups = pattern.groupindex
        self._match = pattern.match
        self._groups = {name: groups[name] for name in Origin._fields if name in groups}
        self._payload = groups.get("payload")
        self._more = (groups["more"], keys["more"]) if "more" in keys else None
        self._octal = keys.get("escapes") == "octal"

    def open(self, lines: Texts, _: bytes | None) -> _Payloads:
        match, none = self._match, _NO_MATCH
        hits: list[Any] = [none if line is None else match(line) or none for line in lines]
        texts: Texts
        if self._payload is None:
            texts = [
                None if at is none or line is None else line[at.end() :] for line, at in zip(lines, hits, strict=True)
            ]
        else:
            texts = [None if at is none else at[self._payload] or "" for at in hits]
        if self._more is not None:
            group, sign = self._more
            texts = [None if at is none or at[group] == sign else text for at, text in zip(hits, texts, strict=True)]
        if self._octal:
            texts = [None if text is None or "#" in text else text for text in texts]
        origins = {
            name: ["" if at is none or (part := at[group]) in (None, "-") else part for at in hits]
            for name, group in self._groups.items()
        }
        return _Payloads(texts, origins)


class _Records:
    """Opens envelopes that are the keys of a JSON object in a line of its own.

    Args:
        keys: what the envelope file says.
        outermost: no other object may be inside: a document that holds records may look like this envelope.
    """

    def __init__(self, keys: Mapping[str, Any], *, outermost: bool) -> None:
        message, more = alternatives(keys["message"]), keys.get("more", {})
        needs = [alternatives(each) for each in keys.get("needs", ())]
        self._origins = {
            name: alternatives(paths) for name, paths in keys.get("origin", {}).items() if name in Origin._fields
        }
        self._signs = [*keys.get("skip", {}).items(), *([(more["key"], more["is"])] if "key" in more else ())]
        self._deployments = [(path, re.compile(text)) for path, text in keys.get("deployment", {}).items()]
        self._end, self._quoted = more.get("end", ""), keys.get("quoted", "")
        self._holders = sorted({*HOLDERS, PACKED}) if outermost else []
        paths = {*message, *self._holders, *(path for path, _ in (*self._signs, *self._deployments))}
        paths.update(path for some in (*needs, *self._origins.values()) for path in some)
        self._needs, self._message = needs, message
        self._reader = RecordReader(paths)

    def open(self, lines: Texts, data: bytes | None) -> _Payloads:
        if data is None:
            data = "".join(f"{line or '{}'}\n" for line in lines).encode("utf-8", "surrogateescape")
        columns, right = self._reader.read(data, len(lines))
        values = _first(columns, self._message)
        right &= _are(values, {str})
        for group in self._needs:
            right &= ~_are(_first(columns, group), {type(None)}, none=True)
        for path, sign in self._signs:
            if sign in columns[path]:
                right &= np.array([value != sign for value in columns[path]])
        for path in self._holders:
            right &= _are(columns[path], {type(None)})
        if self._end:
            right &= np.array([type(value) is str and value.endswith(self._end) for value in values], np.bool_)
        origins: dict[str, list[str]] = {}
        for name, paths in self._origins.items():
            parts = _first(columns, paths)
            right &= _are(parts, {str, type(None)})
            origins[name] = parts if None not in parts else [part or "" for part in parts]
        for path, pattern in self._deployments:
            right &= _are(columns[path], {str, type(None)})
            hits = {value: pattern.search(value) for value in set(columns[path]) if type(value) is str}
            if any(hits.values()):
                names = origins.get("deployment", [""] * len(values))
                matched = [hits.get(value) for value in columns[path]]
                origins["deployment"] = [hit[1] if hit else name for hit, name in zip(matched, names, strict=True)]
        texts: Texts = [
            value.removeprefix(self._quoted).removesuffix("\n") if fits else None
            for value, fits in zip(values, right.tolist(), strict=True)
        ]
        return _Payloads(texts, origins)


def _first(columns: Mapping[str, list[Any]], paths: Sequence[str]) -> list[Any]:
    """Return for each record what stands at the first of the paths where something does."""
    values = columns[paths[0]]
    for path in paths[1:]:
        nothing = values.count(None)
        if not nothing:
            break
        others = columns[path]
        if nothing == len(values):
            values = others
        else:
            values = [other if value is None else value for value, other in zip(values, others, strict=True)]
    return values


def _are(values: Sequence[Any], kinds: set[type], *, none: bool = False) -> NDArray[np.bool_]:
    """Return which values are of some types; ``none``: mostly none of them are."""
    types = set(map(type, values))
    if types <= kinds:
        return np.ones(len(values), np.bool_)
    if none and types.isdisjoint(kinds):
        return np.zeros(len(values), np.bool_)
    return np.array([type(value) in kinds for value in values], np.bool_)
