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

    from logparse.archive.index import Entry
    from logparse.pipeline.weekly.week_task import WeekTask
    from logparse.scans.tagging import Tagger


def read_week(task: WeekTask, entries: Sequence[Entry]) -> Iterator[tuple[int, pa.Table]]:
    """Yield the lines of a week and of the time around it, some at a time, with the number of their source.

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
            for source in np.unique(number[counted]).tolist():
                if name in wanted:
                    present.add(source)
                elif source not in present:
                    continue
                of_source = counted & (number == source)
                yield source, rows if of_source.all() else rows.filter(pa.array(of_source))


def restore_scan(number: int, rows: pa.Table, tagger: Tagger) -> Scan:
    """Return what a scan of a source would find in some of its lines, by the rules at hand.

    Args:
        number: number of the source.
        rows: stored lines, columns as in ``archive.stored_lines.SCHEMA``.
        tagger: says what requests and messages are, by the rules.
    """
    kind = rows["kind"].to_numpy()
    accesses = line_restoring.read_requests(rows.filter(pa.array(kind == stored_lines.REQUEST)))
    messages = line_restoring.read_messages(rows.filter(pa.array(kind == stored_lines.MESSAGE)))
    batches = line_restoring.read_batches(rows.filter(pa.array(kind == stored_lines.BULK_REQUEST)))
    return Scan(
        [
            Request(number, access, tag)
            for access, tag in zip(accesses, tagger.tag_requests(accesses), strict=True)
            if tag is not None
        ],
        [
            Evidence(number, message, event)
            for message, event in zip(messages, tagger.tag_messages(messages), strict=True)
            if event is not None
        ],
        tagged=[
            found._replace(shadowed=shadowed)
            for batch, shadowed in batches
            if (found := tag_columns(number, batch, tagger)) is not None
        ],
    )
