"""The command or setting that grants what a user lacks.

Owns: what grants a permission in each version of Airflow. Must not know: who lacks what, and how that was found out.
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Final

from logparse.common.text import is_visible
from logparse.verdicts.exports.people import SIMPLE_ROLES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from logparse.verdicts.permissions import Lack, Need

#: Actions of 1.10, which no command grants.
_ONLY_IN_WEB_UI: Final = frozenset({"can_dag_edit", "can_trigger", "can_add"})


def remedy(lacks: Sequence[Lack], dags: Sequence[str]) -> str:
    """Return the commands that grant what one user lacks, and not more than that.

    Args:
        lacks: what the user lacked in each refused attempt.
        dags: DAGs for which the user was refused, as far as known.
    """
    lack = lacks[0]
    if lack.simple:
        strongest = max((lack.simple for lack in lacks), key=SIMPLE_ROLES.index)
        return (
            f"In [core] simple_auth_manager_users give {lack.user} the role {strongest} ({lack.user}:{strongest}), "
            "then restart the API server and fetch a new token, which holds the role."
        )
    role = lack.role or "Trigger"
    needs = list(dict.fromkeys(need for lack in lacks for need in lack.needs))
    if any(need.action in _ONLY_IN_WEB_UI for need in needs):
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
    if dags and all(lack.by_access_control for lack in lacks):
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
    """Argument of a DAG that grants what is missing; 2.10 with fab 1.3 and later understand ``DAG Runs``."""
    details = {need.detail for need in needs}
    if details == {"dag_edit"}:
        return f"access_control={{{role!r}: {{'can_read', 'can_edit'}}}}"
    wanted = (("dag_edit", "DAGs", "can_edit"), ("dag_run_create", "DAG Runs", "can_create"))
    inner = ", ".join(f"'{resource}': {{'{action}'}}" for detail, resource, action in wanted if detail in details)
    return f"access_control={{{role!r}: {{{inner}}}}}"


def quoted(text: str) -> str:
    """Return a text as one word for a shell, since strangers choose user names and DAG ids."""
    return shlex.quote("".join(letter if is_visible(letter) else "?" for letter in text))
