"""Trigger attempts as columns, by week: in memory up to a limit, then in a temporary folder.

Owns: where they are held, and in which form. Must not know: what any of them means.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import chain
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa

from logparse.common import weeks
from logparse.common.columns import TEXT, deduplicate_dictionaries, drop_unused_texts
from logparse.common.shelf import Shelf
from logparse.lines.batch import NUMBERS, TEXTS, Batch
from logparse.scans.batched_requests import put_together
from logparse.scans.scan import Request, Scan

if TYPE_CHECKING:
    from collections.abc import Container, Mapping, Sequence
    from datetime import tzinfo

    from numpy.typing import NDArray

    from logparse.common.shelf import Held
    from logparse.envelopes.origin import Origin, Process
    from logparse.scans.scan import Place, Tagged
    from logparse.scans.tagging import Tag

#: Bytes of memory; attempts of which only their lines are known take about 80 each.
LIMIT: Final = 32 * 1024 * 1024
#: So many attempts, or attempts of so many sources, make a page at most: pages are read deployment by deployment.
ROWS: Final = 250_000
SOURCES: Final = 200


@dataclass(frozen=True, slots=True)
class BatchPlace:
    """What all attempts of a batch have in common.

    Attributes:
        source: number of the source.
        process: which wrote the lines.
        decoded: the server wrote paths percent-decoded.
        shadowed: the lines stand where a stranger could have written them.
        named: the lines have a place for the name of the caller.
        origin: where the lines were written, apart from the stream.
        time_source: whence their times are, as in ``Access``.
        log: number of the log that the source is a piece of; None: it is a log by itself.
    """

    source: int
    process: Process
    decoded: bool
    shadowed: bool
    named: bool
    origin: Origin
    time_source: str
    log: int | None = None

    @property
    def written(self) -> Place:
        """The process that wrote the lines, as ``Request.place`` names it."""
        return self.source if self.log is None else self.log, self.process


@dataclass(slots=True)
class Page:
    """Some attempts of one week.

    Attributes:
        week: theirs.
        sources: those that the attempts are of.
        held: the attempts.
    """

    week: str
    sources: frozenset[int]
    held: Held

    def read(self, columns: Sequence[str] | None = None) -> pa.Table:
        """Return its attempts: the columns of a batch, and ``place`` and ``tag``, which are numbers in the store.

        Args:
            columns: those wanted; None: all.
        """
        return self.held.read(columns)


@dataclass(slots=True)
class RequestStore:
    """Holds all attempts that are columns. The temporary folder is removed when nobody needs the store any more.

    Attributes:
        zone: in which weeks begin.
        limit: bytes of memory, from which on a temporary folder holds them.
        places: what the attempts of each batch have in common, and its number in the column ``place``.
        tags: tags of attempts, and their numbers in the column ``tag``.
        pages: the attempts.
    """

    zone: tzinfo
    limit: int = LIMIT
    places: dict[BatchPlace, int] = field(default_factory=dict)
    tags: dict[Tag, int] = field(default_factory=dict)
    pages: list[Page] = field(default_factory=list)
    _waiting: list[pa.Table] = field(default_factory=list)
    _rows: int = 0
    _sources: set[int] = field(default_factory=set)
    _shelf: Shelf = field(init=False)

    def __post_init__(self) -> None:
        self._shelf = Shelf(self.limit)

    def take(self, scan: Scan, single: Container[tuple[int, int]] | None = None) -> Scan:
        """Take the attempts that columns can hold out of a scan; return the rest of it, other requests as objects.

        Args:
            scan: what was found.
            single: see ``batched_requests.put_together``.

        Raises:
            OutputError: the temporary folder cannot hold them.
        """
        batches, requests = put_together(scan.requests, single)
        for tagged in chain(scan.tagged, batches):
            is_attempt = np.array([tag is not None and bool(tag.channel) for tag in tagged.tags], np.bool_)
            rows = tagged.batch.rows
            wanted = is_attempt[rows["tag"].to_numpy()]
            if single is None and "record" in rows.column_names:
                wanted &= ~rows["record"].is_valid().to_numpy()
            if not wanted.all():
                requests += tagged.select(~wanted).to_requests()
            if wanted.any():
                self._waiting.append(self._as_rows(tagged.select(wanted)))
                self._rows += len(self._waiting[-1])
            self._sources.add(tagged.source)
            if self._rows >= ROWS or len(self._sources) > SOURCES:
                self.settle()
        return Scan(requests, scan.evidence, scan.coverage, logs=scan.logs)

    def mark(self) -> int:
        """Return a mark of what is held now, for ``back``."""
        self.settle()
        return len(self.pages)

    def back(self, mark: int) -> None:
        """Forget all that was taken since the mark was made."""
        self._waiting, self._rows = [], 0
        self._sources.clear()
        del self.pages[mark:]
        self._shelf.back(mark)

    def settle(self) -> None:
        """Make pages of the attempts that were taken last."""
        if not self._waiting:
            return
        rows = deduplicate_dictionaries(pa.concat_tables(self._waiting).unify_dictionaries().combine_chunks())
        self._waiting, self._rows = [], 0
        self._sources.clear()
        time = pd.Series(rows["time"].to_numpy()).astype("datetime64[us]").dt.tz_localize("UTC")
        names = pd.Categorical(weeks.week_of(time, self.zone))
        sources = np.array([each.source for each in self.places])[rows["place"].to_numpy()]
        for code, week in enumerate(names.categories):
            mine = np.asarray(names.codes == code)
            part = rows if mine.all() else rows.filter(pa.array(mine))
            self.pages.append(Page(str(week), frozenset(np.unique(sources[mine]).tolist()), self._shelf.put(part)))
        self._shelf.settle()

    def revise(self, kept: Sequence[NDArray[np.bool_]] | None, logs: Mapping[int, tuple[int, int]]) -> None:
        """Leave attempts out, and note of which logs others are.

        Args:
            kept: which attempts of each page stay; None: all.
            logs: by number of the source, that of its log, and what to add to the order of its lines there.
        """
        shifts = np.array([logs.get(place.source, (0, 0))[1] for place in self.places], np.int64)
        places = [replace(each, log=logs[each.source][0]) if each.source in logs else each for each in self.places]
        self.places = {place: number for number, place in enumerate(places)}
        for number, page in enumerate(self.pages):
            wanted = None if kept is None or kept[number].all() else pa.array(kept[number])
            if wanted is None and page.sources.isdisjoint(logs):
                continue
            rows = page.read() if wanted is None else drop_unused_texts(page.read().filter(wanted))
            order = rows["order"].to_numpy() + shifts[rows["place"].to_numpy()]
            rows = rows.set_column(rows.column_names.index("order"), "order", pa.array(order))
            self._shelf.exchange(page.held, rows)

    def to_requests(self, rows: pa.Table) -> list[Request]:
        """Return some attempts as objects, in their order."""
        places, tags, requests = list(self.places), list(self.tags), list[Request]()
        accesses = Batch(rows.drop_columns(["place", "tag"]), decoded=False, process=()).to_accesses()
        origins: dict[tuple[int, str], Origin] = {}
        for access, number, tag in zip(accesses, rows["place"].to_pylist(), rows["tag"].to_pylist(), strict=True):
            place, stream = places[number], access.origin.stream
            if (number, stream) not in origins:
                origins[number, stream] = place.origin._replace(stream=stream)
            access.origin, access.process = origins[number, stream], place.process
            access.decoded, access.shadowed, access.nameless = place.decoded, place.shadowed, not place.named
            access.time_source = place.time_source
            requests.append(Request(place.source, access, tags[tag], log=place.log))
        return requests

    def _as_rows(self, tagged: Tagged) -> pa.Table:
        rows, batch = tagged.batch.rows, tagged.batch
        place = BatchPlace(
            tagged.source, batch.process, batch.decoded, tagged.shadowed, "name" in rows.column_names, batch.origin,
            batch.time_source, tagged.log,
        )  # fmt: skip
        number = self.places.setdefault(place, len(self.places))
        tags = [-1 if tag is None else self.tags.setdefault(tag, len(self.tags)) for tag in tagged.tags]
        columns: dict[str, Any] = {
            "place": pa.array(np.full(len(rows), number, np.int32)),
            "tag": pa.array(np.array(tags, np.int32)[rows["tag"].to_numpy()]),
        }
        for name, kind in (*NUMBERS.items(), *((name, TEXT) for name in TEXTS)):
            columns[name] = rows[name].cast(kind) if name in rows.column_names else pa.nulls(len(rows), kind)
        return pa.table(columns)
