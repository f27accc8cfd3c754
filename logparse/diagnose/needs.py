"""What must hold of attempts together to be one finding.

Owns: grouping, and the meaning of every ``need``. Must not know: which findings there are, in which order they claim.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter, defaultdict
from functools import cache
from itertools import pairwise
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final

from logparse.diagnose import traits
from logparse.schema import Channel

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from logparse.diagnose.traits import Traits, Tried
    from logparse.rules import FindingRule

#: When an app line was written, and about which address; none if it names none.
Line = tuple[int, str]
Key = tuple[str | None, ...]

SECOND: Final = 1_000_000
#: Luck that turns so often is no luck.
ALTERNATIONS: Final = 3


class Crowd:
    """All attempts of one Airflow in a week, and what its app lines said.

    Args:
        attempts: in order of time.
        known: traits of each, by number.
        said: event rules that fitted any of its app lines, and when those were written about whom.
    """

    def __init__(
        self, attempts: Sequence[Tried], known: Mapping[int, Traits], said: Mapping[str, Sequence[Line]]
    ) -> None:
        self.attempts = attempts
        self.known = known
        self.said = said
        self._by: dict[tuple[str, ...], dict[Key, list[Tried]]] = {}
        self._next: dict[int, Tried] | None = None

    def by(self, over: tuple[str, ...]) -> dict[Key, list[Tried]]:
        """Its attempts by what they have in common, each in order of time."""
        if over not in self._by:
            self._by[over] = _parted(self.attempts, over)
        return self._by[over]

    def following(self) -> dict[int, Tried]:
        """The next attempt of the same caller on the same DAG, by the number of the one before."""
        if self._next is None:
            calls = self.by(("client", "agent", "dag_id", "channel")).values()
            self._next = {one.number: other for each in calls for one, other in pairwise(each)}
        return self._next

    def have(self, attempts: Iterable[Tried], when: Mapping[str, Any]) -> list[Tried]:
        """Those that have the traits."""
        wanted = {name: tuple(value) if isinstance(value, list) else (value,) for name, value in when.items()}
        fits = cache(lambda kind: traits.fit(kind, wanted))  # few differ in their traits
        return [each for each in attempts if fits(self.known[each.number])]


#: Where an attempt holds what those of one finding may have in common; a caller is a user, or else an address.
_OVER: Final = {
    "user": "person.user",
    "client": "attempt.request.access.client",
    "caller": "caller",
    "dag_id": "dag_id",
    "channel": "attempt.request.tag.channel",
    "agent": "attempt.request.access.agent",
    "target": "attempt.request.access.target",
}


def _telling(over: tuple[str, ...]) -> Callable[[Tried], Key]:
    """What tells what attempts have in common; ``attrgetter`` gives no tuple for one attribute, nor for none."""
    tell: Callable[[Tried], Any] = attrgetter(*(_OVER[name] for name in over)) if over else lambda _: ()
    return (lambda each: (tell(each),)) if len(over) == 1 else tell


def _key(each: Tried, over: tuple[str, ...]) -> Key:
    return _telling(over)(each)


def _parted(attempts: Iterable[Tried], over: tuple[str, ...]) -> dict[Key, list[Tried]]:
    groups: defaultdict[Key, list[Tried]] = defaultdict(list)
    tell = _telling(over)
    for each in attempts:
        groups[tell(each)].append(each)
    return dict(groups)


def groups(claimed: Sequence[Tried], rule: FindingRule) -> list[list[Tried]]:
    """The attempts that have the traits, by what those of one finding share."""
    counted = {"user", "client"} & set(rule.over) if rule.need else set()
    return [
        group
        for key, group in _parted(claimed, rule.over).items()
        if not any(value is None and name in counted for name, value in zip(rule.over, key, strict=True))
    ]


def met(group: list[Tried], crowd: Crowd, rule: FindingRule) -> list[Tried]:
    """The attempts of a group that together are what the rule is about; none if they are not."""
    need = rule.need
    if not set(need.get("seen", ())) <= crowd.said.keys() or crowd.said.keys() & set(need.get("unseen", ())):
        return []
    group = _near(group, crowd.said, need)
    if "beside" in need:
        group = _beside(group, crowd, rule)
    if "answered" in need:
        group = _answered(group, crowd, need["answered"])
    mine = _dense(group, need)
    if not mine or ("including" in need and not crowd.have(mine, need["including"])):
        return []
    if "elsewhere" in need and len(_elsewhere(mine, crowd)) < need["elsewhere"]:
        return []
    same = crowd.by(rule.over)[_key(mine[0], rule.over)]
    if "share" in need and len(mine) < need["share"] * len(crowd.have(same, need.get("of", {}))):
        return []
    if "success_of" in need:
        return _apart(mine, crowd, need)
    return mine if _successes(mine, same, need) else []


def _near(group: list[Tried], said: Mapping[str, Sequence[Line]], need: Mapping[str, Any]) -> list[Tried]:
    """Those near one of the lines that must be seen, in time, and in address where the line tells one."""
    if "seen_within" not in need:
        return group
    limit = need["seen_within"] * SECOND
    lines = sorted((time, client) for name in need.get("seen", ()) for time, client in said[name])
    near = []
    for each in group:
        low, high = bisect_left(lines, (each.time - limit,)), bisect_left(lines, (each.time + limit + 1,))
        if any(client in ("", each.client) for _, client in lines[low:high]):
            near.append(each)
    return near


def _beside(group: list[Tried], crowd: Crowd, rule: FindingRule) -> list[Tried]:
    """Those with a success of the same ``over`` within ``beside`` seconds, before or after."""
    limit = rule.need["beside"] * SECOND
    good = [each.time for each in crowd.by(rule.over)[_key(group[0], rule.over)] if each.success] if group else []
    return [each for each in group if bisect_left(good, each.time - limit) < bisect_right(good, each.time + limit)]


def _elsewhere(mine: Sequence[Tried], crowd: Crowd) -> set[str | None]:
    """Users who triggered another DAG than those that they were refused here; the experimental API asks no role."""
    refused: defaultdict[str | None, set[str | None]] = defaultdict(set)
    for each in mine:
        refused[each.person.user].add(each.dag_id)
    return {
        user
        for user, dags in refused.items()
        if user is not None
        and any(
            each.success and each.dag_id not in dags and each.attempt.request.tag.channel != Channel.EXPERIMENTAL_API
            for each in crowd.by(("user",)).get((user,), ())
        )
    }


def _answered(group: list[Tried], crowd: Crowd, within: int) -> list[Tried]:
    """Those that the same caller's next attempt, on the same DAG within so many seconds, made good."""
    following = crowd.following()
    return [
        each
        for each in group
        if (other := following.get(each.number)) and other.success and other.time - each.time <= within * SECOND
    ]


def _apart(mine: list[Tried], crowd: Crowd, need: Mapping[str, Any]) -> list[Tried]:
    """Those of the callers whose own successes lie in time as the rule wants, if they are still enough."""
    over = tuple(need["success_of"])
    taken = {
        each.number
        for key, part in _parted(mine, over).items()
        if _successes(part, crowd.by(over)[key], need)
        for each in part
    }
    kept = [each for each in mine if each.number in taken]
    return kept if kept and _dense(kept, {**need, "within": None}) else []


def _dense(group: list[Tried], need: Mapping[str, Any]) -> list[Tried]:
    """The attempts that are in some stretch of ``within`` seconds with enough of the others."""
    window = _Window(need)
    if need.get("within") is None:
        for each in group:
            window.add(each, 1)
        return group if group and window.enough() else []
    taken: set[int] = set()
    start = done = 0
    for end, last in enumerate(group):
        window.add(last, 1)
        while last.time - group[start].time > need["within"] * SECOND:
            window.add(group[start], -1)
            start += 1
        if window.enough():
            taken.update(range(max(start, done), end + 1))
            done = end + 1
    return [group[at] for at in sorted(taken)]


class _Window:
    """Counts the attempts of a stretch of time, and who and what takes part in it."""

    def __init__(self, need: Mapping[str, Any]) -> None:
        self._least = need.get("attempts", 1)
        self._wanted = [need.get(name, 0) for name in ("users", "clients", "dags")]
        self._size = 0
        self._seen: list[Counter[str]] = [Counter(), Counter(), Counter()]

    def add(self, each: Tried, number: int) -> None:
        """Count an attempt in (1) or out (-1)."""
        self._size += number
        for seen, value in zip(self._seen, (each.person.user, each.client, each.dag_id), strict=True):
            if value is not None:
                seen[value] += number
                if not seen[value]:
                    del seen[value]

    def enough(self) -> bool:
        """Whether it holds as many as needed."""
        return bool(self._size >= self._least) and all(
            len(seen) >= wanted for seen, wanted in zip(self._seen, self._wanted, strict=True)
        )


def _successes(mine: Sequence[Tried], same: Sequence[Tried], need: Mapping[str, Any]) -> bool:
    """Whether successes of the same callers lie in time as the rule wants."""
    wanted = need.get("success")
    if wanted is None:
        return True
    good = [each.time for each in same if each.success]
    if wanted in ("none", "some"):
        return bool(good) is bool(wanted == "some")
    if wanted == "before":
        return bool(good) and good[-1] < mine[0].time
    if wanted == "after":
        limit = need.get("success_within", 1 << 40) * SECOND
        return any(bisect_left(good, each.time) < bisect_right(good, each.time + limit) for each in mine)
    numbers = {each.number for each in mine}
    turns = [each.success for each in same if each.success or each.number in numbers]
    return sum(one != other for one, other in pairwise(turns)) >= int(need.get("turns", ALTERNATIONS))
