"""Users and clients that a week has and the weeks before it had not.

Owns: which of them a page names, and what it says of each. Must not know: where the names of earlier weeks come from.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

import pandas as pd

from logparse.reports.page.charts import FAILURES

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet

#: Columns with names to look for, and what is named there.
COLUMNS: Final = {"user": "Users", "client": "Addresses"}
#: Names that are shown of each.
_SHOWN: Final = 15


class Newcomer(NamedTuple):
    """A name, its attempts, how many of them failed, and the time of the first one as text."""

    name: str
    attempts: int
    failures: int
    first: str


class Newcomers(NamedTuple):
    """What is named, how many names are new, and those with the most failures."""

    what: str
    number: int
    shown: list[Newcomer]


def find_newcomers(attempts: pd.DataFrame, known: Mapping[str, AbstractSet[str]]) -> tuple[Newcomers, ...]:
    """Return the names in attempts that were not known before.

    Args:
        attempts: columns as in ``schema.ATTEMPTS``.
        known: names of earlier weeks, by the column in which they stand.
    """
    return tuple(_find(attempts, column, known[column]) for column in COLUMNS)


def _find(attempts: pd.DataFrame, column: str, known: AbstractSet[str]) -> Newcomers:
    names = attempts[column].astype("category")
    new = [name for name in names.cat.categories if name not in known]
    part = attempts[names.isin(new)]
    failed = part["outcome"].isin([str(outcome) for outcome in FAILURES])
    keys = part[column].astype(object)
    told = pd.DataFrame({
        "attempts": keys.groupby(keys).size(), "failures": failed.groupby(keys).sum(),
        "first": part["time"].groupby(keys).min(),
    }).sort_values(["failures", "attempts"], ascending=False, kind="stable")  # fmt: skip
    shown = [
        Newcomer(
            str(name), int(row["attempts"]), int(row["failures"]), "" if pd.isna(row["first"]) else str(row["first"])
        )
        for name, row in told.head(_SHOWN).to_dict("index").items()
    ]
    return Newcomers(COLUMNS[column], len(told), shown)
