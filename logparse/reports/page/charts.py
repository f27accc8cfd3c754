"""The figures of a page: attempts by day and hour, by weekday and hour, by user and DAG.

Owns: the sizes and places of what is drawn. Must not know: how it is written as HTML.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
import pandas as pd

from logparse.common.schema import Outcome

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping, Sequence
    from datetime import datetime, tzinfo

    from numpy.typing import NDArray

#: Outcomes from the bottom of a bar to its top, and what each is called.
OUTCOMES: Final = {
    Outcome.SUCCESS: "success", Outcome.AUTHENTICATION_FAILURE: "not recognised",
    Outcome.AUTHORIZATION_FAILURE: "not permitted", Outcome.OTHER_FAILURE: "other failure",
    Outcome.UNDETERMINED: "undetermined",
}  # fmt: skip
FAILURES: Final = (Outcome.AUTHENTICATION_FAILURE, Outcome.AUTHORIZATION_FAILURE, Outcome.OTHER_FAILURE)
_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
#: Users and DAGs in the matrix, those with the most attempts.
_SHOWN: Final = 12
#: Shades of a cell, the palest first.
_SHADES: Final = 5
#: Width of a part of a strip at least.
_LEAST: Final = 0.7
_HOURS: Final = 24
_WEEK: Final = 7 * _HOURS


class Part(NamedTuple):
    """A part of a bar: its outcome, its place from below and its height, in hundredths of the highest bar."""

    outcome: str
    bottom: float
    height: float


class Bar(NamedTuple):
    """The attempts of some hours: where the bar stands, from 0 on, what it says, and its parts."""

    at: int
    title: str
    parts: list[Part]


class Bars(NamedTuple):
    """Bars, the hours of one, how many places there are, the attempts of the highest, and places and names of days."""

    bars: list[Bar]
    hours: int
    places: int
    most: int
    days: list[tuple[float, str]]


class Cell(NamedTuple):
    """A cell of a table of figures: a shade from 0 (nothing) to 5, a text, and what it says."""

    shade: int
    text: str
    title: str


class Strip(NamedTuple):
    """Which part of a week something reaches into, from 0 to 100."""

    start: float
    width: float


class Grid(NamedTuple):
    """A table of figures: names of columns, and rows, each with its name."""

    columns: list[str]
    rows: list[tuple[str, list[Cell]]]


class WeekCounts(NamedTuple):
    """The attempts of a week: their number, and how many had each outcome."""

    name: str
    attempts: int
    outcomes: Mapping[str, int]

    @property
    def failures(self) -> int:
        """How many of them failed."""
        return sum(self.outcomes.get(str(outcome), 0) for outcome in FAILURES)


def draw_strip(first: datetime, last: datetime, bounds: tuple[datetime, datetime]) -> Strip:
    """Return the part of a week between two times; a short one is wide enough to be seen."""
    start, end = (
        (min(max(time, bounds[0]), bounds[1]) - bounds[0]) / (bounds[1] - bounds[0]) for time in (first, last)
    )
    width = max(100 * (end - start), _LEAST)
    return Strip(round(min(100 * start, 100 - width), 2), round(width, 2))


def draw_bars(attempts: pd.DataFrame, zone: tzinfo, hours: int) -> Bars:
    """Return the attempts of a week in bars of some hours, parted by outcome.

    Args:
        attempts: columns as in ``schema.ATTEMPTS``; those without a time are left out.
        zone: of days and hours.
        hours: that one bar stands for.
    """
    hour, codes = count_hours(attempts, zone), _code_outcomes(attempts)
    count = _WEEK // hours
    counts = np.zeros((count, len(OUTCOMES)), np.int64)
    known = hour >= 0
    np.add.at(counts, (hour[known] // hours, codes[known]), 1)
    most = int(counts.sum(axis=1).max(initial=0))
    bars = []
    for at in np.flatnonzero(counts.any(axis=1)).tolist():
        bottoms = np.concatenate(([0], np.cumsum(counts[at]))) * 100 / most
        parts = [
            Part(str(outcome), round(float(bottoms[n]), 2), round(float(bottoms[n + 1] - bottoms[n]), 2))
            for n, outcome in enumerate(OUTCOMES)
            if counts[at, n]
        ]
        told = ", ".join(f"{counts[at, n]:,} {word}" for n, word in enumerate(OUTCOMES.values()) if counts[at, n])
        bars.append(Bar(at, f"{_DAYS[at * hours // _HOURS]} {at * hours % _HOURS:02}:00 - {told}", parts))
    return Bars(bars, hours, count, most, [(day * _HOURS / hours, name) for day, name in enumerate(_DAYS)])


def draw_hours(attempts: pd.DataFrame, zone: tzinfo) -> Grid:
    """Return failures by weekday and hour."""
    hour, failed = count_hours(attempts, zone), np.isin(_code_outcomes(attempts), _failure_codes())
    counts = np.bincount(hour[(hour >= 0) & failed], minlength=_WEEK).reshape(7, _HOURS)
    most = counts.max(initial=1)
    rows = [
        (
            name,
            [
                Cell(_shade(number / most), "", f"{name} {at:02}:00 - {number:,} failures")
                for at, number in enumerate(of_day)
            ],
        )
        for name, of_day in zip(_DAYS, counts.tolist(), strict=True)
    ]
    return Grid([f"{at:02}" for at in range(_HOURS)], rows)


def draw_matrix(attempts: pd.DataFrame) -> Grid:
    """Return failures and attempts of the users with the most attempts, and of the DAGs that they tried most."""
    known = attempts[attempts["user"].notna() & attempts["dag_id"].notna()]
    users = _list_most(known["user"])
    part = known[known["user"].isin(users)]
    dags = _list_most(part["dag_id"])
    part = part[part["dag_id"].isin(dags)]
    users = [user for user in users if (part["user"] == user).any()]
    failed = part["outcome"].isin([str(outcome) for outcome in FAILURES])
    keys = [part["user"].astype(object), part["dag_id"].astype(object)]
    told = pd.DataFrame({
        "number": failed.groupby(keys).size(), "failures": failed.groupby(keys).sum(),
        "failure": part["time"].where(failed).groupby(keys).min(),
        "success": part["time"].where(part["outcome"] == str(Outcome.SUCCESS)).groupby(keys).min(),
    }).to_dict("index")  # fmt: skip
    return Grid(dags, [(user, [_cell(user, dag, told.get((user, dag))) for dag in dags]) for user in users])


def count_matrix(attempts: pd.DataFrame, matrix: Grid, zone: tzinfo) -> list[list[int]]:
    """Return what stands in a matrix hour by hour, so that a part of the week can be shown.

    Returns:
        For each row, column and hour with attempts: these three, how many attempts there were and how many failed.
    """
    users, dags = ([name for name, _ in matrix.rows], matrix.columns)
    part = attempts[attempts["user"].isin(users) & attempts["dag_id"].isin(dags) & attempts["time"].notna()]
    row, column = (
        pd.Categorical(part[name].astype(object), categories=names).codes.astype(np.int64)
        for name, names in (("user", users), ("dag_id", dags))
    )
    failed = np.isin(_code_outcomes(part), _failure_codes())
    places = (row * max(len(dags), 1) + column) * _WEEK + count_hours(part, zone)
    found, at, counts = np.unique(places, return_inverse=True, return_counts=True)
    failures = np.bincount(at, weights=failed, minlength=len(found)).astype(np.int64)
    cells, hours = np.divmod(found, _WEEK)
    rows, columns = np.divmod(cells, max(len(dags), 1))
    told: list[list[int]] = np.column_stack((rows, columns, hours, counts, failures)).tolist()
    return told


def _cell(user: str, dag: str, told: Mapping[Hashable, Any] | None) -> Cell:
    if told is None:
        return Cell(0, "", f"{user} did not try {dag}")
    failures, number = told["failures"], told["number"]
    first = "".join(
        f"; first {word} {told[word]:%Y-%m-%d %H:%M} UTC" for word in ("success", "failure") if told[word] is not pd.NaT
    )
    return Cell(
        _shade(failures / number), f"{failures}/{number}" if failures else f"{number}",
        f"{user}, {dag}: {failures:,} of {number:,} attempts failed{first}",
    )  # fmt: skip


def _shade(share: float) -> int:
    return 0 if share <= 0 else min(_SHADES, 1 + int(share * _SHADES))


def _list_most(column: pd.Series) -> list[str]:
    counts = column.value_counts()  # the most frequent first
    top = counts[
        counts >= max([1, *counts.iloc[_SHOWN - 1 : _SHOWN]])
    ]  # all that are as frequent as the last one shown
    return sorted(map(str, top.index), key=lambda name: (-top[name], name))[:_SHOWN]


def count_hours(attempts: pd.DataFrame, zone: tzinfo) -> NDArray[np.int64]:
    """Return in which hour of the week each attempt was made, from 0 on Monday; -1 for none."""
    known = attempts["time"].notna().to_numpy()
    local = pd.DatetimeIndex(attempts["time"][known]).tz_convert(zone)
    found = np.full(len(attempts), -1, np.int64)
    found[known] = local.day_of_week.to_numpy() * _HOURS + local.hour.to_numpy()
    return found


def _code_outcomes(attempts: pd.DataFrame) -> NDArray[np.int64]:
    places = {str(outcome): place for place, outcome in enumerate(OUTCOMES)}
    outcomes = attempts["outcome"].astype("category").cat
    return np.asarray([places[str(outcome)] for outcome in outcomes.categories], np.int64)[outcomes.codes]


def _failure_codes() -> Sequence[int]:
    return [place for place, outcome in enumerate(OUTCOMES) if outcome in FAILURES]
