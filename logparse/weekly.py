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
from logparse import oneweek, reports, summary
from logparse.oneweek import Task
from logparse.reports.report import conform
from logparse.spans import missing
from logparse.staging import together
from logparse.weeks import previous_week
from logparse.write import encoded, part_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime, tzinfo

    from logparse.archive import Archive
    from logparse.conclude import Result
    from logparse.engines import Pool
    from logparse.found import Coverage
    from logparse.oneweek import Made
    from logparse.staging import Batch
    from logparse.summary import Tally
    from logparse.write import FileFormat

_WEEK_FOLDER: Final = re.compile(r"\d{4}-W\d{2}")


class Written(NamedTuple):
    """What a run left in the folder: the weeks reported, in order, what the user should know of some, and counts."""

    weeks: tuple[str, ...]
    messages: tuple[str, ...]
    tally: Tally


def write(
    result: Result,
    archive: Archive,
    file_format: FileFormat,
    weeks: Sequence[str] | None,
    *,
    rules: str,
    replace: bool = False,
    pool: Pool | None = None,
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
        pool: makes several weeks at once; None: they are made here, one by one.

    Raises:
        OutputError: a file cannot be written; unless its message says so, all is as it was.
        ValueError: a week is malformed, or its year has no such week.
    """
    names = sorted(result.decided.weeks if weeks is None else set(weeks))
    spans = partial(names, archive.zone, result.entries)
    told, tally = dict(archive.weeks), summary.Tally()
    messages: list[str] = []
    other = "csv" if file_format == "parquet" else "parquet"

    def tasks() -> Iterator[Task]:
        of = result.decided.of
        for name in names if weeks is not None else (*names, None):
            past = "" if name is None else previous_week(name)
            yield Task(
                name, of(name), of(past) if past in result.decided.weeks else None, past in names, archive,
                spans.get(name or "", ()), file_format, rules, replace, result.causes, result.coverage, result.zone,
            )  # fmt: skip

    with together(archive.folder) as batch:

        def put(path: Path, data: bytes) -> None:
            with batch.sink(path) as stream:
                stream.write(data)
            batch.remove(path.with_suffix(f".{other}"))

        for made in oneweek.each(tasks(), pool):
            tally += made.tally
            messages += [made.message] if made.message else []
            if made.name is not None and made.week is not None:
                told[made.name] = made.week
                for name, data in made.reports.items():
                    put(archive.folder / made.name / f"{name}.{file_format}", data)
            _data_set(batch, archive.folder, made)
        columns = reports.REPORTS["coverage"].columns
        coverage = encoded(conform(result.coverage, columns), columns, file_format)
        put(archive.folder / f"coverage.{file_format}", coverage)
        with batch.sink(archive.folder / archives.MANIFEST) as stream:
            stream.write(replaced(archive, weeks=dict(sorted(told.items()))).manifest())
    return Written(tuple(names), tuple(messages), tally)


def _data_set(batch: Batch, folder: Path, made: Made) -> None:
    """Put the attempts of a week into the data set, in place of all that are there."""
    path = part_of(folder, made.name)
    if made.attempts is not None:
        with batch.sink(path) as stream:
            stream.write(made.attempts)
    if made.attempts is not None or made.name is None:
        for old in path.parent.glob("*.parquet"):
            if made.attempts is None or old != path:  # else its rows would count twice
                batch.remove(old)


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
