"""Logins that were refused: names and passwords sent to a login form or for a token, and what became of them.

A program that gets no token never asks for a run. So no attempt shows why its DAG does not run, and only its logins do.

Owns: what the answer to a login and the app lines in front of it mean. Must not know: attempts, causes, tables.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

import numpy as np
import pandas as pd

from logparse.common import weeks
from logparse.common.schema import Confidence, Outcome
from logparse.rules.roles import EventRole, FollowUpRole
from logparse.scans import redirects
from logparse.scans.login_lines import NEAR
from logparse.verdicts import row_builder, rows
from logparse.verdicts.attempt import Attempt
from logparse.verdicts.decision import UNKNOWN_CALLER, Caller, Decision
from logparse.verdicts.lost_logins import find_lost_logins
from logparse.verdicts.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import tzinfo

    from numpy.typing import NDArray

    from logparse.scans.scan import Evidence, Place, Request, Scan

#: Where an answer leads that refused a login, and one that accepted it.
_REFUSED: Final = frozenset({"login", "login_next"})
_LET_IN: Final = frozenset({"home", "root"})
_NOT_KNOWN: Final = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
#: With these, only something else shows whether a login was accepted.
_LED_ELSEWHERE: Final = redirects.STATUSES | {HTTPStatus.OK}
#: What is wrong with a request for a token or with a form that has these statuses.
_REASONS: Final[Mapping[int, str]] = {
    HTTPStatus.BAD_REQUEST: "bad_request",
    HTTPStatus.UNSUPPORTED_MEDIA_TYPE: "bad_request",
    HTTPStatus.UNPROCESSABLE_ENTITY: "bad_request",
    HTTPStatus.NOT_FOUND: "endpoint_not_found",
    HTTPStatus.METHOD_NOT_ALLOWED: "endpoint_not_found",
}
_LOST: Final = Verdict(Outcome.AUTHENTICATION_FAILURE, "no_session", None, Confidence.LIKELY, "follow_up+status", None)
_FAILURES: Final = frozenset({Outcome.AUTHENTICATION_FAILURE, Outcome.OTHER_FAILURE})


def judge_logins(scan: Scan, deployment: int) -> list[Decision]:
    """Return what became of the logins of those addresses from which one was refused, in order of log and line.

    Logins that a proxy refused by itself are left out.

    Args:
        scan: what the logs of one Airflow hold.
        deployment: its index.
    """
    failed: defaultdict[Place, dict[int, Evidence]] = defaultdict(dict)
    for line in scan.evidence:
        if line.event.role == EventRole.LOGIN_FAILED:
            failed[line.place][line.message.order] = line
    of_client: defaultdict[str, list[Decision]] = defaultdict(list)
    lost = find_lost_logins(scan.requests)
    for request in scan.requests:
        access = request.access
        if request.tag.role != FollowUpRole.LOGIN or access.proxy is not None or not access.client:
            continue
        decision = _judge(request, failed[request.place], deployment)
        if id(request) in lost and decision.verdict.outcome not in _FAILURES:
            decision = replace(decision, verdict=_LOST)
        of_client[access.client].append(decision)
    decisions = [
        decision
        for mine in of_client.values()
        if any(decision.verdict.outcome in _FAILURES for decision in mine)
        for decision in mine
    ]
    return sorted(decisions, key=lambda each: (each.attempt.request.source, each.attempt.request.access.order))


def _judge(request: Request, failed: Mapping[int, Evidence], deployment: int) -> Decision:
    order = request.access.order
    lines = [failed[before] for before in range(order - 1, order - 1 - NEAR, -1) if before in failed]
    verdict = _weigh(request, lines[:1])
    names = {line.event.fields["user"] for line in lines}
    refused = verdict.outcome == Outcome.AUTHENTICATION_FAILURE
    # Of several logins at once, order alone does not show which name was whose.
    caller = Caller(names.pop(), "app_log", verified=False) if refused and len(names) == 1 else UNKNOWN_CALLER
    return Decision(Attempt(request, events=tuple(lines[:1]) if refused else ()), verdict, deployment, caller=caller)


def _weigh(request: Request, failed: Sequence[Evidence]) -> Verdict:
    """Return what became of a login. A line that a stranger could have written confirms nothing.

    Args:
        request: the login.
        failed: the app line in front of it that says that a login failed, if there is one.
    """
    access = request.access
    outcome, reason, evidence, confidence = _read_answer(access.status, redirects.find_redirect(access), failed)
    if access.shadowed and confidence == Confidence.CONFIRMED:
        confidence = Confidence.LIKELY
    return Verdict(outcome, reason, None, confidence, evidence, None)


def _read_answer(
    status: int, where: redirects.Redirect, failed: Sequence[Evidence]
) -> tuple[str, str | None, str, str]:
    """Return outcome, reason, evidence and confidence."""
    if where.kind in _LET_IN or status == HTTPStatus.CREATED:
        return Outcome.SUCCESS, None, where.evidence or "status", Confidence.CONFIRMED
    if status in _NOT_KNOWN:
        evidence = "app_log+status" if failed else "status"
        return Outcome.AUTHENTICATION_FAILURE, "bad_credentials", evidence, Confidence.CONFIRMED
    if status in _LED_ELSEWHERE and (failed or where.kind in _REFUSED):
        evidence = "app_log" if failed else where.evidence
        return Outcome.AUTHENTICATION_FAILURE, "bad_credentials", evidence, Confidence.LIKELY
    reason = _REASONS.get(status, "server_error" if status >= HTTPStatus.INTERNAL_SERVER_ERROR else None)
    if reason is not None:
        return Outcome.OTHER_FAILURE, reason, "status", Confidence.CONFIRMED
    return Outcome.UNDETERMINED, None, "status", Confidence.AMBIGUOUS


def times_of_attempts(attempts: rows.Rows, logins: rows.Rows) -> dict[int, dict[str, NDArray[np.int64]]]:
    """Return by deployment and address, for addresses of logins, when attempts came from there, in order.

    Args:
        attempts: those of a week.
        logins: those of the same week.
    """
    wanted = {*logins.words("client")} - {""}
    clients = attempts.words("client")
    codes = np.where(
        np.isin(attempts.codes("client"), [code for code, word in enumerate(clients) if word in wanted]),
        attempts.codes("client"),
        -1,
    )
    servers, times = attempts.numbers("server"), attempts.numbers("time")
    found: dict[int, dict[str, NDArray[np.int64]]] = {}
    for server in np.unique(servers).tolist():
        mine = np.flatnonzero((servers == server) & (codes >= 0))
        mine = mine[np.argsort(codes[mine], kind="stable")]
        ends = np.flatnonzero(np.diff(codes[mine])) + 1
        found[server] = {clients[codes[part[0]]]: np.sort(times[part]) for part in np.split(mine, ends) if len(part)}
    return found


class DecidedLogins:
    """Logins of a run with what became of them, week by week.

    Args:
        decisions: what became of each, in order of source and line.
        sources: names of the sources by number.
        deployment: which Airflow, if the user said so.
        traits: index of the traits of each, see ``findings.traits``.
        zone: time zone in which weeks begin.

    Attributes:
        weeks: names of the weeks that have logins, in order.
    """

    def __init__(
        self,
        decisions: Sequence[Decision],
        sources: Sequence[str],
        deployment: str | None,
        traits: Sequence[int],
        zone: tzinfo,
    ) -> None:
        self._decisions, self._sources, self._deployment, self._traits = decisions, sources, deployment, traits
        times = pd.Series([decision.attempt.request.access.time for decision in decisions], dtype="Int64")
        moments = pd.to_datetime(times, unit="us", utc=True).astype("datetime64[us, UTC]")
        self._weeks = weeks.week_of(moments, zone).to_numpy(object, na_value="")
        self.weeks = tuple(sorted({*self._weeks} - {""}))

    def of(self, week: str) -> rows.Rows:
        """Return the logins of a week in order of source and line."""
        places = np.flatnonzero(self._weeks == week).tolist()
        mine, traits = [self._decisions[place] for place in places], [self._traits[place] for place in places]
        return rows.single(row_builder.table_of(mine, self._sources, self._deployment, traits))
