"""Which permission a refused caller lacks, which of the roles lacks it, and the command that grants it.

Owns: what each version of Airflow wants for a trigger, in which order it looks, and what grants it. Must not know: how
users and roles were exported, what an attempt came to.

Source of all of it: ``api_connexion/security.py``, ``www/auth.py``, ``www/security.py`` and ``fab_auth_manager.py`` of
1.10.15 to 3.3.2 (fab 1.2 to 3.10), tried on 2.2.5, 2.5.3, 2.7.3, 2.11.0, 3.1.5 and 3.2.2 with users who lack one
permission each. All roles of a user count together.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple

from logparse.common.schema import Channel
from logparse.rules.roles import Right

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from logparse.verdicts.attempt import Attempt
    from logparse.verdicts.exports.people import People, Permission

#: Roles that Airflow brings along and ``airflow roles export`` leaves out: as far as a trigger goes.
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
#: The simple auth manager's roles, the weakest first; each can do what those before it can.
_SIMPLE: Final = ("viewer", "user", "op", "admin")
#: Actions that no command grants.
_OF_1_10: Final = frozenset({"can_dag_edit", "can_trigger", "can_add"})
#: Channels for which the simple auth manager wants more than the role ``user``.
_OF_OPERATORS: Final = frozenset({Channel.ASSET_EVENT, Channel.ASSET_MATERIALIZE, Channel.BACKFILL})


class Need(NamedTuple):
    """A permission that is looked for.

    Attributes:
        detail: detail code of a refusal for want of it; empty for none.
        action: of the permission.
        resources: any of them will do, the one to be granted first.
    """

    detail: str
    action: str
    resources: tuple[str, ...]

    @property
    def name(self) -> str:
        """The grant to make, in the words of the web UI."""
        return f"{self.action.replace('_', ' ')} on {self.resources[0]}"

    @property
    def by_dag(self) -> str:
        """What of a single DAG will do; empty for nothing."""
        return next((each for each in self.resources if each.startswith(("DAG:", "DAG Run:"))), "")


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
        return bool(self.needs) and all(need.by_dag for need in self.needs)

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
    if not dag_id and any(action == "can_edit" and resource.startswith("DAG:") for action, resource in granted):
        # It may have been one of those; and 2.0 to 2.2 take any of them where the form alone names the DAG.
        needs = tuple(need for need in needs if need.detail != "dag_edit") or needs
    return Lack(known.name, known.roles, needs, "", _detail(needs, granted)) if needs else None


def _needs(attempt: Attempt, dag: str, roles: Iterable[frozenset[Permission]]) -> list[Need]:
    """In the order in which Airflow looks."""
    endpoint = attempt.request.tag.endpoint
    named = {resource for role in roles for _, resource in role}
    edit = Need("dag_edit", "can_edit", (f"DAG:{dag}", "DAGs") if dag else ("DAGs",))
    # Alone it triggers nothing, so that it may be granted for all DAGs, which all versions understand.
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
    """A role that lacks both lacks what no DAG can grant; a user without any permission has no role to speak of."""
    if not granted:
        return "no_role"
    details = [need.detail for need in needs]
    if "can_dag_edit" in {need.action for need in needs}:
        return details[0]
    return "dag_run_create" if "dag_run_create" in details else next(filter(None, details), "")


def _simple(attempt: Attempt, user: str, roles: tuple[str, ...]) -> Lack | None:
    channel = attempt.request.tag.channel
    wanted = "op" if channel in _OF_OPERATORS else "user"
    best = max((_SIMPLE.index(role) for role in roles if role in _SIMPLE), default=-1)
    if best >= _SIMPLE.index(wanted):
        return None
    detail = "dag_run_create" if channel == "rest_api" else ""
    return Lack(user, roles, (), wanted, detail)
