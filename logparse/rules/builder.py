"""What a rule file holds to a rule.

Owns: which key of a file is which attribute of a rule, and what stands for a key that is left out.
Must not know: files, what a key may hold.
"""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any, Final

from logparse.rules.conditions import values_of
from logparse.rules.model import EventRule, Example, FindingRule, OutcomeRule, RequestRule
from logparse.rules.roles import Endpoint

if TYPE_CHECKING:
    from collections.abc import Mapping

    from logparse.rules.model import Rule


def build_rule(family: str, data: Mapping[str, Any]) -> Rule:
    """Return the rule of a family that a file describes."""
    rule: Rule = _BUILD[family](data)
    return rule


def _common(data: Mapping[str, Any], family: str) -> dict[str, Any]:
    examples = [
        Example(f"[[{kind}]] {number}", each, positive=kind == "match", todo=bool(each.get("todo", False)))
        for kind in ("match", "ignore")
        for number, each in enumerate(data.get(kind, ()), 1)
    ]
    return {
        "id": data["id"],
        "family": family,
        "title": data["title"],
        "file": f"{family}/{data['id']}.toml",
        "reference": data.get("reference", ""),
        "examples": tuple(examples),
    }


def _request(family: str) -> Any:
    def build(data: Mapping[str, Any]) -> RequestRule:
        return RequestRule(
            **_common(data, family),
            methods=tuple(data["methods"]),
            path=data["path"],
            unless=data.get("except", ""),
            query=data.get("query", ""),
            anchors=tuple(data.get("anchors", ())),
            channel=data.get("channel", ""),
            endpoint=_endpoint(data),
            role=data.get("role", ""),
            dag_id=tuple(data.get("dag_id", ())),
            redirects=tuple(data.get("redirects", ())),
            statuses=tuple(data.get("statuses", ())),
            bare_login={key: tuple(values) for key, values in data.get("bare_login", {}).items()},
            audit={key: tuple(values) for key, values in data.get("audit", {}).items()},
        )

    return build


def _endpoint(data: Mapping[str, Any]) -> Endpoint:
    names = [field.name for field in fields(Endpoint) if field.name in data]
    said: dict[str, Any] = {name: tuple(data[name]) if isinstance(data[name], list) else data[name] for name in names}
    return Endpoint(**said)


def _event(data: Mapping[str, Any]) -> EventRule:
    joins = data["joins"]
    return EventRule(
        **_common(data, "events"),
        message=data["message"],
        unless=data.get("except", ""),
        anchors=tuple(data["anchors"]),
        role=data.get("role", ""),
        typed=data.get("typed", False),
        general=data.get("general", False),
        repeats=data.get("repeats", False),
        continuation=data.get("continuation", False),
        detail=data.get("detail", ""),
        details=dict(data.get("details", {})),
        requests=tuple(joins["requests"]),
        statuses=tuple(joins["statuses"]),
        passing=tuple(joins.get("passing", ())),
        left_by_others=joins.get("left_by_others", False),
        same=tuple(joins.get("same", ())),
        along_with=tuple(joins.get("along_with", ())),
    )


def _outcome(data: Mapping[str, Any]) -> OutcomeRule:
    when, then = data["when"], data["then"]
    return OutcomeRule(
        **_common(data, "outcomes"),
        evidence=tuple(data["evidence"]),
        when={key: values_of(value) for key, value in when.items()},
        outcome=then["outcome"],
        reason=then.get("reason", ""),
        detail=then.get("detail", ""),
        confidence=then["confidence"],
        explanation=data["explanation"].strip(),
        remedy=data.get("remedy", "").strip(),
        versions=data.get("versions", ""),
    )


def _finding(data: Mapping[str, Any]) -> FindingRule:
    return FindingRule(
        **_common(data, "findings"),
        order=data["order"],
        severity=data["severity"],
        when={key: values_of(value) for key, value in data["when"].items()},
        over=tuple(data["over"]),
        need=dict(data.get("need", {})),
        confidence=data["confidence"],
        explanation=data["explanation"].strip(),
        remedy=data["remedy"].strip(),
        asks_for=data.get("asks_for", ""),
        grants=data.get("grants", False),
        attack=data.get("attack", False),
        security=data.get("security", ""),
        no_failure=data.get("no_failure", False),
        begins_as=tuple(data.get("begins_as", ())),
        harmless_up_to=data.get("harmless_up_to", 0),
        one_row=data.get("one_row", False),
        versions=data["versions"],
    )


_BUILD: Final = {
    "attempts": _request("attempts"),
    "follow_ups": _request("follow_ups"),
    "events": _event,
    "outcomes": _outcome,
    "findings": _finding,
}
