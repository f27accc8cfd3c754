"""The report ``coverage``: what was read, what was kept, and what was not understood.

Owns: the names, order and meanings of its columns. Must not know: how sources are read or lines are counted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from logparse.common.schema import Column
from logparse.reports.report import Report, ReportInput, conform

if TYPE_CHECKING:
    import pandas as pd

_COLUMNS: Final = (
    Column("source", "string", "file as given"),
    Column("format", "string", "line formats found, envelope included"),
    Column("codec", "string", "compression, found by content; empty: none"),
    Column("bytes", "int64", "size after decompression"),
    Column("lines", "int64", "lines in all: access + app + continuation + other + unparsed"),
    Column("access", "int64", "lines that log a request"),
    Column("app", "int64", "lines of the application's own log"),
    Column("continuation", "int64", "lines that belong to the one before, such as a traceback's"),
    Column("other", "int64", "lines of a known kind that tells nothing, such as empty ones and banners"),
    Column("unparsed", "int64", "lines that were not understood"),
    Column("attempts", "int64", "trigger attempts found, of the week; in `coverage` at the top, of all weeks"),
    Column("attempts_without_time", "int64", "trigger attempts without a known time, which are in no week's reports"),
    Column("first_time", "timestamp", "earliest time found"),
    Column("last_time", "timestamp", "latest time found"),
    Column("zone", "string", "time zone assumed for times written without one"),
    Column("problem", "string", "what was not read or not counted, or is counted twice; empty: nothing"),
    Column("unparsed_examples", "string", "up to 5 lines that were not understood, secrets removed"),
)


def _build(source: ReportInput) -> pd.DataFrame:
    return conform(source.coverage, _COLUMNS)


REPORT: Final = Report("coverage", "What was read, and what was not understood?", _COLUMNS, _build)
