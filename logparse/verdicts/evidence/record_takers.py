"""Requests that may have left a record of the database, as columns.

Owns: the windows in which their records must lie, and how much speaks for there being one. Must not know: which record
can be of which request (``records``).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from logparse.common.schema import Confidence, Outcome
from logparse.common.timestamps import SECOND
from logparse.rules.targets import query_parameter, split_target
from logparse.scans import redirects
from logparse.verdicts.evidence.record_columns import NEVER, NONE, Codes, TakerKind, Takers
from logparse.verdicts.evidence.record_pairing import ALIKE, HARDLY, MAY, MUST

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from logparse.lines.access import Access
    from logparse.rules.model import RequestRule
    from logparse.scans.scan import Request
    from logparse.verdicts.attempt import Attempt
    from logparse.verdicts.evidence.record_columns import RecordColumns
    from logparse.verdicts.exports.audit_log import AuditRecord
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
#: The client left; what Airflow made of the request is not in the line.
CLOSED: Final = "closed"
_ASSET: Final = re.compile("/assets/([^/]+)/")


def may_leave_row(request: Request, rule: RequestRule) -> bool:
    """Whether a request that was answered like this can have left a row in the audit log."""
    statuses = rule.audit.get("statuses", ())
    return request.access.status in statuses or (bool(statuses) and request.access.proxy == CLOSED)


class Forms:
    """What forms of the web UI, and bodies of requests about assets, held that left rows of the audit log.

    Args:
        rows: of the audit log.
    """

    def __init__(self, rows: Sequence[AuditRecord]) -> None:
        self.pages, self.assets = Codes(), Codes()
        self._back = self.pages.add(row.back for row in rows)
        self._query_back = self.pages.add(row.query_back for row in rows)
        self._asset = self.assets.add(row.asset for row in rows)

    def agree(self, takers: Takers, taker: Numbers, record: Numbers) -> NDArray[np.bool_]:
        """Return for which pairs the body of the request can be the one that the record holds."""
        back, asset = takers.back[taker], takers.asset[taker]
        same = (back == NONE) | (back == self._back[record]) | (back == self._query_back[record])
        held = self._asset[record]
        found: NDArray[np.bool_] = same & ((asset == NONE) | (held == NONE) | (asset == held))
        return found


def takers_of(
    members: Sequence[tuple[Request, Attempt | None]],
    records: RecordColumns,
    forms: Forms,
    expected: Callable[[Attempt], Verdict],
) -> tuple[Takers, list[TakerKind]]:
    """Return requests as columns, in order of time, source and line, and the kinds of them that there are."""
    kinds: dict[TakerKind, int] = {}
    browsers = Codes()
    rows = []
    for request, attempt in members:
        access, tag = request.access, request.tag
        first, last, low = _window(access)
        claimed = None if tag.channel == "ui" else access.user  # the web UI ignores Basic headers
        if attempt is not None and attempt.accepted and tag.channel != "ui":
            claimed = attempt.accepted
        back = asset = None
        if tag.channel == "ui":
            query = split_target(access.target, decoded=access.decoded).query
            back = query_parameter(query, "origin") or query_parameter(query, "redirect_url")
        elif tag.channel == "asset_materialize":
            asset = (_ASSET.findall(tag.path) or [""])[0]
        rows.append((
            request.place[0], access.order, first, last, low - SLACK,
            first if access.duration is None else NEVER, _worth(request, attempt, expected), _is_vague(access),
            tag.dag_from in ("path", "query"), tag.dag_from == "referer", records.dags.of(tag.dag_id),
            kinds.setdefault(TakerKind(tag.rule, access.method, claimed), len(kinds)),
            forms.pages.of(back), forms.assets.of(asset),
            browsers.add_one(request.browser if access.agent is not None and request.has_session else None),
        ))  # fmt: skip
    return Takers.of_rows(rows), list(kinds)


def moment_of(request: Request) -> tuple[int, int, int]:
    """Return when a request ended, and where its line stands."""
    return request.access.time or 0, request.source, request.access.order


def _is_vague(access: Access) -> bool:
    """Whether nobody knows well when Airflow handled a request: it goes on after the client has left."""
    return access.time_source == "neighbour" or access.proxy == CLOSED


def _window(access: Access) -> tuple[int, int, int]:
    """Return between which moments a request ended, and when it can have begun."""
    time = access.time or 0
    if _is_vague(access):
        first = time - (access.duration if access.proxy == CLOSED and access.duration else NEIGHBOUR)
        return first, time + NEIGHBOUR, first
    # gunicorn cuts to whole seconds
    return time, time + (SECOND - 1 if time % SECOND == 0 else 0), time - (access.duration or SLOW)


def _worth(request: Request, attempt: Attempt | None, expected: Callable[[Attempt], Verdict]) -> float:
    """Return how much speaks for a record of a request."""
    if request.access.status not in redirects.STATUSES:
        return MUST if request.access.status in ACCEPTED else MAY
    outcome = expected(attempt).outcome if attempt is not None else Outcome.AUTHENTICATION_FAILURE
    if outcome in (Outcome.AUTHENTICATION_FAILURE, Outcome.AUTHORIZATION_FAILURE):
        return HARDLY
    return MAY + ALIKE if outcome == Outcome.SUCCESS else MAY


def surely_refused(attempt: Attempt | None, expected: Callable[[Attempt], Verdict]) -> bool:
    """Whether the logs leave no doubt that the caller was refused before a row could be written."""
    if attempt is None or attempt.status not in {*redirects.STATUSES, _FORBIDDEN}:
        return False
    verdict = expected(attempt)
    if attempt.status == _FORBIDDEN:
        return verdict.outcome == Outcome.AUTHENTICATION_FAILURE
    refused = verdict.outcome in (Outcome.AUTHENTICATION_FAILURE, Outcome.AUTHORIZATION_FAILURE)
    return refused and verdict.confidence == Confidence.CONFIRMED
