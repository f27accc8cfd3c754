"""An access line: its fields, the rule that tagged it, the evidence, the facts, the outcome.

Owns: the words for these steps. Must not know: which rules nearly fitted (``near``), other kinds of lines.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from logparse import redirects
from logparse.detect import carries, moment, shown
from logparse.explain import near
from logparse.explain.words import one_of, said

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from logparse.correlate import Attempt
    from logparse.explain.known import Around, Known
    from logparse.explain.words import Row

_REDIRECTS: Final = (301, 302, 303)
_UNITS: Final = {"size": " bytes", "duration": " microseconds", "user": " (as claimed)"}


def steps(known: Known, around: Around) -> Iterator[Row]:
    """All about an access line."""
    request = known.requests.get(around.number)
    access = request.access if request else around.access[around.number]
    form, start = around.request(known, around.number)
    yield "kind", "access line"
    if start is None:
        yield "", "only its end: what stands before the user name fits no format, so client and user are not known"
    elif start < around.number:
        yield "", f"begun in line {start}: its user name holds line breaks"
    if form is not None:
        yield "line format", f"{form.id}: {form.title}"
    yield "  time", f"{moment(access.time)}{f', from {access.time_source}' if access.time_source else ''}"
    names = ("client", "user", "method", "target", "status", "size", "referer", "agent", "location", "duration")
    values = {name: getattr(access, name) for name in names}
    yield from (
        (f"  {name}", f"{said(each)}{_UNITS.get(name, '')}") for name, each in values.items() if each is not None
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
        about = [str(line) for line, each in known.attempts.items() if each.followed_by is request]
        yield "  tells of", f"the attempt in line {', '.join(about)}" if about else "no attempt by itself"


def _attempt(known: Known, attempt: Attempt) -> Iterator[Row]:
    tag = attempt.request.tag
    rule = next(each for each in known.rules.attempts if each.id == tag.rule)
    places = f" (looked for in: {', '.join(rule.dag_id)})" if rule.dag_id else ""
    yield "attempt", f"{rule.id}: {rule.title}"
    yield "  channel", tag.channel
    yield "  dag_id", shown(tag.dag_id) if tag.dag_id else f"the request names none{places}"
    yield "  path", shown(tag.path)
    yield "evidence", ""
    yield from _events(known, attempt)
    if tag.channel == "ui" and attempt.status in _REDIRECTS:
        yield "  redirect", _redirect(attempt)
        yield "  follow-up", _follow_up(attempt)
    if tag.channel == "rest_api":
        yield "  fleet", f"Basic authentication on this REST API: {attempt.basic_auth}"
    yield "  fleet", f"{'some' if attempt.channel_accepts else 'no'} attempt on this channel was accepted"
    if attempt.dag_missing:
        yield "  fleet", "an API said that there is no DAG of this id, and none ever ran it"
    facts = known.judge.facts(attempt)
    yield "facts", "; ".join(f"{name} = {said(fact)}" for name, fact in facts.items())
    yield from _outcome(known, attempt, facts)


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
    yield from near.outcomes(known.rules.outcomes, rule, facts)
