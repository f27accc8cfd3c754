"""All attempts of one deployment in a week, and which of them have something in common.

Owns: putting attempts in order of time and in groups. Must not know: which findings there are, what makes a group a
finding.
"""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from logparse.causes.misspellings import fold_ids
from logparse.causes.traits import fit
from logparse.common.columns import count_each, number_groups
from logparse.common.schema import Channel

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from numpy.typing import NDArray

    from logparse.causes.attempt_columns import AppLine, AttemptColumns

#: Partitions that are remembered, those that were asked for last: each may take 8 bytes for an attempt.
_HELD: Final = 10


class Population:
    """All attempts of one deployment in a week, in order of time. The index of an attempt in this order is its place.

    Args:
        attempts: attempts of all deployments.
        rows: rows of the population.
        said: by id of an event rule, the app lines of the deployment that fit it.
        events: what can set off a cause, in order: the time, microseconds UTC, and the event in the audit log if users
            or roles were changed, or an empty text if a server of it was started.
        named: ids of DAGs that roles name.
        busy: by address, when attempts came from there, in order, where the population are logins.
        changed: by name in lower case, when users were made or changed last, as an export says; microseconds UTC.

    Attributes:
        lasting: how long the logs go on at least, microseconds UTC.
    """

    def __init__(
        self,
        attempts: AttemptColumns,
        rows: NDArray[np.int64],
        said: Mapping[str, Sequence[AppLine]],
        events: Sequence[tuple[int, str]] = (),
        named: Collection[str] = (),
        busy: Mapping[str, NDArray[np.int64]] = MappingProxyType({}),
        changed: Mapping[str, int] = MappingProxyType({}),
    ) -> None:
        self.attempts = attempts
        time = attempts.time[rows]
        self.rows = rows if (time[1:] >= time[:-1]).all() else rows[np.argsort(time, kind="stable")]
        self.lasting = int(time.max(initial=0))
        self._all = len(rows) == len(attempts.time) and bool((np.diff(self.rows) == 1).all())
        self.said, self.events, self.busy, self.changed = said, events, busy, changed
        self._named = named
        self.time = self._take_rows(attempts.time)
        self.success = self._take_rows(attempts.success)
        self.traits = self._take_rows(attempts.traits)
        self._codes: dict[str, NDArray[Any]] = {}
        self._groups: dict[tuple[str, ...], Partition] = {}
        self._next: NDArray[np.int32] | None = None
        self._fitting: dict[int, NDArray[np.bool_]] = {}

    def _take_rows(self, column: NDArray[Any]) -> NDArray[Any]:
        """Return the rows of the population from a column; nothing is copied if these are all rows, in order."""
        return column if self._all else column[self.rows]

    def fitting(self, when: Mapping[str, Any]) -> NDArray[np.bool_]:
        """Return which combinations of traits are those that a rule asks for."""
        if id(when) not in self._fitting:
            wanted = {
                name: tuple(value) if isinstance(value, (list, tuple)) else (value,) for name, value in when.items()
            }
            self._fitting[id(when)] = np.array([fit(traits, wanted) for traits in self.attempts.known_traits], np.bool_)
        return self._fitting[id(when)]

    def code(self, name: str) -> NDArray[Any]:
        """Return the codes of a column of texts; -1 for none."""
        if name not in self._codes:
            self._codes[name] = self._take_rows(self.attempts.codes[name])
        return self._codes[name]

    def partition(self, over: tuple[str, ...]) -> Partition:
        """Return the attempts in groups that agree in some columns of texts."""
        found = self._groups.pop(over, None)
        if found is None:
            columns = [self.code(name) + 1 for name in over] or [np.zeros(len(self.rows), np.int8)]
            found = Partition(number_groups(columns)[0] if len(columns) > 1 else columns[0])
        self._groups[over] = found
        if len(self._groups) > _HELD:
            del self._groups[next(iter(self._groups))]
        return found

    def successes(self, over: tuple[str, ...], place: int) -> list[int]:
        """Return the times of successes that agree with the attempt at a place in some columns, in order."""
        same = self.partition(over).places_of_group(place)
        found: list[int] = self.time[same[self.success[same]]].tolist()
        return found

    @cached_property
    def known_dags(self) -> Mapping[str, str]:
        """The ids of DAGs that somebody triggered, or that roles name, with what misspellings are compared with."""
        return fold_ids({*self._named, *self.attempts.counted("dag_id", self.rows[self.success])})

    @cached_property
    def triggered(self) -> Mapping[int, frozenset[int]]:
        """By code of a user, codes of the DAGs of which they made runs; the experimental API checks no roles."""
        words = self.attempts.words["channel"]
        open_to_all = words.index(Channel.EXPERIMENTAL_API) if Channel.EXPERIMENTAL_API in words else -1
        good = np.flatnonzero(self.success & (self.code("channel") != open_to_all) & (self.code("user") >= 0))
        users, dags = self.code("user")[good], self.code("dag_id")[good]
        _, firsts = number_groups([users + 1, dags + 1])
        found: defaultdict[int, set[int]] = defaultdict(set)
        for user, dag in zip(users[firsts].tolist(), dags[firsts].tolist(), strict=True):
            found[user].add(dag)
        return {user: frozenset(some) for user, some in found.items()}

    @cached_property
    def last_accepted(self) -> NDArray[np.int64]:
        """The place of the last success of each ``CALL``, by its group; behind all places if there is none."""
        calls, good = self.partition(CALL), np.flatnonzero(self.success)
        places = np.full(calls.number, len(self.rows))
        places[calls.codes[good]] = good
        return places

    def following(self) -> NDArray[np.int32]:
        """Return, for each attempt, the place of the next one with its client, agent, DAG and channel; -1 for none."""
        if self._next is None:
            groups = self.partition(("client", "agent", "dag_id", "channel"))
            self._next = np.full(len(self.rows), -1, np.int32)
            one, other = groups.order[:-1], groups.order[1:]
            same = groups.codes[one] == groups.codes[other]
            self._next[one[same]] = other[same]
        return self._next

    def select_with_traits(self, places: NDArray[np.int64], when: Mapping[str, Any]) -> NDArray[np.int64]:
        """Return those of some places whose attempts have the traits that a rule asks for."""
        found: NDArray[np.int64] = places[self.fitting(when)[self.traits[places]]]
        return found


class Partition:
    """Attempts in groups, each attempt in one of them.

    Args:
        codes: the group of each attempt, whole numbers from 0.
    """

    def __init__(self, codes: NDArray[np.int64]) -> None:
        self.number = int(codes.max(initial=-1)) + 1
        self.codes = codes.astype(np.uint16 if self.number < 1 << 16 else np.int32)  # there may be millions
        self._order: NDArray[np.int32] | None = None
        self._starts = NO_ATTEMPTS

    @property
    def order(self) -> NDArray[np.int32]:
        """All places, those of one group behind one another, in order within each group."""
        if self._order is None:
            self._order = np.argsort(self.codes, kind="stable").astype(np.int32)
            self._starts = np.concatenate(([0], np.cumsum(np.bincount(self.codes, minlength=self.number))))
        return self._order

    def firsts(self) -> NDArray[np.int32]:
        """Return the first place of each group."""
        order = self.order
        return order[self._starts[:-1]]

    def places_of_group(self, place: int) -> NDArray[np.int64]:
        """Return the places of the group that the attempt at a place is in, in order."""
        code, order = self.codes[place], self.order
        found: NDArray[np.int64] = order[self._starts[code] : self._starts[code + 1]].astype(np.int64)
        return found

    def split(self, places: NDArray[np.int64]) -> list[NDArray[np.int64]]:
        """Return some places, which are in order, split by group."""
        codes = self.codes[places]
        order = np.argsort(codes, kind="stable")
        ends = np.flatnonzero(np.diff(codes[order])) + 1
        return np.split(places[order], ends) if len(places) else []

    def counts(self, places: Any) -> NDArray[np.int64]:
        """Return how many of some places are in each group."""
        return np.bincount(self.codes[places], minlength=self.number)


def count_different(codes: NDArray[Any]) -> int:
    """Return how many different texts there are; -1 is none."""
    known = codes[codes >= 0]
    return len(count_each(known, int(known.max(initial=0)) + 1)[0])


#: What attempts have in common that do the same.
CALL: Final = ("caller", "dag_id", "channel")
#: No places.
NO_ATTEMPTS: Final = np.zeros(0, np.int64)
