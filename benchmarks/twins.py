"""Attempts that nobody could tell apart by the logs alone: the same evidence, and another outcome.

Owns: what counts as the same evidence. Must not know: rules, verdicts.

What the logs hold about an attempt is the request (method, kind of path, status, size, whether a name was claimed,
whether a browser sent it), the app lines that could be about it, and what the browser asked for next, with the length
of the message on that page. Two attempts are twins if all that is the same, sizes without the length of the DAG's id;
or if one and the same app line could be about either (rivals).
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

import recordings

from logparse.scans.scan import Scan
from logparse.scans.scanner import scan
from logparse.scans.settings import ruleset
from logparse.sources import discovery
from logparse.verdicts.evidence import app_lines, gather

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from recordings import Case, Sent

    from logparse.scans.scan import Evidence
    from logparse.verdicts.attempt import Attempt

    #: An attempt, and all app lines that could be about it.
    Told = tuple[Attempt, Sequence[Evidence]]

Place = tuple[str, int]


class Twin(NamedTuple):
    """Another attempt that looks the same, or competes for the same app line."""

    place: Place
    rival: bool


def of(case: Case, wrong: Sequence[Place]) -> Mapping[Place, Twin]:
    """A twin for each of some attempts, as far as there is one.

    Args:
        case: a recorded server.
        wrong: source and line of the attempts.
    """
    attempts = _attempts(case) if wrong else {}
    truth = {(each.source, each.line): each for each in recordings.truth(case) if each.line}
    found = {}
    for place in wrong:
        others = [other for other in attempts if other in truth and _differ(truth[other], truth[place])]
        same = [other for other in others if _evidence(*attempts[other]) == _evidence(*attempts[place])]
        rivals = [other for other in others if _compete(attempts[other], attempts[place])]
        if same or rivals:
            nearest = min(same or rivals, key=lambda other: (other[0] != place[0], abs(other[1] - place[1])))
            found[place] = Twin(nearest, rival=not same)
    return found


def _evidence(attempt: Attempt, near: Sequence[Evidence]) -> tuple[object, ...]:
    """All that the logs hold about an attempt and that could tell its outcome, with the app lines that may be its."""
    access, tag = attempt.request.access, attempt.request.tag
    dag = len(tag.dag_id) if tag.dag_id is not None and tag.channel == "rest_api" else 0
    message = None
    if attempt.home_growth is not None:
        message = attempt.home_growth - (len(tag.dag_id) if tag.dag_id is not None else 0)
    return (
        access.method, tag.rule, tag.returns_to, tag.trailing, tag.doubled, tag.dag_id is None, access.status,
        None if tag.channel == "ui" and access.status in (200, 302) else access.size and access.size - dag,
        attempt.redirect.kind, access.user is not None, access.nameless,
        access.referer is not None or (access.agent or "").startswith("Mozilla/"),
        frozenset(each.event.rule for each in near), attempt.follow_up, message, attempt.after_logout,
    )  # fmt: skip


def _compete(one: Told, other: Told) -> bool:
    """Whether the same app line could be about either, and the requests look the same."""
    shared = {id(line) for line in one[1]} & {id(line) for line in other[1]}
    like = one[0].status == other[0].status and one[0].request.tag.rule == other[0].request.tag.rule
    return bool(shared) and like


def _differ(one: Sent, other: Sent) -> bool:
    return one.outcome != other.outcome and not one.optional


def _attempts(case: Case) -> dict[Place, Told]:
    found = Scan()
    logs = discovery.find_sources([str(path) for path in case.logs])
    for number, source in enumerate(logs):
        found += scan(source, number, case.setup)
    rules = ruleset(())
    attempts = gather.gather_evidence(found, rules)
    requests = sorted(found.whole().requests, key=lambda request: (request.place[0], request.access.order))
    near: defaultdict[tuple[int, int], list[Evidence]] = defaultdict(list)
    for windows, lines in app_lines.possible_joins(found, requests, {rule.id: rule for rule in rules.events}):
        for line in lines:
            for place in windows.fitting(line):
                request = windows.requests[place]
                near[request.source, request.access.order].append(line)
    return {
        (recordings.plain_name(logs[each.request.source].name), each.request.access.line): (
            each, near[each.request.source, each.request.access.order]
        )
        for each in attempts
    }  # fmt: skip
