"""The lines of a week, as the archive stores them, to what a scan of their sources would find.

Owns: which stored lines count for a week. Must not know: what they mean, what becomes of them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa

from logparse.archive import line_restoring, stored_lines
from logparse.archive.days import read_rows
from logparse.pipeline.weekly.week_task import AROUND
from logparse.scans.scan import Evidence, Request, Scan
from logparse.scans.scanner import tag_columns

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from logparse.archive.index import Entry
    from logparse.pipeline.weekly.week_task import WeekTask
    from logparse.scans.tagging import Tagger


def read_week(task: WeekTask, entries: Sequence[Entry]) -> Iterator[tuple[NDArray[np.int64], pa.Table]]:
    """Yield the lines of a week and of the time around it, some at a time, in order of the numbers of their sources.

    With them come these numbers.

    Lines without a time come with those of a source that has others in the week. Where they are what is asked for, all
    other lines of their source come with them.

    Args:
        task: the week.
        entries: sources; their positions are their numbers.
    """
    numbers = {entry.key.encode(): number for number, entry in enumerate(entries)}
    since = np.array([entry.since for entry in entries], np.int64)
    until = np.array([np.iinfo(np.int64).max if entry.until is None else entry.until for entry in entries], np.int64)
    wanted, beside = (task.timeless, task.objects) if task.bounds is None else (task.objects, task.timeless)
    present: set[int] = set()
    for name in (*wanted, *beside):
        for rows in read_rows(task.storage, name):
            column = rows["source"].combine_chunks()
            known = np.array([numbers.get(word, -1) for word in column.dictionary.to_pylist()], np.int64)
            number, line = known[column.indices.to_numpy()], rows["line"].to_numpy()
            counted = (number >= 0) & (line > since[number]) & (line <= until[number])
            if task.bounds is not None and not rows["time"].null_count:
                time = rows["time"].to_numpy()
                counted &= (time >= task.bounds[0] - AROUND) & (time < task.bounds[1] + AROUND)
            if name in wanted:
                present.update(np.unique(number[counted]).tolist())
            else:
                counted &= np.isin(number, [*present])
            if counted.any():
                places = np.flatnonzero(counted)[np.argsort(number[counted], kind="stable")]
                in_order = np.array_equal(places, np.arange(len(rows)))
                yield number[places], rows if in_order else rows.take(pa.array(places))


def restore_scan(sources: NDArray[np.int64], rows: pa.Table, tagger: Tagger) -> Scan:
    """Return what scans of some sources would find in some of their lines, by the rules at hand.

    Args:
        sources: of each line, the number of its source.
        rows: stored lines, columns as in ``archive.stored_lines.SCHEMA``.
        tagger: says what requests and messages are, by the rules.
    """
    kind = rows["kind"].to_numpy()

    def of_kind(wanted: int) -> tuple[NDArray[np.int64], pa.Table]:
        mine = kind == wanted
        return sources[mine], rows.filter(pa.array(mine))

    of_requests, requests = of_kind(stored_lines.REQUEST)
    of_messages, messages = of_kind(stored_lines.MESSAGE)
    accesses, said = line_restoring.read_requests(requests), line_restoring.read_messages(messages)
    return Scan(
        [
            Request(number, access, tag)
            for number, access, tag in zip(of_requests.tolist(), accesses, tagger.tag_requests(accesses), strict=True)
            if tag is not None
        ],
        [
            Evidence(number, message, event)
            for number, message, event in zip(of_messages.tolist(), said, tagger.tag_messages(said), strict=True)
            if event is not None
        ],
        tagged=[
            found._replace(shadowed=shadowed)
            for number, batch, shadowed in line_restoring.read_batches(*of_kind(stored_lines.BULK_REQUEST))
            if (found := tag_columns(number, batch, tagger)) is not None
        ],
    )
