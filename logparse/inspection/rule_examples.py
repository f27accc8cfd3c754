"""Whether every rule does what the examples in its file say.

Owns: what an example may say, and what it takes to pass. Must not know: what any rule means. A log in an example goes
the same way as any other log.
"""

from __future__ import annotations

import difflib
from collections import defaultdict
from dataclasses import replace
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

from logparse.common.errors import FormatError, RuleProblem
from logparse.common.schema import ATTEMPTS
from logparse.formats.given import compile_formats
from logparse.lines.access import Access
from logparse.lines.result import Message
from logparse.pipeline import options, result_builder
from logparse.rules import prefilter
from logparse.rules.model import EventRule, FindingRule, OutcomeRule, RequestRule
from logparse.scans.scanner import scan_opened
from logparse.scans.settings import Setup
from logparse.scans.tagging import Tagger
from logparse.sources.chunk_reader import ChunkReader
from logparse.sources.source import Source
from logparse.verdicts import caller, row_builder
from logparse.verdicts import verdict as decide
from logparse.verdicts.decision import Decision
from logparse.verdicts.evidence.gather import gather_evidence
from logparse.verdicts.exports import loader
from logparse.verdicts.exports.export_files import Written
from logparse.verdicts.exports.people import NOBODY
from logparse.verdicts.rows import OF_WEEKS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from logparse.rules.model import Example, Rule, RuleSet
    from logparse.scans.scan import Scan

# By family: what an example may say, and of what type; the first it must.
_REQUEST: Final[dict[str, type]] = {"request": str, "status": int, "bytes": int, "referer": str, "location": str}
_KEYS: Final[dict[str, dict[str, type]]] = {
    "attempts": _REQUEST,
    "follow_ups": _REQUEST,
    "events": {"message": str, "loc": str, "continuation": bool},
    "outcomes": {"log": str, "log_format": str, "audit_log": str, "dag_runs": str},
    "findings": {
        "log": str,
        "log_format": str,
        "audit_log": str,
        "dag_runs": str,
        "users": str,
        "roles": str,
        "instead": str,
    },
}
_COMMON: Final[dict[str, type]] = {"why": str, "expect": dict, "todo": bool}
#: Columns of an attempt that an example of an outcome may name.
_SHOWN: Final = [column.name for column in ATTEMPTS if column.name not in OF_WEEKS]
#: What the log of an example is called.
_LOG: Final = Source("-", None, None)


def check_rules(rules: RuleSet) -> list[RuleProblem]:
    """Run all examples of all rules, and return everything that is wrong with any of them."""
    return Checker(rules).run(*rules) + _overlaps(rules)


class Checker:
    """Runs examples against one rule set; the rule that they belong to need not be part of it.

    Args:
        rules: what the requests, messages and logs of examples are given to.
    """

    def __init__(self, rules: RuleSet) -> None:
        self._rules = rules
        self._tagger = Tagger(rules)
        self._judge = decide.Judge(rules.outcomes)

    def run(self, *rules: Rule) -> list[RuleProblem]:
        """Return what is wrong with the examples of rules, in the order of their files; empty if they pass."""
        examples = [(rule, example) for rule in rules for example in rule.examples]
        malformed = [_malformed(rule, example) for rule, example in examples]
        sound = [example for (_, example), wrong in zip(examples, malformed, strict=True) if not wrong]
        logs = self._read_logs(sound)
        problems = []
        for (rule, example), wrong in zip(examples, malformed, strict=True):
            failure = wrong or self._failure(rule, example, logs.get(id(example)))
            if example.todo and not wrong:
                failure = "" if failure else "works now: remove `todo`"
            if failure:
                problems.append(RuleProblem(rule.file, example.item, failure))
        return problems

    def _read_logs(self, examples: Iterable[Example]) -> dict[int, Scan]:
        """Return what the logs in examples hold, by ``id`` of the example. To begin takes longer than to read one."""
        alike: defaultdict[str, list[Example]] = defaultdict(list)
        for example in examples:
            if "log" in example.data:
                alike[example.data.get("log_format", "")].append(example)
        read: dict[int, Scan] = {}
        for own, some in alike.items():
            setup = Setup(log_formats=(own,) if own else ())
            readings = [ChunkReader(_LOG, stdin=BytesIO(example.data["log"].encode())) for example in some]
            read |= zip(map(id, some), scan_opened(readings, setup, self._tagger), strict=True)
        return read

    def _failure(self, rule: Rule, example: Example, found: Scan | None) -> str:
        if found is not None:
            assert isinstance(rule, OutcomeRule | FindingRule)
            return (
                self._log(rule, example, found)
                if isinstance(rule, OutcomeRule)
                else self._finding(rule, example, found)
            )
        assert isinstance(rule, RequestRule | EventRule)
        by = self._taken(rule, example.data)
        mine = by is not None and by.rule == rule.id
        if mine != example.positive and not (by is not None and self._knows_better(by.rule, rule)):
            return "the rule takes what it should not" if mine else f"{f'`{by.rule}`' if by else 'no rule'} takes it"
        if not mine:
            return ""
        if not self._has_anchor(rule, example.data):
            return "none of the rule's anchors is in its line"
        expect = example.data.get("expect", {})
        if isinstance(rule, EventRule):
            return list_differences({**by.fields, "detail": by.detail}, expect)
        return list_differences({"dag_id": by.dag_id}, {"dag_id": None, **expect})

    def _taken(self, rule: Rule, data: Mapping[str, Any]) -> Any:
        if isinstance(rule, EventRule):
            said = Message(1, 1, None, data["message"], data.get("loc", ""), data.get("continuation", False))
            return self._tagger.tag_messages([said])[0]
        return self._tagger.tag_requests([_access(data)])[0]

    def _knows_better(self, name: str, rule: Rule) -> bool:
        """Whether a rule may take what a general rule would: that one is tried after all others."""
        general = isinstance(rule, EventRule) and rule.general
        return general and any(each.id == name and not each.general for each in self._rules.events)

    def _has_anchor(self, rule: RequestRule | EventRule, data: Mapping[str, Any]) -> bool:
        alone: dict[str, Any] = {"attempts": (), "follow_ups": (), "events": (), rule.family: (rule,)}
        own = prefilter.build_prefilter(replace(self._rules, **alone))
        if isinstance(rule, EventRule):
            return own.message(data["message"])
        method, _, target = data["request"].partition(" ")
        return own.request(method, target, str(data.get("status", 200)))

    def _finding(self, rule: FindingRule, example: Example, scan: Scan) -> str:
        found = result_builder.conclude(scan, [_LOG], options.Options(exports=_exports(example)), self._rules)
        rows = found.list_findings()
        names = [row["finding"] for row in rows]
        if not example.positive:
            instead = [example.data["instead"]] if "instead" in example.data else []
            return "" if names == instead else f"finds {', '.join(names) or 'nothing'}"
        if names != [rule.id]:
            return f"finds {', '.join(names) or 'nothing'}"
        return list_differences(rows[0], example.data.get("expect", {}))

    def _log(self, rule: OutcomeRule, example: Example, scan: Scan) -> str:
        attempts = gather_evidence(scan, self._rules, _exports(example), self._judge.decide)
        decided = [Decision(attempt, self._judge.decide(attempt)) for attempt in attempts]
        names = [each.verdict.rule.id if each.verdict.rule else "" for each in decided]
        if not decided:
            return "no trigger attempt is in the log"
        if not example.positive:
            return "the rule decides what it should not" if rule.id in names else ""
        if names[-1] != rule.id:
            unmet = decide.failed_conditions(rule, self._judge.facts(attempts[-1]))
            wrong = f"`{names[-1]}` decides" if names[-1] else "no rule decides"
            return f"{wrong} the last attempt" + (f"; not met: {', '.join(unmet)}" if unmet else "")
        caller.name_callers(decided, NOBODY)
        (row,) = row_builder.table_of(decided[-1:], ["log"], None).select(_SHOWN).to_pylist()
        said = {"outcome": rule.outcome, "reason": rule.reason or None, "confidence": rule.confidence}
        return list_differences(row, {**said, **example.data.get("expect", {})})


def _exports(example: Example) -> loader.Exports:
    kinds = ("audit_log", "dag_runs", "users", "roles")
    return loader.of(*([Written(kind, example.data[kind])] if kind in example.data else () for kind in kinds))


def _malformed(rule: Rule, example: Example) -> str:
    known, data = {**_KEYS[rule.family], **_COMMON}, example.data
    subject = next(iter(known))
    for key, value in data.items():
        if key not in known:
            near = difflib.get_close_matches(key, known, n=1)
            return f"unknown key {key}; " + (f"did you mean `{near[0]}`?" if near else f"known: {', '.join(known)}")
        if not isinstance(value, known[key]):
            return f"{key} must be of type {known[key].__name__}"
    if not data.get(subject):
        return f"{subject} is missing"
    if "log_format" in data:
        try:
            compile_formats(Setup(log_formats=(data["log_format"],)).formats)
        except FormatError as error:
            return f"log_format: {error}"
    return "" if subject != "request" or data[subject].count(" ") == 1 else 'request must read "METHOD target"'


def _access(data: Mapping[str, Any]) -> Access:
    method, _, target = data["request"].partition(" ")
    return Access(
        line=1, order=1, time=None, time_source=None, client=None, user=None, method=method, target=target,
        decoded=False, status=data.get("status", 200), size=data.get("bytes"), referer=data.get("referer"), agent=None,
        duration=None, location=data.get("location"), shadowed=False,
    )  # fmt: skip


def list_differences(values: Mapping[str, Any], expected: Mapping[str, Any]) -> str:
    """Return how values differ from those expected, in one line; empty if they do not."""
    unknown = [f"{name} is none of {', '.join(values)}" for name in expected if name not in values]
    known = [(name, values[name], value) for name, value in expected.items() if name in values]
    return "; ".join(unknown + [f"{name} is {was!r}, not {value!r}" for name, was, value in known if was != value])


def _overlaps(rules: RuleSet) -> list[RuleProblem]:
    """Return requests that two attempt rules claim: which of them counts it would depend on their names."""
    positive = [(rule, each) for rule in rules.attempts for each in rule.examples if each.positive and not each.todo]
    sound = [(rule, each) for rule, each in positive if not _malformed(rule, each)]
    lines = [_access(each.data) for _, each in sound]
    return [
        RuleProblem(rule.file, each.item, f"`{other.id}` claims it too")
        for other in rules.attempts
        for (rule, each), tag in zip(sound, Tagger(replace(rules, attempts=(other,))).tag_requests(lines), strict=True)
        if tag is not None and tag.rule == other.id != rule.id
    ]
