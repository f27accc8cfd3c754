"""Pages of weeks that an archive holds.

Owns: which tables of an archive a page is made of. Must not know: what a page looks like.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pandas as pd

from logparse.archive.index import NONE
from logparse.archive.storage.opening import open_storage
from logparse.common.errors import OutputError
from logparse.common.text import count
from logparse.common.weeks import parse_zone
from logparse.pipeline.weekly.contents import read_index
from logparse.pipeline.weekly.run_record import find_partial_weeks
from logparse.pipeline.weekly.week_reports import read_attempts
from logparse.reports.page.week_page import WeekTables, write_page

if TYPE_CHECKING:
    from logparse.archive.index import Index, Week
    from logparse.archive.storage.interface import Storage


def make_page(place: str, week: str | None = None) -> tuple[str, str]:
    """Return the name of a week and its page.

    Args:
        place: where the archive is.
        week: its name; None: the last one.

    Raises:
        OutputError: there is no archive, it has no such week, or it cannot be read.
    """
    storage = open_storage(place)
    index = read_index(storage, place)
    weeks = sorted(set(index.weeks) - {NONE})
    if not weeks:
        raise OutputError(place, "holds no week yet; logparse report adds some")
    name = weeks[-1] if week is None else week
    if name not in weeks:
        raise OutputError(place, f"has no week {name}; the last ones are {', '.join(weeks[-5:])}")
    held = index.weeks[name]
    tables = WeekTables(
        week=name,
        zone=parse_zone(index.timezone),
        attempts=read_attempts(storage, held.part, name),
        findings=_read_report(storage, held, "findings"),
        coverage=_read_report(storage, held, "coverage"),
        notes=tuple(_list_notes(index, name)),
        rules=held.rules,
    )
    return name, write_page(tables)


def _list_notes(index: Index, name: str) -> list[str]:
    """Say what is missing of a week."""
    notes = [
        f"Nothing was logged from {since:%Y-%m-%d %H:%M} to {until:%Y-%m-%d %H:%M}."
        for since, until in find_partial_weeks(index, [name], parse_zone(index.timezone)).get(name, ())
    ]
    if timeless := index.weeks[NONE].attempts if NONE in index.weeks else 0:
        notes.append(f"{count(timeless, 'attempt')} in the archive have no known time, and are in no week.")
    if name in index.stale:
        notes.append("Logs or rules have changed since this week was made: the next logparse report makes it again.")
    return notes


def _read_report(storage: Storage, week: Week, name: str) -> pd.DataFrame:
    """Return a report with its cells as texts."""
    with storage.open(week.reports[name]) as stream:
        data = io.BytesIO(stream.read())
    if week.form == "parquet":
        return pd.read_parquet(data).astype(object)
    frame = pd.read_csv(data, dtype=str, keep_default_na=False)
    return frame.assign(**{str(column): frame[column].str.removeprefix("'") for column in frame})
