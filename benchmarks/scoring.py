"""A table of trigger attempts against a truth: which rows belong together, and how many of them are right.

Owns: the matching and the figures of ``docs/accuracy.md``, which defines each of them. Must not know: files, documents.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pandas as pd
from recordings import plain_name

from logparse.common.schema import CONFIDENCES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from recordings import Sent

#: How far the clock of a log may be off that of the client.
TOLERANCE: Final = timedelta(seconds=3)
_SECOND: Final = timedelta(seconds=1)
#: Where attempts are made, and what becomes of them, as far as it matters for who can be named.
WAYS: Final = ("web UI to 2.11", "APIs to 2.11", "Airflow 3")
ENDS: Final = (
    "accepted", "role does not allow it", "password not accepted", "no token, key or session accepted", "other failure",
)  # fmt: skip
_BY_STATUS: Final = {401: "authentication_failure", 403: "authorization_failure"}


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


class Pair(NamedTuple):
    """An attempt as it was, and as it was reported."""

    sent: Sent
    got: Got


class Share(NamedTuple):
    """Some of a number of things."""

    part: int
    whole: int

    def __add__(self, other: tuple[object, ...]) -> Share:
        """Both together."""
        assert isinstance(other, Share)
        return Share(self.part + other.part, self.whole + other.whole)


@dataclass(frozen=True, slots=True)
class Score:
    """How well a table fits a truth; each figure is defined in ``docs/accuracy.md``.

    Attributes:
        missed: attempts that must be reported and were not.
        spurious: rows that belong to no attempt.
        wrong: attempts with another outcome than they had, ``undetermined`` ones among them.
        by_confidence: by the confidence of the answer, how many of those with an outcome had the right one.
        named: by where an attempt was made and what became of it, see ``WAYS`` and ``ENDS``, how many of those of a
            known user have a name.
    """

    recall: Share
    precision: Share
    outcome: Share
    by_status: Share
    reason: Share
    detail: Share
    dag_id: Share
    channel: Share
    user_coverage: Share
    user_precision: Share
    success_users: Share
    missed: tuple[Sent, ...]
    spurious: tuple[Got, ...]
    wrong: tuple[Pair, ...]
    by_confidence: Mapping[str, Share]
    named: Mapping[tuple[str, str], Share]

    @property
    def undetermined(self) -> int:
        """How many attempts were left open."""
        return sum(pair.got.outcome == "undetermined" for pair in self.wrong)

    @property
    def confident_wrong(self) -> int:
        """How many attempts got another outcome than they had, and one that was called ``confirmed``."""
        return sum(pair.got.outcome != "undetermined" and pair.got.confidence == "confirmed" for pair in self.wrong)


def by_status(status: int) -> str:
    """The outcome that a status code alone suggests."""
    if 200 <= status < 400:  # noqa: PLR2004
        return "success"
    return _BY_STATUS.get(status, "other_failure")


def rows(attempts: pd.DataFrame) -> list[Got]:
    """Rows of the table ``attempts``."""
    return [_got(row) for row in attempts.astype(object).to_dict("records")]


def score(got: Sequence[Got], sent: Sequence[Sent]) -> Score:
    """Compare what was reported with what was sent."""
    pairs = match(got, sent)
    matched = set(pairs.values())
    known = [Pair(each, got[pairs[i]]) for i, each in enumerate(sent) if not each.optional and i in pairs]
    failed = [pair for pair in known if pair.sent.outcome != "success"]
    needed = [each for each in sent if not each.optional]
    detailed = [pair for pair in failed if pair.sent.detail and pair.got.detail]
    named = [pair for pair in known if pair.sent.user]
    return Score(
        recall=Share(len(known), len(needed)),
        precision=Share(len(matched), len(got)),
        outcome=_share(known, _right_outcome),
        by_status=Share(sum(by_status(each.status) == each.outcome for each in needed), len(needed)),
        reason=_share(failed, lambda pair: pair.got.reason == pair.sent.reason),
        detail=_share(detailed, lambda pair: pair.got.detail == pair.sent.detail),
        dag_id=_share([pair for pair in known if pair.sent.dag_id], lambda pair: pair.got.dag_id == pair.sent.dag_id),
        channel=_share(known, lambda pair: pair.got.channel == pair.sent.channel),
        user_coverage=_share(named, lambda pair: bool(pair.got.user)),
        user_precision=_share([pair for pair in known if pair.got.user], _right_user),
        success_users=_share(
            [pair for pair in named if pair.sent.outcome == "success"], lambda pair: bool(pair.got.user)
        ),
        missed=tuple(each for i, each in enumerate(sent) if not each.optional and i not in pairs),
        spurious=tuple(each for j, each in enumerate(got) if j not in matched),
        wrong=tuple(pair for pair in known if not _right_outcome(pair)),
        by_confidence={
            each: _share([pair for pair in known if pair.got.confidence == each], _right_outcome)
            for each in CONFIDENCES
        },
        named={
            (way, end): _share([pair for pair in named if _way(pair.sent) == way and _end(pair.sent) == end], _has_name)
            for way in WAYS
            for end in ENDS
        },
    )


def _has_name(pair: Pair) -> bool:
    return bool(pair.got.user)


def _way(sent: Sent) -> str:
    """Where an attempt was made, of ``WAYS``."""
    if sent.channel == "ui":
        return "web UI to 2.11"
    return "Airflow 3" if re.search("/api/v2/|/execution/", sent.path) else "APIs to 2.11"


def _end(sent: Sent) -> str:
    """What became of an attempt, of ``ENDS``."""
    if sent.outcome == "authentication_failure":
        return "password not accepted" if sent.credential.startswith("basic") else "no token, key or session accepted"
    return {"success": "accepted", "authorization_failure": "role does not allow it"}.get(sent.outcome, "other failure")


def _right_outcome(pair: Pair) -> bool:
    return pair.got.outcome == pair.sent.outcome


def _share(pairs: Sequence[Pair], right: Callable[[Pair], bool]) -> Share:
    return Share(sum(map(right, pairs)), len(pairs))


def _right_user(pair: Pair) -> bool:
    """Whether the user is the one who acted; where nobody is known to have, a name in a Basic header is right."""
    if pair.sent.user:
        return pair.got.user == pair.sent.user
    return pair.sent.credential.startswith(("basic", "malformed"))


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
