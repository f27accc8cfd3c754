"""A table of trigger attempts against a truth: which rows belong together, and how many of them are right.

Owns: the matching and the figures of ``docs/accuracy.md``, which defines each of them. Must not know: files, documents.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from matching import match

from logparse.common.schema import CONFIDENCES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from matching import Got
    from recordings import Sent

#: Where attempts are made, and what becomes of them, as far as it matters for who can be named.
WAYS: Final = ("web UI to 2.11", "APIs to 2.11", "Airflow 3")
ENDS: Final = (
    "accepted", "role does not allow it", "password not accepted", "no token, key or session accepted", "other failure",
)  # fmt: skip
_BY_STATUS: Final = {401: "authentication_failure", 403: "authorization_failure"}


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
