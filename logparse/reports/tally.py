"""The summary of a run: attempts by week and outcome, the largest findings, the most frequent reasons, users and DAGs.

Owns: what the summary counts, and its tables. Must not know: where it is printed.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from itertools import chain
from typing import TYPE_CHECKING, Final

import numpy as np

from logparse.common.columns import number_groups
from logparse.common.schema import SEVERITIES, Outcome, Severity
from logparse.common.text import aligned, count
from logparse.reports.finding_callers import UNKNOWN, FindingCallers
from logparse.reports.finding_past import ENDED

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    import pandas as pd


_OUTCOMES: Final = {
    "Successes": Outcome.SUCCESS,
    "Authn\nfailures": Outcome.AUTHENTICATION_FAILURE,
    "Authz\nfailures": Outcome.AUTHORIZATION_FAILURE,
    "Other\nfailures": Outcome.OTHER_FAILURE,
    "Undetermined": Outcome.UNDETERMINED,
}
_TOP: Final = 5
_CAUSES: Final = 8
#: Characters of a row of findings: those of a usual terminal.
_WIDTH: Final = 80


class Tally:
    """Counts of attempts and findings, week by week."""

    def __init__(self) -> None:
        self._weeks: dict[str | None, Counter[str]] = {}
        self._reasons: Counter[tuple[str, str, str]] = Counter()
        self._by: dict[str, Counter[tuple[str, str]]] = {"user": Counter(), "dag_id": Counter()}
        self._findings: Counter[str] = Counter()
        self._logins: Counter[str] = Counter()
        self._severities: dict[str, str] = {}
        self._callers: defaultdict[str, FindingCallers] = defaultdict(FindingCallers)
        self._titles: dict[str, str] = {}
        self._since: dict[str, pd.Timestamp] = {}
        self._ended: list[str] = []

    def add(self, week: str | None, attempts: pd.DataFrame) -> None:
        """Count the attempts of a week.

        Args:
            week: name of the week; None: the attempts whose time is not known.
            attempts: columns as in ``schema.ATTEMPTS``, texts as categories.
        """
        self._weeks[week] = Counter({str(outcome): n for (outcome,), n in _count_texts(attempts, "outcome").items()})
        self._reasons.update(_count_texts(attempts, "outcome", "reason", "detail"))  # type: ignore[arg-type]
        for column, counts in self._by.items():
            counts.update(_count_texts(attempts, column, "outcome"))  # type: ignore[arg-type]

    def add_findings(self, findings: pd.DataFrame) -> None:
        """Count the findings of a week, columns as in the report ``findings``. Weeks must be added in order."""
        self._ended = []
        for row in findings.to_dict("records"):
            finding, severity = row["finding"], row["severity"]
            if row["status"] == ENDED:
                self._ended.append(finding)
                continue
            self._severities[finding] = min(severity, self._severities.get(finding, severity), key=SEVERITIES.index)
            self._findings[finding] += row["attempts"]
            self._logins[finding] += row["logins"]
            self._callers[finding].add_row(row)
            self._titles[finding] = row["title"]
            self._since[finding] = min(row["since"], self._since.get(finding, row["since"]))

    def __iadd__(self, other: Tally) -> Tally:  # noqa: PYI034
        self._weeks.update(other._weeks)
        self._reasons.update(other._reasons)
        for column, counts in other._by.items():
            self._by[column].update(counts)
        self._findings.update(other._findings)
        self._logins.update(other._logins)
        for finding, severity in other._severities.items():
            self._severities[finding] = min(severity, self._severities.get(finding, severity), key=SEVERITIES.index)
        for finding, since in other._since.items():
            self._since[finding] = min(since, self._since.get(finding, since))
        for finding, callers in other._callers.items():
            self._callers[finding] += callers
        self._titles.update(other._titles)
        self._ended = other._ended
        return self

    def lines(
        self,
        weeks: Sequence[str],
        partial: Mapping[str, Sequence[tuple[datetime, datetime]]],
        added: Mapping[str, int] | None = None,
        remedies: str = "",
    ) -> list[str]:
        """Return the summary as lines of text.

        Args:
            weeks: the weeks to list.
            partial: by week, the parts of it that no log reaches into.
            added: by week, how many attempts more it has than before. Not shown if all attempts are new.
            remedies: the command and the file that show what fixes the findings, if they were written.
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
            return [*lines, "No trigger attempts found.", *self._causes(remedies)]
        if None in self._weeks and (timeless := self._weeks[None].total()):
            lines.append(f"{count(timeless, 'attempt')} without a known time, in no week")
        tables = self._failures(), self._most("user", "User"), self._most("dag_id", "DAG")
        return [*lines, *self._causes(remedies), *(line for table in tables for line in table)]

    def _causes(self, remedies: str) -> list[str]:
        """Return a table of the findings, the worst first, and a line about those that need no action."""
        needed = [name for name in self._findings if self._severities[name] != Severity.INFO]
        top = sorted(
            needed, key=lambda name: (SEVERITIES.index(Severity(self._severities[name])), -self._findings[name], name)
        )
        lines: list[str] = []
        if top:
            rows: list[list[str | int]] = [
                [
                    self._severities[name], name, self._findings[name], f"{self._since[name]:%Y-%m-%d %H:%M}",
                ]
                for name in top[:_CAUSES]
            ]  # fmt: skip
            header, *table = aligned(
                ["Severity", "Finding", "Attempts", "Since (UTC)", "Who"], [[*row, ""] for row in rows]
            )
            start = header.index("Who")
            table = [
                f"{row.ljust(start)}{self._callers[name].tell(_WIDTH - start)}"
                for row, name in zip(table, top, strict=False)
            ]
            indent = " " * header.index("Finding")
            told = zip(table, (indent + self._describe(name) for name in top), strict=False)  # what is wrong, below who
            lines = ["", header, *chain.from_iterable(told)]
            lines += _count_hidden(len(top), _CAUSES)
            lines += [f"What fixes them: {remedies}"] if remedies else []
        if self._ended:
            lines.append(f"Ended since the week before: {', '.join(sorted(set(self._ended)))}")
        harmless = sorted(self._findings.keys() - set(top))
        if harmless:
            number = sum(self._findings[name] for name in harmless)
            each = ", ".join(f"{name} {self._findings[name]:,}" for name in harmless)
            lines.append(f"Nothing to do about {count(number, 'attempt')}: {each}")
        return lines

    def _describe(self, name: str) -> str:
        """Return what is wrong, in one line; with the logins, where no attempts are concerned."""
        logins = self._logins[name]
        return self._titles[name] + (f" ({count(logins, 'login')})" if logins else "")

    def _failures(self) -> list[str]:
        failed = {key: n for key, n in self._reasons.items() if key[0] != str(Outcome.SUCCESS)}
        top = sorted(failed, key=lambda reason: (-failed[reason], reason))
        rows: list[list[str | int]] = [[*reason, failed[reason]] for reason in top[:_TOP]]
        more = _count_hidden(len(top), _TOP)
        return ["", *aligned(["Outcome", "Reason", "Detail", "Attempts"], rows), *more] if rows else []

    def _most(self, column: str, title: str) -> list[str]:
        known: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for (key, outcome), n in self._by[column].items():
            known[key][outcome] += n
        unknown = known.pop("", Counter())
        top = sorted(known, key=lambda name: (-known[name].total(), name))[:_TOP]
        rows: list[list[str | int]] = [[name, *_outcomes(known[name])] for name in top]
        if unknown:
            place = sum(known[name].total() >= unknown.total() for name in top)
            rows.insert(place, [UNKNOWN, *_outcomes(unknown)])
        more = _count_hidden(len(known) + bool(unknown), _TOP)
        return ["", *aligned([title, "Attempts", *_OUTCOMES], rows[:_TOP]), *more]


def _count_hidden(rows: int, shown: int) -> list[str]:
    """Return the line below a table that shows only its first rows; none if it shows all of them."""
    return [f"... and {rows - shown:,} more"] if rows > shown else []


def _count_texts(attempts: pd.DataFrame, *columns: str) -> Counter[tuple[str, ...]]:
    """Count the attempts that have the same texts in some columns; null is counted as an empty text."""
    codes = [attempts[name].cat.codes.to_numpy().astype(np.int64) + 1 for name in columns]
    words = [["", *map(str, attempts[name].cat.categories)] for name in columns]
    kinds, firsts = number_groups(codes)
    counts: Counter[tuple[str, ...]] = Counter()
    for first, number in zip(firsts.tolist(), np.bincount(kinds).tolist(), strict=True):
        counts[tuple(known[code[first]] for known, code in zip(words, codes, strict=True))] += number
    return counts


def _outcomes(counts: Counter[str]) -> list[int]:
    return [counts.total(), *(counts[str(outcome)] for outcome in _OUTCOMES.values())]
