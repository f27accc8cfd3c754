"""Requests that browsers make all the time are told early to be of no interest; those of interest never are."""

from __future__ import annotations

import pytest

from logparse.rules.loader import load_rules
from logparse.rules.prefilter import build_prefilter

PREFILTER = build_prefilter(load_rules())


@pytest.mark.parametrize(
    ("target", "wanted"),
    [
        ("/dags/etl/grid", True),
        ("/dags/etl/grid/", True),
        ("/dags/etl/gr%69d", True),
        ("/airflow/dags/etl/graph", True),
        ("/dags/etl/grid?tab=graph", False),
        ("/dags/etl/grid?dag_run_id=manual__2026-11-22", True),
        ("/object/grid_data?dag_id=etl", False),
        ("/object/graph_data?dag_id=etl", False),
        ("/home", True),
        ("/health", False),
        ("/last_dagruns", False),
        ("/task_stats", False),
    ],
)
def test_of_gets(target: str, wanted: bool) -> None:
    assert PREFILTER.request("GET", target, "200") is wanted


@pytest.mark.parametrize(
    ("message", "wanted"),
    [
        ("Login Failed for user: uma", True),
        ("LOGIN FAILED FOR USER: UMA", True),
        ("INVALID API KEY", True),
        ("Filling up the task list", False),
    ],
)
def test_of_messages_in_capital_and_in_small_letters(message: str, wanted: bool) -> None:
    assert PREFILTER.message(message) is wanted
