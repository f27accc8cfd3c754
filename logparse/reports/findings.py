"""The report ``findings``: what is wrong, who and what is concerned, and what fixes it.

Owns: its columns, and how a finding is put into words. Must not know: how causes are found (see
``logparse.findings``).
"""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from logparse.common.schema import Column
from logparse.findings import remedies
from logparse.reports.finding_texts import GRANTS, describe_roles, fill_in
from logparse.reports.report import WEEK, Report, ReportInput, conform

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from logparse.findings.attempt_columns import AttemptColumns
    from logparse.findings.finding import Finding
    from logparse.rules.model import FindingRule
    from logparse.verdicts.permissions import Lack

#: Number of names in one cell, at most; the counts beside them say how many there are.
NAMED: Final = 10
_COLUMNS: Final = (
    Column("finding", "string", "id of the cause, see the list of rules"),
    Column(
        "severity",
        "string",
        "how bad it is: `critical` (a hole, or an attack that got in), `high` (many callers, or an attack), `medium`, "
        "`low`, `info` (nothing to do)",
    ),
    Column("title", "string", "the cause in one line"),
    Column("outcome", "string", "what became of most of its attempts"),
    Column("users", "string", "who, up to 10 names, most attempts first"),
    Column("user_count", "int64", "how many different users, those known"),
    Column("clients", "string", "from which addresses, up to 10, most attempts first"),
    Column("client_count", "int64", "how many different addresses"),
    Column(
        "reach",
        "string",
        "`everybody`, `some` or `one`: how many of the callers that were active on the same channels are concerned",
    ),
    Column("dags", "string", "which DAGs, up to 10, most attempts first"),
    Column("dag_count", "int64", "how many different DAGs, those named"),
    Column(
        "attempts",
        "int64",
        "attempts that it explains, successes too where they are the cause; none is counted by two findings",
    ),
    Column("incidents", "int64", "the same without retries: the same caller, DAG and reason within 60 seconds"),
    Column("first_seen", "timestamp", "first of these attempts in the week"),
    Column("last_seen", "timestamp", "last of these attempts in the week"),
    Column("confidence", "string", "how sure the diagnosis is: `confirmed`, `likely` or `ambiguous`"),
    Column("evidence", "string", "what decided most of its attempts"),
    Column("missing", "string", "permissions that the callers lack, where users and roles were given"),
    Column("explanation", "string", "what happened"),
    Column("remedy", "string", "what to do, with the command where there is one"),
    Column("versions", "string", "of Airflow that the cause is about"),
    Column("reference", "string", "documentation or issue"),
    Column(
        "key",
        "string",
        "names the finding, in every week alike: the cause, and a digest of what its attempts have in common; "
        "`.../others` are several with few attempts each",
    ),
    Column(
        "example",
        "string",
        "one of the attempts, as `logparse explain` takes it. `-:470` is line 470 of standard input: pipe the same log "
        "in again (`zcat LOG | logparse explain -:470`). In CSV such a cell begins with `'`, which is not part of it",
    ),
)


def tabulate_findings(findings: Mapping[str, Iterable[Finding]], attempts: AttemptColumns) -> pd.DataFrame:
    """Return findings of weeks, one row each, columns as in the report and ``week``.

    Args:
        findings: findings by week.
        attempts: the attempts that they were found in.
    """
    return _frame([{"week": week, **_row(one, attempts)} for week, of_week in findings.items() for one in of_week])


def no_findings() -> pd.DataFrame:
    """Return the table without any findings."""
    return _frame([])


def _frame(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    columns = (WEEK, *_COLUMNS)
    frame = pd.DataFrame(rows, columns=[column.name for column in columns], dtype=object)
    for name in ("first_seen", "last_seen"):
        frame[name] = pd.to_datetime(frame[name].astype("Int64"), unit="us", utc=True)
    return conform(frame, columns)


def _row(finding: Finding, attempts: AttemptColumns) -> dict[str, Any]:
    rows, rule = finding.rows, finding.rule
    users, clients, dags = (_ranked(attempts.counted(name, rows)) for name in ("user", "client", "dag_id"))
    # No grant makes up for a DAG that is not there.
    lacks = [(attempts.lacks[row], row) for row in rows.tolist() if row in attempts.lacks] if attempts.lacks else []
    lacking = [] if True in rule.when.get("dag_missing", ()) else lacks
    missing = _ranked(Counter(lack.missing for lack, _ in lacking if lack.missing))
    filled = {
        "user": _first(users, finding), "users": _list(users, NAMED), "client": _first(clients, finding),
        "clients": _list(clients, NAMED), "caller": _list(users or clients, NAMED),
        "dag": _first(dags, finding), "dags": _list(dags, NAMED),
        "attempts": str(len(rows)), "missing": _list(missing, GRANTS) or "a permission",
        "role": next((lack.role for lack, _ in lacks if lack.role), "ROLE"),
    }  # fmt: skip
    return {
        "finding": rule.id,
        "severity": str(finding.severity),
        "title": rule.title,
        "outcome": _ranked(attempts.counted("outcome", rows))[0],
        "users": _list(users, NAMED),
        "user_count": len(users),
        "clients": _list(clients, NAMED),
        "client_count": len(clients),
        "reach": "everybody" if finding.reach.everybody else "some" if finding.reach.callers > 1 else "one",
        "dags": _list(dags, NAMED),
        "dag_count": len(dags),
        "attempts": len(rows),
        "incidents": finding.incidents,
        "first_seen": int(attempts.time[rows[0]]),
        "last_seen": int(attempts.time[rows[-1]]),
        "confidence": str(finding.confidence),
        "evidence": _ranked(attempts.counted("evidence", rows))[0],
        "missing": _list(missing, len(missing)),
        "explanation": " ".join([fill_in(rule.explanation, filled), *describe_roles([lack for lack, _ in lacking])]),
        "remedy": _tell_remedy(rule, _grants(lacking, attempts), {**filled, **_only(finding, users, clients, dags)}),
        "versions": rule.versions,
        "reference": rule.reference,
        "key": _make_key(finding, attempts),
        "example": f"{attempts.texts('source', rows[:1])[0]}:{attempts.line[rows[0]]}",
    }


def _ranked(counts: Mapping[str, int]) -> list[str]:
    if len(counts) == 1:
        return [*counts]
    return sorted(counts, key=lambda value: (-counts[value], value))


def _tell_remedy(rule: FindingRule, grants: str, values: Mapping[str, str]) -> str:
    """Return the remedy, with a condition if it grants something: who was refused may have been refused on purpose."""
    remedy = grants or fill_in(rule.remedy, values, remedies.quoted)
    return f"Only if this access is intended: {remedy}" if grants or rule.grants else remedy


def _make_key(finding: Finding, attempts: AttemptColumns) -> str:
    """Return what names a finding in every week: the cause, and a digest of what its attempts have in common.

    The digest is made of texts as they are shown, so a pseudonym stays one.
    """
    if finding.together:
        return f"{finding.rule.id}/others"
    columns = [("user", "client") if name == "caller" else (name,) for name in finding.rule.over]
    first = finding.rows[:1]
    shared = [next(filter(None, (attempts.texts(name, first)[0] for name in names)), "") for names in columns]
    digest = hashlib.sha256("\0".join(shared).encode("utf-8", "surrogateescape")).hexdigest()
    return f"{finding.rule.id}/{digest[:8]}" if any(shared) else finding.rule.id


def _only(finding: Finding, users: Sequence[str], clients: Sequence[str], dags: Sequence[str]) -> dict[str, str]:
    """Return what stands in a command: of several findings together, only what they all have in common."""
    if not finding.together:
        return {"user": _list(users, 1), "client": _list(clients, 1), "dag": _list(dags, 1)}
    names = (("user", users), ("client", clients), ("dag", dags))
    return {name: values[0] if len(values) == 1 else "" for name, values in names}


def _first(values: Sequence[str], finding: Finding) -> str:
    """Return the first text, or how many there are if these are several findings together."""
    if not finding.together or len(values) < 2:  # noqa: PLR2004
        return _list(values, 1)
    return f"{values[0]} (and {len(values) - 1} more)"


def _list(values: Sequence[str], most: int) -> str:
    rest = f" and {len(values) - most} more" if len(values) > most > 1 else ""
    return ", ".join(values[:most]) + rest


def _grants(lacking: Sequence[tuple[Lack, int]], attempts: AttemptColumns) -> str:
    """Return what to grant to each user."""
    lacks: dict[str, dict[Lack, str | None]] = {}
    dags = attempts.texts("dag_id", np.array([row for _, row in lacking], np.int64))
    for (lack, _), dag in zip(lacking, dags, strict=True):
        lacks.setdefault(lack.user, {})[lack] = dag
    grants = [remedies.remedy(list(mine), list(dict.fromkeys(filter(None, mine.values())))) for mine in lacks.values()]
    rest = f" And {len(grants) - GRANTS} more of the kind." if len(grants) > GRANTS else ""
    return " / ".join(grants[:GRANTS]) + rest


def _build(source: ReportInput) -> pd.DataFrame:
    return conform(source.findings, _COLUMNS)


REPORT: Final = Report(
    "findings",
    "What is wrong, who is concerned, and what fixes it?",
    _COLUMNS,
    _build,
    ("severity", "title", "attempts", "users", "dags"),
)
