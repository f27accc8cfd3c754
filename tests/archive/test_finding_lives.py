"""Findings from week to week: what is new, what goes on, what has ended, and since when, in any order of runs."""

from __future__ import annotations

import itertools
import json
import os
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import pandas as pd
import pytest
from folders import invoke, rows, write

import logparse
from logparse.reports.finding_keys import digest
from logparse.reports.finding_past import Life

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

#: Days of three weeks, 2026-W45 to 2026-W47.
DAYS: Final = 21
MONDAY: Final = datetime(2026, 11, 2, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda _: None)


def line(day: float, status: int = 200, *, user: str = "ann", dag: str = "etl") -> str:
    now, size = MONDAY + timedelta(days=day), {200: 640, 401: 188, 403: 186, 404: 210}[status]
    request = f"POST /api/v1/dags/{dag}/dagRuns HTTP/1.1"
    name, _, host = user.partition("@")
    return f'10.0.0.{host or 7} - {name} [{now:%d/%b/%Y:%H:%M:%S} +0000] "{request}" {status} {size} "-" "curl/8.5.0"\n'


def missing(*days: float, times: int = 1) -> list[str]:
    """Attempts on a DAG that does not exist, on a server that is in use all the time."""
    used = [line(day, user="bob") for day in range(DAYS)]
    return used + [line(day + n / 24, 404, dag="none") for day in days for n in range(times)]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        pytest.param(missing(6.5), ["45 new since 08 12", "46 ended since 08 12 until 08 12"], id="for a week"),
        pytest.param(
            missing(6.5, 8, 13.5, 15),
            ["45 new since 08 12", "46 continuing since 08 12", "47 continuing since 08 12 until 17 00"],
            id="until it is quiet for a day",
        ),
        pytest.param(
            missing(1) + missing(13.5, times=4)[DAYS:],
            ["45 new since 03 00 until 03 00", "46 worse since 03 00", "47 ended since 03 00 until 15 15"],
            id="more than before",
        ),
        pytest.param(
            missing(6.5, 20.5), ["45 new since 08 12", "46 ended since 08 12 until 08 12", "47 returned since 22 12"],
            id="after a week without",
        ),
        pytest.param(
            [*missing(6.5), line(6.7, dag="none")],
            ["45 new since 08 12 until 08 12", "46 ended since 08 12 until 08 12"],
            id="until it succeeds",
        ),
    ],
)  # fmt: skip
def test_a_finding_has_a_life(lines: Sequence[str], expected: Sequence[str], tmp_path: Path) -> None:
    weeks = logparse.report(write(tmp_path / "a.log", *sorted(lines, key=lambda each: each.partition("[")[2])))
    found = [(week[-2:], row) for week, reports in weeks.items() for row in reports["findings"].to_dict("records")]
    assert [
        f"{week} {row['status']} since {row['since']:%d %H}"
        + ("" if pd.isna(row["until"]) else f" until {row['until']:%d %H}")
        for week, row in found
    ] == expected


def lost(first: int, last: int, users: Sequence[str] = ("ann",)) -> list[str]:
    """Attempts of users (``name@host``) on two DAGs, refused from one day on, and accepted again behind another one."""
    days = itertools.product(range(DAYS), users, ("a", "b"))
    lines = [line(day, 403 if first <= day <= last else 200, user=user, dag=dag) for day, user, dag in days]
    return [*lines, *(line(day + 0.1, user="bob") for day in range(DAYS))]


@pytest.mark.parametrize(
    ("first", "last", "users", "statuses"),
    [
        pytest.param(4, 16, ["ann"], [["new"], ["continuing"], ["continuing"]], id="in the middle of a week"),
        pytest.param(7, 16, ["ann"], [[], ["new"], ["continuing"]], id="over a weekend"),
        pytest.param(7, 16, ["ann", "cat"], [[], ["new"], ["continuing"]], id="of several callers: one row"),
        pytest.param(4, 16, ["-@8", "-@9"], [["new"], ["continuing"], ["continuing"]], id="of callers without a name"),
    ],
)
def test_a_cause_keeps_the_name_under_which_it_began(
    first: int, last: int, users: Sequence[str], statuses: Sequence[Sequence[str]], tmp_path: Path
) -> None:
    lines = sorted(lost(first, last, users), key=lambda each: each.split("[")[1])
    found = logparse.report(write(tmp_path / "a.log", *lines))
    tables = [reports["findings"] for reports in found.values()]
    assert [table["status"].to_list() for table in tables] == statuses
    assert {name.removesuffix("-nameless") for table in tables for name in table["finding"]} == {"access-lost"}
    assert {f"{since:%d}" for table in tables for since in table["since"]} == {f"{first + 2:02}"}
    assert {f"{until:%d}" for until in tables[-1]["until"]} == {f"{last + 2:02}"}


@pytest.mark.parametrize(("dags", "name", "severity"), [("a", "dag-not-found", "medium"), ("abc", "dags-gone", "high")])
def test_what_goes_on_gets_no_better_and_is_no_larger_than_it_was(
    dags: str, name: str, severity: str, tmp_path: Path
) -> None:
    """DAGs that are gone from the fourth day on are as bad when no success of them is seen any more."""
    lines = [line(day + n / 24, 200 if day < 4 else 404, dag=dag) for day in range(DAYS) for n, dag in enumerate(dags)]
    found = logparse.report(write(tmp_path / "a.log", *lines))
    for reports in found.values():
        rows = reports["findings"].to_dict("records")
        assert [(row["finding"], row["severity"], f"{row['since']:%d}") for row in rows] == [(name, severity, "06")]
        assert rows[0]["dag_count"] == len(dags)


@pytest.mark.parametrize(("known", "told"), [(True, "the server was started at 2026-11-09 00:00:00 UTC"), (False, "")])
def test_a_start_on_a_monday_sets_off_what_the_week_before_did_not_have(known: bool, told: str, tmp_path: Path) -> None:
    """Nothing is seen of a caller in the week but refusals behind the start."""
    lines = [line(day, 200 if day < 7 else 401) for day in range(0 if known else 8, 10)]
    start = "[2026-11-09 00:00:00 +0000] [12] [INFO] Starting gunicorn 23.0.0\n"
    found = logparse.report(write(tmp_path / "a.log", *lines[: 7 * known], start, *lines[7 * known :]))
    (row,) = found["2026-W46"]["findings"].to_dict("records")
    assert row["likely_trigger"].startswith(told)
    assert bool(row["likely_trigger"]) is known


def test_lives_do_not_depend_on_the_order_of_runs(tmp_path: Path) -> None:
    lines = [*lost(4, 16, ["ann", "cat"]), *missing(6.5, 8)[DAYS:]]
    logs = [
        write(tmp_path / f"{week}.log", *(each for each in lines if f"{each.split('[')[1][:2]}" in days))
        for week, days in enumerate([[f"{day + 2:02}" for day in range(start, start + 7)] for start in (0, 7, 14)])
    ]
    seen = set()
    for order in ([0, 1, 2], [2, 0, 1]):
        out = tmp_path / "".join(map(str, order))
        for number in order:
            assert invoke("report", logs[number], "--out", out, "--workers", "1").exit_code == 0
        seen.add(tuple((out / f"2026-W{week}" / "findings.csv").read_text("utf-8") for week in (45, 46, 47)))
    assert len(seen) == 1
    assert [row["status"] for row in rows(out / "2026-W46" / "findings.csv")] == ["continuing", "continuing"]
    shown = invoke("show", out, "findings", "--user", "cat", "--week", "2026-W46", "--format", "jsonl")
    (told,) = map(json.loads, shown.stdout.splitlines())  # one row for both users
    assert (told["finding"], told["users"]) == ("access-lost", "ann, cat")


@pytest.mark.parametrize("first", [4, 7])
def test_a_key_is_the_same_in_every_week_and_in_attempts(first: int, tmp_path: Path) -> None:
    """The weeks by themselves call it ``access-lost``, or by a cause for each user; the later week is read first."""
    weeks = [[f"{day + 2:02}" for day in range(start, start + 7)] for start in (0, 7, 14)]
    lines = [*lost(first, 20, ["ann", "cat"]), *missing(6.5, 8)[DAYS:]]
    out = tmp_path / "out"
    for number in (2, 1, 0, 0):  # the last run changes nothing
        log = write(tmp_path / f"{number}.log", *(each for each in lines if each.split("[")[1][:2] in weeks[number]))
        assert invoke("report", log, "--out", out, "--workers", "1").exit_code == 0
    assert invoke("archive", "verify", out).exit_code == 0
    held = logparse.report(*sorted(tmp_path.glob("*.log")))
    kept, all_attempts = logparse.read_archive(out), logparse.attempts(*sorted(tmp_path.glob("*.log")))
    keys: set[str] = set()
    for name, reports in held.items():
        found = [row for row in rows(out / name / "findings.csv") if row["status"] != "ended"]
        attempts = kept[kept["week"] == name]
        explained = attempts["finding"].value_counts().to_dict()
        assert {row["key"]: int(row["attempts"]) for row in found} == explained
        assert set(explained) <= set(reports["findings"]["key"])
        assert all_attempts[all_attempts["week"] == name]["finding"].value_counts().to_dict() == explained
        keys.update(row["key"] for row in found if row["finding"] == "access-lost")
        assert {row["finding"] for row in found if row["key"] in keys} <= {"access-lost"}
    assert len(keys) == 1


def test_the_same_callers_lose_the_same_again_whoever_calls_first(tmp_path: Path) -> None:
    lines = []
    for day, (user, dag) in itertools.product(range(DAYS), itertools.product(("ann@7", "cat@8"), "ab")):
        status = 403 if day in (2, 3, 16, 17) else 200
        place = "catann".index(user[:3]) if day > 13 else "anncat".index(user[:3])
        lines.append(line(day + place / 100 + "ab".index(dag) / 1000, status, user=user, dag=dag))
    lines += [line(day + 0.1, user="bob") for day in range(DAYS)]
    found = logparse.report(write(tmp_path / "a.log", *lines))
    rows_ = [row for week in found.values() for row in week["findings"].to_dict("records")]
    assert [row["status"] for row in rows_] == ["new", "ended", "returned"]
    assert len({row["key"] for row in rows_}) == 1


@pytest.mark.parametrize(
    ("told", "own", "server", "expected"),
    [
        ("no-role", "no-role/12345678", "", "no-role/12345678"),
        ("access-lost", "no-role/12345678", "", "access-lost"),
        ("access-lost", "no-role/12345678", "prod", f"access-lost/{digest(['prod'])}"),
    ],
)
def test_lives_that_an_earlier_version_wrote_have_a_key(told: str, own: str, server: str, expected: str) -> None:
    """It is the same for all that go on as one cause."""
    assert Life(told, "high", "new", 0, 1, 1.0).name(own, server) == expected


def test_what_grows_out_of_several_goes_on_since_it_began(tmp_path: Path) -> None:
    """Single attempts of four callers are one row; one of them goes on by itself, and is one of several again."""
    once = [line(day, 404, user=name, dag=f"no-{name}") for day, name in ((1, "a"), (2, "b"), (3, "c"), (4, "d"))]
    grown = [line(day, 404, user="b", dag="no-b") for day in (8, 9, 10)]
    again = [line(15, 404, user="b", dag="no-b"), line(16, 404, user="e", dag="no-e")]
    lines = sorted([*missing(), *once, *grown, *again], key=lambda each: each.partition("[")[2])
    weeks = logparse.report(write(tmp_path / "a.log", *lines))
    told = [
        f"{week[-2:]} {row['key'].endswith('others')} {row['status']} since {row['since']:%d} {row['attempts_change']}"
        for week, reports in weeks.items()
        for row in reports["findings"].to_dict("records")
    ]
    assert told == [
        "45 True new since 03 None", "46 False continuing since 04 2", "47 True continuing since 04 -1",
    ]  # fmt: skip


def test_what_is_still_there_ends_the_second_run_too(tmp_path: Path) -> None:
    log, out = write(tmp_path / "a.log", *missing(20.5)), tmp_path / "out"
    for severity, status in (("low", 3), ("high", 0), ("dag-not-found", 3), ("low", 3)):
        assert invoke("report", log, "--out", out, "--workers", "1", "--fail-on", severity).exit_code == status
