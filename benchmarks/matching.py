"""Rows of a table of trigger attempts, and which of them belongs to which attempt that was made.

Owns: the matching. Must not know: whether a row is right.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import pandas as pd
from recordings import plain_name

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from recordings import Sent

#: How far the clock of a log may be off that of the client.
TOLERANCE: Final = timedelta(seconds=3)
_SECOND: Final = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Got:
    """One row of a table of attempts; texts are empty where the table has null."""

    time: datetime | None
    source: str
    line: int
    client: str
    user: str
    channel: str
    method: str
    path: str
    dag_id: str
    status: int
    size: int | None
    outcome: str
    reason: str
    detail: str
    confidence: str


def rows(attempts: pd.DataFrame) -> list[Got]:
    """Rows of the table ``attempts``."""
    return [_got(row) for row in attempts.astype(object).to_dict("records")]


def match(got: Sequence[Got], sent: Sequence[Sent]) -> dict[int, int]:
    """Tell which row belongs to which attempt, one to one and as many as possible.

    Rows belong to the attempt that left that very line. Others belong to an attempt of the same method, status and path
    that was under way at that time, give or take ``TOLERANCE``; where there are several, the most alike go together.

    Returns:
        Numbers of attempts, with the number of the row of each.
    """
    pairs = _by_line(got, sent)
    likeness = _alike(got, sent, pairs)
    owners: dict[int, int] = {}
    for i, j in sorted(likeness, key=lambda each: (likeness[each], each)):
        if i not in pairs and j not in owners:
            pairs[i], owners[j] = j, i
    choices: dict[int, list[int]] = defaultdict(list)
    for i, j in sorted(likeness, key=lambda each: (likeness[each], each)):
        choices[i].append(j)
    for i in choices:
        if i not in pairs:
            _make_room(i, choices, pairs, owners, set())
    return pairs


def _by_line(got: Sequence[Got], sent: Sequence[Sent]) -> dict[int, int]:
    places = {(each.source, each.line, each.method, each.status): i for i, each in enumerate(sent) if each.line}
    at = [places.get((each.source, each.line, each.method, each.status)) for each in got]
    pairs: dict[int, int] = {}
    for j, i in enumerate(at):
        if i is not None:
            pairs.setdefault(i, j)
    return pairs


def _alike(
    got: Sequence[Got], sent: Sequence[Sent], pairs: Mapping[int, int]
) -> dict[tuple[int, int], tuple[object, ...]]:
    """All rows and attempts without a partner that could be the same, with how much speaks against it."""
    taken = set(pairs.values())
    asked: dict[tuple[str, int, str], list[int]] = defaultdict(list)
    for i, each in enumerate(sent):
        if i not in pairs:
            asked[each.method, each.status, _evened(each.path)].append(i)
    return {
        (i, j): _unlike(row, sent[i])
        for j, row in enumerate(got)
        if j not in taken
        for i in asked.get((row.method, row.status, _evened(row.path)), ())
        if row.time is None or sent[i].sent - TOLERANCE <= row.time <= sent[i].received + TOLERANCE
    }


def _unlike(row: Got, each: Sent) -> tuple[object, ...]:
    off = timedelta(0)
    if row.time is not None:  # the time of a log is that of the answer, cut to whole seconds perhaps
        off = max(each.received - _SECOND - row.time, row.time - each.received, off)
    return (
        bool(row.client) and row.client != each.client and row.client not in each.forwarded,
        row.size is not None and each.size is not None and row.size != each.size,
        bool(row.dag_id and each.dag_id) and row.dag_id != each.dag_id,
        bool(row.user and each.user) and row.user != each.user,
        bool(row.user) and not each.credential.startswith(("basic", "malformed")),
        off,
    )


def _make_room(
    i: int, choices: Mapping[int, list[int]], pairs: dict[int, int], owners: dict[int, int], tried: set[int]
) -> bool:
    """Find a row for an attempt by having others take their next best one: an augmenting path."""
    for j in choices[i]:
        if j in tried:
            continue
        tried.add(j)
        if j not in owners or _make_room(owners[j], choices, pairs, owners, tried):
            pairs[i], owners[j] = j, i
            return True
    return False


def _evened(path: str) -> str:
    return re.sub("/{2,}", "/", path)


def _got(row: Mapping[Any, Any]) -> Got:
    known: dict[str, Any] = {str(name): None if pd.isna(value) else value for name, value in row.items()}
    time = known["time"]
    return Got(
        # A time that was taken from another line says nothing about which of two requests this is.
        time=time.to_pydatetime() if time is not None and known["time_source"] != "neighbour" else None,
        source=plain_name(known["source"]),
        line=int(known["line"]),
        status=int(known["status"] or 0),
        size=None if known["response_bytes"] is None else int(known["response_bytes"]),
        **{
            name: known[name] or ""
            for name in (
                "client", "user", "channel", "method", "path", "dag_id", "outcome", "reason", "detail", "confidence"
            )
        },
    )  # fmt: skip
