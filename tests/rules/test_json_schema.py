"""The schemas of rule files take what the loader takes, and refuse what it refuses."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from logparse.rules.json_schema import make_schema
from logparse.rules.keys import check
from logparse.rules.model import FAMILIES

RULES = Path(__file__).parents[2] / "rules"


def problems(family: str, rule: dict[str, Any]) -> tuple[bool, bool]:
    """Return whether the schema and the loader find anything wrong."""
    told: list[str] = []
    check(family, rule["id"], rule, lambda key, _: told.append(key))
    return not Draft202012Validator(make_schema(family)).is_valid(rule), bool(told)


@pytest.mark.parametrize("family", FAMILIES)
def test_shipped_rules_fit(family: str) -> None:
    schema = make_schema(family)
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    for path in (RULES / family).glob("*.toml"):
        assert not [*validator.iter_errors(tomllib.loads(path.read_text("utf-8")))], path.name


@pytest.mark.parametrize(
    ("family", "change"),
    [
        ("findings", {"order": "x"}),
        ("findings", {"ordr": 3}),
        ("findings", {"grants": 1}),
        ("findings", {"need": {"share": 2}}),
        ("findings", {"need": {"of": {"status": ["4xx"]}}}),
        ("findings", {"when": {"browser": ["yes"]}}),
        ("findings", {"when": {"brwser": [True]}}),
        ("findings", {"match": []}),
        ("outcomes", {"then": {"outcome": "success"}}),
        ("outcomes", {"when": {"status": ["500-599"], "browser": True}}),
        ("events", {"joins": {"requests": [], "statuses": ["x"]}}),
        ("attempts", {"methods": "POST"}),
        ("follow_ups", {"statuses": [200]}),
    ],
)
def test_schema_and_loader_agree(family: str, change: dict[str, Any]) -> None:
    path = min((RULES / family).glob("*.toml"))
    rule = tomllib.loads(path.read_text("utf-8")) | change
    by_schema, by_loader = problems(family, rule)
    assert by_schema is by_loader
