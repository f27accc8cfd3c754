"""The counting that all ``by_*`` reports share: attempts by key, by outcome, who and what took part, against last week.

Owns: the common columns and how they are counted. Must not know: which keys a report has, or what it is called.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from logparse.common.columns import count_each, number_groups
from logparse.common.schema import Column, Outcome
from logparse.reports.report import Report, as_text, conform

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

_COUNTS: Final = {
    "successes": Outcome.SUCCESS,
    "authentication_failures": Outcome.AUTHENTICATION_FAILURE,
    "authorization_failures": Outcome.AUTHORIZATION_FAILURE,
    "other_failures": Outcome.OTHER_FAILURE,
    "undetermined": Outcome.UNDETERMINED,
}
_FAILURES: Final = ["authentication_failures", "authorization_failures", "other_failures"]
_LIMITS: Final = np.iinfo(np.int64)
_DISTINCT: Final = {"users": "user", "dags": "dag_id", "clients": "client"}
_HEAD: Final = (
    Column("attempts", "int64", "trigger attempts of the week"),
    Column("successes", "int64", "a run was made, or an event queued"),
    Column("authentication_failures", "int64", "the server did not accept who the caller is"),
    Column("authorization_failures", "int64", "the server knew the caller and refused"),
    Column("other_failures", "int64", "the request was wrong, the DAG missing, or the server broken"),
    Column("undetermined", "int64", "the logs at hand fit more than one outcome; not counted as failures"),
    Column(
        "handshakes",
        "int64",
        "of the authentication failures, first requests that were only asked for credentials, and sent again with them "
        "at once: no failures",
    ),
    Column(
        "failure_rate",
        "double",
        "failures of the three kinds by attempts, both without handshakes, 0 to 1, rounded to 4 decimals",
    ),
    Column("first_seen", "timestamp", "first attempt of the week"),
    Column("last_seen", "timestamp", "last attempt of the week"),
)
#: What a screen has room for beside the keys.
BRIEF: Final = ("attempts", "successes", "failure_rate", "top_reason", "last_seen")
_DISTINCT_COLUMNS: Final = {
    "users": Column("users", "int64", "how many different users, those known"),
    "dags": Column("dags", "int64", "how many different DAGs, those named"),
    "clients": Column("clients", "int64", "how many different client addresses, those known"),
}
_TAIL: Final = (
    Column(
        "top_reason",
        "string",
        "the most frequent reason; of equally frequent ones the first in alphabetical order; empty if none has one",
    ),
    Column(
        "attempts_change", "int64", "attempts minus those of the week before; empty if that week is not in the data"
    ),
    Column(
        "failures_change",
        "int64",
        "failures of the three kinds, without handshakes, minus those of the week before; empty likewise",
    ),
)


def columns_by(keys: tuple[Column, ...], distinct: tuple[str, ...]) -> tuple[Column, ...]:
    """List the columns of a ``by_*`` report: its keys, the common columns, distinct counts (``users``, ...)."""
    return (*keys, *_HEAD, *(_DISTINCT_COLUMNS[name] for name in distinct), *_TAIL)


def report_by(
    name: str,
    question: str,
    keys: tuple[Column, ...],
    distinct: tuple[str, ...],
    shown: tuple[str, ...],
    more: tuple[Column, ...] = (),
) -> Report:
    """Return a report that counts attempts by columns that the table of attempts has.

    Args:
        name: of the report.
        question: that it answers.
        keys: the columns to group by.
        distinct: what is counted once: ``users``, ``dags``, ``clients``.
        shown: columns that a screen has room for.
        more: further counts behind the common columns.
    """
    columns = (*columns_by(keys, distinct), *more)
    return Report(
        name, question, columns, lambda source: aggregate(source.attempts, source.previous, keys, columns), shown
    )


def aggregate(
    attempts: pd.DataFrame,
    previous: pd.DataFrame | None,
    keys: tuple[Column, ...],
    columns: tuple[Column, ...],
) -> pd.DataFrame:
    """Count a week's attempts by key, largest first, then by key with unknown keys last.

    Args:
        attempts: the week's rows: ``schema.ATTEMPTS`` and the keys. A null or empty key makes a row of its own.
        previous: the rows of the week before, or None where that week is not in the data.
        keys: the columns to group by.
        columns: what to return, out of ``columns_by`` and ``verified_attempts``.

    Returns:
        The columns asked for; ``attempts`` sums to the number of rows given.
    """
    both = [attempts] if previous is None else [attempts, previous]
    # Groups are numbered over both weeks; those of this week make rows.
    numbered = {key.name: _number([frame[key.name] for frame in both]) for key in keys}
    numbers = [number for number, _ in numbered.values()]
    groups, firsts = number_groups(numbers)
    now, total = groups[: len(attempts)], len(firsts)
    counts = _count(attempts, now, total)
    shown = np.flatnonzero(counts["attempts"])
    shown = shown[np.lexsort((*(number[firsts[shown]] for number in reversed(numbers)), -counts["attempts"][shown]))]
    table: dict[str, Any] = {name: values[number[firsts[shown]]] for name, (number, values) in numbered.items()}
    table |= {name: values[shown] for name, values in counts.items()}
    calls = np.maximum(table["attempts"] - table["handshakes"], 1)
    table["failure_rate"] = (table["failures"] / calls).round(4)
    times = attempts["time"].to_numpy("datetime64[us]")
    timed = np.flatnonzero(~np.isnat(times))
    for name, extreme, end in (("first_seen", np.minimum, _LIMITS.max), ("last_seen", np.maximum, _LIMITS.min)):
        seen = np.full(total, end)
        extreme.at(seen, now[timed], times[timed].view(np.int64))  # 20 times as fast as with times
        seen[seen == end] = _LIMITS.min  # which is NaT
        table[name] = seen[shown].view("datetime64[us]")
    for name in {column.name for column in columns} & _DISTINCT.keys():
        table[name] = _pair(attempts[_DISTINCT[name]], now, total)[0][shown]
    table["top_reason"] = _pair(attempts["reason"], now, total)[1][shown]
    past = None if previous is None else _count(previous, groups[len(attempts) :], total)
    for name in ("attempts", "failures"):
        table[f"{name}_change"] = np.full(len(shown), None) if past is None else table[name] - past[name][shown]
    return conform(table, columns)


def order_categories(frames: Sequence[pd.DataFrame], names: Iterable[str]) -> list[pd.DataFrame]:
    """Return tables whose texts in some columns are categories, the same in all tables, and in their order.

    So that they are put in order once, and not for each report that counts them.
    """
    done: list[dict[str, pd.Categorical]] = [{} for _ in frames]
    for name in names:
        numbers, values = _number([frame[name] for frame in frames])
        kind = pd.CategoricalDtype(pd.Index(values[:-1], dtype=object), ordered=True)
        numbers[numbers == len(values) - 1] = -1
        parts = np.split(numbers, np.cumsum([len(frame) for frame in frames])[:-1])
        for columns, part in zip(done, parts, strict=True):
            columns[name] = pd.Categorical.from_codes(part, dtype=kind)
    return [frame.assign(**columns) for frame, columns in zip(frames, done, strict=True)]


def _number(parts: Sequence[pd.Series]) -> tuple[NDArray[np.int64], NDArray[np.object_]]:
    """Number the values of a column, which is given in parts, in their order, and list them; null comes last."""
    numbered = [_factorize(part if pd.api.types.is_numeric_dtype(part.dtype) else as_text(part)) for part in parts]
    if _are_in_order(parts):
        values = numbered[0][1]
        places = [np.where(codes < 0, len(values), codes) for codes, _ in numbered]
        return np.concatenate(places), np.append(values, [None])
    # Sorted as Python sorts: bytes that were no UTF-8 are lone surrogates, which pandas cannot hash in categories.
    values = np.unique(np.concatenate([distinct for _, distinct in numbered]))
    places = [np.append(np.searchsorted(values, distinct), len(values))[codes] for codes, distinct in numbered]
    return np.concatenate(places), np.append(values, [None])


def _are_in_order(parts: Sequence[pd.Series]) -> bool:
    """Whether the parts of a column have the same categories, in order, see ``order_categories``."""
    kind = parts[0].dtype
    return isinstance(kind, pd.CategoricalDtype) and bool(kind.ordered) and all(part.dtype == kind for part in parts)


def _factorize(column: pd.Series) -> tuple[NDArray[np.int64], NDArray[np.object_]]:
    """Return the place of each value among the distinct ones, -1 for null, and these."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        return np.asarray(column.cat.codes, dtype="int64"), np.asarray(column.cat.categories, dtype=object)
    codes, distinct = pd.factorize(column)
    return np.asarray(codes, dtype="int64"), np.asarray(distinct, dtype=object)


def _count(attempts: pd.DataFrame, groups: NDArray[np.int64], total: int) -> dict[str, NDArray[np.int64]]:
    """Count attempts by group: all, by outcome, handshakes, failures without these, and those of a verified user."""
    outcomes, names = _number([attempts["outcome"]])
    by_outcome = np.bincount(groups * len(names) + outcomes, minlength=total * len(names)).reshape(total, len(names))
    counts = {name: by_outcome[:, names == str(kind)].sum(axis=1) for name, kind in _COUNTS.items()}
    flags = (attempts[name].to_numpy(dtype=bool) for name in ("no_failure", "user_verified"))
    asked, verified = (np.bincount(groups[flag], minlength=total) for flag in flags)
    return {
        **counts,
        "attempts": by_outcome.sum(axis=1),
        "handshakes": asked,
        "failures": sum(counts[name] for name in _FAILURES) - asked,
        "verified_attempts": verified,
    }


def _pair(column: pd.Series, groups: NDArray[np.int64], total: int) -> tuple[NDArray[np.int64], NDArray[np.object_]]:
    """Return how many known values each group has, and the most frequent one; of several the first in their order."""
    numbers, values = _number([column])
    known = numbers < len(values) - 1
    pairs, times = count_each(groups[known] * len(values) + numbers[known], total * len(values))
    owners, which = np.divmod(pairs, len(values))
    most = np.full(total, len(values) - 1)
    order = np.lexsort((-which, times, owners))  # the last one of each group stays
    most[owners[order]] = which[order]
    return np.bincount(owners, minlength=total), values[most]
