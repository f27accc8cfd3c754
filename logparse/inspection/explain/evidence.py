"""The evidence about one attempt, in words.

Owns: which evidence is shown, and its wording. Must not know: how evidence is joined.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from logparse.common.text import shown
from logparse.common.timestamps import format_time
from logparse.inspection.explain.wording import said
from logparse.scans import redirects
from logparse.verdicts.evidence.record_takers import may_leave_row

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from logparse.inspection.explain.context import Known
    from logparse.inspection.explain.wording import Row
    from logparse.verdicts.attempt import Attempt, Joined
    from logparse.verdicts.exports.audit_log import AuditRecord
    from logparse.verdicts.exports.dag_runs import RunRecord

Record = TypeVar("Record", "AuditRecord", "RunRecord")


def describe_evidence(known: Known, attempt: Attempt) -> Iterator[Row]:
    """Yield all evidence about an attempt, as rows of label and text."""
    tag = attempt.request.tag
    if attempt.request.access.proxy == "closed":
        yield "  proxy", "the client left before the answer"
    yield from _describe_records(known, attempt)
    yield from _describe_events(known, attempt)
    if tag.channel == "ui" and attempt.status in redirects.STATUSES:
        yield "  redirect", _describe_redirect(attempt)
        yield "  follow-up", _describe_follow_up(known, attempt)
    if tag.channel == "rest_api":
        yield "  fleet", f"Basic authentication on this REST API: {attempt.basic_auth}"
    yield "  fleet", f"{'some' if attempt.channel_accepts else 'no'} attempt on this channel was accepted"
    if attempt.dag_missing:
        yield "  fleet", "an API said that there is no DAG of this id, and none ever ran it"
    if attempt.dag_broken:
        yield "  fleet", "the REST API said that the file of this DAG cannot be loaded, and made no run of it"
    if attempt.let_in and tag.channel == "ui":
        yield "  fleet", "the same browser was let in at another time to trigger this DAG"


def _describe_events(known: Known, attempt: Attempt) -> Iterator[Row]:
    titles = {rule.id: rule.title for rule in known.rules.events}
    for each in attempt.events:
        yield "  app line", f"{known.where(each.source, each.message.line)}: {shown(each.message.text)}"
        yield "", f"{each.event.rule}: {titles[each.event.rule]}"
        if each.event.detail:
            yield "", f"detail {each.event.detail}"
    if not attempt.events:
        if attempt.app_log:
            yield "  app line", "none is about this request, though the log has app lines; that is evidence too"
        else:
            yield "  app line", "none; the log has no app lines"
    if attempt.contested:
        yield "", "contested: another request could have left the app line as well"
    if attempt.rival:
        yield "", "contested: an app line that went to another request could be about this one"


def _describe_redirect(attempt: Attempt) -> str:
    access, found = attempt.request.access, attempt.redirect
    if found.evidence == "location":
        return f"{found.kind}, known by location: {said(access.location)}"
    kind = f"{found.kind}, known by response_size" if found.kind else "not known"
    fixed = redirects.FIXED[: 1 if "/dags/" in attempt.request.tag.path else None]  # as redirects does
    copies = redirects.COPIES
    if found.frame and found.frame not in redirects.FIXED:
        fixed, copies = (found.frame,), redirects.HEADED_COPIES
    sums = [f"({access.size} - {each}) / {copies} = {(access.size - each) / copies:g}" for each in fixed if access.size]
    return f"{kind}: " + (
        f"a target of {' or '.join(sums)} characters" if sums else "the line has no Location and no size"
    )


def _describe_follow_up(known: Known, attempt: Attempt) -> str:
    if attempt.followed_by is None:
        return attempt.follow_up or "none found"
    place = known.where(attempt.followed_by.source, attempt.followed_by.access.line)
    grown = (
        f"; {attempt.home_growth:+} bytes against that page without a message"
        if attempt.home_growth is not None
        else ""
    )
    contested = "; contested: it may follow another attempt" if attempt.follow_up_contested else ""
    return f"{attempt.follow_up}, {place}{grown}{contested}"


def _describe_records(known: Known, attempt: Attempt) -> Iterator[Row]:
    """What the exports say."""
    rule = next(each for each in known.rules.attempts if each.id == attempt.request.tag.rule)
    if known.exports.audit is not None and not may_leave_row(attempt.request, rule):
        yield "  audit log", f"requests that are answered {attempt.status} leave no row there"
    elif known.exports.audit is not None:
        yield "  audit log", _describe_joined(attempt.audit, lambda row: f"{row.event} by {said(row.user)}")
    if known.exports.runs is not None:
        yield "  DAG runs", _describe_joined(attempt.run, lambda run: f"run {said(run.run_id)}")


def _describe_joined(joined: Joined[Record], told: Callable[[Record], str]) -> str:
    record = joined.record
    if record is None:
        return {
            "absent": "none of this request, though the export reaches over its time",
            "unknown": "nothing that is sure: not in the export's time, or another request's as well",
        }[joined.state]
    sure = "; contested: another request may have left it" if joined.contested else ""
    return f"{told(record)} of {said(record.dag_id)}, {format_time(record.time)}{sure}"
