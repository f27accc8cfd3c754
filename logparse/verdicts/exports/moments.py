"""Times in exports, a whole column at once.

Owns: which forms are read in columns. Must not know: what happened at these times.
"""

from __future__ import annotations

from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final, TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from logparse.common.columns import text_column
from logparse.common.timestamps import YEARS, parse_timestamp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

Record = TypeVar("Record")
#: As databases and Airflow write times in UTC: ``2026-11-22 12:57:25.101473+00``, ``2026-11-22T12:57:25Z``.
_UTC: Final = r"^(\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(?:\.\d{1,6})?)(?:Z|\+00(?::?00)?)?$"


def read_moments(values: Sequence[Any]) -> list[int | None]:
    """Return times in microseconds UTC; None where there is none, or one that nobody can read.

    Args:
        values: cells as exported; those without a zone are in UTC.
    """
    texts = ["" if value is None else str(value) for value in values]
    moments = _read_utc(texts)
    for row, (text, moment) in enumerate(zip(texts, moments, strict=True)):
        if moment is None and text and (stamp := parse_timestamp(text)) is not None:
            moments[row] = stamp.utc
    return moments


def _read_utc(texts: Sequence[str]) -> list[int | None]:
    """Return the times of texts that are written as ``_UTC`` says, and None for others."""
    column = text_column([text if text.isascii() else "" for text in texts])
    plain = pc.extract_regex(column, _UTC.replace("(", "(?P<moment>", 1)).field("moment")
    try:
        times = pc.if_else(pc.equal(plain, ""), None, plain).cast(pa.timestamp("us"))
    except pa.ArrowInvalid:  # a day that is in no calendar
        return [None] * len(texts)
    known = pc.is_in(pc.year(times), pa.array([*YEARS], pa.int64()))
    moments: list[int | None] = pc.if_else(known, times.cast(pa.int64()), None).to_pylist()
    return moments


def in_order(records: Iterable[Record], key: Callable[[Record], tuple[str, ...]]) -> list[Record]:
    """Return records in order of time; those of the same moment, which are few, in order of a key."""
    moment = attrgetter("time")
    ordered = sorted(records, key=moment)
    return [record for _, same in groupby(ordered, moment) for record in sorted(same, key=key)]
