"""Data classes as the JSON objects of files, and back.

Owns: which fields are taken. Must not know: what any of them means.
"""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from _typeshed import DataclassInstance


def fields_of(record: DataclassInstance) -> dict[str, Any]:
    """Return the fields of a record, without copies of what is in them, which ``dataclasses.asdict`` would make."""
    return {each.name: getattr(record, each.name) for each in fields(record)}


def known_fields(kind: type[DataclassInstance], told: dict[str, Any]) -> dict[str, Any]:
    """Return what is told of a record, without what only other versions of the program say of it."""
    return {each.name: told[each.name] for each in fields(kind) if each.name in told}
