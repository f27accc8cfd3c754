"""Lines that are kept as columns are what they would be as objects: all samples of all access formats."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC
from typing import TYPE_CHECKING, Final

import numpy as np
import pyarrow as pa
import pytest

from logparse.formats import loader as formats
from logparse.formats.line_format import strip_colour
from logparse.lines.access import make_access
from logparse.lines.batch import NUMBERS, Batch
from logparse.lines.bulk.row_reader import RowReader
from logparse.lines.clock import Clock
from logparse.lines.proxies import DEFAULT

if TYPE_CHECKING:
    from logparse.formats.line_format import LineFormat
    from logparse.lines.access import Access

ACCESS: Final = {form.id: form for form in formats.shipped() if form.kind == "access" and form.id != "any-order"}


def samples(form: LineFormat) -> list[str]:
    return list({strip_colour(sample.line): None for sample in form.samples})


def read_rows(form: LineFormat, lines: list[str]) -> dict[int, Access]:
    reader = RowReader(form, form.read, Clock(UTC), DEFAULT)
    rows, places = reader.read([*lines, None, "no line of any format"], np.arange(len(lines) + 2))
    assert rows["at"].to_pylist() == places.tolist()
    rows = rows.drop_columns("at")
    for name in ("line", "order"):
        rows = rows.append_column(name, pa.array(places, NUMBERS[name]))
    found = Batch(rows, form.decoded, ()).to_accesses()
    assert set(reader.left) == {line for at, line in enumerate(lines) if at not in set(places.tolist())}
    return dict(zip(places.tolist(), found, strict=True))


def read_objects(form: LineFormat, lines: list[str]) -> list[Access]:
    clock = Clock(UTC)
    found = []
    for at, line in enumerate(lines):
        fields = form.read(line)
        assert fields is not None
        found.append(replace(make_access(form, fields, at, clock.read_line(fields)), time_within=0))
    return found


@pytest.mark.parametrize("name", sorted(ACCESS))
def test_columns_hold_what_objects_do(name: str) -> None:
    form = ACCESS[name]
    lines = samples(form)
    objects = read_objects(form, lines)
    rows = read_rows(form, lines)
    assert {at: objects[at] for at in rows} == rows


def test_columns_hold_lines_of_most_formats() -> None:
    held = {name for name, form in ACCESS.items() if read_rows(form, samples(form))}
    assert len(held) > len(ACCESS) * 0.8, set(ACCESS) - held


@pytest.mark.parametrize(
    "line",
    [
        pytest.param('10.0.0.9 - - [22/Nov/2026:12:00:00 +0000] "POST /a HTTP/1.1" 499 0 "-" "x"', id="client left"),
        pytest.param('10.0.0.9 - - [22/Nov/2026:12:00:00 +0000] "POST /\u00e4 HTTP/1.1" 200 0 "-" "x"', id="no ASCII"),
        pytest.param('10.0.0.9 - - [31/Feb/2026:12:00:00 +0000] "POST /a HTTP/1.1" 200 0 "-" "x"', id="no such day"),
    ],
)
def test_columns_leave_what_they_cannot_hold(line: str) -> None:
    assert read_rows(ACCESS["gunicorn"], [line]) == {}
