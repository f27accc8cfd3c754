"""Rules as Sigma writes them, for a SIEM that searches the logs by itself.

Owns: what of a rule Sigma can say, and in which fields. Must not know: where the files go.

A Sigma rule looks at one line. So attempt rules and event rules are exported, and those outcome rules that ask for the
request and its status alone. What takes several lines to see (the next page, an app line, an answer to somebody else),
and every finding, is left out.

Web servers' fields are named as in Sigma's taxonomy (``cs-method``, ``cs-uri-stem`` ...); an app line is one field,
``message``.
"""

from __future__ import annotations

import re
import uuid
from typing import TYPE_CHECKING, Any, Final

import yaml

from logparse.common.schema import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from logparse.rules.model import EventRule, OutcomeRule, RequestRule, Rule, RuleSet

#: Of the ids of exported rules: a rule has the same id in every export.
_NAMESPACE: Final = uuid.UUID("5d0c2f0b-6f0b-4a52-9f2d-0a0f5c1f7b19")
#: The condition of a rule without exceptions, and of one with some.
_AND_NOT: Final = {False: "selection", True: "selection and not excluded"}
#: What outcome rules may ask for that one line tells.
_TOLD: Final = frozenset({"attempt", "channel", "method", "status"})
_LEVELS: Final = {Outcome.AUTHENTICATION_FAILURE: "low", Outcome.AUTHORIZATION_FAILURE: "medium"}
_PLAIN: Final = "informational"
_FIELDS: Final = ("c-ip", "cs-username", "cs-method", "cs-uri-stem", "sc-status", "cs-user-agent")
_NAMED_GROUP: Final = re.compile(r"\(\?P<\w+>")
_UNSURE: Final = "logparse looks at more than this line, and may come to another verdict; logparse explain says why."


def export_rules(rules: RuleSet) -> Iterator[tuple[str, str]]:
    """Yield the name of a file, ``attempts/rest-v2-dag-run.yml``, and its text for each rule that Sigma can say.

    Paths are matched as ``cs-uri-stem`` holds them: after percent-decoding, if the SIEM decodes them, as logparse does.
    """
    for attempt in _plain_attempts(rules):
        yield _write(attempt, {**_select_request(attempt), "condition": _AND_NOT[bool(attempt.unless)]}, _PLAIN, "")
    for outcome in rules.outcomes:
        if told := _select_outcome(outcome, rules):
            level = _LEVELS.get(Outcome(outcome.outcome), _PLAIN)
            yield _write(outcome, told, level, f"{outcome.explanation} {outcome.remedy}".strip())
    for event in rules.events:
        yield _write(event, _select_message(event), _PLAIN, "")


def _plain_attempts(rules: RuleSet) -> Sequence[RequestRule]:
    """The rules for which the request alone shows an attempt, whatever page the answer led to."""
    return [rule for rule in rules.attempts if not rule.redirects]


def _select_request(rule: RequestRule, prefix: str = "") -> dict[str, Any]:
    wanted: dict[str, Any] = {"cs-method": [*rule.methods], "cs-uri-stem|re": _plain(rule.path)}
    if rule.query:
        wanted["cs-uri-query|re"] = _plain(rule.query)
    excluded = {f"{prefix}excluded": {"cs-uri-stem|re": _plain(rule.unless)}} if rule.unless else {}
    return {f"{prefix}selection": wanted, **excluded}


def _select_outcome(rule: OutcomeRule, rules: RuleSet) -> dict[str, Any] | None:
    """The requests and statuses that a rule is about; None: it asks for more, or it is about no failure."""
    when = rule.when
    if not (when.keys() <= _TOLD and "status" in when and when.keys() & {"attempt", "channel"}):
        return None
    if rule.outcome in (Outcome.SUCCESS, Outcome.UNDETERMINED):
        return None
    told: dict[str, Any] = {}
    wanted = []
    for attempt in _plain_attempts(rules):
        facts = {"attempt": attempt.id, "channel": attempt.channel}
        if all(facts[name] in when.get(name, (facts[name],)) for name in facts):
            prefix = f"{attempt.id}-".replace("-", "_")
            told |= _select_request(attempt, prefix)
            wanted.append(f"{prefix}selection and not {prefix}excluded" if attempt.unless else f"{prefix}selection")
    told["status"] = [_select_status(value) for value in when["status"]]
    if "method" in when:
        told["method"] = {"cs-method": [*when["method"]]}
    asked = " and ".join(name for name in ("status", "method") if name in told)
    return {**told, "condition": f"({' or '.join(f'({each})' for each in wanted)}) and {asked}"} if wanted else None


def _select_status(value: Any) -> dict[str, int]:
    first, _, last = str(value).partition("-")
    return {"sc-status|gte": int(first), "sc-status|lte": int(last)} if last else {"sc-status": int(first)}


def _select_message(rule: EventRule) -> dict[str, Any]:
    excluded = {"excluded": {"message|re": _plain(rule.unless)}} if rule.unless else {}
    told = {"selection": {"message|re": _plain(rule.message)}, **excluded}
    return {**told, "condition": _AND_NOT[bool(excluded)]}


def _write(rule: Rule, detection: Mapping[str, Any], level: str, description: str) -> tuple[str, str]:
    of_requests = rule.family != "events"
    told = {
        "title": f"{rule.title} ({rule.id})",
        "id": str(uuid.uuid5(_NAMESPACE, f"{rule.family}/{rule.id}")),
        "name": f"airflow_{rule.family}_{rule.id}".replace("-", "_"),
        "status": "test",
        "description": description or f"{rule.title}.",
        **({"references": [rule.reference]} if rule.reference else {}),
        "author": "The logparse authors",
        "logsource": {"category": "webserver", "product": "airflow"}
        if of_requests
        else {"product": "airflow", "service": "webserver"},
        "detection": dict(detection),
        **({"fields": [*_FIELDS]} if of_requests else {}),
        "falsepositives": [_UNSURE],
        "level": level,
    }
    return f"{rule.family}/{rule.id}.yml", yaml.safe_dump(told, sort_keys=False, allow_unicode=True, width=120)


def _plain(pattern: str) -> str:
    """Return a pattern without names of groups, which few of Sigma's backends know."""
    return _NAMED_GROUP.sub("(?:", pattern)
