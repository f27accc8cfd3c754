"""Rules: what is an attempt, a follow-up request, an event, and what evidence means. Loaded from TOML, checked as a set.

Owns: the shape of rule files and every check that needs no log line. Must not know: how rules are run
(``tag``, ``decide``), nor whether they pass their own examples (``rulecheck``).

Four families, a folder each: ``attempts`` (which requests would make a run), ``follow_ups`` (which other requests
tell what became of one), ``events`` (which app lines are evidence), ``outcomes`` (what evidence means).
"""

from __future__ import annotations

import difflib
import hashlib
import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from logparse.errors import RuleError, RuleProblem
from logparse.schema import REASONS, Channel, Confidence, Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

FAMILIES: Final = ("attempts", "follow_ups", "events", "outcomes")

#: The evidence ladder, strongest first. ``redirect`` is written as ``location`` or ``response_size``, whichever told it.
LADDER: Final = ("audit_log", "dag_run", "app_log", "follow_up", "redirect", "response_size", "context", "status")

_COMMON: Final = {"id", "title", "reference", "match", "ignore"}
_KEYS: Final[dict[str, set[str]]] = {
    "attempts": {"channel", "methods", "path", "except", "anchors", "dag_id", "redirects"},
    "follow_ups": {"methods", "path", "query", "statuses", "anchors"},
    "events": {"message", "anchors", "typed", "repeats", "continuation", "detail", "details", "joins"},
    "outcomes": {"evidence", "when", "then", "explanation", "remedy", "versions"},
}
_REQUIRED: Final[dict[str, tuple[str, ...]]] = {
    "attempts": ("title", "channel", "methods", "path", "anchors", "dag_id", "reference"),
    "follow_ups": ("title", "methods", "path", "anchors"),
    "events": ("title", "message", "anchors", "joins"),
    "outcomes": ("title", "evidence", "when", "then", "explanation"),
}
_JOIN_KEYS: Final = {"requests", "statuses", "same", "along_with"}
_ANCHOR: Final = re.compile(r"[A-Za-z0-9_-]{3,}")

#: Facts that a condition of an outcome rule may name, see ``docs/rules.md``.
CONDITIONS: Final = (
    "channel", "method", "status", "bytes", "claimed", "referer", "event", "app_log", "follow_up", "redirect",
    "trailing_slash", "doubled_slash", "attempt", "returns_to", "basic_auth", "channel_accepts",
    "dag_missing", "generation", "home_growth",
)  # fmt: skip
_THEN_KEYS: Final = {"outcome", "reason", "detail", "confidence"}


@dataclass(frozen=True, slots=True)
class Example:
    """One example of a rule file.

    Attributes:
        item: ``[[match]] 2``, for messages.
        data: the example as written.
        positive: it must match.
        todo: a known gap, which must still fail.
    """

    item: str
    data: Mapping[str, Any]
    positive: bool
    todo: bool


@dataclass(frozen=True, slots=True)
class Rule:
    """What every rule has.

    Attributes:
        id: name of the rule and of its file.
        family: one of ``FAMILIES``.
        title: one line for people.
        file: path relative to the rules folder, for messages.
        reference: where the fact is documented or was measured.
        examples: the rule's own examples.
    """

    id: str
    family: str
    title: str
    file: str
    reference: str
    examples: tuple[Example, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class RequestRule(Rule):
    """Which requests are trigger attempts, or follow-ups of one.

    Attributes:
        methods: HTTP methods, upper case.
        path: RE2 pattern searched in the decoded path (``paths.Target.match``).
        unless: RE2 pattern; a path that it matches is not meant; empty for none.
        query: RE2 pattern that the query string must match; empty for any.
        anchors: each line of interest holds at least one of these texts, in every envelope.
        channel: of an attempt; empty for follow-ups.
        dag_id: where to look for the DAG id, in this order: ``path``, ``query``, ``referer``.
        redirects: the attempt counts only if it was answered with one of these redirects; empty for any answer.
        statuses: the follow-up counts only with one of these; empty for any.
    """

    methods: tuple[str, ...]
    path: str
    unless: str
    query: str
    anchors: tuple[str, ...]
    channel: str
    dag_id: tuple[str, ...]
    redirects: tuple[str, ...]
    statuses: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class EventRule(Rule):
    """Which app lines are evidence, and of which requests.

    Attributes:
        message: RE2 pattern searched in the message of an app line; named groups become fields of the event.
        anchors: each line of interest holds at least one of these texts.
        typed: the message ends in a text that a stranger typed.
        repeats: one request may leave the line several times.
        continuation: the lines of a traceback are searched as well.
        detail: detail code that the message itself tells; empty for none.
        details: ``file:line`` of the message, or its group ``detail``, to a detail code.
        requests: channels, attempt rules and follow-up rules that it may be about.
        statuses: with which the request was answered.
        same: fields that event and request must share where both have them: ``user``, ``path``, ``method``, ``dag_id``.
        along_with: event rules that the same request leaves before this one.
    """

    message: str
    anchors: tuple[str, ...]
    typed: bool
    repeats: bool
    continuation: bool
    detail: str
    details: Mapping[str, str]
    requests: tuple[str, ...]
    statuses: tuple[int, ...]
    same: tuple[str, ...]
    along_with: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OutcomeRule(Rule):
    """What evidence means.

    Attributes:
        evidence: what decides, strongest first, from ``LADDER``.
        when: condition name to the values that satisfy it.
        outcome, reason, detail, confidence: what the attempt becomes; detail ``event`` takes the event's.
        explanation: what happened, in a sentence or two, for the user.
        remedy: what fixes it; empty where there is nothing to fix.
        versions: of Airflow that it was measured on.
    """

    evidence: tuple[str, ...]
    when: Mapping[str, tuple[Any, ...]]
    outcome: str
    reason: str
    detail: str
    confidence: str
    explanation: str
    remedy: str
    versions: str

    @property
    def rank(self) -> tuple[int, int, str]:
        """Order in which rules are tried: those that decide, by strength of evidence, then by number of conditions."""
        undecided = self.outcome == Outcome.UNDETERMINED
        return (len(LADDER) * undecided + LADDER.index(self.evidence[0]), -len(self.when), self.id)


@dataclass(frozen=True, slots=True)
class RuleSet:
    """All rules of a run.

    Attributes:
        attempts, follow_ups: rules on requests.
        events: rules on app lines.
        outcomes: rules on evidence, in the order in which they are tried.
        digest: SHA-256 over all rule files, which identifies the set.
    """

    attempts: tuple[RequestRule, ...]
    follow_ups: tuple[RequestRule, ...]
    events: tuple[EventRule, ...]
    outcomes: tuple[OutcomeRule, ...]
    digest: str

    def __iter__(self) -> Iterable[Rule]:  # type: ignore[misc]
        yield from (*self.attempts, *self.follow_ups, *self.events, *self.outcomes)


def shipped_folder() -> Path:
    """The rules that come with logparse: inside the installed package, or top level of a checkout."""
    packaged = Path(__file__).parent / "_rules"
    return packaged if packaged.is_dir() else Path(__file__).parent.parent / "rules"


def load(folders: Sequence[str | Path] = ()) -> RuleSet:
    """The shipped rules with those of ``folders`` added; a file of the same family and name replaces the earlier one.

    Raises:
        RuleError: with every problem found in any file.
    """
    problems: list[RuleProblem] = []
    files: dict[tuple[str, str], Path] = {}
    for folder in (shipped_folder(), *map(Path, folders)):
        found = [(family, path) for family in FAMILIES for path in sorted((folder / family).glob("*.toml"))]
        if not found:
            problems.append(RuleProblem(str(folder), "", f"no rule files in it; expected {' '.join(FAMILIES)}/*.toml"))
        files.update({(family, path.name): path for family, path in found})
    rules: dict[str, list[Any]] = {family: [] for family in FAMILIES}
    digest = hashlib.sha256()
    for (family, name), path in sorted(files.items()):
        text = path.read_bytes()
        digest.update(f"{family}/{name}\0".encode() + text)
        rule = _load(family, f"{family}/{name}", text, problems)
        if rule is not None:
            rules[family].append(rule)
    _check_references(rules, problems)
    if problems:
        raise RuleError(problems)
    rules["outcomes"].sort(key=lambda rule: rule.rank)
    return RuleSet(**{family: tuple(each) for family, each in rules.items()}, digest=digest.hexdigest())


def _load(family: str, file: str, text: bytes, problems: list[RuleProblem]) -> Rule | None:
    def problem(item: str, message: str) -> None:
        problems.append(RuleProblem(file, item, message))

    before = len(problems)
    try:
        data = tomllib.loads(text.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        problem("", f"not valid TOML: {error}")
        return None
    _check_keys(data, _COMMON | _KEYS[family], problem)
    for key in _REQUIRED[family]:
        if key not in data:
            problem(key, "is missing")
    if data.get("id") != Path(file).stem:
        problem("id", f"must be the name of the file, {Path(file).stem!r}")
    for kind in ("match", "ignore"):
        if not data.get(kind):
            problem(f"[[{kind}]]", "at least one example is needed")
    for anchor in data.get("anchors", ()):
        if not _ANCHOR.fullmatch(str(anchor)):
            problem("anchors", f"{anchor!r}: 3 or more letters, digits, `_` or `-`; other characters may be escaped")
    if len(problems) > before:
        return None
    try:
        rule = _BUILD[family](data, file, problem)
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        problem("", f"a value has the wrong type: {error}")
        return None
    for name in ("path", "unless", "query", "message"):
        _check_pattern(getattr(rule, name, ""), name, problem)
    return rule if len(problems) == before else None


def _check_keys(data: Mapping[str, Any], known: set[str], problem: Any) -> None:
    for key in sorted(set(data) - known):
        near = difflib.get_close_matches(key, known, n=1)
        problem(key, "unknown key" + (f"; did you mean `{near[0]}`?" if near else f"; known: {', '.join(sorted(known))}"))


def _check_pattern(pattern: str, item: str, problem: Any) -> None:
    """RE2 refuses what could take more than linear time on a hostile line; Arrow carries it."""
    if not pattern:
        return
    import pyarrow as pa  # noqa: PLC0415  0.15 s that only those who run rules should pay
    import pyarrow.compute as pc  # noqa: PLC0415

    try:
        pc.match_substring_regex(pa.array([""]), pattern)
        re.compile(pattern)
    except (pa.ArrowInvalid, re.error) as error:
        problem(item, f"not a pattern that RE2 can run: {error}")


def _common(data: Mapping[str, Any], family: str, file: str) -> dict[str, Any]:
    examples = [
        Example(f"[[{kind}]] {number}", each, positive=kind == "match", todo=bool(each.get("todo", False)))
        for kind in ("match", "ignore")
        for number, each in enumerate(data[kind], 1)
    ]
    return {
        "id": data["id"],
        "family": family,
        "title": data["title"],
        "file": file,
        "reference": data.get("reference", ""),
        "examples": tuple(examples),
    }


def _request(family: str) -> Any:
    def build(data: Mapping[str, Any], file: str, problem: Any) -> RequestRule:
        if family == "attempts" and data["channel"] not in list(Channel):
            problem("channel", f"{data['channel']!r} is none of {', '.join(Channel)}")
        for place in set(data.get("dag_id", ())) - {"path", "query", "referer"}:
            problem("dag_id", f"{place!r} is none of path, query, referer")
        return RequestRule(
            **_common(data, family, file),
            methods=tuple(data["methods"]),
            path=data["path"],
            unless=data.get("except", ""),
            query=data.get("query", ""),
            anchors=tuple(data["anchors"]),
            channel=data.get("channel", ""),
            dag_id=tuple(data.get("dag_id", ())),
            redirects=tuple(data.get("redirects", ())),
            statuses=tuple(data.get("statuses", ())),
        )

    return build


def _event(data: Mapping[str, Any], file: str, problem: Any) -> EventRule:
    joins = data["joins"]
    _check_keys(joins, _JOIN_KEYS, lambda key, text: problem(f"joins.{key}", text))
    return EventRule(
        **_common(data, "events", file),
        message=data["message"],
        anchors=tuple(data["anchors"]),
        typed=data.get("typed", False),
        repeats=data.get("repeats", False),
        continuation=data.get("continuation", False),
        detail=data.get("detail", ""),
        details=dict(data.get("details", {})),
        requests=tuple(joins["requests"]),
        statuses=tuple(joins["statuses"]),
        same=tuple(joins.get("same", ())),
        along_with=tuple(joins.get("along_with", ())),
    )


def _outcome(data: Mapping[str, Any], file: str, problem: Any) -> OutcomeRule:
    when, then = data["when"], data["then"]
    _check_keys(when, set(CONDITIONS), lambda key, text: problem(f"when.{key}", text))
    _check_keys(then, _THEN_KEYS, lambda key, text: problem(f"then.{key}", text))
    rule = OutcomeRule(
        **_common(data, "outcomes", file),
        evidence=tuple(data["evidence"]),
        when={key: tuple(value) if isinstance(value, list) else (value,) for key, value in when.items()},
        outcome=then["outcome"],
        reason=then.get("reason", ""),
        detail=then.get("detail", ""),
        confidence=then["confidence"],
        explanation=data["explanation"].strip(),
        remedy=data.get("remedy", "").strip(),
        versions=data.get("versions", ""),
    )
    _check_vocabulary(rule, problem)
    return rule


_BUILD: Final = {
    "attempts": _request("attempts"),
    "follow_ups": _request("follow_ups"),
    "events": _event,
    "outcomes": _outcome,
}


def _check_vocabulary(rule: OutcomeRule, problem: Any) -> None:
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


def _check_references(rules: Mapping[str, Sequence[Any]], problems: list[RuleProblem]) -> None:
    """What rules say of each other must exist."""
    requests = {*Channel, *(rule.id for family in ("attempts", "follow_ups") for rule in rules[family])}
    events = {rule.id for rule in rules["events"]}
    follow_ups = {rule.id for rule in rules["follow_ups"]}
    for rule in rules["events"]:
        problems.extend(
            RuleProblem(rule.file, "joins.requests", f"{name!r} is no channel and no request rule")
            for name in sorted(set(rule.requests) - requests)
        )
        problems.extend(
            RuleProblem(rule.file, "joins.along_with", f"{name!r} is no event rule")
            for name in sorted(set(rule.along_with) - events)
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
