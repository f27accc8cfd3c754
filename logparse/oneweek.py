"""One week: from its attempts to its reports, as they will stand in files. Weeks can be made side by side.

Owns: what is made of a week, and whether what an earlier run made of it stays. Must not know: where files go, in which
process this runs.
"""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from logparse import archive as archives
from logparse import memory, reports, table
from logparse.engines.shared import Shared
from logparse.reports import ReportInput
from logparse.schema import ATTEMPTS
from logparse.summary import Tally
from logparse.weeks import previous_week
from logparse.write import encoded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime, tzinfo

    import pandas as pd

    from logparse.archive import Archive
    from logparse.conclude import Causes
    from logparse.engines import Pool
    from logparse.table import Rows
    from logparse.write import FileFormat

#: Attempts of a week that is made alone, in this process: each takes 300 bytes of memory, and 100 to be handed over.
LARGE: Final = 250_000
#: Columns of the data set; the week is in the names of its folders only.
_OF_DATA_SET = tuple(column for column in ATTEMPTS if column.name != "week")


@dataclass(slots=True)
class Task:
    """What has to be known to make a week.

    Attributes:
        name: of the week; None: the attempts without one, of which there are no reports.
        rows: its attempts.
        before: those of the week before; None: no log holds any.
        also: the week before is made as well, so that it may turn out that it stays as it is in the folder.
        archive: what is in the folder.
        missing: parts of the week that no log spans.
        file_format: of the reports.
        rules: digest of the rules that decided.
        replace: whatever is there goes.
        causes: finds causes.
        coverage: what was read.
        zone: in which weeks begin.
    """

    name: str | None
    rows: Rows
    before: Rows | None
    also: bool
    archive: Archive
    missing: Sequence[tuple[datetime, datetime]]
    file_format: FileFormat
    rules: str
    replace: bool
    causes: Causes
    coverage: pd.DataFrame
    zone: tzinfo


class Made(NamedTuple):
    """A week as it will stand in files.

    Attributes:
        name: of the week.
        week: what the manifest tells of it; None: it stays as it is in the folder, or it is none.
        message: what the user should know; empty: nothing.
        reports: by name.
        attempts: for the data set; None: there are none.
        tally: counts of what was found.
    """

    name: str | None
    week: archives.Week | None
    message: str
    reports: dict[str, bytes]
    attempts: bytes | None
    tally: Tally


def make(task: Task) -> Made:
    """Make a week; the task is without its attempts then.

    Raises:
        OutputError: what the folder holds of it cannot be read.
    """
    memory.give_back()
    name, rows = task.name, task.rows
    task.rows = rows.none()  # a week may be most of what is in memory
    attempts, tried = table.attempts(rows, name, task.zone), task.causes.tried(rows)
    del rows
    found = task.causes.found(name, tried)
    del tried
    tally = Tally()
    tally.add(name, attempts, found)
    if name is None:
        lost = 0 if task.replace else task.archive.lost(None, attempts)
        return Made(name, None, archives.lost_undated(lost), {}, _part(attempts), tally)
    week = archives.week_of_run(attempts, task.missing, task.file_format, task.rules)
    keep, message = (False, "") if task.replace else archives.compare(task.archive, name, week, attempts)
    if keep:
        return Made(name, None, message, {}, None, tally)
    source = ReportInput(attempts, _previous(task, name), task.zone, task.coverage, found)
    # Arrow leaves the interpreter to others, but packing takes memory: of a large week it comes after the reports.
    with Shared() if len(attempts) > LARGE else ThreadPoolExecutor(1, "logparse-part") as beside:
        part = beside.submit(_part, attempts)
        files = {
            each: encoded(frame, reports.REPORTS[each].columns, task.file_format)
            for each, frame in reports.build(source).items()
        }
        return Made(name, week, message, files, part.result(), tally)


def _part(attempts: pd.DataFrame) -> bytes | None:
    """The attempts as the data set holds them; None: there are none."""
    return encoded(attempts, _OF_DATA_SET, "parquet") if len(attempts) else None


def _previous(task: Task, name: str) -> pd.DataFrame | None:
    """The attempts of the week before, those in the folder if these stay; None: no attempts are known of it."""
    past = previous_week(name)
    before = None if task.before is None else table.attempts(task.before, past, task.zone)
    if task.also and not task.replace:
        none = table.attempts(task.rows, past, task.zone)
        if task.archive.lost(past, none if before is None else before):
            return task.archive.attempts(past)
    return before


def each(tasks: Iterable[Task], pool: Pool | None) -> Iterator[Made]:
    """Make weeks, in order: as many at once as the pool has workers, and one that waits for them; large ones alone."""
    begun = deque[Future[Made]]()
    for task in tasks:
        room = 0 if pool is None or len(task.rows) > LARGE else pool.workers + 1
        while begun and len(begun) >= room:
            yield begun.popleft().result()
        if pool is None or not room:
            yield make(task)
        else:
            begun.append(pool.executor.submit(make, task))
    while begun:
        yield begun.popleft().result()
