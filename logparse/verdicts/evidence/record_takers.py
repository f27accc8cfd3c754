"""Requests that may have left a record of the database, as columns.

Owns: the windows in which their records must lie, and how much speaks for there being one. Must not know: which record
can be of which request (``records``).
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import numpy as np

from logparse.common.columns import number_groups
from logparse.common.schema import REASONS, Confidence, Outcome
from logparse.common.timestamps import SECOND
from logparse.rules.targets import query_parameter, split_target
from logparse.scans import redirects
from logparse.verdicts.evidence.record_columns import NEVER, NONE, UNKNOWN, Codes, TakerKind, Takers
from logparse.verdicts.evidence.record_pairing import ALIKE, HARDLY, MAY, MUST
from logparse.verdicts.evidence.whole_seconds import are_whole, is_whole

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from numpy.typing import NDArray

    from logparse.lines.access import Access
    from logparse.rules.model import RequestRule
    from logparse.scans.scan import Request
    from logparse.scans.tagging import Tag
    from logparse.verdicts.attempt import Attempt
    from logparse.verdicts.evidence.record_columns import RecordColumns
    from logparse.verdicts.evidence.record_forms import Forms
    from logparse.verdicts.evidence.record_members import MemberPage
    from logparse.verdicts.verdict import Verdict

    Numbers = NDArray[np.int64]

#: Records are written some milliseconds after the begin, by the clock of the same process.
SLACK: Final = SECOND // 20
#: How long a request may take whose line does not say how long it took.
SLOW: Final = 10 * SECOND
#: How far off a time may be that was taken from a line next to it.
NEIGHBOUR: Final = 300 * SECOND
#: Statuses of requests that were accepted.
ACCEPTED: Final = frozenset({200, 201, 204})
_FORBIDDEN: Final = 403
#: Statuses that do not show by themselves whether there can be a record.
_DOUBTFUL: Final = redirects.STATUSES | {_FORBIDDEN}
_REFUSED: Final = (Outcome.AUTHENTICATION_FAILURE, Outcome.AUTHORIZATION_FAILURE)
#: Reasons for which callers are refused.
_REFUSALS: Final = frozenset(reason for outcome in _REFUSED for reason in REASONS[outcome])
#: The client left; what Airflow made of the request is not in the line.
CLOSED: Final = "closed"
_ASSET: Final = re.compile("/assets/([^/]+)/")


def may_leave_row(request: Request, rule: RequestRule) -> bool:
    """Whether a request that was answered like this can have left a row in the audit log."""
    statuses = (*rule.audit.get("statuses", ()), *rule.audit.get("sometimes", ()))
    return request.access.status in statuses or (bool(statuses) and request.access.proxy == CLOSED)


class TakerRows:
    """Collects the requests that may have left a record of one export.

    Args:
        records: of the export.
        forms: what forms held that left them.
        wanted: returns whether a request, which may be an attempt, can have left a record by its tag and status.
        expected: gives the verdict on an attempt by the logs alone.

    Attributes:
        kinds: of requests, by what they show.
        names: all user names that requests carried.
    """

    def __init__(
        self,
        records: RecordColumns,
        forms: Forms,
        wanted: Callable[[Request, Attempt | None], bool],
        expected: Callable[[Attempt], Verdict],
    ) -> None:
        self._records, self._forms = records, forms
        self._wanted, self._expected = wanted, expected
        self._kinds: dict[TakerKind, int] = {}
        self._browsers = Codes()
        self._parts: list[Takers] = [Takers.of_rows([])]
        self._of_group: dict[int, tuple[float | None, ...] | None] = {}
        self.names: set[str] = set()

    @property
    def kinds(self) -> list[TakerKind]:
        """Return what requests show, by kind."""
        return list(self._kinds)

    def takers(self) -> Takers:
        """Return all of them, in order; they are no longer held then."""
        parts, self._parts = self._parts, []
        self._of_group.clear()
        return Takers.in_order(parts)

    def add_single(self, members: Iterable[tuple[int, Request, Attempt | None]]) -> None:
        """Add requests.

        Args:
            members: number of each, and the attempt that it is, if it is one.
        """
        rows = []
        for number, request, attempt in members:
            row = self._row(number, request, attempt) if request.access.time is not None else None
            if row is not None:
                rows.append(row)
                if request.access.user is not None:
                    self.names.add(request.access.user)
        self._parts.append(Takers.of_rows(rows))

    def add_page(self, first: int, page: MemberPage) -> None:
        """Add requests that are columns.

        Args:
            first: number of the first of them.
            page: the requests.
        """
        numbers, groups = np.unique(page.groups, return_inverse=True)
        for number in set(numbers.tolist()) - self._of_group.keys():
            self._of_group[number] = self._row(0, *page.representatives[number])
        rows = [self._of_group[number] for number in numbers.tolist()]
        may = np.array([row is not None for row in rows], np.bool_)
        time = page.numbers("time")
        part = np.flatnonzero(may[groups] & (time >= 0))
        takers = Takers.of_rows([row for row in rows if row is not None]).take((np.cumsum(may) - 1)[groups[part]])
        time, duration = time[part], page.numbers("duration")[part]
        names = page.columns.codes["name"][page.rows[part]]
        self.names.update(page.columns.words["name"][code] for code in np.unique(names[names >= 0]).tolist())
        self._parts.append(replace(
            takers,
            number=first + part, time=time, source=page.columns.source[page.rows[part]], log=page.logs()[part],
            order=page.numbers("order")[part], first=time,
            last=time + np.where(are_whole(time, duration), SECOND - 1, 0),
            low=time - np.where(duration > 0, duration, SLOW) - SLACK, ended=np.where(duration < 0, time, NEVER),
            kind=self._kinds_of_names(takers.kind, names, page.columns.words["name"]),
            back=self._backs(page, part, takers.kind),
        ))  # fmt: skip

    def _row(self, number: int, request: Request, attempt: Attempt | None) -> tuple[float | None, ...] | None:
        """Return the columns of a request; None if it cannot have left a record."""
        access, tag = request.access, request.tag
        if not self._wanted(request, attempt):
            return None
        verdict = self._expected(attempt) if attempt is not None and access.status in _DOUBTFUL else None
        if _surely_refused(access.status, verdict):
            return None
        first, last, low = _window(access)
        claimed = access.user if attempt is None else attempt.accepted or access.user
        asset = (_ASSET.findall(tag.path) or [""])[0] if tag.channel == "asset_materialize" else None
        return (
            number, access.time or 0, request.source, request.place[0], access.order, first, last, low - SLACK,
            first if access.duration is None else NEVER, _worth(access.status, verdict), _is_vague(access),
            tag.dag_from in ("path", "query"), _is_guessed(tag, attempt), self._records.dags.get(tag.dag_id, UNKNOWN),
            self._kind(TakerKind(tag.rule, tag.channel, access.method, access.status, claimed)),
            self._back(access.target, decoded=access.decoded) if tag.channel == "ui" else NONE,
            self._forms.assets.get(asset, UNKNOWN),
            self._browsers[request.browser if access.agent is not None and request.has_session else None],
        )  # fmt: skip

    def _kind(self, shown: TakerKind) -> int:
        # The web UI ignores Basic headers.
        kind = shown._replace(claimed=None) if shown.channel == "ui" else shown
        return self._kinds.setdefault(kind, len(self._kinds))

    def _kinds_of_names(self, kinds: Numbers, names: NDArray[np.int32], words: Sequence[str]) -> Numbers:
        """Return the kinds of requests that carry other names than those that stand for them."""
        known = self.kinds
        groups, firsts = number_groups([kinds, names + 1])
        found = [
            self._kind(known[kind]._replace(claimed=words[name] if name >= 0 else None))
            for kind, name in zip(kinds[firsts].tolist(), names[firsts].tolist(), strict=True)
        ]
        return np.array(found, np.int64)[groups]

    def _backs(self, page: MemberPage, part: Numbers, kinds: Numbers) -> Numbers:
        """Return the pages that queries name to go to next."""
        columns, found = page.columns, np.full(len(part), NONE)
        mine = np.flatnonzero(np.array([kind.channel == "ui" for kind in self._kinds], np.bool_)[kinds])
        rows = page.rows[part[mine]]
        decoded = columns.of_place([place.decoded for place in columns.places])[rows]
        groups, firsts = number_groups([columns.codes["target"][rows], decoded])
        targets = columns.codes["target"][rows[firsts]].tolist()
        backs = [
            self._back(columns.words["target"][target], decoded=flag)
            for target, flag in zip(targets, decoded[firsts].tolist(), strict=True)
        ]
        found[mine] = np.array(backs, np.int64)[groups]
        return found

    def _back(self, target: str, *, decoded: bool) -> int:
        query = split_target(target, decoded=decoded).query
        return self._forms.pages.get(
            query_parameter(query, "origin") or query_parameter(query, "redirect_url"), UNKNOWN
        )


def _is_guessed(tag: Tag, attempt: Attempt | None) -> bool:
    """Whether only the page that a request came from names its DAG, and nothing shows that it named another page."""
    return tag.dag_from == "referer" and (attempt is None or attempt.redirect.kind not in ("home", "root"))


def _is_vague(access: Access) -> bool:
    """Whether nobody knows well when Airflow handled a request: it goes on after the client has left."""
    return access.time_source == "neighbour" or access.proxy == CLOSED


def _window(access: Access) -> tuple[int, int, int]:
    """Return between which moments a request ended, and when it can have begun."""
    time = access.time or 0
    if _is_vague(access):
        first = time - (access.duration if access.proxy == CLOSED and access.duration else NEIGHBOUR)
        return first, time + NEIGHBOUR, first
    return time, time + (SECOND - 1 if is_whole(access) else 0), time - (access.duration or SLOW)


def _worth(status: int, verdict: Verdict | None) -> float:
    """Return how much speaks for a record of a request that was answered with a status."""
    if status not in redirects.STATUSES:
        return MUST if status in ACCEPTED else MAY
    if verdict is None or _is_refusal(verdict):
        return HARDLY
    return MAY + ALIKE if verdict.outcome == Outcome.SUCCESS else MAY


def _is_refusal(verdict: Verdict) -> bool:
    """Whether a verdict says that the caller was refused, be it open why."""
    if verdict.outcome == Outcome.UNDETERMINED and verdict.reason:
        return _REFUSALS.issuperset(verdict.reason.split("|"))
    return verdict.outcome in _REFUSED


def _surely_refused(status: int, verdict: Verdict | None) -> bool:
    """Whether the logs leave no doubt that the caller was refused before a row could be written."""
    if verdict is None:
        return False
    if status == _FORBIDDEN:
        return verdict.outcome == Outcome.AUTHENTICATION_FAILURE
    return verdict.outcome in _REFUSED and verdict.confidence == Confidence.CONFIRMED
