"""An access line: its fields, the rule that tagged it, the evidence, the facts, the outcome.

Owns: the words for these steps. Must not know: which rules nearly fitted (``near``), other kinds of lines.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeVar

from logparse import permissions, redirects
from logparse.correlate.records import may_leave_row
from logparse.detect import carries, shown
from logparse.explain import near
from logparse.explain.words import one_of, said
from logparse.rules.types import LADDER
from logparse.schema import Outcome
from logparse.timestamps import moment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from logparse.access import Access
    from logparse.correlate import Attempt
    from logparse.correlate.attempt import Joined
    from logparse.explain.known import Around, Known
    from logparse.explain.words import Row
    from logparse.exports.audit import AuditRecord
    from logparse.exports.runs import RunRecord
    from logparse.rules import OutcomeRule

Record = TypeVar("Record", "AuditRecord", "RunRecord")

_UNITS: Final = {"size": " bytes", "duration": " microseconds"}


def steps(known: Known, around: Around) -> Iterator[Row]:
    """All about an access line."""
    request = known.requests.get(around.number)
    access = request.access if request else around.access[around.number]
    form, start = around.request(known, around.number)
    yield "kind", "access line"
    if start is None:
        yield "", "only its end: what stands before the user name fits no format, so client and user are not known"
    elif start < around.number:
        yield "", f"begun in line {known.payloads[start].line}: its user name holds line breaks"
    if form is not None:
        yield "line format", f"{form.id}: {form.title}"
    yield "  time", f"{moment(access.time)}{f', from {access.time_source}' if access.time_source else ''}"
    names = ("client", "user", "method", "target", "status", "size", "referer", "agent", "location", "duration")
    values = {name: getattr(access, name) for name in names}
    notes = {**_UNITS, "client": _way(access), "user": " (the proxy's word)" if access.vouched else " (as claimed)"}
    yield from (
        (f"  {name}", f"{said(each)}{notes.get(name, '')}") for name, each in values.items() if each is not None
    )
    told = carries(form, [around.line]) if form is not None else {}
    absent = [name for name in names if values[name] is None and not told.get(name, True)]
    if absent:
        yield "  not told", f"{', '.join(absent)}: the format does not carry that"
    if access.shadowed:
        yield "  caution", "the line stands behind a typed name, where a stranger could have written it"
    if request is None:
        yield "attempt", "no rule is about this request"
        yield from near.attempts(known.rules.attempts, access)
    elif request.tag.channel:
        yield from _attempt(known, known.attempts[around.number])
    else:
        rule = next(each for each in known.rules.follow_ups if each.id == request.tag.rule)
        yield "attempt", f"no, but a request that may tell about one; {rule.id}: {rule.title}"
        about = [str(each.request.access.line) for each in known.attempts.values() if each.followed_by is request]
        yield "  tells of", f"the attempt in line {', '.join(about)}" if about else "no attempt by itself"


def _way(access: Access) -> str:
    """How it is known where a request came from, unless the server that wrote the line saw it itself."""
    return "" if access.peer is None else f", as the trusted proxy {said(access.peer)} forwards it"


def _attempt(known: Known, attempt: Attempt) -> Iterator[Row]:
    tag = attempt.request.tag
    rule = next(each for each in known.rules.attempts if each.id == tag.rule)
    places = f" (looked for in: {', '.join(rule.dag_id)})" if rule.dag_id else ""
    yield "attempt", f"{rule.id}: {rule.title}"
    yield "  channel", tag.channel
    yield "  dag_id", shown(tag.dag_id) if tag.dag_id else f"the request names none{places}"
    yield "  path", shown(tag.path)
    yield "evidence", ""
    if attempt.request.access.proxy == "refused":
        yield "  proxy", "answered by itself; Airflow never saw the request, so nothing else can be about it"
    else:
        yield from _evidence(known, attempt)
    yield from _person(known, attempt)
    facts = known.judge.facts(attempt)
    yield "facts", "; ".join(f"{name} = {said(fact)}" for name, fact in facts.items())
    yield from _outcome(known, attempt, facts)


def _evidence(known: Known, attempt: Attempt) -> Iterator[Row]:
    tag = attempt.request.tag
    if attempt.request.access.proxy == "closed":
        yield "  proxy", "the client left before the answer"
    yield from _records(known, attempt)
    yield from _events(known, attempt)
    if tag.channel == "ui" and attempt.status in redirects.STATUSES:
        yield "  redirect", _redirect(attempt)
        yield "  follow-up", _follow_up(attempt)
    if tag.channel == "rest_api":
        yield "  fleet", f"Basic authentication on this REST API: {attempt.basic_auth}"
    yield "  fleet", f"{'some' if attempt.channel_accepts else 'no'} attempt on this channel was accepted"
    if attempt.dag_missing:
        yield "  fleet", "an API said that there is no DAG of this id, and none ever ran it"


def _events(known: Known, attempt: Attempt) -> Iterator[Row]:
    titles = {rule.id: rule.title for rule in known.rules.events}
    for each in attempt.events:
        yield "  app line", f"line {each.message.line}: {shown(each.message.text)}"
        yield "", f"{each.event.rule}: {titles[each.event.rule]}"
        if each.event.detail:
            yield "", f"detail {each.event.detail}"
    if not attempt.events:
        silence = "app lines are at hand, so silence says something" if attempt.app_log else "no app lines are at hand"
        yield "  app line", f"none joined; {silence}"
    if attempt.contested:
        yield "", "contested: another request could have left the app line as well"
    if attempt.rival:
        yield "", "contested: an app line that went to another request could be about this one"


def _redirect(attempt: Attempt) -> str:
    access, found = attempt.request.access, attempt.redirect
    if found.evidence == "location":
        return f"{found.kind}, told by location: {said(access.location)}"
    kind = f"{found.kind}, told by response_size" if found.kind else "not told"
    fixed = redirects.FIXED[: 1 if "/dags/" in attempt.request.tag.path else None]  # as redirects does
    sums = [f"({access.size} - {each}) / 2 = {(access.size - each) / 2:g}" for each in fixed if access.size]
    return f"{kind}: " + (
        f"a target of {' or '.join(sums)} characters" if sums else "the line has no Location and no size"
    )


def _follow_up(attempt: Attempt) -> str:
    if attempt.followed_by is None:
        return attempt.follow_up or "none found"
    line = attempt.followed_by.access.line
    grown = (
        f"; {attempt.home_growth:+} bytes against that page without a message"
        if attempt.home_growth is not None
        else ""
    )
    contested = "; contested: it may follow another attempt" if attempt.follow_up_contested else ""
    return f"{attempt.follow_up}, line {line}{grown}{contested}"


def _outcome(known: Known, attempt: Attempt, facts: Mapping[str, Any]) -> Iterator[Row]:
    verdict = known.judge.decide(attempt)
    rule = verdict.rule
    yield "outcome", ", ".join(filter(None, (verdict.outcome, verdict.reason, verdict.detail)))
    weaker = f" (the rule alone says {rule.confidence})" if rule and rule.confidence != verdict.confidence else ""
    yield "  confidence", f"{verdict.confidence}{weaker}"
    yield "  evidence", verdict.evidence
    if rule is None:
        yield "  rule", "none: no outcome rule fits these facts"
    else:
        yield "  rule", f"{rule.id}: {rule.title}"
        yield "  because", "; ".join(f"{name} is {one_of(wanted)}" for name, wanted in rule.when.items())
        for name in ("explanation", "remedy", "versions", "reference"):
            if getattr(rule, name):
                yield f"  {name}", getattr(rule, name)
    yield from _lack(known, attempt, verdict.outcome)
    yield from _rungs(known, rule, facts)
    yield from _with_exports(known, attempt, rule, facts)
    yield from near.outcomes(known.rules.outcomes, rule, facts)


def _person(known: Known, attempt: Attempt) -> Iterator[Row]:
    """Who made the attempt, and how that is known."""
    person = known.persons[attempt.request.access.order]
    if person.user is None:
        yield "  user", "not known"
        return
    proof = "the server took the caller for this user" if person.verified else "not proven for this request"
    source = {
        "claimed": "claimed in a Basic header",
        "proxy": "named by the proxy that looked at the credentials",
        "app_log": "named in an app line",
        "audit_log": "named by an export",
        "session": "the one user that this browser at this address was",
    }[person.source or "claimed"]
    yield "  user", f"{said(person.user)}: {source}; {proof}"


def _lack(known: Known, attempt: Attempt, outcome: str) -> Iterator[Row]:
    """What the caller lacked, where users and roles were given."""
    people = known.exports.people
    if outcome != Outcome.AUTHORIZATION_FAILURE or not people.given:
        return
    user = known.persons[attempt.request.access.order].user
    dag = attempt.dag_id
    lack = permissions.lacking(attempt, user, people, dag)
    if lack is None:
        yield "  missing", "the users and roles given do not tell, or permit it by now"
        return
    yield "  missing", shown(lack.missing)
    yield "  roles", f"{said(lack.user)} has {shown(', '.join(lack.roles)) or 'none'}; none of them grants it"
    yield "", f"access_control of the DAG could{'' if lack.by_access_control else ' not'} grant it"
    yield "  grant", permissions.remedy([lack], [dag] if dag else [])


def _rungs(known: Known, decided: OutcomeRule | None, facts: Mapping[str, Any]) -> Iterator[Row]:
    """What every rung of the ladder says by itself, the strongest first."""
    found = known.judge.rungs(facts)
    yield "ladder", f"silent: {', '.join(rung for rung in LADDER if rung not in found) or 'none'}"
    for rung in filter(found.__contains__, LADDER):
        rule = found[rung]
        yield "", f"{rung}: {_verdict(rule)} ({rule.id}){', which decides' if rule is decided else ''}"


def _with_exports(
    known: Known, attempt: Attempt, decided: OutcomeRule | None, facts: Mapping[str, Any]
) -> Iterator[Row]:
    """What exports that were not given would change."""
    rule = next(each for each in known.rules.attempts if each.id == attempt.request.tag.rule)
    if attempt.request.access.proxy == "refused":
        yield "with exports", "nothing: Airflow never saw the request"
        return
    if attempt.audit.state == "unknown" and may_leave_row(attempt.request, rule):
        row = known.judge.rule_for({**facts, "audit": "row"})
        absent = known.judge.rule_for({**facts, "audit": "absent"})
        if row is decided is absent:
            yield "with exports", "an audit log would tell the user, and change nothing else"
        else:
            yield "with exports", f"a row in the audit log: {_verdict(row)}; none there: {_verdict(absent)}"
    if attempt.run.state == "unknown" and (
        attempt.request.access.proxy == "closed" or attempt.status in redirects.STATUSES
    ):
        made = known.judge.rule_for({**facts, "run": "row"})
        yield "", f"a DAG run made at that time: {_verdict(made)}"


def _verdict(rule: OutcomeRule | None) -> str:
    if rule is None:
        return Outcome.UNDETERMINED
    detail = "" if rule.detail == "event" else rule.detail
    return f"{', '.join(filter(None, (rule.outcome, rule.reason, detail)))}, {rule.confidence}"


def _records(known: Known, attempt: Attempt) -> Iterator[Row]:
    """What the exports say."""
    rule = next(each for each in known.rules.attempts if each.id == attempt.request.tag.rule)
    if known.exports.audit is not None and not may_leave_row(attempt.request, rule):
        yield "  audit log", f"requests that are answered {attempt.status} leave no row there"
    elif known.exports.audit is not None:
        yield "  audit log", _joined(attempt.audit, lambda row: f"{row.event} by {said(row.user)}")
    if known.exports.runs is not None:
        yield "  DAG runs", _joined(attempt.run, lambda run: f"run {said(run.run_id)}")


def _joined(joined: Joined[Record], told: Callable[[Record], str]) -> str:
    record = joined.record
    if record is None:
        return {
            "absent": "none of this request, though the export reaches over its time",
            "unknown": "nothing that is sure: not in the export's time, or another request's as well",
        }[joined.state]
    sure = "; contested: another request may have left it" if joined.contested else ""
    return f"{told(record)} of {said(record.dag_id)}, {moment(record.time)}{sure}"
