"""Lines that are held until they are written: none is lost, none counts twice, however many come at once."""

from __future__ import annotations

from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from logparse.archive import collector
from logparse.archive.collector import LineCollector
from logparse.archive.days import read_rows
from logparse.archive.index import NONE
from logparse.archive.storage.opening import open_storage
from logparse.lines.access import Access
from logparse.rules.loader import load_rules
from logparse.scans.scan import Request, Scan
from logparse.scans.tagging import Tagger

if TYPE_CHECKING:
    from collections.abc import Sequence

#: The source of a line, its number, and its day; -1: it has no time.
Line = tuple[int, int, int]
DAY: Final = 86_400_000_000
TAG: Final = Tagger(load_rules()).tag_requests([
    Access(
        line=1, order=1, time=0, time_source="line", client="10.0.0.1", user=None, method="POST",
        target="/api/v2/dags/etl/dagRuns", decoded=False, status=403, size=None, referer=None, agent="curl/8",
        duration=7, location=None,
    )
])[0]  # fmt: skip
LINES: Final = st.lists(st.tuples(st.integers(0, 4), st.integers(1, 9), st.integers(-1, 2)), max_size=12)


def scan_of(lines: Sequence[Line]) -> Scan:
    assert TAG is not None
    return Scan([
        Request(
            source,
            Access(
                line=line, order=line, time=None if day < 0 else day * DAY + line,
                time_source=None if day < 0 else "line",
                client=f"10.0.0.{source}", user=None, method="POST", target="/x", decoded=False, status=200, size=None,
                referer=None, agent=None, duration=None, location=None,
            ),
            TAG,
        )
        for source, line, day in lines
    ])  # fmt: skip


def written(held: LineCollector, names: dict[int, tuple[str, int]]) -> list[Line]:
    with TemporaryDirectory() as folder:
        storage = open_storage(folder)
        found = []
        for day, name in held.write(storage, names):
            rows = pa.concat_tables(read_rows(storage, name))
            cells = zip(rows["source"].to_pylist(), rows["line"].to_pylist(), rows["client"].to_pylist(), strict=True)
            for key, line, client in cells:
                assert client == b"10.0.0." + key.removeprefix(b"key")
                found.append((int(key.removeprefix(b"key")), line, -1 if day == NONE else int(day)))
        return found


@pytest.mark.parametrize("limit", [0, 1 << 20])
@given(st.lists(LINES, max_size=6), st.integers(1, 8), st.dictionaries(st.integers(0, 4), st.integers(0, 9)))
def test_what_is_written_is_what_was_taken(
    limit: int, scans: list[list[Line]], at_once: int, since: dict[int, int]
) -> None:
    with pytest.MonkeyPatch.context() as patch, LineCollector(limit) as held:
        patch.setattr(collector, "LINES", at_once)
        for lines in scans:
            assert not held.take(scan_of(lines)).requests
        counted = [each for lines in scans for each in lines if each[1] > since.get(each[0], 99)]
        assert sorted(written(held, {n: (f"key{n}", line) for n, line in since.items()})) == sorted(counted)
        for source, line in since.items():
            assert held.days(source, line) == sorted({
                NONE if day < 0 else str(day) for number, _, day in counted if number == source
            })  # fmt: skip


@given(LINES, LINES, LINES, st.integers(1, 8))
def test_what_was_taken_behind_a_mark_can_be_forgotten(
    before: list[Line], lost: list[Line], behind: list[Line], at_once: int
) -> None:
    with pytest.MonkeyPatch.context() as patch, LineCollector() as held:
        patch.setattr(collector, "LINES", at_once)
        held.take(scan_of(before))
        mark = held.mark()
        held.take(scan_of(lost))
        held.back(mark)
        held.take(scan_of(behind))
        assert sorted(written(held, {n: (f"key{n}", 0) for n in range(5)})) == sorted(before + behind)
