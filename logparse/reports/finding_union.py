"""One row for one cause that goes on: those who lost an access before this week are several findings in it.

A week by itself shows only that each of them is refused. That it was one change shows the week before: so this comes
after ``finding_lives`` has found how each of them began.

Owns: which rows are told as one, and what that row says. Must not know: how a finding began.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from logparse.common.schema import CONFIDENCES, SEVERITIES
from logparse.reports.finding_rows import NAMED
from logparse.reports.finding_texts import list_names

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

#: Between keys of findings in a row that is several of them.
KEYS: Final = ", "
#: What began within this time can be one change: most DAGs are triggered once a day or more.
_AT_ONCE: Final = pd.Timedelta(days=1)
_REST: Final = re.compile(r" and \d+ more$")
#: Columns of names, and those that count them.
_COUNTS: Final = {"users": "user_count", "clients": "client_count", "dags": "dag_count"}
#: Further columns of names, and those that add up.
_OTHERS: Final = ("succeeded", "meant", "missing")
_SUMS: Final = ("attempts", "logins", "incidents", "attempts_change")


def unite(rows: Iterable[dict[Any, Any]], stored: Iterable[str]) -> list[dict[Any, Any]]:
    """Return findings of a week, those as one that are told as the same earlier cause, with the same status, at once.

    Args:
        rows: the findings, as they are told; columns as in ``findings.STORED``.
        stored: the cause of each, as its own week shows it.
    """
    united: list[list[dict[Any, Any]]] = []
    alike: defaultdict[tuple[str, ...], list[list[dict[Any, Any]]]] = defaultdict(list)
    for row, cause in sorted(zip(rows, stored, strict=True), key=lambda pair: pair[0]["since"]):
        known = alike[row["finding"], row["status"], row["server"]] if row["finding"] != cause else []
        if not known or row["since"] - known[-1][0]["since"] > _AT_ONCE:
            known.append([])
            united.append(known[-1])
        known[-1].append(row)
    return [_join(members) if len(members) > 1 else members[0] for members in united]


def _join(members: Sequence[dict[Any, Any]]) -> dict[Any, Any]:
    """Return one row for several, which are in order of ``since``; it is worded as the one with most attempts."""
    ranked = sorted(members, key=lambda row: -row["attempts"])
    largest = ranked[0]
    lists = {name: list(dict.fromkeys(_split_names(row[name] for row in ranked))) for name in (*_COUNTS, *_OTHERS)}
    told = {name: list_names(names, NAMED) for name, names in lists.items()}
    explanation = largest["explanation"]
    for name in filter(largest.__getitem__, _COUNTS):
        explanation = explanation.replace(largest[name], told[name])
    return {
        **largest, **told,
        **{number: max(len(lists[name]), *(row[number] for row in members)) for name, number in _COUNTS.items()},
        **{name: sum(row[name] for row in members if pd.notna(row[name])) for name in _SUMS},
        "explanation": explanation,
        "severity": min((row["severity"] for row in members), key=SEVERITIES.index),
        "confidence": max((row["confidence"] for row in members), key=CONFIDENCES.index),
        "reach": "everybody" if any(row["reach"] == "everybody" for row in members) else "some",
        "first_seen": min((row["first_seen"] for row in members if pd.notna(row["first_seen"])), default=None),
        "last_seen": max((row["last_seen"] for row in members if pd.notna(row["last_seen"])), default=None),
        "since": members[0]["since"],
        "until": None if any(pd.isna(row["until"]) for row in members) else max(row["until"] for row in members),
        "key": KEYS.join(sorted(row["key"] for row in members)),
        "retries": next((row["retries"] for row in ranked if row["retries"]), ""),
        "likely_trigger": next((row["likely_trigger"] for row in ranked if row["likely_trigger"]), ""),
    }  # fmt: skip


def _split_names(cells: Iterable[str]) -> Iterable[str]:
    return [name for cell in cells for name in _REST.sub("", cell).split(", ") if name]
