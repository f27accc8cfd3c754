"""Attributes of OpenTelemetry, which are lists of pairs, as nested objects.

Owns: how pairs become keys. Must not know: which records these attributes are about.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from logparse.envelopes.documents import json_text


@lru_cache(maxsize=64)
def nest_attributes(resource: bytes) -> bytes:
    """Return a resource with ``{"k8s": {"pod": {"name": ...}}}`` in place of the attribute ``k8s.pod.name``.

    Args:
        resource: as JSON. What is no resource with a list of attributes is returned as it is.
    """
    decoded = json_text.decode(resource)
    attributes = decoded.get("attributes") if isinstance(decoded, dict) else None
    if not isinstance(attributes, list):
        return resource
    nested: dict[str, Any] = {}
    for pair in attributes:
        value = pair.get("value") if isinstance(pair, dict) else None
        if isinstance(value, dict) and isinstance(pair.get("key"), str):
            _put(nested, pair["key"].split("."), value.get("stringValue"))
    return json_text.write({"attributes": nested})


def _put(nested: dict[str, Any], keys: list[str], value: Any) -> None:
    """Put a text under nested keys, unless something else stands there."""
    for key in keys[:-1]:
        inner = nested.setdefault(key, {})
        if not isinstance(inner, dict):
            return
        nested = inner
    if isinstance(value, str):
        nested.setdefault(keys[-1], value)
