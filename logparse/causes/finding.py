"""What a finding is.

Owns: the shape of this record. Must not know: how it was found.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from logparse.causes.severity import Reach
    from logparse.causes.surroundings import Surroundings
    from logparse.causes.triggers import Trigger
    from logparse.common.schema import Severity
    from logparse.rules.model import FindingRule


@dataclass(frozen=True, slots=True)
class Finding:
    """One cause that explains many attempts of a week.

    Attributes:
        rule: the cause.
        rows: rows of the attempts that it explains, in order of time.
        incidents: number of attempts without retries.
        confidence: that of the rule, or of its attempts if most of them are less sure.
        severity: how bad it is.
        reach: how many callers are concerned.
        until: time of its last attempt, microseconds UTC, if it is over; None: nothing later in the week shows that.
        trigger: the start of the server that may have set it off; None: no start is likely.
        around: what else the log shows.
        begun: the causes that tell how it began, if an earlier week shows that.
        members: number of incidents and rows of each of several of one kind, with few attempts each, that are told of
            together; none: it is one by itself.
    """

    rule: FindingRule
    rows: NDArray[np.int64]
    incidents: int
    confidence: str
    severity: Severity
    reach: Reach
    until: int | None
    trigger: Trigger | None
    around: Surroundings
    begun: tuple[FindingRule, ...]
    members: tuple[tuple[int, NDArray[np.int64]], ...] = ()

    @property
    def together(self) -> bool:
        """Whether it is several of one kind."""
        return bool(self.members)
