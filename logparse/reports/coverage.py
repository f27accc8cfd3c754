"""The report ``coverage``: what was read of each source, and what was not understood.

Owns: its columns, how a source is told of in them, and how the parts of one source are put together. Must not know: how
sources are read or lines are counted, files.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

import pandas as pd

from logparse.common.schema import Column
from logparse.common.text import EXAMPLE_LENGTH, count, encodable
from logparse.reports.report import Report, ReportInput, conform
from logparse.scans.coverage import add_counts

if TYPE_CHECKING:
    from collections.abc import Iterable

    from logparse.scans.coverage import Coverage

_COLUMNS: Final = (
    Column("source", "string", "file as given"),
    Column("format", "string", "line formats found, envelope included"),
    Column("codec", "string", "compression, found by content; empty: none"),
    Column("bytes", "int64", "size after decompression"),
    Column("lines", "int64", "lines in all: access + app + continuation + other + unparsed"),
    Column("access", "int64", "lines that log a request"),
    Column("app", "int64", "lines of the application's own log"),
    Column("continuation", "int64", "lines that belong to the one before, such as a traceback's"),
    Column("other", "int64", "lines of a known kind that show nothing about attempts, such as empty ones and banners"),
    Column("unparsed", "int64", "lines that were not understood"),
    Column("attempts", "int64", "trigger attempts found, of the week; in `coverage` at the top, of all weeks"),
    Column("attempts_without_time", "int64", "trigger attempts without a known time, which are in no week's reports"),
    Column("not_decided", "int64", "trigger attempts whose answers no rule knows: the finding `not-decided` has them"),
    Column("first_time", "timestamp", "earliest time found"),
    Column("last_time", "timestamp", "latest time found"),
    Column("zone", "string", "time zone assumed for times written without one"),
    Column("problem", "string", "what was not read or not counted, or is counted twice; empty: nothing"),
    Column("unparsed_examples", "string", "up to 5 lines that were not understood, secrets removed"),
)


def build_coverage(sources: Iterable[Coverage], zone_name: str) -> pd.DataFrame:
    """Return the table ``coverage``: one row a source, columns as in the report.

    Args:
        sources: what was read.
        zone_name: name of the zone that was assumed for times without one.
    """
    rows = [
        {
            "source": source.source,
            "format": ": ".join(filter(None, (", ".join(source.envelopes), "+".join(source.formats)))),
            "codec": "" if source.codec == "plain" else source.codec,
            "bytes": source.bytes,
            "lines": source.lines,
            **source.kinds,
            "attempts": source.attempts,
            "attempts_without_time": source.timeless,
            "not_decided": source.undecided,
            "first_time": source.first,
            "last_time": source.last,
            "zone": zone_name if source.unzoned else "",
            "problem": _problem(source),
            "unparsed_examples": "\n".join(
                f"{number}: {encodable(line[:EXAMPLE_LENGTH])}" for number, line in source.unparsed
            ),
        }
        for source in sources
    ]
    frame = pd.DataFrame(rows, columns=[column.name for column in _COLUMNS])
    for name in ("first_time", "last_time"):
        frame[name] = pd.to_datetime(frame[name].astype("Int64"), unit="us", utc=True).astype("datetime64[us, UTC]")
    return frame


def join_coverage(one: Coverage, other: Coverage) -> Coverage:
    """Return the coverage of two parts of one source together; what cannot be added is that of the other part."""
    return replace(other, **add_counts(one, other))


def _problem(source: Coverage) -> str:
    """Return what was not read or not counted of a source, or is counted twice; empty if nothing."""
    problems = [source.problem]
    if source.copy_of:
        problems.append(f"holds the same as {source.copy_of}, which is counted; this is not")
    if source.forged:
        problems.append(f"{source.forged} lines were written by strangers to look like log lines; they are not counted")
    if source.repeated:
        problems.append(f"{count(source.repeated, 'line')} delivered more than once, counted once each")
    problems += [f"{number} trigger attempts are counted in {name}" for name, number in source.counted_in]
    return "; ".join(filter(None, problems))


def _build(source: ReportInput) -> pd.DataFrame:
    return conform(source.coverage, _COLUMNS)


REPORT: Final = Report(
    "coverage",
    "What was read, and what was not understood?",
    _COLUMNS,
    _build,
    ("source", "lines", "unparsed", "attempts", "first_time", "last_time", "problem"),
)
