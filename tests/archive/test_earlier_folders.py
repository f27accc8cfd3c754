"""Folders that versions before the archive wrote: they are taken over, and nothing in them counts twice."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from archive_runs import UNDATED, W47, W48, counted, line, report
from folders import invoke, record, rows, verified, visible, weeks, write

import logparse
from logparse.pipeline.weekly.derivation import DATA_SET_COLUMNS
from logparse.reports import catalog
from logparse.reports.table_files import encode_table

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("hasty")


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


@pytest.mark.sampled(3)
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
