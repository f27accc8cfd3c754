"""The report ``findings``: what is wrong, who and what is concerned, and what fixes it.

Owns: its columns, and how a finding is put into words. Must not know: how causes are told apart (``diagnose``).
"""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from logparse.common.schema import Column
from logparse.findings import remedies
from logparse.reports.report import Report, ReportInput, conform

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from logparse.findings.attempt_columns import Tried
    from logparse.findings.finding import Finding
    from logparse.verdicts.permissions import Lack

#: Names told in one cell; the counts beside them tell how many there are.
NAMED: Final = 10
#: Grants told in one remedy.
GRANTS: Final = 3
_COLUMNS: Final = (
    Column("finding", "string", "id of the cause, see the list of rules"),
    Column("title", "string", "the cause in one line"),
    Column("outcome", "string", "what became of most of its attempts"),
    Column("users", "string", "who, up to 10 names, most attempts first"),
    Column("user_count", "int64", "how many different users, those known"),
    Column("clients", "string", "from which addresses, up to 10, most attempts first"),
    Column("client_count", "int64", "how many different addresses"),
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
    Column("example", "string", "one of the attempts, as `logparse explain` takes it"),
)
WEEK: Final = Column("week", "string", "ISO week in the report's zone")
_PLACEHOLDER: Final = re.compile(r"\{([a-z_]+)\}")


def table(found: Mapping[str, Iterable[Finding]], tried: Tried) -> pd.DataFrame:
    """Findings of all weeks, one row each, columns as in the report and ``week``.

    Args:
        found: findings by week.
        tried: the attempts that they are of.
    """
    return _frame([{"week": week, **_row(each, tried)} for week, findings in found.items() for each in findings])


def none() -> pd.DataFrame:
    """The table without any findings."""
    return _frame([])


def _frame(rows: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    columns = (WEEK, *_COLUMNS)
    frame = pd.DataFrame(rows, columns=[column.name for column in columns], dtype=object)
    for name in ("first_seen", "last_seen"):
        frame[name] = pd.to_datetime(frame[name].astype("Int64"), unit="us", utc=True)
    return conform(frame, columns)


def _row(finding: Finding, tried: Tried) -> dict[str, Any]:
    rows, rule = finding.rows, finding.rule
    users, clients, dags = (_ranked(tried.counted(name, rows)) for name in ("user", "client", "dag_id"))
    # No grant makes up for a DAG that is not there.
    lacks = [(tried.lacks[row], row) for row in rows.tolist() if row in tried.lacks] if tried.lacks else []
    lacking = [] if True in rule.when.get("dag_missing", ()) else lacks
    missing = _ranked(Counter(lack.missing for lack, _ in lacking if lack.missing))
    filled = {
        "user": _list(users, 1), "users": _list(users, NAMED), "client": _list(clients, 1),
        "clients": _list(clients, NAMED), "caller": _list(users or clients, NAMED),
        "dag": _list(dags, 1), "dags": _list(dags, NAMED),
        "attempts": str(len(rows)), "missing": _list(missing, GRANTS) or "a permission",
        "role": next((lack.role for lack, _ in lacks if lack.role), "ROLE"),
    }  # fmt: skip
    return {
        "finding": rule.id,
        "title": rule.title,
        "outcome": _ranked(tried.counted("outcome", rows))[0],
        "users": _list(users, NAMED),
        "user_count": len(users),
        "clients": _list(clients, NAMED),
        "client_count": len(clients),
        "dags": _list(dags, NAMED),
        "dag_count": len(dags),
        "attempts": len(rows),
        "incidents": finding.incidents,
        "first_seen": int(tried.time[rows[0]]),
        "last_seen": int(tried.time[rows[-1]]),
        "confidence": str(finding.confidence),
        "evidence": _ranked(tried.counted("evidence", rows))[0],
        "missing": _list(missing, len(missing)),
        "explanation": " ".join([_filled(rule.explanation, filled), *_roles([lack for lack, _ in lacking])]),
        "remedy": _grants(lacking, tried) or _filled(rule.remedy, filled, remedies.quoted),
        "versions": rule.versions,
        "reference": rule.reference,
        "example": f"{tried.texts('source', rows[:1])[0]}:{tried.line[rows[0]]}",
    }


def _filled(text: str, values: Mapping[str, str], written: Callable[[str], str] = str) -> str:
    """The text with values in place of their names; those that are not known keep their names."""

    def value(found: re.Match[str]) -> str:
        known = values.get(found[1])
        return written(known) if known else found[1].upper()

    return _PLACEHOLDER.sub(value, _flowing(text))


@cache
def _flowing(text: str) -> str:
    return " ".join(text.split())


def _ranked(counts: Mapping[str, int]) -> list[str]:
    if len(counts) == 1:
        return [*counts]
    return sorted(counts, key=lambda value: (-counts[value], value))


def _list(values: Sequence[str], most: int) -> str:
    rest = f" and {len(values) - most} more" if len(values) > most > 1 else ""
    return ", ".join(values[:most]) + rest


def _roles(lacking: Sequence[Lack]) -> list[str]:
    """Which roles lack it, and whether the DAG could grant it."""
    lacks = {(lack.user, lack.roles): lack for lack in lacking}
    told = []
    for lack in list(lacks.values())[:GRANTS]:
        roles = ", ".join(lack.roles) or "no role"
        may = (
            "access_control of the DAG could grant it"
            if lack.by_access_control
            else "no DAG's access_control can grant it"
        )
        none = "which lacks" if lack.roles else "and so lacks"
        told.append(f"{lack.user} has {roles}, {none} {lack.missing}; {may}.")
    return told


def _grants(lacking: Sequence[tuple[Lack, int]], tried: Tried) -> str:
    """What to grant to each user."""
    lacks: dict[str, dict[Lack, str | None]] = {}
    dags = tried.texts("dag_id", np.array([row for _, row in lacking], np.int64))
    for (lack, _), dag in zip(lacking, dags, strict=True):
        lacks.setdefault(lack.user, {})[lack] = dag
    told = [remedies.remedy(list(mine), list(dict.fromkeys(filter(None, mine.values())))) for mine in lacks.values()]
    rest = f" And {len(told) - GRANTS} more of the kind." if len(told) > GRANTS else ""
    return " / ".join(told[:GRANTS]) + rest


def _build(source: ReportInput) -> pd.DataFrame:
    return conform(source.findings, _COLUMNS)


REPORT: Final = Report("findings", "What is wrong, who is concerned, and what fixes it?", _COLUMNS, _build)
