"""Attempt x evidence: which app lines and which later requests are about which attempt.

Owns: the order in which evidence is gathered. Must not know: what it all means (``decide``).

Several workers write into one stream and nothing but order and time links an app line to its request, so a join is
conservative: where another request could have left the line as well, the join is ``contested``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from logparse.verdicts.attempt import Attempt
from logparse.verdicts.evidence import (
    answer_bodies,
    app_lines,
    follow_ups,
    logins,
    page_messages,
    records,
    server_facts,
)
from logparse.verdicts.exports import loader

if TYPE_CHECKING:
    from collections.abc import Callable

    from logparse.rules.model import RuleSet
    from logparse.scans.scan import Scan
    from logparse.verdicts.evidence.follow_ups import Latest
    from logparse.verdicts.exports.loader import Exports
    from logparse.verdicts.verdict import Verdict

__all__ = ["Attempt", "correlate"]


def correlate(
    found: Scan,
    rules: RuleSet,
    given: Exports = loader.NONE,
    expected: Callable[[Attempt], Verdict] | None = None,
    latest: Latest | None = None,
) -> list[Attempt]:
    """The attempts of ``found`` in order of log and line, with the evidence about each.

    Args:
        found: of one Airflow.
        rules: the rule set.
        given: exports of the same Airflow.
        expected: what the logs alone tell; needed with exports, since of two requests the one that was
            refused leaves no record.
        latest: by log and order of a request, the latest time of any request up to there that is not in ``found``.
    """
    found = found.whole()
    requests = sorted(found.requests, key=lambda each: (each.place[0], each.access.order))
    attempts = {id(each): Attempt(each) for each in requests if each.tag.channel}
    attempted = list(attempts.values())
    # What a proxy answered by itself left no trace in Airflow, and says nothing of it.
    requests = [each for each in requests if each.access.proxy != "refused"]
    known = [each for each in attempted if each.request.access.proxy != "refused"]
    app_lines.join(found, requests, attempts, {rule.id: rule for rule in rules.events})
    logins.note(requests, found.evidence, known)
    app_lines.note_app_log(found, known)
    follow_ups.note_sessions(requests, known)
    follow_ups.find_redirects(requests, known)
    ordered = follow_ups.in_time(requests, found.coverage, latest or {})
    follow_ups.join(ordered, attempts)
    follow_ups.note_pages(requests, known)
    page_messages.read(ordered, known)
    answer_bodies.read(known)
    server_facts.note(known)
    attempted = [each for each in attempted if each.bare_login or not each.request.tag.provisional]
    if expected is not None:
        about = {rule.id: rule for rule in (*rules.attempts, *rules.follow_ups)}
        known = [each for each in known if each.bare_login or not each.request.tag.provisional]
        left = {id(each.request): each for each in known}
        records.join_audit(requests, left, about, given, expected)
        records.join_runs(known, given, expected)
    return attempted
