"""``Finding``.

Must not know: how it was found.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from logparse.rules.model import FindingRule


@dataclass(frozen=True, slots=True)
class Finding:
    """A diagnosed cause.

    Attributes:
        rule: the cause.
        rows: the attempts that it explains, by time.
        incidents: how many they are if retries count once.
        confidence: that of the rule, or of the least sure of most of its attempts.
    """

    rule: FindingRule
    rows: NDArray[np.int64]
    incidents: int
    confidence: str
