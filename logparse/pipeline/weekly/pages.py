"""Pages of weeks that an archive holds.

Owns: which tables of an archive a page is made of. Must not know: what a page looks like.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from logparse.archive.index import NONE
from logparse.common.text import count
from logparse.common.weeks import parse_zone
from logparse.pipeline.weekly.run_record import find_partial_weeks
from logparse.pipeline.weekly.tables import open_archive
from logparse.pipeline.weekly.week_reports import read_attempts
from logparse.reports.page.week_page import WeekTables, write_page

if TYPE_CHECKING:
    from logparse.archive.index import Index


def make_page(place: str, week: str | None = None) -> tuple[str, str]:
    """Return the name of a week and its page.

    Args:
        place: where the archive is.
        week: its name; None: the last one.

    Raises:
        OutputError: there is no archive, it has no such week, or it cannot be read.
        ValueError: there can be no such week.
    """
    archive = open_archive(place)
    (name,) = archive.choose_weeks([] if week is None else [week])
    held = archive.index.weeks[name]
    tables = WeekTables(
        week=name,
        zone=archive.zone,
        attempts=read_attempts(archive.storage, held.part, name),
        findings=archive.read("findings", [name])[0],
        coverage=archive.read("coverage", [name])[0],
        notes=tuple(_list_notes(archive.index, name)),
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
