"""The counting that all ``by_*`` reports share: attempts by key, by outcome, who and what took part, against last week.

Owns: the common columns and how they are counted. Must not know: which keys a report has, or what it is called.
"""

from __future__ import annotations

from typing import Final

import pandas as pd

from logparse.common.schema import Column, Outcome
from logparse.reports.report import TEXT, as_text, conform

_COUNTS: Final = {
    "successes": Outcome.SUCCESS,
    "authentication_failures": Outcome.AUTHENTICATION_FAILURE,
    "authorization_failures": Outcome.AUTHORIZATION_FAILURE,
    "other_failures": Outcome.OTHER_FAILURE,
    "undetermined": Outcome.UNDETERMINED,
}
_FAILURES: Final = ["authentication_failures", "authorization_failures", "other_failures"]
_DISTINCT: Final = {"users": "user", "dags": "dag_id", "clients": "client"}
_HEAD: Final = (
    Column("attempts", "int64", "trigger attempts of the week"),
    Column("successes", "int64", "a run was made, or an event queued"),
    Column("authentication_failures", "int64", "the server did not accept who the caller is"),
    Column("authorization_failures", "int64", "the server knew the caller and refused"),
    Column("other_failures", "int64", "the request was wrong, the DAG missing, or the server broken"),
    Column("undetermined", "int64", "the logs at hand fit more than one outcome; not counted as failures"),
    Column("failure_rate", "double", "failures of the three kinds by attempts, 0 to 1, rounded to 4 decimals"),
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
    Column("failures_change", "int64", "failures of the three kinds minus those of the week before; empty likewise"),
)


def columns_by(keys: tuple[Column, ...], distinct: tuple[str, ...]) -> tuple[Column, ...]:
    """List the columns of a ``by_*`` report: its keys, the common columns, distinct counts (``users``, ...)."""
    return (*keys, *_HEAD, *(_DISTINCT_COLUMNS[name] for name in distinct), *_TAIL)


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
    by = [key.name for key in keys]
    rows = _prepare(attempts, keys)
    groups = rows.groupby(by, dropna=False, sort=False, observed=True)
    # Groups come in one order whatever is counted of them, so columns need not be aligned.
    table = groups[["attempts", *_COUNTS, "verified_attempts"]].sum().reset_index()
    table["first_seen"], table["last_seen"] = groups["time"].min().array, groups["time"].max().array
    for name in {column.name for column in columns} & _DISTINCT.keys():
        table[name] = groups[name].nunique().array
    table = _plain(table)
    table["failures"] = table[_FAILURES].sum(axis="columns")
    table["failure_rate"] = (table["failures"] / table["attempts"]).round(4)
    table = table.merge(_top_reasons(rows, by), how="left", on=by)
    if previous is None:
        table = table.assign(attempts_change=None, failures_change=None)
    else:
        table = _compare(table, _prepare(previous, keys), by)
    table = table.sort_values(["attempts", *by], ascending=[False, *(True for _ in by)], na_position="last")
    return conform(table, columns)


def _prepare(attempts: pd.DataFrame, keys: tuple[Column, ...]) -> pd.DataFrame:
    """Reduce attempts to what is counted: keys, one 0/1 column a count, dimensions under the names of their counts."""
    outcome = as_text(attempts["outcome"])
    return pd.DataFrame(
        {
            **{key.name: as_text(attempts[key.name]) if key.type == "string" else attempts[key.name] for key in keys},
            "attempts": pd.Series(1, index=attempts.index, dtype="int64"),
            **{name: outcome.eq(str(kind)).fillna(value=False).astype("int64") for name, kind in _COUNTS.items()},
            "verified_attempts": attempts["user_verified"].astype("int64"),
            "time": attempts["time"],
            **{name: as_text(attempts[source]) for name, source in _DISTINCT.items()},
            "top_reason": as_text(attempts["reason"]),
        }
    )


def _plain(table: pd.DataFrame) -> pd.DataFrame:
    """The table with text in place of categories, of which no two tables have the same."""
    names = [name for name in table.columns if isinstance(table[name].dtype, pd.CategoricalDtype)]
    return table.assign(**{name: table[name].astype(TEXT) for name in names})


def _top_reasons(rows: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    known = rows[rows["top_reason"].notna()]
    grouped = known.groupby([*by, "top_reason"], dropna=False, sort=False, observed=True)
    counts = _plain(grouped["attempts"].sum().reset_index())
    ranked = counts.sort_values(["attempts", "top_reason"], ascending=[False, True])
    return ranked.drop_duplicates(by)[[*by, "top_reason"]]


def _compare(table: pd.DataFrame, before: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Add the changes; a key that the week before did not have counts as zero then."""
    before = before.assign(attempts_before=before["attempts"], failures_before=before[_FAILURES].sum(axis="columns"))
    past = ["attempts_before", "failures_before"]
    counts = _plain(before.groupby(by, dropna=False, sort=False, observed=True)[past].sum().reset_index())
    table = table.merge(counts, how="left", on=by)
    table[past] = table[past].fillna(0)
    return table.assign(
        attempts_change=table["attempts"] - table["attempts_before"],
        failures_change=table["failures"] - table["failures_before"],
    )
