"""Many attempts to one cause: which findings there are in a week, and which attempts each of them explains.

Owns: the traits that findings ask about, and which finding claims an attempt. Must not know: how attempts were decided,
how a finding is written down (``reports.findings``).

Every attempt is counted by one finding at most, the first in order that claims it, so that what findings say adds up.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from logparse import permissions
from logparse.schema import Confidence, Outcome
from logparse.table import dag_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from logparse.correlate import Attempt
    from logparse.decide import Verdict
    from logparse.exports.people import People
    from logparse.identity import Person
    from logparse.permissions import Lack
    from logparse.rules import FindingRule

#: The same caller asking the same again after the same answer, within this time: one incident.
RETRY: Final = 60_000_000
#: Luck that turns so often is no luck.
ALTERNATIONS: Final = 3
_ORDER: Final = (Confidence.CONFIRMED, Confidence.LIKELY, Confidence.AMBIGUOUS)


class Tried(NamedTuple):
    """An attempt as findings see it.

    Attributes:
        number: its row in the table of attempts.
        server: which Airflow it was made on, for those that are not told apart.
        attempt, verdict, person: what is known about it.
        dag_id: DAG, as in the table.
        lack: what the caller lacked, if refused and known.
    """

    number: int
    server: int
    attempt: Attempt
    verdict: Verdict
    person: Person
    dag_id: str | None
    lack: Lack | None

    @property
    def time(self) -> int:
        """End of the request, microseconds UTC."""
        return self.attempt.request.access.time or 0

    @property
    def client(self) -> str | None:
        """Address."""
        return self.attempt.request.access.client

    @property
    def success(self) -> bool:
        """Whether a run was made."""
        return self.verdict.outcome == Outcome.SUCCESS


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
        permissions.lacking(attempt, person.user, people, dag_of(attempt))
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
        Tried(number, servers[attempt.request.source], attempt, verdict, person, dag_of(attempt), lack)
        for number, ((attempt, verdict), person, lack) in enumerate(zip(decided, persons, lacked, strict=True))
    ]


def diagnose(
    attempts: Iterable[Tried], rules: Sequence[FindingRule], said: Mapping[int, frozenset[str]], people: People
) -> list[Finding]:
    """Find causes among attempts.

    Args:
        attempts: of a week.
        rules: findings, in the order in which they claim attempts.
        said: by server, the event rules that fitted any of its app lines.
        people: users, for what they tell about a caller.
    """
    by_server: defaultdict[int, list[Tried]] = defaultdict(list)
    for each in attempts:
        by_server[each.server].append(each)
    found = []
    for server, all_of_it in sorted(by_server.items()):
        everything = sorted(all_of_it, key=lambda each: (each.time, each.number))
        free = list(everything)
        for rule in rules:
            claimed = [each for each in free if _has(each, rule.when, people)]
            for group in _groups(claimed, rule):
                mine = _fits(group, everything, rule, said.get(server, frozenset()), people)
                if mine:
                    found.append(Finding(rule, tuple(mine), _incidents(mine), _confidence(rule, mine)))
                    taken = {each.number for each in mine}
                    free = [each for each in free if each.number not in taken]
    return sorted(found, key=lambda each: (each.rule.order, each.rule.id, each.tried[0].time, each.tried[0].number))


def _has(each: Tried, when: Mapping[str, tuple[Any, ...]], people: People) -> bool:
    return all(_meets(_trait(each, name, people), wanted) for name, wanted in when.items())


def _trait(each: Tried, name: str, people: People) -> Any:
    attempt, verdict = each.attempt, each.verdict
    access, tag = attempt.request.access, attempt.request.tag
    if name == "missing":
        return () if each.lack is None else tuple(need.detail or need.resources[0] for need in each.lack.needs)
    if name == "event":
        return tuple(said.event.rule for said in attempt.events) or ("none",)
    if name == "active":
        user = people.user(each.person.user)
        return "unknown" if user is None or user.active is None else "yes" if user.active else "no"
    values: dict[str, Any] = {
        "outcome": verdict.outcome,
        "reason": verdict.reason or "none",
        "detail": verdict.detail or "none",
        "rule": verdict.rule.id if verdict.rule else "none",
        "channel": tag.channel,
        "attempt": tag.rule,
        "status": access.status,
        "claimed": "unknown" if access.nameless else "no" if access.user is None else "yes",
        "generation": attempt.generation,
        "user": "none" if each.person.user is None else "known",
        "dag_missing": attempt.dag_missing,
        "simple_auth": people.simple,
        "browser": access.referer is not None or (access.agent or "").startswith("Mozilla/"),
        "channel_accepts": attempt.channel_accepts,
    }
    return values[name]


def _meets(value: Any, wanted: tuple[Any, ...]) -> bool:
    if isinstance(value, tuple):
        return any(each in wanted for each in value)
    if isinstance(value, int) and not isinstance(value, bool):
        return any(value in _range(each) for each in wanted)
    return value in wanted


def _range(value: int | str) -> range:
    low, _, high = str(value).partition("-")
    return range(int(low), int(high or low) + 1)


def _key(each: Tried, over: tuple[str, ...]) -> tuple[str | None, ...]:
    values = {
        "user": each.person.user,
        "client": each.client,
        "dag_id": each.dag_id,
        "channel": each.attempt.request.tag.channel,
    }
    return tuple(values[name] for name in over)


def _groups(claimed: Sequence[Tried], rule: FindingRule) -> list[list[Tried]]:
    groups: defaultdict[tuple[str | None, ...], list[Tried]] = defaultdict(list)
    for each in claimed:
        groups[_key(each, rule.over)].append(each)
    counted = {"user", "client"} & set(rule.over) if rule.need else set()
    return [
        group
        for key, group in groups.items()
        if not any(value is None and name in counted for name, value in zip(rule.over, key, strict=True))
    ]


def _fits(
    group: list[Tried], everything: Sequence[Tried], rule: FindingRule, said: frozenset[str], people: People
) -> list[Tried]:
    """The attempts of a group that together are what the rule is about; none if they are not."""
    need = rule.need
    if not set(need.get("seen", ())) <= said or said & set(need.get("unseen", ())):
        return []
    mine = _dense(group, need)
    if not mine:
        return []
    same = [each for each in everything if _key(each, rule.over) == _key(mine[0], rule.over)]
    if "share" in need:
        population = [each for each in same if _has(each, _tuples(need.get("of", {})), people)]
        if len(mine) < need["share"] * len(population):
            return []
    return mine if _successes(mine, same, need) else []


def _tuples(when: Mapping[str, Any]) -> dict[str, tuple[Any, ...]]:
    return {name: tuple(value) if isinstance(value, list) else (value,) for name, value in when.items()}


def _enough(group: Sequence[Tried], need: Mapping[str, Any]) -> bool:
    return bool(
        len(group) >= need.get("attempts", 1)
        and len({each.person.user for each in group} - {None}) >= need.get("users", 0)
        and len({each.client for each in group} - {None}) >= need.get("clients", 0)
        and len({each.dag_id for each in group} - {None}) >= need.get("dags", 0)
    )


def _dense(group: list[Tried], need: Mapping[str, Any]) -> list[Tried]:
    """The attempts that are in some stretch of ``within`` seconds with enough of the others."""
    within = need.get("within")
    if within is None:
        return group if _enough(group, need) else []
    taken: set[int] = set()
    start = 0
    for end, last in enumerate(group):
        while last.time - group[start].time > within * 1_000_000:
            start += 1
        if _enough(group[start : end + 1], need):
            taken.update(range(start, end + 1))
    return [group[at] for at in sorted(taken)]


def _successes(mine: Sequence[Tried], same: Sequence[Tried], need: Mapping[str, Any]) -> bool:
    """Whether successes of the same callers lie in time as the rule wants."""
    wanted = need.get("success")
    if wanted is None:
        return True
    first, last = mine[0].time, mine[-1].time
    good = [each.time for each in same if each.success]
    before, after = [time for time in good if time < first], [time for time in good if time > last]
    if wanted == "none":
        return not good
    if wanted == "some":
        return bool(good)
    if wanted == "before":
        return bool(before) and len(before) == len(good)
    if wanted == "after":
        limit = need.get("success_within", 1 << 40) * 1_000_000
        return any(time - last <= limit for time in after) or any(
            0 <= time - each.time <= limit for each in mine for time in good
        )
    turns = [each.success for each in same if each.success or each.number in {one.number for one in mine}]
    return sum(one != other for one, other in pairwise(turns)) >= ALTERNATIONS


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
