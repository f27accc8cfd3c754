"""Which lines can matter at all: tests on text that may say yes wrongly, and never no.

Owns: the anchors and how they are searched. The only place that knows.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow.compute as pc

from logparse.common.columns import text_column, truth_values
from logparse.common.memo import Memo
from logparse.rules.targets import split_target

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from logparse.formats.outline import Outline
    from logparse.rules.model import RequestRule, RuleSet

# A caller may write any letter, digit, `_` or `-` of a path percent-encoded, which Airflow decodes: %64agRuns.
_ENCODED: Final = r"%(?:2[Dd]|3[0-9]|[46][1-9A-Fa-f]|[57][0-9Aa]|5[Ff])"
#: What a rule asks for whose targets have no query.
NO_QUERY: Final = "^$"
_ESCAPED: Final = re.compile(r"[%\\#']")
#: An expression that takes small letters for capital ones, if only in a part of it.
_ANY_CASE: Final = re.compile(r"\(\?[a-z]*i")


@dataclass(frozen=True, slots=True)
class Prefilter:
    """Tells early what no rule could be about.

    Attributes:
        targets: by method, finds an anchor of an attempt or follow-up rule in a request target.
        statuses: by method, those that make any request one that may matter.
        paths: by method, what the paths of those rules are.
        messages: finds an anchor of an event rule in an app line.
        small_messages: finds one of a rule that takes small letters for capital ones, in small letters.
        answers: what those who ask about many lines remember of what they were told, by whatever they ask about. All
            that one thread reads can share it.
    """

    targets: dict[str, re.Pattern[str]]
    statuses: dict[str, frozenset[str]]
    paths: dict[str, tuple[str, ...]]
    messages: re.Pattern[str]
    small_messages: re.Pattern[str]
    answers: defaultdict[str, Memo[Any, Any]] = field(default_factory=lambda: defaultdict(Memo), compare=False)

    def request(self, method: str | None, target: str | None, status: str | None) -> bool:
        """Whether a request rule could be about a request."""
        if method not in self.targets:
            return False
        return status in self.statuses[method] or self.targets[method].search(target or "") is not None

    def matter(self, asked: Sequence[tuple[str, str, str]]) -> NDArray[np.bool_]:
        """Whether requests that hold an anchor or such a status may matter by their paths: method, target, status."""
        found = np.ones(len(asked), np.bool_)
        for method, patterns in self.paths.items():
            plain = [
                (nth, match)
                for nth, (said, target, status) in enumerate(asked)
                if said == method and status not in self.statuses[method] and (match := _path(target)) is not None
            ]
            if not plain:
                continue
            paths = text_column([match for _, match in plain])
            any_rule = np.zeros(len(plain), np.bool_)
            for pattern in patterns:
                any_rule |= truth_values(pc.match_substring_regex(paths, pattern))
            found[[nth for nth, _ in plain]] = any_rule
        return found

    def message(self, line: str) -> bool:
        """Whether an event rule could be about an app line."""
        return self.messages.search(line) is not None or self.small_messages.search(line.casefold()) is not None

    def wanted(self, outline: Outline) -> str:
        """Expression for lines that are not in an outline, or that a request rule could be about."""
        known = self.answers["outlines"]
        if outline not in known:
            anchors = {method: pattern.pattern for method, pattern in sorted(self.targets.items())}
            known[outline] = outline.wanted(anchors, frozenset[str]().union(*self.statuses.values()))
        return str(known[outline])


def build_prefilter(rules: RuleSet) -> Prefilter:
    """Return the prefilter for a rule set."""
    requests = (*rules.attempts, *rules.follow_ups)
    methods = sorted({method for rule in requests for method in rule.methods})
    return Prefilter(
        targets={
            method: _any(
                _in_path(anchor, rule) for rule in requests if method in rule.methods for anchor in rule.anchors
            )
            for method in methods
        },
        statuses={
            method: frozenset(
                str(status)
                for rule in rules.follow_ups
                if not rule.anchors and method in rule.methods
                for status in rule.statuses
            )
            for method in methods
        },
        paths={
            method: tuple(rule.path for rule in requests if method in rule.methods and rule.anchors)
            for method in methods
        },
        messages=_any(anchor for rule in rules.events for anchor in rule.anchors),
        # An expression that tries each letter in both forms takes five times as long.
        small_messages=_any(
            anchor.casefold() for rule in rules.events if _ANY_CASE.search(rule.message) for anchor in rule.anchors
        ),
    )


def _path(target: str) -> str | None:
    """The path of a target as rules see it; None if it is escaped somehow."""
    path = target.partition("?")[0]
    return split_target(path).match if path.isascii() and not _ESCAPED.search(path) else None


def _in_path(anchor: str, rule: RequestRule) -> str:
    """The anchor with what stands before and behind it, if the path of the rule has that there.

    Before it a slash: `/last_dagruns` is no `/dagrun`. Behind it the end of the path: `/grid_data`, which browsers ask
    for all the time, is no `/grid`. That of the target, if the rule asks for an empty query.
    """
    if f"/{anchor}" not in rule.path:
        return anchor
    more = "?" if rule.query == NO_QUERY else ""
    return f"/{anchor}" + (f"(?:[^A-Za-z0-9_{more}-]|$)" if f"/{anchor}/?$" in rule.path else "")


def _any(anchors: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join([*sorted(set(anchors)), _ENCODED]))
