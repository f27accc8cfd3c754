"""The folder of weekly reports: which files a run leaves there, and which of the files in it are our own.

Owns: the layout below the output folder. Must not know: what is in a report, how a file is written.
"""

from __future__ import annotations

import os
import re
from dataclasses import replace as replaced
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from logparse import archive as archives
from logparse import reports
from logparse.plaintext import count
from logparse.reports import ReportInput
from logparse.spans import missing
from logparse.staging import together
from logparse.weeks import previous_week
from logparse.write import part_of, write_attempts_dataset, write_table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime, tzinfo

    import pandas as pd

    from logparse.archive import Archive
    from logparse.conclude import Result, Week
    from logparse.found import Coverage
    from logparse.staging import Batch
    from logparse.write import FileFormat

_WEEK_FOLDER: Final = re.compile(r"\d{4}-W\d{2}")


class Written(NamedTuple):
    """What a run left in the folder: the weeks reported, in order, and what the user should know of some."""

    weeks: tuple[str, ...]
    messages: tuple[str, ...]


def write(
    result: Result,
    archive: Archive,
    file_format: FileFormat,
    weeks: Sequence[str] | None,
    *,
    rules: str,
    replace: bool = False,
    on_week: Callable[[str | None, Week], None] | None = None,
) -> Written:
    """Write all reports of the weeks, the attempts of these weeks, and at the top what was read: all of it or nothing.

    A week without attempts gets headers only. A week of which the folder holds attempts that this run did not find
    stays as it is, and others are compared with it as it is there. Reports of the same week in the other format go.

    Args:
        result: what a run found.
        archive: where to write; the folder is made if missing.
        file_format: of the reports; the data set of attempts is Parquet always.
        weeks: the weeks wanted; None for all that have attempts.
        rules: digest of the rules that decided.
        replace: write weeks anew whatever is there.
        on_week: told what was found in each week, and without a week (None).

    Raises:
        OutputError: a file cannot be written; unless its message says so, all is as it was.
        ValueError: a week is malformed, or its year has no such week.
    """
    names = sorted(result.decided.weeks if weeks is None else set(weeks))
    spans = partial(names, archive.zone, result.entries)
    told = dict(archive.weeks)
    messages: list[str] = []
    held: dict[str, pd.DataFrame | None] = {}
    with together(archive.folder) as batch:
        for name, found, before in result.compared(names):
            if on_week is not None:
                on_week(name, found)
            week = archives.week_of_run(found.attempts, spans.get(name, ()), file_format, rules)
            keep, message = (False, "") if replace else archives.compare(archive, name, week, found.attempts)
            messages += [message] if message else []
            if keep:
                held = {name: archive.attempts(name)}
                continue
            told[name] = week
            previous = held.get(previous_week(name), before)
            source = ReportInput(found.attempts, previous, archive.zone, result.coverage, found.findings)
            _reports(batch, archive.folder / name, reports.build(source), file_format)
            write_attempts_dataset(found.attempts, archive.folder, batch)
        undated = result.week(None)
        if weeks is None:
            if on_week is not None:
                on_week(None, undated)
            messages += _undated(batch, archive, undated.attempts, replace=replace)
        source = ReportInput(undated.attempts, None, archive.zone, result.coverage, undated.findings)
        _reports(batch, archive.folder, {"coverage": reports.REPORTS["coverage"].build(source)}, file_format)
        with batch.sink(archive.folder / archives.MANIFEST) as stream:
            stream.write(replaced(archive, weeks=dict(sorted(told.items()))).manifest())
    return Written(tuple(names), tuple(messages))


def _undated(batch: Batch, archive: Archive, attempts: pd.DataFrame, *, replace: bool) -> list[str]:
    """Write the attempts without a known time, in place of all that are there; what is lost by that, in words."""
    lost = 0 if replace else archive.lost(None, attempts)
    if attempts.empty:
        for old in part_of(archive.folder, None).parent.glob("*.parquet"):
            batch.remove(old)
    write_attempts_dataset(attempts, archive.folder, batch)
    if not lost:
        return []
    return [f"{count(lost, 'attempt')} without a known time, of an earlier run, made way for those of this"]


def _reports(batch: Batch, folder: Path, tables: Mapping[str, pd.DataFrame], file_format: FileFormat) -> None:
    """Write reports, in place of those of the same names in the other format."""
    other = "csv" if file_format == "parquet" else "parquet"
    for name, frame in tables.items():
        path = folder / f"{name}.{file_format}"
        write_table(frame, reports.REPORTS[name].columns, path, file_format, batch)
        batch.remove(path.with_suffix(f".{other}"))


def partial(
    weeks: Iterable[str], zone: tzinfo, entries: Iterable[Coverage]
) -> dict[str, list[tuple[datetime, datetime]]]:
    """Weeks that the logs do not span, with the parts that they do not reach into; whole weeks are not in it."""
    spans = [(each.first, each.last) for each in entries if each.first is not None and each.last is not None]
    parts = {week: missing(week, zone, spans) for week in weeks}
    return {week: each for week, each in parts.items() if each}


def is_report(path: Path, folder: Path) -> bool:
    """Whether a file is what ``write`` leaves in ``folder``, so that it is not read as a log the next time."""
    try:
        # Path.resolve raises RuntimeError for a link to itself before Python 3.13.
        parts = Path(os.path.realpath(path)).relative_to(os.path.realpath(folder)).parts
    except ValueError:
        return False
    if len(parts) == 1:
        return parts[0] in {"coverage.csv", "coverage.parquet", archives.MANIFEST}
    if parts[0] == "attempts":
        return parts[1].startswith("week=")
    return bool(_WEEK_FOLDER.fullmatch(parts[0])) and Path(parts[-1]).stem in reports.REPORTS
