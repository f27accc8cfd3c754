"""The command line: exit statuses, what goes where, the same bytes whatever the order, files that are ours."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import typer
from folders import visible
from places import ROOT
from typer.testing import CliRunner, Result

import logparse
from logparse.cli import app, progress
from logparse.cli.explain import split_place
from logparse.common.errors import LogparseError
from logparse.common.schema import ATTEMPTS
from logparse.common.text import aligned, count, printable, size
from logparse.pipeline.engines import pool as engines
from logparse.pipeline.engines import threads
from logparse.reports import catalog
from logparse.sources.discovery import find_sources
from logparse.sources.source import Source

COMMANDS = [
    ["report"], ["attempts"], ["explain"], ["rules", "list"], ["rules", "check"], ["formats", "list"],
    ["formats", "check"], ["formats", "detect"],
]  # fmt: skip
REPORTS = {"by_user", "by_dag", "by_time", "by_reason", "user_dag", "findings", "coverage"}


def line(day: int = 22, *, user: str = "alice", dag: str = "etl", status: int = 200, month: str = "Nov") -> str:
    request = f"POST /api/v1/dags/{dag}/dagRuns HTTP/1.1"
    return f'10.0.0.7 - {user} [{day:02}/{month}/2026:12:35:08 +0000] "{request}" {status} 512 "-" "curl/8.5.0"\n'


def run(*args: str | Path, stdin: bytes | None = None) -> Result:
    return CliRunner().invoke(app, [str(arg) for arg in args], input=stdin)


def process(*args: str | Path, cwd: Path, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "logparse", *map(str, args)],
        cwd=cwd, input=stdin, capture_output=True, check=False, env=environment(),
    )  # fmt: skip


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "200"}


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "webserver.log"
    path.write_text(line() + line(user="bob", status=403) + line(user="bob", dag="ml", status=404))
    return path


class TestHelp:
    @pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
    def test_shows_an_example_of_this_command(self, command: list[str]) -> None:
        shown = run(*command, "--help")
        assert shown.exit_code == 0
        assert "Example" in shown.stdout
        assert f"logparse {' '.join(command)}" in shown.stdout
        assert "<bool>" not in shown.stdout, "a flag takes no value"

    @pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
    def test_loses_no_words_as_markup(self, command: list[str]) -> None:
        found: Any = typer.main.get_command(app)
        for name in command:
            found = found.commands[name]
        texts = [found.help, *(parameter.help for parameter in found.params)]
        assert not [text for text in texts if "[" in (text or "")]

    def test_groups_options(self) -> None:
        shown = run("report", "--help").stdout
        assert all(f"─ {panel} ─" in shown for panel in ("Input", "Weeks", "Rules", "Output", "Speed"))

    def test_the_help_of_report_names_all_reports(self) -> None:
        shown = run("report", "--help").stdout
        assert all(name in shown for name in catalog.REPORTS)

    def test_loads_nothing_heavy(self, tmp_path: Path) -> None:
        for args in ([], ["report"]):
            done = subprocess.run(
                [sys.executable, "-X", "importtime", "-m", "logparse", *args, "--help"],
                cwd=tmp_path, capture_output=True, text=True, check=True, env=environment(),
            )  # fmt: skip
            loaded = {entry.rpartition("|")[2].strip() for entry in done.stderr.splitlines()}
            assert "logparse.cli.options" in loaded
            assert not loaded & {"pandas", "pyarrow", "numpy", "dateutil"}

    def test_one_line_is_explained_without_pandas(self, log: Path, tmp_path: Path) -> None:
        done = subprocess.run(
            [sys.executable, "-X", "importtime", "-m", "logparse", "explain", f"{log}:1"],
            cwd=tmp_path, capture_output=True, text=True, check=True, env=environment(),
        )  # fmt: skip
        assert "outcome" in done.stdout
        loaded = {entry.rpartition("|")[2].strip() for entry in done.stderr.splitlines()}
        assert "pyarrow" in loaded
        assert not loaded & {"pandas", "logparse.pipeline.result", "dask"}

    def test_version(self) -> None:
        assert run("--version").stdout == f"logparse {logparse.__version__}\n"


class TestAttempts:
    def test_standard_output_is_data_and_nothing_else(self, log: Path) -> None:
        done = run("attempts", log)
        assert (done.exit_code, done.stderr) == (0, "")
        assert done.stdout.splitlines()[0] == ",".join(column.name for column in ATTEMPTS)
        assert [row["outcome"] for row in rows(done.stdout)] == ["success", "authorization_failure", "other_failure"]
        assert [row["line"] for row in rows(done.stdout)] == ["1", "2", "3"]

    def test_reads_standard_input(self) -> None:
        (row,) = rows(run("attempts", "-", stdin=line().encode()).stdout)
        assert (row["source"].lstrip("'"), row["user"], row["dag_id"]) == ("-", "alice", "etl")

    def test_parquet_by_suffix_equals_csv(self, log: Path, tmp_path: Path) -> None:
        assert run("attempts", log, "--out", tmp_path / "a.parquet").exit_code == 0
        assert run("attempts", log, "--out", tmp_path / "a.csv").exit_code == 0
        parquet, text = pd.read_parquet(tmp_path / "a.parquet"), pd.read_csv(tmp_path / "a.csv")
        assert list(parquet.columns) == list(text.columns) == [column.name for column in ATTEMPTS]
        assert parquet["dag_id"].to_list() == text["dag_id"].to_list()

    def test_week_filter_and_zone(self, tmp_path: Path) -> None:
        log = tmp_path / "w.log"
        log.write_text(line(15) + line(16) + line(22).replace("12:35:08", "23:30:00"))
        assert [row["week"] for row in rows(run("attempts", log, "--week", "2026-W47").stdout)] == ["2026-W47"] * 2
        berlin = run("attempts", log, "--week", "2026-W47", "--timezone", "Europe/Berlin").stdout
        assert [row["line"] for row in rows(berlin)] == ["2"]
        both = run("attempts", log, "--week", "2026-W46", "--week", "2026-W47").stdout
        assert len(rows(both)) == 3

    def test_deployment(self, log: Path) -> None:
        assert {row["deployment"] for row in rows(run("attempts", log, "--deployment", "prod").stdout)} == {"prod"}

    @pytest.mark.parametrize(
        "content", ["", '10.0.0.7 - - [22/Nov/2026:12:35:08 +0000] "GET / HTTP/1.1" 200 5 "-" "x"\n']
    )
    def test_nothing_found_is_a_header(self, content: str, tmp_path: Path) -> None:
        (tmp_path / "logs").mkdir()
        (tmp_path / "logs" / "a.log").write_text(content)
        done = run("attempts", tmp_path / "logs")
        assert (done.exit_code, len(done.stdout.splitlines()), done.stderr) == (0, 1, "")

    def test_own_output_in_the_same_folder_is_not_read(self, log: Path) -> None:
        out = log.parent / "attempts.csv"
        for _ in range(2):
            assert run("attempts", log.parent, "--out", out).exit_code == 0
        assert len(rows(out.read_text())) == 3

    def test_a_folder_of_nothing_but_own_output_is_said_to_be(self, log: Path, tmp_path: Path) -> None:
        (tmp_path / "out").mkdir()
        for _ in range(2):
            done = run("attempts", log, tmp_path / "out", "--out", tmp_path / "out" / "a.csv")
        assert done.stderr == ""
        done = run("attempts", tmp_path / "out", "--out", tmp_path / "out" / "a.csv")
        assert (done.exit_code, "nothing to read except files that logparse wrote" in done.stderr) == (1, True)

    def test_never_replaces_what_it_reads(self, tmp_path: Path) -> None:
        log = tmp_path / "log.csv"
        log.write_text(line())
        done = run("attempts", log, "--out", log)
        assert done.exit_code == 2
        assert "among the files to read" in done.stderr
        assert log.read_text() == line()


class TestReport:
    def test_writes_all_reports_the_data_set_and_a_summary(self, log: Path, tmp_path: Path) -> None:
        done = run("report", log, "--out", tmp_path / "out")
        assert (done.exit_code, done.stdout) == (0, "")
        week = {f"2026-W47/{name}.csv" for name in REPORTS}
        attempts = "attempts/week=2026-W47/part-0.parquet"
        assert set(visible(tmp_path / "out")) == {"coverage.csv", "views.sql", attempts, *week}
        by_user = rows((tmp_path / "out/2026-W47/by_user.csv").read_text())
        assert [(row["user"], row["attempts"]) for row in by_user] == [("bob", "2"), ("alice", "1")]
        said = done.stderr.splitlines()
        assert said[1].split()[:7] == ["2026-W47", "3", "1", "0", "1", "1", "0"]
        assert "Read 1 source, 3 lines" in done.stderr
        assert "\x1b" not in done.stderr

    def test_summary_counts_every_attempt(self, tmp_path: Path) -> None:
        log = tmp_path / "w.log"
        names = ["-", "-", "ann", "ann", "bob", "cy", "dee", "eve"]
        log.write_text("".join(line(user=name) for name in names) + line(user="fay").replace("etl/dagRuns", "/x"))
        said = run("report", log, "--out", tmp_path / "out").stderr.splitlines()
        users = said[next(n for n, text in enumerate(said) if text.startswith("User")) :][1:6]
        assert [text.split()[:2] for text in users] == [
            ["ann", "2"], ["(unknown)", "2"], ["bob", "1"], ["cy", "1"], ["dee", "1"],
        ]  # fmt: skip

    def test_summary_says_what_it_does_not_show(self, tmp_path: Path) -> None:
        log, out = tmp_path / "a.log", tmp_path / "out"
        statuses = (200, 400, 401, 403, 404, 409, 500)
        log.write_text("".join(line(user=f"u{n}", dag=f"d{n}", status=status) for n, status in enumerate(statuses)))
        tables = run("report", log, "--out", out).stderr.split("\n\n")
        last = {text.split()[0]: text.splitlines()[-1] for text in tables}
        told = last["Severity"].removeprefix("What fixes them: logparse ").partition(", or column remedy of ")
        assert told[2] == f"{out}/2026-W47/findings.csv"
        assert "- What to do: " in run(*told[0].split()).stdout
        assert (last["Outcome"], last["User"], last["DAG"]) == ("... and 1 more", "... and 2 more", "... and 2 more")
        assert (out / "2026-W47/findings.csv").exists()
        done = run("report", log, "--out", tmp_path / "dry", "--dry-run")
        assert "What fixes them" not in done.stderr
        log.write_text(log.read_text() + line(15, status=401))
        done = run("report", log, "--out", out, "--format", "parquet")
        assert f"column remedy of {out}/WEEK/findings.parquet" in done.stderr

    def test_parquet(self, log: Path, tmp_path: Path) -> None:
        assert run("report", log, "--out", tmp_path / "out", "--format", "parquet").exit_code == 0
        assert len(pd.read_parquet(tmp_path / "out/2026-W47/by_dag.parquet")) == 2
        assert len(pd.read_parquet(tmp_path / "out/attempts")) == 3

    def test_same_bytes_for_any_order_and_number_of_workers(self, tmp_path: Path) -> None:
        logs = [tmp_path / f"{name}.log" for name in "abc"]
        for number, path in enumerate(logs):
            path.write_text(
                "".join(line(user=f"u{n % 7}", dag=path.stem, status=200 + n % 2 * 203) for n in range(number, 40))
            )
        first, second = tmp_path / "first", tmp_path / "second"
        assert run("report", *logs, "--out", first, "--workers", "1").exit_code == 0
        assert run("report", *reversed(logs), "--out", second, "--workers", "2").exit_code == 0
        assert visible(first) == visible(second)

    def test_partial_weeks_are_written_and_said_to_be(self, tmp_path: Path) -> None:
        log = tmp_path / "w.log"
        health = '10.0.0.1 - - [{} +0000] "GET /health HTTP/1.1" 200 5 "-" "probe"\n'
        days = [f"{day:02}/Nov/2026:{hour:02}:30:00" for day in range(15, 24) for hour in (0, 8, 16, 23)]
        log.write_text(
            "".join(health.format(stamp) for stamp in days[:8]) + line(17) + health.format(days[-1]) + line(24)
        )
        done = run("report", log, "--out", tmp_path / "out")
        assert done.exit_code == 0
        assert {path.name for path in (tmp_path / "out").iterdir()} >= {"2026-W47", "2026-W48"}
        flagged = [entry.split()[0] for entry in done.stderr.splitlines() if entry.endswith("partial")]
        assert flagged == ["2026-W48"]
        assert "2026-W48 is partial: nothing was logged from 2026-11-24 12:35 to 2026-11-30 00:00" in done.stderr

    def test_a_week_asked_for_without_attempts_is_headers(self, log: Path, tmp_path: Path) -> None:
        done = run("report", log, "--out", tmp_path / "out", "--week", "2026-W10")
        assert done.exit_code == 0
        assert "No trigger attempts found." in done.stderr
        assert {name.split("/")[0] for name in visible(tmp_path / "out")} == {"2026-W10", "coverage.csv", "views.sql"}
        assert (tmp_path / "out/2026-W10/by_user.csv").read_text().count("\n") == 1

    def test_nothing_found_leaves_what_was_read(self, tmp_path: Path) -> None:
        (tmp_path / "empty.log").write_text("")
        done = run("report", tmp_path / "empty.log", "--out", tmp_path / "out")
        assert done.exit_code == 0
        assert set(visible(tmp_path / "out")) == {"coverage.csv", "views.sql"}
        assert "No trigger attempts found." in done.stderr
        assert "No week to report" in done.stderr

    def test_reports_of_an_earlier_run_are_not_read_as_logs(self, log: Path, tmp_path: Path) -> None:
        for out in (tmp_path, tmp_path / "out"):
            assert run("report", tmp_path, "--out", out).exit_code == 0
            before = visible(tmp_path)
            assert run("report", tmp_path, "--out", out).exit_code == 0
            assert visible(tmp_path) == before
            for path in tmp_path.iterdir():
                if path != log:
                    shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()
        assert log.exists()

    def test_strangers_cannot_reach_the_terminal(self, tmp_path: Path) -> None:
        (tmp_path / "a.log").write_bytes(line(dag="a%1b%5b2Jb").encode() + b"\x1b]0;owned\x07 not a log line\n")
        done = run("report", tmp_path / "a.log", "--out", tmp_path / "out")
        assert "a\\x1b[2Jb" in done.stderr
        assert "\\x1b]0;owned\\x07" in done.stderr
        assert "\x1b" not in done.stderr


class TestStatusOne:
    """Written, but some input could not be read or understood."""

    def test_a_folder_without_any_log(self, log: Path, tmp_path: Path) -> None:
        (tmp_path / "mount" / "deeper").mkdir(parents=True)
        said = f"logparse: {tmp_path / 'mount'}: there is no log in it; check that it is the right place"
        done = run("attempts", tmp_path / "mount")
        assert (done.exit_code, len(done.stdout.splitlines())) == (1, 1)
        assert done.stderr.startswith(said)
        done = run("attempts", log, tmp_path / "mount")
        assert (done.exit_code, len(done.stdout.splitlines())) == (1, 4)
        for out, paths in (("one", [log, tmp_path / "mount"]), ("two", [tmp_path / "mount"])):
            done = run("report", *paths, "--out", tmp_path / out)
            assert (done.exit_code, said in done.stderr) == (1, True)
            (problem,) = json.loads((tmp_path / out / "run.json").read_text())["problems"]
            assert problem.startswith(f"{tmp_path / 'mount'}: there is no log in it")

    def test_an_archive_is_no_log(self, log: Path, tmp_path: Path) -> None:
        out = tmp_path / "rep"
        assert run("report", log, "--out", out).exit_code == 0
        for path in (out, out / "2026-W47"):
            done = run("attempts", path)
            assert (done.exit_code, len(done.stdout.splitlines())) == (1, 1)
            assert done.stderr == (
                f"logparse: {path}: is an archive of logparse, not a log; its attempts are in {out}/attempts, "
                "as Parquet files\n"
            )

    def test_lines_not_understood(self, tmp_path: Path) -> None:
        (tmp_path / "a.log").write_text(line() + "".join(f"what is this {n} token=s3cret\n" for n in range(7)) + line())
        done = run("attempts", tmp_path / "a.log")
        assert (done.exit_code, len(rows(done.stdout))) == (1, 2)
        assert "7 of 9 lines not understood" in done.stderr
        assert "--log-format" in done.stderr
        assert done.stderr.count("what is this") == 3
        assert "s3cret" not in done.stderr

    def test_examples_are_short_and_show_bytes_as_such(self, log: Path) -> None:
        log.write_bytes(log.read_bytes() + b"no log line: " + bytes(range(0xBF, 0x7F, -1)) + b"\n")
        done = run("attempts", log)
        example = next(text for text in done.stderr.splitlines() if text.startswith("  line 4: "))
        assert example.startswith("  line 4: no log line: \\xbf\\xbe\\xbd\\xbc")
        assert len(example) == len("  line 4: ") + 80

    def test_format_not_known(self, tmp_path: Path) -> None:
        (tmp_path / "a.log").write_text("".join(f"{n}|no|such|format\n" for n in range(5)))
        done = run("report", tmp_path / "a.log", "--out", tmp_path / "out")
        assert done.exit_code == 1
        assert "a.log: its format is not known, none of 5 lines was understood" in done.stderr
        assert "line 1: 0|no|such|format" in done.stderr
        assert "logparse formats detect" in done.stderr
        assert set(visible(tmp_path / "out")) == {"coverage.csv", "views.sql"}

    def test_own_format_string_makes_it_known(self, tmp_path: Path) -> None:
        (tmp_path / "a.log").write_text(
            "22/Nov/2026:12:35:08 +0000|10.0.0.7|POST /api/v1/dags/etl/dagRuns HTTP/1.1|200\n"
        )
        assert run("attempts", tmp_path / "a.log").exit_code == 1
        shape = "%(t)s|%(h)s|%(r)s|%(s)s"
        (tmp_path / "a.log").write_text(
            "[22/Nov/2026:12:35:08 +0000]|10.0.0.7|POST /api/v1/dags/etl/dagRuns HTTP/1.1|200\n"
        )
        done = run("attempts", tmp_path / "a.log", "--log-format", shape)
        assert done.exit_code == 0
        assert [row["dag_id"] for row in rows(done.stdout)] == ["etl"]

    def test_damaged_source(self, tmp_path: Path) -> None:
        packed = gzip.compress("".join(line(user=f"u{n * n}") for n in range(999)).encode())
        (tmp_path / "a.log.gz").write_bytes(packed[: len(packed) // 2])
        done = run("attempts", tmp_path / "a.log.gz")
        assert done.exit_code == 1
        assert rows(done.stdout)
        assert "a.log.gz: compressed data ends early" in done.stderr

    def test_no_log_among_logs(self, log: Path, tmp_path: Path) -> None:
        (tmp_path / "b.zip").write_bytes(b"PK\x03\x04rest")
        done = run("attempts", tmp_path)
        assert (done.exit_code, len(rows(done.stdout))) == (1, 3)
        assert "b.zip: is a zip archive; unpack it" in done.stderr
        assert log.name not in done.stderr

    def test_many_strange_sources_are_summed_up(self, tmp_path: Path) -> None:
        for number in range(8):
            (tmp_path / f"{number}.log").write_text("?\n")
        done = run("attempts", tmp_path)
        assert done.exit_code == 1
        assert "and 3 sources more" in done.stderr


class TestStatusTwo:
    """Nothing written."""

    @pytest.mark.parametrize(
        ("args", "said"),
        [
            (["attempts", "LOG", "--week", "2026-W54"], "2026-W53"),
            (["attempts", "LOG", "--week", "last"], "2026-W47"),
            (["attempts", "LOG", "--timezone", "Mars/Phobos"], "Europe/Berlin"),
            (["attempts", "LOG", "--assume-timezone", "Mars/Phobos"], "Europe/Berlin"),
            (["attempts", "LOG", "--workers", "0"], "--workers"),
            (["attempts", "LOG", "--rules", "OUT"], "no rule files in it"),
            (["attempts", "LOG", "--log-format", "%(h"], "%(h"),
            (["attempts", "LOG", "--out", "OUT.xlsx"], ".parquet"),
            (["attempts", "OUT.log"], "no such file or folder"),
            (["attempts", "*.nothing"], "the pattern matches nothing"),
            (["attempts"], "Missing argument"),
            (["report", "LOG"], "--out"),
            (["report", "LOG", "--out", ""], "is empty; give a name"),
            (["attempts", "LOG", "--out", ""], "is empty; give a name"),
            (["report", "LOG", "--out", "LOG"], "is a file"),
            (["report", "LOG", "--out", "LOG/reports"], "cannot be created"),
            (["report", "LOG", "--out", "OUT", "--format", "xlsx"], "parquet"),
            (["report", "LOG", "--out", "OUT", "--week", "2026W47"], "2026-W47"),
            (["explain", "OUT.log"], "no such file or folder"),
            (["explain", line(dag="a" * 300, status=403)], "is a line, not a file; pipe it in"),
            (["formats", "detect", "OUT.log"], "no such file or folder"),
            (["rules", "list", "--rules", "OUT"], "no rule files in it"),
            (["no-such-command"], "No such command"),
        ],
        ids=lambda value: " ".join(value) if isinstance(value, list) else "",
    )
    def test_says_what_is_wrong_before_reading(
        self, args: list[str], said: str, log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def never(*_: object, **__: object) -> None:
            pytest.fail("something was read")

        monkeypatch.setattr("logparse.pipeline.run.run", never)
        before = visible(tmp_path)
        done = run(*(arg.replace("LOG", str(log)).replace("OUT", str(tmp_path / "new")) for arg in args))
        assert (done.exit_code, done.stdout) == (2, "")
        assert said in done.stderr
        assert "Traceback" not in done.stderr
        assert visible(tmp_path) == before

    def test_broken_rules(self, log: Path, tmp_path: Path) -> None:
        folder = tmp_path / "rules" / "events"
        folder.mkdir(parents=True)
        (folder / "mine.toml").write_text("id = 'other'\n")
        done = run("attempts", log, "--rules", tmp_path / "rules")
        assert done.exit_code == 2
        assert done.stderr.startswith("logparse: ")
        assert "events/mine.toml" in done.stderr


class TestRulesAndFormats:
    def test_lists(self) -> None:
        assert "rest-v1-dag-run" in run("rules", "list").stdout
        assert "gunicorn" in run("formats", "list").stdout

    def test_checks_report_problems_with_status_two(self, monkeypatch: pytest.MonkeyPatch) -> None:
        from logparse.common.errors import RuleProblem
        from logparse.inspection import format_samples, rule_examples

        problem = [RuleProblem("events/x.toml", "[[match]] 1", "does not match")]
        monkeypatch.setattr(rule_examples, "check_rules", lambda _: problem)
        monkeypatch.setattr(format_samples, "check_formats", lambda _: problem)
        for command in ("rules", "formats"):
            done = run(command, "check")
            assert (done.exit_code, done.stdout) == (2, "")
            assert done.stderr == "logparse: events/x.toml: [[match]] 1: does not match\n"
        monkeypatch.setattr(rule_examples, "check_rules", lambda _: [])
        monkeypatch.setattr(format_samples, "check_formats", list)
        assert run("rules", "check").stdout.endswith("examples: all pass\n")
        assert run("formats", "check").stdout.endswith("samples: all pass\n")

    def test_detect_goes_on_after_a_file_that_cannot_be_read(self, log: Path, tmp_path: Path) -> None:
        (tmp_path / "b.zip").write_bytes(b"PK\x03\x04rest")
        done = run("formats", "detect", log, tmp_path / "b.zip")
        assert done.exit_code == 1
        assert "gunicorn" in done.stdout
        assert "zip archive" in done.stderr
        assert run("formats", "detect", tmp_path / "b.zip").exit_code == 2

    def test_detect_of_a_file_that_is_not_understood(self, log: Path, tmp_path: Path) -> None:
        odd = tmp_path / "odd.log"
        odd.write_text("".join(f"{n}|token=s3cret|no|such|format\n" for n in range(5)))
        done = run("formats", "detect", log, odd)
        assert done.exit_code == 1
        said = done.stderr.splitlines()
        assert said[0] == f"logparse: {odd}: its format is not known, none of 5 lines was understood, such as"
        assert said[1:4] == [f"  line {n + 1}: {n}|token={21 * '*'}" for n in range(3)]
        assert "--log-format" in said[4]
        for content in ("", "\n\n", line()):
            odd.write_text(content)
            done = run("formats", "detect", odd)
            assert (done.exit_code, done.stderr) == (0, "")

    def test_explain_a_line(self, log: Path) -> None:
        done = run("explain", f"{log}:2")
        assert done.exit_code == 0
        assert "permission_denied" in done.stdout
        assert run("explain", stdin=line(status=403).encode()).exit_code == 0
        assert run("explain", f"{log}:99").exit_code == 2

    def test_explain_a_line_of_standard_input(self, log: Path) -> None:
        done = run("explain", "-:2", "--assume-timezone", "UTC", stdin=log.read_bytes())
        assert (done.exit_code, "permission_denied" in done.stdout) == (0, True)
        assert run("explain", "--", "-:2", stdin=log.read_bytes()).stdout == done.stdout

    def test_place(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.chdir(tmp_path)
        Path("odd:12").write_text("")
        assert split_place("a.log:12") == ("a.log", 12)
        assert split_place("odd:12") == ("odd:12", None)
        assert split_place("C:log") == ("C:log", None)
        assert split_place("-") == ("-", None)


class TestProcess:
    def test_broken_pipe_is_no_error(self, log: Path, tmp_path: Path) -> None:
        for args in (["attempts", str(log)], ["rules", "list"], ["formats", "detect", str(log)]):
            with subprocess.Popen(
                [sys.executable, "-m", "logparse", *args],
                cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(),
            ) as running:  # fmt: skip
                assert running.stdout is not None
                assert running.stderr is not None
                running.stdout.close()
                messages = running.stderr.read()
            assert (running.returncode, messages) == (0, b"")

    def test_interrupt_ends_without_a_traceback(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe")
        # In the background of a shell Ctrl-C is ignored, and whatever is started there inherits that.
        heed = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)"
        with subprocess.Popen(
            [sys.executable, "-c", f"{heed}\nfrom logparse.cli import main; main()", "attempts", "pipe"],
            cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(),
        ) as running:  # fmt: skip
            writer = -1
            while writer < 0 and running.poll() is None:
                time.sleep(0.05)
                with suppress(OSError):  # as long as nobody reads
                    writer = os.open(tmp_path / "pipe", os.O_WRONLY | os.O_NONBLOCK)
            running.send_signal(signal.SIGINT)
            try:
                out, messages = running.communicate(timeout=60)
            finally:
                running.kill()  # so that nobody waits for it where the signal was lost
                os.close(writer)
        assert (running.returncode, out) == (130, b"")
        assert b"Traceback" not in messages

    def test_a_signal_is_not_lost_where_python_only_prints_what_it_raises(self, tmp_path: Path) -> None:
        script = tmp_path / "lost.py"
        script.write_text(
            "import os, signal, sys, time, weakref\nfrom logparse.common import temporary\n"
            "from logparse.cli import main\n"
            "class Thing: pass\n"
            "def lose():\n    thing = Thing()\n"
            "    kept = weakref.ref(thing, lambda _: os.kill(os.getpid(), getattr(signal, os.environ['LOSE'])))\n"
            "    del thing\n    time.sleep(30)\n"
            "temporary.sweep = lose\nsignal.signal(signal.SIGINT, signal.default_int_handler)\nmain()\n"
        )
        (tmp_path / "a.log").write_text(line())
        for name in ("SIGINT", "SIGTERM"):
            done = subprocess.run(
                [sys.executable, str(script), "report", "a.log", "--out", "out"],
                cwd=tmp_path, capture_output=True, check=False, env=environment() | {"LOSE": name}, timeout=60,
            )  # fmt: skip
            assert (done.returncode, done.stderr) == (128 + getattr(signal, name), b"")

    @pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
    def test_termination_leaves_nothing(self, number: int, tmp_path: Path) -> None:
        (tmp_path / "temporary").mkdir()
        script = tmp_path / "slow.py"
        script.write_text(
            "import time\nfrom functools import partial\n"
            "from logparse.scans import request_store\nfrom logparse.pipeline import run\n"
            "from logparse.pipeline.weekly import derivation\nfrom logparse.cli import main\n"
            "def stop(found, held, *_):\n    held.settle()\n    print('held', flush=True)\n    time.sleep(60)\n"
            "derivation.RequestStore, run.decide_sources = partial(request_store.RequestStore, limit=0), stop\n"
            "if __name__ == '__main__':\n    main()\n"
        )
        (tmp_path / "a.log").write_text(line() * 900)
        with subprocess.Popen(
            [sys.executable, str(script), "report", "a.log", "--out", "out"],
            cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            env=environment() | {"TMPDIR": str(tmp_path / "temporary")},
        ) as running:  # fmt: skip
            assert running.stdout is not None
            assert running.stdout.readline() == b"held\n"
            assert list((tmp_path / "temporary").iterdir())
            running.send_signal(number)
            _, messages = running.communicate(timeout=30)
        assert (running.returncode, messages) == (128 + number, b"")
        assert not list((tmp_path / "temporary").iterdir())
        assert visible(tmp_path / "out") == {}

    def test_full_disk_is_one_message(self, log: Path, tmp_path: Path) -> None:
        full = Path("/dev/full")
        if not full.exists():
            pytest.skip("needs /dev/full")
        with full.open("wb") as sink:
            done = subprocess.run(
                [sys.executable, "-m", "logparse", "attempts", log],
                cwd=tmp_path, stdout=sink, stderr=subprocess.PIPE, check=False, env=environment(),
            )  # fmt: skip
        assert done.returncode == 2
        assert done.stderr.startswith(b"logparse: ")
        assert done.stderr.count(b"\n") == 1
        with full.open("wb") as sink:
            done = subprocess.run(
                [sys.executable, "-m", "logparse", "report", log, "--out", "out", "--json", "--quiet"],
                cwd=tmp_path, stdout=sink, stderr=subprocess.PIPE, check=False, env=environment(),
            )  # fmt: skip
        assert done.returncode == 1
        assert done.stderr.endswith(b"out was written all the same\n")

    @pytest.mark.sampled(4)
    @pytest.mark.parametrize(
        ("command", "status", "said"),
        [
            ("attempts webserver.log >&-", 2, "standard output: "),
            ("rules list >&-", 2, "standard output: "),
            ("formats detect webserver.log >&-", 2, "standard output: "),
            ("report webserver.log --out out >&-", 0, ""),
            ("report webserver.log --out out 2>&-", 0, ""),
            ("report webserver.log --out out <&- >&- 2>&-", 0, ""),
            ("attempts nowhere.log 2>&-", 2, ""),
            ("attempts webserver.log --out out.csv <&-", 0, ""),
            ("attempts - --out out.csv <&-", 1, "-: standard input is closed; name a file"),
            ("explain <&-", 2, "-: standard input is closed; name a file"),
            ("explain webserver.log:1 --rules rules <&- >&-", 2, "rules: no rule files"),
        ],
    )
    def test_closed_streams(self, command: str, status: int, said: str, log: Path, tmp_path: Path) -> None:
        before = log.read_bytes()
        done = subprocess.run(
            f"exec {sys.executable} -m logparse {command}",
            shell=True, cwd=tmp_path, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
            env=environment(),
        )  # fmt: skip
        assert (done.returncode, done.stdout) == (status, "")
        assert "Traceback" not in done.stderr
        assert done.stderr.startswith(f"logparse: {said}" if said else "")
        assert log.read_bytes() == before
        assert (tmp_path / "out").exists() == command.startswith("report")

    def test_module_and_standard_input(self, tmp_path: Path) -> None:
        done = process("attempts", "-", cwd=tmp_path, stdin=line().encode())
        assert (done.returncode, done.stderr) == (0, b"")
        assert len(done.stdout.splitlines()) == 2


class TestEngines:
    def test_one_worker_is_this_thread(self) -> None:
        with threads.open_threads(1) as pool:
            assert pool is None

    def test_workers_are_threads(self) -> None:
        meeting = threading.Barrier(3, timeout=20)
        with threads.open_threads(3) as pool:
            assert pool is not None
            met = [pool.executor.submit(lambda: (meeting.wait(), threading.get_ident())) for _ in range(3)]
            assert len({each.result()[1] for each in met}) == 3

    @pytest.mark.parametrize(("error", "waits"), [(LogparseError, True), (KeyboardInterrupt, False)])
    def test_only_after_an_error_is_waited_for_what_is_begun(self, error: type[BaseException], waits: bool) -> None:
        begun, go_on = threading.Barrier(3, timeout=20), threading.Event()
        ended: list[bool] = []

        def work() -> None:
            begun.wait()
            go_on.wait(1 if waits else 20)
            ended.append(True)

        def fail() -> None:
            with threads.open_threads(2) as pool:
                assert pool is not None
                for _ in range(pool.workers):
                    pool.executor.submit(work)
                pool.executor.submit(ended.append, False)
                begun.wait()
                raise error

        with pytest.raises(error):
            fail()
        assert ended == [True, True] * waits
        go_on.set()

    def test_there_is_a_worker_for_each_core_up_to_eight(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for cores, workers in ((1, 1), (3, 3), (64, 8)):
            monkeypatch.setattr("os.sched_getaffinity", lambda _, cores=cores: set(range(cores)), raising=False)
            assert engines.count_workers() == workers


class TestProgress:
    def test_shows_on_a_terminal_only(self, log: Path) -> None:
        class Terminal(io.StringIO):
            def isatty(self) -> bool:
                return True

        found = find_sources([str(log)])
        with progress.bar(found, io.StringIO()) as told:
            assert told is None
        with progress.bar([Source("-", None, None)], Terminal()) as told:
            assert told is None
        terminal = Terminal()
        with progress.bar(found, terminal) as told:
            assert told is not None
            told(found[0].size or 0)
        assert "100%" in terminal.getvalue()


class TestPlaintext:
    def test_aligned(self) -> None:
        assert aligned(["Name", "N", ""], [["a", 1, ""], ["bcdefgh", 1234, "last"]], widest=5) == [
            "Name       N",
            "a          1",
            "bcde…  1,234  last",
        ]

    def test_words(self) -> None:
        assert [size(n) for n in (0, 999, 1500, 2_500_000, 10**13)] == [
            "0 bytes",
            "999 bytes",
            "1.5 kB",
            "2.5 MB",
            "10.0 TB",
        ]
        assert (count(1, "line"), count(1234, "line")) == ("1 line", "1,234 lines")
        assert printable("a\x1b\n\u202eb\udcff") == "a\\x1b\\n\\u202eb\\xff"


@pytest.mark.parametrize("name", ["attempts.csv", "attempts.parquet"])
def test_tables_of_attempts_beside_logs_are_left_out_and_said(log: Path, name: str) -> None:
    assert run("attempts", log, "--out", log.parent / name).exit_code == 0
    for path in (log.parent, log.parent / name):
        done = run("attempts", path)
        assert done.exit_code == 1
        assert done.stderr == (
            f"logparse: {log.parent / name}: is a table of attempts that logparse wrote, not a log; "
            "name the logs themselves\n"
        )
        assert len(rows(done.stdout)) == (3 if path == log.parent else 0)


def test_an_empty_log_that_was_named_is_said(log: Path) -> None:
    empty = log.with_name("empty.log")
    empty.touch()
    named = run("attempts", log, empty)
    assert (named.exit_code, named.stderr) == (0, f"logparse: {empty}: is empty\n")
    assert run("attempts", "-", stdin=b"").stderr == "logparse: -: is empty\n"
    assert run("attempts", log.parent).stderr == ""
    empty.write_bytes(bytes(5000))
    hollow = run("attempts", empty)
    assert (hollow.exit_code, hollow.stderr) == (1, f"logparse: {empty}: holds nothing but NULs; get the log anew\n")
