"""An access line: its fields, the rule that tagged it, the evidence, the facts, the outcome.

Owns: the words for these steps. Must not know: which rules nearly fitted (``near``), other kinds of lines.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from logparse.causes import remedies
from logparse.common.schema import Confidence, Outcome
from logparse.common.text import shown
from logparse.common.timestamps import format_time
from logparse.formats.capabilities import list_capabilities
from logparse.inspection.explain import near_misses
from logparse.inspection.explain.evidence import describe_evidence
from logparse.inspection.explain.wording import one_of, said
from logparse.rules.model import LADDER
from logparse.scans import redirects
from logparse.verdicts import permissions
from logparse.verdicts.evidence.record_takers import may_leave_row
from logparse.verdicts.verdict import Doubt, doubts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from logparse.inspection.explain.context import Around, Known
    from logparse.inspection.explain.wording import Row
    from logparse.lines.access import Access
    from logparse.rules.model import OutcomeRule
    from logparse.verdicts.attempt import Attempt

_FORGEABLE: Final = (
    "a stranger could have written this line: it directly follows the line of a login, and a name that is typed there "
    "can hold line breaks"
)
_DOUBTS: Final[dict[str, str]] = {
    Doubt.CONTESTED_LINE: "the app line could be about another request",
    Doubt.UNPROVED_LINE: "nothing but their order joins the app line with this request",
    Doubt.GENERAL_LINE: "the app line is known only by the words that such messages mostly have",
    Doubt.CONTESTED_PAGE: "the page that followed could have followed another attempt",
    Doubt.CONTESTED_RECORD: "the record of the database could be about another request",
    Doubt.TYPED_NAME: "a stranger could have written this line",
}
_READINGS: Final[dict[str, str]] = {
    Confidence.CONFIRMED: "the evidence allows one reading",
    Confidence.LIKELY: "this is the usual reading",
    Confidence.AMBIGUOUS: "another reading is possible",
}
_UNITS: Final = {"size": " bytes", "total": " bytes with headers", "duration": " microseconds"}


def describe_access_line(known: Known, around: Around) -> Iterator[Row]:
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
    yield "  time", f"{format_time(access.time)}{f', from {access.time_source}' if access.time_source else ''}"
    size = "size" if access.total is None else "total"
    names = ("client", "user", "method", "target", "status", size, "referer", "agent", "location", "duration")
    values = {name: getattr(access, name) for name in names}
    notes = {
        **_UNITS,
        "client": _describe_client_origin(access),
        "user": " (the proxy's word)" if access.vouched else " (as claimed)",
    }
    yield from (
        (f"  {name}", f"{said(each)}{notes.get(name, '')}") for name, each in values.items() if each is not None
    )
    told = list_capabilities(form, [around.line]) if form is not None else {}
    absent = [name for name in names if values[name] is None and not told.get(name, True)]
    if absent:
        yield "  not logged", f"{', '.join(absent)}: not part of this format"
    if access.shadowed:
        yield "  caution", _FORGEABLE
    if request is None:
        yield "attempt", "no rule is about this request"
        yield from near_misses.attempts(known.rules.attempts, access)
    elif around.number in known.attempts:
        yield from _describe_attempt(known, known.attempts[around.number])
    elif around.number in known.repeated:
        yield "attempt", f"counted once, by {known.where(*known.repeated[around.number])}, which holds the same request"
    elif request.tag.channel:
        yield "attempt", "no: this server triggers nothing by such a request"
    else:
        rule = next(each for each in known.rules.follow_ups if each.id == request.tag.rule)
        yield "attempt", f"no, but a request that may show what became of one; {rule.id}: {rule.title}"
        about = [
            known.where(each.request.source, each.request.access.line)
            for each in known.everywhere
            if each.followed_by is not None and each.followed_by.access is access
        ]
        yield "  about", f"the attempt in {', '.join(about)}" if about else "no attempt by itself"


def _describe_client_origin(access: Access) -> str:
    """How it is known where a request came from, unless the server that wrote the line saw it itself."""
    return "" if access.peer is None else f", as the trusted proxy {said(access.peer)} forwards it"


def _describe_attempt(known: Known, attempt: Attempt) -> Iterator[Row]:
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
        yield from describe_evidence(known, attempt)
    yield from _describe_caller(known, attempt)
    facts = known.judge.facts(attempt)
    if known.verbose:
        yield "facts", "; ".join(f"{name} = {said(fact)}" for name, fact in facts.items())
    yield from _describe_outcome(known, attempt, facts)


def _describe_outcome(known: Known, attempt: Attempt, facts: Mapping[str, Any]) -> Iterator[Row]:
    verdict = known.judge.decide(attempt)
    rule = verdict.rule
    yield "outcome", ", ".join(filter(None, (verdict.outcome, verdict.reason, verdict.detail)))
    yield "  confidence", f"{verdict.confidence}: {_READINGS[verdict.confidence]}"
    if rule and rule.confidence != verdict.confidence:
        causes = "; ".join(_DOUBTS[doubt] for doubt in doubts(rule, attempt))
        yield "", f"the rule alone says {rule.confidence}, but {causes}"
    yield "  evidence", verdict.evidence
    if rule is None:
        yield "  rule", "none: no outcome rule fits these facts"
    else:
        yield "  rule", f"{rule.id}: {rule.title}"
        yield "  because", "; ".join(f"{name} is {one_of(wanted)}" for name, wanted in rule.when.items())
        for name in ("explanation", "remedy", "versions", "reference"):
            if getattr(rule, name):
                yield f"  {name}", getattr(rule, name)
    yield from _describe_lack(known, attempt, verdict.outcome)
    yield from _describe_ladder(known, rule, facts)
    yield from _describe_missing_exports(known, attempt, rule, facts)
    if known.verbose or rule is None:
        yield from near_misses.outcomes(known.rules.outcomes, rule, facts)


def _describe_caller(known: Known, attempt: Attempt) -> Iterator[Row]:
    """Who made the attempt, and how that is known."""
    person = known.persons[id(attempt)]
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


def _describe_lack(known: Known, attempt: Attempt, outcome: str) -> Iterator[Row]:
    """What the caller lacked, where users and roles were given."""
    people = known.exports.people
    if outcome != Outcome.AUTHORIZATION_FAILURE or not people.given:
        return
    user = known.persons[id(attempt)].user
    dag = attempt.dag_id
    lack = permissions.lacking(attempt, user, people, dag)
    if lack is None:
        yield "  missing", "the users and roles given do not show it, or permit it by now"
        return
    yield "  missing", shown(lack.missing)
    yield "  roles", f"{said(lack.user)} has {shown(', '.join(lack.roles)) or 'none'}; none of them grants it"
    yield "", f"access_control of the DAG could{'' if lack.by_access_control else ' not'} grant it"
    yield "  grant", remedies.remedy([lack], [dag] if dag else [])


def _describe_ladder(known: Known, decided: OutcomeRule | None, facts: Mapping[str, Any]) -> Iterator[Row]:
    """What every rung of the ladder says by itself, the strongest first."""
    found = known.judge.rungs(facts)
    yield "ladder", f"silent: {', '.join(rung for rung in LADDER if rung not in found) or 'none'}"
    for rung in filter(found.__contains__, LADDER):
        rule = found[rung]
        yield "", f"{rung}: {_describe_verdict(rule)} ({rule.id}){', which decides' if rule is decided else ''}"


def _describe_missing_exports(
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
            yield "with exports", "an audit log would name the user, and change nothing else"
        else:
            yield (
                "with exports",
                f"a row in the audit log: {_describe_verdict(row)}; none there: {_describe_verdict(absent)}",
            )
    if attempt.run.state == "unknown" and (
        attempt.request.access.proxy == "closed" or attempt.status in redirects.STATUSES
    ):
        made = known.judge.rule_for({**facts, "run": "row"})
        yield "", f"a DAG run made at that time: {_describe_verdict(made)}"


def _describe_verdict(rule: OutcomeRule | None) -> str:
    if rule is None:
        return Outcome.UNDETERMINED
    detail = "" if rule.detail == "event" else rule.detail
    return f"{', '.join(filter(None, (rule.outcome, rule.reason, detail)))}, {rule.confidence}"
