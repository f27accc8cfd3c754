"""Which weeks a run makes, which it leaves for later, and with what they are compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from archive_runs import UNDATED, W45, W46, W47, W48, line, many, report
from folders import invoke, record, rows, verified, visible, weeks, write

import logparse

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("hasty")


def marks(out: Path) -> dict[str, tuple[int, int]]:
    """Which files visible names are of, and when they were written."""
    return {name: (found.st_ino, found.st_mtime_ns) for name in visible(out) for found in [(out / name).stat()]}


@pytest.mark.usefixtures("every_report")
def test_a_day_more_makes_its_own_week_only(tmp_path: Path, out: Path) -> None:
    days = [line(day) for day in (W45, W46, W47, W48)]
    report(write(tmp_path / "a.log", *days), "--out", out)
    before, stamps = visible(out), marks(out)
    assert rows(out / "2026-W47/by_dag.csv")[0]["attempts_change"] == "0"
    done = report(write(tmp_path / "b.log", line(W46 + 1)), "--out", out)
    assert done.exit_code == 0
    after = visible(out)
    other = {path for path in before if before[path] != after.get(path) or stamps[path] != marks(out)[path]}
    assert {path.partition("/")[0] for path in other} == {"2026-W46", "2026-W47", "attempts", "coverage.csv"}
    assert {path for path in other if path.startswith("attempts/")} == {"attempts/week=2026-W46/part-0.parquet"}
    changed = {f"2026-W47/{name}.csv" for name in ("by_user", "by_dag", "user_dag", "by_reason")}
    assert {path for path in other if path.startswith("2026-W47/")} == changed
    # Compared with the whole week before, which has grown.
    assert [rows(out / f"2026-W{n}/by_dag.csv")[0]["attempts_change"] for n in (45, 46, 47, 48)] == ["", "1", "-1", "0"]
    assert weeks(out) == {"2026-W45": 1, "2026-W46": 2, "2026-W47": 1, "2026-W48": 1}
    assert report(tmp_path / "a.log", tmp_path / "b.log", "--out", tmp_path / "once").exit_code == 0
    assert visible(tmp_path / "once") == after


@pytest.mark.parametrize("order", [(W46, W47), (W47, W46)])
def test_weeks_are_compared_in_whatever_order_they_come(order: tuple[int, int], tmp_path: Path, out: Path) -> None:
    for day in order:
        log = write(tmp_path / f"{day}.log", *(line(day, hour=hour) for hour in range(day == W47, 5)))
        assert report(log, "--out", out, "--week", "2026-W46", "--week", "2026-W47").exit_code == 0
    (row,) = rows(out / "2026-W47/by_dag.csv")
    assert (row["attempts"], row["attempts_change"]) == ("4", "-1")


def test_weeks_that_were_not_asked_for_are_left_to_the_next_run(tmp_path: Path, out: Path) -> None:
    report(write(tmp_path / "a.log", *(line(day) for day in (W45, W46, W47, W48))), "--out", out)
    before = visible(out)
    more = write(tmp_path / "b.log", line(W45 + 1), line(W46 + 1), line(W48 + 1))
    done = report(more, "--out", out, "--week", "2026-W46")
    assert done.exit_code == 0
    after = visible(out)
    assert weeks(out) == {"2026-W45": 1, "2026-W46": 2, "2026-W47": 1, "2026-W48": 1}
    assert {path.partition("/")[0] for path in after if after[path] != before[path]} == {
        "2026-W46", "2026-W47", "attempts", "coverage.csv",  # what the week after says of its change goes with it
    }  # fmt: skip
    left = ["2026-W45", "2026-W47", "2026-W48"]
    assert record(out)["left"] == left
    listed = invoke("archive", "list", out).stdout
    assert f"Weeks that the next run will make again: {', '.join(left)}" in listed
    assert listed.count("will be made again by the next run") == 3
    assert report(more, "--out", out).exit_code == 0
    assert "will make again" not in invoke("archive", "list", out).stdout
    assert report(tmp_path / "a.log", more, "--out", tmp_path / "once").exit_code == 0
    assert visible(out) == visible(tmp_path / "once")
    verified(out)


def test_a_week_without_attempts_is_written_where_it_is_asked_for(log: Path, out: Path) -> None:
    assert report(log, "--out", out, "--week", "2026-W50").exit_code == 0
    assert rows(out / "2026-W50/by_user.csv") == []
    assert weeks(out) == {}


def test_coverage_counts_attempts_that_no_rule_decided(tmp_path: Path, out: Path) -> None:
    one = write(tmp_path / "a.log", line(W47), *(line(W47 + n).replace('" 200 ', '" 418 ') for n in (1, 2)))
    other = write(tmp_path / "b.log", line(W47 + 3), line(W48).replace('" 200 ', '" 418 '))
    for path in (one, other):
        assert report(path, "--out", out).exit_code == 0

    def counted(name: str) -> list[tuple[str, str]]:
        return [(row["attempts"], row["not_decided"]) for row in rows(out / name)]

    assert counted("coverage.csv") == [("3", "2"), ("2", "1")]
    assert counted("2026-W47/coverage.csv") == [("3", "2"), ("1", "0")]
    assert counted("2026-W48/coverage.csv") == [("1", "1")]
    found = logparse.report(one, other)["2026-W47"]["coverage"]
    assert found["not_decided"].to_list() == [2, 1]


def test_attempts_without_a_time_stay(tmp_path: Path, out: Path) -> None:
    log = write(tmp_path / "a.log", UNDATED.format(n=1), line(W47))
    assert report(log, "--out", out).exit_code == 0
    assert weeks(out) == {"2026-W47": 1, "unknown": 1}
    other = write(tmp_path / "b.log", UNDATED.format(n=2), UNDATED.format(n=3), line(W47 + 1))
    for args in ((other, "--week", "2026-W47"), (other,), (log, other), (log,)):
        assert report(*args, "--out", out).exit_code == 0
    assert weeks(out) == {"2026-W47": 2, "unknown": 3}
    assert rows(out / "coverage.csv")[1]["attempts_without_time"] == "2"
    assert report(log, other, "--out", tmp_path / "once").exit_code == 0
    assert visible(tmp_path / "once") == visible(out)


def test_weeks_that_another_rule_for_equal_lines_concerns_are_left_for_later(tmp_path: Path, out: Path) -> None:
    write(tmp_path / "a.log", line(W46), line(W47))
    write(tmp_path / "b.log", line(W46), line(W47), line(W47, user="bob"))
    assert report(tmp_path, "--out", out, "--overlap", "apart").exit_code == 0
    assert weeks(out) == {"2026-W46": 2, "2026-W47": 3}
    assert report(tmp_path, "--out", out, "--overlap", "once", "--week", "2026-W47").exit_code == 0
    assert weeks(out) == {"2026-W46": 2, "2026-W47": 2}
    assert report(tmp_path, "--out", out).exit_code == 0
    assert weeks(out) == {"2026-W46": 1, "2026-W47": 2}


def test_weeks_are_in_order_and_compared_with_the_one_before(tmp_path: Path) -> None:
    path = write(tmp_path / "a.log", many(2, hours=3), many(1, hours=1))
    found = logparse.report(path)
    assert list(found) == ["2026-W45", "2026-W46"]
    assert found["2026-W45"]["by_dag"]["attempts_change"].isna().all()
    assert found["2026-W46"]["by_dag"]["attempts_change"].sum() == 7 * 8 - (7 * 8 + 7 * 24)
    chosen = logparse.report(path, weeks=["2026-W49", "2026-W46"])
    assert list(chosen) == ["2026-W46", "2026-W49"]
    assert chosen["2026-W46"]["by_dag"].equals(found["2026-W46"]["by_dag"])
    assert chosen["2026-W49"]["by_dag"].empty
    assert logparse.report(write(tmp_path / "none.log")) == {}
