"""What a finding is called: a name that is the same in every week, and in the attempts that it explains.

Owns: what stands in a name. Must not know: how findings go on from week to week, what else a report says of them.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

    from logparse.causes.attempt_columns import AttemptColumns
    from logparse.causes.finding import Finding
    from logparse.rules.model import FindingRule

#: The last part of the name of several findings with few attempts each.
_OTHERS: Final = "others"
#: So many of these are remembered, those with the most attempts: each may be a row of its own in another week.
_REMEMBERED: Final = 100


class Member(NamedTuple):
    """One of several findings with few attempts each, which are one row.

    Attributes:
        key: what it is called in a week in which it is a row of its own.
        first, last: its first and last attempt in the week, microseconds UTC.
        attempts: number of attempts in the week.
        incidents: number of these without retries.
    """

    key: str
    first: int
    last: int
    attempts: int
    incidents: int


def make_key(finding: Finding, attempts: AttemptColumns, server: str) -> str:
    """Return what names a finding in every week: the cause, and a digest of what its attempts have in common.

    The digest is made of texts as they are shown, so a pseudonym stays one.
    """
    if not finding.together:
        return _name(finding.rule, finding.rows, attempts, server)
    return "/".join([finding.rule.id, *([digest([server])] if server else ()), _OTHERS])


def list_members(finding: Finding, attempts: AttemptColumns, server: str) -> str:
    """Return the findings that are told of together, as JSON; an empty text if it is one by itself."""
    if not finding.together:
        return ""
    largest = sorted(finding.members, key=lambda member: (-len(member[1]), int(member[1][0])))[:_REMEMBERED]
    told = []
    for incidents, rows in largest:
        first, last = attempts.time[rows[[0, -1]]].tolist()
        told.append(Member(_name(finding.rule, rows, attempts, server), first, last, len(rows), incidents))
    return json.dumps(told)


def read_members(cell: str | None) -> list[Member]:
    """Return the findings that ``list_members`` has written; none of an archive that earlier versions made."""
    return [Member(*values) for values in json.loads(cell)] if cell else []


def name_after(cause: str, key: str) -> str:
    """Return the key of what another finding is called by a cause that it began as."""
    return "/".join([cause, *key.split("/")[1:]])


def cause_of(key: str) -> str:
    """Return the id of the cause that a key names."""
    return key.partition("/")[0]


def name_pair(caller: str | None, dag: str | None) -> str:
    """Return a digest of a caller and a DAG."""
    return digest([caller or "", dag or ""])


def name_home(user: str | None, client: str | None) -> str:
    """Return a digest of a user and an address; no caller and DAG have it."""
    return digest(["", user or "", client or ""])


def digest(texts: Sequence[str]) -> str:
    """Return a short text that is the same for the same texts."""
    return hashlib.sha256("\0".join(texts).encode("utf-8", "surrogateescape")).hexdigest()[:8]


def _name(rule: FindingRule, rows: NDArray[np.int64], attempts: AttemptColumns, server: str) -> str:
    at_once = bool(rule.need.get("at_once"))
    over = () if rule.one_row else (*rule.over, *(rule.need["success_of"] if at_once else ()))
    columns = [("user", "client") if name == "caller" else (name,) for name in over]
    # Of what began for several at once, the first by name stands for all: in another week somebody else may be first
    # to call, and the same callers have lost the same again.
    shown = [[attempts.texts(name, rows if at_once else rows[:1]) for name in names] for names in columns]
    shared = min(zip(*(map(_first_text, *texts) for texts in shown), strict=True), default=())
    told = [*filter(None, [server]), *(shared if any(shared) else ())]
    return "/".join([rule.id, *([digest(told)] if told else ())])


def _first_text(*texts: str | None) -> str:
    return next(filter(None, texts), "")
