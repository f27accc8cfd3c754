"""Attempts that nobody could tell apart by the logs alone: the same evidence, and another outcome.

Owns: what counts as the same evidence. Must not know: rules, verdicts.

What the logs hold about an attempt is the request (method, kind of path, status, size, whether a name was claimed,
whether a browser sent it), the app lines that could be about it, and what the browser asked for next, with the length
of the message on that page. Two attempts are twins if all that is the same, sizes without the length of the DAG's id;
or if one and the same app line could be about either (rivals).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import recordings

from logparse.scans.scan import Scan
from logparse.scans.scanner import scan
from logparse.scans.settings import ruleset
from logparse.sources import discovery
from logparse.verdicts.evidence import gather

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from recordings import Case, Sent

    from logparse.verdicts.attempt import Attempt

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
        same = [other for other in others if evidence(attempts[other]) == evidence(attempts[place])]
        rivals = [other for other in others if _compete(attempts[other], attempts[place])]
        if same or rivals:
            nearest = min(same or rivals, key=lambda other: (other[0] != place[0], abs(other[1] - place[1])))
            found[place] = Twin(nearest, rival=not same)
    return found


def evidence(attempt: Attempt) -> tuple[object, ...]:
    """All that the logs hold about an attempt and that could tell its outcome."""
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
        frozenset(each.event.rule for each in attempt.near), attempt.follow_up, message, attempt.after_logout,
    )  # fmt: skip


def _compete(one: Attempt, other: Attempt) -> bool:
    """Whether the same app line could be about either, and the requests look the same."""
    shared = {id(each) for each in one.near} & {id(each) for each in other.near}
    return bool(shared) and one.status == other.status and one.request.tag.rule == other.request.tag.rule


def _differ(one: Sent, other: Sent) -> bool:
    return one.outcome != other.outcome and not one.optional


def _attempts(case: Case) -> dict[Place, Attempt]:
    found = Scan()
    logs = discovery.find_sources([str(path) for path in case.logs])
    for number, source in enumerate(logs):
        found += scan(source, number, case.setup)
    return {
        (recordings.plain_name(logs[each.request.source].name), each.request.access.line): each
        for each in gather.gather_evidence(found, ruleset(()))
    }
