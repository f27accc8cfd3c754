"""What sources hold that matters: requests and events, with the account of every line.

Owns: the form of requests and events, and how the scans of several sources, or parts of them, add up.
Must not know: how requests and events are found, what they mean.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, Self, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from logparse.lines.access import Access
    from logparse.lines.batch import Batch
    from logparse.lines.result import Message
    from logparse.scans.coverage import Coverage
    from logparse.scans.tagging import Event, Tag

#: Number of a log, and which of the processes whose lines it holds.
Place = tuple[int, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Request:
    """An access line that matters.

    Attributes:
        source: number of the source in the run.
        access: the line.
        tag: what it is.
        times: how many requests it stands for, of which no evidence tells but their own lines, see ``verdicts.groups``.
        log: number of the log that the source is a piece of, see ``scans.pieces``; None: it is a log by itself.
    """

    source: int
    access: Access
    tag: Tag
    times: int = 1
    log: int | None = None

    @property
    def place(self) -> Place:
        """The process that wrote the line; lines of one process are in the order in which it wrote them."""
        return self.source if self.log is None else self.log, self.access.process

    @property
    def browser(self) -> Browser:
        """Address and user agent, by which requests of one browser are found."""
        return self.access.client, self.access.agent

    @property
    def has_session(self) -> bool:
        """Whether a session of the web UI made the request; an API call does so only from one of its pages.

        A script at the same address with the same user agent is somebody else.
        """
        access = self.access
        if access.user is not None and not access.vouched:
            return False
        return self.tag.channel in ("ui", "") or (access.browser and access.referer is not None)


@dataclass(frozen=True, slots=True)
class Evidence:
    """An app line that matters.

    Attributes:
        source: number of the source in the run.
        message: the line.
        event: what it is evidence of.
        log: number of the log that the source is a piece of, as for requests.
    """

    source: int
    message: Message
    event: Event
    log: int | None = None

    @property
    def place(self) -> Place:
        """The process that wrote the line."""
        return self.source if self.log is None else self.log, self.message.process


class Tagged(NamedTuple):
    """Requests of one source that matter, as columns.

    Attributes:
        source: number of the source in the run.
        batch: the requests; a further column ``tag`` is the place of each one's tag in ``tags``.
        tags: what requests are.
        shadowed: the lines stand where a stranger could have written them.
        log: number of the log that the source is a piece of, as for requests.
    """

    source: int
    batch: Batch
    tags: list[Tag | None]
    shadowed: bool = False
    log: int | None = None

    def select(self, wanted: NDArray[np.bool_]) -> Tagged:
        """Return some of the requests."""
        return self._replace(batch=self.batch._replace(rows=self.batch.rows.filter(pa.array(wanted))))

    @staticmethod
    def merge(parts: Iterable[Tagged]) -> list[Tagged]:
        """Merge as many as can be merged, their requests in order: fewer are faster to hand on and to read."""
        groups: dict[tuple[object, ...], list[Tagged]] = {}
        for part in parts:
            batch = part.batch
            key = (part.source, part.log, part.shadowed, *batch[1:], *batch.rows.column_names)
            groups.setdefault(key, []).append(part)
        return [Tagged._concatenate(group) if len(group) > 1 else group[0] for group in groups.values()]

    @staticmethod
    def _concatenate(parts: Sequence[Tagged]) -> Tagged:
        known: dict[Tag | None, int] = {}
        tables = []
        for part in parts:
            places = np.array([known.setdefault(tag, len(known)) for tag in part.tags], np.int64)
            rows = part.batch.rows
            at = rows.column_names.index("tag")
            tables.append(rows.set_column(at, "tag", pa.array(places[rows["tag"].to_numpy()])))
        rows = pa.concat_tables(tables).unify_dictionaries().combine_chunks()
        return parts[0]._replace(batch=parts[0].batch._replace(rows=rows), tags=list(known))

    def shift(self, lines: int, orders: int) -> Tagged:
        """Return the requests as they are numbered behind so many lines of the file and of the log."""
        rows = self.batch.rows
        for name, more in (("line", lines), ("order", orders)):
            rows = rows.set_column(rows.column_names.index(name), name, pc.add(rows[name], more))
        return self._replace(batch=self.batch._replace(rows=rows))

    def to_requests(self) -> list[Request]:
        """Return the requests as objects."""
        tags = [self.tags[at] for at in self.batch.numbers("tag")]
        accesses = self.batch.to_accesses()
        if self.shadowed:
            for access in accesses:
                access.shadowed = True
        return [
            Request(self.source, access, tag, log=self.log) for access, tag in zip(accesses, tags, strict=True) if tag
        ]


@dataclass(slots=True)
class Scan:
    """What one or more sources hold that matters; scans add up, in any grouping.

    Attributes:
        requests: attempts and follow-ups.
        evidence: events.
        coverage: one entry a source, by its number.
        tagged: further requests, as columns.
        logs: of each source that is a piece of a log, the number of the log, which is that of one of its pieces.
    """

    requests: list[Request] = field(default_factory=list)
    evidence: list[Evidence] = field(default_factory=list)
    coverage: dict[int, Coverage] = field(default_factory=dict)
    tagged: list[Tagged] = field(default_factory=list)
    logs: dict[int, int] = field(default_factory=dict)

    def __add__(self, other: Scan) -> Scan:
        return Scan(
            self.requests + other.requests,
            self.evidence + other.evidence,
            {**self.coverage, **other.coverage},
            self.tagged + other.tagged,
            {**self.logs, **other.logs},
        )

    def __iadd__(self, other: Scan) -> Self:
        self.requests += other.requests
        self.evidence += other.evidence
        self.coverage.update(other.coverage)
        self.tagged += other.tagged
        self.logs.update(other.logs)
        return self

    @classmethod
    def total(cls, scans: Iterable[Scan]) -> Scan:
        """Add up many scans, in time that grows with what they hold."""
        total = cls()
        for scan in scans:
            total += scan
        return total

    def whole(self) -> Scan:
        """Return the scan with all requests as objects, in order."""
        if not self.tagged:
            return self
        requests = [*self.requests, *(request for each in self.tagged for request in each.to_requests())]
        requests.sort(key=lambda each: (each.source, each.access.order))
        return Scan(requests, self.evidence, self.coverage, logs=self.logs)

    def speaking(self, kind: str) -> set[int]:
        """Return the numbers of the logs that hold lines of a kind, such as ``access``."""
        return {self.logs.get(number, number) for number, entry in self.coverage.items() if entry.kinds[kind]}


#: Address and user agent.
Browser: TypeAlias = "tuple[str | None, str | None]"
