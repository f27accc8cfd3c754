"""The tables of an archive, read back: reports and attempts of its weeks.

Owns: which weeks are meant, and how tables of several weeks are put together. Must not know: what is done with them.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

import pandas as pd
import pyarrow as pa

from logparse.archive.index import NONE
from logparse.archive.storage.opening import open_storage
from logparse.common.errors import OutputError, checked
from logparse.common.schema import ATTEMPTS, Column
from logparse.common.weeks import parse_start, parse_zone, week_at, week_bounds
from logparse.pipeline.weekly.contents import read_index
from logparse.pipeline.weekly.week_reports import read_attempts
from logparse.reports import catalog
from logparse.reports.report import DEPLOYMENT, WEEK, conform
from logparse.reports.table_reading import decode_table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import tzinfo

    from logparse.archive.index import Index
    from logparse.archive.storage.interface import Storage

#: The name of the table with one row for each attempt.
ALL: Final = "attempts"
#: The columns of that table that a screen of 80 characters has room for.
BRIEF: Final = ("time", "user", "dag_id", "outcome", "reason", "confidence")


@dataclass(frozen=True)
class Archive:
    """An archive that is read.

    Attributes:
        place: where it is.
        storage: what holds it.
        index: what it holds.
    """

    place: str
    storage: Storage
    index: Index

    @cached_property
    def zone(self) -> tzinfo:
        """The zone in which its weeks begin."""
        return parse_zone(self.index.timezone)

    @cached_property
    def weeks(self) -> list[str]:
        """The names of its weeks, in order."""
        return sorted(set(self.index.weeks) - {NONE})

    def choose_weeks(self, weeks: Sequence[str] = (), since: str | None = None) -> list[str]:
        """Return names of weeks, in order: those asked for; without any, the last one.

        Args:
            weeks: names of weeks.
            since: all weeks that end after this one begins: a week, or a day such as ``2026-11-22``.

        Raises:
            OutputError: the archive has no such week, or none.
            OptionError: there can be no such week or day; its ``option`` is ``weeks`` or ``since``.
        """
        for name in weeks:
            checked("weeks", lambda week: week_bounds(week, self.zone), name)
        if missing := sorted(set(weeks) - set(self.weeks)):
            raise OutputError(self.place, f"has no week {missing[0]}; the last ones are {', '.join(self.weeks[-5:])}")
        if not self.weeks:
            raise OutputError(self.place, "holds no week yet; logparse report adds some")
        if since is None:
            return sorted(set(weeks)) or self.weeks[-1:]
        first = week_at(checked("since", lambda start: parse_start(start, self.zone), since), self.zone)
        chosen = sorted({name for name in weeks or self.weeks if name >= first})
        if not chosen:
            raise OutputError(self.place, f"has no such week from {first} on; the last one is {self.weeks[-1]}")
        return chosen

    def read(self, name: str, weeks: Sequence[str]) -> tuple[pd.DataFrame, tuple[Column, ...]]:
        """Return a table of some weeks, and its columns, with the dtypes of ``reports.report``.

        Reports have the columns ``week`` and ``deployment`` in front of their own. The latter is empty where the
        archive has one deployment only.

        Args:
            name: ``attempts``, or the name of a report.
            weeks: names of weeks that the archive has.

        Raises:
            OutputError: the table of a week cannot be read.
        """
        if name == ALL:
            parts = [read_attempts(self.storage, self.index.weeks[week].part, week) for week in weeks]
            return pd.concat([conform(part, ATTEMPTS) for part in parts], ignore_index=True), ATTEMPTS
        columns = (WEEK, DEPLOYMENT, *catalog.REPORTS[name].columns)
        frames = [self._read_report(name, week, columns).assign(week=week) for week in weeks]
        return pd.concat([conform(frame, columns) for frame in frames], ignore_index=True), columns

    def _read_report(self, name: str, week: str, columns: tuple[Column, ...]) -> pd.DataFrame:
        held = self.index.weeks[week]
        if name not in held.reports:  # an earlier version had no such report
            return pd.DataFrame(columns=[column.name for column in columns])
        try:
            with self.storage.open(held.reports[name]) as stream:
                return decode_table(stream.read(), columns, held.form)
        except (OSError, ValueError, pa.ArrowException) as error:
            raise OutputError(self.place, f"{name} of {week} cannot be read ({error}); see archive verify") from error


def open_archive(place: str) -> Archive:
    """Return an archive to be read.

    Raises:
        OutputError: there is none, or it cannot be read.
    """
    storage = open_storage(place)
    return Archive(place, storage, read_index(storage, place))
