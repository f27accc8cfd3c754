"""The output folder: weeks made side by side, and the data set of attempts as readers open it."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest

import logparse
from logparse import job, weekly
from logparse.archive import open_folder
from logparse.engines import Pool
from logparse.engines.shared import Shared
from logparse.schema import ATTEMPTS

if TYPE_CHECKING:
    from pathlib import Path

#: Lines without a time.
UVICORN = 'INFO:     10.0.0.{n}:4711 - "POST /api/v2/dags/etl/dagRuns HTTP/1.1" 403 Forbidden\n'


def log(path: Path, weeks: int, *, hours: int = 3) -> Path:
    """Attempts over some weeks from 2026-W45 on."""
    lines, now = [], datetime(2026, 11, 2, tzinfo=UTC)
    for n in range(weeks * 7 * 24 // hours):
        user, status = ("-", "ann", "bob")[n % 3], (200, 200, 401, 403, 404)[n % 5]
        lines.append(
            f"10.0.0.{n % 5} - {user} [{now:%d/%b/%Y:%H:%M:%S} +0000] "
            f'"POST /api/v1/dags/dag_{n % 4}/dagRuns HTTP/1.1" {status} {180 + n % 9} "-" "curl/8.5.0"\n'
        )
        now += timedelta(hours=hours)
    path.write_text("".join(lines))
    return path


def write(logs: list[Path], out: Path, *, weeks: list[str] | None = None, pool: Pool | None = None) -> weekly.Written:
    """What a run leaves in a folder."""
    result = job.run(job.prepare([str(each) for each in logs], job.setup(), zone=UTC))
    return weekly.write(result, open_folder(out, UTC), "csv", weeks, rules="", pool=pool)


def files(folder: Path) -> dict[str, bytes]:
    """All that is in a folder."""
    return {str(each.relative_to(folder)): each.read_bytes() for each in sorted(folder.rglob("*")) if each.is_file()}


def test_weeks_made_side_by_side_are_the_same(tmp_path: Path) -> None:
    logs = [log(tmp_path / "a.log", 4)]
    alone = write(logs, tmp_path / "alone")
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as others:
        several = write(logs, tmp_path / "several", pool=Pool(Shared(others, 1), 2))
    assert alone.weeks == several.weeks == ("2026-W45", "2026-W46", "2026-W47", "2026-W48")
    assert files(tmp_path / "alone") == files(tmp_path / "several")
    assert alone.tally.lines(alone.weeks, {}) == several.tally.lines(several.weeks, {})


def test_weeks_are_in_order_and_compared_with_the_one_before(tmp_path: Path) -> None:
    path = log(tmp_path / "a.log", 2)
    path.write_text(path.read_text() + log(tmp_path / "more.log", 1, hours=1).read_text())
    found = logparse.report(path)
    assert list(found) == ["2026-W45", "2026-W46"]
    assert found["2026-W45"]["by_dag"]["attempts_change"].isna().all()
    assert found["2026-W46"]["by_dag"]["attempts_change"].sum() == 7 * 8 - (7 * 8 + 7 * 24)
    chosen = logparse.report(path, weeks=["2026-W49", "2026-W46"])
    assert list(chosen) == ["2026-W46", "2026-W49"]
    assert chosen["2026-W46"]["by_dag"].equals(found["2026-W46"]["by_dag"])
    assert chosen["2026-W49"]["by_dag"].empty
    (tmp_path / "none.log").write_text("")
    assert logparse.report(tmp_path / "none.log") == {}


def test_a_week_that_stays_is_what_the_next_is_compared_with(tmp_path: Path) -> None:
    """An earlier run found more in the second week than the logs at hand hold: it stays, and counts for the third."""
    write([log(tmp_path / "more.log", 2, hours=1)], tmp_path / "out")
    kept = (tmp_path / "out/2026-W46/by_dag.csv").read_bytes()
    for pool in (None, Pool(ThreadPoolExecutor(2), 2)):
        written = write([log(tmp_path / "less.log", 3)], tmp_path / "out", pool=pool)
        assert [message[:8] for message in written.messages] == ["2026-W45", "2026-W46"]
        assert (tmp_path / "out/2026-W46/by_dag.csv").read_bytes() == kept
        table = pd.read_csv(tmp_path / "out/2026-W47/by_dag.csv")
        assert table["attempts_change"].sum() == 7 * 8 - 7 * 24


def test_the_data_set_reads_back_as_one_table_with_the_week(tmp_path: Path) -> None:
    (tmp_path / "undated.log").write_text("".join(UVICORN.format(n=n) for n in range(3)))
    write([log(tmp_path / "a.log", 2), tmp_path / "undated.log"], tmp_path / "out")
    folder = tmp_path / "out/attempts"
    expected = {"2026-W45": 56, "2026-W46": 56, "unknown": 3}
    assert sorted(str(each.relative_to(folder)) for each in folder.rglob("*.parquet")) == [
        f"week={week}/part-0.parquet" for week in expected
    ]
    assert "week" not in pq.read_schema(folder / "week=2026-W45/part-0.parquet").names
    table = ds.dataset(folder, partitioning="hive").to_table()
    assert set(table.column_names) == {column.name for column in ATTEMPTS}
    for weeks in (table["week"], pq.read_table(folder)["week"], pd.read_parquet(folder)["week"]):
        assert (
            pd.Series(weeks.to_pylist() if hasattr(weeks, "to_pylist") else weeks).value_counts().to_dict() == expected
        )


def test_the_data_set_replaces_the_weeks_at_hand_only(tmp_path: Path) -> None:
    path = log(tmp_path / "a.log", 3)
    write([path], tmp_path / "out")
    (old,) = (tmp_path / "out/attempts/week=2026-W46").iterdir()
    old.rename(old.with_name("part-9.parquet"))
    before = files(tmp_path / "out/attempts/week=2026-W47")
    write([path], tmp_path / "out", weeks=["2026-W46", "2026-W50"])
    assert [each.name for each in (tmp_path / "out/attempts/week=2026-W46").iterdir()] == ["part-0.parquet"]
    assert files(tmp_path / "out/attempts/week=2026-W47") == before
    assert not (tmp_path / "out/attempts/week=2026-W50").exists()


def fails(number: int) -> int:
    """Half of a number, if it has one."""
    if number % 2:
        raise ValueError(number)
    return number // 2


def test_who_waits_lends_a_hand() -> None:
    with ThreadPoolExecutor(1) as others:
        executor = Shared(others, 1)
        assert list(executor.map(fails, range(0, 40, 2))) == list(range(20))
        with pytest.raises(ValueError, match="3"):
            executor.submit(fails, 3).result()
        alone = Shared(others, 0)  # nobody else is there
        assert [future.result() for future in [alone.submit(fails, n) for n in (2, 4)]] == [1, 2]
        with pytest.raises(ValueError, match="5"):
            alone.submit(fails, 5).result()
        assert not alone.help()
