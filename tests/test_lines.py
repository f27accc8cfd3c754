"""Lines of one source: what a line without a time of its own takes from its neighbours, and which do not."""

from __future__ import annotations

import io

import pytest

from logparse import pipeline
from logparse.sources import Source

APP = "[2026-11-22T12:50:56.519+0000] {app.py:1} INFO - Filling up the DagBag\n"
ACCESS = '10.0.0.7 - ann [{}] "POST /api/v1/dags/etl/dagRuns HTTP/1.1" 200 512 "-" "curl/8.5.0"\n'
UNSTAMPED = 'INFO:     10.0.0.7:1 - "POST /api/v2/dags/etl/dagRuns HTTP/1.1" 200 OK\n'


@pytest.mark.parametrize(
    ("line", "time_source"),
    [
        (ACCESS.format("22/Nov/2026:12:50:57 +0000"), "line"),
        (ACCESS.format("31/Feb/2026:12:50:57 +0000"), None),
        (ACCESS.format("22/Nov/2026:12:50:57 +9999"), None),
        (UNSTAMPED, "neighbour"),
    ],
)
def test_a_time_that_is_none_stays_none(line: str, time_source: str | None) -> None:
    log = io.BytesIO((APP + line + APP).encode())
    found = pipeline.run([Source("-", None, None)], pipeline.Options(), stdin=log)
    (attempt,) = found.attempts.astype(object).where(found.attempts.notna(), None).to_dict("records")
    (entry,) = found.entries
    assert attempt["time_source"] == time_source
    assert (attempt["time"] is None) == (attempt["week"] is None) == (time_source is None)
    assert entry.timeless == (time_source is None)
    assert (entry.kinds["access"], entry.kinds["unparsed"]) == (1, 0)
