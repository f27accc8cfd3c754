"""The files of an archive beside its weeks: the coverage of all logs, the record of the last run, views for SQL.

Owns: what is in these files. Must not know: when they are written.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from logparse.common.schema import SCHEMA_VERSION
from logparse.common.version import __version__
from logparse.reports import catalog, messages
from logparse.reports.coverage import build_coverage, join_coverage
from logparse.reports.gaps import find_gaps
from logparse.reports.report import DEPLOYMENT, conform
from logparse.reports.table_files import encode_table
from logparse.reports.views import write_views
from logparse.scans.coverage import restore_coverage

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import tzinfo

    from logparse.archive.index import Index
    from logparse.pipeline.weekly.update import Run
    from logparse.scans.coverage import Coverage


def find_partial_weeks(index: Index, weeks: list[str], zone: tzinfo) -> dict[str, list[tuple[datetime, datetime]]]:
    """Return the weeks that the logs cover only in part, with the parts that no log reaches into."""
    spans = [each.span for each in index.sources.values() if each.span is not None]
    parts = {week: find_gaps(week, zone, spans) for week in sorted(weeks) if week[:1].isdigit()}
    return {week: each for week, each in parts.items() if each}


def gather_coverage(index: Index) -> dict[tuple[str, str, str], Coverage]:
    """Return the coverage of each source with all of its attempts, however often it has grown.

    It goes by deployment, name, and the zone that was assumed for times without one.
    """
    totals: defaultdict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for name, week in index.weeks.items():
        for source, number in week.counts.items():
            totals[source][0] += number
            totals[source][1] += number if not name[:1].isdigit() else 0
            totals[source][2] += week.undecided.get(source, 0)
    rows: dict[tuple[str, str, str], Coverage] = {}
    ordered = sorted(index.sources.values(), key=lambda each: (each.deployment, each.name, each.size, each.id))
    for entry in ordered:
        if not entry.counts:
            continue
        attempts, timeless, undecided = totals[entry.id]
        told = replace(entry.coverage, attempts=attempts, timeless=timeless, undecided=undecided)
        key = (entry.deployment, entry.name, entry.zone)
        rows[key] = told if key not in rows else join_coverage(rows[key], told)
    return rows


def encode_coverage(index: Index) -> bytes:
    """Return the file ``coverage``: one row a source, however often it has grown."""
    rows = gather_coverage(index)
    for name, failed in index.failed.items():
        rows.setdefault(("", name, ""), restore_coverage(failed))
    keys = sorted(rows)
    labels: list[Any] = [label or None for label, _, _ in keys]
    frame = build_coverage([rows[key] for key in keys], "").assign(
        deployment=labels,
        zone=[zone if rows[label, name, zone].unzoned else "" for label, name, zone in keys],
    )
    columns = catalog.REPORTS["coverage"].columns
    if len({label for label, _, _ in rows}) > 1:
        columns = (DEPLOYMENT, *columns)
    return encode_table(conform(frame, columns), columns, "parquet" if index.coverage_form == "parquet" else "csv")


def write_sql(
    index: Index, folder: str = ".", wanted: Collection[str] | None = None, chosen: Collection[str] | None = None
) -> str:
    """Return the file ``views.sql``: the tables of the archive for DuckDB, which finds them below a folder.

    Args:
        index: the archive.
        folder: where its files are.
        wanted: the views that are made; None: all.
        chosen: names of the weeks that they show; None: all.
    """
    weeks = [week for name, week in index.weeks.items() if chosen is None or name in chosen]
    forms = {week.form for week in weeks if week.reports}
    return write_views(forms, folder, attempts=any(week.part for week in weeks), wanted=wanted, weeks=chosen)


def make_record(run: Run, began: datetime, mended: Sequence[str], shortcomings: Sequence[str]) -> dict[str, Any]:
    """Return the record of a run, as ``run.json`` holds it for programs that watch over it.

    Args:
        run: the run.
        began: when it began.
        mended: what was repaired after a run that died.
        shortcomings: what was lost, not understood, or is counted twice.
    """
    index, entries = run.index, run.addition.entries
    return {
        "version": __version__,
        "schema": SCHEMA_VERSION,
        "began": began.isoformat(timespec="seconds"),
        "ended": datetime.now(UTC).isoformat(timespec="seconds"),
        "seconds": {name: round(value, 3) for name, value in run.timings.items()},
        "archive": {
            "place": run.wanted.place,
            "timezone": index.timezone,
            "weeks": len([name for name in index.weeks if name[:1].isdigit()]),
            "attempts": sum(week.attempts for week in index.weeks.values()),
            "sources": sum(each.counts for each in index.sources.values()),
        },
        "read": {
            "sources": len(entries),
            "known": len(run.addition.known),
            "bytes": sum(each.bytes for each in entries),
            "lines": sum(each.lines for each in entries),
            "unparsed": sum(each.kinds["unparsed"] for each in entries),
        },
        "weeks": {
            name: {
                "attempts": made.attempts,
                "added": run.added.get(name, 0),
                "outcomes": made.outcomes,
                "findings": made.causes,
            }
            for name, made in sorted(run.made.items())
        },
        "left": index.stale,
        "mended": list(mended),
        "messages": [*messages.list_skipped(run.job.skipped), *run.messages, *messages.list_copies(entries)],
        "problems": list(shortcomings),
    }
