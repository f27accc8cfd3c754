"""What must hold of attempts together to be one finding.

Attempts are given as places in a population, which are in order of time.

Owns: the meaning of every ``need``. Must not know: which findings there are, in which order they claim attempts.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from logparse.causes.changes import AROUND, find_meanwhile, part_by_change
from logparse.causes.density import COUNTED, find_dense
from logparse.causes.population import NO_ATTEMPTS
from logparse.causes.success_times import lie_as_wanted
from logparse.common.timestamps import SECOND

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from logparse.causes.population import Population
    from logparse.rules.model import FindingRule

    Places = NDArray[np.int64]

#: What is accepted so long behind a refusal contradicts that a setting was at fault (microseconds).
_BEHIND: Final = 3_600 * SECOND
#: Asks for nothing, so that all attempts fit.
_ALL: Final[dict[str, Any]] = {}


def candidate_groups(claimed: Places, population: Population, rule: FindingRule) -> Iterator[Places]:
    """Yield attempts that may be one finding: those that agree in all that attempts of one finding share.

    Args:
        claimed: attempts that have the traits that the rule asks for.
        population: all attempts of the deployment.
        rule: the finding.

    Groups that are too small for the rule, or have no success where it needs one, are left out.
    """
    need = rule.need
    asked = {**need, **need.get("reading", _ALL)}
    least = 1 if "suffices" in need else max(asked.get(name, 1) for name in ("attempts", *COUNTED))
    if len(claimed) < least:  # as of most rules in a small week
        return
    for name in {"user", "client", "caller"}.intersection((*rule.over, *need.get("success_of", ()))) if need else ():
        claimed = claimed[population.code(name)[claimed] >= 0]
    by = population.partition(rule.over)
    enough = by.counts(claimed) >= least
    if "success" in need and "success_of" not in need and need["success"] != "alternating":
        enough &= (by.counts(population.success) == 0) == (need["success"] == "none")
    yield from by.split(claimed[enough[by.codes[claimed]]])


def meeting_need(group: Places, population: Population, rule: FindingRule) -> list[Places]:
    """Return the attempts of a group that together are what the rule is about, in one part or several; none if not."""
    if not rule.need:
        return [group]
    found = _meeting(group, population, rule, rule.need)
    if found or "reading" not in rule.need:
        return found
    fewer = _meeting(group, population, rule, {**rule.need, **rule.need["reading"]})
    return [mine for mine in fewer if _is_uncontested(mine, population)]


def is_reading(mine: Places, population: Population, rule: FindingRule) -> bool:
    """Return whether attempts are fewer than the rule asks for, and so are a reading only."""
    return "reading" in rule.need and not len(find_dense(mine, population, {**rule.need, "within": None}))


def _is_uncontested(mine: Places, population: Population) -> bool:
    """Return whether nobody else was accepted on these channels, from the first attempt to an hour behind the last."""
    begin, end = population.time[mine[[0, -1]]].tolist()
    low, high = np.searchsorted(population.time, (begin, end + _BEHIND + 1)).tolist()
    near = low + np.flatnonzero(population.success[low:high])
    channels, callers = population.code("channel"), population.code("caller")
    others = np.isin(channels[near], channels[mine]) & ~np.isin(callers[near], callers[mine])
    return not others.any()


def _meeting(group: Places, population: Population, rule: FindingRule, need: Mapping[str, Any]) -> list[Places]:
    """Return the attempts of a group that together are what is needed, in one part or several; none if not."""
    if not set(need.get("seen", ())) <= population.said.keys() or population.said.keys() & set(need.get("unseen", ())):
        return []
    group = _near(group, population, need)
    if "beside" in need:
        group = _beside(group, population, rule)
    if "put_right" in need:
        group = _put_right(group, population, rule)
    if need.get("changed_later"):
        group = _changed_later(group, population)
    if "answered" in need:
        group = _answered(group, population, need["answered"])
    few = "suffices" in need and len(population.select_with_traits(group, need["suffices"])) > 0
    mine = group if few else find_dense(group, population, need)
    if not len(mine) or not _fit(mine, population, rule, few=few):
        return []
    return _apart(mine, population, need) if "success_of" in need else [mine]


def _fit(mine: Places, population: Population, rule: FindingRule, *, few: bool) -> bool:
    """Whether these attempts are what the rule wants, all together; of ``few``, one suffices to show it."""
    need = rule.need
    if "including" in need and not few and not len(population.select_with_traits(mine, need["including"])):
        return False
    if "elsewhere" in need and len(_elsewhere(mine, population)) < need["elsewhere"]:
        return False
    if need.get("idle") and not _idle(mine, population, need.get("idle_but_for", 0)):
        return False
    same = population.partition(rule.over).places_of_group(mine[0])
    if need.get("let_in_elsewhere") and not _let_in_elsewhere(mine, population):
        return False
    return "success_of" in need or _are_alike(mine, same, population, {**need, "share": 0} if few else need)


def _let_in_elsewhere(mine: Places, population: Population) -> bool:
    """Whether their users were let in from other addresses between the first and the last of them."""
    first, last = int(mine[0]), int(mine[-1])
    near = first + np.flatnonzero(population.success[first : last + 1])
    users, clients = population.code("user"), population.code("client")
    found: NDArray[np.bool_] = np.isin(users[near], users[mine]) & ~np.isin(clients[near], clients[mine])
    return bool(found.any())


def _idle(mine: Places, population: Population, but_for: int) -> bool:
    """Whether so few attempts came from the addresses of these logins, from the first to an hour behind the last."""
    begin, end = population.time[mine[[0, -1]]].tolist()
    times = (population.busy.get(client) for client in population.attempts.counted("client", population.rows[mine]))
    return all(
        bisect_left(found, end + _BEHIND + 1) - bisect_left(found, begin) <= but_for
        for found in times
        if found is not None
    )


def _are_alike(mine: Places, same: Places, population: Population, need: Mapping[str, Any]) -> bool:
    """Whether these attempts are enough of those of the same callers, and successes lie in time as the rule wants."""
    near = _meanwhile(same, mine, population) if need.get("meanwhile") else same
    others = population.select_with_traits(near, need.get("of", _ALL)) if "share" in need else NO_ATTEMPTS
    if len(mine) < need.get("share", 0) * len(others):
        return False
    return "success" not in need or lie_as_wanted(mine, same, population, need)


def _meanwhile(same: Places, mine: Places, population: Population) -> Places:
    """Those of some attempts that are of the same time as others."""
    begin, end = population.time[mine[[0, -1]]].tolist()
    times = population.time[same]
    found: Places = same[(times >= begin - AROUND) & (times <= end + AROUND)]
    return found


def _near(group: Places, population: Population, need: Mapping[str, Any]) -> Places:
    """Those near one of the app lines that must be seen, in time, and in address if the line names one."""
    if "seen_within" not in need:
        return group
    limit = need["seen_within"] * SECOND
    lines = sorted((time, client) for name in need.get("seen", ()) for time, client in population.said[name])
    clients = population.attempts.texts("client", population.rows[group])
    near = []
    for place, time, mine in zip(group.tolist(), population.time[group].tolist(), clients, strict=True):
        low, high = bisect_left(lines, (time - limit,)), bisect_left(lines, (time + limit + 1,))
        if any(client in ("", mine) for _, client in lines[low:high]):
            near.append(place)
    return np.array(near, np.int64)


def _beside(group: Places, population: Population, rule: FindingRule) -> Places:
    """Those with a success of the same ``over`` within ``beside`` seconds, before or after."""
    if not len(group):
        return group
    limit = rule.need["beside"] * SECOND
    good, times = population.successes(rule.over, group[0]), population.time[group]
    found: Places = group[np.searchsorted(good, times - limit) < np.searchsorted(good, times + limit, "right")]
    return found


def _put_right(group: Places, population: Population, rule: FindingRule) -> Places:
    """Those in a row that a success of the same ``over`` ended within ``put_right`` seconds after the first of them."""
    good = np.array(population.successes(rule.over, group[0]) if len(group) else (), np.int64)
    times = population.time[group]
    rows = np.searchsorted(good, times)  # which success ends it
    ended = rows < len(good)
    first = times[np.searchsorted(rows, rows)]
    found: Places = group[ended][good[rows[ended]] - first[ended] <= rule.need["put_right"] * SECOND]
    return found


def _changed_later(group: Places, population: Population) -> Places:
    """Those of users who were made or changed after the attempt, as an export of users says."""
    users = population.attempts.texts("user", population.rows[group])
    moments = np.array([population.changed.get((user or "").casefold(), 0) for user in users], np.int64)
    found: Places = group[moments > population.time[group]]
    return found


def _elsewhere(mine: Places, population: Population) -> set[int]:
    """Users, as codes, who triggered another DAG than those that they were refused here."""
    refused: defaultdict[int, set[int]] = defaultdict(set)
    users, dags = (population.code(name)[mine].tolist() for name in ("user", "dag_id"))
    for user, dag in zip(users, dags, strict=True):
        refused[user].add(dag)
    done = population.triggered
    return {user for user in refused if any(dag not in refused[user] for dag in done.get(user, ()))}


def _answered(group: Places, population: Population, within: int) -> Places:
    """Those whose caller's next attempt on the same DAG, within so many seconds, succeeded."""
    other, time = population.following()[group], population.time
    good = (other >= 0) & population.success[other] & (time[other] - time[group] <= within * SECOND)
    found: Places = group[good]
    return found


def _apart(mine: Places, population: Population, need: Mapping[str, Any]) -> list[Places]:
    """Those of the callers who fit one by one, where they are still enough."""
    by = population.partition(tuple(need["success_of"]))
    taken: list[Places] = []
    others: list[Places] = []
    for part in by.split(mine):
        (taken if _are_alike(part, by.places_of_group(part[0]), population, need) else others).append(part)
    parts = [taken]
    if need.get("at_once"):
        parts = part_by_change(taken, others, by, population, population.code(need["success_of"][0]))
    elif taken and need["success"] == "alternating":
        # Who asked too seldom to alternate was refused by the same servers.
        parts = [[*taken, *find_meanwhile(taken, others, by, population)]]
    kept = [np.sort(np.concatenate(part)) for part in parts if part]
    return [part for part in kept if len(find_dense(part, population, {**need, "within": None}))]
