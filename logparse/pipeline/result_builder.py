"""Sources to result; coverage, messages and causes put together; what a run found.

Must not know: how any step works.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from logparse.findings import diagnosis
from logparse.findings.traits import Kinds
from logparse.pipeline.result import Causes, Result
from logparse.reports import messages, overlaps
from logparse.reports.coverage import build_coverage
from logparse.scans import deployments
from logparse.scans.duplicates import leading
from logparse.scans.pieces.comparison import Overlap
from logparse.scans.request_store import Pages
from logparse.verdicts import caller, permissions, row_builder
from logparse.verdicts import groups as lone
from logparse.verdicts import verdict as decide
from logparse.verdicts.evidence import gather
from logparse.verdicts.expansion import Decided
from logparse.verdicts.exports import loader

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pyarrow as pa

    from logparse.pipeline.options import Options
    from logparse.rules.model import RuleSet
    from logparse.scans.scan import Scan
    from logparse.sources.source import Source
    from logparse.verdicts.attempt import Attempt
    from logparse.verdicts.permissions import Lack
    from logparse.verdicts.verdict import Verdict


def conclude(
    found: Scan,
    sources: Sequence[Source],
    options: Options,
    rules: RuleSet,
    known: leading.Once = leading.NONE,
    pages: Pages | None = None,
) -> Result:
    """Decide what became of each attempt.

    Args:
        found: in all sources together.
        sources: what was read, in the order of their numbers.
        options: how.
        rules: the rules of the run.
        known: what other sources tell of the same requests.
        pages: attempts that are not in ``found``.
    """
    given, people = options.exports, options.exports.people
    pages = Pages(options.zone) if pages is None else pages
    found = found.whole() if given.given else pages.take(found)  # any request may have left a record
    pages.settle()
    judge, kinds = decide.Judge(rules.outcomes), Kinds(people)
    alone = lone.Lone(pages, rules, judge.sizes)
    groups = deployments.parted(found, pages, sources, together=options.deployment is not None or given.given)
    decided: list[tuple[Attempt, Verdict]] = []
    by_kind: list[tuple[int, Attempt, Verdict, int]] = []
    for server, group in enumerate(groups):
        some, numbers, links = alone.part(group)
        stand = {id(alone.kinds[number]): number for number in numbers}
        others = gather.Others(alone.latest(some.requests) if len(group.coverage) > 1 else {}, links)
        for attempt in gather.correlate(some, rules, given, judge.decide, others):
            number = stand.get(id(attempt.request))
            if number is None:
                decided.append((attempt, judge.decide(attempt)))
            else:
                by_kind.append((number, attempt, judge.decide(attempt), server))
    decided.sort(key=lambda each: (each[0].request.source, each[0].request.access.line, each[0].request.access.order))
    persons = [
        caller.named(person, attempt.request, known)
        for person, (attempt, _) in zip(caller.name(decided, people), decided, strict=True)
    ]
    decided = [(_completed(attempt, known), verdict) for attempt, verdict in decided]
    lacks = permissions.lacks(decided, persons, people)
    decided = [(attempt, _detailed(verdict, lack)) for (attempt, verdict), lack in zip(decided, lacks, strict=True)]
    server_of = {number: server for server, group in enumerate(groups) for number in group.coverage}
    told = [
        (server_of[attempt.request.source], kinds.place(attempt, verdict, person, lack), -1 if lack is None else row)
        for row, ((attempt, verdict), person, lack) in enumerate(zip(decided, persons, lacks, strict=True))
    ]
    names = [source.name for source in sources]
    rows = Decided(
        alone,
        [number for number, *_ in by_kind],
        _stand(by_kind, names, options.deployment, kinds),
        row_builder.one_by_one(decided, persons, names, options.deployment, told),
        options.zone,
    )
    scanned = [found.coverage[number] for number in range(len(sources))]
    parts = () if options.overlap is Overlap.APART else rows.parts()
    entries = overlaps.counted(scanned, *rows.numbers(len(sources)), parts, known)
    asked = {name for rule in rules.findings for key in ("seen", "unseen") for name in rule.need.get(key, ())}
    said = {
        server: diagnosis.said(each for each in group.evidence if each.event.rule in asked)
        for server, group in enumerate(groups)
    }

    return Result(
        decided=rows,
        coverage=build_coverage(entries, str(options.setup.zone)),
        exported=messages.told(given, [attempt for attempt, _ in decided]),
        entries=entries,
        zone=options.zone,
        causes=Causes(rules.findings, tuple(kinds.known), tuple(lacks), said),
    )


def _stand(
    by_kind: Sequence[tuple[int, Attempt, Verdict, int]], names: Sequence[str], deployment: str | None, kinds: Kinds
) -> pa.Table:
    """What attempts come to that stand for their kinds: number of the kind, attempt, verdict, server."""
    decided = [(attempt, verdict) for _, attempt, verdict, _ in by_kind]
    persons = caller.name(decided, loader.NONE.people)
    told = [
        (server, kinds.place(attempt, verdict, person, None), -1)
        for (_, attempt, verdict, server), person in zip(by_kind, persons, strict=True)
    ]
    return row_builder.one_by_one(decided, persons, names, deployment, told)


def _completed(attempt: Attempt, known: leading.Once) -> Attempt:
    """The attempt with what other logs tell of its request."""
    request = leading.completed(attempt.request, known)
    return attempt if request is attempt.request else replace(attempt, request=request)


def _detailed(verdict: decide.Verdict, lack: Lack | None) -> decide.Verdict:
    """The verdict with what the caller lacked, where users and roles tell."""
    if lack is None or not lack.detail or verdict.detail is not None or verdict.reason != "permission_denied":
        return verdict
    return replace(verdict, detail=lack.detail)
