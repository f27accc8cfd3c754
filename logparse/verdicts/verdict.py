"""What became of an attempt, why, and how sure that is, decided by outcome rules.

Owns: the order in which outcome rules are tried, and how sure a verdict is. Must not know: how facts were found.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from logparse.common.schema import CONFIDENCES, Confidence, Outcome
from logparse.rules.conditions import meets, number_range
from logparse.verdicts.facts import FACTS, facts_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from logparse.rules.model import OutcomeRule
    from logparse.verdicts.attempt import Attempt
    from logparse.verdicts.facts import Facts


class Doubt(StrEnum):
    """What makes a verdict less sure than its rule."""

    #: Another request could have left the app line, or an app line that went to another could be this one's.
    CONTESTED_LINE = "contested_line"
    #: Only their order joins the app line with the request.
    UNPROVED_LINE = "unproved_line"
    #: A rule about messages in general knows the app line, whatever module wrote it.
    GENERAL_LINE = "general_line"
    #: The request that followed may have followed another attempt.
    CONTESTED_PAGE = "contested_page"
    #: A record of the database can be about another request.
    CONTESTED_RECORD = "contested_record"
    #: A stranger who typed a name into a login form could have written the line.
    TYPED_NAME = "typed_name"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of an attempt; the fields are the columns of the same names.

    Attributes:
        rule: the rule that decided; None if none did.
    """

    outcome: str
    reason: str | None
    detail: str | None
    confidence: str
    evidence: str
    rule: OutcomeRule | None


_NOTHING: Final = Verdict(Outcome.UNDETERMINED, None, None, Confidence.AMBIGUOUS, "status", None)


class Judge:
    """Decides attempts by outcome rules. Attempts with equal facts are decided by the same rule.

    Attributes:
        sizes: see ``Sizes``; all other sizes are alike to the rules.

    Args:
        rules: outcome rules in the order in which they are tried.
    """

    def __init__(self, rules: Sequence[OutcomeRule]) -> None:
        self._rules = rules
        self.sizes = _sizes(rules)
        self._rules_for: dict[Facts, OutcomeRule | None] = {}
        self._verdicts: dict[tuple[Any, ...], Verdict] = {}

    def decide(self, attempt: Attempt) -> Verdict:
        """Return the verdict on one attempt."""
        access = attempt.request.access
        sizes = self.sizes.get(access.status, self.sizes[None])
        facts = facts_of(attempt, size=None if access.size is None else sizes.get(access.size))
        if facts not in self._rules_for:
            self._rules_for[facts] = self.rule_for(dict(zip(FACTS, facts, strict=True)))
        rule = self._rules_for[facts]
        if rule is None:
            return _NOTHING
        if attempt.events or attempt.audit.record is not None or attempt.run.record is not None:
            return _verdict(rule, attempt)
        # Without events and records, this is all that a verdict depends on.
        key = (rule.id, attempt.redirect.evidence, attempt.follow_up_contested, attempt.audit.contested,
               attempt.run.contested, attempt.rival, attempt.contested, access.shadowed)  # fmt: skip
        if key not in self._verdicts:
            self._verdicts[key] = _verdict(rule, attempt)
        return self._verdicts[key]

    def rule_for(self, facts: Mapping[str, Any]) -> OutcomeRule | None:
        """Return the rule that decides on these facts; None if none does."""
        return next((rule for rule in self._rules if holds(rule, facts)), None)

    def rungs(self, facts: Mapping[str, Any]) -> dict[str, OutcomeRule]:
        """Return by rung of the ladder the rule that would decide if this rung were the strongest."""
        found: dict[str, OutcomeRule] = {}
        for rule in self._rules:
            if rule.evidence[0] not in found and holds(rule, facts):
                found[rule.evidence[0]] = rule
        return found

    def facts(self, attempt: Attempt) -> dict[str, Any]:
        """Return the values of all facts about an attempt, by name."""
        size = attempt.request.access.size
        named = size in self.sizes.get(attempt.request.access.status, self.sizes[None])
        return dict(zip(FACTS, facts_of(attempt, size=size if named else None), strict=True))


def holds(rule: OutcomeRule, facts: Mapping[str, Any]) -> bool:
    """Return whether every condition of a rule is met."""
    return all(_meets(facts[name], wanted, name) for name, wanted in rule.when.items())


def failed_conditions(rule: OutcomeRule, facts: Mapping[str, Any]) -> list[str]:
    """Return the conditions of a rule that are not met, to explain a near miss."""
    return [name for name, wanted in rule.when.items() if not _meets(facts[name], wanted, name)]


def _meets(fact: Any, wanted: tuple[Any, ...], name: str) -> bool:
    if name == "follow_up":  # `login-page` is met by `login-page:200`
        return fact in wanted or fact.partition(":")[0] in wanted
    return meets(fact, wanted)


def _sizes(rules: Sequence[OutcomeRule]) -> dict[int | None, dict[int, int]]:
    asked = (rule.when for rule in rules if "bytes" in rule.when)
    return _tell_sizes_apart(tuple((tuple(when.get("status", ())), tuple(when["bytes"])) for when in asked))


@cache  # thousands of sizes, and the rules of a run are always the same
def _tell_sizes_apart(asked: tuple[tuple[tuple[Any, ...], tuple[Any, ...]], ...]) -> dict[int | None, dict[int, int]]:
    """Return what ``Sizes`` are for rules that ask for some statuses and some sizes, each as in its file."""
    of_rules = [
        tuple({number for value in values for number in number_range(value)} for values in pair) for pair in asked
    ]
    found: dict[int | None, dict[int, int]] = {}
    for each in {None, *(status for statuses, _ in of_rules for status in statuses)}:
        named_by: defaultdict[int, list[int]] = defaultdict(list)
        for number, (statuses, sizes) in enumerate(of_rules):
            for size in sizes if not statuses or each in statuses else ():
                named_by[size].append(number)
        smallest: dict[tuple[int, ...], int] = {}
        found[each] = {size: smallest.setdefault(tuple(numbers), size) for size, numbers in sorted(named_by.items())}
    return found


def doubts(rule: OutcomeRule, attempt: Attempt) -> Iterator[Doubt]:
    """Yield what makes a verdict less sure than its rule says: at most ``likely``."""
    if "event" in rule.when:
        if attempt.contested or attempt.rival:
            yield Doubt.CONTESTED_LINE
        # Where a line is missing, its app line stands before another one.
        if attempt.events and not attempt.proved and "body" not in rule.when:
            yield Doubt.UNPROVED_LINE
        if any(line.event.general for line in attempt.events):
            yield Doubt.GENERAL_LINE
    if {"follow_up", "flash"} & set(rule.when) and attempt.follow_up_contested:
        yield Doubt.CONTESTED_PAGE
    if ("audit" in rule.when and attempt.audit.contested) or ("run" in rule.when and attempt.run.contested):
        yield Doubt.CONTESTED_RECORD
    if attempt.request.access.shadowed:
        yield Doubt.TYPED_NAME


def _verdict(rule: OutcomeRule, attempt: Attempt) -> Verdict:
    detail: str | None = rule.detail
    if detail == "event":
        wanted = rule.when.get("event", ())
        details = {line.event.detail for line in attempt.events if line.event.rule in wanted and line.event.detail}
        detail = details.pop() if len(details) == 1 and not attempt.contested else ""
    confidence = Confidence(rule.confidence)
    if next(doubts(rule, attempt), None):
        confidence = max(confidence, Confidence.LIKELY, key=CONFIDENCES.index)
    kinds = (attempt.redirect.evidence if kind == "redirect" else kind for kind in rule.evidence)
    evidence = "+".join(filter(None, kinds))  # where the answer led may be unknown
    return Verdict(rule.outcome, rule.reason or None, detail or None, confidence, evidence, rule)
