"""What a rule may say: words and patterns, and what rules say of each other.

Owns: the checks of one rule or rule set that need no example. Must not know: files.
"""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING, Any, Final

from logparse.common.errors import RuleProblem
from logparse.common.schema import REASONS, SEVERITIES, Channel, Confidence, Outcome, Security
from logparse.rules.conditions import values_of
from logparse.rules.model import DAG_ID_PLACES, LADDER
from logparse.rules.roles import GENERATIONS, GROUPS_OF_ROLES, ErrorBody, EventRole, FollowUpRole, Right, TriggerPage
from logparse.rules.words import KEYS, SUCCESSES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from logparse.rules.keys import Report

#: What explanation and remedy of a finding may have filled in.
PLACEHOLDERS: Final = frozenset(
    {"user", "users", "caller", "client", "clients", "dag", "dags", "attempts", "missing", "role"}
)
_PLACEHOLDER: Final = re.compile(r"\{([a-z_]+)\}")
#: By family: keys that hold one or more words of a list. A dot stands between a table and its key.
_WORDS: Final[dict[str, dict[str, Collection[str]]]] = {
    "attempts": {
        "channel": tuple(Channel), "dag_id": DAG_ID_PLACES, "generation": GENERATIONS, "error_body": tuple(ErrorBody),
        "page": tuple(TriggerPage), "wants": tuple(Right), "wants_recorded": tuple(Right),
    },
    "follow_ups": {"dag_id": DAG_ID_PLACES, "role": tuple(FollowUpRole)},
    "events": {"role": tuple(EventRole)},
    "outcomes": {"evidence": LADDER, "then.confidence": tuple(Confidence), "then.outcome": tuple(Outcome)},
    "findings": {
        "over": KEYS, "confidence": tuple(Confidence), "severity": SEVERITIES, "need.success": SUCCESSES,
        "need.success_of": KEYS, "security": tuple(Security),
    },
}  # fmt: skip
#: Conditions that name rules: the family of these, and what such a rule is called.
_NAMING: Final = {
    "event": ("events", "event rule and no role of one"),
    "attempt": ("attempts", "attempt rule"),
    "rule": ("outcomes", "outcome rule"),
    "follow_up": ("follow_ups", "follow-up rule and no role of one"),
    "login": ("follow_ups", "follow-up rule"),
}
#: Conditions that may name a role in place of a rule.
_ROLES: Final[Mapping[str, frozenset[str]]] = {
    "follow_up": frozenset(FollowUpRole), "event": frozenset(EventRole),
}  # fmt: skip


def check_words(family: str, data: Mapping[str, Any], report: Report) -> None:
    """Check keys that hold words of a list, and the placeholders in sentences of findings.

    Args:
        family: of the rule.
        data: keys of a rule file that hold what they may hold.
        report: called for everything that is wrong.
    """
    for item, words in _WORDS[family].items():
        table, _, key = item.rpartition(".")
        for word in values_of((data.get(table, {}) if table else data).get(key, [])):
            _check_word(item, word, words, report)
    if family == "outcomes":
        if data.get("evidence") == []:
            report("evidence", f"one or more of {', '.join(LADDER)}")
        _check_reason(data.get("then", {}), report)
    elif family == "findings":
        for item in ("explanation", "remedy"):
            for name in sorted(set(_PLACEHOLDER.findall(data.get(item, ""))) - PLACEHOLDERS):
                report(item, f"{{{name}}} is none of {', '.join(sorted(PLACEHOLDERS))}")


def _check_word(item: str, word: str, words: Collection[str], report: Report) -> None:
    if word not in words:
        near = difflib.get_close_matches(word, words, n=1)
        hint = f"; did you mean `{near[0]}`?" if near else ""
        report(item, f"{word!r} is none of {', '.join(words)}{hint}")


def _check_reason(then: Mapping[str, str], report: Report) -> None:
    """Reason and detail must be codes that the outcome may carry; ``undetermined`` carries reasons of the others."""
    outcome, reason, detail = then.get("outcome"), then.get("reason", ""), then.get("detail", "")
    if outcome not in list(Outcome):
        return
    if outcome == Outcome.UNDETERMINED:
        known = {"success"}.union(*REASONS.values())
        for each in filter(None, reason.split("|")):
            if each not in known:
                report("then.reason", f"{each!r} is no reason")
        return
    reasons = REASONS[Outcome(outcome)]
    if reason not in (reasons or {"": ()}):
        report("then.reason", f"{reason!r} is no reason of {outcome}")
    elif detail not in ("", "event", *reasons.get(reason, ())):
        report("then.detail", f"{detail!r} is no detail of {reason}")


def check_patterns(data: Mapping[str, Any], report: Report) -> None:
    """Check that RE2 can run all patterns: it refuses what could take more than linear time on a hostile line.

    Args:
        data: keys of a rule file that hold what they may hold.
        report: called for everything that is wrong.
    """
    import pyarrow as pa  # noqa: PLC0415  0.15 s that only those who run rules should pay
    import pyarrow.compute as pc  # noqa: PLC0415

    from logparse.common.columns import text_column  # noqa: PLC0415

    for item in sorted({"path", "except", "query", "message"} & set(data)):
        try:
            pc.match_substring_regex(text_column([""]), data[item])
            groups = re.compile(data[item])
        except (pa.ArrowInvalid, re.error) as error:
            report(item, f"not a pattern that RE2 can run: {error}")
            continue
        except (RecursionError, OverflowError):
            report(item, "not a pattern that can be read: it is nested too deeply, or repeats something too often")
            continue
        if groups.groupindex and groups.groups > len(groups.groupindex):
            report(item, "has groups with a name and some without; write the latter as (?:...)")
        if item == "message" and data.get("typed"):
            _check_typed(data, report)
        needed = GROUPS_OF_ROLES.get(data.get("role", "")) if item == "message" else None
        if needed is not None and needed not in groups.groupindex:
            report(item, f"has no group `{needed}`, which a rule with this role must have")


def _check_typed(data: Mapping[str, Any], report: Report) -> None:
    """Check that anchors stand in messages, and not elsewhere in their lines: only such messages are looked at."""
    for number, example in enumerate(data.get("match", ()), 1):
        message = str(example.get("message", "")) if isinstance(example, dict) else ""
        if not any(anchor in message for anchor in data.get("anchors", ())):
            report(f"[[match]] {number}", "holds none of the anchors in its message, as a rule with `typed` must")


def check_references(
    contents: Mapping[str, Mapping[str, Mapping[str, Any]]],
    known: Mapping[str, Collection[str]],
    problems: list[RuleProblem],
) -> None:
    """Check that the rules exist that other rules name.

    Args:
        contents: by family and id, the keys of each rule file that hold what they may hold.
        known: by family, the ids of all rules.
        problems: those found are added.
    """
    for family, files in contents.items():
        for rule, data in files.items():
            for item, families, name, what in _named_rules(data):
                if not any(name in known[each] for each in families):
                    problems.append(RuleProblem(f"{family}/{rule}.toml", item, f"{name!r} is no {what}"))


def _named_rules(data: Mapping[str, Any]) -> Iterator[tuple[str, tuple[str, ...], str, str]]:
    """The rules that a rule names: in which key, of which families, the id, and what such a rule is called."""
    joins, need = data.get("joins", {}), data.get("need", {})
    for name in sorted(set(joins.get("requests", ())) - {*Channel, *FollowUpRole}):
        yield "joins.requests", ("attempts", "follow_ups"), name, "channel, no role and no request rule"
    for name in sorted(set(joins.get("along_with", ()))):
        yield "joins.along_with", ("events",), name, "event rule"
    for key in ("seen", "unseen"):
        for name in sorted(set(need.get(key, ()))):
            yield f"need.{key}", ("events",), name, "event rule"
    for name in sorted(set(data.get("begins_as", ()))):
        yield "begins_as", ("findings",), name, "finding"
    for item, when in (("when", data), *((f"need.{name}", need) for name in ("of", "including", "suffices"))):
        conditions = when.get(item.rpartition(".")[2], {})
        for key, (named, what) in _NAMING.items():
            names = {name.partition(":")[0] for name in values_of(conditions.get(key, []))}
            for name in sorted(names - {"none"} - _ROLES.get(key, frozenset())):
                yield f"{item}.{key}", (named,), name, what
