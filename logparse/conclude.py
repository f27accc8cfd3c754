"""All that comes after reading: evidence, verdicts, names, causes, and the tables of them.

Owns: the order of these steps. Must not know: how any step works, how sources are read.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from logparse import correlate, covered, decide, diagnose, exports, identity, leading, lone, overlaps, servers, table
from logparse.asked import Overlap
from logparse.decided import Decided
from logparse.diagnose import Tried
from logparse.diagnose.traits import Kinds
from logparse.pages import Pages
from logparse.reports import findings
from logparse.weeks import previous_week

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import tzinfo

    import pyarrow as pa

    from logparse.asked import Options
    from logparse.correlate import Attempt
    from logparse.decide import Verdict
    from logparse.diagnose.traits import Traits
    from logparse.diagnose.tried import Line
    from logparse.found import Coverage, Scan
    from logparse.permissions import Lack
    from logparse.pieces import Doubt
    from logparse.rules import FindingRule, RuleSet
    from logparse.sources import Source
    from logparse.table import Rows


class Week(NamedTuple):
    """What a run found in one week.

    Attributes:
        attempts: one row each, columns as in ``schema.ATTEMPTS``, texts as categories.
        findings: one row a cause, columns as in the report of findings, and ``week``.
    """

    attempts: pd.DataFrame
    findings: pd.DataFrame


@dataclass(frozen=True, slots=True)
class Causes:
    """Finds causes among attempts.

    Attributes:
        rules: findings, in the order in which they claim attempts.
        kinds: all traits that there are.
        lacks: what refused callers lacked, those that attempts name.
        said: by server, the event rules that fitted any of its app lines, and when those were written; only those that
            findings ask for.
    """

    rules: tuple[FindingRule, ...]
    kinds: tuple[Traits, ...]
    lacks: tuple[Lack | None, ...]
    said: Mapping[int, Mapping[str, Sequence[Line]]]

    def tried(self, rows: Rows) -> Tried:
        """Attempts as causes are found in them."""
        return Tried.of(rows, self.kinds, self.lacks)

    def found(self, week: str | None, tried: Tried) -> pd.DataFrame:
        """Causes among the attempts of a week, columns as in the report of findings, and ``week``; None: no causes."""
        if week is None:
            return findings.table({}, tried)
        found = diagnose.diagnose(tried, np.arange(len(tried.time)), self.rules, self.said)
        return findings.table({week: found}, tried)


@dataclass(frozen=True, slots=True)
class Result:
    """What a run found.

    Attributes:
        decided: the attempts.
        coverage: one row a source.
        exported: what each export that was given came to, a line each.
        entries: what the sources were, in their order.
        zone: in which weeks begin.
        causes: finds those of the attempts of a week.
        doubts: what a rule decided that could be otherwise.
    """

    decided: Decided
    coverage: pd.DataFrame
    exported: tuple[str, ...]
    entries: tuple[Coverage, ...]
    zone: tzinfo
    causes: Causes
    doubts: tuple[Doubt, ...] = ()

    def week(self, name: str | None) -> Week:
        """What was found in one of ``decided.weeks``, any other is empty; None: without one, where no cause is told."""
        rows = self.decided.of(name)
        return Week(table.attempts(rows, name, self.zone), self.causes.found(name, self.causes.tried(rows)))

    def compared(self, names: Iterable[str]) -> Iterator[tuple[str, Week, pd.DataFrame | None]]:
        """What was found in each of some weeks, in order, with the attempts of the week before, if it has any.

        Raises:
            ValueError: a week is malformed, or its year has no such week.
        """
        before: tuple[str, pd.DataFrame] | None = None
        for name in sorted(set(names)):
            past = previous_week(name)
            if before is None or before[0] != past:
                before = (past, self.table([past])) if past in self.decided.weeks else None
            found = self.week(name)
            yield name, found, None if before is None else before[1]
            before = None if found.attempts.empty else (name, found.attempts)

    def table(self, wanted: Sequence[str] | None = None) -> pd.DataFrame:
        """The attempts of some weeks, as in ``Week``; None: all, with those without a known time."""
        return table.attempts(self.decided.whole(wanted), None, self.zone)

    @property
    def attempts(self) -> pd.DataFrame:
        """All attempts, columns as in ``schema.ATTEMPTS``, texts as objects, None for none."""
        return table.plain(self.table())

    @property
    def findings(self) -> pd.DataFrame:
        """The findings of all weeks, as in ``Week``."""
        found = [self.week(name).findings for name in self.decided.weeks]
        return pd.concat(found, ignore_index=True) if found else self.week(None).findings


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
    groups = servers.parted(found, pages, sources, together=options.deployment is not None or given.given)
    decided: list[tuple[Attempt, Verdict]] = []
    by_kind: list[tuple[int, Attempt, Verdict, int]] = []
    for server, group in enumerate(groups):
        some, numbers, links = alone.part(group)
        stand = {id(alone.kinds[number]): number for number in numbers}
        others = correlate.Others(alone.latest(some.requests) if len(group.coverage) > 1 else {}, links)
        for attempt in correlate.correlate(some, rules, given, judge.decide, others):
            number = stand.get(id(attempt.request))
            if number is None:
                decided.append((attempt, judge.decide(attempt)))
            else:
                by_kind.append((number, attempt, judge.decide(attempt), server))
    decided.sort(key=lambda each: (each[0].request.source, each[0].request.access.line, each[0].request.access.order))
    persons = [
        leading.named(person, attempt.request, known)
        for person, (attempt, _) in zip(identity.name(decided, people), decided, strict=True)
    ]
    decided = [(_completed(attempt, known), verdict) for attempt, verdict in decided]
    lacks = diagnose.lacks(decided, persons, people)
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
        table.one_by_one(decided, persons, names, options.deployment, told),
        options.zone,
    )
    scanned = [found.coverage[number] for number in range(len(sources))]
    parts = () if options.overlap is Overlap.APART else rows.parts()
    entries = overlaps.counted(scanned, *rows.numbers(len(sources)), parts, known)
    asked = {name for rule in rules.findings for key in ("seen", "unseen") for name in rule.need.get(key, ())}
    said = {
        server: diagnose.said(each for each in group.evidence if each.event.rule in asked)
        for server, group in enumerate(groups)
    }

    return Result(
        decided=rows,
        coverage=covered.table(entries, str(options.setup.zone)),
        exported=exports.told(given, [attempt for attempt, _ in decided]),
        entries=entries,
        zone=options.zone,
        causes=Causes(rules.findings, tuple(kinds.known), tuple(lacks), said),
    )


def _stand(
    by_kind: Sequence[tuple[int, Attempt, Verdict, int]], names: Sequence[str], deployment: str | None, kinds: Kinds
) -> pa.Table:
    """What attempts come to that stand for their kinds: number of the kind, attempt, verdict, server."""
    decided = [(attempt, verdict) for _, attempt, verdict, _ in by_kind]
    persons = identity.name(decided, exports.NONE.people)
    told = [
        (server, kinds.place(attempt, verdict, person, None), -1)
        for (_, attempt, verdict, server), person in zip(by_kind, persons, strict=True)
    ]
    return table.one_by_one(decided, persons, names, deployment, told)


def _completed(attempt: Attempt, known: leading.Once) -> Attempt:
    """The attempt with what other logs tell of its request."""
    request = leading.completed(attempt.request, known)
    return attempt if request is attempt.request else replace(attempt, request=request)


def _detailed(verdict: decide.Verdict, lack: Lack | None) -> decide.Verdict:
    """The verdict with what the caller lacked, where users and roles tell."""
    if lack is None or not lack.detail or verdict.detail is not None or verdict.reason != "permission_denied":
        return verdict
    return replace(verdict, detail=lack.detail)
