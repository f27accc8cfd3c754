"""Exports of the database that a run adds to an archive.

Owns: storing exports, and which weeks they concern. Must not know: how exports are stored, what a record means.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from logparse.archive.index import DAY, NONE
from logparse.archive.stored_exports import store_exports
from logparse.pipeline.weekly.week_task import weeks_near

if TYPE_CHECKING:
    from logparse.archive.index import Index
    from logparse.archive.storage.interface import Storage
    from logparse.pipeline.options import Options


def add_exports(
    storage: Storage, index: Index, options: Options, sources: set[str]
) -> tuple[set[str], dict[str, dict[str, str]]]:
    """Store the exports of a run: records for the weeks that they reach into, users and roles for those of its logs.

    Args:
        storage: where the archive is.
        index: what the archive holds; it is changed in place.
        options: what the run is asked for.
        sources: ids of the logs of the run.

    Returns:
        The days that records concern; and by week and deployment, the object that holds users and roles.

    Raises:
        OutputError: exports cannot be stored.
    """
    touched: set[str] = set()
    label = options.deployment or ""
    if not options.exports.given:
        return touched, {}
    records, who = store_exports(storage, options.exports, label)
    if records is not None and records not in index.exports:
        index.exports.append(records)
        index.exports.sort(key=lambda export: (export.deployment, export.object))
        for since, until in records.spans:
            first, last = since // DAY - 1, until // DAY + 1
            touched |= {day for day in index.days if day == NONE or first <= int(day) <= last}
    if not who:
        return touched, {}
    days = {day for name in sources if name in index.sources for day in index.sources[name].days}
    weeks = weeks_near(days, options.zone, around=0)
    other = {name for name in weeks if name in index.weeks and index.weeks[name].people.get(label) != who}
    index.stale = sorted({*index.stale, *other})
    return touched, {name: {label: who} for name in weeks}
