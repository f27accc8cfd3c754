"""Attempts as a table, with the columns of ``schema``: one row an attempt.

Owns: what stands in each column. Must not know: reports, files.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from logparse import weeks
from logparse.pages import TEXT, codes, once, words
from logparse.plaintext import encodable
from logparse.schema import ATTEMPTS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo

    from numpy.typing import NDArray

    from logparse.correlate import Attempt
    from logparse.decide import Verdict
    from logparse.identity import Person

_TYPES: Final = {
    "string": TEXT, "int64": pa.int64(), "int16": pa.int16(), "double": pa.float64(), "bool": pa.bool_(),
    "timestamp": pa.int64(),
}  # fmt: skip
#: What is known of an attempt beside the columns that users see: number of its source, place in it, the name and
#: target that the request carried, places of its server, of its traits, and of what the caller lacked (-1: nothing).
_BESIDE: Final = {
    "number": pa.int32(), "order": pa.int64(), "name": TEXT, "target": TEXT, "server": pa.int32(),
    "traits": pa.int32(), "lack": pa.int32(),
}  # fmt: skip
_COLUMNS: Final = {
    **{column.name: _TYPES[column.type] for column in ATTEMPTS if column.name != "week"}, **_BESIDE
}  # fmt: skip


def one_by_one(
    decided: Sequence[tuple[Attempt, Verdict]],
    people: Sequence[Person],
    sources: Sequence[str],
    deployment: str | None,
    told: Sequence[tuple[int, int, int]] = (),
) -> pa.Table:
    r"""Attempts with what they came to as a table, in the order given.

    Args:
        decided: attempts with what they came to.
        people: who made each of them.
        sources: names of the sources by number.
        deployment: which Airflow, if the user said so.
        told: of each, the places of its server, its traits, and what the caller lacked.

    Returns:
        The columns of ``schema.ATTEMPTS`` but the week, and ``_BESIDE``. Bytes that were no UTF-8 are written as
        ``\xff``.
    """
    rows = [
        (*_row(*each, person, sources, deployment), *_beside(each[0]), *more)
        for each, person, more in zip(decided, people, told or [(0, 0, -1)] * len(decided), strict=True)
    ]
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(_COLUMNS)
    arrays = [_array(values, kind) for values, kind in zip(columns, _COLUMNS.values(), strict=True)]
    return pa.table(arrays, [*_COLUMNS])


def by_kind(rows: pa.Table, places: pa.Array, stand: pa.Table) -> pa.Table:
    """As ``one_by_one``, for attempts by kind.

    Args:
        rows: attempts as columns, see ``pages``: ``OWN`` of them.
        places: of each, the row of ``stand`` for its kind.
        stand: of each kind, the attempt that stands for it.
    """
    own = {
        "time": rows["time"],
        "line": rows["line"],
        "client": rows["client"],
        "user": rows["name"],
        "user_agent": rows["agent"],
        "response_bytes": rows["size"],
        "duration_ms": pc.divide(rows["duration"].cast(pa.float64()), 1000),
        "stream": rows["stream"],
        "order": rows["order"],
        "name": rows["name"],
        "target": rows["target"],
    }
    columns = {name: own[name] if name in own else stand[name].take(places) for name in _COLUMNS}
    return pa.table({name: column.cast(_COLUMNS[name]) for name, column in columns.items()})


def together(tables: Sequence[pa.Table]) -> pa.Table:
    """Tables as one, in order of source and line, every text once in its dictionary."""
    table = pa.concat_tables([*tables, NONE]).unify_dictionaries().combine_chunks()
    keys = [table[name].to_numpy() for name in ("order", "line", "number")]
    if len(table) > 1 and not _in_order(keys[::-1]):
        table = table.take(pa.array(np.lexsort(keys)))
    return once(table)


def _in_order(columns: Sequence[NDArray[np.int64]]) -> bool:
    """Whether rows are in order of the first column, then of the next."""
    equal = np.ones(max(len(columns[0]) - 1, 0), np.bool_)
    for column in columns:
        steps = np.diff(column)
        if (steps[equal] < 0).any():
            return False
        equal &= steps == 0
    return True


#: Columns of pages that the table of attempts is made of.
OWN: Final = (
    "time", "line", "client", "name", "agent", "size", "duration", "stream", "order", "target"
)  # fmt: skip
NONE: Final = pa.schema(list(_COLUMNS.items())).empty_table()


def attempts(table: pa.Table, zone: tzinfo) -> pd.DataFrame:
    """The table ``attempts``: columns as in ``schema.ATTEMPTS``, texts as categories.

    Args:
        table: attempts.
        zone: in which weeks begin.
    """
    data: dict[str, Any] = {}
    for column in ATTEMPTS:
        if column.name == "week":
            data["week"] = None
        elif column.type == "string":
            texts = pd.Index(words(table, column.name), dtype=object)
            data[column.name] = pd.Categorical.from_codes(codes(table, column.name), texts)
        elif column.type == "timestamp":
            data[column.name] = pd.Series(_integers(table[column.name], "int64").astype("Int64")).pipe(_moments)
        elif column.type.startswith("int"):
            data[column.name] = _integers(table[column.name], column.type)
        else:
            data[column.name] = table[column.name].to_numpy()
    frame = pd.DataFrame(data, columns=[column.name for column in ATTEMPTS])
    frame["week"] = weeks.week_of(frame["time"], zone).astype("category")
    return frame


def plain(frame: pd.DataFrame) -> pd.DataFrame:
    """The same with texts as objects, None for none."""
    texts = {
        name: np.array([*column.cat.categories, None], object)[column.cat.codes.to_numpy()]
        for name, column in frame.items()
        if isinstance(column.dtype, pd.CategoricalDtype)
    }
    return frame.assign(**{str(name): pd.Series(values, frame.index, object) for name, values in texts.items()})


def _integers(column: pa.ChunkedArray, kind: str) -> pd.api.extensions.ExtensionArray:
    gone = column.is_null().to_numpy()
    values = pc.fill_null(column, 0).to_numpy().astype(kind)
    return pd.arrays.IntegerArray(values, gone)


def _moments(series: pd.Series) -> pd.Series:
    return pd.to_datetime(series, unit="us", utc=True).astype("datetime64[us, UTC]")


def _array(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    if kind != TEXT:
        return pa.array(values, kind)
    written = {value: None if value is None else encodable(value) for value in set(values)}
    return pa.array([written[value] for value in values], pa.string()).dictionary_encode().cast(kind)


def _row(
    attempt: Attempt, verdict: Verdict, person: Person, sources: Sequence[str], deployment: str | None
) -> tuple[Any, ...]:
    request = attempt.request
    access, tag = request.access, request.tag
    return (
        access.time,
        access.time_source,
        deployment or access.origin.deployment or None,
        sources[request.source],
        access.line,
        access.client,
        *person,
        access.agent,
        tag.channel,
        access.method,
        tag.path,
        attempt.dag_id,
        access.status,
        access.size,
        None if access.duration is None else access.duration / 1000,
        verdict.outcome,
        verdict.reason,
        verdict.detail,
        verdict.confidence,
        verdict.evidence,
        verdict.rule.id if verdict.rule is not None else "",
        *(each or None for each in access.origin[1:]),
        access.record,
    )


def _beside(attempt: Attempt) -> tuple[Any, ...]:
    request = attempt.request
    return request.source, request.access.order, request.access.user, request.access.target
