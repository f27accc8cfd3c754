"""Attempt x evidence: which app lines and which later requests are about which attempt.

Owns: the order in which evidence is gathered. Must not know: what it all means (``decide``).

Several workers write into one stream and nothing but order and time links an app line to its request, so a join is
conservative: where another request could have left the line as well, the join is ``contested``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from logparse import exports
from logparse.correlate import bodies, context, events, flashes, follow_ups, logins, records
from logparse.correlate.attempt import Attempt

if TYPE_CHECKING:
    from collections.abc import Callable

    from logparse.correlate.bodies import Links
    from logparse.correlate.follow_ups import Latest
    from logparse.decide import Verdict
    from logparse.exports import Exports
    from logparse.found import Scan
    from logparse.rules import RuleSet

__all__ = ["Attempt", "Others", "correlate"]


class Others(NamedTuple):
    """What requests tell that are not looked at one by one.

    Attributes:
        latest: by log and order of another request, the latest time of any up to there.
        links: by log, lengths of its 401.
    """

    latest: Latest
    links: Links


def correlate(
    found: Scan,
    rules: RuleSet,
    given: Exports = exports.NONE,
    expected: Callable[[Attempt], Verdict] | None = None,
    others: Others | None = None,
) -> list[Attempt]:
    """The attempts of ``found`` in order of log and line, with the evidence about each.

    Args:
        found: of one Airflow.
        rules: the rule set.
        given: exports of the same Airflow.
        expected: what the logs alone tell; needed with exports, since of two requests the one that was
            refused leaves no record.
        others: what requests tell that are not in ``found``.
    """
    found, others = found.whole(), others or Others({}, {})
    requests = sorted(found.requests, key=lambda each: (each.place[0], each.access.order))
    attempts = {id(each): Attempt(each) for each in requests if each.tag.channel}
    attempted = list(attempts.values())
    # What a proxy answered by itself left no trace in Airflow, and says nothing of it.
    requests = [each for each in requests if each.access.proxy != "refused"]
    known = [each for each in attempted if each.request.access.proxy != "refused"]
    events.join(found, requests, attempts, {rule.id: rule for rule in rules.events})
    logins.note(requests, found.evidence, known)
    events.note_app_log(found, known)
    follow_ups.note_sessions(requests, known)
    follow_ups.find_redirects(requests, known)
    ordered = follow_ups.in_time(requests, found.coverage, others.latest)
    follow_ups.join(ordered, attempts)
    follow_ups.note_pages(requests, known)
    flashes.read(ordered, known)
    bodies.read(known, others.links)
    context.note(known)
    attempted = [each for each in attempted if each.bare_login or not each.request.tag.provisional]
    if expected is not None:
        about = {rule.id: rule for rule in (*rules.attempts, *rules.follow_ups)}
        known = [each for each in known if each.bare_login or not each.request.tag.provisional]
        left = {id(each.request): each for each in known}
        records.join_audit(requests, left, about, given, expected)
        records.join_runs(known, given, expected)
    return attempted
