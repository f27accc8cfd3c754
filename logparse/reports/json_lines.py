r"""Tables as JSON lines: one object a row.

Owns: how values are written in JSON. Must not know: which tables there are.

All that is not ASCII is written as ``\\u200b``, so no text of a stranger does anything to a terminal.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pandas as pd

from logparse.common.text import encodable

if TYPE_CHECKING:
    from collections.abc import Iterator

    from logparse.common.schema import Column


def list_objects(frame: pd.DataFrame, columns: tuple[Column, ...]) -> Iterator[dict[str, Any]]:
    """Yield each row as an object that JSON can hold: times as texts in UTC, None for what is not known."""
    cells = [_values(frame[column.name], column.type) for column in columns]
    names = [column.name for column in columns]
    for row in zip(*cells, strict=True):
        yield dict(zip(names, row, strict=True))


def write_object(value: object) -> str:
    """Return an object as one line of JSON without its line break."""
    return json.dumps(value, ensure_ascii=True, separators=(",", ":"))


def _values(series: pd.Series, kind: str) -> list[Any]:
    if kind == "timestamp":
        texts = series.dt.strftime("%Y-%m-%dT%H:%M:%S.%fZ").astype(object)
        return [None if pd.isna(text) else text.replace(".000000Z", "Z") for text in texts]
    values = series.astype(object).to_list()
    return [None if pd.isna(value) else encodable(value) if isinstance(value, str) else value for value in values]
