"""Which lines can matter at all: tests on text that may say yes wrongly, and never no.

Owns: the anchors and how they are searched. The only place that knows.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    from logparse.rules import RuleSet

# A caller may write any letter, digit, `_` or `-` of a path percent-encoded, which Airflow decodes: %64agRuns.
_ENCODED: Final = r"%[2-7][0-9A-Fa-f]"


@dataclass(frozen=True, slots=True)
class Prefilter:
    """Tells early what no rule could be about.

    Attributes:
        targets: finds an anchor of an attempt or follow-up rule in a request target.
        statuses: any request that was answered with one of these may matter.
        messages: finds an anchor of an event rule in an app line.
    """

    targets: re.Pattern[str]
    statuses: frozenset[str]
    messages: re.Pattern[str]

    def request(self, target: str | None, status: str | None) -> bool:
        """Whether a request rule could be about a request."""
        return status in self.statuses or self.targets.search(target or "") is not None

    def message(self, line: str) -> bool:
        """Whether an event rule could be about an app line."""
        return self.messages.search(line) is not None


#: Lets everything pass.
OFF: Final = Prefilter(re.compile(""), frozenset(), re.compile(""))


def of(rules: RuleSet) -> Prefilter:
    """The prefilter for a rule set."""
    by_target = [rule for rule in (*rules.attempts, *rules.follow_ups) if not rule.statuses]
    return Prefilter(
        targets=_any(anchor for rule in by_target for anchor in rule.anchors),
        statuses=frozenset(str(status) for rule in rules.follow_ups for status in rule.statuses),
        messages=_any(anchor for rule in rules.events for anchor in rule.anchors),
    )


def _any(anchors: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join([*sorted(set(anchors)), _ENCODED]))
