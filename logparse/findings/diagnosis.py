"""Which findings there are in a week, and which attempts each of them explains.

Every attempt is counted by one finding at most, the first in order that claims it, so that the numbers of findings add
up.

Owns: which finding claims an attempt. Must not know: what traits and needs mean (``traits``, ``needs``), how attempts
were decided, how a finding is written down (``reports.findings``).
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

import numpy as np

from logparse.common.schema import CONFIDENCES
from logparse.findings import needs
from logparse.findings.finding import Finding
from logparse.findings.population import Population

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from logparse.findings.attempt_columns import AppLine, AttemptColumns
    from logparse.rules.model import FindingRule
    from logparse.scans.scan import Evidence

#: A caller who asks the same again after the same answer, within this time: one incident; microseconds.
RETRY: Final = 60_000_000
_RANKS: Final[dict[str, int]] = {word: rank for rank, word in enumerate(CONFIDENCES)}


def lines_by_rule(evidence: Iterable[Evidence]) -> dict[str, list[AppLine]]:
    """Return app lines by the id of the event rule that they fit."""
    lines: defaultdict[str, list[AppLine]] = defaultdict(list)
    for line in evidence:
        stamp = line.message.stamp
        lines[line.event.rule] += [] if stamp is None else [(stamp.utc, line.event.fields.get("client", ""))]
    return dict(lines)


def diagnose(
    attempts: AttemptColumns,
    rows: NDArray[np.int64],
    rules: Sequence[FindingRule],
    said: Mapping[int, Mapping[str, Sequence[AppLine]]],
) -> list[Finding]:
    """Return the findings among attempts, in order of their rules, then of time.

    Args:
        attempts: all attempts.
        rows: rows of the attempts of one week.
        rules: findings, in the order in which they claim attempts.
        said: by deployment and id of an event rule, the app lines that fit it.
    """
    found = []
    servers = attempts.server[rows]
    for server in np.unique(servers).tolist():
        found += _claims(Population(attempts, rows[servers == server], said.get(server, {})), rules)
    return sorted(
        found,
        key=lambda finding: (
            finding.rule.order,
            finding.rule.id,
            int(attempts.time[finding.rows[0]]),
            int(finding.rows[0]),
        ),
    )


def _claims(population: Population, rules: Sequence[FindingRule]) -> list[Finding]:
    found: list[Finding] = []
    free = np.ones(len(population.rows), np.bool_)
    for rule in rules:
        claimed = np.flatnonzero(free & population.fitting(rule.when)[population.traits])
        for group in needs.candidate_groups(claimed, population, rule):
            mine = needs.meeting_need(group, population, rule)
            if len(mine):
                found.append(
                    Finding(
                        rule, population.rows[mine], _incidents(mine, population), _confidence(rule, mine, population)
                    )
                )
                free[mine] = False
    return found


def _incidents(mine: NDArray[np.int64], population: Population) -> int:
    if len(mine) == 1:
        return 1
    calls = population.partition(("user", "client", "dag_id", "reason")).codes[mine]
    order = np.argsort(calls, kind="stable")
    times, calls = population.time[mine][order], calls[order]
    again = (np.diff(calls) == 0) & (np.diff(times) <= RETRY)
    return len(mine) - int(np.count_nonzero(again))


def _confidence(rule: FindingRule, mine: NDArray[np.int64], population: Population) -> str:
    """Not surer than the verdicts on most of the attempts are."""
    ranks = np.array([_RANKS[word] for word in population.attempts.words["confidence"]])
    sure = np.sort(ranks[population.code("confidence")[mine]])
    return CONFIDENCES[max(_RANKS[rule.confidence], int(sure[len(sure) // 2]))]
