"""The folder of weekly reports: which files a run leaves there, and which of the files in it are our own.

Owns: the layout below the output folder. Must not know: what is in a report, how a file is written.
"""

from __future__ import annotations

import os
import re
from dataclasses import replace as replaced
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import pandas as pd

from logparse import archive as archives
from logparse import reports
from logparse.job import of_weeks
from logparse.plaintext import count
from logparse.spans import missing
from logparse.staging import together
from logparse.write import part_of, write_attempts_dataset, write_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime, tzinfo

    from logparse.archive import Archive
    from logparse.found import Coverage
    from logparse.pipeline import Result
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

    Raises:
        OutputError: a file cannot be written; unless its message says so, all is as it was.
        ValueError: a week is malformed, or its year has no such week.
    """
    attempts = result.attempts
    names = sorted(set(attempts["week"].dropna() if weeks is None else weeks))
    spans = partial(names, archive.zone, result.entries)
    told = dict(archive.weeks)
    kept: list[str] = []
    messages = []
    for name in names:
        rows = attempts[attempts["week"] == name]
        week = archives.week_of_run(rows, spans.get(name, ()), file_format, rules)
        keep, message = (False, "") if replace else archives.compare(archive, name, week, rows)
        messages += [message] if message else []
        if keep:
            kept.append(name)
        else:
            told[name] = week
    if weeks is None and not replace and (lost := archive.lost(None, attempts[attempts["week"].isna()])):
        messages.append(f"{count(lost, 'attempt')} without a known time, of an earlier run, made way for those of this")
    anew = [name for name in names if name not in kept]
    with together(archive.folder) as batch:
        _reports(batch, result, archive, file_format, anew, kept)
        write_attempts_dataset(of_weeks(attempts, anew), archive.folder, batch)
        if weeks is None:
            undated = attempts[attempts["week"].isna()]
            if undated.empty:
                for old in part_of(archive.folder, None).parent.glob("*.parquet"):
                    batch.remove(old)
            write_attempts_dataset(undated, archive.folder, batch)
        with batch.sink(archive.folder / archives.MANIFEST) as stream:
            stream.write(replaced(archive, weeks=dict(sorted(told.items()))).manifest())
    return Written(tuple(names), tuple(messages))


def _reports(
    batch: Batch, result: Result, archive: Archive, file_format: FileFormat, weeks: Sequence[str], kept: Sequence[str]
) -> None:
    folder, zone = archive.folder, archive.zone
    other = "csv" if file_format == "parquet" else "parquet"
    attempts = _with_kept(result.attempts, archive, kept)
    for week, tables in reports.build_all(attempts, result.coverage, result.findings, zone, weeks):
        for name, table in tables.items():
            path = folder / week / f"{name}.{file_format}"
            write_table(table, reports.REPORTS[name].columns, path, file_format, batch)
            batch.remove(path.with_suffix(f".{other}"))
    coverage = reports.REPORTS["coverage"]
    table = coverage.build(reports.ReportInput(attempts, None, zone, result.coverage, result.findings))
    path = folder / f"coverage.{file_format}"
    write_table(table, coverage.columns, path, file_format, batch)
    batch.remove(path.with_suffix(f".{other}"))


def _with_kept(attempts: pd.DataFrame, archive: Archive, kept: Sequence[str]) -> pd.DataFrame:
    """The attempts, those of weeks that stay as they are in the folder."""
    held = [frame for week in kept if (frame := archive.attempts(week)) is not None]
    if not held:
        return attempts
    plain = [frame[list(attempts.columns)].astype(attempts.dtypes.to_dict()) for frame in held]
    return pd.concat([attempts[~attempts["week"].isin(kept)], *plain], ignore_index=True)


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
