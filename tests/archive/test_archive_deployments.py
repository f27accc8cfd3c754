"""Deployments that share an archive, and logs that are said to be of another one."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING

import pandas as pd
import pytest
from archive_runs import W46, W47, line, report
from folders import rows, verified, visible, weeks, write

from logparse.reports import catalog

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("hasty")


@pytest.mark.usefixtures("every_report")
def test_deployments_stand_side_by_side(tmp_path: Path, out: Path) -> None:
    one = write(tmp_path / "a.log", line(W47), line(W47 + 1), line(W46))
    other = write(tmp_path / "b.log", line(W47), line(W47 + 2, user="bob", status=403))
    assert report(one, "--out", out, "--deployment", "a").exit_code == 0
    assert "deployment" not in rows(out / "2026-W47/by_user.csv")[0]
    assert report(other, "--out", out, "--deployment", "b").exit_code == 0
    assert weeks(out) == {"2026-W46": 1, "2026-W47": 4}  # what both hold is of each
    attempts = pd.read_parquet(out / "attempts")
    assert attempts.groupby("deployment").size().to_dict() == {"a": 3, "b": 2}
    found = [(row["deployment"], row["user"], row["attempts"]) for row in rows(out / "2026-W47/by_user.csv")]
    assert sorted(found) == [("a", "alice", "2"), ("b", "alice", "1"), ("b", "bob", "1")]
    for name in catalog.REPORTS:
        assert next(csv.reader((out / f"2026-W47/{name}.csv").read_text().splitlines()))[0] == "deployment"
    assert [(row["deployment"], row["attempts"]) for row in rows(out / "coverage.csv")] == [("a", "3"), ("b", "2")]
    for name in ("by_dag", "by_time", "by_reason", "user_dag", "coverage"):
        assert sum(int(row["attempts"]) for row in rows(out / f"2026-W47/{name}.csv")) == 4
    # The week of one of them only has the column as little as before.
    assert "deployment" not in rows(out / "2026-W46/by_user.csv")[0]
    # Each is compared with itself.
    changes = {row["deployment"]: row["attempts_change"] for row in rows(out / "2026-W47/by_dag.csv")}
    assert changes == {"a": "1", "b": ""}
    verified(out)


def test_logs_that_are_given_again_with_a_deployment_are_relabelled(log: Path, tmp_path: Path, out: Path) -> None:
    report(log, "--out", out)
    assert pd.read_parquet(out / "attempts")["deployment"].isna().all()
    assert report(log, "--out", out, "--deployment", "prod").exit_code == 0
    assert weeks(out) == {"2026-W46": 1, "2026-W47": 2}
    assert set(pd.read_parquet(out / "attempts")["deployment"]) == {"prod"}
    assert report(log, "--out", tmp_path / "once", "--deployment", "prod").exit_code == 0
    assert visible(out) == visible(tmp_path / "once")
    # Without the option, it stays what it was.
    report(log, "--out", out)
    assert visible(out) == visible(tmp_path / "once")


@pytest.mark.parametrize("number", [3, 1400])
def test_a_log_that_has_grown_is_relabelled_as_a_whole(number: int, tmp_path: Path, out: Path) -> None:
    """What was read before is of the same server as what came to it."""
    log, noise = tmp_path / "a.log", [line(W47, user=f"u{n}").replace("POST", "GET") for n in range(number)]
    for lines in ([line(W47), *noise], [line(W47), *noise, line(W47, hour=13)]):
        report(write(log, *lines), "--out", out)
    report(log, "--out", out, "--deployment", "prod")
    assert pd.read_parquet(out / "attempts")["deployment"].to_list() == ["prod"] * 2
    # It has grown again, and is of another one now.
    report(write(log, line(W47), *noise, line(W47, hour=13), line(W47, hour=14)), "--out", out, "--deployment", "test")
    assert pd.read_parquet(out / "attempts")["deployment"].to_list() == ["test"] * 3
    assert "deployment" not in rows(out / "2026-W47/by_user.csv")[0]
