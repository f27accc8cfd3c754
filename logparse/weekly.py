"""The folder of weekly reports: which files a run leaves there, and which of the files in it are our own.

Owns: the layout below the output folder. Must not know: what is in a report, how a file is written.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from logparse import reports
from logparse.job import of_weeks
from logparse.spans import missing
from logparse.write import write_attempts_dataset, write_table

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime, tzinfo

    from logparse.pipeline import Result
    from logparse.scan import Coverage
    from logparse.write import FileFormat

_WEEK_FOLDER: Final = re.compile(r"\d{4}-W\d{2}")


def write(
    result: Result, folder: Path, file_format: FileFormat, zone: tzinfo, weeks: Sequence[str] | None
) -> tuple[str, ...]:
    """Write all reports of the weeks, the attempts of these weeks, and at the top what was read.

    A week without attempts gets headers only. Files of the same name are replaced, others stay.

    Args:
        result: what a run found.
        folder: where to write; made if missing.
        file_format: of the reports; the data set of attempts is Parquet always.
        zone: in which weeks begin.
        weeks: the weeks wanted; None for all that have attempts.

    Returns:
        The weeks written, in order.

    Raises:
        OutputError: a file cannot be written; those before it were.
        ValueError: a week is malformed, or its year has no such week.
    """
    written = []
    for week, tables in reports.build_all(result.attempts, result.coverage, result.findings, zone, weeks):
        for name, table in tables.items():
            write_table(table, reports.REPORTS[name].columns, folder / week / f"{name}.{file_format}", file_format)
        written.append(week)
    write_attempts_dataset(of_weeks(result.attempts, weeks), folder)
    coverage = reports.REPORTS["coverage"]
    table = coverage.build(reports.ReportInput(result.attempts, None, zone, result.coverage, result.findings))
    write_table(table, coverage.columns, folder / f"coverage.{file_format}", file_format)
    return tuple(written)


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
        return parts[0] in {"coverage.csv", "coverage.parquet"}
    if parts[0] == "attempts":
        return parts[1].startswith("week=")
    return bool(_WEEK_FOLDER.fullmatch(parts[0])) and Path(parts[-1]).stem in reports.REPORTS
