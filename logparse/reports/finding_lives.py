"""How findings go on from week to week: which are new, which continue, which have ended, and since when each is there.

Owns: what a finding of one week has to do with those of earlier weeks. Must not know: how findings are found, where
weeks are stored. A week of a deployment is followed by the next one in which there is anything of this deployment.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pandas as pd

from logparse.common.schema import SEVERITIES, Outcome, Severity
from logparse.reports.finding_rows import name_pair
from logparse.reports.finding_union import unite
from logparse.reports.findings import make_table
from logparse.verdicts.frame import empty_frame

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence
    from datetime import datetime

NEW: Final = "new"
CONTINUING: Final = "continuing"
WORSE: Final = "worse"
RETURNED: Final = "returned"
ENDED: Final = "ended"
#: The week before does not have such a finding.
COME: Final = frozenset({NEW, RETURNED})
#: From so many times the incidents of a day in the week before, and so many in all, a finding is worse.
_TIMES: Final = 2
_INCIDENTS: Final = 4
#: Logs that end this much before a week does, or less, show which findings have ended.
_DAY: Final = pd.Timedelta(days=1)


class Life(NamedTuple):
    """What later weeks must know of a finding of a week.

    Attributes:
        finding: id of the cause that it is shown as.
        severity: how bad it was.
        status: against the week before.
        since: its first attempt, microseconds UTC.
        attempts: number in the week; of a cause that is about logins, the number of these.
        pace: incidents by day, from its first attempt in the week to its last.
        trigger: what may have set it off.
    """

    finding: str
    severity: str
    status: str
    since: int
    attempts: int
    pace: float
    trigger: str = ""


@dataclass(frozen=True, slots=True)
class Past:
    """What is known of the weeks of a deployment before one.

    Attributes:
        found: findings of the last of these weeks, columns as in ``findings.STORED``; None: there is no such week.
        lives: their lives by key, those of earlier weeks too, the last one of each key.
        attempts: returns the attempts of the last of these weeks, columns as in ``schema.ATTEMPTS``.
    """

    found: pd.DataFrame | None = None
    lives: Mapping[str, Life] = field(default_factory=dict)
    attempts: Callable[[], pd.DataFrame] = empty_frame


def shows_ends(start: datetime, end: datetime, last: int | None) -> bool:
    """Return whether logs reach far enough into a week to show which findings have ended.

    Args:
        start: first moment of the week.
        end: first moment behind it.
        last: last time in all logs of the deployment, microseconds UTC; None: not known.
    """
    return last is not None and start <= end - _DAY <= _moment(last)


def follow(found: pd.DataFrame, past: Past, *, ends: bool) -> tuple[pd.DataFrame, dict[str, Life]]:
    """Return the findings of a week of one deployment as earlier weeks show them, and their lives by key.

    Args:
        found: findings of the week, columns as in ``findings.STORED``, as if it was the only week.
        past: the weeks before.
        ends: the logs show which findings have ended; these get rows of their own, behind the others.

    Returns:
        The findings, columns as in ``findings.STORED``.
    """
    before = {} if past.found is None else {str(row["key"]): row for row in past.found.to_dict("records")}
    accepted = list_accepted(past.attempts()) if any(found["begun"]) or any(found["started"]) else set()
    rows: list[dict[Any, Any]] = []
    continued: set[str] = set()
    for row in found.to_dict("records"):
        origins = [row["key"]] if row["key"] in before else _find_origins(row, before, past)
        rows.append(_continue(row, origins, past, accepted))
        continued.update(origins)
    lives = {row["key"]: _live(row) for row in rows}
    gone = [
        row
        for key, row in before.items()
        if ends and key not in continued and past.lives[key].severity != Severity.INFO
    ]
    told = unite(rows, found["finding"])
    told.sort(key=lambda row: (SEVERITIES.index(Severity(row["severity"])), -count_explained(row)))
    ended = unite([_end(row, past.lives[row["key"]]) for row in gone], [row["finding"] for row in gone])
    return make_table([*told, *ended]), lives


def count_explained(row: Mapping[Any, Any]) -> int:
    """Return how many attempts a finding explains; of a cause that is about logins, how many logins."""
    return int(row["attempts"]) + int(row["logins"])


def list_accepted(attempts: pd.DataFrame) -> set[str]:
    """Return which callers triggered which DAGs, as in the column ``pairs`` of findings."""
    good = attempts[attempts["outcome"] == Outcome.SUCCESS]
    callers = good["user"].astype(object).where(good["user"].notna(), good["client"].astype(object))
    return {name_pair(*pair) for pair in dict.fromkeys(zip(callers, good["dag_id"].astype(object), strict=True))}


def _continue(row: Mapping[Any, Any], origins: Sequence[str], past: Past, accepted: Collection[str]) -> dict[Any, Any]:
    """Return a finding as the weeks before show it.

    Args:
        row: the finding.
        origins: keys of findings of the week before that go on in it.
        past: the weeks before.
        accepted: callers with the DAGs that they triggered in the week before.
    """
    befores = [past.lives[key] for key in origins]
    told = {**row, **_tell_beginning(row, befores, accepted)}
    severities = [told["severity"], *(life.severity for life in befores)]  # while it goes on, it gets no better
    told["severity"] = min(severities, key=SEVERITIES.index)
    if past.found is not None:
        told["attempts_change"] = count_explained(row) - sum(life.attempts for life in befores)
    if not befores:
        mine = set(row["pairs"].split())
        if row["started"] and _are_most(mine.intersection(accepted), mine):
            told["likely_trigger"] = row["started"]
        return told | ({"status": RETURNED} if row["key"] in past.lives else {})
    worst = min(SEVERITIES.index(Severity(life.severity)) for life in befores)
    many = row["incidents"] >= _INCIDENTS and _measure_pace(row) >= _TIMES * sum(life.pace for life in befores)
    worse = many or SEVERITIES.index(Severity(told["severity"])) < worst
    first = min(befores, key=lambda life: life.since)
    return told | {
        "status": WORSE if worse else CONTINUING, "since": _moment(first.since), "likely_trigger": first.trigger,
    }  # fmt: skip


def _find_origins(row: Mapping[Any, Any], before: Mapping[str, Mapping[Any, Any]], past: Past) -> list[str]:
    """Return the keys of findings of the week before that show how one began, if they have most of its callers."""
    if not row["begun"]:
        return []
    name, mine = _began_as(row), set(row["pairs"].split())
    shared = {
        key: mine.intersection(one["pairs"].split())
        for key, one in before.items()
        if name in (past.lives[key].finding, _began_as(one))
    }
    return [key for key, pairs in shared.items() if pairs] if _are_most(set().union(*shared.values()), mine) else []


def _began_as(row: Mapping[Any, Any]) -> str:
    """Return the id of the cause that a finding may have begun as; an empty text if there is none."""
    return str(json.loads(row["begun"])["finding"]) if row["begun"] else ""


def _tell_beginning(row: Mapping[Any, Any], befores: Sequence[Life], accepted: Collection[str]) -> dict[str, Any]:
    """Return cells in the words of the cause that a finding began as, if the week before shows that; or nothing."""
    if not row["begun"]:
        return {}
    words: dict[str, Any] = json.loads(row["begun"])
    by_one = words.pop("by_one", True)  # archives of before do not say it
    mine = set(row["pairs"].split())
    if not any(life.finding != row["finding"] for life in befores) and (
        befores or not by_one or not _are_most(mine.intersection(accepted), mine)
    ):
        return {}
    return words | {"severity": min(words["severity"], row["severity"], key=SEVERITIES.index)}


def _are_most(some: Collection[str], all_pairs: Collection[str]) -> bool:
    return bool(some) and 2 * len(some) >= len(all_pairs)


def _live(row: Mapping[Any, Any]) -> Life:
    since = row["since"].value // 1_000
    words = (row["finding"], row["severity"], row["status"])
    return Life(*words, since, count_explained(row), _measure_pace(row), row["likely_trigger"])


def _measure_pace(row: Mapping[Any, Any]) -> float:
    days = float((row["last_seen"] - row["first_seen"]) / _DAY)
    return round(float(row["incidents"]) / (1 + days), 3)


def _end(row: Mapping[Any, Any], life: Life) -> dict[Any, Any]:
    """Return the row of a finding that the week before has and this one has not."""
    return {
        **row, **_tell_beginning(row, [life], ()), "severity": life.severity, "status": ENDED,
        "attempts": 0, "logins": 0, "incidents": 0, "attempts_change": -life.attempts,
        "first_seen": None, "last_seen": None,
        "since": _moment(life.since), "until": row["last_seen"], "likely_trigger": life.trigger,
    }  # fmt: skip


def _moment(microseconds: int) -> pd.Timestamp:
    return pd.Timestamp(microseconds, unit="us", tz="UTC")
