"""The output folder over many runs: nothing stale, nothing twice, nothing lost unsaid."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import pandas as pd
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from archive_runs import UNDATED, W46, W47, W48, line, many, report, stored, suffixes
from folders import files, invoke, record, rows, verified, visible, watch_weeks, weeks, write

import logparse
from logparse.archive.index import FORM, Index
from logparse.archive.storage.opening import open_storage
from logparse.common.errors import OutputError
from logparse.common.schema import ATTEMPTS
from logparse.pipeline import schedule
from logparse.pipeline.weekly import update
from logparse.reports import catalog
from logparse.reports.table_files import encode_table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("hasty")


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


# -- formats ----------------------------------------------------------------------------------------------------------


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


@pytest.mark.usefixtures("every_report")
def test_the_archive_and_python_say_the_same(tmp_path: Path, out: Path) -> None:
    log = write(tmp_path / "a.log", many(2), line(W46, status=403))
    assert report(log, "--out", out).exit_code == 0
    for week, found in logparse.report(log).items():
        for name, frame in found.items():
            if name != "coverage":  # which is of the week in the archive
                written = encode_table(frame, catalog.REPORTS[name].columns, "csv")
                assert (out / week / f"{name}.csv").read_bytes() == written
