"""What users see of an archive, and the commands that they type."""

from __future__ import annotations

import csv
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq
from typer.testing import CliRunner

from logparse.cli import app
from logparse.pipeline.weekly import week_reports

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import pytest
    from typer.testing import Result

    from logparse.pipeline.engines.pool import Pool
    from logparse.pipeline.weekly.derivation import MadeWeek
    from logparse.pipeline.weekly.week_task import WeekTask


def invoke(*args: str | Path) -> Result:
    """Type a command."""
    return CliRunner().invoke(app, [*map(str, args)])


def write(path: Path, *lines: str) -> Path:
    """Write lines to a file, and make its folder."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(lines))
    return path


def files(folder: Path) -> dict[str, bytes]:
    """The files below a folder as readers find them."""
    found = {}
    for place, folders, names in os.walk(folder, followlinks=True):
        folders[:] = [name for name in folders if name != ".logparse"]
        for name in names:
            path = Path(place, name)
            found[path.relative_to(folder).as_posix()] = path.read_bytes()
    return found


def visible(folder: Path) -> dict[str, bytes]:
    """The same without the records of runs, which tell when these were."""
    return {path: data for path, data in files(folder).items() if path.rpartition("/")[2] != "run.json"}


def rows(path: Path) -> list[dict[str, str]]:
    """Rows of a report."""
    return list(csv.DictReader(path.read_text().splitlines()))


def weeks(out: Path) -> dict[str, int]:
    """Attempts of each week in the data set."""
    found = {
        each.parent.name.removeprefix("week="): len(pq.read_table(each, partitioning=None))
        for each in out.glob("attempts/week=*/*.parquet")
    }
    return dict(sorted(found.items()))


def record(out: Path) -> Any:
    """What the last run tells of itself."""
    return json.loads((out / "run.json").read_text())


def verified(out: Path) -> None:
    """See that all of an archive is as it was written."""
    done = invoke("archive", "verify", out)
    assert (done.exit_code, done.stdout) == (0, f"{out}: nothing is missing or damaged\n")


def watch_weeks(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Note of each run from now on whether the workers of its pool share the making of weeks."""
    shared: list[bool] = []
    made = week_reports.make_weeks

    def watched(tasks: Sequence[WeekTask], before: Callable[[str], str], pool: Pool | None) -> Iterator[MadeWeek]:
        shared.append(pool is not None)
        return made(tasks, before, pool)

    monkeypatch.setattr(week_reports, "make_weeks", watched)
    return shared
