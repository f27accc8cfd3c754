"""Rows of a table that somebody asks for: those about a user, a DAG or an outcome.

Owns: which columns say so. Must not know: where a table comes from.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from logparse.common.errors import LogparseError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pandas as pd

    from logparse.common.schema import Column

_COLUMNS: Final = {"user": "user", "dag": "dag_id", "outcome": "outcome"}
#: Names a finding: in the report ``findings``, and in the attempts that it explains.
_KEY: Final = "key"
_EXPLAINED: Final = "finding"
#: Between keys of a row that was several findings, in archives of earlier versions.
_SEVERAL: Final = ", "


def select_rows(
    frame: pd.DataFrame,
    columns: tuple[Column, ...],
    asked: Mapping[str, str | None],
    read_attempts: Callable[[], pd.DataFrame],
) -> pd.DataFrame:
    """Return the rows about all that is asked for, in their order.

    Findings are about a user or a DAG if they explain such an attempt.

    Args:
        frame: a table.
        columns: its columns.
        asked: by ``user``, ``dag`` and ``outcome`` the name that is wanted; None: whichever it is.
        read_attempts: reads the attempts of the same weeks.

    Raises:
        LogparseError: the table says nothing about it.
    """
    wanted = {about: name for about, name in asked.items() if name is not None}
    known = {column.name for column in columns}
    if _KEY in known and not {_COLUMNS[about] for about in wanted} <= known:
        attempts = read_attempts()
        for about, name in wanted.items():
            attempts = attempts[attempts[_COLUMNS[about]] == name]
        keys = set(zip(attempts["week"], attempts[_EXPLAINED], strict=True))
        held = zip(frame["week"], frame[_KEY].str.split(_SEVERAL), strict=True)
        return frame[[any((week, key) in keys for key in mine) for week, mine in held]]
    for about, name in wanted.items():
        if _COLUMNS[about] not in known:
            article = "an" if about == "outcome" else "a"
            raise LogparseError(
                f"this table has no column that names {article} {about}; take another one, such as attempts"
            )
        frame = frame[frame[_COLUMNS[about]] == name]
    return frame
