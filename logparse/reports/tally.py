"""Counts for the summary; what the user should know.

Must not know: where it is printed.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Final

import numpy as np

from logparse.common.columns import number_groups
from logparse.common.schema import Outcome
from logparse.common.text import aligned, count

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    import pandas as pd


_OUTCOMES: Final = {
    "Successes": Outcome.SUCCESS,
    "Authn failures": Outcome.AUTHENTICATION_FAILURE,
    "Authz failures": Outcome.AUTHORIZATION_FAILURE,
    "Other failures": Outcome.OTHER_FAILURE,
    "Undetermined": Outcome.UNDETERMINED,
}
UNKNOWN: Final = "(unknown)"
_TOP: Final = 5
_CAUSES: Final = 8


class Tally:
    """Counts of what was found, week by week."""

    def __init__(self) -> None:
        self._weeks: dict[str | None, Counter[str]] = {}
        self._reasons: Counter[tuple[str, str, str]] = Counter()
        self._by: dict[str, Counter[tuple[str, str]]] = {"user": Counter(), "dag_id": Counter()}
        self._findings: Counter[str] = Counter()
        self._incidents: Counter[str] = Counter()
        self._titles: dict[str, str] = {}

    def add(self, week: str | None, attempts: pd.DataFrame, findings: pd.DataFrame) -> None:
        """Count what was found in a week; None: attempts of none, as their time is not known."""
        self._weeks[week] = Counter({str(outcome): n for (outcome,), n in _counted(attempts, "outcome").items()})
        self._reasons.update(_counted(attempts, "outcome", "reason", "detail"))  # type: ignore[arg-type]
        for column, counts in self._by.items():
            counts.update(_counted(attempts, column, "outcome"))  # type: ignore[arg-type]
        columns = (findings[name].to_list() for name in ("finding", "title", "attempts", "incidents"))
        for finding, title, number, incidents in zip(*columns, strict=True):
            self._findings[finding] += number
            self._incidents[finding] += incidents
            self._titles[finding] = title

    def __iadd__(self, other: Tally) -> Tally:  # noqa: PYI034
        self._weeks.update(other._weeks)
        self._reasons.update(other._reasons)
        for column, counts in other._by.items():
            self._by[column].update(counts)
        self._findings.update(other._findings)
        self._incidents.update(other._incidents)
        self._titles.update(other._titles)
        return self

    def lines(
        self,
        weeks: Sequence[str],
        partial: Mapping[str, Sequence[tuple[datetime, datetime]]],
        added: Mapping[str, int] | None = None,
    ) -> list[str]:
        """Attempts by week and outcome, then what was found, and the most frequent reasons, users and DAGs.

        Args:
            weeks: the weeks reported.
            partial: what the logs do not reach into, by week, for weeks that are not whole.
            added: how many attempts more each week has than before; told where that is not all of them.
        """
        lines = []
        if weeks:
            of = {week: _outcomes(self._weeks.get(week, Counter())) for week in weeks}
            new = {week: f"{(added or {}).get(week, 0):+,}" for week in weeks}
            grown = added is not None and any(added.get(week) != of[week][0] for week in weeks)
            width = max(map(len, (*new.values(), "New")))
            rows: list[list[str | int]] = [
                [
                    week, of[week][0], *([new[week].rjust(width)] if grown else []), *of[week][1:],
                    "partial" if week in partial else "",
                ]
                for week in weeks
            ]  # fmt: skip
            titles = ["Attempts", *(["New".rjust(width)] if grown else []), *_OUTCOMES]
            lines += aligned(["Week", *titles, ""], rows)
        for week, parts in partial.items():
            text = ", ".join(f"{since:%Y-%m-%d %H:%M} to {until:%Y-%m-%d %H:%M}" for since, until in parts)
            lines.append(f"{week} is partial: nothing was logged from {text}")
        if not any(counts.total() for counts in self._weeks.values()):
            return [*lines, "No trigger attempts found."]
        if None in self._weeks and (timeless := self._weeks[None].total()):
            lines.append(f"{count(timeless, 'attempt')} without a known time, in no week")
        return [*lines, *self._causes(), *self._failures(), *self._most("user", "User"), *self._most("dag_id", "DAG")]

    def _causes(self) -> list[str]:
        """The causes with the most attempts, those with the same cause together."""
        top = sorted(self._findings, key=lambda each: (-self._findings[each], each))
        if not top:
            return []
        rows: list[list[str | int]] = [
            [each, self._findings[each], self._incidents[each], self._titles[each]] for each in top[:_CAUSES]
        ]
        more = [f"... and {len(top) - _CAUSES} more"] if len(top) > _CAUSES else []
        return ["", *aligned(["Finding", "Attempts", "Incidents", "What is wrong"], rows), *more]

    def _failures(self) -> list[str]:
        failed = {key: n for key, n in self._reasons.items() if key[0] != str(Outcome.SUCCESS)}
        top = sorted(failed, key=lambda each: (-failed[each], each))[:_TOP]
        rows: list[list[str | int]] = [[*each, failed[each]] for each in top]
        return ["", *aligned(["Outcome", "Reason", "Detail", "Attempts"], rows)] if rows else []

    def _most(self, column: str, title: str) -> list[str]:
        known: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for (key, outcome), n in self._by[column].items():
            known[key][outcome] += n
        unknown = known.pop("", Counter())
        top = sorted(known, key=lambda each: (-known[each].total(), each))[:_TOP]
        rows: list[list[str | int]] = [[each, *_outcomes(known[each])] for each in top]
        if unknown:
            place = sum(known[each].total() >= unknown.total() for each in top)
            rows.insert(place, [UNKNOWN, *_outcomes(unknown)])
        return ["", *aligned([title, "Attempts", *_OUTCOMES], rows[:_TOP])]


def _counted(attempts: pd.DataFrame, *columns: str) -> Counter[tuple[str, ...]]:
    """How many attempts have the same texts in some columns; an empty one for none."""
    codes = [attempts[name].cat.codes.to_numpy().astype(np.int64) + 1 for name in columns]
    words = [["", *map(str, attempts[name].cat.categories)] for name in columns]
    kinds, firsts = number_groups(codes)
    found: Counter[tuple[str, ...]] = Counter()
    for first, number in zip(firsts.tolist(), np.bincount(kinds).tolist(), strict=True):
        found[tuple(known[code[first]] for known, code in zip(words, codes, strict=True))] += number
    return found


def _outcomes(counts: Counter[str]) -> list[int]:
    return [counts.total(), *(counts[str(outcome)] for outcome in _OUTCOMES.values())]
