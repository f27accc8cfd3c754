"""Rows that are read as columns: their records are those that the csv module and the encoder give."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from logparse.common.columns import split_lines
from logparse.envelopes.documents.table_stream import TableStream

CELLS = st.text(st.sampled_from([*'ab ",;\\\t/é{}:\x7f\x80', "\u2028", "\U0001f600"]), max_size=6)


def stream_of(header: str, separator: str) -> TableStream:
    return TableStream(header, 2, separator, lambda _: False, lambda _: True)


def write(header: str, separator: str, data: str) -> list[bytes] | None:
    lines = split_lines(data.encode("utf-8", "surrogateescape"))[0]
    return stream_of(header, separator)._plain_rows.write(lines)  # noqa: SLF001


@given(
    st.lists(st.tuples(CELLS, CELLS, CELLS, CELLS), min_size=1, max_size=5),
    st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
    st.sampled_from([",", ";", "\t"]),
    st.sampled_from(["\n", "\r\n"]),
)
def test_records_are_those_of_the_csv_module(
    rows: list[tuple[str, ...]], quoting: int, separator: str, ending: str
) -> None:
    text = io.StringIO()
    csv.writer(text, delimiter=separator, quoting=quoting, lineterminator=ending).writerows(rows)  # type: ignore[arg-type]
    header = separator.join(["_raw", "a.b", "a.c", 'x"y'])
    found = write(header, separator, text.getvalue())
    expected = stream_of(header, separator)._split_rows(text.getvalue().removesuffix("\n").split("\n"))  # noqa: SLF001
    assert found in (None, expected)
    if not any(sign < " " for row in rows for cell in row for sign in cell):
        assert found == expected


@pytest.mark.parametrize(
    "row",
    [
        'a"b,c\n',  # a quote within a cell without quotes
        '"a"b,c\n',
        '"a,c\n',
        "a\n",
        "a,b,c\n",
        "\n",
        '"a\x00",b\n',
        '"a\tb",b\n',
        "\udcff,b\n",
    ],
)
def test_what_can_be_read_in_two_ways_is_left_to_others(row: str) -> None:
    assert write("_raw,_time", ",", row) is None
    assert write("_raw,_time", ",", f"a,b\n{row}") is None
