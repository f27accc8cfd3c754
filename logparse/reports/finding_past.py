"""What earlier weeks show of findings.

Owns: the shape of these records. Must not know: how findings go on from week to week.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple

from logparse.reports.finding_keys import cause_of, digest
from logparse.verdicts.frame import empty_frame

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    import pandas as pd

NEW: Final = "new"
CONTINUING: Final = "continuing"
WORSE: Final = "worse"
RETURNED: Final = "returned"
ENDED: Final = "ended"
#: In the order in which people want to know of them.
STATUSES: Final = (NEW, RETURNED, WORSE, CONTINUING, ENDED)
#: The week before does not have such a finding.
COME: Final = frozenset({NEW, RETURNED})


class Life(NamedTuple):
    """What later weeks must know of a finding of a week.

    Attributes:
        finding: id of the cause that it is shown as.
        severity: how bad it was; empty: it was told of together with others, and is no row of its own.
        status: against the week before.
        since: its first attempt, microseconds UTC.
        attempts: number in the week; of a cause that is about logins, the number of these.
        pace: incidents by day, from its first attempt in the week to its last.
        trigger: what may have set it off.
        key: what it is called; empty: an earlier version wrote this.
    """

    finding: str
    severity: str
    status: str
    since: int
    attempts: int
    pace: float
    trigger: str = ""
    key: str = ""

    def name(self, key: str, server: str) -> str:
        """Return what the finding is called.

        Args:
            key: what its own week calls it.
            server: name of the deployment; empty: it has none.
        """
        if self.key or cause_of(key) == self.finding:
            return self.key or key
        return "/".join([self.finding, *([digest([server])] if server else ())])


@dataclass(frozen=True, slots=True)
class Past:
    """What is known of the weeks of a deployment before one.

    Attributes:
        found: findings of the last of these weeks, columns as in ``findings.STORED``; None: there is no such week.
        lives: their lives, those of earlier weeks too, by the key that their own week gives them, the last one of each.
        attempts: returns the attempts of the last of these weeks, columns as in ``schema.ATTEMPTS``.
    """

    found: pd.DataFrame | None = None
    lives: Mapping[str, Life] = field(default_factory=dict)
    attempts: Callable[[], pd.DataFrame] = empty_frame
