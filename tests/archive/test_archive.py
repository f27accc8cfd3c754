"""The output folder over many runs: nothing stale, nothing twice, nothing lost unsaid, all or nothing."""

from __future__ import annotations

import csv
import json
import os
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final

import pandas as pd
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from folders import files, invoke, record, rows, verified, visible, watch_weeks, weeks, write

import logparse
from logparse.archive.index import FORM, Index
from logparse.archive.storage import disk
from logparse.archive.storage.local import LocalStorage
from logparse.archive.storage.opening import open_storage
from logparse.common.errors import OutputError
from logparse.common.schema import ATTEMPTS, Outcome
from logparse.pipeline import schedule
from logparse.pipeline.engines.waiting import Waiting
from logparse.pipeline.weekly import update
from logparse.pipeline.weekly.derivation import DATA_SET_COLUMNS
from logparse.reports import catalog
from logparse.reports.table_files import encode_table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from typer.testing import Result


#: Lines without a time.
UNDATED: Final = 'INFO:     10.0.0.{n}:4711 - "POST /api/v2/dags/etl/dagRuns HTTP/1.1" 403 Forbidden\n'
#: Wednesdays of 2026-W45 to 2026-W48.
W45, W46, W47, W48 = 4, 11, 18, 25
NEVER: Final = "no line of a log\n"


def line(day: int, *, user: str = "alice", client: str = "10.0.0.7", hour: int = 12, status: int = 200) -> str:
    request = "POST /api/v1/dags/etl/dagRuns HTTP/1.1"
    when = f"{day:02}/Nov/2026:{hour:02}:35:08 +0000"
    size = 212 if status == 404 else 512
    return f'{client} - {user} [{when}] "{request}" {status} {size} "-" "curl/8.5.0"\n'


def many(weeks: int, *, hours: int = 6) -> str:
    """Attempts over some weeks from 2026-W45 on."""
    lines, now = [], datetime(2026, 11, 2, tzinfo=UTC)
    for n in range(weeks * 7 * 24 // hours):
        user, status = ("-", "ann", "bob")[n % 3], (200, 200, 401, 403, 404)[n % 5]
        lines.append(
            f"10.0.0.{n % 5} - {user} [{now:%d/%b/%Y:%H:%M:%S} +0000] "
            f'"POST /api/v1/dags/dag_{n % 4}/dagRuns HTTP/1.1" {status} {180 + n % 9} "-" "curl/8.5.0"\n'
        )
        now += timedelta(hours=hours)
    return "".join(lines)


@pytest.fixture
def every_report() -> None:
    """For tests that look at all reports, or have others build them."""


@pytest.fixture(autouse=True)
def _hasty(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """No power fails here, and waiting for disks takes half the time; so does what few tests look at."""
    monkeypatch.setattr(os, "fsync", lambda _: None)
    if "every_report" not in request.fixturenames:
        few = {name: each for name, each in catalog.REPORTS.items() if name not in {"by_time", "by_reason", "user_dag"}}
        monkeypatch.setattr(catalog, "REPORTS", few)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return write(tmp_path / "webserver.log", line(W47), line(W47 + 1, user="bob"), line(W46))


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


def report(*args: str | Path) -> Result:
    return invoke("report", *args, *(() if "--workers" in args else ("--workers", "1")))


def stored(out: Path) -> dict[str, bytes]:
    """All that is in the folder, but for the lock."""
    paths = [each for each in out.rglob("*") if each.is_file() and each.name != "lock"]
    return {each.relative_to(out).as_posix(): each.read_bytes() for each in paths}


def counted(out: Path, week: str) -> int:
    return sum(int(row["attempts"]) for row in rows(out / week / "by_user.csv"))


# -- again and again --------------------------------------------------------------------------------------------------


def test_the_same_again_leaves_the_same_bytes(log: Path, out: Path) -> None:
    log.write_text(log.read_text() + UNDATED.format(n=1))
    first = report(log, "--out", out)
    before = visible(out)
    assert first.exit_code == 0
    assert {path.partition("/")[0] for path in before} == {
        "2026-W46", "2026-W47", "attempts", "coverage.csv", "views.sql",
    }  # fmt: skip
    second = report(log, "--out", out)
    assert (second.exit_code, visible(out)) == (0, before)
    assert "1 source was read before" in second.stderr
    assert f"Reports are in {out}: 4 attempts in 2 weeks, 2026-W46 to 2026-W47" in second.stderr
    assert "No trigger attempts found" not in second.stderr
    verified(out)


@pytest.mark.usefixtures("every_report")
@pytest.mark.parametrize("workers", ["1", "2"])
def test_weeks_made_side_by_side_are_the_same(workers: str, tmp_path: Path) -> None:
    log = write(tmp_path / "a.log", many(2))
    report(log, "--out", tmp_path / "alone")
    before = visible(tmp_path / "alone")
    done = report("--out", tmp_path / "alone", "--rebuild", "--workers", workers)
    assert (done.exit_code, visible(tmp_path / "alone")) == (0, before)
    assert weeks(tmp_path / "alone") == dict.fromkeys(("2026-W45", "2026-W46"), 28)


def test_large_weeks_are_made_one_by_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shared = watch_weeks(monkeypatch)
    log = write(tmp_path / "a.log", many(2))
    assert report(log, "--out", tmp_path / "out", "--workers", "2").exit_code == 0
    assert report("--out", tmp_path / "out", "--rebuild", "--workers", "2").exit_code == 0
    monkeypatch.setattr(update, "_LARGE", 1)
    assert report("--out", tmp_path / "out", "--rebuild", "--workers", "2").exit_code == 0
    assert shared == [True, True, False]


def test_weeks_that_another_rule_for_equal_lines_concerns_are_left_for_later(tmp_path: Path, out: Path) -> None:
    write(tmp_path / "a.log", line(W46), line(W47))
    write(tmp_path / "b.log", line(W46), line(W47), line(W47, user="bob"))
    assert report(tmp_path, "--out", out, "--overlap", "apart").exit_code == 0
    assert weeks(out) == {"2026-W46": 2, "2026-W47": 3}
    assert report(tmp_path, "--out", out, "--overlap", "once", "--week", "2026-W47").exit_code == 0
    assert weeks(out) == {"2026-W46": 2, "2026-W47": 2}
    assert report(tmp_path, "--out", out).exit_code == 0
    assert weeks(out) == {"2026-W46": 1, "2026-W47": 2}


def test_what_is_to_be_done_without_logs_is_told(out: Path) -> None:
    done = report("--out", out)
    assert done.exit_code == 2
    assert "--rebuild" in done.stderr
    assert not out.exists()


def test_another_zone_is_refused_before_anything_is_read(log: Path, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert report(log, "--out", out, "--timezone", "Europe/Berlin").exit_code == 0
    before = files(out)
    monkeypatch.setattr(
        "logparse.pipeline.weekly.intake.read_sources", lambda *_, **__: pytest.fail("something was read")
    )
    done = report(log, "--out", out, "--timezone", "UTC")
    assert done.exit_code == 2
    assert "weeks begin in Europe/Berlin, not UTC; give another folder, or --timezone Europe/Berlin" in done.stderr
    assert files(out) == before


@pytest.mark.parametrize(("zone", "name"), [("Europe/Berlin", "Europe/Berlin"), ("+01:00", "UTC+01:00")])
def test_without_a_zone_that_of_the_archive_holds(zone: str, name: str, tmp_path: Path, out: Path) -> None:
    sunday = write(tmp_path / "a.log", line(15, hour=22))
    assert report(sunday, "--out", out, "--timezone", zone).exit_code == 0
    assert weeks(out) == {"2026-W46": 1}
    assert report(write(tmp_path / "b.log", line(15, hour=23)), "--out", out).exit_code == 0
    assert weeks(out) == {"2026-W46": 1, "2026-W47": 1}
    assert record(out)["archive"]["timezone"] == name


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"[]",
        b"{}",
        b"\xff",
        b'{"form":1}',
        b'{"form":1,"timezone":"UTC","weeks":[]}',
        b'{"form":1,"timezone":"UTC","sources":{"a":{}},"weeks":{},"exports":[]}',
    ],
)
def test_what_is_no_index_is_said(text: bytes) -> None:
    with pytest.raises(OutputError, match=r"damaged.*archive verify"):
        Index.of(text, "out")


def test_a_damaged_index_is_refused(log: Path, out: Path) -> None:
    report(log, "--out", out)
    (index,) = out.glob(".logparse/generations/*/index.json")
    index.chmod(0o644)
    for text in (b"", b"{}", index.read_bytes()[:-1]):
        index.write_bytes(text)
        before = stored(out)
        done = report(log, "--out", out)
        assert done.exit_code == 2
        assert "the index is damaged; logparse archive verify" in done.stderr
        assert stored(out) == before


def test_an_archive_of_a_later_form_is_left_alone(log: Path, out: Path) -> None:
    report(log, "--out", out)
    storage = open_storage(str(out))
    head = storage.head()
    assert head is not None
    told = json.loads(head.index)
    visible = Index.of(head.index, str(out)).visible()
    with storage.lock():
        storage.commit(head.number + 1, json.dumps({**told, "form": FORM + 1, "more": {}}).encode(), visible)
    before = stored(out)
    for args in (("report", log, "--out", out, "--workers", "1"), ("archive", "list", out), ("archive", "verify", out)):
        done = invoke(*args)
        assert done.exit_code == 2
        assert "is an archive of a later version of logparse" in done.stderr
    assert stored(out) == before


# -- which weeks ------------------------------------------------------------------------------------------------------


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


# -- formats ----------------------------------------------------------------------------------------------------------


def suffixes(folder: Path) -> set[str]:
    return {path.suffix for path in folder.iterdir()}


def test_reports_of_a_week_are_there_in_one_format(log: Path, tmp_path: Path, out: Path) -> None:
    report(log, "--out", out)
    (out / "2026-W47/notes.parquet").touch()
    more = write(tmp_path / "b.log", line(W47 + 2))
    done = report(more, "--out", out, "--format", "parquet", "--week", "2026-W47")
    assert done.exit_code == 0
    assert suffixes(out / "2026-W47") == {".parquet"}
    assert (out / "2026-W47/notes.parquet").exists()
    assert suffixes(out / "2026-W46") == {".csv"}
    assert int(pd.read_parquet(out / "2026-W47/by_user.parquet")["attempts"].sum()) == 3
    assert len([*out.glob("coverage.*")]) == 1
    # As they are, unless told otherwise.
    report(write(tmp_path / "c.log", line(W47 + 3), line(W46 + 1)), "--out", out)
    assert suffixes(out / "2026-W47") == {".parquet"}
    assert suffixes(out / "2026-W46") == {".csv"}


@pytest.mark.parametrize(("args", "changed"), [((), ("2026-W46", "2026-W47")), (("--week", "2026-W47"), ("2026-W47",))])
def test_another_format_is_written_where_nothing_new_is_read(
    args: Sequence[str], changed: Sequence[str], log: Path, out: Path
) -> None:
    report(log, "--out", out)
    assert report(log, "--out", out, "--format", "parquet", *args).exit_code == 0
    found = {week for week in ("2026-W46", "2026-W47") if suffixes(out / week) == {".parquet"}}
    assert found == set(changed)


def test_the_data_set_reads_back_as_one_table_with_the_week(tmp_path: Path, out: Path) -> None:
    undated = write(tmp_path / "undated.log", *(UNDATED.format(n=n) for n in range(3)))
    assert report(write(tmp_path / "a.log", many(2)), undated, "--out", out).exit_code == 1
    folder, expected = out / "attempts", {"2026-W45": 28, "2026-W46": 28, "unknown": 3}
    assert sorted(path for path in visible(out) if path.startswith("attempts/")) == [
        f"attempts/week={week}/part-0.parquet" for week in expected
    ]
    assert "week" not in pq.read_schema(folder / "week=2026-W45/part-0.parquet").names
    table = ds.dataset(folder, partitioning="hive").to_table()
    assert set(table.column_names) == {column.name for column in ATTEMPTS}
    for found in (table["week"], pq.read_table(folder)["week"], pd.read_parquet(folder)["week"]):
        assert pd.Series([str(each) for each in found.to_pandas() if each] if hasattr(found, "to_pandas") else found
                         ).value_counts().to_dict() == expected  # fmt: skip


# -- folders of versions before the archive ---------------------------------------------------------------------------


def of_before(out: Path, log: Path, zone: str = "UTC") -> dict[str, bytes]:
    """A folder as versions before the archive left it; what is in it."""
    attempts = logparse.attempts(log, timezone=zone)
    told: dict[str, Any] = {}
    for week, found in logparse.report(log, timezone=zone).items():
        mine = attempts[attempts["week"] == week]
        for name, frame in found.items():
            (path := out / week / f"{name}.csv").parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(encode_table(frame, catalog.REPORTS[name].columns, "csv"))
        told[week] = {"attempts": len(mine), "format": "csv", "missing": [], "rules": "0" * 64,
                      "sources": {str(log): len(mine)}, "version": "0.1.0"}  # fmt: skip
    for name in ("unknown", *told):
        mine = attempts[attempts["week"].isna() if name == "unknown" else attempts["week"] == name]
        if len(mine):
            (path := out / f"attempts/week={name}/part-0.parquet").parent.mkdir(parents=True)
            path.write_bytes(encode_table(mine, DATA_SET_COLUMNS, "parquet"))
    coverage = logparse.report(log, timezone=zone)[min(told)]["coverage"]
    (out / "coverage.csv").write_bytes(encode_table(coverage, catalog.REPORTS["coverage"].columns, "csv"))
    text = json.dumps({"timezone": zone, "weeks": told}, ensure_ascii=False, indent=1, sort_keys=True)
    (out / "logparse.json").write_text(f"{text}\n")
    return visible(out)


@pytest.mark.usefixtures("every_report")
def test_a_folder_of_an_earlier_version_is_taken_over(log: Path, tmp_path: Path, out: Path) -> None:
    before = of_before(out, log)
    done = report(write(tmp_path / "b.log", line(W48), line(W48 + 1), line(W48 + 2)), "--out", out)
    assert done.exit_code == 0
    assert f"{out}: took over 2 weeks with 3 attempts of an earlier version; they stay as they are" in done.stderr
    assert weeks(out) == {"2026-W46": 1, "2026-W47": 2, "2026-W48": 3}
    after = visible(out)
    old = {path for path in before if path not in ("coverage.csv", "logparse.json")}
    assert {path: after[path] for path in old} == {path: before[path] for path in old}
    assert rows(out / "2026-W48/by_dag.csv")[0]["attempts_change"] == "1"
    assert invoke("archive", "list", out).stdout.count("holds attempts of an earlier version") == 2
    verified(out)
    done = report(tmp_path / "b.log", "--out", out)
    assert (done.exit_code, "took over" in done.stderr, visible(out)) == (0, False, after)


@pytest.mark.parametrize(
    ("held", "shows", "number"),
    [
        ([line(17), line(18)], [line(17), line(18)], 2),
        ([line(17), line(18)], [line(18)], 2),
        ([line(17), line(18)], [line(18), line(19)], 3),
        ([line(17), line(18)], [line(19)], 3),
        ([line(17)] * 3, [line(17)] * 2, 3),  # equal ones are as many as either has
        ([line(17)] * 2, [line(17)] * 3, 3),
        ([line(17)], [line(17, client="10.0.0.8")], 2),
        ([line(17)], [line(17, status=403)], 2),
        ([line(17)], [line(16), line(17), *(line(day) for day in range(18, 22))], 6),
    ],
)
def test_attempts_of_an_earlier_version_that_logs_show_again_count_once(
    held: list[str], shows: list[str], number: int, tmp_path: Path, out: Path
) -> None:
    of_before(out, write(tmp_path / "a.log", *held))
    again = write(tmp_path / "b.log", *shows)
    for args in ((again,), ("--rebuild",)):
        assert report(*args, "--out", out).exit_code == 0
        assert (weeks(out), counted(out, "2026-W47")) == ({"2026-W47": number}, number)
    verified(out)


def test_attempts_without_a_time_of_an_earlier_version_stay(tmp_path: Path, out: Path) -> None:
    log = write(tmp_path / "a.log", line(W47), UNDATED.format(n=1), UNDATED.format(n=2))
    of_before(out, log)
    assert report(write(tmp_path / "b.log", UNDATED.format(n=2), UNDATED.format(n=3)), "--out", out).exit_code == 1
    assert weeks(out) == {"2026-W47": 1, "unknown": 3}


def test_a_folder_of_an_earlier_version_in_another_zone_is_refused(log: Path, out: Path) -> None:
    before = of_before(out, log, "Europe/Berlin")
    done = report(log, "--out", out, "--timezone", "UTC")
    assert done.exit_code == 2
    assert "weeks begin in Europe/Berlin, not UTC" in done.stderr
    assert visible(out) == before
    assert report(log, "--out", out).exit_code == 0
    assert record(out)["archive"]["timezone"] == "Europe/Berlin"


@pytest.mark.parametrize("text", [b"", b"[]", b"{}", b"\xff", b'{"timezone": "UTC", "weeks": 7}'])
def test_a_damaged_manifest_of_an_earlier_version_is_refused(text: bytes, log: Path, out: Path) -> None:
    out.mkdir()
    (out / "logparse.json").write_bytes(text)
    done = report(log, "--out", out)
    assert done.exit_code == 2
    assert "logparse.json: is damaged; remove it" in done.stderr


def test_attempts_of_an_earlier_version_that_cannot_be_read_are_said(log: Path, out: Path) -> None:
    of_before(out, log)
    (out / "attempts/week=2026-W47/part-0.parquet").write_bytes(b"PAR1 no more")
    before = visible(out)
    done = report(log, "--out", out)
    assert done.exit_code == 2
    assert "2026-W47: holds files that cannot be read" in done.stderr
    assert visible(out) == before


# -- deployments ------------------------------------------------------------------------------------------------------


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


# -- exit and record --------------------------------------------------------------------------------------------------


#: What a run is given, and what it says is missing; then --strict writes nothing.
UNFULFILLED: Final = {
    "healthy": ("HEALTHY", [], ""),
    "nothing in a folder": ("", [], "1 file found, and nothing in any of them"),
    "no requests": ("TASK", [], "no line is about a request: webservers"),
    "an empty file": ("", ["x.log"], "x.log: is empty"),
    "some without time": ("LATER", [], "1 trigger attempt without a known time, in no week: give logs whose lines"),
    "no such week": ("LINE", ["--week", "2026-W20"], "2026-W20: nothing was logged in this week"),
    "hardly a week": ("LINE", ["--week", "2026-W10"], "2026-W10: nothing was logged in most of this week"),
    "another format": ("LINE", ["--log-format", "%(h)s@%(r)s@%(s)s"], "--log-format %(h)s@%(r)s@%(s)s: no line is"),
    "its format": ("OWN", ["--log-format", "%(h)s@%(t)s@%(r)s@%(s)s"], ""),
    "another app format": (
        "LINE",
        ["--app-format", "%(levelname)s~%(message)s"],
        "levelname)s~%(message)s: no line is",
    ),
    "no records": ("LINE", ["--field", "user=who"], "no key or column 'who' anywhere"),
}
TEXTS: Final = {
    "": "",
    "HEALTHY": '192.0.2.9 - - [02/Mar/2026:00:00:03 +0000] "GET /health HTTP/1.1" 200 188 "-" "curl"\n',
    "TASK": "[2026-03-02T00:00:03.000+0000] {taskinstance.py:2076} INFO - Dependencies all met\n",
    "LINE": '192.0.2.9 - svc [02/Mar/2026:00:00:03 +0000] "POST /api/v1/dags/x/dagRuns HTTP/1.1" 200 188 "-" "curl"\n',
    "LATER": f'{line(W47)}INFO:     192.0.2.9:1 - "POST /api/v2/dags/x/dagRuns HTTP/1.1" 403 Forbidden\n',
    "OWN": "192.0.2.9@[02/Mar/2026:00:00:03 +0000]@POST /api/v1/dags/x/dagRuns HTTP/1.1@200\n",
}


@pytest.mark.parametrize(("text", "options", "said"), UNFULFILLED.values(), ids=UNFULFILLED)
def test_what_is_expected_and_missing_is_said_and_is_a_matter_of_strict(
    text: str, options: list[str], said: str, tmp_path: Path
) -> None:
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "x.log").write_text(TEXTS[text])
    path = tmp_path / "logs" / "x.log" if options == ["x.log"] else tmp_path / "logs"
    for strict in ((), ("--strict",)):
        done = report(path, "--out", tmp_path / f"out{len(strict)}", *options[options == ["x.log"] :], *strict)
        assert done.exit_code == (2 if strict and said else 0), done.stderr
        assert said in done.stderr
        assert ("nothing was written" in done.stderr) == bool(strict and said)
        assert said or "logparse: " not in done.stderr


def test_strict_writes_nothing(log: Path, tmp_path: Path, out: Path) -> None:
    odd = write(tmp_path / "odd.log", *[line(W47 + 2)] * 3, NEVER)
    done = report(odd, "--out", out, "--strict")
    assert done.exit_code == 2
    assert "nothing was written, since --strict was given" in done.stderr
    assert f"Nothing was written to {out}" in done.stderr
    assert visible(out) == {}
    assert report(log, "--out", out, "--strict").exit_code == 0
    before = files(out)
    assert report(odd, "--out", out, "--strict").exit_code == 2
    assert files(out) == before
    verified(out)
    assert report(odd, "--out", out).exit_code == 1
    assert weeks(out) == {"2026-W46": 1, "2026-W47": 5}


def test_a_dry_run_writes_nothing(log: Path, tmp_path: Path, out: Path) -> None:
    done = report(log, "--out", out, "--dry-run")
    assert done.exit_code == 0
    assert f"Nothing was written to {out}" in done.stderr
    assert "2026-W47         2" in done.stderr
    assert not out.exists()
    report(log, "--out", out)
    before = stored(out)
    done = report(write(tmp_path / "b.log", line(W47 + 2)), "--out", out, "--dry-run")
    assert done.exit_code == 0
    assert "2026-W47         3   +1" in done.stderr
    assert stored(out) == before


#: Callers without credentials, in the week before and in this one.
REFUSED: Final = [line(day, user="-", status=401) for day in (W46, W47)]
MISSING: Final = [line(day, status=404).replace("/etl/", "/nope/") for day in (W47, W47 + 1)]


@pytest.mark.parametrize(
    ("fail_on", "lines", "status", "said"),
    [
        (["any"], [line(W47)], 0, ""),
        (["any"], REFUSED, 3, "2026-W47: no-credentials-v1, 1 attempt\n"),
        (["new"], REFUSED, 3, "2026-W46: no-credentials-v1, 1 attempt, new\n"),
        (["no-credentials-v1"], REFUSED, 3, "2026-W47: no-credentials-v1, 1 attempt\n"),
        (["dag-not-found"], REFUSED, 0, ""),
        (["dag-not-found", "new"], [*REFUSED, *MISSING], 3, "2026-W47: dag-not-found, 2 attempts, new\n"),
    ],
)
def test_findings_may_end_a_run_with_3(
    fail_on: list[str], lines: list[str], status: int, said: str, tmp_path: Path, out: Path
) -> None:
    args = [part for each in fail_on for part in ("--fail-on", each)]
    done = report(write(tmp_path / "a.log", line(W46 - 1), *lines), "--out", out, *args)
    assert done.exit_code == status, done.stderr
    assert said in done.stderr
    assert sum(weeks(out).values()) == 1 + len(lines)  # it is written all the same


def test_a_finding_is_new_if_the_week_before_has_none(tmp_path: Path, out: Path) -> None:
    assert report(write(tmp_path / "a.log", REFUSED[0]), "--out", out).exit_code == 0
    done = report(write(tmp_path / "b.log", REFUSED[1]), "--out", out, "--fail-on", "new", "--week", "2026-W47")
    assert done.exit_code == 0
    assert report(write(tmp_path / "c.log", *MISSING), "--out", out, "--fail-on", "new").exit_code == 3


def test_a_finding_that_there_is_not_is_a_wrong_option(log: Path, out: Path) -> None:
    done = report(log, "--out", out, "--fail-on", "no-such-finding")
    assert done.exit_code == 2
    assert "--fail-on" in done.stderr
    assert "no-such-finding" in done.stderr
    assert not out.exists()


def test_a_log_of_whose_attempts_no_time_is_known_is_a_problem_of_the_run_that_reads_it(
    tmp_path: Path, out: Path
) -> None:
    log = write(
        tmp_path / "a.jsonl",
        '{"when":"2026-11-20T08:00:00Z","method":"POST","path":"/api/v1/dags/x/dagRuns","status":403}',
    )
    done = report(log, "--out", out, "--quiet")
    assert (done.exit_code, done.stderr.count("\n")) == (1, 1)
    assert "a.jsonl: none of its trigger attempts (1) has a known time" in done.stderr
    assert report(log, "--out", out, "--quiet").exit_code == 0
    assert report(log, "--out", tmp_path / "named", "--field", "time=when").exit_code == 0


def test_what_was_lost_outranks_no_finding(tmp_path: Path, out: Path) -> None:
    odd = write(tmp_path / "odd.log", *[line(W47)] * 3, NEVER)
    assert report(odd, "--out", out, "--fail-on", "any").exit_code == 1


def test_the_record_of_a_run(tmp_path: Path, out: Path) -> None:
    log = write(tmp_path / "a.log", *REFUSED, line(W47 + 1), NEVER)
    began = datetime.now(UTC).replace(microsecond=0)
    assert report(log, "--out", out).exit_code == 1
    told = record(out)
    assert began <= datetime.fromisoformat(told["began"]) <= datetime.fromisoformat(told["ended"])
    assert told["version"] == logparse.__version__
    assert all(value >= 0 for value in told["seconds"].values())
    assert set(told["seconds"]) >= {"read", "weeks"}
    assert told["archive"] == {"place": str(out), "timezone": "UTC", "weeks": 2, "attempts": 3, "sources": 1}
    size = log.stat().st_size
    assert told["read"] == {"sources": 1, "known": 0, "bytes": size, "lines": 4, "unparsed": 1}
    none = dict.fromkeys(map(str, Outcome), 0)
    assert told["weeks"] == {
        "2026-W46": {"attempts": 1, "added": 1, "outcomes": {**none, "authentication_failure": 1},
                     "findings": {"no-credentials-v1": 1}},
        "2026-W47": {"attempts": 2, "added": 2, "outcomes": {**none, "authentication_failure": 1, "success": 1},
                     "findings": {"no-credentials-v1": 1}},
    }  # fmt: skip
    (problem,) = told["problems"]
    assert "1 of 4 lines not understood" in problem
    assert (told["messages"], told["mended"], told["left"]) == ([], [], [])
    report(log, write(tmp_path / "b.log", line(W47 + 2)), "--out", out)
    told = record(out)
    assert (told["read"]["sources"], told["read"]["known"], told["archive"]["attempts"]) == (1, 1, 4)
    assert {name: (week["attempts"], week["added"]) for name, week in told["weeks"].items()} == {"2026-W47": (3, 1)}


# -- all or nothing ---------------------------------------------------------------------------------------------------


def full(*_: object, **__: object) -> None:
    raise OSError(28, "No space left on device")


def after(number: int, function: Callable[..., Any]) -> Callable[..., Any]:
    """The function, until the disk is full."""
    calls = iter(range(number))

    def called(*args: object, **kwargs: object) -> Any:
        if next(calls, None) is None:
            full()
        return function(*args, **kwargs)

    return called


@pytest.mark.parametrize(
    ("where", "name", "number"),
    [
        *((LocalStorage, "sink", number) for number in (0, 2, 5)),
        *((disk, "write", number) for number in (0, 1)),
        (disk, "repeat", 5),
        (disk, "sync", 9),
    ],
)
def test_a_full_disk_leaves_what_was_there(
    where: Any, name: str, number: int, log: Path, tmp_path: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    report(log, "--out", out)
    before = files(out)
    more = write(tmp_path / "b.log", line(W47 + 2))
    with monkeypatch.context() as patch:
        patch.setattr(where, name, after(number, getattr(where, name)))
        done = report(more, "--out", out)
    assert done.exit_code == 2, done.output
    assert "No space left on device" in done.stderr
    assert files(out) == before
    assert report(more, "--out", out).exit_code == 0
    assert weeks(out) == {"2026-W46": 1, "2026-W47": 3}
    verified(out)
    assert [*out.glob(".logparse/tmp/*")] == []


def test_a_full_disk_at_the_first_run_leaves_nothing_to_see(
    log: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(disk, "write", full)
        assert report(log, "--out", out).exit_code == 2
    assert files(out) == {}
    assert report(log, "--out", out).exit_code == 0
    verified(out)


def test_a_file_that_becomes_shorter_while_it_is_read_is_said(
    tmp_path: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = write(tmp_path / "a.log", line(W47), line(W47 + 1))

    def cut(*args: Any, **kwargs: Any) -> Iterator[Any]:
        os.truncate(log, len(line(W47)))
        return real(*args, **kwargs)

    real = schedule.read_sources
    with monkeypatch.context() as patch:
        patch.setattr("logparse.pipeline.weekly.intake.read_sources", cut)
        done = report(log, "--out", out)
    assert done.exit_code == 1, "a file lost half of its lines, unsaid"
    assert str(log) in done.stderr
    assert weeks(out) == {"2026-W47": 1}


# -- one at a time ----------------------------------------------------------------------------------------------------


def test_a_second_run_ends_while_another_one_writes(log: Path, out: Path) -> None:
    report(log, "--out", out)
    before = files(out)
    with open_storage(str(out)).lock():
        done = report(log, "--out", out)
    assert done.exit_code == 2
    assert f"{out}: is being written to by process {os.getpid()} on " in done.stderr
    assert files(out) == before
    assert report(log, "--out", out).exit_code == 0


@pytest.mark.parametrize(("wait", "status"), [("60", 0), ("1", 2)])
def test_a_second_run_waits_if_it_is_told_to(
    wait: str, status: int, log: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    report(log, "--out", out)
    with ExitStack() as other:
        other.enter_context(open_storage(str(out)).lock())
        clock = iter(range(0, 1000, 10))

        def sleep(_: float) -> None:
            if next(clock) >= 20:
                other.close()

        fake = SimpleNamespace(sleep=sleep, monotonic=lambda: float(next(clock)))
        monkeypatch.setattr("logparse.archive.storage.locks.time", fake)
        assert report(log, "--out", out, "--wait", wait).exit_code == status


# -- what lies in the folder ------------------------------------------------------------------------------------------


def test_files_of_users_stay(log: Path, tmp_path: Path, out: Path) -> None:
    report(log, "--out", out)
    own = {"2026-W47/notes.txt": b"mine", "2026-W46/deep/er.csv": b"too", "own.txt": b"1", "attempts/README": b"2"}
    for name, data in own.items():
        (out / name).parent.mkdir(exist_ok=True)
        (out / name).write_bytes(data)
    for day in (W47 + 1, W48):
        assert report(write(tmp_path / f"{day}.log", line(day)), "--out", out).exit_code == 0
    assert report("--out", out, "--rebuild", "--format", "parquet").exit_code == 0
    assert {name: (out / name).read_bytes() for name in own} == own
    assert suffixes(out / "2026-W47") == {".parquet", ".txt"}


def test_reports_are_never_read_as_logs(log: Path, tmp_path: Path, out: Path) -> None:
    report(log, "--out", out)
    before = visible(out)
    done = report(out, "--out", out)
    assert done.exit_code == 1
    assert f"{out}: is an archive of logparse, not a log" in done.stderr
    assert visible(out) == before
    (tmp_path / "elsewhere").symlink_to(out)
    for place, status in ((tmp_path, 0), (tmp_path / "elsewhere", 1)):
        assert report(place, "--out", out).exit_code == status
        assert visible(out) == before
    # Logs that lie beside them are read.
    write(out / "logs/more.log", line(W48))
    assert report(out, "--out", out).exit_code == 0
    assert weeks(out)["2026-W48"] == 1
    assert [row["source"] for row in rows(out / "coverage.csv")] == [f"{out}/logs/more.log", str(log)]


@pytest.mark.parametrize("bad", ["link to nothing", "link to itself", "no permission"])
def test_a_bad_entry_costs_one_message(bad: str, tmp_path: Path, out: Path) -> None:
    write(tmp_path / "logs/a.log", line(W47))
    write(tmp_path / "logs/z.log", line(W47 + 1))
    entry = tmp_path / "logs/bad"
    if bad == "no permission":
        if os.geteuid() == 0:
            pytest.skip("root may do all")
        entry.mkdir(mode=0)
    else:
        entry.symlink_to("bad" if bad == "link to itself" else "nowhere")
    for _ in range(2):
        done = report(tmp_path / "logs", "--out", out)
        assert weeks(out) == {"2026-W47": 2}
        assert done.stderr.count(str(entry)) == 1, done.stderr
        assert done.exit_code == (0 if bad == "link to nothing" else 1)  # what it led to was rotated away
    entry.rmdir() if entry.is_dir() else entry.unlink()
    assert report(tmp_path / "logs", "--out", out).exit_code == 0


def test_a_file_that_is_gone_before_it_is_read_costs_one_message(
    tmp_path: Path, out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was rotated away while others were read."""
    for number in range(3):
        write(tmp_path / f"logs/{number}.log", line(W47 + number))
    gone = tmp_path / "logs/1.log"

    def rotate(*args: Any, **kwargs: Any) -> Iterator[Any]:
        gone.unlink()
        return real(*args, **kwargs)

    real = schedule.read_sources
    with monkeypatch.context() as patch:
        patch.setattr("logparse.pipeline.weekly.intake.read_sources", rotate)
        done = report(tmp_path / "logs", "--out", out)
    assert done.exit_code == 1, done.output
    assert done.stderr.count(str(gone)) == 1
    assert weeks(out) == {"2026-W47": 2}


# -- in Python --------------------------------------------------------------------------------------------------------


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


@pytest.mark.usefixtures("every_report")
def test_the_archive_and_python_say_the_same(tmp_path: Path, out: Path) -> None:
    log = write(tmp_path / "a.log", many(2), line(W46, status=403))
    assert report(log, "--out", out).exit_code == 0
    for week, found in logparse.report(log).items():
        for name, frame in found.items():
            if name != "coverage":  # which is of the week in the archive
                written = encode_table(frame, catalog.REPORTS[name].columns, "csv")
                assert (out / week / f"{name}.csv").read_bytes() == written


def fails(number: int) -> int:
    """Half of a number, if it has one."""
    if number % 2:
        raise ValueError(number)
    return number // 2


def test_without_threads_whoever_waits_does_the_work() -> None:
    executor = Waiting()
    assert list(executor.map(fails, range(0, 40, 2))) == list(range(20))
    done: list[int] = []
    first, second = (executor.submit(done.append, number) for number in (1, 2))
    assert done == []
    second.result(), first.result(), second.result()
    assert done == [2, 1]
    with pytest.raises(ValueError, match="3"):
        executor.submit(fails, 3).result()
