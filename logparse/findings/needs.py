"""What must hold of attempts together to be one finding.

Owns: the meaning of every ``need``. Must not know: which findings there are, in which order they claim.

Attempts are places in a crowd, which are in order of time.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from logparse.common.schema import Channel
from logparse.common.timestamps import SECOND
from logparse.findings.population import NOBODY

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from numpy.typing import NDArray

    from logparse.findings.population import Crowd
    from logparse.rules.model import FindingRule

    Places = NDArray[np.int64]

#: Luck that turns so often is no luck.
ALTERNATIONS: Final = 3
#: What has to be counted, and the columns in which.
_ALL: Final[dict[str, Any]] = {}
_COUNTED: Final = {"users": "user", "clients": "client", "dags": "dag_id"}


def groups(claimed: Places, crowd: Crowd, rule: FindingRule) -> Iterator[Places]:
    """The attempts that have the traits, by what those of one finding share; groups that cannot do are left out."""
    need = rule.need
    for name in {"user", "client"} & set(rule.over) if need else ():
        claimed = claimed[crowd.code(name)[claimed] >= 0]
    by = crowd.by(rule.over)
    least = max(need.get("attempts", 1), *(need.get(name, 1) for name in _COUNTED))
    enough = by.counts(claimed) >= least
    if "success" in need and "success_of" not in need and need["success"] != "alternating":
        enough &= (by.counts(crowd.success) == 0) == (need["success"] == "none")
    yield from by.parted(claimed[enough[by.codes[claimed]]])


def met(group: Places, crowd: Crowd, rule: FindingRule) -> Places:
    """The attempts of a group that together are what the rule is about; none if they are not."""
    need = rule.need
    if not need:
        return group
    if not set(need.get("seen", ())) <= crowd.said.keys() or crowd.said.keys() & set(need.get("unseen", ())):
        return NOBODY
    group = _near(group, crowd, need)
    if "beside" in need:
        group = _beside(group, crowd, rule)
    if "answered" in need:
        group = _answered(group, crowd, need["answered"])
    mine = _dense(group, crowd, need)
    if not len(mine) or not _fit(mine, crowd, rule):
        return NOBODY
    return _apart(mine, crowd, need) if "success_of" in need else mine


def _fit(mine: Places, crowd: Crowd, rule: FindingRule) -> bool:
    """Whether these attempts are what the rule wants, all together."""
    need = rule.need
    if "including" in need and not len(crowd.have(mine, need["including"])):
        return False
    if "elsewhere" in need and len(_elsewhere(mine, crowd)) < need["elsewhere"]:
        return False
    if "share" in need:
        others = crowd.have(crowd.by(rule.over).of(mine[0]), need.get("of", _ALL))
        if len(mine) < need["share"] * len(others):
            return False
    apart = "success" not in need or "success_of" in need
    return apart or _successes(mine, crowd.by(rule.over).of(mine[0]), crowd, need)


def _near(group: Places, crowd: Crowd, need: Mapping[str, Any]) -> Places:
    """Those near one of the lines that must be seen, in time, and in address where the line tells one."""
    if "seen_within" not in need:
        return group
    limit = need["seen_within"] * SECOND
    lines = sorted((time, client) for name in need.get("seen", ()) for time, client in crowd.said[name])
    clients = crowd.tried.texts("client", crowd.rows[group])
    near = []
    for each, time, mine in zip(group.tolist(), crowd.time[group].tolist(), clients, strict=True):
        low, high = bisect_left(lines, (time - limit,)), bisect_left(lines, (time + limit + 1,))
        if any(client in ("", mine) for _, client in lines[low:high]):
            near.append(each)
    return np.array(near, np.int64)


def _beside(group: Places, crowd: Crowd, rule: FindingRule) -> Places:
    """Those with a success of the same ``over`` within ``beside`` seconds, before or after."""
    if not len(group):
        return group
    limit = rule.need["beside"] * SECOND
    good, times = crowd.successes(rule.over, group[0]), crowd.time[group]
    found: Places = group[np.searchsorted(good, times - limit) < np.searchsorted(good, times + limit, "right")]
    return found


def _elsewhere(mine: Places, crowd: Crowd) -> set[str | None]:
    """Users who triggered another DAG than those that they were refused here; the experimental API asks no role."""
    tried = crowd.tried
    refused: defaultdict[str | None, set[str | None]] = defaultdict(set)
    first: dict[str | None, int] = {}
    users, dags = (tried.texts(name, crowd.rows[mine]) for name in ("user", "dag_id"))
    for place, user, dag in zip(mine.tolist(), users, dags, strict=True):
        refused[user].add(dag)
        first.setdefault(user, place)
    found = set()
    for user in refused.keys() - {None}:
        same = crowd.by(("user",)).of(first[user])
        rows = crowd.rows[same[crowd.success[same]]]
        done = zip(tried.texts("dag_id", rows), tried.texts("channel", rows), strict=True)
        if any(dag not in refused[user] and channel != Channel.EXPERIMENTAL_API for dag, channel in done):
            found.add(user)
    return found


def _answered(group: Places, crowd: Crowd, within: int) -> Places:
    """Those that the same caller's next attempt, on the same DAG within so many seconds, made good."""
    other = crowd.following()[group]
    good = (other >= 0) & crowd.success[other] & (crowd.time[other] - crowd.time[group] <= within * SECOND)
    found: Places = group[good]
    return found


def _apart(mine: Places, crowd: Crowd, need: Mapping[str, Any]) -> Places:
    """Those of the callers whose own successes lie in time as the rule wants, if they are still enough."""
    by = crowd.by(tuple(need["success_of"]))
    taken = [part for part in by.parted(mine) if _successes(part, by.of(part[0]), crowd, need)]
    kept = np.sort(np.concatenate(taken)) if taken else NOBODY
    return kept if len(kept) and len(_dense(kept, crowd, {**need, "within": None})) else NOBODY


def _dense(group: Places, crowd: Crowd, need: Mapping[str, Any]) -> Places:
    """The attempts that are in some stretch of ``within`` seconds with enough of the others."""
    wanted = {column: need[name] for name, column in _COUNTED.items() if name in need}
    least = need.get("attempts", 1)
    if not wanted and least <= 1:
        return group
    if need.get("within") is None:
        several = all(_different(crowd.code(column)[group]) >= number for column, number in wanted.items())
        return group if len(group) >= least and several else NOBODY
    times, places = crowd.time[group], np.arange(len(group))
    starts = np.searchsorted(times, times - need["within"] * SECOND)
    enough = places - starts + 1 >= least
    for column, number in wanted.items():
        enough &= _different_since(crowd.code(column)[group], starts) >= number
    found: Places = group[_covered(starts[enough], places[enough], len(group))]
    return found


def _covered(starts: Places, ends: Places, number: int) -> NDArray[np.bool_]:
    """Which of so many places are in a stretch; both ends are in it."""
    turns = np.zeros(number + 1, np.int64)
    np.add.at(turns, starts, 1)
    np.add.at(turns, ends + 1, -1)
    found: NDArray[np.bool_] = np.cumsum(turns)[:number] > 0
    return found


def _different(codes: NDArray[np.int32]) -> int:
    return len(np.unique(codes[codes >= 0]))


def _different_since(codes: NDArray[np.int32], starts: Places) -> Places:
    """How many different codes, none of them -1, there are from ``starts``, which never falls, up to each place."""
    number = len(codes)
    order = np.argsort(codes, kind="stable")
    again = np.full(number, number)  # where the same code comes next
    same = codes[order[:-1]] == codes[order[1:]]
    again[order[:-1][same]] = order[1:][same]
    # A code counts where it stands last, until it comes again or the stretch begins behind it.
    known = np.flatnonzero(codes >= 0)
    until = np.minimum(again, np.searchsorted(starts, np.arange(number), "right"))
    turns = np.zeros(number + 1, np.int64)
    np.add.at(turns, known, 1)
    np.add.at(turns, until[known], -1)
    found: Places = np.cumsum(turns)[:number]
    return found


def _successes(mine: Places, same: Places, crowd: Crowd, need: Mapping[str, Any]) -> bool:
    """Whether successes of the same callers lie in time as the rule wants."""
    wanted = need["success"]
    good: list[int] = crowd.time[same[crowd.success[same]]].tolist()
    if wanted in ("none", "some"):
        return bool(good) is bool(wanted == "some")
    if wanted == "before":
        return bool(good) and good[-1] < int(crowd.time[mine[0]])
    if wanted == "after":
        limit = need.get("success_within", 1 << 40) * SECOND
        return any(bisect_left(good, time) < bisect_right(good, time + limit) for time in crowd.time[mine].tolist())
    taken = np.isin(same, mine)
    turns = crowd.success[same[taken | crowd.success[same]]].tolist()
    changes = sum(one != other for one, other in pairwise(turns))
    return bool(changes >= need.get("turns", ALTERNATIONS))
