"""Attempts of which nothing tells but their own line, by kind: nearly all in most logs, and there are millions.

Owns: which attempts these are, and what two of them must have in common to come to the same. Must not know: how
evidence is joined, what an attempt comes to.

All of a kind come to what one of them comes to. So evidence and verdict are looked for once, for a request that stands
for its kind; the others stay columns.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pyarrow as pa

from logparse.common.columns import drop_unused_texts, number_groups
from logparse.rules import targets
from logparse.scans import redirects
from logparse.scans.request_columns import PageRows
from logparse.scans.scan import Request, Scan
from logparse.verdicts.evidence import answer_bodies, follow_ups, server_facts
from logparse.verdicts.evidence.app_line_reach import Reach
from logparse.verdicts.evidence.gather import Others

if TYPE_CHECKING:
    from collections.abc import Collection, Hashable, Mapping, Sequence

    from numpy.typing import NDArray

    from logparse.rules.model import RuleSet
    from logparse.scans.request_store import Pages

#: Columns that tell of bodies.
_OF_ANSWERS = ("place", "tag", "status", "size")
#: Sizes of answers by status.
Sizes: TypeAlias = "Mapping[int | None, Collection[int]]"


class Groups:
    """Groups of attempts in the store.

    Args:
        pages: the attempts.
        rules: the rules of the run.
        sizes: sizes of answers that rules on outcomes name, by status; None: with any status.

    Attributes:
        representatives: one request of each group, by number of the group.
        of_rows: of each page, the number of the group of each attempt; -1: it is in none, and decided by itself.
    """

    def __init__(self, pages: Pages, rules: RuleSet, sizes: Sizes) -> None:
        self.pages = pages
        self.representatives: list[Request] = []
        self.of_rows: list[NDArray[np.int32]] = []
        self._rules = rules
        self._sizes = sizes
        self._numbers: dict[tuple[int, int], int] = {}

    def add(self, found: Scan) -> tuple[Scan, Others]:
        """Group the attempts of one deployment.

        Args:
            found: what its logs hold, apart from the attempts in the store.

        Returns:
            The scan with the attempts to be decided: those that are in no group, and the representatives of the
            groups; and what the other attempts show about the deployment.
        """
        server = _Server(found, self._rules, self._sizes)
        for page in self.pages.pages:
            if not page.sources.isdisjoint(server.sources):
                server.learn(self._rows(page.read(_OF_ANSWERS), server)[0])
        requests, first = list(found.requests), len(self.representatives)
        known: dict[Hashable, int] = {}
        times: defaultdict[int, int] = defaultdict(int)
        for number, page in enumerate(self.pages.pages):
            if len(self.of_rows) == number:
                self.of_rows.append(np.zeros(0, np.int32))
            if page.sources.isdisjoint(server.sources):
                continue
            table = page.read()
            if not len(self.of_rows[number]):
                self.of_rows[number] = np.full(len(table), -1, np.int32)
            rows, mine = self._rows(table, server)
            touched = server.touches(rows)
            requests += self.pages.requests(rows.table.filter(pa.array(touched)))
            wanted = np.flatnonzero(~touched)
            kinds, firsts, keys = server.kinds(rows, wanted)
            new = [nth for nth, key in enumerate(keys) if key not in known]
            stands = self.pages.requests(rows.table.take(pa.array(wanted[firsts[new]])))
            by_place = {_key(each): each for each in stands}
            source, order = rows.source[wanted[firsts]].tolist(), rows.column("order")[wanted[firsts]].tolist()
            for nth in new:
                known[keys[nth]] = len(self.representatives)
                self.representatives.append(by_place[source[nth], order[nth]])
            places = np.array([known[key] for key in keys], np.int32)
            self.of_rows[number][mine[wanted]] = places[kinds]
            for place, count in zip(places.tolist(), np.bincount(kinds, minlength=len(keys)).tolist(), strict=True):
                times[place] += count
        for place in range(first, len(self.representatives)):
            self.representatives[place] = replace(self.representatives[place], times=times[place])
            self._numbers[_key(self.representatives[place])] = place
        requests += self.representatives[first:]
        requests.sort(key=lambda each: (each.place[0], each.access.order))
        latest = self._latest(requests) if len(found.coverage) > 1 else {}
        scan = Scan(requests, found.evidence, found.coverage, logs=found.logs)
        return scan, Others(latest, server.links)

    def number_of(self, request: Request) -> int | None:
        """Return the number of the group that a request represents; None if it represents none."""
        return self._numbers.get(_key(request))

    def _rows(self, table: pa.Table, server: _Server) -> tuple[PageRows, NDArray[np.int64]]:
        """The attempts of a page that are of a server, and where they are on the page."""
        places = list(self.pages.places)
        mine = np.array([place.source in server.sources for place in places], np.bool_)[table["place"].to_numpy()]
        at = np.flatnonzero(mine)
        if len(at) < len(mine):
            table = drop_unused_texts(table.take(pa.array(at)))
        return PageRows(table, places, list(self.pages.tags)), at

    def _latest(self, requests: Sequence[Request]) -> dict[tuple[int, int], int]:
        """By log and order of each of some requests, the latest time of any attempt by kind up to there."""
        orders: defaultdict[int, list[int]] = defaultdict(list)
        for each in requests:
            orders[each.place[0]].append(each.access.order)
        marks = {log: np.unique(each) for log, each in orders.items()}
        tops = {log: np.zeros(len(each) + 1, np.int64) for log, each in marks.items()}
        logs = np.array([place.written[0] for place in self.pages.places], np.int64)
        for page, kinds in zip(self.pages.pages, self.of_rows, strict=True):
            if not len(kinds):
                continue
            rows = page.read(["place", "order", "time"])
            of = np.where(kinds >= 0, logs[rows["place"].to_numpy()], -1)
            for log in marks.keys() & set(np.unique(of).tolist()):
                mine = of == log
                behind = np.searchsorted(marks[log], rows["order"].to_numpy()[mine], "right")
                np.maximum.at(tops[log], behind, rows["time"].to_numpy()[mine])
        return {
            (log, order): time
            for log, each in marks.items()
            for order, time in zip(each.tolist(), np.maximum.accumulate(tops[log])[:-1].tolist(), strict=True)
        }


def _key(request: Request) -> tuple[int, int]:
    """What tells a request from all others."""
    return request.source, request.access.order


class _Server:
    """What is known of a server before its attempts are looked at.

    Args:
        found: on the server.
        rules: the rules of the run.
        sizes: of answers, that rules on outcomes name.
    """

    def __init__(self, found: Scan, rules: RuleSet, sizes: Sizes) -> None:
        # What a proxy answered by itself says nothing of Airflow.
        heard = [each for each in found.requests if each.access.proxy != "refused"]
        self.sources = frozenset(number for number, entry in found.coverage.items() if not entry.copy_of)
        self._events = Reach(found, rules.events)
        self._browsers = follow_ups.browsers(heard)
        self._logouts = follow_ups.logouts(heard)
        self._seen = follow_ups.seen(heard)
        self._host = follow_ups.usual_host(heard)
        self._refused = server_facts.Refused()
        self.links = answer_bodies.links(heard, {})
        self._led: dict[tuple[str, bool, int, str | None], redirects.Redirect] = {}
        self._sizes = sizes

    def learn(self, rows: PageRows) -> None:
        """Take note of what some attempts tell of their sources."""
        for log, told in self._answers(rows).links().items():
            self.links.setdefault(log, set()).update(told)

    @staticmethod
    def _answers(rows: PageRows, asks: NDArray[np.bool_] | None = None) -> answer_bodies.Answers:
        return answer_bodies.Answers(
            rows.log,
            rows.of_tag([answer_bodies.is_problem(each) for each in rows.tags]),
            rows.of_tag([each.rule for each in rows.tags]),
            rows.column("status"),
            rows.column("size"),
            rows.of_tag([answer_bodies.length(each.dag_id) if each.dag_id else -1 for each in rows.tags]),
            np.zeros(len(rows.batch), np.bool_) if asks is None else asks,
        )

    def touches(self, rows: PageRows) -> NDArray[np.bool_]:
        """Of which attempts other lines may tell."""
        time = rows.column("time")
        places = [place.written for place in rows.places]
        touched = self._events.near(places, rows.batch, rows.column("order"), time, rows.column("status"))
        touched |= rows.of_tag([tag.channel == "ui" for tag in rows.tags]) & rows.of_browsers(self._browsers)
        if not self._logouts:
            return touched
        clients = [*rows.words["client"], None]
        near = np.flatnonzero(
            rows.of_word("client", [each in self._logouts for each in clients[:-1]], none=None in self._logouts)
        )
        codes = rows.codes["client"][near]
        order = np.argsort(codes, kind="stable")
        for mine in np.split(near[order], np.flatnonzero(np.diff(codes[order])) + 1) if len(near) else ():
            left = np.array(self._logouts[clients[rows.codes["client"][mine[0]]]], np.int64)
            last = np.searchsorted(left, time[mine], "right") - 1
            touched[mine] |= (last >= 0) & (time[mine] - left[last] <= follow_ups.LOGOUT_WINDOW)
        return touched

    def kinds(
        self, rows: PageRows, wanted: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], list[Hashable]]:
        """Some attempts by kind: the kind of each, the first of each kind, and what tells it from others."""
        tag, status, size = rows.column("tag"), rows.column("status"), rows.column("size")
        names = rows.codes["name"]
        old = rows.of_tag([answer_bodies.is_problem(each) for each in rows.tags])
        answers = self._answers(rows, rows.asks_more(old))
        leads, redirect = self._redirects(rows, status, size)
        refused = rows.of_tag([server_facts.tells(each) for each in rows.tags]) & (status == server_facts.UNAUTHORIZED)
        whose, caller = self._refused.of(refused & (names >= 0), names, rows.words["name"])
        columns = [
            rows.batch, tag, status, rows.codes["method"] + 1,
            names >= 0,
            rows.is_browser(),
            rows.of_browsers(self._seen),
            np.where(self._named(status, size), size, -1) + 1,
            answers.kinds(self.links),
            redirect,
            whose,
        ]  # fmt: skip
        columns = [column[wanted] for column in columns]
        kinds, firsts = number_groups(columns)
        methods = [*rows.words["method"], None]
        keys: list[Hashable] = [
            (place, tag, status, methods[method - 1], *more, leads[leading], caller[who])
            for place, tag, status, method, *more, leading, who in zip(
                *(column[firsts].tolist() for column in columns), strict=True
            )
        ]
        return kinds, firsts, keys

    def _named(self, status: NDArray[Any], size: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which sizes a rule names."""
        found = np.zeros(len(size), np.bool_)
        for each, sizes in self._sizes.items():
            found |= np.isin(size, list(sizes)) & (each is None or status == each)
        return found

    def _redirects(
        self, rows: PageRows, status: NDArray[Any], size: NDArray[np.int64]
    ) -> tuple[list[redirects.Redirect | None], NDArray[np.int64]]:
        """Where answers of the web UI lead: all ways that there are, and the place of each."""
        found = np.zeros(len(status), np.int64)
        led = np.flatnonzero(
            rows.of_tag([tag.channel == "ui" for tag in rows.tags]) & np.isin(status, list(redirects.STATUSES))
        )
        decoded = rows.of_place([place.decoded for place in rows.places])
        hosts = [*(redirects.host_of(each) or self._host for each in rows.words["referer"]), self._host]
        keys = [rows.codes["target"][led], decoded[led], size[led] + 1, rows.codes["referer"][led] + 1]
        ways, firsts = number_groups(keys)
        known: dict[redirects.Redirect | None, int] = {None: 0}
        places = []
        for target, as_is, length, referer in zip(*(each[firsts].tolist() for each in keys), strict=True):
            key = (rows.words["target"][target], bool(as_is), length - 1, hosts[referer - 1])
            if key not in self._led:
                asked = targets.split(key[0], decoded=key[1])
                self._led[key] = redirects.of_size(max(key[2], 0), asked, key[3])
            leads = self._led[key]
            places.append(known.setdefault(leads, len(known)))
        if len(led):
            found[led] = np.array(places, np.int64)[ways]
        return list(known), found
