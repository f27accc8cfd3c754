"""One envelope taken off many lines.

Owns: the payloads of lines in an envelope, and what it tells of who wrote them.
Must not know: which envelopes stand around each other, what a payload is.

A line that could be read in another way too is left out (``Envelope.open`` reads it).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from logparse.common.records import make_record_reader
from logparse.envelopes.compiler import JSON_ESCAPES, OCTAL_ESCAPES, compile_pattern
from logparse.envelopes.documents.json_records import HOLDERS, PACKED
from logparse.envelopes.envelope import TAGS, alternatives, find_tag
from logparse.envelopes.origin import Origin
from logparse.formats.outline import compile_front

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

#: A payload without its line break; None for a line that has to be opened by itself.
Texts = list[str | None]
#: What an envelope can tell besides the fields of ``Origin``: the id of the record that the line is.
RECORD: Final = "record"
_NO_MATCH: Final = re.compile("").match("")


class Payloads(NamedTuple):
    """What is in the envelopes of some lines: payloads, and the values of ``record`` and of fields of ``Origin``."""

    texts: Texts
    origins: dict[str, list[str]]


class TextStep:
    """Opens envelopes that stand in front of a line.

    Args:
        keys: what the envelope file says.

    Attributes:
        front: how the usual ones are written, see ``compile_front``; None if that is not known.
    """

    def __init__(self, keys: Mapping[str, Any]) -> None:
        pattern = compile_pattern(keys)
        groups = pattern.groupindex
        self._match = pattern.match
        self._groups = {name: groups[name] for name in (*Origin._fields, RECORD) if name in groups}
        self._payload = groups.get("payload")
        self._more = (groups["more"], keys["more"]) if "more" in keys else None
        self.front = compile_front(keys["id"], keys["outline"], Origin._fields) if "outline" in keys else None
        self._octal, self._quoted = (keys.get("escapes") == kind for kind in (OCTAL_ESCAPES, JSON_ESCAPES))

    def open(self, lines: Texts) -> Payloads:
        """Take the envelope off lines; None stands for one that was left out before."""
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
        if self._quoted:
            plain = [None if text is None else text[1:-1].replace('\\"', '"') for text in texts]
            texts = [None if text is None or "\\" in text else text for text in plain]
        origins = {
            name: [
                "" if at is none or (part := at[group]) in (None, "-" if name != RECORD else None) else part
                for at in hits
            ]
            for name, group in self._groups.items()
        }
        return Payloads(texts, origins)


class RecordStep:
    """Opens envelopes that are the keys of a JSON object in a line of its own.

    Args:
        keys: what the envelope file says.
        outermost: no other object may be inside: a document that holds records may look like this envelope.

    Attributes:
        message: paths of which the first that holds something leads to the payload.
        telling: paths of values on which it depends who wrote a line, and whether it is in the envelope. Of ids of
            records, and of what an envelope needs, it is enough that they stand there.
    """

    def __init__(self, keys: Mapping[str, Any], *, outermost: bool) -> None:
        message, more = alternatives(keys["message"]), keys.get("more", {})
        needs = [alternatives(each) for each in keys.get("needs", ())]
        self._origins = {
            name: alternatives(paths) for name, paths in keys.get("origin", {}).items() if name in Origin._fields
        }
        self._signs = [*keys.get("skip", {}).items(), *([(more["key"], more["is"])] if "key" in more else ())]
        self._deployments = [(path, re.compile(text)) for path, text in keys.get("deployment", {}).items()]
        self._ids = [alternatives(each) for each in keys.get(RECORD, ())]
        self._end, self._quoted = more.get("end", ""), keys.get("quoted", "")
        paths = {*message, *(path for path, _ in (*self._signs, *self._deployments))}
        paths.update(path for some in (*needs, *self._origins.values(), *self._ids) for path in some)
        split = [(path, *path.rpartition(".")[::2]) for path in sorted(paths)]
        self._tags = [each for each in split if each[1].rpartition(".")[2] == TAGS]
        paths.update(tags for _, tags, _ in self._tags)
        self._needs, self.message = needs, message
        telling = {path for some in self._origins.values() for path in some}
        telling.update(path for path, _ in (*self._signs, *self._deployments))
        self.telling = frozenset(telling | {tags for _, tags, _ in self._tags})
        self._reader = make_record_reader(frozenset(paths), without=frozenset({*HOLDERS, PACKED} if outermost else ()))

    def open(self, lines: Texts) -> Payloads:
        """Take the envelope off lines; None stands for one that was left out before."""
        data = "".join([f"{line or '{}'}\n" for line in lines])
        return self.open_bytes(data.encode("utf-8", "surrogateescape"), len(lines))

    def open_bytes(self, data: bytes, count: int) -> Payloads:
        """Take the envelope off lines, each ended by a line break."""
        columns, right = self._read(data, count)
        values = _first(columns, self.message)
        right &= _are(values, {str})
        for group in self._needs:
            right &= ~_are(_first(columns, group), {type(None)}, none=True)
        for path, sign in self._signs:
            if sign in columns[path]:
                right &= np.array([value != sign for value in columns[path]])
        if self._end:
            right &= np.array([type(value) is str and value.endswith(self._end) for value in values], np.bool_)
        origins: dict[str, list[str]] = {}
        for name, paths in self._origins.items():
            parts = _first(columns, paths)
            right &= _are(parts, {str, type(None)})
            plain = set(map(type, parts)) == {str}
            origins[name] = parts if plain else [part if type(part) is str else "" for part in parts]
        if self._ids:
            origins[RECORD] = self._read_ids(columns, right)
        self._read_deployments(columns, right, origins)
        return Payloads(self._take_lines(values, right), origins)

    def _take_lines(self, values: list[Any], right: NDArray[np.bool_]) -> Texts:
        """Return the payloads that are one line each; None for others."""
        texts: Texts = values
        if not right.all():
            texts = [value if fits else None for value, fits in zip(values, right.tolist(), strict=True)]
        if self._quoted:
            texts = [text and text.removeprefix(self._quoted) for text in texts]
        if "\n" in "".join(filter(None, texts)):
            texts = [text and text.removesuffix("\n") for text in texts]
            texts = [None if text is None or "\n" in text else text for text in texts]
        return texts

    def _read(self, data: bytes, count: int) -> tuple[dict[str, list[Any]], NDArray[np.bool_]]:
        """Read the values of some lines, those in lists of tags too, see ``RecordReader.read``."""
        columns, right = self._reader.read(data, count)
        for path, tags, key in self._tags:
            if list in set(map(type, columns[tags])):
                columns[path] = _find_tags(columns[tags], key, columns[path])
        return columns, right

    def _read_ids(self, columns: Mapping[str, list[Any]], right: NDArray[np.bool_]) -> list[str]:
        """Return the ids of records, and note which records are not ``right`` to be read so."""
        ids = [_first(columns, paths) for paths in self._ids]
        for parts in ids:
            right &= _are(parts, {str, type(None)})
        if right.all() and all(map(all, ids)):
            return list(map("/".join, zip(*ids, strict=True)))
        rows = zip(right.tolist(), *ids, strict=True)
        return ["/".join(parts) if fits and all(parts) else "" for fits, *parts in rows]

    def _read_deployments(
        self, columns: Mapping[str, list[Any]], right: NDArray[np.bool_], origins: dict[str, list[str]]
    ) -> None:
        """Add the names of deployments to ``origins``, and note which records are not ``right`` to be read so."""
        for path, pattern in self._deployments:
            right &= _are(columns[path], {str, type(None)})
            hits = {value: pattern.search(value) for value in set(columns[path]) if type(value) is str}
            if any(hits.values()):
                names = origins.get("deployment", [""] * len(right))
                matched = [hits.get(value) for value in columns[path]]
                origins["deployment"] = [hit[1] if hit else name for hit, name in zip(matched, names, strict=True)]


def _find_tags(lists: Sequence[Any], key: str, values: Sequence[Any]) -> list[Any]:
    """Return for each record the value of the tag with a key in its list; what stands in ``values`` if it has no list.

    Most lists hold the same tags.
    """
    try:
        known = {tags: find_tag([*tags], key) for tags in {tuple(each) for each in lists if type(each) is list}}
        rows = zip(lists, values, strict=True)
        return [known[tuple(each)] if type(each) is list else value for each, value in rows]
    except TypeError:  # an object or a list is among the tags
        rows = zip(lists, values, strict=True)
        return [find_tag(each, key) if type(each) is list else value for each, value in rows]


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
