"""Requests and records of the database as columns, so that millions can be compared at once.

Owns: what these columns hold. Must not know: which record can be of which request (``records``), which pairs are made
(``record_pairing``).
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, fields
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final, NamedTuple, Self

import numpy as np

from logparse.common.columns import number_groups
from logparse.common.timestamps import SECOND

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from numpy.typing import NDArray


#: There is no such text.
NONE: Final = -1
#: There is one that no record holds.
UNKNOWN: Final = -2
_TYPES: Final[Mapping[str, type]] = {
    "worth": np.float64, "vague": np.bool_, "named": np.bool_, "guessed": np.bool_, "source": np.int32,
    "log": np.int32, "dag": np.int32, "kind": np.int32, "back": np.int32, "asset": np.int32, "browser": np.int32,
}  # fmt: skip
#: Sooner than every time.
NEVER: Final = -(1 << 62)


class TakerKind(NamedTuple):
    """What a request shows beside its DAG, time, session and form.

    Attributes:
        rule: id of the request rule.
        channel: of the attempt; empty for the view of a form.
        method: HTTP method.
        status: with which it was answered.
        claimed: the user name that it carried, if anybody looks at it.
    """

    rule: str
    channel: str
    method: str | None
    status: int
    claimed: str | None


class RecordKind(NamedTuple):
    """What a record shows beside its DAG, time and form; of a DAG run, only the user.

    Attributes:
        user: who owns it.
        event: name of the event in the audit log.
        posted: a form left it.
        has_run_id: it names the run that was asked for.
    """

    user: str | None
    event: str = ""
    posted: bool = False
    has_run_id: bool = False


class Codes(dict[Hashable, int]):
    """Numbers of values: ``NONE`` for none, and from 0 in the order in which values are first asked for."""

    def __init__(self) -> None:
        super().__init__({None: NONE})

    def __missing__(self, value: Hashable) -> int:
        number = self[value] = len(self) - 1
        return number

    def add(self, values: Iterable[Hashable]) -> NDArray[np.int64]:
        """Return the numbers of some values; new values get new numbers."""
        return np.fromiter(map(self.__getitem__, values), np.int64)


def group_records(
    records: Sequence[Any], told: Iterable[Callable[[Any], Hashable]]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Put records into one group that agree in all that is told; return the group of each, and the first of each group.

    Args:
        records: the records.
        told: functions of a record.
    """
    return number_groups([Codes().add(map(tell, records)) + 1 for tell in told])


class RecordColumns:
    """Records as columns.

    Args:
        records: in order of time.
        told: functions of a record, which return all that its kind depends on.
        kind_of: returns the kind of a record.

    Attributes:
        records: as given.
        time: microseconds UTC.
        dag, user, run: numbers of texts in ``dags``, ``users`` and ``runs``.
        kind: index in ``kinds``.
    """

    def __init__(
        self,
        records: Sequence[Any],
        told: Iterable[Callable[[Any], Hashable]],
        kind_of: Callable[[Any], RecordKind],
    ) -> None:
        self.records = records
        self.dags, self.users, self.runs = Codes(), Codes(), Codes()
        self.time = np.fromiter(map(attrgetter("time"), records), np.int64)
        self.dag = self.dags.add(map(attrgetter("dag_id"), records))
        self.user = self.users.add(map(attrgetter("user"), records))
        self.run = self.runs.add(map(attrgetter("run_id"), records))
        self.kind, firsts = group_records(records, told)
        self.kinds = [kind_of(records[first]) for first in firsts.tolist()]


@dataclass(frozen=True, slots=True)
class Takers:
    """Requests that may have left a record, as columns.

    Attributes:
        number: which request it is, see ``records.Members``.
        time: when it ended, as its line says, microseconds UTC.
        source, log, order: where its line stands.
        first, last: between which moments it ended, microseconds UTC.
        low: when it can have begun.
        ended: what a record is later than, if the line does not show how long the request took; else ``NEVER``.
        worth: how much speaks for a record.
        vague: its time is that of a line next to it.
        named: the request itself names the DAG.
        guessed: the page that it came from does.
        dag: number of the DAG.
        kind: index in the caller's list of kinds.
        back, asset: numbers of the page that its query names to go to next, and of the asset, if it matters.
        browser: number of the browser, if the request is one of a session; else ``NONE``.
    """

    number: NDArray[np.int64]
    time: NDArray[np.int64]
    source: NDArray[np.int64]
    log: NDArray[np.int64]
    order: NDArray[np.int64]
    first: NDArray[np.int64]
    last: NDArray[np.int64]
    low: NDArray[np.int64]
    ended: NDArray[np.int64]
    worth: NDArray[np.float64]
    vague: NDArray[np.bool_]
    named: NDArray[np.bool_]
    guessed: NDArray[np.bool_]
    dag: NDArray[np.int64]
    kind: NDArray[np.int64]
    back: NDArray[np.int64]
    asset: NDArray[np.int64]
    browser: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.log)

    @classmethod
    def of_rows(cls, rows: Sequence[tuple[float | None, ...]]) -> Self:
        """Return requests whose columns are given row by row."""
        columns = list(zip(*rows, strict=True)) if rows else [()] * len(fields(cls))
        return cls(
            *(
                np.array(column, _TYPES.get(each.name, np.int64))
                for column, each in zip(columns, fields(cls), strict=True)
            )
        )

    def take(self, rows: NDArray[np.int64]) -> Self:
        """Return some of the requests, in the order given."""
        return type(self)(*(getattr(self, each.name)[rows] for each in fields(self)))

    @classmethod
    def in_order(cls, parts: Sequence[Self]) -> Self:
        """Put parts together, in order of time, source and line."""
        found = cls(*(np.concatenate([getattr(part, each.name) for part in parts]) for each in fields(cls)))
        return found.take(np.lexsort([found.order, found.source, found.moments()]))

    def moments(self) -> NDArray[np.int64]:
        """Return when each request ended: lines that show only the second stand in order, so none before another."""
        found = self.time.copy()
        rows = np.lexsort([self.order, self.log])
        for mine in np.split(rows, np.flatnonzero(np.diff(self.log[rows])) + 1):
            rough = mine[self.last[mine] - self.first[mine] == SECOND - 1]
            latest = np.maximum.accumulate(self.time[rough])
            found[rough] = np.where(latest - self.time[rough] < SECOND, latest, self.time[rough])
        return found
