"""Options can stand in a file, with profiles; what is typed wins over them, and a mistake in the file is said."""

from __future__ import annotations

import json
import tomllib
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner, Result

from logparse.cli import app

if TYPE_CHECKING:
    from pathlib import Path

LINE = '10.0.0.7 - eve [22/Nov/2026:23:35:08 +0000] "POST /api/v1/dags/etl/dagRuns HTTP/1.1" 403 142 "-" "curl/8.5.0"\n'
FILE = """\
archive = "all"
paths = ["a.log"]
timezone = "Europe/Berlin"
workers = 1
[profile.prod]
archive = "prod"
deployment = "production"
format = "parquet"
rules = []
strict = true
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "a.log").write_text(LINE)
    (tmp_path / "logparse.toml").write_text(FILE)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments: str, status: int = 0) -> Result:
    done = CliRunner().invoke(app, arguments, env={"COLUMNS": "400"})
    assert done.exit_code == status, done.output
    return done


def test_weeks_are_made_again_only_where_there_are_some(folder: Path) -> None:
    (folder / "logparse.toml").unlink()
    assert "new: is no archive" in run("report", "--rebuild", "--out", "new", status=2).stderr
    assert not (folder / "new").exists()


def test_commands_need_no_arguments(folder: Path) -> None:
    run("report")
    assert (folder / "all" / "2026-W48" / "by_user.csv").exists()  # in Berlin it was Monday
    assert "2026-W48,eve" in run("attempts").stdout.replace(",,a.log,1,10.0.0.7", "")
    assert json.loads(run("show", "--format", "jsonl").stdout)["users"] == "eve"
    assert run("digest").stdout.startswith("# DAG triggers in 2026-W48")


def test_what_is_typed_wins_over_a_profile_and_a_profile_over_the_rest(folder: Path) -> None:
    run("--profile", "prod", "report", "--deployment", "test")
    assert (folder / "prod" / "2026-W48" / "by_user.parquet").exists()
    (row,) = (json.loads(line) for line in run("show", "prod", "attempts", "--format", "jsonl").stdout.splitlines())
    assert row["deployment"] == "test"
    (folder / "other.toml").write_text('archive = "other"\ndeployment = "x"\n')
    run("--config", "other.toml", "report", "a.log", "--timezone", "UTC")
    assert (folder / "other" / "2026-W47").exists()


def test_the_file_may_stand_in_the_archive(folder: Path) -> None:
    run("report")
    (folder / "logparse.toml").rename(folder / "all" / "logparse.toml")
    for asked in (["report", "--out", "all"], ["report", "--out=all"], ["show", "all"]):
        said = " ".join(run("--profile", "x", *asked, status=2).stderr.split())
        assert "all/logparse.toml has no profile 'x'; there are prod" in said
    assert "long" in run("--profile", "prod", "sql", "all", f"from '{'long' * 999}'", status=2).stderr
    (folder / "logparse.toml").write_text("[profile.x]\n")
    run("--profile", "x", "show", "all")  # the file of the folder counts
    (folder / "logparse.toml").unlink()
    (folder / "all" / ".logparse").rename(folder / "elsewhere")
    assert "logparse.toml cannot be read: " in run("--profile", "prod", "show", "all", status=2).stderr  # no archive


@pytest.mark.parametrize(
    ("text", "arguments", "said"),
    [
        ("archiv = 'x'", [], "logparse.toml: there is no option 'archiv'; there are a"),
        ("strict = 1", [], "logparse.toml: strict must be true or false"),
        ("timezone = ['UTC']", [], "logparse.toml: timezone must be a text or a number"),
        ("paths = [['a']]", [], "logparse.toml: paths must be texts"),
        ("timezone = 'Mars'", ["a.log", "--out", "o"], "unknown time zone 'Mars'"),
        ("workers = 'many'", ["a.log", "--out", "o"], "Invalid value for '--workers'"),
        ("paths = 5", ["a.log", "--out", "o"], "logparse.toml: paths must be texts"),
        ("profile = 3", [], "logparse.toml: profile must be tables [profile.NAME]"),
        (f"a = {'[' * 5000}", [], "logparse.toml cannot be read: "),
        ("a = ", [], "logparse.toml cannot be read: Invalid value"),
        ("[profile.a]", ["--profile"], "logparse.toml has no profile 'b'; there are a"),
        ("", ["--config"], "nowhere.toml cannot be read: "),
    ],
)
def test_mistakes_are_said(text: str, arguments: list[str], said: str, folder: Path) -> None:
    (folder / "logparse.toml").write_text(text)
    values = {"--profile": "b", "--config": "nowhere.toml"}
    first = [word for name in arguments if name in values for word in (name, values[name])]
    done = run(*first, "report", *(word for word in arguments if word not in values), status=2)
    assert said in " ".join(done.stderr.split())


def test_init_writes_what_report_needs(folder: Path) -> None:
    assert "is there already" in run("init", "a.log", status=2).stderr
    (folder / "logparse.toml").unlink()
    record = {
        "when": "2026-11-22T12:00:00",
        "username": "eve",
        "verb": "POST",
        "to": "/api/v1/dags/etl/dagRuns",
        "answer": 403,
    }
    (folder / "b.log").write_text("".join(f"{json.dumps({**record, 'n': n})}\n" for n in range(9)))
    (folder / "c.csv").write_text("id,dttm,dag_id,event,owner,extra\n1,2026-11-22T12:00:00Z,etl,trigger,eve,\n")
    (folder / "d.json").write_text('{"dag_runs": [], "total_entries": 0}')
    other = {{"verb": "method", "to": "url", "answer": "code"}.get(key, key): value for key, value in record.items()}
    (folder / "e.log").write_text("".join(f"{json.dumps({**other, 'n': n})}\n" for n in range(9)))
    (folder / "f.json").write_text('[\n {"id": 1,\n "roles": ["Op"],\n "username": "eve"}\n]')
    (folder / "g.json").write_text('[{"name": "Op", "resource": "DAGs", "action": "can_edit"}]')
    run("init", "a.log", "b.log", "c.csv", "d.json", "e.log", "f.json", "g.json", "--archive", "both")
    text = (folder / "logparse.toml").read_text()
    both = tomllib.loads(text)
    assert (both["paths"], len(both["field"])) == (["a.log", "b.log", "e.log"], 1)
    assert (both["audit-log"], both["dag-runs"]) == (["c.csv"], ["d.json"])
    assert (both["users"], both["roles"]) == (["f.json"], ["g.json"])
    assert "with a profile of their own.\n# field = [" in text
    run("report")
    (folder / "logparse.toml").unlink()
    run("init", "a.log", "b.log", "--archive", "weekly")
    told = (folder / "logparse.toml").read_text()
    assert tomllib.loads(told)["paths"] == ["a.log", "b.log"]
    assert "# a.log: gunicorn; 100% of its first 1 lines understood as they are" in told
    assert tomllib.loads(told)["field"] == ["method=verb,target=to,status=answer,time=when,user=username"]
    run("report")
    assert len(run("show", "weekly", "attempts").stdout.splitlines()) == 11
    assert len(run("show", "weekly", "attempts", "--user", "eve").stdout.splitlines()) == 11
    assert "# leading = " in told
    for line in told.splitlines():  # what stands there as a comment can be used
        if line.startswith(("# timezone", "# assume-timezone", "# leading", "# [profile", "# deployment")):
            told = told.replace(line, line.removeprefix("# "))
    (folder / "logparse.toml").write_text(told)
    run("--profile", "production", "report", "--out", "again")
