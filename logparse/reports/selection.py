"""Rows of a table that somebody asks for: those about a user, a DAG or an outcome.

Owns: which columns say so. Must not know: where a table comes from.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from logparse.common.errors import LogparseError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from logparse.common.schema import Column

#: Columns of text by what they are about: one name, or several with commas between them.
_ABOUT: Final = {"user": ("user", "users"), "dag": ("dag_id", "dags"), "outcome": ("outcome",)}
_REST: Final = re.compile(r" and \d+ more$")


def select_rows(frame: pd.DataFrame, columns: tuple[Column, ...], asked: Mapping[str, str | None]) -> pd.DataFrame:
    """Return the rows about all that is asked for, in their order.

    The report ``findings`` names ten users and DAGs at most, so a finding with more is found by those alone.

    Args:
        frame: a table.
        columns: its columns.
        asked: by ``user``, ``dag`` and ``outcome`` the name that is wanted; None: whichever it is.

    Raises:
        LogparseError: the table says nothing about it.
    """
    texts = {column.name for column in columns if column.type == "string"}
    for about, name in asked.items():
        if name is None:
            continue
        own = next((column for column in _ABOUT[about] if column in texts), None)
        if own is None:
            raise LogparseError(f"this table has no column that names a {about}; take another one, such as attempts")
        frame = frame[[_names(cell, name) for cell in frame[own].astype(object).fillna("")]]
    return frame


def _names(cell: str, name: str) -> bool:
    return cell == name or f", {name}, " in f", {_REST.sub('', cell)}, "
