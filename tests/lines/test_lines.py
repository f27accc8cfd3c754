"""Lines of one source: what a line without a time of its own takes from its neighbours, and which do not."""

from __future__ import annotations

import io
import time
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pandas as pd
import pytest

from logparse.pipeline import options, run
from logparse.sources.source import Source

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
    found = run.run([Source("-", None, None)], options.Options(), stdin=log)
    (attempt,) = found.attempts.astype(object).where(found.attempts.notna(), None).to_dict("records")
    (entry,) = found.entries
    assert attempt["time_source"] == time_source
    assert (attempt["time"] is None) == (attempt["week"] is None) == (time_source is None)
    assert entry.timeless == (time_source is None)
    assert (entry.kinds["access"], entry.kinds["unparsed"]) == (1, 0)


@pytest.mark.parametrize(
    ("hours", "zone", "within", "said"),
    [
        (0.5, "UTC", 1800, None),
        (6.7, "UTC", 24120, "up to 7 hours off"),
        (None, "UTC", None, "off by hours or days"),
        (0.5, "Etc/GMT-11", 1800, "up to 1 hour off"),  # midnight between two weeks lies in between
    ],
)
def test_how_far_off_the_time_of_a_neighbour_is(
    hours: float | None, zone: str, within: float | None, said: str | None
) -> None:
    moments = [datetime(2026, 11, 22, 12, 45, tzinfo=UTC) + timedelta(hours=more) for more in (0, hours or 0)]
    first, last = (f"[{at:%Y-%m-%dT%H:%M:%S}.000+0000] {{app.py:1}} INFO - Filling up the DagBag\n" for at in moments)
    log = io.BytesIO((first + UNSTAMPED + (last if hours else "")).encode())
    found = run.run([Source("-", None, None)], options.Options(zone=ZoneInfo(zone)), stdin=log)
    (attempt,) = found.attempts.to_dict("records")
    assert attempt["time"] == moments[0]
    assert attempt["time_within_s"] == within or (within is None and pd.isna(attempt["time_within_s"]))
    assert found.exported == () if said is None else said in found.exported[0]


HYPERCORN = "[2026-11-22 12:50:57 +0000] [17] [INFO] 10.0.0.7:5 - - [22/Nov/2026:12:50:57 +0000] "


@pytest.mark.parametrize(
    ("rest", "dags", "unparsed"),
    [
        ('"POST /api/v2/dags/etl/dagRuns 1.1" 200 34 "-" "curl/8.5.0"', ["etl"], 0),
        ('"POST /api/v2/dags/etl/dagRuns 2" 200 34 "-" "-"', ["etl"], 0),
        ('"POST /api/v2/dags/etl/dagRuns 1.1" 200 34 "-" "a "b" 1.1" c"', ["etl"], 0),
        # The agent of one request and the path of another, both made to look like the end of a request.
        ('"POST /api/v2/dags/etl/dagRuns 1.1" 200 34 "-" "a 1.1" 404 5 "-" "b"', [], 1),
        ('"POST /x 1.1" 404 5 "-" "y" "POST /api/v2/dags/etl/dagRuns 1.1" 200 34 "-" "curl"', [], 1),
        ('"POST /api/v2/dags/etl/dagRuns 1.1" 200 34 "-" "curl', [], 1),
    ],
)
def test_access_lines_of_hypercorn(rest: str, dags: list[str], unparsed: int) -> None:
    log = io.BytesIO((HYPERCORN + rest + "\n").encode())
    found = run.run([Source("-", None, None)], options.Options(), stdin=log)
    (entry,) = found.entries
    assert found.attempts["dag_id"].to_list() == dags
    assert (entry.kinds["access"], entry.kinds["unparsed"]) == (1 - unparsed, unparsed)


@pytest.mark.parametrize("piece", ['" "', ' 1.1" 200 5 ', " 1.1", "a", '" 200 5 "', " - - ["])
def test_hostile_lines_of_hypercorn_take_no_time(piece: str) -> None:
    for line in (HYPERCORN, HYPERCORN + '"POST /x 1.1" 404 5 "-" "', HYPERCORN + '"POST /x'):
        log = io.BytesIO(f"{line}{piece * (200_000 // len(piece))}\n".encode())
        started = time.process_time()
        run.run([Source("-", None, None)], options.Options(), stdin=log)
        assert time.process_time() - started < 5  # quadratic time is minutes


BROKEN = (
    '192.0.2.4 - ann [25/Nov/2026:10:15:00 +0000] "POST /api/v1/dags/etl/dagRuns HTTP/1.1" 401 160 "-" "curl/8.5.0"'
)


def attempts_of(log: str) -> pd.DataFrame:
    return run.run([Source("-", None, None)], options.Options(), stdin=io.BytesIO(log.encode())).attempts


@pytest.mark.parametrize(
    ("log", "dag"),
    [
        (BROKEN.replace("tl/", "\ntl/") + f"\n{BROKEN}", "e\ntl"),  # a longer line: the line break was in the request
        (BROKEN.replace("tl/", "\\\n    tl/") + f"\n{BROKEN}", "etl"),
        *((BROKEN.replace(at, f"\n{at}"), "etl") for at in ("gRuns", "tl/", "1.1", "01", '" 4')),
        *((BROKEN.replace(at, f"{at}\n    ").replace(" \n", "\n"), "etl") for at in ("etl/dagRuns ", 'HTTP/1.1" ')),
        ("\n".join(BROKEN[at : at + 44] for at in range(0, len(BROKEN), 44)) + "\nno line", "etl"),
    ],
)
def test_a_line_that_was_broken_is_whole(log: str, dag: str) -> None:
    found = attempts_of(log)
    assert found["dag_id"].to_list() == [dag, "etl"][: log.count("192.0.2.4")]
    assert set(found["user"]) == {"ann"}


@pytest.mark.parametrize("at", [' 160 "', "60 ", ' "-" "curl', ' "curl'])
def test_a_line_that_was_broken_behind_its_status_is_whole(at: str) -> None:
    broken = BROKEN.replace(at, f"\n{at}")
    log = io.BytesIO(f"{broken}\n{BROKEN.replace('etl', 'other')}\n".encode())
    found = run.run([Source("-", None, None)], options.Options(), stdin=log)
    first = found.attempts.to_dict("records")[0]
    assert (first["dag_id"], first["status"], first["response_bytes"]) == ("etl", 401, 160)
    assert first["user_agent"] == "curl/8.5.0"
    assert found.entries[0].kinds["unparsed"] == 0


def test_the_words_of_a_status_may_be_broken() -> None:
    line = 'INFO:     192.0.2.4:5124{} - "POST /api/v2/dags/etl/dagRuns HTTP/1.1" 401 Unauthorized'
    pieces = "\n".join(f"{line.format(n)[:80]}\n{line.format(n)[80:]}" for n in range(5))
    found = run.run([Source("-", None, None)], options.Options(), stdin=io.BytesIO(f"{pieces}\n".encode()))
    assert found.attempts["status"].to_list() == [401] * 5
    assert found.entries[0].kinds["unparsed"] == 0


@pytest.mark.parametrize("rest", ["no rest of it", '"x" and more', "7 8 9", 'a 160 "-" "curl"'])
def test_what_is_no_rest_changes_no_line_above_it(rest: str) -> None:
    common = BROKEN.removesuffix(' "-" "curl/8.5.0"')
    found = attempts_of(f"{common}\n{rest}\n{common}\n")
    assert found["response_bytes"].to_list() == [160, 160]
    assert found["user_agent"].isna().all()


def test_a_file_that_begins_amid_a_line_loses_no_attempt() -> None:
    (found,) = attempts_of(f"{BROKEN[15:]}\n").to_dict("records")  # from the blank in front of the time on
    assert (found["dag_id"], found["status"], found["user"], found["client"]) == ("etl", 401, None, None)


def test_another_program_s_lines_tell_their_times_and_no_more() -> None:
    spring = "2026-11-22T12:50:56.519Z ERROR 1 --- [main] c.e.Filter : JWT token is not valid: Signature has expired\n"
    (found,) = attempts_of(spring + UNSTAMPED.replace("200 OK", "403 Forbidden")).to_dict("records")
    assert (found["time"].minute, found["evidence"]) == (50, "status")


def test_logins_in_a_row_without_times_are_not_forged() -> None:
    """uvicorn's access lines (3.0, 3.1) carry no time: what is later there is later because time went on."""
    lines = ["2026-11-22T18:20:43.0Z [info     ] Login Failed for user: ivan   [airflow.override] loc=override.py:1"]
    for second in range(44, 59):
        lines += [
            f"2026-11-22T18:20:{second}.0Z [info     ] Updated user Uma Lab   [airflow.override] loc=override.py:1462",
            f'INFO:     127.0.1.{second}:54641 - "POST /auth/token HTTP/1.1" 201 Created',
        ]
    log = io.BytesIO("\n".join(lines).encode())
    (entry,) = run.run([Source("-", None, None)], options.Options(), stdin=log).entries
    assert (entry.forged, entry.kinds["app"], entry.kinds["access"]) == (0, 16, 15)
