"""Users and roles: who there is, what they are called, and what their roles permit.

Owns: the forms in which Airflow exports them. Must not know: which permission a request needs (``permissions``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from logparse.common import secrets
from logparse.common.errors import InputError
from logparse.verdicts.exports import export_files, export_pages
from logparse.verdicts.exports.export_files import text
from logparse.verdicts.exports.moments import read_moments

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

#: ``[core] simple_auth_manager_users`` (3.0 on), alone or in a piece of ``airflow.cfg``: ``admin:admin,bob:viewer``.
_SETTING: Final = re.compile(r"(?im)^[ \t]*(?:airflow__core__)?simple_auth_manager_users\s*=(.*)$")
_SIMPLE: Final = re.compile(r"[^,:{}\[\]\"\n]+:\w*(?:\s*,\s*[^\s,:{}\[\]\"][^,:{}\[\]\"\n]*:\w*)*")
#: Roles of the simple auth manager, the weakest first; each can do what those before it can.
SIMPLE_ROLES: Final = ("viewer", "user", "op", "admin")
#: REST API and tables, `airflow users export`.
_NAMES: Final = (("first_name", "firstname"), ("last_name", "lastname"))
#: What Airflow calls a caller without a name: 2.x, 3.x, and by display name.
ANONYMOUS: Final = frozenset({"anonymous", "Anonymous", "AnonymousUser"})
#: What a resource begins with that is about one DAG.
_OF_A_DAG: Final = frozenset({"DAG", "DAG Run"})
#: Action and resource, such as ``can_create`` and ``DAG Runs``.
Permission = tuple[str, str]


@dataclass(frozen=True, slots=True)
class User:
    """A user as exported.

    Attributes:
        name: what one logs in with.
        display: first and last name, as the audit log of 2.6 and 2.7 and some log lines write it.
        roles: names of roles; None where the export does not tell.
        active: may log in; None where the export does not tell.
        changed: when it was made or changed last, microseconds UTC; None where the export does not tell.
    """

    name: str
    display: str
    roles: tuple[str, ...] | None
    active: bool | None
    changed: int | None = None


@dataclass(frozen=True, slots=True)
class People:
    """Users and roles of one Airflow.

    Attributes:
        users: by name; None if they were not given.
        roles: permissions by role; None if they were not given.
        simple: they are those of the simple auth manager, whose roles are fixed.
        gaps: pages of the API that were not exported.
    """

    users: Mapping[str, User] | None = None
    roles: Mapping[str, frozenset[Permission]] | None = None
    simple: bool = False
    gaps: tuple[export_pages.Gap, ...] = ()
    _named: Mapping[str, str] = field(default_factory=dict)

    @property
    def given(self) -> bool:
        """Whether there are any."""
        return self.users is not None or self.roles is not None

    @property
    def named_dags(self) -> frozenset[str]:
        """Ids of the DAGs that roles name."""
        resources = {resource for permitted in (self.roles or {}).values() for _, resource in permitted}
        return frozenset(dag for kind, _, dag in (name.partition(":") for name in resources) if kind in _OF_A_DAG)

    @property
    def changes(self) -> dict[str, int]:
        """When users were made or changed last, by name in lower case; microseconds UTC."""
        return {user.name.casefold(): user.changed for user in (self.users or {}).values() if user.changed is not None}

    def user(self, name: str | None) -> User | None:
        """The user of that name; upper and lower case are the same to Airflow's user database."""
        if self.users is None or name is None:
            return None
        return self.users.get(name) or self.users.get(self._named.get(name.casefold(), ""))

    def is_called(self, name: str, other: str) -> bool | None:
        """Whether ``other``, a name or display name, can mean the user ``name``; None: the users were not given."""
        if (
            other in ANONYMOUS
            or other.casefold().partition(" (")[0] == name.casefold()
            or other.casefold() == name.casefold()
        ):
            return True
        user = self.user(name)
        return None if self.users is None else user is not None and user.display.casefold() == other.casefold()

    def name_of(self, display: str) -> str | None:
        """The name of the one user whose first and last name these are; None if there is none, or more than one."""
        return self._named.get(f"\0{display.casefold()}") or None


NOBODY: Final = People()


def load(users: Iterable[export_files.Written], roles: Iterable[export_files.Written]) -> People:
    """Users and roles of all files.

    Raises:
        InputError: a file holds no such thing.
    """
    found: dict[str, User] | None = None
    simple = False
    user_pages: list[export_pages.Page] = []
    for file in users:
        found = found or {}
        fixed = _simple(file.text)
        simple = simple or bool(fixed)
        told = {user.name: user for user in _hide_secrets(list(fixed or _users(file, user_pages)))}
        if not told:
            raise InputError(file.name, "names no user", "export them again, or leave the option out")
        found.update(told)
    permitted: dict[str, set[Permission]] | None = None
    role_pages: list[export_pages.Page] = []
    for file in roles:
        permitted = permitted or {}
        granted = dict[str, set[Permission]]()
        for role, permissions in _roles(file, role_pages):
            granted.setdefault(role, set()).update(permissions)
        if granted and not any(granted.values()):  # `roles export` writes none where nobody made a role
            remedy = "export with permissions: airflow roles list -p -o json"
            raise InputError(file.name, "says of no role what it permits", remedy)
        for role, permissions in granted.items():
            permitted.setdefault(role, set()).update(permissions)
    roles_of = None if permitted is None else {role: frozenset(each) for role, each in permitted.items()}
    gaps = export_pages.find_gaps("users", user_pages) + export_pages.find_gaps("roles", role_pages)
    return of(found, roles_of, simple=simple, gaps=gaps)


def of(
    users: Mapping[str, User] | None,
    roles: Mapping[str, frozenset[Permission]] | None,
    *,
    simple: bool = False,
    gaps: tuple[export_pages.Gap, ...] = (),
) -> People:
    """Users by name and permissions by role, as far as known."""
    return People(users, roles, simple, gaps, _names(users or {}))


def _names(users: Mapping[str, User]) -> dict[str, str]:
    named: dict[str, str] = {}
    for user in users.values():
        named.setdefault(user.name.casefold(), user.name)
        display = f"\0{user.display.casefold()}"
        named[display] = "" if display in named else user.name
    return named


def _hide_secrets(users: Sequence[User]) -> Iterable[User]:
    names = secrets.hide_known([user.name for user in users])
    displays = secrets.hide_known([user.display for user in users])
    for user, name, display in zip(users, names, displays, strict=True):
        yield replace(user, name=name or "", display=display or "")


def _simple(text: str) -> list[User]:
    setting = _SETTING.search(text)
    value = (setting[1] if setting else text).strip()
    pairs = [each.strip().rpartition(":") for each in value.split(",")] if _SIMPLE.fullmatch(value) else []
    if not {role.lower() for _, _, role in pairs} <= {*SIMPLE_ROLES, ""}:
        return []
    return [User(name, name, (role.lower(),) if role else (), active=True) for name, _, role in pairs]


def _users(file: export_files.Written, pages: list[export_pages.Page]) -> Iterable[User]:
    records, more = export_files.records(file, ("users",), (("username", "user_name"),), "list of users")
    pages += more
    for record in records:
        name = text(record.get("username") or record.get("user_name"))
        if name:
            names = (record.get(one) or record.get(other) for one, other in _NAMES)
            display = " ".join(str(each) for each in names if each)
            active = record.get("active", record.get("is_active"))
            moments = read_moments([record.get("created_on"), record.get("changed_on")])
            changed = max((moment for moment in moments if moment is not None), default=None)
            yield User(name, display, _role_names(record), None if active is None else _true(active), changed)


def _role_names(record: Mapping[str, Any]) -> tuple[str, ...] | None:
    roles = record.get("roles", record.get("role"))
    if roles is None:
        return None
    if isinstance(roles, str):  # `airflow users list -o json`: `Admin, Op`
        return tuple(filter(None, (each.strip(" []'\"") for each in roles.split(","))))
    return tuple(str(each.get("name")) if isinstance(each, dict) else str(each) for each in roles)


def _true(value: Any) -> bool:
    return str(value).lower() in {"1", "t", "true", "yes"}


def _roles(file: export_files.Written, pages: list[export_pages.Page]) -> Iterable[tuple[str, set[Permission]]]:
    records, more = export_files.records(file, ("roles",), (("name", "role"),), "list of roles")
    pages += more
    for record in records:
        role = text(record.get("name") or record.get("role"))
        if role is None:
            continue
        found: set[Permission] = set()
        for each in record.get("actions") or record.get("permissions") or ():  # REST API
            if isinstance(each, dict):
                found.add((_name(each.get("action")), _name(each.get("resource"))))
        for resource in _texts(record.get("resource")):  # `airflow roles export` and `airflow roles list -p`
            found |= {(action, resource) for action in _texts(record.get("action"))}
        yield role, {(action, resource) for action, resource in found if action and resource}


def _name(value: Any) -> str:
    return str(value.get("name") or "") if isinstance(value, dict) else str(value or "")


def _texts(value: Any) -> list[str]:
    if value is None:
        return []
    if isinstance(value, str):
        return [each.strip() for each in value.split(",") if each.strip()]
    return [str(each) for each in value]
