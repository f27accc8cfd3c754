"""Which findings there are in a week, and which attempts each of them explains.

Every attempt is counted by one finding at most, the first in order that claims it, so that the numbers of findings add
up.

Owns: which finding claims an attempt. Must not know: what traits and needs mean (``traits``, ``needs``), how attempts
were decided, how a finding is written down (``reports.findings``).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from logparse.causes import needs
from logparse.causes.ending import find_end
from logparse.causes.finding import Finding
from logparse.causes.population import Population
from logparse.causes.severity import is_lost, measure_reach, rank, rate
from logparse.causes.surroundings import look_around
from logparse.causes.triggers import find_trigger
from logparse.common.schema import CONFIDENCES, Confidence, Severity

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from logparse.causes.attempt_columns import AppLine, AttemptColumns
    from logparse.rules.model import FindingRule
    from logparse.scans.scan import Evidence

#: A caller who asks the same again after the same answer, within this time: one incident; microseconds.
RETRY: Final = 60_000_000
#: Findings of one cause in a week and deployment: those with the fewest attempts are one finding together.
MOST: Final = 3
#: Harmless findings of one cause that may have begun as another one, and so are told apart.
_APART: Final = 8
_RANKS: Final[dict[str, int]] = {word: rank for rank, word in enumerate(CONFIDENCES)}


def lines_by_rule(evidence: Iterable[Evidence]) -> dict[str, list[AppLine]]:
    """Return app lines by the id of the event rule that they fit."""
    lines: defaultdict[str, list[AppLine]] = defaultdict(list)
    for line in evidence:
        stamp = line.message.stamp
        lines[line.event.rule] += [] if stamp is None else [(stamp.utc, line.event.fields.get("client", ""))]
    return dict(lines)


@dataclass(frozen=True, slots=True)
class Known:
    """What is known besides the attempts, or logins, among which findings are looked for.

    Attributes:
        said: by deployment and id of an event rule, the app lines that fit it.
        starts: by deployment, when its servers were started, in order, microseconds UTC.
        named: ids of DAGs that roles name.
        changed: by name in lower case, when users were made or changed last, as an export says; microseconds UTC.
        edits: changes of what users may do, in order: the time, microseconds UTC, and the event in the audit log.
        busy: of logins, by deployment and address, when attempts came from there, microseconds UTC, in order.
        lasting: of logins, by deployment, the time of the last attempt in the week, microseconds UTC.
    """

    said: Mapping[int, Mapping[str, Sequence[AppLine]]]
    starts: Mapping[int, Sequence[int]]
    named: Collection[str] = ()
    changed: Mapping[str, int] = field(default_factory=dict)
    busy: Mapping[int, Mapping[str, NDArray[np.int64]]] = field(default_factory=dict)
    lasting: Mapping[int, int] = field(default_factory=dict)
    edits: Sequence[tuple[int, str]] = ()


def diagnose(
    attempts: AttemptColumns, rows: NDArray[np.int64], rules: Sequence[FindingRule], known: Known
) -> list[Finding]:
    """Return the findings among attempts or logins, the worst first, at most ``MOST`` of one cause and deployment.

    Args:
        attempts: all attempts.
        rows: rows of the attempts of one week.
        rules: findings, in the order in which they claim attempts.
        known: what is known besides.
    """
    found: list[Finding] = []
    rule_of = {rule.id: rule for rule in rules}
    servers = attempts.server[rows]
    for server in np.unique(servers).tolist():
        mine = rows[servers == server]
        events = sorted([*((time, "") for time in known.starts.get(server, ())), *known.edits])
        population = Population(
            attempts, mine, known.said.get(server, {}), events, known.named, known.busy.get(server, {}), known.changed,
        )  # fmt: skip
        population.lasting = max(population.lasting, known.lasting.get(server, 0))
        for rule, groups in _claims(population, rules):
            begun = tuple(rule_of[name] for name in rule.begins_as if name in rule_of)
            found += _make_findings(rule, begun, groups, population)
    return sorted(
        found,
        key=lambda finding: (
            rank(finding.severity),
            -len(finding.rows),
            finding.rule.order,
            int(attempts.time[finding.rows[0]]),
            int(finding.rows[0]),
        ),
    )


def _claims(
    population: Population, rules: Sequence[FindingRule]
) -> Iterator[tuple[FindingRule, list[NDArray[np.int64]]]]:
    """For each rule, the groups of attempts that it claims."""
    free = np.ones(len(population.rows), np.bool_)
    for rule in rules:
        claimed = np.flatnonzero(free & population.fitting(rule.when)[population.traits])
        groups = []
        for group in needs.candidate_groups(claimed, population, rule):
            for mine in needs.meeting_need(group, population, rule):
                groups.append(mine)
                free[mine] = False
        if groups:
            yield rule, [np.sort(np.concatenate(groups))] if rule.one_row else groups


def _make_findings(
    rule: FindingRule, begun: tuple[FindingRule, ...], groups: Sequence[NDArray[np.int64]], population: Population
) -> Iterator[Finding]:
    """The findings of one cause: a few with most attempts, and one for all others together; one for what is harmless.

    What is harmless can be the end of something that an earlier week tells of some callers only. So where a rule says
    what it may have begun as, it is told apart.
    """
    counted = sorted(
        ((_incidents(mine, population), mine) for mine in groups), key=lambda each: (-len(each[1]), int(each[1][0]))
    )
    harmless = [each for each in counted if rule.severity == Severity.INFO or each[0] <= rule.harmless_up_to]
    large = [each for each in counted if each[0] > max(1, rule.harmless_up_to) and rule.severity != Severity.INFO]
    once = [each for each in counted if each[0] == 1 and rule.harmless_up_to == 0 and rule.severity != Severity.INFO]
    alone = large if len(large) + bool(once) <= MOST else large[: MOST - 1]
    apart = harmless[:_APART] if begun else []
    for each in (*alone, *apart):
        yield _put_together(rule, begun, [each], population)
    for rest in (large[len(alone) :] + once, harmless[len(apart) :]):
        if rest:
            yield _put_together(rule, begun, rest, population)


def _put_together(
    rule: FindingRule,
    begun: tuple[FindingRule, ...],
    groups: Sequence[tuple[int, NDArray[np.int64]]],
    population: Population,
) -> Finding:
    """Return one finding of several groups, each with the number of its incidents."""
    together = np.sort(np.concatenate([mine for _, mine in groups]))
    numbers = [number for number, _ in groups]
    found = _make_finding(rule, begun, together, sum(numbers), population, often=max(numbers))
    members = tuple((number, population.rows[mine]) for number, mine in groups) if len(groups) > 1 else ()
    harmless = all(number <= rule.harmless_up_to for number, _ in groups)
    return replace(found, members=members, severity=Severity.INFO if harmless else found.severity)


def _make_finding(
    rule: FindingRule,
    begun: tuple[FindingRule, ...],
    mine: NDArray[np.int64],
    incidents: int,
    population: Population,
    *,
    often: int,
) -> Finding:
    """Return a finding; ``often``: incidents of the one that happened most often, if several are told of together."""
    reach = measure_reach(mine, population)
    return Finding(
        rule,
        population.rows[mine],
        incidents,
        _confidence(rule, mine, population),
        rate(rule, reach, often, lost=is_lost(mine, population)),
        reach,
        find_end(mine, population),
        find_trigger(mine, population),
        look_around(rule, mine, population),
        begun,
    )


def _incidents(mine: NDArray[np.int64], population: Population) -> int:
    if len(mine) == 1:
        return 1
    calls = population.partition(("user", "client", "dag_id", "reason")).codes[mine]
    order = np.argsort(calls, kind="stable")
    times, calls = population.time[mine][order], calls[order]
    again = (np.diff(calls) == 0) & (np.diff(times) <= RETRY)
    return len(mine) - int(np.count_nonzero(again))


def _confidence(rule: FindingRule, mine: NDArray[np.int64], population: Population) -> str:
    """Not surer than the verdicts on most of the attempts are; ambiguous if they are fewer than the rule asks for."""
    if needs.is_reading(mine, population, rule):
        return str(Confidence.AMBIGUOUS)
    ranks = np.array([_RANKS[word] for word in population.attempts.words["confidence"]])
    sure = np.sort(ranks[population.code("confidence")[mine]])
    return CONFIDENCES[max(_RANKS[rule.confidence], int(sure[len(sure) // 2]))]
