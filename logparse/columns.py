"""Rows of columns that agree with each other.

Owns: telling which do. Must not know: what any column means.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

#: Several columns are packed into numbers below this.
_MOST: Final = 1 << 62


def kinds_of(columns: Sequence[NDArray[Any]]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Which rows agree in all columns: the kind of each, numbered as they come, and the first row of each kind.

    Args:
        columns: one at least; whole numbers from 0, or truth values.
    """
    found = np.zeros(len(columns[0]), np.int64)
    many = 1
    for column in columns:
        values = column.astype(np.int64)
        top = int(values.max(initial=0)) + 1
        if many * top >= _MOST:
            found, many = _dense(found)
        if many * top >= _MOST:
            values, top = _dense(values)
        found, many = found * top + values, many * top
    found, many = _dense(found)
    firsts = np.zeros(many, np.int64)
    firsts[found[::-1]] = np.arange(len(found) - 1, -1, -1)
    return found, firsts


def _dense(values: NDArray[np.int64]) -> tuple[NDArray[np.int64], int]:
    found = pa.array(values).dictionary_encode()  # no sort, unlike np.unique
    return found.indices.to_numpy().astype(np.int64), len(found.dictionary)
