"""Nineteen odd requests, in the log of each server: each is read as what it was, and none as more than that."""

from __future__ import annotations

import os
import shutil
from itertools import combinations
from typing import TYPE_CHECKING, Final

import escapes
import expected
import pytest
import samples
import story

from logparse.pipeline import options
from logparse.pipeline import run as pipeline
from logparse.scans.settings import Setup
from logparse.sources import discovery

if TYPE_CHECKING:
    from pathlib import Path

    from logparse.pipeline.result import Result

LOGS: Final = pytest.mark.parametrize("log", escapes.LOGS, ids=[each.name for each in escapes.LOGS])


def run(path: Path, *log_formats: str) -> Result:
    return pipeline.run(discovery.find_sources([str(path)]), options.Options(Setup(log_formats=log_formats)))


def _losses(log: escapes.Log) -> list[tuple[int, ...]]:
    return [each for size in range(len(log.broken) + 1) for each in combinations(log.broken, size)]


@LOGS
def test_each_request_is_what_it_was(log: escapes.Log) -> None:
    found = run(samples.FOLDER / log.name, *log.log_formats).attempts
    told = [
        (row["path"], row["dag_id"], row["status"], expected.cell(row["client"]), expected.cell(row["user"]))
        for row in found.to_dict("records")
    ]
    if not log.client:  # a header that a client wrote is no address to rely on, but may be all there is
        told = [(*row[:3], None, row[4]) for row in told]
    read = [left_out for left_out in _losses(log) if told == log.rows(*left_out)]
    assert read or told == log.rows()
    assert set(found["method"]) <= {"POST"}
    assert set(found["channel"]) <= {"rest_api"}


@LOGS
def test_no_attempt_is_made_of_names_queries_and_agents(log: escapes.Log) -> None:
    found = run(samples.FOLDER / log.name, *log.log_formats).attempts
    assert set(found["dag_id"]) <= {escapes.dag(number) for number in escapes.ASKED}
    assert set(found["client"].dropna()) <= {escapes.CLIENT, "7.7.7.7"}


@LOGS
def test_each_line_is_counted_once(log: escapes.Log) -> None:
    (entry,) = run(samples.FOLDER / log.name, *log.log_formats).entries
    lines, requests = log.lines
    assert entry.problem == ""
    assert entry.lines == lines == sum(entry.kinds.values())
    lost = requests - entry.kinds["access"]
    assert 0 <= lost <= len(log.broken)
    assert entry.kinds["unparsed"] <= 2 * lost


@pytest.mark.parametrize("name", escapes.SYSLOG)
def test_escapes_that_syslog_wrote_for_colours_are_undone(name: str, tmp_path: Path) -> None:
    shutil.copyfile(samples.FOLDER / name, tmp_path / name)
    written = story.micros("2026-03-03T00:00:00") // story.SECOND
    os.utime(tmp_path / name, (written, written))  # the traditional form names no year; that of the file is near
    found = run(tmp_path / name)
    (row,) = found.attempts.to_dict("records")
    assert (row["path"], row["dag_id"], row["status"]) == ("/api/v2/dags/etl_daily/dagRuns", "etl_daily", 200)
    assert (row["client"], row["method"], row["line"]) == ("203.0.113.10", "POST", 2)
    assert (str(row["time"]), row["time_source"]) == ("2026-03-02 00:01:00+00:00", "envelope")
    (entry,) = found.entries
    assert (entry.lines, entry.kinds["access"], entry.kinds["unparsed"], entry.problem) == (2, 2, 0, "")
