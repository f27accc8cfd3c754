"""Requests and app lines to decisions: what became of every attempt, who made it, and what a refused caller lacked.

Owns: the order of the steps (group, gather evidence, decide, name the caller). Must not know: how any step works.
"""

from __future__ import annotations

from dataclasses import replace
from operator import attrgetter
from typing import TYPE_CHECKING

from logparse.common.schema import Outcome
from logparse.scans.duplicates import leading
from logparse.verdicts import caller, permissions
from logparse.verdicts.decision import Decision
from logparse.verdicts.evidence import gather, records
from logparse.verdicts.evidence.record_members import Members
from logparse.verdicts.groups import Groups
from logparse.verdicts.verdict import Judge

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from logparse.rules.model import RuleSet
    from logparse.scans.request_store import RequestStore
    from logparse.scans.scan import Scan
    from logparse.verdicts.attempt import Attempt
    from logparse.verdicts.evidence.gather import Gathered
    from logparse.verdicts.exports.loader import Exports
    from logparse.verdicts.exports.people import People


def resolve(
    deployments: Sequence[Scan], pages: RequestStore, rules: RuleSet, exports: Exports, twins: leading.Twins
) -> tuple[Groups, list[Decision]]:
    """Find out what became of every attempt, by whom it was made, and what a refused caller lacked.

    Args:
        deployments: what the logs of each Airflow hold, apart from ``pages``.
        pages: attempts as columns, of all deployments.
        rules: the rules of the run.
        exports: of the database.
        twins: what other logs show about the same requests.

    Returns:
        The groups of the attempts in ``pages``; one decision for each group and for each other attempt, in order of
        source and line.
    """
    judge = Judge(rules.outcomes)
    groups = Groups(pages, rules, judge.sizes)
    decisions = [
        decision
        for number, scan in enumerate(deployments)
        for decision in decide(scan, number, groups, rules, exports, judge)
    ]
    decisions.sort(key=_place_in_log)
    caller.name_callers(decisions, exports.people, twins)
    for decision in decisions:
        decision.attempt.request = leading.complete_request(decision.attempt.request, twins)
    add_missing_permissions(decisions, exports.people)
    return groups, decisions


def decide(
    scan: Scan, deployment: int, groups: Groups, rules: RuleSet, exports: Exports, judge: Judge
) -> Iterator[Decision]:
    """Decide each group of attempts of one deployment, and each attempt that is in no group."""
    representatives, latest = groups.add(scan, exports=exports.given)
    found = gather.gather_from_logs(representatives, rules, latest)
    attempts = found.attempts
    if exports.given:
        attempts = _join_records(scan, found, groups, rules, exports, judge)
    for attempt in attempts:
        yield Decision(attempt, judge.decide(attempt), deployment, groups.number_of(attempt.request))


def _join_records(
    scan: Scan, found: Gathered, groups: Groups, rules: RuleSet, exports: Exports, judge: Judge
) -> list[Attempt]:
    """Return the attempts with what exports show about each, or about each group of them."""
    single, attempts = [request for request in found.requests if groups.number_of(request) is None], found.attempts
    members = Members(single, found.reached(), lambda: groups.members(scan, attempts))
    audit = records.join_audit(members, gather.request_rules(rules), exports, judge.decide)
    kinds = audit.kinds("audit", len(single), map(attrgetter, ("user", "display", "event", "dag_id")))
    attempts = groups.split(scan, attempts, kinds)
    runs = records.join_runs(members, exports, audit, judge.decide)
    return groups.split(scan, attempts, runs.kinds("run", len(single), [attrgetter("user")]))


def add_missing_permissions(decisions: Iterable[Decision], people: People) -> None:
    """State in each refusal what the caller lacked, where exports of users and roles show it."""
    for decision in decisions if people.given else ():
        verdict = decision.verdict
        if verdict.outcome != Outcome.AUTHORIZATION_FAILURE:
            continue
        attempt = decision.attempt
        decision.lack = permissions.lacking(attempt, decision.caller.user, people, attempt.dag_id)
        detail = decision.lack.detail if decision.lack is not None else ""
        if detail and verdict.detail is None and verdict.reason == "permission_denied":
            decision.verdict = replace(verdict, detail=detail)


def _place_in_log(decision: Decision) -> tuple[int, int, int]:
    request = decision.attempt.request
    return request.source, request.access.line, request.access.order
