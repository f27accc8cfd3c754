"""One finding as a row of its report: who and what is concerned, in sentences and counts.

Owns: how a finding is put into words. Must not know: which columns the report has, what it is called, what other weeks
show.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np

from logparse.causes import remedies
from logparse.causes.density import COUNTED
from logparse.common.columns import number_groups
from logparse.common.schema import Severity
from logparse.reports import finding_surroundings as surroundings
from logparse.reports.finding_keys import list_members, make_key, name_home, name_pair
from logparse.reports.finding_texts import GRANTS, describe_roles, fill_in, list_names

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from numpy.typing import NDArray

    from logparse.causes.attempt_columns import AttemptColumns
    from logparse.causes.finding import Finding
    from logparse.rules.model import FindingRule
    from logparse.verdicts.permissions import Lack

#: Number of names in one cell, at most; the counts beside them say how many there are.
NAMED: Final = 10
#: Pairs of callers and DAGs that are remembered of a finding, at most.
_PAIRS: Final = 1_000
#: When those were accepted who lost something.
_LOSSES: Final = ("before", "interrupted")
_OPTION: Final = re.compile(r"--[a-z-]+")


def make_row(finding: Finding, attempts: AttemptColumns, server: str, given: AbstractSet[str]) -> dict[str, Any]:
    """Return the cells of a finding by column, as if its week was the only one; times are microseconds UTC.

    Args:
        finding: the finding.
        attempts: the attempts that it was found in, as they are shown.
        server: name of the deployment; empty: it has none.
        given: options by which exports were given.
    """
    rows, rule, around = finding.rows, finding.rule, finding.around
    users, clients, dags = (_ranked(attempts.counted(name, rows)) for name in ("user", "client", "dag_id"))
    # No grant makes up for a DAG that is not there.
    lacks = [(attempts.lacks[row], row) for row in rows.tolist() if row in attempts.lacks] if attempts.lacks else []
    lacking = [] if True in rule.when.get("dag_missing", ()) else lacks
    missing = _ranked(Counter(lack.missing for lack, _ in lacking if lack.missing))
    filled = {
        "user": _first(users, finding), "users": list_names(users, NAMED), "client": _first(clients, finding),
        "clients": list_names(clients, NAMED), "caller": list_names(users or clients, NAMED),
        "dag": _first(dags, finding), "dags": list_names(dags, NAMED),
        "attempts": str(len(rows)), "missing": list_names(missing, GRANTS) or "a permission",
        "role": next((lack.role for lack, _ in lacks if lack.role), "ROLE"),
    }  # fmt: skip
    roles = describe_roles([lack for lack, _ in lacking])
    meant = surroundings.tell_meant(around)
    only = filled | _only(finding, users, clients, dags)
    known = _Known(filled, only, _grants(lacking, attempts), roles, given, meant, again=around.retries is not None)
    return {
        **_word(rule, known),
        "severity": str(finding.severity),
        "security": rule.security,
        "status": "new",
        "outcome": _ranked(attempts.counted("outcome", rows))[0],
        "users": list_names(users, NAMED),
        "user_count": len(users),
        "clients": list_names(clients, NAMED),
        "client_count": len(clients),
        "reach": "everybody" if finding.reach.everybody else "some" if finding.reach.callers > 1 else "one",
        "dags": list_names(dags, NAMED),
        "dag_count": len(dags),
        **_count(finding),
        **_name(finding, attempts, server),
        "attempts_change": None,
        "first_seen": int(attempts.time[rows[0]]),
        "last_seen": int(attempts.time[rows[-1]]),
        "since": int(attempts.time[rows[0]]),
        "until": finding.until,
        "likely_trigger": _tell_trigger(finding, attempts, seen=True),
        "succeeded": list_names(_ranked(attempts.weighed("caller", *around.succeeded)), NAMED),
        "retries": _tell_retries(finding, attempts),
        "meant": meant,
        "intruder_runs": surroundings.list_runs(around, attempts),
        "confidence": str(finding.confidence),
        "evidence": _ranked(attempts.counted("evidence", rows))[0],
        "missing": list_names(missing, len(missing)),
        "server": server,
        "example": f"{attempts.texts('source', rows[:1])[0]}:{attempts.line[rows[0]]}",
        "started": _tell_trigger(finding, attempts, seen=False),
        "begun": _tell_begun(finding, known, attempts),
    }


def _name(finding: Finding, attempts: AttemptColumns, server: str) -> dict[str, str]:
    """Return what a finding is called, and by what other weeks know it again."""
    return {
        "key": make_key(finding, attempts, server),
        "members": list_members(finding, attempts, server) if finding.severity != Severity.INFO else "",
        "pairs": _list_pairs(finding.rows, attempts),
    }


def _count(finding: Finding) -> dict[str, int]:
    """Return how many attempts a finding explains, or how many logins, and how many of these are no retries."""
    number, logins = len(finding.rows), finding.rule.about_logins
    return {
        "attempts": 0 if logins else number, "logins": number if logins else 0, "incidents": finding.incidents,
    }  # fmt: skip


class _Known(NamedTuple):
    """What stands in the sentences of a finding.

    Attributes:
        values: by name.
        only: by name, what stands in a command.
        grants: what to grant to each user who lacks a permission.
        roles: sentences about their roles.
        given: options by which exports were given.
        meant: known ids of DAGs that were probably meant.
        again: a program does not give up.
    """

    values: Mapping[str, str]
    only: Mapping[str, str]
    grants: str
    roles: Sequence[str]
    given: AbstractSet[str]
    meant: str
    again: bool


def _word(rule: FindingRule, known: _Known) -> dict[str, str]:
    """Return the cells that are in the words of a rule."""
    return {
        "finding": rule.id,
        "severity": rule.severity,
        "title": rule.title,
        "explanation": " ".join([fill_in(rule.explanation, known.values), *known.roles]),
        "remedy": _tell_remedy(rule, known),
        "versions": rule.versions,
        "reference": rule.reference,
    }


def _tell_begun(finding: Finding, known: _Known, attempts: AttemptColumns) -> str:
    """Return the cells in the words of the causes that a finding may have begun as, as JSON; further ones in ``or``.

    With them is told whether one caller and DAG are enough for that cause; of an attack, from where it came: it is none
    if the week before shows that the same user was let in from there.
    """
    if not finding.begun:
        return ""
    words, *others = ({**_word(rule, known), "by_one": _is_of_one(rule)} for rule in finding.begun)
    words |= {"or": others} if others else {}
    if finding.rule.attack:
        words["homes"] = _list_pairs(finding.rows, attempts, ("user", "client"), name_home)
        words |= {"security": finding.begun[0].security, "intruder_runs": ""}
    return json.dumps(words)


def _is_of_one(rule: FindingRule) -> bool:
    """Return whether one caller and DAG are enough for a cause, who were accepted before and are not since."""
    return rule.need.get("success") in _LOSSES and all(rule.need.get(name, 1) == 1 for name in COUNTED)


def _list_pairs(
    rows: NDArray[np.int64],
    attempts: AttemptColumns,
    names: tuple[str, str] = ("caller", "dag_id"),
    digest: Callable[[str | None, str | None], str] = name_pair,
) -> str:
    """Return which callers asked for which DAGs, or other pairs of texts that occur together, as digests in order."""
    _, firsts = number_groups([attempts.codes[name][rows] + 1 for name in names])
    pairs = zip(*(attempts.texts(name, rows[firsts[:_PAIRS]]) for name in names), strict=True)
    return " ".join(sorted(digest(*pair) for pair in pairs))


def _ranked(counts: Mapping[str, int]) -> list[str]:
    return sorted(sorted(counts), key=counts.__getitem__, reverse=True)


def _tell_remedy(rule: FindingRule, known: _Known) -> str:
    """Return the remedy, with a condition if it grants something: who was refused may have been refused on purpose."""
    remedy = known.grants or fill_in(rule.remedy, known.only, remedies.quoted)
    told = f"Only if this access is intended: {remedy}" if known.grants or rule.grants else remedy
    more = not known.grants and not known.given >= {*_OPTION.findall(rule.asks_for)}
    parts = [
        f"Probably a DAG id is mistyped, and meant is {known.meant}: then correct the id in the caller. If not:"
        if known.meant
        else "",
        told,
        fill_in(rule.asks_for, known.only) if more else "",
        surroundings.STOP if known.again else "",
    ]
    return " ".join(filter(None, parts))


def _tell_retries(finding: Finding, attempts: AttemptColumns) -> str:
    retries = finding.around.retries
    if retries is None:
        return ""
    caller, dag = (attempts.texts(name, np.array([retries.row]))[0] or "" for name in ("caller", "dag_id"))
    return surroundings.tell_retries(retries, caller, "a login" if finding.rule.about_logins else dag or "a DAG")


def _tell_trigger(finding: Finding, attempts: AttemptColumns, *, seen: bool) -> str:
    if finding.trigger is None or finding.trigger.seen is not seen:
        return ""
    return surroundings.tell_trigger(finding.trigger, int(attempts.time[finding.rows[0]]))


def _only(finding: Finding, users: Sequence[str], clients: Sequence[str], dags: Sequence[str]) -> dict[str, str]:
    """Return what stands in a command: of several findings together, only what they all have in common."""
    if not finding.together and not finding.rule.one_row:
        return {"user": list_names(users, 1), "client": list_names(clients, 1), "dag": list_names(dags, 1)}
    names = (("user", users), ("client", clients), ("dag", dags))
    return {name: values[0] if len(values) == 1 else "" for name, values in names}


def _first(values: Sequence[str], finding: Finding) -> str:
    """Return the first text, or how many there are if these are several findings together."""
    if not finding.together or len(values) < 2:  # noqa: PLR2004
        return list_names(values, 1)
    return f"{values[0]} (and {len(values) - 1} more)"


def _grants(lacking: Sequence[tuple[Lack, int]], attempts: AttemptColumns) -> str:
    """Return what to grant to each user."""
    lacks: dict[str, dict[Lack, str | None]] = {}
    dags = attempts.texts("dag_id", np.array([row for _, row in lacking], np.int64))
    for (lack, _), dag in zip(lacking, dags, strict=True):
        lacks.setdefault(lack.user, {})[lack] = dag
    grants = [remedies.remedy(list(mine), list(dict.fromkeys(filter(None, mine.values())))) for mine in lacks.values()]
    rest = f" And {len(grants) - GRANTS} more of the kind." if len(grants) > GRANTS else ""
    return " / ".join(grants[:GRANTS]) + rest
