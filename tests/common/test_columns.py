"""Which rows of columns agree, whatever numbers the columns hold."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from logparse.common.columns import number_groups

NUMBERS = st.one_of(
    st.integers(-1, 3), st.integers(-9, 9), st.integers(0, 1 << 20), st.sampled_from([0, 1 << 40, (1 << 62) - 1])
)


@given(st.integers(1, 4).flatmap(lambda width: st.lists(st.tuples(*[NUMBERS] * width), max_size=60)))
def test_kinds_are_numbered_as_they_come(rows: list[tuple[int, ...]]) -> None:
    columns = [np.array(column, np.int64) for column in zip(*rows, strict=True)] or [np.zeros(0, np.int64)]
    kinds, firsts = number_groups(columns)
    numbers = {row: number for number, row in enumerate(dict.fromkeys(rows))}
    assert kinds.tolist() == [numbers[row] for row in rows]
    assert firsts.tolist() == [rows.index(row) for row in numbers]
