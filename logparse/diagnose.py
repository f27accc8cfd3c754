"""Many attempts to one cause: which findings there are in a week, and which attempts each of them explains.

Owns: the traits that findings ask about, and which finding claims an attempt. Must not know: how attempts were decided,
how a finding is written down (``reports.findings``).

Every attempt is counted by one finding at most, the first in order that claims it, so that what findings say adds up.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from logparse import permissions
from logparse.exports.people import ANONYMOUS
from logparse.schema import Channel, Confidence, Outcome
from logparse.table import dag_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from logparse.correlate import Attempt
    from logparse.decide import Verdict
    from logparse.exports.people import People
    from logparse.identity import Person
    from logparse.permissions import Lack
    from logparse.rules import FindingRule
    from logparse.scan import Evidence

#: The same caller asking the same again after the same answer, within this time: one incident.
RETRY: Final = 60_000_000
#: Luck that turns so often is no luck.
ALTERNATIONS: Final = 3
_ORDER: Final = (Confidence.CONFIRMED, Confidence.LIKELY, Confidence.AMBIGUOUS)


#: When an app line was written, and about which address; none if it names none.
Line = tuple[int, str]


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
        everything = sorted(all_of_it, key=lambda each: (each.time, each.number))
        free = list(everything)
        for rule in rules:
            claimed = [each for each in free if _has(each, rule.when, people)]
            for group in _groups(claimed, rule):
                mine = _fits(group, everything, rule, said.get(server, {}), people)
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
        return _missing(each, people)
    if name == "event":
        return tuple(said.event.rule for said in attempt.events) or ("none",)
    if name == "active":
        user = people.user(each.person.user)
        return "unknown" if user is None or user.active is None else "yes" if user.active else "no"
    if name == "listed":
        known = people.users is not None and each.person.user is not None
        return "unknown" if not known else "no" if people.user(each.person.user) is None else "yes"
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
        "user": _known(each),
        "verified": each.person.verified,
        "dotted": "." in (each.dag_id or ""),
        "dag_missing": attempt.dag_missing,
        "simple_auth": people.simple,
        "browser": access.referer is not None or (access.agent or "").startswith("Mozilla/"),
        "channel_accepts": attempt.channel_accepts,
    }
    return values[name]


def _missing(each: Tried, people: People) -> tuple[str, ...]:
    """What users and roles say that the caller lacks; ``nothing`` if they permit what was refused."""
    if each.lack is None:
        user = people.user(each.person.user)
        refused = each.verdict.outcome == Outcome.AUTHORIZATION_FAILURE
        return ("nothing",) if refused and people.roles is not None and user is not None and user.roles else ()
    names = tuple(need.detail or need.resources[0] for need in each.lack.needs)
    return ("both",) if {"dag_edit", "dag_run_create"} <= set(names) else names


def _known(each: Tried) -> str:
    """Whether it is known who it was; only the server itself can say that it was nobody."""
    user, source, _ = each.person
    return "none" if user is None else "anonymous" if source == "audit_log" and user in ANONYMOUS else "known"


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
        "caller": each.person.user or each.client,
        "dag_id": each.dag_id,
        "channel": each.attempt.request.tag.channel,
        "agent": each.attempt.request.access.agent,
        "target": each.attempt.request.access.target,
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
    group: list[Tried],
    everything: Sequence[Tried],
    rule: FindingRule,
    said: Mapping[str, Sequence[Line]],
    people: People,
) -> list[Tried]:
    """The attempts of a group that together are what the rule is about; none if they are not."""
    need = rule.need
    if not set(need.get("seen", ())) <= said.keys() or said.keys() & set(need.get("unseen", ())):
        return []
    group = _near(group, said, need)
    if "beside" in need:
        group = _beside(group, everything, rule)
    if "answered" in need:
        group = _answered(group, everything, need["answered"])
    mine = _dense(group, need)
    if not mine or ("including" in need and not any(_has(each, _tuples(need["including"]), people) for each in mine)):
        return []
    if len(_elsewhere(mine, everything)) < need.get("elsewhere", 0):
        return []
    same = [each for each in everything if _key(each, rule.over) == _key(mine[0], rule.over)]
    if "share" in need:
        population = [each for each in same if _has(each, _tuples(need.get("of", {})), people)]
        if len(mine) < need["share"] * len(population):
            return []
    if "success_of" in need:
        return _apart(mine, same, need)
    return mine if _successes(mine, same, need) else []


def _near(group: list[Tried], said: Mapping[str, Sequence[Line]], need: Mapping[str, Any]) -> list[Tried]:
    """Those near one of the lines that must be seen, in time, and in address where the line tells one."""
    if "seen_within" not in need:
        return group
    limit = need["seen_within"] * 1_000_000
    lines = sorted((time, client) for name in need.get("seen", ()) for time, client in said[name])
    near = []
    for each in group:
        low, high = bisect_left(lines, (each.time - limit,)), bisect_left(lines, (each.time + limit + 1,))
        if any(client in ("", each.client) for _, client in lines[low:high]):
            near.append(each)
    return near


def _beside(group: list[Tried], everything: Sequence[Tried], rule: FindingRule) -> list[Tried]:
    """Those with a success of the same ``over`` within ``beside`` seconds, before or after."""
    limit = rule.need["beside"] * 1_000_000
    times: defaultdict[tuple[str | None, ...], list[int]] = defaultdict(list)
    for each in everything:
        if each.success:
            times[_key(each, rule.over)].append(each.time)
    return [
        each for each in group if any(abs(time - each.time) <= limit for time in times.get(_key(each, rule.over), ()))
    ]


def _elsewhere(mine: Sequence[Tried], everything: Sequence[Tried]) -> set[str | None]:
    """Users who triggered another DAG than those that they were refused here; the experimental API asks no role."""
    refused: defaultdict[str | None, set[str | None]] = defaultdict(set)
    for each in mine:
        refused[each.person.user].add(each.dag_id)
    return {
        each.person.user
        for each in everything
        if each.success
        and each.person.user in refused
        and each.dag_id not in refused[each.person.user]
        and each.attempt.request.tag.channel != Channel.EXPERIMENTAL_API
    } - {None}


def _answered(group: list[Tried], everything: Sequence[Tried], within: int) -> list[Tried]:
    """Those that the same caller's next attempt, on the same DAG within so many seconds, made good."""
    following: dict[int, Tried] = {}
    latest: dict[tuple[object, ...], Tried] = {}
    for each in everything:
        caller = _key(each, ("client", "agent", "dag_id", "channel"))
        if caller in latest:
            following[latest[caller].number] = each
        latest[caller] = each
    return [
        each
        for each in group
        if (other := following.get(each.number)) and other.success and other.time - each.time <= within * 1_000_000
    ]


def _apart(mine: list[Tried], same: Sequence[Tried], need: Mapping[str, Any]) -> list[Tried]:
    """Those of the callers whose own successes lie in time as the rule wants, if they are still enough."""
    over = tuple(need["success_of"])
    parts: defaultdict[tuple[str | None, ...], list[Tried]] = defaultdict(list)
    for each in mine:
        parts[_key(each, over)].append(each)
    taken = {
        each.number
        for key, part in parts.items()
        if _successes(part, [each for each in same if _key(each, over) == key], need)
        for each in part
    }
    kept = [each for each in mine if each.number in taken]
    return kept if kept and _enough(kept, need) else []


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
    return sum(one != other for one, other in pairwise(turns)) >= int(need.get("turns", ALTERNATIONS))


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
