"""What became of one attempt: the verdict, who made it, and what a refused caller lacked.

Owns: the shape of this record. Must not know: how any of it is found out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from logparse.verdicts.attempt import Attempt
    from logparse.verdicts.permissions import Lack
    from logparse.verdicts.verdict import Verdict


class Caller(NamedTuple):
    """Who made an attempt; the fields are the columns ``user``, ``user_source`` and ``user_verified``."""

    user: str | None
    source: str | None
    verified: bool


UNKNOWN_CALLER: Final = Caller(None, None, verified=False)


@dataclass(slots=True)
class Decision:
    """What became of one attempt, and of all attempts in its group.

    Attributes:
        attempt: the attempt with the evidence about it.
        verdict: what became of it.
        deployment: index of the Airflow that it was made on.
        group: number of the group whose attempts all get this verdict, see ``groups``; None: the attempt was decided
            by itself.
        caller: who made it; of a group, only whether that is known holds for all attempts.
        lack: what a refused caller lacked; None: nothing is known.
    """

    attempt: Attempt
    verdict: Verdict
    deployment: int = 0
    group: int | None = None
    caller: Caller = UNKNOWN_CALLER
    lack: Lack | None = None
