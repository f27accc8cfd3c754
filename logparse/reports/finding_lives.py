"""How findings go on from week to week: which are new, which continue, which have ended, and since when each is there.

Owns: what a finding of one week has to do with those of earlier weeks. Must not know: how findings are found, where
weeks are stored. A week of a deployment is followed by the next one in which there is anything of this deployment.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from logparse.common.schema import SEVERITIES, Severity
from logparse.reports.finding_keys import name_after
from logparse.reports.finding_origins import Before, Followed, follow_causes, list_homes, tell_beginning
from logparse.reports.finding_past import CONTINUING, ENDED, RETURNED, WORSE, Life, Past
from logparse.reports.finding_union import unite
from logparse.reports.findings import make_table

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime

#: From so many times the incidents of a day in the week before, and so many in all, a finding is worse.
_TIMES: Final = 2
_INCIDENTS: Final = 4
#: Logs that end this much before a week does, or less, show which findings have ended.
_DAY: Final = pd.Timedelta(days=1)


def shows_ends(start: datetime, end: datetime, last: int | None) -> bool:
    """Return whether logs reach far enough into a week to show which findings have ended.

    Args:
        start: first moment of the week.
        end: first moment behind it.
        last: last time in all logs of the deployment, microseconds UTC; None: not known.
    """
    return last is not None and start <= end - _DAY <= _moment(last)


def follow(found: pd.DataFrame, past: Past, *, ends: bool) -> tuple[pd.DataFrame, dict[str, Life]]:
    """Return the findings of a week of one deployment as earlier weeks show them, and their lives.

    Args:
        found: findings of the week, columns as in ``findings.STORED``, as if it was the only week.
        past: the weeks before.
        ends: the logs show which findings have ended; these get rows of their own, behind the others.

    Returns:
        The findings, columns as in ``findings.STORED``; and lives by the key that the week by itself gives.
    """
    before = Before.of(past)
    told, lives, continued = _tell(found, before)
    told.sort(key=lambda row: row["since"])
    told.sort(key=lambda row: (SEVERITIES.index(Severity(row["severity"])), -count_explained(row)))
    return make_table([*told, *(_list_ended(before, continued) if ends else ())]), lives


def find_lives(found: pd.DataFrame, past: Past) -> dict[str, Life]:
    """Return the lives of the findings of a week, as ``follow`` does: to make a table takes longer than that."""
    return _tell(found, Before.of(past))[1]


def _tell(found: pd.DataFrame, before: Before) -> tuple[list[dict[Any, Any]], dict[str, Life], set[str]]:
    """Return the findings of a week as rows, their lives, and findings of the weeks before that go on in them."""
    called = before.names()
    alone = {str(key) for key in found["key"]}
    groups: dict[tuple[str, int], list[Followed]] = {}
    same: Counter[str] = Counter()
    for one in follow_causes(found, before):
        own = str(one.own["key"])  # without names (`--drop`), different findings of a week may have the same
        groups.setdefault((one.told["key"], same[own]), []).append(one)
        same[own] += 1
    told: list[dict[Any, Any]] = []
    lives: dict[str, Life] = {}
    continued: set[str] = set()
    for (key, _), group in groups.items():
        origins = dict.fromkeys([*(name for one in group for name in one.origins), *called.get(key, ())])
        told.append(_continue(group, [_live_before(name, before, alone) for name in origins], before.past))
        lives |= _list_lives(told[-1], group, before)
        continued.update(origins, (before.holders[name] for name in origins if name in before.holders))
    return told, lives, continued


def count_explained(row: Mapping[Any, Any]) -> int:
    """Return how many attempts a finding explains; of a cause that is about logins, how many logins."""
    return int(row["attempts"]) + int(row["logins"])


def _live_before(key: str, before: Before, alone: Collection[str]) -> Life:
    """Return the life of a finding of the week before, without what is told of by itself in this week."""
    life = before.past.lives[key]
    members = Followed(before.rows[key], {}, []).members if key in before.rows else []
    return life._replace(attempts=life.attempts - sum(one.attempts for one in members if one.key in alone))


def _continue(group: Sequence[Followed], befores: Sequence[Life], past: Past) -> dict[Any, Any]:
    """Return findings that have one name as a row, as the weeks before show it.

    Args:
        group: the findings.
        befores: findings of the week before that go on in it.
        past: the weeks before.
    """
    told = unite([one.told for one in group])
    known = [life.severity for life in befores if life.severity]
    worst = min((SEVERITIES.index(Severity(severity)) for severity in known), default=len(SEVERITIES))
    told["severity"] = min([told["severity"], *known], key=SEVERITIES.index)  # while it goes on, it gets no better
    if past.found is not None:
        told["attempts_change"] = count_explained(told) - sum(life.attempts for life in befores)
    if not befores:
        if told["started"]:
            told["likely_trigger"] = told["started"]
        return told | ({"status": RETURNED} if all(one.own["key"] in past.lives for one in group) else {})
    pace = sum(_measure_pace(one.own) for one in group)
    many = told["incidents"] >= _INCIDENTS and pace >= _TIMES * sum(life.pace for life in befores)
    worse = many or (bool(known) and SEVERITIES.index(Severity(told["severity"])) < worst)
    first = min(befores, key=lambda life: life.since)
    return told | {
        "status": WORSE if worse else CONTINUING, "since": _moment(first.since), "likely_trigger": first.trigger,
    }  # fmt: skip


def _list_lives(told: Mapping[Any, Any], group: Iterable[Followed], before: Before) -> dict[str, Life]:
    """Return what later weeks must know of the findings in a row, and of those that are told of together in them."""
    lives = {}
    cause, status, trigger, key = (str(told[name]) for name in ("finding", "status", "likely_trigger", "key"))
    for one in group:
        lives[str(one.own["key"])] = Life(
            cause, told["severity"], status, told["since"].value // 1_000, count_explained(one.own),
            _measure_pace(one.own), trigger, key,
        )  # fmt: skip
        for member in one.members:
            since = before.past.lives[member.key].since if before.has(member.key) else member.first
            pace = _divide(member.incidents, _moment(member.last) - _moment(member.first))
            name = name_after(cause, member.key)
            lives[member.key] = Life(cause, "", status, since, member.attempts, pace, "", name)
    return lives


def _measure_pace(row: Mapping[Any, Any]) -> float:
    return _divide(row["incidents"], row["last_seen"] - row["first_seen"])


def _divide(incidents: int, span: pd.Timedelta) -> float:
    return round(float(incidents) / (1 + float(span / _DAY)), 3)


def _list_ended(before: Before, continued: Collection[str]) -> list[dict[Any, Any]]:
    """Return a row for each finding that the week before has and this one has not."""
    ended: dict[str, list[dict[Any, Any]]] = {}
    for key, row in before.rows.items():
        life = before.past.lives[key]
        if key not in continued and life.severity != Severity.INFO:
            name = life.name(key, row["server"])
            ended.setdefault(name, []).append(_end(row, life) | {"key": name})
    return sorted(map(unite, ended.values()), key=lambda row: row["since"])


def _end(row: Mapping[Any, Any], life: Life) -> dict[Any, Any]:
    homes = list_homes(row) if life.finding != row["finding"] else ()
    return {
        **row, **tell_beginning(row, [life], homes), "severity": life.severity, "status": ENDED,
        "attempts": 0, "logins": 0, "incidents": 0, "attempts_change": -life.attempts,
        "first_seen": None, "last_seen": None,
        "since": _moment(life.since), "until": row["last_seen"], "likely_trigger": life.trigger,
    }  # fmt: skip


def _moment(microseconds: int) -> pd.Timestamp:
    return pd.Timestamp(microseconds, unit="us", tz="UTC")
