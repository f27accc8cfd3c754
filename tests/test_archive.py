"""The output folder over many runs: nothing stale, nothing twice, nothing lost unsaid, all or nothing."""

from __future__ import annotations

import csv
import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, BinaryIO

import pandas as pd
import pytest
from typer.testing import CliRunner, Result

from logparse.cli import app
from logparse.staging import Batch
from logparse.write import part_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def line(day: int, *, user: str = "alice", client: str = "10.0.0.7", hour: int = 12) -> str:
    request = "POST /api/v1/dags/etl/dagRuns HTTP/1.1"
    return f'{client} - {user} [{day:02}/Nov/2026:{hour:02}:35:08 +0000] "{request}" 200 512 "-" "curl/8.5.0"\n'


def health(day: int) -> str:
    return f'10.0.0.1 - - [{day:02}/Nov/2026:00:00:08 +0000] "GET /health HTTP/1.1" 200 5 "-" "probe"\n'


UNDATED = 'INFO:     10.0.0.7:1 - "POST /api/v2/dags/etl/dagRuns HTTP/1.1" 200 OK\n'


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "webserver.log"
    path.write_text(line(17) + line(18, user="bob") + line(10))
    return path


def report(*args: str | Path) -> Result:
    return CliRunner().invoke(app, ["report", *map(str, args)])


def tree(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def counted(out: Path, week: str = "2026-W47") -> int:
    text = (out / week / "by_user.csv").read_text().splitlines()
    return sum(int(row["attempts"]) for row in csv.DictReader(text))


def test_the_same_again_leaves_the_same_bytes_and_says_nothing_more(log: Path, tmp_path: Path) -> None:
    log.write_text(log.read_text() + UNDATED)
    first = report(log, "--out", tmp_path / "out")
    before = tree(tmp_path / "out")
    second = report(log, "--out", tmp_path / "out")
    assert tree(tmp_path / "out") == before
    assert (second.exit_code, second.stderr) == (first.exit_code, first.stderr)


def test_another_zone_is_refused_before_anything_is_read(
    log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    assert report(log, "--out", out, "--timezone", "Europe/Berlin").exit_code == 0
    before = tree(out)
    monkeypatch.setattr("logparse.pipeline.run", lambda *_, **__: pytest.fail("something was read"))
    done = report(log, "--out", out)
    assert done.exit_code == 2
    assert "weeks begin in Europe/Berlin, not UTC; give another folder, or --timezone Europe/Berlin" in done.stderr
    assert tree(out) == before


@pytest.mark.parametrize("text", [b"", b"[]", b"{}", b'{"timezone": "UTC", "weeks": {"2026-W47": {}}}', b"\xff"])
def test_a_damaged_manifest_is_refused(text: bytes, log: Path, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "logparse.json").write_bytes(text)
    done = report(log, "--out", tmp_path / "out")
    assert done.exit_code == 2
    assert "logparse.json: is damaged; remove it" in done.stderr


def test_reports_of_a_week_are_there_in_one_format(log: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    report(log, "--out", out)
    (out / "2026-W47" / "notes.parquet").touch()
    done = report(log, "--out", out, "--format", "parquet", "--week", "2026-W47")
    assert done.exit_code == 0
    assert {path.suffix for path in (out / "2026-W47").iterdir()} == {".parquet"}
    assert (out / "2026-W47" / "notes.parquet").exists()
    assert {path.suffix for path in (out / "2026-W46").iterdir()} == {".csv"}
    assert not (out / "coverage.csv").exists()


def test_a_week_that_the_logs_hold_less_of_is_kept(log: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    report(log, "--out", out)
    before = tree(out / "2026-W47")
    log.write_text(line(18, user="bob") + line(24))
    done = report(log, "--out", out)
    assert done.exit_code == 0
    assert "2026-W47: " in done.stderr
    assert "holds 1 attempt that the logs at hand do not, so its reports were kept" in done.stderr
    assert tree(out / "2026-W47") == before
    assert len(pd.read_parquet(out / "attempts")) == 4
    # Compared with the whole week, not with the half that is left of it.
    (user,) = csv.DictReader((out / "2026-W48" / "by_dag.csv").read_text().splitlines())
    assert user["attempts_change"] == "-1"


def test_a_kept_week_can_be_replaced(log: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    report(log, "--out", out)
    log.write_text(line(18, user="bob"))
    done = report(log, "--out", out, "--replace")
    assert (done.exit_code, "were kept" in done.stderr) == (0, False)
    assert counted(out) == 1
    assert json.loads((out / "logparse.json").read_text())["weeks"]["2026-W47"]["attempts"] == 1


def test_another_server_does_not_push_out_the_first(log: Path, tmp_path: Path) -> None:
    report(log, "--out", tmp_path / "out")
    other = tmp_path / "other.log"
    other.write_text("".join(line(day, client="10.0.0.8") for day in range(16, 22)))
    done = report(other, "--out", tmp_path / "out")
    assert "holds 2 attempts that the logs at hand do not" in done.stderr
    assert counted(tmp_path / "out") == 2


def test_rotation_renames_and_packs_a_log_and_loses_nothing(log: Path, tmp_path: Path) -> None:
    report(log, "--out", tmp_path / "out")
    grown = log.rename(tmp_path / "webserver.log.1")
    grown.write_text(grown.read_text() + line(19))
    done = report(grown, "--out", tmp_path / "out")
    assert "were kept" not in done.stderr
    assert counted(tmp_path / "out") == 3


def test_attempts_that_had_been_counted_twice_make_way_with_a_message(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_text(line(17) * 2)
    report(log, "--out", tmp_path / "out")
    log.write_text(line(17))
    done = report(log, "--out", tmp_path / "out")
    assert "2026-W47: 1 attempt in place of 2; none is missing" in done.stderr
    assert counted(tmp_path / "out") == 1


def test_logs_that_span_less_of_a_week_are_said_to(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    log.write_text("".join(health(day) for day in range(16, 24)) + line(17))
    report(log, "--out", tmp_path / "out")
    log.write_text(line(17))
    done = report(log, "--out", tmp_path / "out")
    assert "2026-W47: written anew, though the logs at hand span less of it" in done.stderr


def test_attempts_without_a_time_are_those_of_the_latest_run(tmp_path: Path) -> None:
    log, out = tmp_path / "a.log", tmp_path / "out"
    log.write_text(UNDATED + line(17))
    report(log, "--out", out)
    assert sorted(pd.read_parquet(out / "attempts")["week"]) == ["2026-W47", "unknown"]
    log.write_text(line(17))
    assert report(log, "--out", out, "--week", "2026-W47").exit_code == 0
    assert part_of(out, None).exists()
    done = report(log, "--out", out)
    assert "1 attempt without a known time, of an earlier run, made way" in done.stderr
    assert pd.read_parquet(out / "attempts")["week"].to_list() == ["2026-W47"]


@pytest.mark.parametrize("fails_at", [1, 4, 7])
def test_a_full_disk_leaves_what_was_there(
    fails_at: int, log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[Path] = []
    out, real = tmp_path / "out", Batch.sink
    report(log, "--out", out)
    before = tree(out)
    log.write_text(log.read_text() + line(24))

    @contextmanager
    def full(batch: Batch, path: Path) -> Iterator[BinaryIO]:
        calls.append(path)
        with real(batch, path) as stream:
            if len(calls) == fails_at:
                raise OSError(28, "No space left on device")
            yield stream

    monkeypatch.setattr(Batch, "sink", full)
    done = report(log, "--out", out)
    assert done.exit_code == 2
    assert f"cannot be written: No space left on device; nothing in {out} was changed" in done.stderr
    assert tree(out) == before
    assert not (out / "2026-W48").exists()
    calls.clear()
    assert report(log, "--out", tmp_path / "new").exit_code == 2
    assert not (tmp_path / "new").exists()


def test_a_data_set_that_cannot_be_read_is_said(log: Path, tmp_path: Path) -> None:
    report(log, "--out", tmp_path / "out")
    part_of(tmp_path / "out", "2026-W47").write_bytes(b"PAR1 no more")
    done = report(log, "--out", tmp_path / "out")
    assert done.exit_code == 2
    assert "holds files that cannot be read" in done.stderr
