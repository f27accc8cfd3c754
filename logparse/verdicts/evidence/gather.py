"""The attempts of a deployment with the evidence about each: app lines, later requests, and records of the database.

Several workers write into one stream, and nothing but order and time links an app line to its request. Where another
request could have left the line as well, the join is therefore marked as ``contested``.

Owns: the order in which evidence is gathered. Must not know: what the evidence means (``verdict``).
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from logparse.rules.roles import TriggerPage
from logparse.verdicts.attempt import Attempt
from logparse.verdicts.evidence import (
    answer_bodies,
    app_lines,
    app_log_spans,
    dag_pages,
    follow_ups,
    known_dags,
    logouts,
    page_messages,
    records,
    redirect_targets,
    request_order,
    role_checks,
    server_facts,
    sessions,
    trigger_forms,
    unread_names,
)
from logparse.verdicts.evidence.record_members import Members
from logparse.verdicts.evidence.server_eras import Eras
from logparse.verdicts.exports import loader

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from logparse.rules.model import RequestRule, RuleSet
    from logparse.scans.scan import Request, Scan
    from logparse.verdicts.evidence.request_order import Latest
    from logparse.verdicts.evidence.server_eras import Era
    from logparse.verdicts.exports.loader import Exports
    from logparse.verdicts.verdict import Verdict


class Gathered(NamedTuple):
    """The attempts of a deployment, with what its logs show about each.

    Attributes:
        attempts: in order of log and line.
        requests: all requests that reached Airflow, in order of log and line.
    """

    attempts: list[Attempt]
    requests: list[Request]

    def reached(self) -> dict[int, Attempt]:
        """Return the attempts that reached Airflow, by ``id()`` of their request."""
        return {id(attempt.request): attempt for attempt in self.attempts if attempt.request.access.proxy != "refused"}


def gather_evidence(
    scan: Scan,
    rules: RuleSet,
    exports: Exports = loader.NONE,
    expected: Callable[[Attempt], Verdict] | None = None,
) -> list[Attempt]:
    """Return the attempts of a deployment in order of log and line, with all evidence about each.

    Args:
        scan: what the logs of the deployment hold.
        rules: the rules of the run.
        exports: of the database of the same Airflow.
        expected: gives the verdict by the logs alone. It is needed with exports, since of two requests the one that was
            refused leaves no record.
    """
    found = gather_from_logs(scan, rules)
    if expected is not None:
        members = Members(found.requests, found.reached())
        audit = records.join_audit(members, request_rules(rules), exports, expected)
        records.join_runs(members, exports, audit, expected)
    return found.attempts


def request_rules(rules: RuleSet) -> dict[str, RequestRule]:
    """Return the rules about requests by their ids."""
    return {rule.id: rule for rule in (*rules.attempts, *rules.follow_ups)}


def gather_from_logs(scan: Scan, rules: RuleSet, latest: Latest | None = None) -> Gathered:
    """Gather what logs show about the attempts of a deployment.

    Args:
        scan: what they hold.
        rules: the rules of the run.
        latest: by log and order of a request, the latest time of any request up to there that is not in ``scan``.
    """
    scan = scan.whole()
    requests = sorted(scan.requests, key=lambda request: (request.place[0], request.access.order))
    attempts = {id(request): Attempt(request) for request in requests if request.tag.channel}
    attempted = list(attempts.values())
    # What a proxy answered by itself left no trace in Airflow, and shows nothing about it.
    requests = [request for request in requests if request.access.proxy != "refused"]
    known = [attempt for attempt in attempted if attempt.request.access.proxy != "refused"]
    joins = app_lines.join_app_lines(scan, requests, attempts, {rule.id: rule for rule in rules.events})
    sessions.note_sessions(requests, scan.evidence, known)
    app_log_spans.note_app_log(scan, known)
    site = redirect_targets.note_redirects(requests, known)
    ordered = request_order.sort_by_time(requests, scan.coverage, latest or {})
    follow_ups.join_follow_ups(ordered, attempts, site)
    logouts.note_logouts(ordered, attempts)
    follow_ups.note_pages_seen(requests, known)
    eras = Eras(scan)
    answer_bodies.read_bodies(known)
    known_dags.note_dags(known)
    _read_page_messages(ordered, known, eras)
    known_dags.note_dags_shown(known)
    role_checks.note_role_checks(known)
    server_facts.note_server_facts(known, requests, joins, eras)
    unread_names.note_unread_names(scan, requests, known)
    forms = trigger_forms.find_forms(requests, known)
    return Gathered([attempt for attempt in attempted if _is_attempt(attempt, forms)], requests)


def _read_page_messages(requests: Sequence[Request], attempts: Sequence[Attempt], eras: Eras) -> None:
    """Read the pages of each era by themselves, since another version may word its messages otherwise.

    Pages of one browser that several processes wrote belong together, and stay so.
    """
    if len({request.place for request in requests}) > 1:
        _read_pages(requests, attempts)
        return
    parts: defaultdict[Era, tuple[list[Request], list[Attempt]]] = defaultdict(lambda: ([], []))
    for request in requests:
        parts[eras.era_of(request)][0].append(request)
    for attempt in attempts:
        parts[eras.era_of(attempt.request)][1].append(attempt)
    for pages, members in parts.values():
        _read_pages(pages, members)


def _read_pages(requests: Sequence[Request], attempts: Sequence[Attempt]) -> None:
    dag_pages.read_dag_pages(requests, attempts, page_messages.read_page_messages(requests, attempts))


def _is_attempt(attempt: Attempt, forms: trigger_forms.Forms) -> bool:
    """Whether a request that counts as an attempt only on servers with a bare login page is on such a server.

    Args:
        attempt: of the deployment.
        forms: for which DAGs opening the trigger page asks for no run.
    """
    if attempt.request.access.method != "GET":
        return True
    if attempt.bare_login:
        return not (attempt.request.tag.endpoint.page == TriggerPage.MODERN and forms.show(attempt.request))
    return not attempt.request.tag.provisional and not attempt.login_returns
