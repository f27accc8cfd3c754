"""What a rule file may hold, as JSON Schema: editors offer its keys and show what is wrong while one types.

Owns: this form of it. Must not know: what any key means, where the schemas are kept.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from logparse.rules.keys import (
    COMMON_KEYS,
    FAMILY_KEYS,
    FLAG_CONDITIONS,
    NEED_KEYS,
    NESTED_KEYS,
    RANGE_CONDITIONS,
    READING_KEYS,
)
from logparse.rules.words import CONDITIONS, KEYS, SUCCESSES, TRAITS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_TEXTS: Final = {"type": "array", "items": {"type": "string"}}
_KINDS: Final[Mapping[str, Any]] = {
    "text": {"type": "string"},
    "texts": _TEXTS,
    "numbers": {"type": "array", "items": {"type": "integer"}},
    "flag": {"type": "boolean"},
    "table": {"type": "object"},
    "number": {"type": "integer", "minimum": 0},
    "share": {"type": "number", "minimum": 0, "maximum": 1},
    "tables": {"type": "array", "minItems": 1, "items": {"type": "object"}},
    "words": {"type": "object", "additionalProperties": {"type": "string"}},
}
_RANGE: Final = {"anyOf": [{"type": "integer"}, {"type": "string", "pattern": r"^\d+-\d+$"}]}


def make_schema(family: str) -> dict[str, Any]:
    """Return the schema of a family of rules: every key, what it may hold, and which keys must be there.

    Args:
        family: such as ``findings``.
    """
    schema = _describe_table({**COMMON_KEYS, **FAMILY_KEYS[family]})
    known = schema["properties"]
    known |= {key: _describe_table(nested) for key, nested in NESTED_KEYS.items() if key in known}
    asked = _describe_conditions(TRAITS if family == "findings" else CONDITIONS)
    if "when" in known:
        known["when"] = asked
    if "need" in known:
        need = known["need"] = _describe_table(NEED_KEYS)
        need["properties"] |= {"of": asked, "including": asked, "suffices": asked, "success": {"enum": [*SUCCESSES]}}
        need["properties"]["reading"] = _describe_table(READING_KEYS)
        known["over"] = {"type": "array", "items": {"enum": [*KEYS]}}
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": f"A rule in {family}/"}
    return head | schema


def _describe_table(keys: Mapping[str, str]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {key: _KINDS[kind.removesuffix("!")] for key, kind in keys.items()},
        "required": [key for key, kind in keys.items() if kind.endswith("!")],
        "additionalProperties": False,
    }


def _describe_conditions(names: Iterable[str]) -> dict[str, Any]:
    kinds = {**dict.fromkeys(RANGE_CONDITIONS, _RANGE), **dict.fromkeys(FLAG_CONDITIONS, _KINDS["flag"])}
    values = {name: kinds.get(name, _KINDS["text"]) for name in names}
    several = {name: {"anyOf": [kind, {"type": "array", "items": kind}]} for name, kind in values.items()}
    return {"type": "object", "properties": several, "additionalProperties": False}
