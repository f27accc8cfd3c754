"""The command that grants what is missing.

Must not know: who lacks it.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from logparse.verdicts.permissions import _OF_1_10, _SIMPLE, Lack, Need

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence


def remedy(lacks: Sequence[Lack], dags: Sequence[str]) -> str:
    """The commands that grant what one user lacks, as little as will do.

    Args:
        lacks: of the user, one after the other.
        dags: DAGs that the user was refused, as far as known.
    """
    lack = lacks[0]
    if lack.simple:
        strongest = max((each.simple for each in lacks), key=_SIMPLE.index)
        return (
            f"In [core] simple_auth_manager_users give {lack.user} the role {strongest} ({lack.user}:{strongest}), "
            "then restart the API server and fetch a new token, which holds the role."
        )
    role = lack.role or "Trigger"
    needs = list(dict.fromkeys(need for each in lacks for need in each.needs))
    if any(need.action in _OF_1_10 for need in needs):
        return f"Security > List Roles > {role} > Edit: add {'; '.join(need.name for need in needs)}."
    steps = []
    if not lack.role:
        steps += [f"airflow roles create {quoted(role)}", f"airflow users add-role -u {quoted(lack.user)} -r {role}"]
    grants: dict[str, list[str]] = {}
    for need in needs:
        grants.setdefault(need.action, []).append(quoted(need.resources[0]))
    steps += [
        f"airflow roles add-perms {quoted(role)} -r {' '.join(dict.fromkeys(resources))} -a {action}"
        for action, resources in grants.items()
    ]
    parts = [f"{' && '.join(steps)} (before 2.5, in Security > List Roles)."]
    if not lack.role and any(need.detail for need in needs):
        parts.append(f"Or for all DAGs: airflow users add-role -u {quoted(lack.user)} -r User.")
    if dags and all(each.by_access_control for each in lacks):
        files = f"DAG file{'s' if len(dags) > 1 else ''} of {', '.join(dags)}"
        parts.append(f"Or in the {files}: {_access_control(role, needs)}.")
    if any(need.action == "can_edit" and not need.by_dag for need in needs):
        parts.append("For one DAG alone: -r DAG:DAG_ID instead of -r DAGs.")
    if any(need.action == "can_edit" and need.by_dag for need in needs):
        parts.append(
            "A DAG that has access_control takes other grants on it away at its next sync: add the role there."
        )
    return " ".join(parts)


def _access_control(role: str, needs: Iterable[Need]) -> str:
    """``DAG Runs`` is understood from 2.10 with fab 1.3 on."""
    details = {need.detail for need in needs}
    if details == {"dag_edit"}:
        return f"access_control={{{role!r}: {{'can_read', 'can_edit'}}}}"
    wanted = (("dag_edit", "DAGs", "can_edit"), ("dag_run_create", "DAG Runs", "can_create"))
    inner = ", ".join(f"'{resource}': {{'{action}'}}" for detail, resource, action in wanted if detail in details)
    return f"access_control={{{role!r}: {{{inner}}}}}"


def quoted(text: str) -> str:
    """As one word for a shell; strangers choose user names and DAG ids."""
    return shlex.quote("".join(letter if letter.isprintable() else "?" for letter in text))
