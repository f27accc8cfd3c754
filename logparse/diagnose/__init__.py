"""Many attempts to one cause: which findings there are in a week, and which attempts each of them explains.

Owns: which finding claims an attempt. Must not know: what traits and needs mean (``traits``, ``needs``), how attempts
were decided, how a finding is written down (``reports.findings``).

Every attempt is counted by one finding at most, the first in order that claims it, so that what findings say adds up.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from logparse import permissions
from logparse.diagnose import needs, traits
from logparse.diagnose.needs import Crowd, Line
from logparse.diagnose.traits import Tried
from logparse.schema import Confidence, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from logparse.correlate import Attempt
    from logparse.decide import Verdict
    from logparse.exports.people import People
    from logparse.found import Evidence
    from logparse.identity import Person
    from logparse.permissions import Lack
    from logparse.rules import FindingRule

__all__ = ["Finding", "Tried", "diagnose", "lacks", "said", "tried"]

#: The same caller asking the same again after the same answer, within this time: one incident.
RETRY: Final = 60_000_000
_ORDER: Final = (Confidence.CONFIRMED, Confidence.LIKELY, Confidence.AMBIGUOUS)


@dataclass(frozen=True, slots=True)
class Finding:
    """A diagnosed cause.

    Attributes:
        rule: the cause.
        tried: the attempts that it explains, by time.
        incidents: how many they are if retries count once.
        confidence: that of the rule, or of the least sure of most of its attempts.
    """

    rule: FindingRule
    tried: tuple[Tried, ...]
    incidents: int
    confidence: str


def lacks(decided: Sequence[tuple[Attempt, Verdict]], persons: Sequence[Person], people: People) -> list[Lack | None]:
    """What each refused caller lacked, in the order given; None for the others."""
    return [
        permissions.lacking(attempt, person.user, people, attempt.dag_id)
        if people.given and verdict.outcome == Outcome.AUTHORIZATION_FAILURE
        else None
        for (attempt, verdict), person in zip(decided, persons, strict=True)
    ]


def tried(
    decided: Sequence[tuple[Attempt, Verdict]],
    persons: Sequence[Person],
    lacked: Sequence[Lack | None],
    servers: Mapping[int, int],
) -> list[Tried]:
    """Attempts as findings see them, in the order given; ``servers`` tells the server of each source."""
    return [
        Tried(number, servers[attempt.request.source], attempt, verdict, person, attempt.dag_id, lack)
        for number, ((attempt, verdict), person, lack) in enumerate(zip(decided, persons, lacked, strict=True))
    ]


def said(evidence: Iterable[Evidence]) -> dict[str, list[Line]]:
    """The event rules that fitted the app lines of one server, and when those were written about which address."""
    lines: defaultdict[str, list[Line]] = defaultdict(list)
    for each in evidence:
        stamp = each.message.stamp
        lines[each.event.rule] += [] if stamp is None else [(stamp.utc, each.event.fields.get("client", ""))]
    return dict(lines)


def diagnose(
    attempts: Iterable[Tried],
    rules: Sequence[FindingRule],
    said: Mapping[int, Mapping[str, Sequence[Line]]],
    people: People,
) -> list[Finding]:
    """Find causes among attempts.

    Args:
        attempts: of a week.
        rules: findings, in the order in which they claim attempts.
        said: by server, the event rules that fitted any of its app lines, and when those were written.
        people: users, for what they tell about a caller.
    """
    by_server: defaultdict[int, list[Tried]] = defaultdict(list)
    for each in attempts:
        by_server[each.server].append(each)
    found = []
    for server, all_of_it in sorted(by_server.items()):
        ordered = sorted(all_of_it, key=lambda each: (each.time, each.number))
        known = traits.of_all(ordered, people)
        found += _claims(Crowd(ordered, known, said.get(server, {})), rules)
    return sorted(found, key=lambda each: (each.rule.order, each.rule.id, each.tried[0].time, each.tried[0].number))


def _claims(crowd: Crowd, rules: Sequence[FindingRule]) -> list[Finding]:
    alike: defaultdict[traits.Traits, list[Tried]] = defaultdict(list)  # few differ in their traits
    for each in crowd.attempts:
        alike[crowd.known[each.number]].append(each)
    found: list[Finding] = []
    taken: set[int] = set()
    for rule in rules:
        having = [each for kind, some in alike.items() if traits.fit(kind, rule.when) for each in some]
        claimed = sorted(
            (each for each in having if each.number not in taken), key=lambda each: (each.time, each.number)
        )
        for group in needs.groups(claimed, rule):
            mine = needs.met(group, crowd, rule)
            if mine:
                found.append(Finding(rule, tuple(mine), _incidents(mine), _confidence(rule, mine)))
                taken.update(each.number for each in mine)
    return found


def _incidents(tried: Sequence[Tried]) -> int:
    latest: dict[tuple[object, ...], int] = {}
    incidents = 0
    for each in tried:
        key = (each.person.user, each.client, each.dag_id, each.verdict.reason)
        if key not in latest or each.time - latest[key] > RETRY:
            incidents += 1
        latest[key] = each.time
    return incidents


def _confidence(rule: FindingRule, tried: Sequence[Tried]) -> str:
    """Not surer than the outcomes of most of the attempts are."""
    ranks = sorted(_ORDER.index(Confidence(each.verdict.confidence)) for each in tried)
    return _ORDER[max(_ORDER.index(Confidence(rule.confidence)), ranks[len(ranks) // 2])]
