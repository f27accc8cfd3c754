"""The rows that a sample must give, and in what a table of attempts differs from them.

Owns: from story and sample to rows. Must not know: how logparse reads anything.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd
from story import EPOCH, ODD_AGENT, STORY, Attempt, Span

if TYPE_CHECKING:
    from collections.abc import Sequence

    from samples import Sample


class Expected(NamedTuple):
    """A row that a sample must give.

    Attributes:
        told: the attempt.
        time: where its time lies; None: it has none.
        first, last: number of the line that holds it, or the lines of its record.
        client, user, path: as the format carries them.
    """

    told: Attempt
    time: Span | None
    first: int
    last: int
    client: str | None
    user: str | None
    path: str


def rows(sample: Sample) -> list[Expected]:
    """The rows of a sample, in order of its lines."""
    lines = sample.content().decode("utf-8", "surrogateescape").split("\n")
    # Requests that are no attempts are all of the other method, and no app line holds a method.
    found = [number for number, line in enumerate(lines, 1) if "POST" in line and "dagRuns" in line]
    if len(found) == 1:  # a document of one line
        found *= len(STORY)
    story = [each for each in (STORY[::-1] if sample.newest else STORY) for _ in range(sample.copies)]
    assert len(found) == len(story), sample.name
    wanted = []
    for place, (told, number) in enumerate(zip(story, found, strict=True)):
        first = last = number
        if sample.shape in ("document", "records"):
            first = found[place - 1] + 1 if place and found[place - 1] < number else 1
            last = found[place + 1] - 1 if place + 1 < len(found) and found[place + 1] > number else len(lines)
        elif sample.name == "cri_containerd_0.log" and told.agent == ODD_AGENT:
            last = number + 2  # written in two parts, with a line of another stream between them
        path = f"/api/{sample.api}/dags/{told.dag_id}/dagRuns"
        user = told.user if sample.user else None
        time = sample.when(told, lines[number - 1].rstrip("\r"))
        wanted.append(Expected(told, time, first, last, told.client if sample.client else None, user, path))
    return wanted


def differences(
    attempts: pd.DataFrame, wanted: Sequence[Expected], *, timed: bool = True, shift: int | None = 0
) -> list[str]:
    """In what the rows of a table of attempts are not as expected, in words; nothing if they are.

    Args:
        attempts: as logparse gave them.
        wanted: what must be there, in this order.
        timed: compare times.
        shift: how many lines stand in front of the sample; None: line numbers are not looked at.
    """
    found = attempts.to_dict("records")
    wrong = [] if len(found) == len(wanted) else [f"{len(found)} rows instead of {len(wanted)}"]
    for number, (row, expected) in enumerate(zip(found, wanted, strict=False), 1):
        parts = [
            f"{name} {cell(row[name])!r}, not {value!r}" for name, value in _plain(expected) if cell(row[name]) != value
        ]
        if shift is not None and not expected.first <= row["line"] - shift <= expected.last:
            parts.append(f"line {row['line']}, not {expected.first + shift} to {expected.last + shift}")
        if timed and not _in_time(cell(row["time"]), expected.time):
            parts.append(f"time {row['time']}, not {_shown(expected.time)}")
        wrong += [f"row {number}: {part}" for part in parts]
    return wrong


def _plain(expected: Expected) -> list[tuple[str, object]]:
    told = expected.told
    return [
        ("client", expected.client),
        ("user", expected.user),
        ("method", "POST"),
        ("path", expected.path),
        ("dag_id", told.dag_id),
        ("status", told.status),
        ("channel", "rest_api"),
    ]


def _in_time(time: pd.Timestamp | None, span: Span | None) -> bool:
    if time is None or span is None:
        return time is None and span is None
    return span.first <= (time - EPOCH) // timedelta(microseconds=1) <= span.last


def _shown(span: Span | None) -> str:
    return " to ".join(str(EPOCH + timedelta(microseconds=each)) for each in span or ())


def cell(value: Any) -> Any:
    """``value`` of a data frame, None for all that means nothing."""
    return None if pd.isna(value) else value
