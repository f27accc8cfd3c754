"""One row for one cause that goes on: those who lost an access before this week are several findings in it.

A week by itself shows only that each of them is refused. That it was one change shows the week before: so this comes
after ``finding_lives`` has found how each of them began, and that they have one name.

Owns: what a row for several findings says. Must not know: how a finding began, what status it has.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from logparse.common.schema import CONFIDENCES, SEVERITIES
from logparse.reports.finding_rows import NAMED
from logparse.reports.finding_texts import list_names, split_names

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

#: Columns of names, and those that count them.
_COUNTS: Final = {"users": "user_count", "clients": "client_count", "dags": "dag_count"}
#: Further columns of names, and those that add up.
_OTHERS: Final = ("succeeded", "meant", "missing")
_SUMS: Final = ("attempts", "logins", "incidents", "attempts_change")


def unite(members: Sequence[Mapping[Any, Any]]) -> dict[Any, Any]:
    """Return one row for findings of a week that have one name; it is worded as the one with most attempts.

    Args:
        members: the findings, one at least, as they are told; columns as in ``findings.STORED``.
    """
    if len(members) == 1:
        return dict(members[0])
    ranked = sorted(members, key=lambda row: -row["attempts"])
    largest = ranked[0]
    lists = {
        name: list(dict.fromkeys(text for row in ranked for text in split_names(row[name])))
        for name in (*_COUNTS, *_OTHERS)
    }
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
        "since": min(row["since"] for row in members),
        "until": None if any(pd.isna(row["until"]) for row in members) else max(row["until"] for row in members),
        "retries": _first(row["retries"] for row in ranked),
        "likely_trigger": _first(row["likely_trigger"] for row in ranked),
        "started": _first(row["started"] for row in ranked),
        "pairs": " ".join(sorted({pair for row in members for pair in row["pairs"].split()})),
    }  # fmt: skip


def _first(cells: Iterable[str]) -> str:
    return next(filter(None, cells), "")
