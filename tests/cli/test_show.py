"""Reports of an archive are shown as they were written: on a terminal, as CSV, as JSON lines, and in SQL."""

from __future__ import annotations

import csv
import io
import json
import shutil
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from rich.cells import cell_len
from typer.testing import CliRunner, Result

import logparse
from logparse.cli import app
from logparse.common.schema import ATTEMPTS, Column
from logparse.common.text import printable
from logparse.pipeline.weekly import queries, tables
from logparse.reports import catalog, json_lines
from logparse.reports.events.schemas import list_schemas

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

#: What strangers write as names.
HOSTILE = ("=cmd()", "\\x1b[31mred", "[bold]b[/bold]", "\u202eeve", "x" * 500, "anna, bob", "\u65e5\u672c\u8a9e")


def line(day: int, at: int, user: str, dag: str, status: int) -> str:
    return (
        f"10.0.0.1 - {user} [{day:02}/Nov/2026:12:{at:02}:00 +0000] "
        f'"POST /api/v1/dags/{dag}/dagRuns HTTP/1.1" {status} 186 "-" "curl/8"\n'
    )


def write(folder: Path, form: str) -> Path:
    lines = [line(12, n, name, "old", 200) for n, name in enumerate(HOSTILE)]
    lines += [
        line(20, 4 * n + m, name, "new", code) for n, name in enumerate(HOSTILE) for m, code in enumerate((200, 403))
    ]
    (folder / "a.log").write_text("".join(lines), encoding="utf-8")
    run("report", str(folder / "a.log"), "--out", str(folder / "reports"), "--format", form)
    return folder / "reports"


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("csv"), "csv")


@pytest.fixture(scope="module", params=["csv", "parquet"])
def each_archive(request: pytest.FixtureRequest, archive: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An archive whose reports are CSV, and one whose are Parquet."""
    return archive if request.param == "csv" else write(tmp_path_factory.mktemp("parquet"), "parquet")


def run(*arguments: str, status: int = 0) -> Result:
    done = CliRunner().invoke(app, arguments, env={"COLUMNS": "80", "TERM": "dumb"})
    assert done.exit_code == status, done.output
    return done


def show(archive: Path, *arguments: str) -> list[dict[str, Any]]:
    return [json.loads(row) for row in run("show", str(archive), *arguments, "--format", "jsonl").stdout.splitlines()]


def test_csv_and_json_hold_what_the_reports_hold(each_archive: Path) -> None:
    for name, report in catalog.REPORTS.items():
        shown = [*csv.DictReader(io.StringIO(run("show", str(each_archive), name, "--since", "2026-W46").stdout))]
        assert {row.pop("week") for row in shown} <= {"2026-W46", "2026-W47"}
        assert {row.pop("deployment") for row in shown} == {""}
        files = [each_archive / week / f"{name}.csv" for week in ("2026-W46", "2026-W47")]
        if files[0].exists():
            texts = [io.StringIO(file.read_text("utf-8")) for file in files]
            assert shown == [row for text in texts for row in csv.DictReader(text)]
        objects = show(each_archive, name, "--since", "2026-W46")
        assert [*objects[0]] == ["week", "deployment", *(column.name for column in report.columns)]
        assert {type(row["attempts"]) for row in objects} == {int}
        key = report.columns[0].name
        for row, was in zip(objects, shown, strict=True):
            assert printable(str(row[key] or "")) == printable(was[key].removeprefix("'"))


def test_attempts_are_those_of_the_python_function(archive: Path) -> None:
    rows = show(archive, "attempts", "--since", "2026-W46")
    found = logparse.attempts(archive.parent / "a.log", workers=1)
    assert [*rows[0]] == [column.name for column in ATTEMPTS]
    assert [row["user"] for row in rows] == found["user"].to_list()
    assert rows[0]["time"] == "2026-11-12T12:00:00Z"
    assert len(show(archive, "attempts", "--since", "2026-11-13")) == 2 * len(HOSTILE)


def test_rows_are_chosen(archive: Path) -> None:
    name = HOSTILE[-1]
    assert [row["user"] for row in show(archive, "by_user", "--user", name)] == [name]
    assert {row["outcome"] for row in show(archive, "attempts", "--outcome", "success")} == {"success"}
    assert {row["dag_id"] for row in show(archive, "attempts", "--dag", "old", "--week", "2026-W46")} == {"old"}
    assert len(show(archive, "by_user", "--limit", "2")) == 2
    (refused,) = show(archive, "findings", "--user", name, "--outcome", "authorization_failure")
    assert (refused["status"], name in refused["users"]) == ("new", True)
    many = show(archive, "findings", "--dag", "new")
    assert len(many) == len(show(archive, "findings")) > 0
    assert [row["key"] for row in show(archive, "findings", "--user", name, "--dag", "new")] == [refused["key"]]
    assert show(archive, "findings", "--user", name, "--dag", "old") == []
    assert show(archive, "findings", "--user", "ann") == []


@pytest.mark.parametrize("name", [*catalog.REPORTS, "attempts"])
def test_a_table_fits_the_screen_and_does_nothing_to_it(name: str, archive: Path) -> None:
    shown = run("show", str(archive), name, "--format", "table").stdout
    assert len(shown.splitlines()) > 2
    assert max(cell_len(row) for row in shown.splitlines()) <= 80
    assert all(sign.isprintable() for sign in shown.replace("\n", ""))
    if name == "by_user":
        assert "[bold]b[/bold]" in shown
        assert "\\u202eeve" in shown


def test_what_there_is_not_is_said(archive: Path) -> None:
    assert "'by_x' is none of by_user, by_dag" in " ".join(run("show", str(archive), "by_x", status=2).stderr.split())
    for option, asked in (("--since", ["--since", "2026"]), ("--week", ["--week", "W47", "--since", "2026-W47"])):
        assert f"Invalid value for {option}:" in run("show", str(archive), *asked, status=2).stderr
    assert "has no week 2026-W48" in run("show", str(archive), "--week", "2026-W48", status=2).stderr
    assert "no such week from 2026-W48 on" in run("show", str(archive), "--since", "2026-11-23", status=2).stderr
    assert "no column that names a user" in run("show", str(archive), "by_dag", "--user", "x", status=2).stderr
    assert "is no archive" in run("show", str(archive.parent / "none"), status=2).stderr
    assert run("show", str(archive), "--user", "nobody").stderr == "No row of findings in 2026-W47\n"


def test_a_report_that_an_earlier_version_did_not_have_is_empty(archive: Path) -> None:
    held = tables.open_archive(str(archive))
    del held.index.weeks["2026-W46"].reports["by_user"]
    frame, _ = held.read("by_user", held.weeks)
    assert set(frame["week"]) == {"2026-W47"}
    assert frame.dtypes.equals(held.read("by_user", ["2026-W47"])[0].dtypes)


def test_views_give_what_the_reports_hold(each_archive: Path) -> None:
    held = tables.open_archive(str(each_archive))
    for name in (*catalog.REPORTS, tables.ALL):
        asked, columns = queries.ask(str(each_archive), f"from {name} order by all")
        read, _ = held.read(name, held.weeks)
        assert [column.name for column in columns] == list(read.columns)
        assert asked.dtypes.equals(read.dtypes)
        rows = (json_lines.list_objects(frame, columns) for frame in (asked, read))
        one, other = (sorted(map(json_lines.write_object, found)) for found in rows)
        assert one == other
    users = queries.ask(
        str(each_archive), "select sum(attempts) n, max(last_seen) t, avg(failure_rate) r from by_user"
    )[0]
    assert (users["n"][0], str(users["t"][0])) == (3 * len(HOSTILE), "2026-11-20 12:25:00+00:00")


@pytest.mark.parametrize(
    "query",
    [
        "copy (select 1) to '{}/x.csv'", "explain analyze copy (select 1) to '{}/x.csv'", "attach '{}/x.db'",
        "select 1; select 2", "from read_text('/etc/passwd')", "from '{}/../a.log'", "from glob('/etc/*')",
        "set enable_external_access = true", "install httpfs", "from nowhere", "selec", "",
        "select if(range > 200000, error('x'), 'a') from range(300000)",
    ],
)  # fmt: skip
def test_sql_reads_the_archive_and_nothing_else(query: str, archive: Path) -> None:
    before = sorted(archive.iterdir())
    done = run("sql", str(archive), query.format(archive), status=2)
    assert done.stderr.startswith(("logparse: DuckDB says: ", "logparse: the question is not one SELECT"))
    assert sorted(archive.iterdir()) == before


def test_sql_about_some_weeks(each_archive: Path) -> None:
    query = "select week, count(*) as n from {} group by all order by all"
    for table, counts in (("attempts", (7, 14)), ("by_dag", (1, 1)), ("ecs", None)):
        asked = query.format(table) if counts else "select count(*) as n from ecs"
        for options, expected in (
            ((), [0, 1]), (("--week", "2026-W46"), [0]), (("--week", "2026-W47"), [1]),
            (("--since", "2026-11-16"), [1]), (("--week", "2026-W46", "--week", "2026-W47"), [0, 1]),
        ):  # fmt: skip
            told = run("sql", str(each_archive), asked, "--format", "csv", *options).stdout.splitlines()[1:]
            weeks = ("2026-W46", "2026-W47")
            assert told == (
                [f"{weeks[n]},{counts[n]}" for n in expected] if counts else [str(sum((7, 14)[n] for n in expected))]
            )
    assert "has no week 2026-W40" in run("sql", str(each_archive), "select 1", "--week", "2026-W40", status=2).stderr
    assert "--since" in run("sql", str(each_archive), "select 1", "--since", "monday", status=2).stderr


def test_sql_without_duckdb_or_a_folder_says_what_to_do(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run("sql", str(archive), "select 1 as a, [2] as b", "--format", "csv").stdout == "a,b\n1,[2]\n"
    assert "is no archive" in run("sql", str(archive.parent), "select 1", status=2).stderr
    monkeypatch.setitem(sys.modules, "duckdb", None)
    assert "pip install '.[sql]'" in run("sql", str(archive), "select 1", status=2).stderr


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("select * from range(1000000000000)", "the answer is larger than"),
        ("select list(range) from range(1000000000)", "the question needs more than"),
    ],
)
def test_a_question_that_is_too_large_is_refused(
    query: str, told: str, archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "_MEMORY", "250MB")  # DuckDB 1.2 reads no CSV with 50 MB
    monkeypatch.setattr(queries, "_LARGEST", 1_000_000)
    assert told in run("sql", str(archive), query, status=2).stderr
    rows = run("sql", str(archive), "from range(1000000000000)", "--limit", "2")
    assert (rows.stdout, rows.stderr.partition(":")[0]) == ("range\n0\n1\n", "... and more rows")


def test_too_little_memory_to_open_an_archive_is_no_damage(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "_MEMORY", "1MB")
    assert "the question needs more than 1MB of memory" in run("sql", str(archive), "select 1", status=2).stderr


def test_columns_of_one_name_are_told_apart(archive: Path) -> None:
    query = 'select 1 as a, 2 as A, 3 as a, 4 as a_1, [5] as "x""y"'
    assert run("sql", str(archive), query, "--format", "csv").stdout == 'a,A_1,a_2,a_1_1,"x""y"\n1,2,3,4,[5]\n'
    assert run("sql", str(archive), "from by_user join by_dag using (week)").stdout.startswith("week,deployment,user")


def test_a_damaged_report_and_a_page_in_its_place_are_refused(each_archive: Path, tmp_path: Path) -> None:
    damaged = tmp_path / "reports"
    shutil.copytree(each_archive, damaged)
    (file,) = damaged.glob("2026-W47/by_user.*")
    was = file.read_bytes()
    done = run("html", str(damaged), "--out", str(file), status=2)
    assert "is a file of the archive" in done.stderr
    assert file.read_bytes() == was
    file.unlink()
    file.write_bytes(bytes(range(256)) * 8)
    assert "archive verify" in run("sql", str(damaged), "select 1", status=2).stderr


def test_views_know_columns_that_older_files_lack(archive: Path) -> None:
    later = (Column("later", "double", ""), *catalog.REPORTS["by_user"].columns)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(catalog.REPORTS, "by_user", replace(catalog.REPORTS["by_user"], columns=later))
        found, _ = queries.ask(str(archive), "select later, user from by_user")
    assert found["later"].isna().all()
    assert set(found["user"]) >= {"anna, bob"}


@pytest.mark.parametrize("name", [*list_schemas()])
def test_events_are_the_same_in_sql(name: str, archive: Path) -> None:
    done = run("show", str(archive), "--since", "2026-W46", "--schema", name)
    frame, columns = queries.ask(str(archive), f"from {name}")
    rows = [
        {key: value for key, value in row.items() if value is not None}
        for row in json_lines.list_objects(frame, columns)
    ]
    for event, row in zip(map(json.loads, done.stdout.splitlines()), rows, strict=True):
        flat = dict(flatten(event, list_schemas()[name].nested))
        assert {key: value for key, value in flat.items() if not isinstance(value, list)} == {
            key: value for key, value in row.items() if not isinstance(flat.get(key), list)
        }
    assert "is none of" in " ".join(run("show", str(archive), "--schema", "x", status=2).stderr.split())
    assert "is none of" in " ".join(run("show", str(archive), "by_user", "--schema", name, status=2).stderr.split())


def flatten(event: dict[str, Any], nested: bool, path: str = "") -> Iterator[tuple[str, Any]]:
    for key, value in event.items():
        if nested and isinstance(value, dict):
            yield from flatten(value, nested, f"{path}{key}.")
        elif nested and isinstance(value, list) and isinstance(value[0], dict):
            yield from flatten(value[0], nested, f"{path}{key}[].")
        else:
            yield f"{path}{key}", value
