"""An error that nobody foresaw is a short message with an exit status of its own, and writes nothing."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from contextlib import suppress
from typing import TYPE_CHECKING, Final

import pytest
from typer.testing import CliRunner

from logparse import LogparseError, attempts
from logparse.cli import app
from logparse.cli.bugs import BUG

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

LINE: Final = '10.0.0.7 - eve [22/Nov/2026:12:35:08 +0000] "POST /api/v1/dags/a/dagRuns HTTP/1.1" 403 142 "-" "curl"\n'


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "webserver.log"
    path.write_text(LINE)
    return path


def fail(*_: object, **__: object) -> None:
    raise KeyError(LINE)


@pytest.mark.parametrize(
    ("arguments", "place"),
    [
        (["attempts", "{log}", "--out", "{out}.csv"], "logparse.pipeline.run.conclude"),
        (["report", "{log}", "--out", "{out}"], "logparse.pipeline.run.conclude"),
        (["explain", "{log}:1"], "logparse.inspection.explain.explanation.read_context"),
        (["formats", "detect", "{log}"], "logparse.inspection.detect.detect"),
        (["rules", "check"], "logparse.rules.loader.load_rules"),
        (["archive", "list", "{out}"], "logparse.pipeline.weekly.contents.list_contents"),
    ],
)
def test_a_bug_is_a_short_message(
    arguments: Sequence[str], place: str, log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(place, fail)
    out = tmp_path / "out"
    done = CliRunner().invoke(app, [text.format(log=log, out=out) for text in arguments])
    assert done.exit_code == BUG == 4
    assert done.stdout == ""
    assert re.match(r"logparse: this is a bug in logparse, please report it: KeyError at \S+\.py:\d+", done.stderr)
    assert "Traceback" not in done.stderr
    assert "eve" not in done.stderr
    assert len(done.stderr.splitlines()) == 2
    assert not [*tmp_path.rglob("*.csv")]


def test_the_traceback_is_there_for_who_asks(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("logparse.pipeline.run.conclude", fail)
    done = CliRunner().invoke(app, ["attempts", str(log)], env={"LOGPARSE_TRACEBACK": "1"})
    assert done.exit_code == BUG
    assert "Traceback (most recent call last)" in done.stderr


def test_too_little_memory_is_no_bug(log: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def take_too_much(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr("logparse.pipeline.run.conclude", take_too_much)
    done = CliRunner().invoke(app, ["attempts", str(log)])
    assert done.exit_code == BUG
    assert done.stderr.startswith("logparse: there is not enough memory; nothing was written.")


def test_the_process_ends_so_too(log: Path, tmp_path: Path) -> None:
    """Not only in this process: typer prints tracebacks by itself."""
    (tmp_path / "sitecustomize.py").write_text(
        "import logparse.pipeline.run as run\n\ndef fail(*_, **__):\n    raise ValueError('x')\n\nrun.conclude = fail\n"
    )
    done = subprocess.run(
        [sys.executable, "-m", "logparse", "attempts", str(log)], capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])},
    )  # fmt: skip
    assert done.returncode == BUG
    assert "this is a bug in logparse" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("option", ["audit_logs", "dag_runs", "users", "roles"])
@pytest.mark.parametrize(
    "text", ["username,x\ra\rb,c\n1,2\n", 'username,"a\n' + "x" * 100, "\rusername\r", "a\0b\r,\r\n\r"],
    ids=["carriage returns", "open quote", "one line", "nul"],
)  # fmt: skip
def test_a_table_that_is_none_is_no_bug(option: str, text: str, log: Path, tmp_path: Path) -> None:
    export = tmp_path / "export.csv"
    export.write_text(text, newline="")
    with suppress(LogparseError):
        attempts(log, **{option: export})  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["[\r\0\0\0\0", "x\ry\r"])
def test_a_line_break_within_a_header_is_named(text: str, log: Path, tmp_path: Path) -> None:
    export = tmp_path / "export.csv"
    export.write_text(text, newline="")
    with pytest.raises(LogparseError, match=r"export\.csv: (is no|names no)"):
        attempts(log, users=export)
