"""Exports of the database as the archive stores them, so that a week is made anew with what it was made with.

Owns: their form, and what several of one Airflow say together. Must not know: what a record means.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict, astuple, replace
from typing import TYPE_CHECKING, Any, TypeVar

from logparse.archive.index import Given
from logparse.common.errors import OutputError
from logparse.verdicts.exports import loader, people
from logparse.verdicts.exports.audit_log import AuditRecord
from logparse.verdicts.exports.dag_runs import RunRecord
from logparse.verdicts.exports.people import User

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from logparse.archive.storage.interface import Storage
    from logparse.verdicts.exports.loader import Exports

Record = TypeVar("Record", AuditRecord, RunRecord)


def stored(storage: Storage, given: Exports, deployment: str) -> tuple[Given | None, str]:
    """Store exports: what to name them by; None for no records. And the object that holds users and roles, if any."""
    records: Given | None = None
    if given.audit is not None or given.runs is not None:
        told: dict[str, Any] = {}
        if given.audit is not None:
            told |= {"audit": [asdict(each) for each in given.audit], "audit_spans": given.audit_spans}
        if given.runs is not None:
            told |= {"runs": [asdict(each) for each in given.runs], "runs_spans": given.runs_spans}
        spans = sorted(set(given.audit_spans + given.runs_spans))
        records = Given(storage.put(_json(told)), deployment, [list(each) for each in spans])
    if not given.people.given:
        return records, ""
    users, roles = given.people.users, given.people.roles
    who = {
        "users": None if users is None else [asdict(users[name]) for name in sorted(users)],
        "roles": None if roles is None else {name: sorted(roles[name]) for name in sorted(roles)},
        "simple": given.people.simple,
    }
    return records, storage.put(_json(who))


def merged(storage: Storage, given: Iterable[Given]) -> Exports:
    """What several exports of one Airflow say together. Records that more than one of them holds count once."""
    told = [_read(storage, each.object) for each in given]
    audit = [each for each in told if "audit" in each]
    runs = [each for each in told if "runs" in each]
    return loader.Exports(
        audit=_once([[AuditRecord(**row) for row in each["audit"]] for each in audit]) if audit else None,
        audit_spans=_spans(each["audit_spans"] for each in audit),
        runs=_once([[RunRecord(**row) for row in each["runs"]] for each in runs]) if runs else None,
        runs_spans=_spans(each["runs_spans"] for each in runs),
    )


def with_people(storage: Storage, given: Exports, name: str) -> Exports:
    """The same with users and roles; without a name of an object, there are none."""
    if not name:
        return given
    told = _read(storage, name)
    users = (
        None
        if told["users"] is None
        else {
            each["name"]: User(**{**each, "roles": None if each["roles"] is None else tuple(each["roles"])})
            for each in told["users"]
        }
    )
    roles = (
        None
        if told["roles"] is None
        else {
            role: frozenset((action, resource) for action, resource in permissions)
            for role, permissions in told["roles"].items()
        }
    )
    return replace(given, people=people.of(users, roles, simple=told["simple"]))


def _json(told: dict[str, Any]) -> bytes:
    return json.dumps(told, ensure_ascii=True, sort_keys=True, separators=(",", ":")).encode()


def _read(storage: Storage, name: str) -> dict[str, Any]:
    with storage.open(name) as stream:
        data = stream.read()
    try:
        found: dict[str, Any] = json.loads(data)
    except ValueError as error:
        raise OutputError(storage.place, f"an object of the archive is damaged ({name}); see archive verify") from error
    return found


def _once(parts: Sequence[Sequence[Record]]) -> tuple[Record, ...]:
    """Records of all parts; equal ones as often as the part that holds most of them."""
    counts: Counter[Record] = Counter()
    for part in parts:
        counts |= Counter(part)
    return tuple(sorted(counts.elements(), key=lambda each: (each.time, [str(value) for value in astuple(each)])))


def _spans(parts: Iterable[Iterable[Sequence[int]]]) -> tuple[tuple[int, int], ...]:
    """Spans that touch as one."""
    found: list[tuple[int, int]] = []
    for since, until in sorted((int(since), int(until)) for part in parts for since, until in part):
        if found and since <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], until))
        else:
            found.append((since, until))
    return tuple(found)
