"""Values that Python printed are read, and nothing else, without a word on standard error."""

from __future__ import annotations

import warnings

import pytest

from logparse.common.printed import LONGEST, read_printed


@pytest.mark.parametrize("value", ['it\'s\\d \x1b\n"é"', {"a": ["b\\", None, 1.5]}, [("dag_id", "x")], b"\xff"])
def test_what_python_prints_is_read(value: object) -> None:
    assert read_printed(repr(value)) == value


@pytest.mark.parametrize(
    "text", [r"'\d'", r"{'a': '\.'}", "'a", "1 + x", "{[]: 1}", "(" * 5000, "", "1" * (LONGEST + 1)]
)
def test_other_texts_are_none_and_raise_no_warning(text: str) -> None:
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        assert read_printed(text) is None
    assert told == []
