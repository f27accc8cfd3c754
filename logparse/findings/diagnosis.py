"""Many attempts to one cause: which findings there are in a week, and which attempts each of them explains.

Owns: which finding claims an attempt. Must not know: what traits and needs mean (``traits``, ``needs``), how attempts
were decided, how a finding is written down (``reports.findings``).

Every attempt is counted by one finding at most, the first in order that claims it, so that what findings say adds up.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Final

import numpy as np

from logparse.common.schema import CONFIDENCES
from logparse.findings import needs
from logparse.findings.attempt_columns import Tried
from logparse.findings.finding import Finding
from logparse.findings.population import Crowd

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from numpy.typing import NDArray

    from logparse.findings.attempt_columns import Line
    from logparse.rules.model import FindingRule
    from logparse.scans.scan import Evidence

__all__ = ["Tried", "diagnose", "said"]
#: The same caller asking the same again after the same answer, within this time: one incident.
RETRY: Final = 60_000_000
_RANKS: Final[dict[str, int]] = {word: rank for rank, word in enumerate(CONFIDENCES)}


def said(evidence: Iterable[Evidence]) -> dict[str, list[Line]]:
    """The event rules that fitted the app lines of one server, and when those were written about which address."""
    lines: defaultdict[str, list[Line]] = defaultdict(list)
    for each in evidence:
        stamp = each.message.stamp
        lines[each.event.rule] += [] if stamp is None else [(stamp.utc, each.event.fields.get("client", ""))]
    return dict(lines)


def diagnose(
    tried: Tried,
    rows: NDArray[np.int64],
    rules: Sequence[FindingRule],
    said: Mapping[int, Mapping[str, Sequence[Line]]],
) -> list[Finding]:
    """Find causes among attempts.

    Args:
        tried: all attempts.
        rows: those of a week.
        rules: findings, in the order in which they claim attempts.
        said: by server, the event rules that fitted any of its app lines, and when those were written.
    """
    found = []
    servers = tried.server[rows]
    for server in np.unique(servers).tolist():
        found += _claims(Crowd(tried, rows[servers == server], said.get(server, {})), rules)
    return sorted(
        found, key=lambda each: (each.rule.order, each.rule.id, int(tried.time[each.rows[0]]), int(each.rows[0]))
    )


def _claims(crowd: Crowd, rules: Sequence[FindingRule]) -> list[Finding]:
    found: list[Finding] = []
    free = np.ones(len(crowd.rows), np.bool_)
    for rule in rules:
        claimed = np.flatnonzero(free & crowd.fitting(rule.when)[crowd.traits])
        for group in needs.groups(claimed, crowd, rule):
            mine = needs.met(group, crowd, rule)
            if len(mine):
                found.append(Finding(rule, crowd.rows[mine], _incidents(mine, crowd), _confidence(rule, mine, crowd)))
                free[mine] = False
    return found


def _incidents(mine: NDArray[np.int64], crowd: Crowd) -> int:
    if len(mine) == 1:
        return 1
    calls = crowd.by(("user", "client", "dag_id", "reason")).codes[mine]
    order = np.argsort(calls, kind="stable")
    times, calls = crowd.time[mine][order], calls[order]
    again = (np.diff(calls) == 0) & (np.diff(times) <= RETRY)
    return len(mine) - int(np.count_nonzero(again))


def _confidence(rule: FindingRule, mine: NDArray[np.int64], crowd: Crowd) -> str:
    """Not surer than the outcomes of most of the attempts are."""
    ranks = np.array([_RANKS[word] for word in crowd.tried.words["confidence"]])
    sure = np.sort(ranks[crowd.code("confidence")[mine]])
    return CONFIDENCES[max(_RANKS[rule.confidence], int(sure[len(sure) // 2]))]
