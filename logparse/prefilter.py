"""Which lines can matter at all: a test on raw text that may say yes wrongly, and never no.

Owns: the anchors and how they are searched. The only place that knows.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from logparse.rules import RuleSet

# A caller may write any letter, digit, `_` or `-` of a path percent-encoded, which Airflow decodes: %64agRuns.
_ENCODED = r"%[2-7][0-9A-Fa-f]"


def wanted(rules: RuleSet) -> Callable[[str], object]:
    """A test that holds for every line that a request or event rule could be about."""
    anchors = {anchor for rule in (*rules.attempts, *rules.follow_ups) for anchor in rule.anchors}
    anchors.update(anchor for rule in rules.events for anchor in rule.anchors)
    pattern = "|".join([*sorted(map(re.escape, anchors)), _ENCODED])
    return re.compile(pattern).search
