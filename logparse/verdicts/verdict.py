"""Attempt with its evidence x outcome rules: what became of it, why, and how sure that is.

Owns: the facts that conditions are about, and the order in which rules are tried. Must not know: how facts were found.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from logparse.common.schema import Confidence, Outcome
from logparse.rules.conditions import meets, span
from logparse.rules.model import CONDITIONS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from logparse.lines.access import Access
    from logparse.rules.model import OutcomeRule
    from logparse.verdicts.attempt import Attempt

#: Values of all facts, in the order of ``CONDITIONS``.
Facts = tuple[Any, ...]
_NO_EVENT: Final = ("none",)
_ORDER: Final = (Confidence.CONFIRMED, Confidence.LIKELY, Confidence.AMBIGUOUS)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an attempt came to; the fields are the columns of the same names.

    Attributes:
        rule: the rule that decided, None if none did.
    """

    outcome: str
    reason: str | None
    detail: str | None
    confidence: str
    evidence: str
    rule: OutcomeRule | None


_NOTHING: Final = Verdict(Outcome.UNDETERMINED, None, None, Confidence.AMBIGUOUS, "status", None)


class Judge:
    """Tries outcome rules on attempts; equal facts are judged once.

    Attributes:
        sizes: of answers, that rules name, by status (None: any): to them, all others are alike.

    Args:
        rules: outcome rules in the order in which they are tried.
    """

    def __init__(self, rules: Sequence[OutcomeRule]) -> None:
        self._rules = rules
        self.sizes = _sizes(rules)
        self._known: dict[Facts, OutcomeRule | None] = {}
        self._verdicts: dict[tuple[Any, ...], Verdict] = {}

    def decide(self, attempt: Attempt) -> Verdict:
        """The verdict on one attempt."""
        key = self._facts(attempt)
        if key not in self._known:
            self._known[key] = self.rule_for(dict(zip(CONDITIONS, key, strict=True)))
        rule = self._known[key]
        if rule is None:
            return _NOTHING
        if attempt.events or attempt.audit.record is not None or attempt.run.record is not None:
            return _verdict(rule, attempt)
        # Without events and records, this is all that a verdict depends on.
        told = (rule.id, attempt.redirect.evidence, attempt.follow_up_contested, attempt.audit.contested,
                attempt.run.contested, attempt.rival, attempt.contested, attempt.request.access.shadowed)  # fmt: skip
        if told not in self._verdicts:
            self._verdicts[told] = _verdict(rule, attempt)
        return self._verdicts[told]

    def _tells(self, access: Access) -> bool:
        return any(access.size in self.sizes.get(status, ()) for status in (access.status, None))

    def rule_for(self, facts: Mapping[str, Any]) -> OutcomeRule | None:
        """The rule that decides on these facts; None if none does."""
        return next((rule for rule in self._rules if holds(rule, facts)), None)

    def rungs(self, facts: Mapping[str, Any]) -> dict[str, OutcomeRule]:
        """What each rung of the ladder says by itself: the rule that would decide if it were the strongest."""
        found: dict[str, OutcomeRule] = {}
        for rule in self._rules:
            if rule.evidence[0] not in found and holds(rule, facts):
                found[rule.evidence[0]] = rule
        return found

    def facts(self, attempt: Attempt) -> dict[str, Any]:
        """What conditions may ask of an attempt, see ``docs/rules.md``."""
        size = attempt.request.access.size
        named = any(size in sizes for sizes in self.sizes.values())
        return {**dict(zip(CONDITIONS, self._facts(attempt), strict=True)), "bytes": size if named else None}

    def _facts(self, attempt: Attempt) -> Facts:
        access, tag = attempt.request.access, attempt.request.tag
        return (
            tag.rule,
            tag.channel,
            access.method,
            access.status,
            access.size if self._tells(access) else None,
            access.claimed,
            access.browser,
            tuple(sorted({each.event.rule for each in attempt.events})) if attempt.events else _NO_EVENT,
            attempt.app_log,
            attempt.follow_up or "none",
            attempt.redirect.kind or "none",
            tag.trailing,
            tag.doubled,
            tag.returns_to or "none",
            attempt.basic_auth,
            attempt.after_logout,
            attempt.bare_login,
            attempt.channel_accepts,
            attempt.dag_missing,
            attempt.generation,
            attempt.flash or "none",
            attempt.body or "unknown",
            attempt.dag_accepted,
            attempt.page_seen,
            attempt.strangers_get,
            attempt.api_sessions,
            attempt.shows_runs,
            access.proxy or "no",
            attempt.audit.state,
            attempt.run.state,
        )


def holds(rule: OutcomeRule, facts: Mapping[str, Any]) -> bool:
    """Whether every condition of a rule is met."""
    return all(_meets(facts[name], wanted, name) for name, wanted in rule.when.items())


def failed_conditions(rule: OutcomeRule, facts: Mapping[str, Any]) -> list[str]:
    """The conditions of a rule that are not met, for the explanation of a near miss."""
    return [name for name, wanted in rule.when.items() if not _meets(facts[name], wanted, name)]


def _meets(fact: Any, wanted: tuple[Any, ...], name: str) -> bool:
    if name == "follow_up":  # `login-page` is met by `login-page:200`
        return fact in wanted or fact.partition(":")[0] in wanted
    return meets(fact, wanted)


def _sizes(rules: Sequence[OutcomeRule]) -> dict[int | None, frozenset[int]]:
    found: defaultdict[int | None, set[int]] = defaultdict(set)
    for rule in rules:
        sizes = {size for each in rule.when.get("bytes", ()) for size in span(each)}
        statuses: list[int | None] = [status for each in rule.when.get("status", ()) for status in span(each)]
        for status in (statuses or [None]) if sizes else ():
            found[status] |= sizes
    return {status: frozenset(sizes) for status, sizes in found.items()}


def _verdict(rule: OutcomeRule, attempt: Attempt) -> Verdict:
    detail: str | None = rule.detail
    if detail == "event":
        wanted = rule.when.get("event", ())
        details = {each.event.detail for each in attempt.events if each.event.rule in wanted and each.event.detail}
        detail = details.pop() if len(details) == 1 and not attempt.contested else ""
    # Where a line is missing, the app line that should stand before it stands before another.
    alone = bool(attempt.events) and not attempt.proved and "body" not in rule.when
    weak = ("event" in rule.when and (attempt.contested or attempt.rival or alone)) or (
        {"follow_up", "flash"} & set(rule.when) and attempt.follow_up_contested
    )
    weak = weak or ("audit" in rule.when and attempt.audit.contested) or ("run" in rule.when and attempt.run.contested)
    confidence = Confidence(rule.confidence)
    if weak:
        confidence = max(confidence, Confidence.LIKELY, key=_ORDER.index)
    if attempt.request.access.shadowed:
        confidence = Confidence.AMBIGUOUS
    evidence = "+".join(attempt.redirect.evidence if each == "redirect" else each for each in rule.evidence)
    return Verdict(rule.outcome, rule.reason or None, detail or None, confidence, evidence, rule)
