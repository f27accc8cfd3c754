"""Records of the database to the requests that left them: one record to one request, by what they name and by time.

Owns: which record can be of which request, and the windows in which they must lie. Must not know: how exports are read,
how pairs are made (``pairing``), what a record means (``decide``), who an attempt is by (``identity``).

A record is written while its request is handled, so between the begin that an access line allows for and its end.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from logparse.common.schema import Confidence, Outcome
from logparse.common.timestamps import SECOND
from logparse.rules.targets import query_parameter, split_target
from logparse.scans import redirects
from logparse.verdicts.evidence.record_pairing import (
    ALIKE,
    HARDLY,
    KNOWN_AS,
    KNOWN_ELSE,
    MAY,
    MUST,
    NEIGHBOUR,
    SLACK,
    SLOW,
    Pairing,
    Taker,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from logparse.rules.model import RequestRule
    from logparse.scans.scan import Browser, Request
    from logparse.verdicts.attempt import Attempt
    from logparse.verdicts.exports.audit_log import AuditRecord
    from logparse.verdicts.exports.dag_runs import RunRecord
    from logparse.verdicts.exports.loader import Exports
    from logparse.verdicts.exports.people import People
    from logparse.verdicts.verdict import Verdict

_ACCEPTED: Final = frozenset({200, 201, 204})
_FORBIDDEN: Final = 403
#: The client left; what Airflow made of the request is not in the line.
CLOSED: Final = "closed"
#: The row of the audit log is written before the run is made, by the same clock; microseconds.
BEFORE: Final = 5_000
#: Channels whose requests make a run at once, of the DAG that they name.
_MAKES_RUNS: Final = frozenset({"ui", "rest_api", "experimental_api"})


def join_audit(
    requests: Sequence[Request],
    attempts: Mapping[int, Attempt],
    rules: Mapping[str, RequestRule],
    exports: Exports,
    expected: Callable[[Attempt], Verdict],
) -> None:
    """Note in each attempt what the audit log says about it.

    Args:
        requests: attempts and follow-ups.
        attempts: by identity of their request.
        rules: request rules by id.
        exports: what was given.
        expected: the verdict by the logs alone.
    """
    if exports.audit is None:
        return
    takers = [
        _taker(request, attempts.get(id(request)), expected)
        for request in requests
        if may_leave_row(request, rules[request.tag.rule])
        and request.access.time is not None
        and not _surely_refused(attempts.get(id(request)), expected)
    ]
    events = {name: frozenset(rule.audit.get("events", ())) for name, rule in rules.items()}
    seen = {record.event for record in exports.audit}
    sessions: dict[Browser, str] = {}
    plain = _plain(takers, exports.audit)

    def fits(taker: Taker, record: AuditRecord) -> float | None:
        tag = taker.request.tag
        if record.event not in events[tag.rule] or not _same_dag(taker, record) or not _same_form(taker, record):
            return None
        if _claims_another(taker, record, exports.people, plain=plain):
            return None
        # A view of the form names no run (2.9 on).
        worth = 2 * ALIKE if record.posted or (record.run_id and taker.request.access.method != "GET") else 0.0
        worth += ALIKE if tag.dag_from == "referer" and tag.dag_id == record.dag_id else 0
        known = sessions.get(taker.request.browser) if taker.request.has_session else None
        return worth if known is None else worth + (KNOWN_AS if known == record.user else KNOWN_ELSE)

    pairing = Pairing(takers, exports.audit, fits)
    sessions.update(pairing.sessions())  # known only after a first look
    pairing = Pairing(takers, exports.audit, fits)
    for taker, joined in pairing.joined(exports.audit_spans):
        if taker.attempt is not None:
            # A version, or an export, may be without such rows.
            foreign = joined.state == "absent" and seen.isdisjoint(events[taker.request.tag.rule])
            taker.attempt.audit = replace(joined, state="unknown") if foreign else joined


def join_runs(attempts: Iterable[Attempt], exports: Exports, expected: Callable[[Attempt], Verdict]) -> None:
    """Note in each attempt which DAG run it made, if any; after ``join_audit``, whose records hold ids of runs."""
    if exports.runs is None:
        return
    takers = [
        _taker(attempt.request, attempt, expected)
        for attempt in attempts
        if attempt.request.tag.channel in _MAKES_RUNS
        and (
            attempt.request.access.proxy == CLOSED
            or attempt.status in (redirects.STATUSES if attempt.request.tag.channel == "ui" else _ACCEPTED)
        )
        and attempt.request.access.time is not None
        and not _surely_refused(attempt, expected)
    ]
    ids = {run.run_id for run in exports.runs}
    plain = _plain(takers, exports.runs)

    def fits(taker: Taker, record: RunRecord) -> float | None:
        if not _same_dag(taker, record) or _claims_another(taker, record, exports.people, plain=plain):
            return None
        assert taker.attempt is not None
        said = taker.attempt.audit.record
        if said is not None and record.time < said.time - BEFORE:
            return None
        if said is not None and said.run_id and said.run_id in ids:
            return MUST if said.run_id == record.run_id else None
        return 0

    dags = {run.dag_id for run in exports.runs}
    for taker, joined in Pairing(takers, exports.runs, fits).joined(exports.runs_spans):
        assert taker.attempt is not None
        # `airflow dags list-runs` lists those of one DAG.
        foreign = joined.state == "absent" and len(dags) == 1 and taker.request.tag.dag_id not in dags
        taker.attempt.run = replace(joined, state="unknown") if foreign else joined


def may_leave_row(request: Request, rule: RequestRule) -> bool:
    """Whether a request that was answered like this can have left a row in the audit log."""
    statuses = rule.audit.get("statuses", ())
    return request.access.status in statuses or (bool(statuses) and request.access.proxy == CLOSED)


def _taker(request: Request, attempt: Attempt | None, expected: Callable[[Attempt], Verdict]) -> Taker:
    access = request.access
    time = access.time or 0
    # Airflow goes on after the client has left, who may have waited long.
    left = access.proxy == CLOSED
    vague = access.time_source == "neighbour" or left
    last = time + (SECOND - 1 if not vague and time % SECOND == 0 else 0)  # gunicorn cuts to whole seconds
    first, low = (time - NEIGHBOUR, time - NEIGHBOUR) if vague else (time, time - (access.duration or SLOW))
    if left and access.duration:
        first = low = time - access.duration
    if vague:
        last = time + NEIGHBOUR
    worth = MUST if access.status in _ACCEPTED else MAY
    if access.status in redirects.STATUSES:
        outcome = expected(attempt).outcome if attempt is not None else Outcome.AUTHENTICATION_FAILURE
        refused = outcome in (Outcome.AUTHENTICATION_FAILURE, Outcome.AUTHORIZATION_FAILURE)
        worth = HARDLY if refused else MAY + ALIKE if outcome == Outcome.SUCCESS else MAY
    return Taker(request, attempt, first, last, low - SLACK, worth, vague)


def _surely_refused(attempt: Attempt | None, expected: Callable[[Attempt], Verdict]) -> bool:
    """Whether the logs leave no doubt that the caller was refused before a row could be written."""
    if attempt is None or attempt.status not in {*redirects.STATUSES, _FORBIDDEN}:
        return False
    verdict = expected(attempt)
    if attempt.status == _FORBIDDEN:
        return verdict.outcome == Outcome.AUTHENTICATION_FAILURE
    refused = verdict.outcome in (Outcome.AUTHENTICATION_FAILURE, Outcome.AUTHORIZATION_FAILURE)
    return refused and verdict.confidence == Confidence.CONFIRMED


def _same_dag(taker: Taker, record: AuditRecord | RunRecord) -> bool:
    return not taker.names_dag or record.dag_id is None or taker.request.tag.dag_id == record.dag_id


def _same_form(taker: Taker, record: AuditRecord) -> bool:
    """Whether the body of the request can be the one that the record holds."""
    access = taker.request.access
    if record.posted and access.method != "POST":
        return False
    if taker.request.tag.channel == "asset_materialize" and record.asset is not None:
        return f"/assets/{record.asset}/" in taker.request.tag.path
    if taker.request.tag.channel != "ui":
        return True
    query = split_target(access.target, decoded=access.decoded).query
    back = query_parameter(query, "origin") or query_parameter(query, "redirect_url")
    return back is None or back in (record.back, record.query_back)


def _claims_another(taker: Taker, record: AuditRecord | RunRecord, people: People, *, plain: bool) -> bool:
    """Whether the request carried the name of somebody else than the record.

    Args:
        taker: the request.
        record: the record.
        people: who is called what.
        plain: records hold user names, not display names, as those of 2.7 do.
    """
    claimed, owner = taker.request.access.user, record.user
    if taker.attempt is not None and taker.attempt.accepted:
        claimed = taker.attempt.accepted
    if claimed is None or owner is None or taker.request.tag.channel == "ui":  # the web UI ignores Basic headers
        return False
    same = people.is_called(claimed, owner)
    return plain if same is None else not same


def _plain(takers: Sequence[Taker], records: Sequence[AuditRecord | RunRecord]) -> bool:
    claimed = {taker.request.access.user for taker in takers}
    return any(record.user in claimed for record in records if record.user is not None)
