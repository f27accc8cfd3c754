"""Which permission a refused caller lacks, as exports of users and roles show it.

Owns: what each version of Airflow wants for a trigger, and in which order it looks. Must not know: how users and roles
were exported, what became of an attempt, which command grants a permission.

Source of all of it: ``api_connexion/security.py``, ``www/auth.py``, ``www/security.py`` and ``fab_auth_manager.py`` of
1.10.15 to 3.3.2 (fab 1.2 to 3.10), tried on 2.2.5, 2.5.3, 2.7.3, 2.11.0, 3.1.5 and 3.2.2 with users who lack one
permission each. All roles of a user count together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from logparse.common.schema import Channel
from logparse.rules.roles import Right
from logparse.verdicts.exports.people import SIMPLE_ROLES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from logparse.verdicts.attempt import Attempt
    from logparse.verdicts.exports.people import People, Permission

#: What the roles permit that Airflow brings along and ``airflow roles export`` leaves out, as far as triggers need it.
_TRIGGER: Final = frozenset(
    {
        ("can_edit", "DAGs"), ("can_create", "DAG Runs"), ("can_dag_edit", "all_dags"), ("can_trigger", "Airflow"),
        ("can_add", "DagRunModelView"),
    }
)  # fmt: skip
_ASSETS: Final = frozenset({("can_create", "Datasets"), ("can_create", "Assets")})
_BACKFILLS: Final = frozenset({("can_create", "Backfills")})
STANDARD: Final[Mapping[str, frozenset[Permission]]] = {
    "Admin": _TRIGGER | _ASSETS | _BACKFILLS,
    "Op": _TRIGGER | _ASSETS | _BACKFILLS,
    "User": _TRIGGER | _ASSETS,
    "Viewer": frozenset({("can_read", "DAGs")}),
    "Public": frozenset(),
}
#: Channels for which the simple auth manager wants more than the role ``user``.
_OF_OPERATORS: Final = frozenset({Channel.ASSET_EVENT, Channel.ASSET_MATERIALIZE, Channel.BACKFILL})


class Need(NamedTuple):
    """A permission that Airflow looks for before it makes a run.

    Attributes:
        detail: detail code of a refusal because it is missing; empty for none.
        action: such as ``can_edit``.
        resources: the action on any one of them is enough; the first is the one to grant.
    """

    detail: str
    action: str
    resources: tuple[str, ...]

    @property
    def name(self) -> str:
        """The permission in the words of the web UI, such as ``can edit on DAGs``."""
        return f"{self.action.replace('_', ' ')} on {self.resources[0]}"

    @property
    def by_dag(self) -> str:
        """The resource of a single DAG that is enough; empty for none."""
        return next((resource for resource in self.resources if resource.startswith(("DAG:", "DAG Run:"))), "")


@dataclass(frozen=True, slots=True)
class Lack:
    """What a refused caller lacks.

    Attributes:
        user: name of the caller.
        roles: roles that the user has.
        needs: permissions that none of the roles has, in the order in which Airflow looks for them.
        simple: with the simple auth manager, the role that would be enough; else empty.
        detail: detail code of the refusal.
    """

    user: str
    roles: tuple[str, ...]
    needs: tuple[Need, ...]
    simple: str
    detail: str

    @property
    def missing(self) -> str:
        """What is missing, in words."""
        return f"role {self.simple}" if self.simple else "; ".join(need.name for need in self.needs)

    @property
    def by_access_control(self) -> bool:
        """Whether ``access_control`` of the DAG could grant all that is missing."""
        return bool(self.needs) and all(need.by_dag for need in self.needs)

    @property
    def role(self) -> str:
        """The role to change: the first that is not one of Airflow's own, which a restart resets; empty for none."""
        own = [role for role in self.roles if role not in STANDARD]
        return own[0] if own else ""


def lacking(attempt: Attempt, user: str | None, people: People, dag_id: str | None) -> Lack | None:
    """Return what a refused caller lacked; None if users and roles do not show it, or permit the attempt now.

    Args:
        attempt: the attempt that was refused.
        user: who made it.
        people: users and roles.
        dag_id: the DAG that was to be triggered, if known.
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
    if not dag_id and any(action == "can_edit" and resource.startswith("DAG:") for action, resource in granted):
        # It may have been one of those DAGs; and 2.0 to 2.2 accept any of them if only the form names the DAG.
        needs = tuple(need for need in needs if need.detail != "dag_edit") or needs
    return Lack(known.name, known.roles, needs, "", _detail(needs, granted)) if needs else None


def _needs(attempt: Attempt, dag: str, roles: Iterable[frozenset[Permission]]) -> list[Need]:
    """Permissions that an attempt needs, in the order in which Airflow looks for them."""
    endpoint = attempt.request.tag.endpoint
    named = {resource for role in roles for _, resource in role}
    edit = Need("dag_edit", "can_edit", (f"DAG:{dag}", "DAGs") if dag else ("DAGs",))
    # It triggers nothing by itself, so it may be granted for all DAGs, which all versions understand.
    create = Need("dag_run_create", "can_create", ("DAG Runs",))
    create_any = create
    # 2.10 with fab 1.3 on, and 3.x.
    if dag and (attempt.generation == "3" or any(resource.startswith("DAG Run:") for resource in named)):
        create = create._replace(resources=("DAG Runs", f"DAG Run:{dag}"))
    oldest = endpoint.generation != "3" and named & {"all_dags", "Airflow"} and "DAGs" not in named  # 1.10
    if oldest:
        edit = Need("dag_edit", "can_dag_edit", (dag, "all_dags") if dag else ("all_dags",))
        create = Need("dag_run_create", "can_trigger", ("Airflow",))
    needs = {
        Right.EDIT_DAG: edit,
        Right.CREATE_RUN: create,
        Right.CREATE_ANY_RUN: create_any,
        Right.ADD_RUN_RECORD: Need("dag_run_create", "can_add", ("DagRunModelView",)) if oldest else create,
        Right.CREATE_ASSET: Need("", "can_create", ("Assets",)),
        Right.CREATE_DATASET: Need("", "can_create", ("Datasets",)),
        Right.CREATE_BACKFILL: Need("", "can_create", ("Backfills",)),
    }
    recorded = attempt.audit.record is not None
    return [needs[Right(name)] for name in (endpoint.wants_recorded if recorded else ()) or endpoint.wants]


def _detail(needs: tuple[Need, ...], granted: frozenset[Permission]) -> str:
    """Detail code: if both are missing, the one that no DAG can grant; ``no_role`` if nothing at all is granted."""
    if not granted:
        return "no_role"
    details = [need.detail for need in needs]
    if "can_dag_edit" in {need.action for need in needs}:
        return details[0]
    return "dag_run_create" if "dag_run_create" in details else next(filter(None, details), "")


def _simple(attempt: Attempt, user: str, roles: tuple[str, ...]) -> Lack | None:
    channel = attempt.request.tag.channel
    wanted = "op" if channel in _OF_OPERATORS else "user"
    best = max((SIMPLE_ROLES.index(role) for role in roles if role in SIMPLE_ROLES), default=-1)
    if best >= SIMPLE_ROLES.index(wanted):
        return None
    detail = "dag_run_create" if channel == "rest_api" else ""
    return Lack(user, roles, (), wanted, detail)
