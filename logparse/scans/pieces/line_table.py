"""All lines that matter of some sources, as columns: their source, order, time and identity.

Owns: these columns, and which lines are counted elsewhere.
Must not know: how an identity is made, which sources are pieces of one log.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final, NamedTuple, Self

import numpy as np

from logparse.envelopes.origin import Origin
from logparse.rules.roles import EventRole
from logparse.scans.pieces import identities
from logparse.scans.pieces.identities import PAGE_COLUMNS, to_numbers

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from numpy.typing import NDArray

    from logparse.envelopes.origin import Process
    from logparse.lines.access import Access
    from logparse.lines.result import Message
    from logparse.scans.request_store import RequestStore
    from logparse.scans.scan import Evidence, Request, Scan

#: What a pod is called is the same in each envelope. Host, container and stream are called as each platform likes: a
#: container by its service, a host by its address.
_POD: Final = 1 << Origin._fields.index("pod") - 1
#: A line that stands in this many sources and more is compared between neighbours among them only.
_NEIGHBOURS: Final = 32


class LineColumns(NamedTuple):
    """Lines as columns.

    Attributes:
        source: number of the source that they count as.
        order: their order in it.
        time: microseconds UTC, -1 for none.
        identity: equal for lines that say the same, but for the process that wrote them.
        process: place of the process that wrote them in a list of all.
        record: they are records with an id.
    """

    source: NDArray[np.int32]
    order: NDArray[np.int64]
    time: NDArray[np.int64]
    identity: NDArray[np.uint64]
    process: NDArray[np.int32]
    record: NDArray[np.bool_]

    @classmethod
    def concatenate(cls, parts: Sequence[LineColumns]) -> Self:
        """Put several parts behind each other."""
        return cls(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


class LineTable:
    """All lines that matter of some sources: first requests, then events, then the requests of each page of columns.

    Args:
        columns: the lines.
        processes: those that wrote them.
        envelopes: by number of a source, the envelopes around its lines.
        parts: how many requests there are, and how many events.
        pages: how many requests each page has.

    Attributes:
        order, time: of each line; -1 for no time.
        gone: which lines are counted elsewhere.
    """

    def __init__(
        self,
        columns: LineColumns,
        processes: Sequence[Process],
        envelopes: Mapping[int, set[str]],
        parts: tuple[int, int],
        pages: Sequence[int],
    ) -> None:
        self.order, self.time = columns.order, columns.time
        self.gone = np.zeros(len(columns.source), np.bool_)
        self._source, self._identity = columns.source, columns.identity
        self._process, self._record, self._processes = columns.process, columns.record, processes
        self._envelopes, self._parts, self._pages = envelopes, parts, pages
        timed = np.flatnonzero(self.time >= 0)
        self._rows = timed[np.lexsort((self.order[timed], self.time[timed], self._source[timed]))]
        sources = self._source[self._rows]
        self._bounds = {
            number: (int(np.searchsorted(sources, number)), int(np.searchsorted(sources, number, "right")))
            for number in np.unique(sources).tolist()
        }
        self._masks = {number: self._mask(number) for number in self._bounds}

    @classmethod
    def of_scan(cls, scan: Scan, pages: RequestStore, wanted: Collection[int], heads: Mapping[int, int]) -> Self:
        """Make the table of some sources; lines of others get no time, and so are never equal to any.

        Args:
            scan: requests and events.
            pages: further requests, as columns.
            wanted: numbers of the sources.
            heads: by number of each source, that of the one which its lines count as.
        """
        processes: dict[Process, int] = {(): 0}
        accesses = [request.access for request in scan.requests]
        messages = [event.message for event in scan.evidence]
        times = [access.time for access in accesses]
        # Which names of people are kept hangs on the lines around them, so pieces may differ in them.
        times += [
            None if message.stamp is None or event.event.role == EventRole.USER_CHECKED else message.stamp.utc
            for event, message in zip(scan.evidence, messages, strict=True)
        ]
        written: list[Request | Evidence] = [*scan.requests, *scan.evidence]
        lines: list[Access | Message] = [*accesses, *messages]
        parts = [
            LineColumns(
                to_numbers([heads[each.source] for each in written]).astype(np.int32),
                to_numbers([line.order for line in lines]),
                to_numbers(times),
                np.concatenate([identities.of_accesses(accesses), identities.of_messages(messages)]),
                np.array([processes.setdefault(line.process, len(processes)) for line in lines], np.int32),
                np.array([bool(line.record) for line in lines], np.bool_),
            )
        ]
        sources = np.array([heads[place.source] for place in pages.places], np.int32)
        writers = np.array([processes.setdefault(each.process, len(processes)) for each in pages.places], np.int32)
        for page in pages.pages:
            rows = page.read(PAGE_COLUMNS)
            place, order = rows["place"].to_numpy(), rows["order"].to_numpy()
            time = rows["time"].fill_null(-1).to_numpy()
            none = np.zeros(len(rows), np.bool_)
            parts.append(LineColumns(sources[place], order, time, identities.of_rows(rows), writers[place], none))
        columns = LineColumns.concatenate(parts)
        columns = columns._replace(time=np.where(np.isin(columns.source, list(wanted)), columns.time, -1))
        sizes = [len(part.source) for part in parts[1:]]
        envelopes: defaultdict[int, set[str]] = defaultdict(set)
        for number, entry in scan.coverage.items():
            envelopes[heads[number]] |= entry.envelopes.keys() - {""}
        return cls(columns, list(processes), envelopes, (len(accesses), len(messages)), sizes)

    def pairs(self) -> list[tuple[int, int]]:
        """Return the pairs of sources that hold equal lines."""
        identity, source = self._identity[self._rows], self._source[self._rows]
        order = np.lexsort((source, identity))
        identity, source = identity[order], source[order]
        first = np.ones(len(order), np.bool_)
        first[1:] = (identity[1:] != identity[:-1]) | (source[1:] != source[:-1])
        identity, source = identity[first], source[first]
        pairs: set[tuple[int, int]] = set()
        for step in range(1, _NEIGHBOURS):
            equal = np.flatnonzero(identity[step:] == identity[:-step])
            if not len(equal):
                break
            pairs |= set(map(tuple, np.unique(np.stack([source[equal], source[equal + step]], 1), axis=0).tolist()))
        return sorted(pairs)

    def lines_within(self, number: int, since: int, until: int) -> NDArray[np.int64]:
        """Return the lines of a source from one time to another, both included, in order of time."""
        lines = self.lines(number)
        times = self.time[lines]
        return lines[np.searchsorted(times, since) : np.searchsorted(times, until, "right")]

    def lines(self, number: int) -> NDArray[np.int64]:
        """Return all lines of a source that have a time, in order of time."""
        start, stop = self._bounds.get(number, (0, 0))
        return self._rows[start:stop]

    def lines_kept(self, number: int) -> NDArray[np.int64]:
        """Return the lines of a source that are counted there, in order of writing."""
        lines = self.lines(number)
        lines = lines[~self.gone[lines]]
        return lines[np.argsort(self.order[lines], kind="stable")]

    def source_of(self, lines: NDArray[np.int64]) -> int:
        """Return the source of lines that are all of one source; there must be one line at least."""
        return int(self._source[lines[0]])

    def common_fields(self, one: int, other: int) -> int:
        """Return, as bits, which fields of the process that wrote them the lines of both sources carry, named alike."""
        alike = self._masks[one] & self._masks[other]
        return alike if self._envelopes[one] & self._envelopes[other] else alike & _POD

    def identities(self, lines: NDArray[np.int64], fields: int) -> NDArray[np.uint64]:
        """Return the identity of lines: what they say, and these fields of the process that wrote them."""
        if not fields:
            return self._identity[lines]
        writers = ["\0".join(part for nth, part in enumerate(each) if fields >> nth & 1) for each in self._processes]
        return identities.mix(self._identity[lines], identities.of_texts(writers)[self._process[lines]])

    def are_records(self, lines: NDArray[np.int64]) -> bool:
        """Whether all lines are records with ids of their own; False if there are none."""
        return bool(len(lines)) and bool(self._record[lines].all())

    def split_gone(self) -> tuple[set[int], set[int], list[NDArray[np.bool_]]]:
        """Return the places of requests and events that are counted elsewhere, and the rows of pages that are not."""
        first, second = self._parts[0], sum(self._parts)
        requests = set(np.flatnonzero(self.gone[:first]).tolist())
        events = set(np.flatnonzero(self.gone[first:second]).tolist())
        ends = second + np.cumsum(np.array(self._pages, np.int64))
        return requests, events, [~self.gone[end - size : end] for end, size in zip(ends, self._pages, strict=True)]

    def _mask(self, number: int) -> int:
        """Return, as bits, which fields of their process the lines of a source carry: host, pod, container, stream."""
        mask = 0
        for code in np.unique(self._process[self.lines(number)]).tolist():
            for nth, part in enumerate(self._processes[code]):
                mask |= bool(part) << nth
        return mask
