"""What a run came to, in a few lines for the person who started it: counts, and what was not read or not understood.

Owns: what is said and in which order. Must not know: where it is printed, how anything was found out.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from logparse.common.text import EXAMPLE_LENGTH, count, printable, redacted, size
from logparse.common.timestamps import format_time

if TYPE_CHECKING:
    from collections.abc import Sequence

    from logparse.scans.scan import Coverage
    from logparse.verdicts.attempt import Attempt
    from logparse.verdicts.exports.loader import Exports

_DETAILED: Final = 5  # sources of which examples are shown
_EXAMPLES: Final = 3


def read(entries: Sequence[Coverage]) -> str:
    """One line on what was read."""
    lines, unparsed = sum(each.lines for each in entries), sum(each.kinds["unparsed"] for each in entries)
    amount = f"{count(len(entries), 'source')}, {count(lines, 'line')}, {size(sum(each.bytes for each in entries))}"
    forged = sum(each.forged for each in entries)
    told = f"; {count(forged, 'line')} forged by strangers and left out" if forged else ""
    return f"Read {amount}; {count(unparsed, 'line')} not understood{told}."


def passed_over(empty: Sequence[str], skipped: Sequence[str]) -> list[str]:
    """Paths in which there is no file, and files that are no logs by their names, which are said in one line."""
    said = [f"{printable(path)}: there is no file in it" for path in empty]
    if skipped:
        shown = ", ".join(map(printable, skipped[:_EXAMPLES])) + (" ..." if len(skipped) > _EXAMPLES else "")
        said.append(
            f"{count(len(skipped), 'file')} not read, since they are markers, empty, hidden or dead links: {shown}"
        )
    return said


def copies(entries: Sequence[Coverage]) -> list[str]:
    """What was left out of sources because it is there twice, a message for each."""
    return [
        f"{printable(each.source)}: {said}"
        for each in entries
        for said in (
            *([f"holds the same as {printable(each.copy_of)}; counted once"] if each.copy_of else ()),
            *([f"{count(each.repeated, 'line')} delivered more than once; counted once"] if each.repeated else ()),
            *(
                f"{count(number, 'trigger attempt')} also in {printable(name)}; counted there"
                for name, number in each.counted_in
            ),
        )
    ]


#: The header of the table ``log``, and pages of ``eventLogs``.
_AUDIT: Final = re.compile(r'\bdttm\b.*\bevent\b|"event_logs"')


def shortcomings(entries: Sequence[Coverage]) -> list[str]:
    """What could not be read or understood, a message for each source with what to try; empty if there is nothing."""
    unread = [f"{printable(each.source)}: {printable(each.problem)}" for each in entries if each.problem]
    strange = [each for each in entries if each.kinds["unparsed"] or _unknown(each)]
    strange.sort(key=lambda each: (not _unknown(each), -each.kinds["unparsed"], each.source))
    rest = len(strange) - _DETAILED
    more = [f"... and {count(rest, 'source')} more with lines that were not understood; see the coverage report"]
    return unread + [_strange(each) for each in strange[:_DETAILED]] + (more if rest > 0 else [])


def _unknown(entry: Coverage) -> bool:
    """Nothing of it was recognised, though it is not just empty."""
    return entry.kinds["access"] + entry.kinds["app"] == 0 and entry.kinds["unparsed"] + entry.kinds["continuation"] > 0


def _strange(entry: Coverage) -> str:
    name = printable(entry.source)
    if _unknown(entry):
        said = f"{name}: its format is not known, none of {count(entry.lines, 'line')} was understood"
    else:
        said = f"{name}: {entry.kinds['unparsed']:,} of {count(entry.lines, 'line')} not understood"
    examples = [
        f"  line {number}: {printable(redacted(line)[:EXAMPLE_LENGTH])}" for number, line in entry.unparsed[:_EXAMPLES]
    ]
    file = "FILE" if entry.source == "-" else name
    remedy = (
        "  try --log-format with the format string of the server, --message-field with the JSON key or CSV column that "
        f"holds the line, or: logparse formats detect {file}"
    )
    if any(_AUDIT.search(line) for _, line in entry.unparsed):
        remedy = f"  it looks like an export of Airflow's audit log; such evidence is given with --audit-log {file}"
    return "\n".join([said + (", such as" if examples else ""), *examples, remedy])


def missing_pages(given: Exports) -> tuple[str, ...]:
    """Return a message for each export from the API that lacks some of its pages."""
    return tuple(
        f"{gap.export}: {gap.total - gap.present:,} of {count(gap.total, 'row')} are missing from the export: get the "
        "other pages of the API too (offset=100, offset=200 ...)"
        for gap in given.gaps
    )


def told(given: Exports, attempts: Sequence[Attempt]) -> tuple[str, ...]:
    """What each export came to: how much there is, of which time, and how many attempts have a record in it."""
    kinds = (
        ("audit log", "row", given.audit, given.audit_spans, [each.audit.state for each in attempts]),
        ("DAG runs", "run", given.runs, given.runs_spans, [each.run.state for each in attempts]),
    )
    lines = [*missing_pages(given)]
    for name, noun, records, spans, states in kinds:
        if records is None:
            continue
        if not spans:
            lines.append(f"{name}: nothing is in it")
            continue
        since, until = format_time(min(spans)[0]), format_time(max(last for _, last in spans))
        found, missed = states.count("row"), states.count("absent")
        text = f"{name}: {count(len(records), noun)} about triggers, {since} to {until}"
        joined = f"{count(found, 'attempt')} joined, {missed:,} in its time have none"
        fits = "" if found or not records else "; none fits: of another Airflow, or another time?"
        lines.append(f"{text}; {joined}{fits}")
    return tuple(lines)
