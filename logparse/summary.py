"""What a run came to, in a few lines for the person who started it: counts, and what was not read or not understood.

Owns: what is said and in which order. Must not know: where it is printed, how anything was found out.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from logparse.plaintext import aligned, count, printable, size
from logparse.schema import Outcome
from logparse.table import EXAMPLE_LENGTH, redacted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from logparse.found import Coverage

_OUTCOMES: Final = {
    "Successes": Outcome.SUCCESS,
    "Authn failures": Outcome.AUTHENTICATION_FAILURE,
    "Authz failures": Outcome.AUTHORIZATION_FAILURE,
    "Other failures": Outcome.OTHER_FAILURE,
    "Undetermined": Outcome.UNDETERMINED,
}
UNKNOWN: Final = "(unknown)"
_TOP: Final = 5
_CAUSES: Final = 8
_DETAILED: Final = 5  # sources of which examples are shown
_EXAMPLES: Final = 3


def found(
    attempts: pd.DataFrame,
    findings: pd.DataFrame,
    weeks: Sequence[str],
    partial: Mapping[str, Sequence[tuple[datetime, datetime]]],
) -> list[str]:
    """Attempts by week and outcome, then what was found, and the most frequent reasons, users and DAGs.

    Args:
        attempts: of these weeks, columns as in ``schema.ATTEMPTS``; rows without a week are mentioned.
        findings: of these weeks, columns as in the report of findings.
        weeks: the weeks reported.
        partial: what the logs do not reach into, by week, for weeks that are not whole.
    """
    lines = []
    if weeks:
        rows = [
            [week, *_counts(attempts[attempts["week"] == week]), "partial" if week in partial else ""] for week in weeks
        ]
        lines += aligned(["Week", "Attempts", *_OUTCOMES, ""], rows)
    for week, parts in partial.items():
        text = ", ".join(f"{since:%Y-%m-%d %H:%M} to {until:%Y-%m-%d %H:%M}" for since, until in parts)
        lines.append(f"{week} is partial: nothing was logged from {text}")
    if attempts.empty:
        return [*lines, "No trigger attempts found."]
    timeless = int(attempts["week"].isna().sum())
    if timeless:
        lines.append(f"{count(timeless, 'attempt')} without a known time, in no week")
    return (
        lines
        + _findings(findings)
        + _reasons(attempts)
        + _by(attempts, "user", "User")
        + _by(attempts, "dag_id", "DAG")
    )


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
        said.append(f"{count(len(skipped), 'file')} not read, since they are markers, empty or hidden: {shown}")
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


def _counts(attempts: pd.DataFrame) -> list[int]:
    by_outcome = attempts["outcome"].value_counts()
    return [len(attempts), *(int(by_outcome.get(str(outcome), 0)) for outcome in _OUTCOMES.values())]


def _findings(findings: pd.DataFrame) -> list[str]:
    """The causes with the most attempts, those with the same cause together."""
    if findings.empty:
        return []
    counts = findings.groupby("finding")[["attempts", "incidents"]].sum()
    titles = findings.groupby("finding")["title"].first()
    top = sorted(counts.index, key=lambda each: (-int(counts["attempts"][each]), str(each)))
    rows: list[list[str | int]] = [
        [str(each), int(counts["attempts"][each]), int(counts["incidents"][each]), str(titles[each])]
        for each in top[:_CAUSES]
    ]
    more = [f"... and {len(top) - _CAUSES} more"] if len(top) > _CAUSES else []
    return ["", *aligned(["Finding", "Attempts", "Incidents", "What is wrong"], rows), *more]


def _reasons(attempts: pd.DataFrame) -> list[str]:
    failed = attempts[attempts["outcome"] != str(Outcome.SUCCESS)]
    if failed.empty:
        return []
    keys = pd.DataFrame({name: failed[name].astype(object).fillna("") for name in ("outcome", "reason", "detail")})
    top = _largest(keys.value_counts())
    rows: list[list[str | int]] = [[outcome, reason, detail, n] for (outcome, reason, detail), n in top]
    return ["", *aligned(["Outcome", "Reason", "Detail", "Attempts"], rows)]


def _by(attempts: pd.DataFrame, column: str, title: str) -> list[str]:
    keys = attempts[column].astype(object).replace("", None)
    known = _largest(keys.value_counts())
    unknown = int(keys.isna().sum())
    rows: list[list[str | int]] = [[str(key), *_counts(attempts[keys == key])] for key, _ in known]
    if unknown:
        place = sum(number >= unknown for _, number in known)
        rows.insert(place, [UNKNOWN, *_counts(attempts[keys.isna()])])
    return ["", *aligned([title, "Attempts", *_OUTCOMES], rows[:_TOP])]


def _largest(counts: pd.Series) -> list[tuple[Any, int]]:
    ranked = sorted(((key, int(n)) for key, n in counts.items()), key=lambda each: (-each[1], each[0]))
    return ranked[:_TOP]
