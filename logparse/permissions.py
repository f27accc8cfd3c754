"""Which permission a refused caller lacks, which of the roles lacks it, and the command that grants it.

Owns: what each version of Airflow wants for a trigger, and in which order it looks. Must not know: how users and roles
were exported, what an attempt came to.

Source of all of it: ``api_connexion/security.py``, ``www/auth.py``, ``www/security.py`` and ``fab_auth_manager.py`` of
1.10.15 to 3.3.2 (fab 1.2 to 3.10), tried on 2.2.5, 2.5.3, 2.7.3, 2.11.0, 3.1.5 and 3.2.2 with users who lack one
permission each. All roles of a user count together.
"""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from logparse.correlate import Attempt
    from logparse.exports.people import People, Permission

#: Roles that Airflow brings along and ``airflow roles export`` leaves out: as far as a trigger goes.
_TRIGGER: Final = frozenset(
    {
        ("can_edit", "DAGs"), ("can_create", "DAG Runs"), ("can_dag_edit", "all_dags"), ("can_trigger", "Airflow"),
        ("can_add", "DagRunModelView"),
    }
)  # fmt: skip
_ASSETS: Final = frozenset({("can_create", "Datasets"), ("can_create", "Assets"), ("can_create", "Backfills")})
STANDARD: Final[Mapping[str, frozenset[Permission]]] = {
    "Admin": _TRIGGER | _ASSETS,
    "Op": _TRIGGER | _ASSETS,
    "User": _TRIGGER,
    "Viewer": frozenset({("can_read", "DAGs")}),
    "Public": frozenset(),
}
#: The simple auth manager's roles, the weakest first; each can do what those before it can.
_SIMPLE: Final = ("viewer", "user", "op", "admin")

_OF_ASSETS: Final = {"asset-event": "Assets", "asset-materialize": "Assets", "dataset-event": "Datasets"}


class Need(NamedTuple):
    """A permission that is looked for.

    Attributes:
        detail: detail code of a refusal for want of it; empty for none.
        action: of the permission.
        resources: any of them will do, the widest first.
    """

    detail: str
    action: str
    resources: tuple[str, ...]

    @property
    def name(self) -> str:
        """The narrowest grant, in the words of the web UI."""
        return f"{self.action.replace('_', ' ')} on {self.resources[-1]}"


@dataclass(frozen=True, slots=True)
class Lack:
    """What a refused caller lacks.

    Attributes:
        user: name.
        roles: that the user has.
        needs: permissions that none of the roles has, in the order in which Airflow looks for them.
        simple: the role of the simple auth manager that would do instead; empty elsewhere.
        detail: detail code of the refusal.
    """

    user: str
    roles: tuple[str, ...]
    needs: tuple[Need, ...]
    simple: str
    detail: str

    @property
    def missing(self) -> str:
        """The permissions, in words."""
        return f"role {self.simple}" if self.simple else "; ".join(need.name for need in self.needs)

    @property
    def by_access_control(self) -> bool:
        """Whether ``access_control`` of the DAG could grant all that is missing."""
        return bool(self.needs) and all(need.resources[-1].startswith(("DAG:", "DAG Run:")) for need in self.needs)

    @property
    def role(self) -> str:
        """The role to mend: the first that is not one of Airflow's own, which a restart resets."""
        own = [role for role in self.roles if role not in STANDARD]
        return own[0] if own else ""


def lacking(attempt: Attempt, user: str | None, people: People, dag_id: str | None) -> Lack | None:
    """What a caller lacked who was refused; None where users and roles at hand do not tell, or permit it now.

    Args:
        attempt: that was refused.
        user: who made it.
        people: users and roles.
        dag_id: DAG that was to be triggered, if known.
    """
    known = people.user(user)
    if known is None or known.roles is None:
        return None
    if people.simple:
        return _simple(attempt, known.name, known.roles)
    if people.roles is None and not set(known.roles) <= set(STANDARD):
        return None
    roles = people.roles or {}
    granted = frozenset[tuple[str, str]]().union(
        *(roles.get(role) or STANDARD.get(role, frozenset()) for role in known.roles)
    )
    needs = tuple(
        need
        for need in _needs(attempt, dag_id or "", roles.values())
        if not any((need.action, resource) in granted for resource in need.resources)
    )
    return Lack(known.name, known.roles, needs, "", _detail(attempt, needs, granted)) if needs else None


def _needs(attempt: Attempt, dag: str, roles: Iterable[frozenset[Permission]]) -> list[Need]:
    """In the order in which Airflow looks."""
    rule = attempt.request.tag.rule
    named = {resource for role in roles for _, resource in role}
    edit = Need("dag_edit", "can_edit", ("DAGs", f"DAG:{dag}") if dag else ("DAGs",))
    create = Need("dag_run_create", "can_create", ("DAG Runs",))
    # 2.10 with fab 1.3 on, and 3.x.
    if dag and (attempt.generation == "3" or any(resource.startswith("DAG Run:") for resource in named)):
        create = create._replace(resources=("DAG Runs", f"DAG Run:{dag}"))
    if rule in _OF_ASSETS:
        return [Need("", "can_create", (_OF_ASSETS[rule],))]
    if rule == "backfill":  # 3.2 on leaves a row for the refused and looks at the DAG, 3.0 and 3.1 look at Backfills
        return [create, edit] if attempt.audit.record is not None else [create, Need("", "can_create", ("Backfills",))]
    if rule == "rest-v2-dag-run":
        return [create, edit]
    oldest = named & {"all_dags", "Airflow"} and "DAGs" not in named  # 1.10
    if rule == "ui-add-dag-run":
        return [Need("dag_run_create", "can_add", ("DagRunModelView",)) if oldest else create]
    if oldest:
        edit = Need("dag_edit", "can_dag_edit", ("all_dags", dag) if dag else ("all_dags",))
        return [edit, Need("dag_run_create", "can_trigger", ("Airflow",))]
    return [edit, create]


def _detail(attempt: Attempt, needs: tuple[Need, ...], granted: frozenset[Permission]) -> str:
    """A role that lacks both lacks what no DAG can grant; a user without any permission has no role to speak of."""
    if not granted and attempt.generation != "3" and attempt.request.tag.channel in ("ui", "rest_api"):
        return "no_role"
    details = [need.detail for need in needs]
    if "can_dag_edit" in {need.action for need in needs}:
        return details[0]
    return "dag_run_create" if "dag_run_create" in details else details[0] if details else ""


def _simple(attempt: Attempt, user: str, roles: tuple[str, ...]) -> Lack | None:
    channel = attempt.request.tag.channel
    wanted = "op" if channel in ("asset_event", "asset_materialize", "backfill") else "user"
    best = max((_SIMPLE.index(role) for role in roles if role in _SIMPLE), default=-1)
    if best >= _SIMPLE.index(wanted):
        return None
    detail = "dag_run_create" if channel == "rest_api" else ""
    return Lack(user, roles, (), wanted, detail)


def remedy(lack: Lack, dag_id: str | None) -> str:
    """The commands that grant what is missing, as little as will do."""
    if lack.simple:
        return (
            f"In [core] simple_auth_manager_users give {lack.user} the role {lack.simple} ({lack.user}:{lack.simple}), "
            "then restart the API server and fetch a new token."
        )
    role = lack.role
    steps = []
    if not role:
        role = "Trigger"
        steps += [f"airflow roles create {quoted(role)}", f"airflow users add-role -u {quoted(lack.user)} -r {role}"]
    steps += [
        f"airflow roles add-perms {quoted(role)} -a {need.action} -r {quoted(need.resources[-1])}"
        for need in lack.needs
    ]
    told = " && ".join(steps)
    if lack.by_access_control:
        parts = ", ".join(
            f"'{'DAGs' if need.detail == 'dag_edit' else 'DAG Runs'}': {{'{need.action}'}}" for need in lack.needs
        )
        told += f". Or in the DAG file of {dag_id}: access_control={{{role!r}: {{{parts}}}}}"
    return told


def quoted(text: str) -> str:
    """As one word for a shell; strangers choose user names and DAG ids."""
    return shlex.quote("".join(letter if letter.isprintable() else "?" for letter in text))
