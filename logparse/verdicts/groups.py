"""Groups of requests that must get the same verdict, so that only one request of each group has to be decided.

Most API requests are explained by their own line and by what is known about the deployment as a whole. Two of them that
agree in everything that evidence and rules look at must get the same verdict. Logs hold millions of such requests in a
few hundred groups. One request of each group is decided, its representative; the others get its verdict.

A request that another line may explain (an app line, a follow-up page, a logout) is decided by itself.

Owns: which requests share a verdict, and which of them represents the others. Must not know: how evidence is gathered,
what matters to any kind of evidence, what the verdict is.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa

from logparse.common.columns import drop_unused_texts, number_groups
from logparse.scans.request_columns import RequestColumns
from logparse.scans.scan import Request, Scan
from logparse.verdicts.evidence.answer_bodies import AnswerBodies
from logparse.verdicts.evidence.app_line_reach import AppLineReach
from logparse.verdicts.evidence.app_log_spans import AppLogSpans
from logparse.verdicts.evidence.distinction import Distinction, Known, Sizes
from logparse.verdicts.evidence.follow_ups import FollowUps
from logparse.verdicts.evidence.known_sessions import KnownSessions
from logparse.verdicts.evidence.login_names import LoginNames
from logparse.verdicts.evidence.own_line import OwnLine
from logparse.verdicts.evidence.record_members import MemberPage
from logparse.verdicts.evidence.redirect_targets import RedirectTargets
from logparse.verdicts.evidence.server_eras import ServerEras
from logparse.verdicts.evidence.server_facts import RefusedCallers

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from logparse.rules.model import RuleSet
    from logparse.scans.request_store import RequestStore
    from logparse.verdicts.attempt import Attempt
    from logparse.verdicts.evidence.record_members import ShownKinds

#: Every kind of evidence that can differ between requests in the store.
DISTINCTIONS: Final[tuple[type[Distinction], ...]] = (
    OwnLine, AppLineReach, AppLogSpans, FollowUps, RedirectTargets, AnswerBodies, RefusedCallers, ServerEras,
    KnownSessions, LoginNames,
)  # fmt: skip


class Groups:
    """Groups of the attempts in the store.

    Args:
        pages: the attempts.
        rules: the rules of the run.
        sizes: sizes of answers that outcome rules name.

    Attributes:
        representatives: one request of each group, by number of the group; groups that were split have none.
        size: one more than the highest number of a group.
        of_rows: of each page, the number of the group of each attempt; -1: it is in none, and decided by itself.
    """

    def __init__(self, pages: RequestStore, rules: RuleSet, sizes: Sizes) -> None:
        self.pages = pages
        self.representatives: dict[int, Request] = {}
        self.size = 0
        self.of_rows = [np.zeros(0, np.int32) for _ in pages.pages]
        self._rules = rules
        self._sizes = sizes
        self._numbers: dict[tuple[int, int], int] = {}
        self._names: dict[str, int] = {}

    def add(self, scan: Scan, *, exports: bool = False) -> tuple[Scan, dict[tuple[int, int], int]]:
        """Group the attempts of one deployment.

        Args:
            scan: what its logs hold, apart from the attempts in the store.
            exports: the groups will be split by what exports show.

        Returns:
            The scan with the attempts to be decided, which are those in no group and the representatives; by log and
            order of each, the latest time of any attempt in a group up to there, if there are several logs.
        """
        reached = [request for request in scan.requests if request.access.proxy != "refused"]
        known = Known(scan, reached, self._rules, self._sizes, exports)
        distinctions = [distinction(known) for distinction in DISTINCTIONS]
        sources = _sources(scan)
        requests, first = list(scan.requests), self.size
        groups: dict[tuple[int, ...], int] = {}
        for number, columns, rows in self._columns_of(sources):
            concerned = np.logical_or.reduce([distinction.concerned(columns) for distinction in distinctions])
            requests += self.pages.to_requests(columns.table.filter(pa.array(concerned)))
            shared = np.flatnonzero(~concerned)
            compared = [column[shared] for distinction in distinctions for column in distinction.tells_apart(columns)]
            self.of_rows[number][rows[shared]] = self._group(columns, shared, compared, groups)
        self._note_sizes(first)
        requests += [self.representatives[number] for number in range(first, self.size)]
        requests.sort(key=lambda request: (request.place[0], request.access.order))
        latest = self._latest(requests) if len(scan.coverage) > 1 else {}
        return Scan(requests, scan.evidence, scan.coverage, logs=scan.logs), latest

    def number_of(self, request: Request) -> int | None:
        """Return the number of the group that a request represents; None if it represents none."""
        return self._numbers.get(_key(request))

    def members(self, scan: Scan, attempts: Sequence[Attempt]) -> Iterator[MemberPage]:
        """Yield the attempts of one deployment that are in groups, page by page.

        Args:
            scan: what its logs hold.
            attempts: those that represent groups, and others.
        """
        known = {id(attempt.request): attempt for attempt in attempts}
        representatives = {
            number: (request, known.get(id(request))) for number, request in self.representatives.items()
        }
        for number, columns, rows in self._columns_of(_sources(scan)):
            groups = self.of_rows[number][rows]
            mine = np.flatnonzero(groups >= 0)
            yield MemberPage(columns, mine, groups[mine].astype(np.int64), representatives)

    def split(self, scan: Scan, attempts: Sequence[Attempt], shown: ShownKinds) -> list[Attempt]:
        """Split the groups of one deployment by the names of callers, and by what an export shows about its attempts.

        Args:
            scan: what its logs hold.
            attempts: those that represent groups, and others.
            shown: what the export shows about the attempts of ``members``, in their order.

        Returns:
            The attempts that represent the groups now, and the others.
        """
        of_group = {number: attempt for attempt in attempts if (number := self.number_of(attempt.request)) is not None}
        first, done = self.size, 0
        groups: dict[tuple[int, ...], int] = {}
        for number, columns, rows in self._columns_of(_sources(scan)):
            old = self.of_rows[number][rows]
            members = np.flatnonzero(old >= 0)
            mine = np.isin(old[members], list(of_group))
            chosen = members[mine]
            names = [self._names.setdefault(word, len(self._names) + 1) for word in columns.words["name"]]
            compared = [old[chosen], columns.of_word("name", names, none=0)[chosen]]
            compared.append(shown.groups[done : done + len(members)][mine])
            self.of_rows[number][rows[chosen]] = self._group(columns, chosen, compared, groups)
            done += len(members)
        for group, attempt in of_group.items():
            del self._numbers[_key(attempt.request)], self.representatives[group]
        self._note_sizes(first)
        single = {id(attempt) for attempt in of_group.values()}
        split = [
            shown.note(replace(of_group[group], request=self.representatives[number]), kind)
            for (group, _, kind), number in groups.items()
        ]
        return [*(attempt for attempt in attempts if id(attempt) not in single), *split]

    def _note_sizes(self, first: int) -> None:
        """Note in the representatives of groups, from a number on, how many attempts their groups have."""
        sizes = np.zeros(self.size, np.int64)
        for numbers in self.of_rows:
            sizes += np.bincount(numbers[numbers >= first], minlength=len(sizes))
        for number in range(first, self.size):
            self.representatives[number] = replace(self.representatives[number], times=int(sizes[number]))
            self._numbers[_key(self.representatives[number])] = number

    def _columns_of(self, sources: frozenset[int]) -> Iterator[tuple[int, RequestColumns, NDArray[np.int64]]]:
        """Yield the attempts of some sources: number of the page, the attempts, and their rows of the page."""
        for number, page in enumerate(self.pages.pages):
            if not page.sources.isdisjoint(sources):
                yield number, *self._columns(number, sources)

    def _columns(self, number: int, sources: frozenset[int]) -> tuple[RequestColumns, NDArray[np.int64]]:
        """Return the attempts of a page that are of some sources, and their rows of the page."""
        table, places = self.pages.pages[number].read(), list(self.pages.places)
        if not len(self.of_rows[number]):
            self.of_rows[number] = np.full(len(table), -1, np.int32)
        mine = np.array([place.source in sources for place in places], np.bool_)[table["place"].to_numpy()]
        rows = np.flatnonzero(mine)
        if len(rows) < len(mine):
            table = drop_unused_texts(table.take(pa.array(rows)))
        return RequestColumns(table, places, list(self.pages.tags)), rows

    def _group(
        self,
        columns: RequestColumns,
        rows: NDArray[np.int64],
        compared: Sequence[NDArray[Any]],
        groups: dict[tuple[int, ...], int],
    ) -> NDArray[np.int32]:
        """Return the numbers of the groups of some rows, which have one value each in the compared columns.

        Args:
            columns: the attempts.
            rows: those that may share a verdict.
            compared: of these rows, what must be equal in a group.
            groups: numbers of groups by what is equal in them; new groups are added.
        """
        kinds, firsts = number_groups(compared)
        keys = list(zip(*(column[firsts].tolist() for column in compared), strict=True))
        new = [kind for kind, key in enumerate(keys) if key not in groups]
        candidates = self.pages.to_requests(columns.table.take(pa.array(rows[firsts[new]])))
        requests = {_key(request): request for request in candidates}
        lines = zip(columns.source[rows[firsts[new]]], columns.numbers("order")[rows[firsts[new]]], strict=True)
        for kind, (source, order) in zip(new, lines, strict=True):
            groups[keys[kind]] = self.size
            self.representatives[self.size] = requests[int(source), int(order)]
            self.size += 1
        return np.array([groups[key] for key in keys], np.int32)[kinds]

    def _latest(self, requests: Sequence[Request]) -> dict[tuple[int, int], int]:
        """By log and order of each of some requests, the latest time of any attempt in a group up to there."""
        orders: defaultdict[int, list[int]] = defaultdict(list)
        for request in requests:
            orders[request.place[0]].append(request.access.order)
        marks = {log: np.unique(numbers) for log, numbers in orders.items()}
        tops = {log: np.zeros(len(numbers) + 1, np.int64) for log, numbers in marks.items()}
        logs = np.array([place.written[0] for place in self.pages.places], np.int64)
        for page, groups in zip(self.pages.pages, self.of_rows, strict=True):
            if not len(groups):
                continue
            rows = page.read(["place", "order", "time"])
            of = np.where(groups >= 0, logs[rows["place"].to_numpy()], -1)
            for log in marks.keys() & set(np.unique(of).tolist()):
                mine = of == log
                behind = np.searchsorted(marks[log], rows["order"].to_numpy()[mine], "right")
                np.maximum.at(tops[log], behind, rows["time"].to_numpy()[mine])
        return {
            (log, order): time
            for log, numbers in marks.items()
            for order, time in zip(numbers.tolist(), np.maximum.accumulate(tops[log])[:-1].tolist(), strict=True)
        }


def _key(request: Request) -> tuple[int, int]:
    """What tells a request from all others."""
    return request.source, request.access.order


def _sources(scan: Scan) -> frozenset[int]:
    """Return the numbers of the sources of a deployment that count."""
    return frozenset(number for number, entry in scan.coverage.items() if not entry.copy_of)
