"""What tells a line from all others, whatever file it stands in: numbers made of what it says.

Owns: these numbers, for all lines that matter of several sources as columns. Must not know: which sources are pieces of
one log (``pieces``).

Not the text of a line is compared but what was read from it, so that neither an envelope nor the end of a line counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import pandas as pd

from logparse.common.text import encodable

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from logparse.envelopes.origin import Process
    from logparse.lines.access import Access
    from logparse.lines.result import Message
    from logparse.scans.request_store import Pages
    from logparse.scans.scan import Scan

#: Odd numbers, so that no two steps come to the same unless their 64 bits do (the finaliser of MurmurHash3).
_ONE: Final = np.uint64(0xFF51AFD7ED558CCD)
_TWO: Final = np.uint64(0xC4CEB9FE1A85EC53)
_HALF: Final = np.uint64(33)
_TEXTS: Final = ("client", "name", "method", "target", "referer", "agent")
_NUMBERS: Final = ("time", "status", "size", "duration")
_OF_PAGES: Final = ("place", "order", *_NUMBERS, *_TEXTS)
#: A line that stands in this many sources and more is compared between neighbours among them only.
_NEIGHBOURS: Final = 32


class _Columns(NamedTuple):
    """Lines as columns; the process as a place in a list of all."""

    source: NDArray[np.int32]
    order: NDArray[np.int64]
    time: NDArray[np.int64]
    identity: NDArray[np.uint64]
    process: NDArray[np.int32]
    record: NDArray[np.bool_]


class Lines:
    """All lines that matter of some sources, as columns: first requests, then events, then the attempts of each page.

    Args:
        columns: the lines.
        processes: those that wrote them.
        parts: how many requests there are, and how many events.
        pages: how many attempts each page has.

    Attributes:
        order, time: of each; -1 for no time.
        gone: which are counted elsewhere.
    """

    def __init__(
        self, columns: _Columns, processes: Sequence[Process], parts: tuple[int, int], pages: Sequence[int]
    ) -> None:
        self.order, self.time = columns.order, columns.time
        self.gone = np.zeros(len(columns.source), np.bool_)
        self._source, self._identity = columns.source, columns.identity
        self._process, self._record, self._processes = columns.process, columns.record, processes
        self._parts, self._pages = parts, pages
        at = np.flatnonzero(self.time >= 0)
        self._rows = at[np.lexsort((self.order[at], self.time[at], self._source[at]))]  # by source, then in time
        of = self._source[self._rows]
        self._bounds = {
            number: (int(np.searchsorted(of, number)), int(np.searchsorted(of, number, "right")))
            for number in np.unique(of).tolist()
        }
        self._masks = {number: self._mask(number) for number in self._bounds}

    def pairs(self) -> list[tuple[int, int]]:
        """Sources that hold equal lines."""
        identity, source = self._identity[self._rows], self._source[self._rows]
        order = np.lexsort((source, identity))
        identity, source = identity[order], source[order]
        first = np.ones(len(order), np.bool_)
        first[1:] = (identity[1:] != identity[:-1]) | (source[1:] != source[:-1])
        identity, source = identity[first], source[first]
        found: set[tuple[int, int]] = set()
        for step in range(1, _NEIGHBOURS):
            equal = np.flatnonzero(identity[step:] == identity[:-step])
            if not len(equal):
                break
            found |= set(map(tuple, np.unique(np.stack([source[equal], source[equal + step]], 1), axis=0).tolist()))
        return sorted(found)

    def within(self, number: int, since: int, until: int) -> NDArray[np.int64]:
        """Lines of a source from one time to another, both included, in order of time."""
        rows = self._of(number)
        times = self.time[rows]
        return rows[np.searchsorted(times, since) : np.searchsorted(times, until, "right")]

    def source(self, rows: NDArray[np.int64]) -> int:
        """The source that lines are of, of which there is one at least."""
        return int(self._source[rows[0]])

    def rows(self, number: int) -> NDArray[np.int64]:
        """All lines of a source that have a time, in order of time."""
        return self._of(number)

    def kept(self, number: int) -> NDArray[np.int64]:
        """Lines of a source that are counted there, in order of writing."""
        rows = self._of(number)
        rows = rows[~self.gone[rows]]
        return rows[np.argsort(self.order[rows], kind="stable")]

    def common(self, one: int, other: int) -> int:
        """What the lines of both sources tell of the processes that wrote them, see ``identities``."""
        return self._masks[one] & self._masks[other]

    def identities(self, rows: NDArray[np.int64], masked: int) -> NDArray[np.uint64]:
        """What tells lines apart: what they say, and of the process that wrote them what ``masked`` wants."""
        if not masked:
            return self._identity[rows]
        told = ["\0".join(part for nth, part in enumerate(process) if masked >> nth & 1) for process in self._processes]
        return _mixed(self._identity[rows], _hashed(told)[self._process[rows]])

    def recorded(self, rows: NDArray[np.int64]) -> bool:
        """Whether all lines are records with ids of their own."""
        return bool(len(rows)) and bool(self._record[rows].all())

    def parted(self) -> tuple[set[int], set[int], list[NDArray[np.bool_]]]:
        """Places of requests and of events that are counted elsewhere; and which attempts of each page are not."""
        first, second = self._parts[0], sum(self._parts)
        requests = set(np.flatnonzero(self.gone[:first]).tolist())
        events = set(np.flatnonzero(self.gone[first:second]).tolist())
        ends = second + np.cumsum(np.array(self._pages, np.int64))
        return requests, events, [~self.gone[end - size : end] for end, size in zip(ends, self._pages, strict=True)]

    def _of(self, number: int) -> NDArray[np.int64]:
        start, stop = self._bounds.get(number, (0, 0))
        return self._rows[start:stop]

    def _mask(self, number: int) -> int:
        """Which fields of their process the lines of a source tell: host, pod, container, stream."""
        mask = 0
        for code in np.unique(self._process[self._of(number)]).tolist():
            for nth, part in enumerate(self._processes[code]):
                mask |= bool(part) << nth
        return mask


def lines_of(found: Scan, pages: Pages, wanted: Collection[int], heads: Mapping[int, int]) -> Lines:
    """The lines of some sources; those of others have no identity and are never equal to any.

    Args:
        found: requests and events.
        pages: further attempts.
        wanted: numbers of the sources.
        heads: by number of each source, that of the one which its lines count as.
    """
    processes: dict[Process, int] = {(): 0}
    requests, evidence = found.requests, found.evidence
    accesses, messages = [each.access for each in requests], [each.message for each in evidence]
    written: list[Access | Message] = [*accesses, *messages]
    told: dict[str, Any] = {
        "client": [each.client for each in accesses], "name": [each.user for each in accesses],
        "method": [each.method for each in accesses], "target": [each.target for each in accesses],
        "referer": [each.referer for each in accesses], "agent": [each.agent for each in accesses],
        "time": _numbers([each.time for each in accesses]), "status": _numbers([each.status for each in accesses]),
        "size": _numbers([each.size for each in accesses]), "duration": _numbers([each.duration for each in accesses]),
    }  # fmt: skip
    stamps = _numbers([None if each.stamp is None else each.stamp.utc for each in messages])
    said = _mixed(_hashed([each.text for each in messages]), stamps.view(np.uint64))
    source = [
        np.array([*(heads[each.source] for each in requests), *(heads[each.source] for each in evidence)], np.int32)
    ]
    order = [_numbers([each.order for each in written])]
    time = [told["time"], stamps]
    # Ids of requests tell equal lines apart; lines as columns have none, and neither do those of most servers.
    ids = _hashed([each.request_id for each in accesses])
    identity = [
        ids ^ _identities({**told, **{name: _hashed(told[name]) for name in _TEXTS}}),
        _mixed(said, np.ones(len(said), np.uint64)),
    ]
    process = [np.array([processes.setdefault(each.process, len(processes)) for each in written], np.int32)]
    record = [np.array([bool(each.record) for each in written], np.bool_)]
    sizes = []
    places = list(pages.places)
    of_place = np.array([heads[place.source] for place in places], np.int32)
    by_place = np.array([processes.setdefault(place.process, len(processes)) for place in places], np.int32)
    for page in pages.pages:
        rows = page.read(_OF_PAGES)
        at = rows["place"].to_numpy()
        numbers = {name: rows[name].fill_null(-1).to_numpy().astype(np.int64) for name in _NUMBERS}
        source.append(of_place[at])
        order.append(rows["order"].to_numpy())
        time.append(numbers["time"])
        identity.append(_identities({**numbers, **{name: _words(rows[name].combine_chunks()) for name in _TEXTS}}))
        process.append(by_place[at])
        record.append(np.zeros(len(rows), np.bool_))
        sizes.append(len(rows))
    of_source = np.concatenate(source)
    times = np.where(np.isin(of_source, list(wanted)), np.concatenate(time), -1)
    columns = _Columns(
        of_source, np.concatenate(order), times, np.concatenate(identity), np.concatenate(process),
        np.concatenate(record),
    )  # fmt: skip
    return Lines(columns, list(processes), (len(requests), len(evidence)), sizes)


def _identities(columns: dict[str, NDArray[Any]]) -> NDArray[np.uint64]:
    found = np.zeros(len(columns["time"]), np.uint64)
    for name in (*_NUMBERS, *_TEXTS):
        found = _mixed(found, columns[name].astype(np.int64).view(np.uint64) if name in _NUMBERS else columns[name])
    return found


def _mixed(one: NDArray[np.uint64], other: NDArray[np.uint64]) -> NDArray[np.uint64]:
    found = (one ^ other) * _ONE
    found ^= found >> _HALF
    found *= _TWO
    found ^= found >> _HALF
    return found


def _numbers(values: Iterable[int | None]) -> NDArray[np.int64]:
    return np.array([-1 if value is None else value for value in values], np.int64)


def _hashed(texts: Sequence[str | None]) -> NDArray[np.uint64]:
    """A number for each text; 0 for none."""
    codes, words = pd.factorize(np.array(texts, object)) if len(texts) else (np.zeros(0, np.int64), np.zeros(0, object))
    found: NDArray[np.uint64] = _of_words([str(word) for word in words])[codes]
    return found


def _words(column: Any) -> NDArray[np.uint64]:
    """A number for each text of a column of dictionaries; 0 for none."""
    codes = column.indices.fill_null(-1).to_numpy()
    found: NDArray[np.uint64] = _of_words(column.dictionary.to_pylist())[codes]
    return found


def _of_words(words: Sequence[str]) -> NDArray[np.uint64]:
    written = np.array([encodable(word) for word in words], object)
    found: NDArray[np.uint64] = np.zeros(len(written) + 1, np.uint64)
    if len(written):
        found[:-1] = pd.util.hash_array(written, categorize=False)
    return found
