"""All requests that records of the database may be about: single ones, and those in groups, which stay columns.

Owns: how they are numbered, and what an export shows about each of them, as columns. Must not know: how requests and
records are joined (``records``), how groups are made.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import numpy as np

from logparse.common.columns import number_groups
from logparse.verdicts.attempt import Joined
from logparse.verdicts.evidence.record_columns import group_records

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from logparse.scans.request_columns import RequestColumns
    from logparse.scans.scan import Request
    from logparse.verdicts.attempt import Attempt
    from logparse.verdicts.evidence.record_pairing import Joins


class MemberPage(NamedTuple):
    """Attempts in groups, as columns.

    Attributes:
        columns: the attempts, and others.
        rows: which rows of the columns these are.
        groups: of each, the number of its group.
        representatives: of each group, the request that represents it, and the attempt that it is, if it is one.
    """

    columns: RequestColumns
    rows: NDArray[np.int64]
    groups: NDArray[np.int64]
    representatives: Mapping[int, tuple[Request, Attempt | None]]

    def numbers(self, name: str) -> NDArray[Any]:
        """Return a column of numbers, -1 for none."""
        found: NDArray[Any] = self.columns.numbers(name)[self.rows]
        return found

    def logs(self) -> NDArray[Any]:
        """Return the numbers of the logs in which the attempts stand."""
        found: NDArray[Any] = self.columns.of_place([place.written[0] for place in self.columns.places])[self.rows]
        return found


class Members(NamedTuple):
    """All requests of a deployment: their numbers go on from ``requests`` to the pages, in order.

    Attributes:
        requests: single requests, those that may only be about an attempt among them.
        attempts: those of them that are attempts, by ``id()`` of the request.
        pages: returns the attempts in groups, page by page.
    """

    requests: Sequence[Request]
    attempts: Mapping[int, Attempt]
    pages: Callable[[], Iterator[MemberPage]] = lambda: iter(())

    def size(self) -> int:
        """Return how many requests there are."""
        return len(self.requests) + sum(len(page.rows) for page in self.pages())

    def numbered_pages(self) -> Iterator[tuple[int, MemberPage]]:
        """Yield each page behind the number of its first attempt."""
        first = len(self.requests)
        for page in self.pages():
            yield first, page
            first += len(page.rows)

    def numbered(self) -> Iterator[tuple[int, Request, Attempt | None]]:
        """Yield the number of each single request, the request, and the attempt that it is, if it is one."""
        for number, request in enumerate(self.requests):
            yield number, request, self.attempts.get(id(request))


@dataclass(frozen=True, slots=True)
class Shown:
    """What one export shows about requests, by their numbers; see ``Joined``.

    Attributes:
        records: of the export.
        record: index of the record of each request; -1 for none.
        absent, contested, shared: as in ``Joined``.
    """

    records: Sequence[Any]
    record: NDArray[np.int64]
    absent: NDArray[np.bool_]
    contested: NDArray[np.bool_]
    shared: NDArray[np.bool_]

    @classmethod
    def of(cls, records: Sequence[Any], joins: Joins, numbers: NDArray[np.int64], size: int) -> Self:
        """Return what the export shows about all requests; it shows nothing about those that are not named.

        Args:
            records: of the export.
            joins: what it shows about some requests.
            numbers: of these requests.
            size: how many requests there are.
        """
        record, absent = np.full(size, -1), np.zeros(size, np.bool_)
        contested, shared = np.zeros(size, np.bool_), np.zeros(size, np.bool_)
        record[numbers], absent[numbers] = joins.record, joins.absent
        contested[numbers], shared[numbers] = joins.contested, joins.shared
        return cls(records, record, absent, contested, shared)

    def joined(self, number: int) -> Joined[Any]:
        """Return what the export shows about one request."""
        record = int(self.record[number])
        if record >= 0:
            return Joined("row", self.records[record], bool(self.contested[number]), bool(self.shared[number]))
        return Joined("absent" if self.absent[number] else "unknown", contested=bool(self.contested[number]))

    def kinds(self, field: str, first: int, told: Iterable[Callable[[Any], Hashable]]) -> ShownKinds:
        """Group requests about which the export shows the same.

        Args:
            field: of ``Attempt``, which holds what the export shows.
            first: number of the first request.
            told: functions of a record, which return all that is looked at.
        """
        kinds = np.append(group_records(self.records, told)[0] + 1, 0)
        columns = [kinds[self.record], self.absent, self.contested, self.shared]
        groups, firsts = number_groups([column[first:] for column in columns])
        return ShownKinds(field, groups, [self.joined(first + number) for number in firsts.tolist()])


class ShownKinds(NamedTuple):
    """Groups of requests about which an export shows the same.

    Attributes:
        field: of ``Attempt``, which holds what the export shows.
        groups: the group of each request.
        joined: of each group, what the export shows.
    """

    field: str
    groups: NDArray[np.int64]
    joined: list[Joined[Any]]

    def note(self, attempt: Attempt, group: int) -> Attempt:
        """Note in an attempt what the export shows about a group, and return the attempt."""
        setattr(attempt, self.field, self.joined[group])
        return attempt
