"""Which sources an archive knows already, by their text, not by their names.

Owns: recognising a source that was read before, or has grown since. Must not know: what a line means, how sources
are read.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from logparse.archive.signatures import signature
from logparse.scans.pieces.succession import name_stem
from logparse.sources import digests

if TYPE_CHECKING:
    from collections.abc import Iterable

    from logparse.archive.index import Entry, Index
    from logparse.sources.digests import TextDigest
    from logparse.sources.source import Source


class Recognised(NamedTuple):
    """What is known of a source before it is read.

    Attributes:
        id: id of the entry of its text, if the archive knows that; else empty.
        digest: digest of the file, if it had to be computed.
    """

    id: str = ""
    digest: TextDigest | None = None


class Knowledge:
    """The texts that an archive knows.

    Args:
        index: what the archive holds.
    """

    def __init__(self, index: Index) -> None:
        self._index = index
        self._ids = {*index.sources, *index.gone}
        self._whole = {*index.gone, *(name for name, entry in index.sources.items() if entry.whole)}
        self._packed: dict[tuple[int, str], str] = {}
        self._sizes: defaultdict[int, list[Entry]] = defaultdict(list)
        self._stems: defaultdict[str, list[Entry]] = defaultdict(list)
        for entry in index.sources.values():
            self._sizes[entry.size].append(entry)
            self._stems[_stem(entry.name)].append(entry)
            if entry.packed and entry.whole:
                self._packed[int(entry.packed[0]), str(entry.packed[1])] = entry.id
        self._packed_sizes = {size for size, _ in self._packed}

    def look(self, source: Source) -> Recognised:
        """Return what is known of a source without reading its lines; a file that cannot be read is not known."""
        hint = self._index.seen.get(source.name)
        if hint is not None and hint[:-1] == signature(source) and hint[-1] in self._whole:
            return Recognised(str(hint[-1]))
        if source.path is None or not source.size:
            return Recognised()
        try:
            near = self._near(source)
            if not near and source.size not in self._packed_sizes:
                return Recognised()
            found = digests.digest_file(source.path, [source.size, *(entry.size for entry in near)])
        except OSError:
            return Recognised()
        known = found.digest if found.digest in self._whole else self._packed.get((found.size, found.digest), "")
        return Recognised(known, found)

    @property
    def ids(self) -> set[str]:
        """Digests of all texts that were read."""
        return self._ids

    def knows(self, name: str) -> bool:
        """True if a text of this digest was read."""
        return name in self._ids

    def beginning(self, source: Source, beginnings: Iterable[tuple[int, str]]) -> Entry | None:
        """Return the entry of the longest beginning of a source that was read before, under a name like its own.

        Args:
            source: what was read.
            beginnings: their lengths and digests.
        """
        entries = {(entry.size, entry.id): entry for entry in self._stems[_stem(source.name)]}
        known = [entries[each] for each in sorted(beginnings, reverse=True) if each in entries and each[0]]
        return known[0] if known else None

    def lengths(self, sources: Iterable[Source]) -> tuple[int, ...]:
        """Return the lengths of texts with names like those of the sources: these may be their beginnings."""
        stems = {_stem(source.name) for source in sources}
        return tuple(sorted({entry.size for each in stems for entry in self._stems.get(each, ()) if entry.size}))

    def _near(self, source: Source) -> list[Entry]:
        """Return the entries of texts that may be that of a file, or its beginning."""
        assert source.path is not None
        assert source.size is not None
        stems = [entry for entry in self._stems.get(_stem(source.name), ()) if 0 < entry.size < source.size]
        some = [*stems, *self._sizes.get(source.size, ())]
        if not some:
            return []
        with source.path.open("rb") as stream:
            head = stream.read(digests.HEAD)
        heads = {size: hashlib.sha256(head[:size]).hexdigest() for size in {min(e.size, digests.HEAD) for e in some}}
        return [entry for entry in some if entry.head == heads[min(entry.size, digests.HEAD)]]


def _stem(name: str) -> str:
    return name_stem(name.rpartition("/")[2])
