"""What a report is: a name, the question it answers, its columns, and a function that builds it.

Owns: the shape that every report shares, and the dtypes of its columns. Must not know: any particular report, or files.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from logparse.common.schema import Column

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import tzinfo

#: Text as Python objects: bytes that were no UTF-8 (lone surrogates) have no place in Arrow's strings.
TEXT: Final = pd.StringDtype("python")
#: Columns in front of those of a report, where tables of several weeks or deployments are put together.
WEEK: Final = Column("week", "string", "ISO week in the report's zone")
DEPLOYMENT: Final = Column("deployment", "string", "which Airflow, if the archive has more than one")
_DTYPES: Final[dict[str, Any]] = {
    "string": TEXT,
    "int64": pd.Int64Dtype(),
    "int16": pd.Int16Dtype(),
    "double": pd.Float64Dtype(),
    "bool": pd.BooleanDtype(),
    "timestamp": pd.DatetimeTZDtype("us", "UTC"),
}


@dataclass(frozen=True, slots=True)
class ReportInput:
    """All that a report of one week may look at.

    Attributes:
        attempts: the week's attempts, columns as in ``schema.ATTEMPTS``.
        previous: the attempts of the week before, or None where that week is not in the data.
        zone: the time zone that days and hours are told in.
        coverage: what was read, one row a source, columns as in the coverage report; the same for every week.
        findings: the week's, columns as in the report of findings.
        handshakes: ids of findings whose attempts are no failures.
    """

    attempts: pd.DataFrame
    previous: pd.DataFrame | None
    zone: tzinfo
    coverage: pd.DataFrame
    findings: pd.DataFrame
    handshakes: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Report:
    """One weekly report.

    Attributes:
        name: the file's name without suffix.
        question: what the report answers, one line for the documentation.
        columns: what ``build`` returns, in this order, always.
        build: makes the table; depends on the set of rows given, not on their order.
        brief: the columns that a screen of 80 characters has room for.
    """

    name: str
    question: str
    columns: tuple[Column, ...]
    build: Callable[[ReportInput], pd.DataFrame]
    brief: tuple[str, ...]


def conform(table: Mapping[str, Any] | pd.DataFrame, columns: tuple[Column, ...]) -> pd.DataFrame:
    """Give a table exactly these columns, in this order, with dtypes that do not depend on its content.

    Args:
        table: a data frame, or the values of each column.
        columns: what to return.

    Raises:
        KeyError: a column is missing.
    """
    return pd.DataFrame({column.name: _cast(table[column.name], column.type) for column in columns}, index=None)


def as_text(series: pd.Series) -> pd.Series:
    """Turn any column of text into dtype ``string``; empty means the same as null: not known."""
    if isinstance(series.dtype, pd.CategoricalDtype):
        return series.cat.remove_categories([""]) if "" in series.cat.categories else series
    values = series.astype(_DTYPES["string"])
    return values.mask(values.eq("").fillna(value=False))


def _cast(values: Any, kind: str) -> Any:
    if isinstance(values, np.ndarray):  # a series takes six times as long
        return pd.array(values, _DTYPES[kind])
    series = values.reset_index(drop=True)
    return pd.to_datetime(series, utc=True).dt.as_unit("us") if kind == "timestamp" else series.astype(_DTYPES[kind])
