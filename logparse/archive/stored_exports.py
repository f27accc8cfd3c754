"""Exports of the database as the archive stores them, so that a week can be made again from the same exports.

Owns: the form in which they are stored, and how several exports of one Airflow are put together. Must not know: what a
record means.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, astuple, replace
from typing import TYPE_CHECKING, Any, TypeVar

from logparse.archive.index import Given
from logparse.common.errors import OutputError
from logparse.verdicts.exports import loader, people
from logparse.verdicts.exports.audit_log import AuditRecord, ChangeRecord
from logparse.verdicts.exports.dag_runs import RunRecord
from logparse.verdicts.exports.people import User

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from logparse.archive.storage.interface import Storage
    from logparse.verdicts.exports.loader import Exports

Record = TypeVar("Record", AuditRecord, RunRecord, ChangeRecord)


def store_exports(storage: Storage, given: Exports, deployment: str) -> tuple[Given | None, str]:
    """Store exports.

    Returns:
        What the index holds of the records, None if there are none; and the object that holds users and roles, empty if
        there are none.
    """
    records: Given | None = None
    if given.audit is not None or given.runs is not None:
        records_of: dict[str, Any] = {}
        if given.audit is not None:
            records_of |= {"audit": [asdict(record) for record in given.audit], "audit_spans": given.audit_spans}
            records_of |= {"changes": [asdict(record) for record in given.changes]} if given.changes else {}
        if given.runs is not None:
            records_of |= {"runs": [asdict(record) for record in given.runs], "runs_spans": given.runs_spans}
        spans = sorted(set(given.audit_spans + given.runs_spans))
        records = Given(storage.put(_json(records_of)), deployment, [list(span) for span in spans])
    if not given.people.given:
        return records, ""
    users, roles = given.people.users, given.people.roles
    who = {
        "users": None if users is None else [asdict(users[name]) for name in sorted(users)],
        "roles": None if roles is None else {name: sorted(roles[name]) for name in sorted(roles)},
        "simple": given.people.simple,
    }
    return records, storage.put(_json(who))


def load_exports(storage: Storage, given: Iterable[Given]) -> Exports:
    """Load the exports of one Airflow as if they were one. A record that more than one of them holds counts once."""
    objects = [_read(storage, export.object) for export in given]
    audit = [held for held in objects if "audit" in held]
    runs = [held for held in objects if "runs" in held]
    return loader.Exports(
        audit=_merge_records([[AuditRecord(**row) for row in held["audit"]] for held in audit]) if audit else None,
        audit_spans=_merge_spans(held["audit_spans"] for held in audit),
        runs=_merge_records([[RunRecord(**row) for row in held["runs"]] for held in runs]) if runs else None,
        runs_spans=_merge_spans(held["runs_spans"] for held in runs),
        changes=_merge_records([[ChangeRecord(**row) for row in held.get("changes", ())] for held in audit]),
    )


def add_people(storage: Storage, given: Exports, name: str) -> Exports:
    """Return exports with the users and roles of an object; without a name of one, there are none."""
    if not name:
        return given
    held = _read(storage, name)
    users = (
        None
        if held["users"] is None
        else {
            user["name"]: User(**{**user, "roles": None if user["roles"] is None else tuple(user["roles"])})
            for user in held["users"]
        }
    )
    roles = (
        None
        if held["roles"] is None
        else {
            role: frozenset((action, resource) for action, resource in permissions)
            for role, permissions in held["roles"].items()
        }
    )
    return replace(given, people=people.of(users, roles, simple=held["simple"]))


def _json(content: dict[str, Any]) -> bytes:
    return json.dumps(content, ensure_ascii=True, sort_keys=True, separators=(",", ":")).encode()


def _read(storage: Storage, name: str) -> dict[str, Any]:
    with storage.open(name) as stream:
        data = stream.read()
    try:
        content: dict[str, Any] = json.loads(data)
    except ValueError as error:
        raise OutputError(storage.place, f"an object of the archive is damaged ({name}); see archive verify") from error
    return content


def _merge_records(parts: Sequence[Sequence[Record]]) -> tuple[Record, ...]:
    """Return the records of all parts; equal ones as often as the part that holds most of them."""
    counts: Counter[Record] = Counter()
    for part in parts:
        counts |= Counter(part)
    return tuple(sorted(counts.elements(), key=lambda each: (each.time, [str(value) for value in astuple(each)])))


def _merge_spans(parts: Iterable[Iterable[Sequence[int]]]) -> tuple[tuple[int, int], ...]:
    """Return spans of time in order, with spans that touch put together."""
    merged: list[tuple[int, int]] = []
    for since, until in sorted((int(since), int(until)) for part in parts for since, until in part):
        if merged and since <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], until))
        else:
            merged.append((since, until))
    return tuple(merged)
