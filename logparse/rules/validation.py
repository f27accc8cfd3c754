"""What a rule may say: words and patterns, and what rules say of each other.

Owns: the checks of one rule or rule set that need no example. Must not know: files.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from logparse.common.errors import RuleProblem
from logparse.common.schema import REASONS, Channel, Confidence, Outcome
from logparse.rules.model import KEYS, LADDER, SUCCESSES, OutcomeRule

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from logparse.rules.keys import Say
    from logparse.rules.model import FindingRule

#: What explanation and remedy of a finding may have filled in.
PLACEHOLDERS: Final = frozenset(
    {"user", "users", "caller", "client", "clients", "dag", "dags", "attempts", "missing", "role"}
)
_PLACEHOLDER: Final = re.compile(r"\{([a-z_]+)\}")


def pattern(pattern: str, item: str, problem: Say) -> None:
    """RE2 refuses what could take more than linear time on a hostile line; Arrow carries it."""
    if not pattern:
        return
    import pyarrow as pa  # noqa: PLC0415  0.15 s that only those who run rules should pay
    import pyarrow.compute as pc  # noqa: PLC0415

    from logparse.common.columns import text_column  # noqa: PLC0415

    try:
        pc.match_substring_regex(text_column([""]), pattern)
        groups = re.compile(pattern)
    except (pa.ArrowInvalid, re.error) as error:
        problem(item, f"not a pattern that RE2 can run: {error}")
        return
    if groups.groupindex and groups.groups > len(groups.groupindex):
        problem(item, "has groups with a name and some without; write the latter as (?:...)")


def vocabulary(rule: OutcomeRule, problem: Say) -> None:
    """Evidence, outcome, reason, detail and confidence must be words of the contract."""
    if not rule.evidence or set(rule.evidence) - set(LADDER):
        problem("evidence", f"one or more of {', '.join(LADDER)}")
    if rule.confidence not in list(Confidence):
        problem("then.confidence", f"{rule.confidence!r} is none of {', '.join(Confidence)}")
    if rule.outcome not in list(Outcome):
        problem("then.outcome", f"{rule.outcome!r} is none of {', '.join(Outcome)}")
        return
    known = {reason: details for each in REASONS.values() for reason, details in each.items()}
    if rule.outcome == Outcome.UNDETERMINED:
        for reason in filter(None, rule.reason.split("|")):
            if reason not in known and reason != "success":
                problem("then.reason", f"{reason!r} is no reason")
        return
    of_outcome = REASONS[Outcome(rule.outcome)]
    if rule.reason not in (of_outcome or {"": ()}):
        problem("then.reason", f"{rule.reason!r} is no reason of {rule.outcome}")
    elif rule.detail not in ("", "event", *of_outcome.get(rule.reason, ())):
        problem("then.detail", f"{rule.detail!r} is no detail of {rule.reason}")


def finding(rule: FindingRule, problem: Say) -> None:
    """Keys, confidence and placeholders must be known words."""
    for item, names in (("over", rule.over), ("need.success_of", rule.need.get("success_of", ()))):
        for name in sorted(set(names) - set(KEYS)):
            problem(item, f"{name!r} is none of {', '.join(KEYS)}")
    if rule.confidence not in list(Confidence):
        problem("confidence", f"{rule.confidence!r} is none of {', '.join(Confidence)}")
    if rule.need.get("success", "some") not in SUCCESSES:
        problem("need.success", f"{rule.need['success']!r} is none of {', '.join(SUCCESSES)}")
    for item in ("explanation", "remedy"):
        for name in sorted(set(_PLACEHOLDER.findall(getattr(rule, item))) - PLACEHOLDERS):
            problem(item, f"{{{name}}} is none of {', '.join(sorted(PLACEHOLDERS))}")


def references(rules: Mapping[str, Sequence[Any]], problems: list[RuleProblem]) -> None:
    """What rules say of each other must exist."""
    requests = {*Channel, *(rule.id for family in ("attempts", "follow_ups") for rule in rules[family])}
    events = {rule.id for rule in rules["events"]}
    follow_ups = {rule.id for rule in rules["follow_ups"]}
    for rule in rules["events"]:
        if rule.needs not in ("", "users"):
            problems.append(RuleProblem(rule.file, "needs", f"{rule.needs!r} is not users"))
        problems.extend(
            RuleProblem(rule.file, "joins.requests", f"{name!r} is no channel and no request rule")
            for name in sorted(set(rule.requests) - requests)
        )
        problems.extend(
            RuleProblem(rule.file, "joins.along_with", f"{name!r} is no event rule")
            for name in sorted(set(rule.along_with) - events)
        )
    outcomes = {rule.id for rule in rules["outcomes"]}
    for rule in rules["findings"]:
        unknown = (set(rule.when.get("event", ())) - {"none"} - events) | (
            {*rule.need.get("seen", ()), *rule.need.get("unseen", ())} - events
        )
        problems.extend(RuleProblem(rule.file, "event", f"{name!r} is no event rule") for name in sorted(unknown))
        problems.extend(
            RuleProblem(rule.file, "when.rule", f"{name!r} is no outcome rule")
            for name in sorted(set(rule.when.get("rule", ())) - outcomes)
        )
    for rule in rules["outcomes"]:
        named = {value for value in rule.when.get("event", ()) if value != "none"}
        problems.extend(
            RuleProblem(rule.file, "when.event", f"{name!r} is no event rule") for name in sorted(named - events)
        )
        named = {str(value).partition(":")[0] for value in rule.when.get("follow_up", ()) if value != "none"}
        problems.extend(
            RuleProblem(rule.file, "when.follow_up", f"{name!r} is no follow-up rule")
            for name in sorted(named - follow_ups)
        )
