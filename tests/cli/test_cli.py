"""The command line: exit statuses, what goes where, the same bytes whatever the order."""

from __future__ import annotations

import csv
import gzip
import io
import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import typer
from attempt_lines import line
from folders import visible
from processes import environment
from typer.testing import CliRunner, Result

import logparse
from logparse.cli import app, progress
from logparse.cli.explain import split_place
from logparse.common.schema import ATTEMPTS
from logparse.reports import catalog
from logparse.sources.discovery import find_sources
from logparse.sources.source import Source

COMMANDS = [
    ["report"], ["attempts"], ["explain"], ["rules", "list"], ["rules", "check"], ["formats", "list"],
    ["formats", "check"], ["formats", "detect"],
]  # fmt: skip
REPORTS = {"by_user", "by_dag", "by_time", "by_reason", "user_dag", "findings", "coverage"}


def run(*args: str | Path, stdin: bytes | None = None) -> Result:
    return CliRunner().invoke(app, [str(arg) for arg in args], input=stdin)


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
        assert said[2].split()[:7] == ["2026-W47", "3", "1", "0", "1", "1", "0"]
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
        titles = (next(line for line in text.splitlines() if not line.startswith(" ")) for text in tables)
        last = {title.split()[0]: text.splitlines()[-1] for title, text in zip(titles, tables, strict=True)}
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
            "[22/Nov/2026:12:35:08 +0000]|10.0.0.7|POST /api/v1/dags/etl/dagRuns|took 5|200\n"
        )
        assert run("attempts", tmp_path / "a.log").exit_code == 1  # the word can be of the path
        shape = "%(t)s|%(h)s|%(m)s %(U)s|took %(T)s|%(s)s"
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
