"""Pages of weeks that an archive holds, and the index of them.

Owns: which tables of an archive a page is made of, and the names of pages. Must not know: what a page looks like.
"""

from __future__ import annotations

from functools import lru_cache, partial
from typing import TYPE_CHECKING, Final

from logparse.archive.index import NONE
from logparse.common.schema import Severity
from logparse.common.text import count
from logparse.pipeline.weekly.run_record import find_partial_weeks
from logparse.pipeline.weekly.tables import Archive, open_archive
from logparse.pipeline.weekly.week_reports import read_attempts, read_names
from logparse.reports.atomic_files import open_target
from logparse.reports.finding_past import COME, ENDED
from logparse.reports.page import newcomers, week_page
from logparse.reports.page.charts import WeekCounts
from logparse.reports.page.index_page import IndexedWeek, write_index
from logparse.reports.page.week_page import WeekTables, write_page

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pandas as pd

#: Weeks in the trend of a page.
_PAST: Final = 12
#: Characters of the digest of rules that are shown.
_DIGEST: Final = 12
_INDEX: Final = "index.html"
_SEVERE: Final = frozenset({Severity.CRITICAL, Severity.HIGH})


def make_page(place: str, week: str | None = None, write: Callable[[WeekTables], str] = write_page) -> tuple[str, str]:
    """Return the name of a week and its page.

    Args:
        place: where the archive is.
        week: its name; None: the last one.
        write: makes the page; ``write_digest`` makes Markdown for mail and chat.

    Raises:
        OutputError: there is no archive, it has no such week, or it cannot be read.
        OptionError: there can be no such week.
    """
    archive = open_archive(place)
    (name,) = archive.choose_weeks([] if week is None else [week])
    return name, write(_gather(archive, name, partial(_read_names, archive)))


def write_pages(place: str, folder: Path, since: str = "") -> int:
    """Write a page for each week, ``2026-W47.html``, and their index into a folder; return the number of pages.

    Args:
        place: where the archive is.
        folder: where the pages are to be.
        since: the first week that has changed. Pages are written from the week before it on, which links to it, and of
            weeks that have none in the folder.

    Raises:
        OutputError: there is no archive, it has no week or cannot be read, or the pages cannot be written.
    """
    archive = open_archive(place)
    archive.choose_weeks()
    wanted = [
        name
        for name, after in zip(archive.weeks, [*archive.weeks[1:], ""], strict=True)
        if name >= since or after >= since or not (folder / _page_of(name)).exists()
    ]
    names_of = lru_cache(_PAST)(partial(_read_names, archive))  # the next page asks for the same weeks but one
    for name in wanted:
        page = write_page(_gather(archive, name, names_of, _link(archive, name)))
        with open_target(folder / _page_of(name)) as stream:
            stream.write(page.encode("utf-8", "backslashreplace"))
    index = write_index(_list_weeks(archive), archive.index.timezone)
    with open_target(folder / _INDEX) as stream:
        stream.write(index.encode("utf-8", "backslashreplace"))
    return len(wanted) + 1


def _page_of(week: str) -> str:
    return f"{week}.html"


def _gather(
    archive: Archive,
    name: str,
    names_of: Callable[[str], dict[str, set[str]]],
    links: tuple[tuple[str, str], ...] = (),
) -> WeekTables:
    held = archive.index.weeks[name]
    past = archive.weeks[: archive.weeks.index(name) + 1][-_PAST:]
    attempts = read_attempts(archive.storage, held.part, name, [*week_page.COLUMNS])
    return WeekTables(
        week=name,
        zone=archive.zone,
        attempts=attempts,
        findings=archive.read("findings", [name])[0],
        reasons=archive.read("by_reason", [name])[0],
        coverage=archive.read("coverage", [name])[0],
        notes=tuple(_list_notes(archive, name)),
        made=_tell_making(archive, name),
        past=tuple(_count(archive, each) for each in past),
        links=links,
        newcomers=_find_newcomers(attempts, [names_of(week) for week in past[:-1]]),
    )


def _tell_making(archive: Archive, name: str) -> tuple[tuple[str, str], ...]:
    """Return what a week depends on besides the logs."""
    index, held = archive.index, archive.index.weeks[name]
    hidden = [*index.privacy.get("pseudonymize", ()), *index.privacy.get("drop", ())]
    return (
        ("Made by", f"logparse {held.version}, with the rules {held.rules[:_DIGEST]}"),
        ("Weeks begin in", index.timezone),
        ("Equal lines in two logs", f"--overlap {index.overlap}"),
        ("Exports of the database", count(len(index.exports), "file") if index.exports else "none"),
        ("Hidden", ", ".join(hidden) or "nothing"),
    )


def _read_names(archive: Archive, week: str) -> dict[str, set[str]]:
    return read_names(archive.storage, archive.index.weeks[week].part, week, [*newcomers.COLUMNS])


def _find_newcomers(attempts: pd.DataFrame, past: list[dict[str, set[str]]]) -> tuple[newcomers.Newcomers, ...] | None:
    known = {column: set().union(*(names.get(column, ()) for names in past)) for column in newcomers.COLUMNS}
    return newcomers.find_newcomers(attempts, known) if past else None


def _link(archive: Archive, name: str) -> tuple[tuple[str, str], ...]:
    """Return links to the index, and to the weeks before and after."""
    at, weeks = archive.weeks.index(name), archive.weeks
    near = [*weeks[max(at - 1, 0) : at], *weeks[at + 1 : at + 2]]
    return (("All weeks", _INDEX), *((week, _page_of(week)) for week in near))


def _count(archive: Archive, name: str) -> WeekCounts:
    held = archive.index.weeks[name]
    return WeekCounts(name, held.attempts, held.outcomes)


def _list_weeks(archive: Archive) -> list[IndexedWeek]:
    found, _ = archive.read("findings", archive.weeks)
    needed = found[(found["status"] != ENDED) & (found["severity"] != str(Severity.INFO))]
    all_of, new, severe = (
        part["week"].value_counts()
        for part in (
            needed, needed[needed["status"].isin([*map(str, COME)])],
            needed[needed["severity"].isin([*map(str, _SEVERE)])],
        )
    )  # fmt: skip
    listed = []
    for name in archive.weeks:
        note = "partial" if find_partial_weeks(archive.index, [name], archive.zone) else ""
        findings, come, bad = (int(counts.get(name, 0)) for counts in (all_of, new, severe))
        listed.append(IndexedWeek(_count(archive, name), findings, come, bad, note))
    return listed


def _list_notes(archive: Archive, name: str) -> list[str]:
    """Say what is missing of a week."""
    index = archive.index
    notes = [
        f"Nothing was logged from {since:%Y-%m-%d %H:%M} to {until:%Y-%m-%d %H:%M}."
        for since, until in find_partial_weeks(index, [name], archive.zone).get(name, ())
    ]
    if timeless := index.weeks[NONE].attempts if NONE in index.weeks else 0:
        notes.append(f"{count(timeless, 'attempt')} in the archive have no known time, and are in no week.")
    if name in index.stale:
        notes.append("Logs or rules have changed since this week was made: the next logparse report makes it again.")
    return notes
