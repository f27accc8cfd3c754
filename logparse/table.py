"""Attempts and coverage as tables, with the columns of ``schema``.

Owns: one row an attempt, one row a source, and what never leaves the program (secrets). Must not know: reports, files.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from logparse import weeks
from logparse.plaintext import count, encodable
from logparse.schema import ATTEMPTS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import tzinfo

    from logparse.correlate import Attempt
    from logparse.decide import Verdict
    from logparse.found import Coverage
    from logparse.identity import Person

_DTYPES: Final = {"string": "object", "int64": "Int64", "int16": "Int16", "double": "float64", "bool": "bool"}

# Tokens (JWT), passwords and keys in query strings, and credentials of an Authorization header.
_SECRET: Final = re.compile(
    r"""eyJ[A-Za-z0-9_-]{4,}(?:\.[A-Za-z0-9_-]*)*"""
    r"""|(?i:(?<=token=)|(?<=key=)|(?<=password=)|(?<=passwd=)|(?<=secret=)|(?<=[?&]code=))[^&\s"']+"""
    r"""|(?i:(?<=basic )|(?<=bearer ))[A-Za-z0-9+/=._~-]{6,}"""
)
EXAMPLE_LENGTH: Final = 300


def redacted(text: str) -> str:
    """``text`` without tokens, passwords and keys."""
    return _SECRET.sub("***", text)


def attempts(
    decided: Sequence[tuple[Attempt, Verdict]],
    people: Sequence[Person],
    sources: Sequence[str],
    zone: tzinfo,
    deployment: str | None,
) -> pd.DataFrame:
    """The table ``attempts``, in order of source and line.

    Args:
        decided: attempts with what they came to.
        people: who made each of them.
        sources: names of the sources by number.
        zone: in which weeks begin.
        deployment: which Airflow, if the user said so.
    """
    rows = [_row(*each, person, sources, deployment) for each, person in zip(decided, people, strict=True)]
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(ATTEMPTS)
    data: dict[str, Any] = {}
    for column, values in zip(ATTEMPTS, columns, strict=True):
        if column.type == "timestamp":
            data[column.name] = pd.to_datetime(pd.array(values, dtype="Int64"), unit="us", utc=True).astype(
                "datetime64[us, UTC]"
            )
        else:
            data[column.name] = pd.Series(list(values), dtype=_DTYPES[column.type])
    frame = pd.DataFrame(data)
    frame["week"] = weeks.week_of(frame["time"], zone).astype(object)
    return frame


def _row(
    attempt: Attempt, verdict: Verdict, person: Person, sources: Sequence[str], deployment: str | None
) -> tuple[Any, ...]:
    request = attempt.request
    access, tag = request.access, request.tag
    return (
        access.time,
        access.time_source,
        None,
        deployment or access.origin.deployment or None,
        sources[request.source],
        access.line,
        access.client,
        *person,
        access.agent,
        tag.channel,
        access.method,
        tag.path,
        attempt.dag_id,
        access.status,
        access.size,
        None if access.duration is None else access.duration / 1000,
        verdict.outcome,
        verdict.reason,
        verdict.detail,
        verdict.confidence,
        verdict.evidence,
        verdict.rule.id if verdict.rule is not None else "",
        *(each or None for each in access.origin[1:]),
        access.record,
    )


def coverage(entries: Iterable[Coverage], zone_name: str) -> pd.DataFrame:
    """The table ``coverage``, one row a source."""
    rows = [
        {
            "source": each.source,
            "format": ": ".join(filter(None, (", ".join(each.envelopes), "+".join(each.formats)))),
            "codec": "" if each.codec == "plain" else each.codec,
            "bytes": each.bytes,
            "lines": each.lines,
            **each.kinds,
            "attempts": each.attempts,
            "attempts_without_time": each.timeless,
            "first_time": each.first,
            "last_time": each.last,
            "zone": zone_name if each.unzoned else "",
            "problem": "; ".join(
                filter(
                    None,
                    (
                        each.problem,
                        _copy(each.copy_of),
                        _forged(each.forged),
                        _repeated(each.repeated),
                        _elsewhere(each),
                    ),
                )
            ),
            "unparsed_examples": "\n".join(
                f"{number}: {encodable(redacted(line)[:EXAMPLE_LENGTH])}" for number, line in each.unparsed
            ),
        }
        for each in entries
    ]
    frame = pd.DataFrame(rows, columns=list(rows[0]) if rows else _COVERAGE)
    for name in ("first_time", "last_time"):
        frame[name] = pd.to_datetime(frame[name].astype("Int64"), unit="us", utc=True).astype("datetime64[us, UTC]")
    return frame


def _copy(original: str) -> str:
    return f"holds the same as {original}, which is counted; this is not" if original else ""


def _forged(lines: int) -> str:
    return f"{lines} lines were written by strangers to look like log lines; they are not counted" if lines else ""


def _repeated(lines: int) -> str:
    return f"{count(lines, 'line')} delivered more than once, counted once each" if lines else ""


def _elsewhere(entry: Coverage) -> str:
    return "; ".join(f"{number} trigger attempts are counted in {name}" for name, number in entry.counted_in)


_COVERAGE: Final = [
    "source", "format", "codec", "bytes", "lines", "access", "app", "continuation", "other", "unparsed", "attempts",
    "attempts_without_time", "first_time", "last_time", "zone", "problem", "unparsed_examples",
]  # fmt: skip
