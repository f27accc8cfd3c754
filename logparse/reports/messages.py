"""Messages to the person who started a run: what was read, what was not understood, what exports were good for.

Owns: the wording of these messages, and their order. Must not know: where they are printed, how anything was found out.
"""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import TYPE_CHECKING, Final

from logparse.common.text import EXAMPLE_LENGTH, count, printable, shorten, size
from logparse.common.timestamps import format_time
from logparse.formats.loader import lone_formats
from logparse.reports.other_forms import find_export, find_other_form

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import tzinfo

    from logparse.lines.access import Access
    from logparse.scans.coverage import Coverage
    from logparse.sources.source import Source
    from logparse.verdicts.attempt import Attempt
    from logparse.verdicts.exports.loader import Exports

_DETAILED: Final = 5  # sources of which examples are shown
_EXAMPLES: Final = 3
_EXAMPLE_WIDTH: Final = 80


def summarise_reading(entries: Sequence[Coverage]) -> str:
    """Return one line on what was read."""
    lines, unparsed = sum(entry.lines for entry in entries), sum(entry.kinds["unparsed"] for entry in entries)
    amount = f"{count(len(entries), 'source')}, {count(lines, 'line')}, {size(sum(entry.bytes for entry in entries))}"
    forged = sum(entry.forged for entry in entries)
    left_out = f"; {count(forged, 'line')} forged by strangers and left out" if forged else ""
    return f"Read {amount}; {count(unparsed, 'line')} not understood{left_out}."


def list_unfilled(empty: Sequence[str], archives: Mapping[str, str]) -> list[str]:
    """Return a message for each path in which there is no log.

    Args:
        empty: the paths.
        archives: those of them in which reports of logparse are, and the folder of each archive.
    """
    return [
        f"{printable(path)}: is an archive of logparse, not a log; its attempts are in "
        f"{printable(archives[path])}/attempts, as Parquet files"
        if path in archives
        else f"{printable(path)}: there is no log in it; check that it is the right place, and that it is mounted"
        for path in empty
    ]


def list_skipped(skipped: Sequence[str]) -> list[str]:
    """Return a message about all files that have no names of logs; none if there are no such files."""
    if not skipped:
        return []
    shown = ", ".join(map(printable, skipped[:_EXAMPLES])) + (" ..." if len(skipped) > _EXAMPLES else "")
    return [f"{count(len(skipped), 'file')} not read, since they are markers, empty, hidden or dead links: {shown}"]


def list_empty(entries: Sequence[Coverage], sources: Sequence[Source]) -> list[str]:
    """Return a message for each source that somebody named and that holds nothing.

    Args:
        entries: what was read.
        sources: what was to be read.
    """
    named = {source.name for source in sources if not source.found}
    return [
        f"{printable(entry.source)}: is empty"
        for entry in entries
        if entry.source in named and not entry.bytes and not entry.problem
    ]


def list_copies(entries: Sequence[Coverage]) -> list[str]:
    """Return a message for everything that was left out of a source because another source holds it too."""
    return [
        f"{printable(entry.source)}: {problem}"
        for entry in entries
        for problem in (
            *([f"holds the same as {printable(entry.copy_of)}; counted once"] if entry.copy_of else ()),
            *([f"{count(entry.repeated, 'line')} delivered more than once; counted once"] if entry.repeated else ()),
            *(
                f"{count(number, 'trigger attempt')} also in {printable(name)}; counted there"
                for name, number in entry.counted_in
            ),
        )
    ]


def list_shortcomings(entries: Sequence[Coverage]) -> list[str]:
    """Return a message for each source that was not read or not understood in full, with what to try."""
    unread = [f"{printable(entry.source)}: {printable(entry.problem)}" for entry in entries if entry.problem]
    strange = [entry for entry in entries if entry.kinds["unparsed"] or _is_unknown(entry)]
    strange.sort(key=lambda entry: (not _is_unknown(entry), -entry.kinds["unparsed"], entry.source))
    rest = len(strange) - _DETAILED
    more = [f"... and {count(rest, 'source')} more with lines that were not understood; see the coverage report"]
    return unread + [_describe_strange(entry) for entry in strange[:_DETAILED]] + (more if rest > 0 else [])


def _is_unknown(entry: Coverage) -> bool:
    """True if a source is not empty and none of its lines was recognised."""
    strange = entry.kinds["unparsed"] or (
        entry.kinds["continuation"] and entry.formats.keys().isdisjoint(lone_formats())
    )
    return entry.kinds["access"] + entry.kinds["app"] == 0 and bool(strange)


def _describe_strange(entry: Coverage) -> str:
    name = printable(entry.source)
    if _is_unknown(entry):
        problem = f"{name}: its format is not known, none of {count(entry.lines, 'line')} was understood"
    else:
        problem = f"{name}: {entry.kinds['unparsed']:,} of {count(entry.lines, 'line')} not understood"
    examples = [
        f"  line {number}: {shorten(printable(line[:EXAMPLE_LENGTH]), _EXAMPLE_WIDTH)}"
        for number, line in entry.unparsed[:_EXAMPLES]
    ]
    file = "FILE" if entry.source == "-" else name
    remedy = (
        "  try --log-format or --app-format with the format string of the server, --message-field with the JSON key or "
        f"CSV column that holds the line, or: logparse formats detect {file}"
    )
    if form := find_other_form(entry.unparsed, among=not _is_unknown(entry)):
        remedy = f"  it looks like {form.what}; {form.instead}"
    elif _is_unknown(entry) and (export := find_export(entry.unparsed)):
        remedy = f"  it looks like an export of Airflow's {export[0]}; such evidence is given with {export[1]} {file}"
    return "\n".join([problem + (", such as" if examples else ""), *examples, remedy])


def missing_pages(given: Exports) -> tuple[str, ...]:
    """Return a message for each export from the API that lacks some of its pages."""
    return tuple(
        f"{gap.export}: {gap.total - gap.present:,} of {count(gap.total, 'row')} are missing from the export: get the "
        "other pages of the API too (offset=100, offset=200 ...)"
        for gap in given.gaps
    )


#: A time that may be off by more than this is said to be not sure.
_HOUR: Final = 3_600_000_000


def describe_times(attempts: Sequence[Attempt], zone: tzinfo) -> tuple[str, ...]:
    """Return a message if the time of attempts is not sure: off by more than an hour perhaps, or in another week."""
    near = [each.request.access for each in attempts if each.request.access.time_source == "neighbour"]
    unsure = [access for access in near if not _is_sure(access, zone)]
    if not unsure:
        return ()
    hours = -(-max(access.time_within or 0 for access in unsure) // _HOUR)
    most = (
        f"up to {count(hours, 'hour')} off" if all(access.time_within for access in unsure) else "off by hours or days"
    )
    message = (
        f"times: {count(len(unsure), 'attempt')} without a time of its own; that of an app line stands for it, may be "
        f"{most}, and the week another (time_within_s)"
    )
    return (message,)


def _is_sure(access: Access, zone: tzinfo) -> bool:
    if access.time is None or access.time_within is None or access.time_within > _HOUR:
        return False
    first, last = (
        datetime.fromtimestamp(at / 1_000_000, zone) for at in (access.time, access.time + access.time_within)
    )
    return first.isocalendar()[:2] == last.isocalendar()[:2]


def describe_exports(given: Exports, attempts: Sequence[Attempt]) -> tuple[str, ...]:
    """Return a message for each export: how much it holds, of which time, and how many attempts have a record in it."""
    audit, runs = Counter[str](), Counter[str]()
    for attempt in attempts:
        audit[attempt.audit.state] += attempt.request.times
        runs[attempt.run.state] += attempt.request.times
    kinds = (
        ("audit log", "row", given.audit, given.audit_spans, audit),
        ("DAG runs", "run", given.runs, given.runs_spans, runs),
    )
    lines = [*missing_pages(given)]
    for name, noun, records, spans, states in kinds:
        if records is None:
            continue
        if not spans:
            lines.append(f"{name}: the export is empty")
            continue
        since, until = format_time(min(spans)[0]), format_time(max(last for _, last in spans))
        found, missed = states["row"], states["absent"]
        text = f"{name}: {count(len(records), noun)} about triggers, {since} to {until}"
        joined = f"{count(found, 'attempt')} joined, {missed:,} in its time have none"
        fits = "" if found or not records else "; none fits: is the export from another Airflow, or of another time?"
        lines.append(f"{text}; {joined}{fits}")
    return tuple(lines)
