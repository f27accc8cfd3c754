"""Exports straight from Airflow's database: the audit log, DAG runs, users and roles, as files that a run reads.

Owns: which tables and columns are asked for. Must not know: what the records mean (``verdicts.exports``).

Nothing is changed in the database. Passwords and settings of runs are not written.
"""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from logparse.common.errors import InputError, LogparseError
from logparse.reports.atomic_files import open_target
from logparse.verdicts.exports.audit_log import reduce_extra

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import sqlalchemy as sa

#: Columns that are left out of each table.
_LEFT_OUT: Final = frozenset({"conf", "context_carrier"})
#: The column of the audit log that holds bodies of requests, with settings of runs and passwords in them.
_EXTRA: Final = "extra"
#: When a row was made: the first of these columns that a row has.
_TIMES: Final = ("dttm", "queued_at", "created_at", "start_date", "logical_date", "execution_date")
_ROWS_AT_ONCE: Final = 10_000
#: Tables of rows, the file of each, and the option that takes it.
_RECORDS: Final = (("log", "log.csv", "--audit-log"), ("dag_run", "dag_run.csv", "--dag-runs"))
_USERS: Final = "ab_user"
_GROUPS: Final = "ab_user_group"


def fetch(url: str, folder: Path, since: datetime | None = None) -> dict[str, tuple[Path, int]]:
    """Write exports of a database into a folder; return by option of ``report`` the file and its number of rows.

    Users and roles are written where Airflow keeps them in the database, which the simple auth manager does not.

    Args:
        url: of the database, as SQLAlchemy writes it.
        folder: where ``log.csv``, ``dag_run.csv``, ``users.json`` and ``roles.json`` are to be.
        since: only records from this time on; None: all.

    Raises:
        LogparseError: SQLAlchemy is not installed.
        InputError: the database cannot be read, or is none of Airflow.
        OutputError: a file cannot be written.
    """
    try:
        import sqlalchemy as sa  # noqa: PLC0415 - it is not needed for anything else
    except ImportError as error:
        raise LogparseError("fetch needs the package sqlalchemy: pip install '.[fetch]' in the checkout") from error
    name, written = "database", {}
    try:
        address = sa.make_url(url)
        name = address.render_as_string(hide_password=True)
        if address.get_backend_name() == "sqlite" and not Path(address.database or "").is_file():  # it would be made
            raise InputError(name, "no such file", "check the URL: sqlite:////, and the path without its first /")
        engine = sa.create_engine(address)
        with engine.connect() as connection:
            known = set(sa.inspect(connection).get_table_names())
            if missing := {table for table, _, _ in _RECORDS} - known:
                raise InputError(name, f"has no table {min(missing)}, so it is no database of Airflow", "name another")
            for table, file, option in _RECORDS:
                written[option] = folder / file, _write_rows(connection, table, folder / file, since)
            if _USERS in known:
                for option, (key, rows) in _read_people(connection, groups=_GROUPS in known).items():
                    if not rows:  # 1.10 without roles: everybody may do all
                        continue
                    target = folder / f"{key}.json"
                    with open_target(target, private=True) as stream:
                        stream.write(json.dumps({key: rows, "total_entries": len(rows)}, indent=1).encode())
                    written[option] = target, len(rows)
        engine.dispose()
    except ImportError as error:
        raise InputError(name, f"needs the package {error.name}", "install it") from error
    except sa.exc.SQLAlchemyError as error:
        problem = str(getattr(error, "orig", None) or error).partition("\n")[0]
        raise InputError(name, f"cannot be read: {problem}", "check the URL and the permissions") from error
    return written


def _write_rows(connection: sa.Connection, name: str, path: Path, since: datetime | None) -> int:
    import sqlalchemy as sa  # noqa: PLC0415

    table = sa.Table(name, sa.MetaData(), autoload_with=connection)
    columns = [column for column in table.columns if column.name not in _LEFT_OUT]
    query = sa.select(*columns).order_by(table.c.id)
    if since is not None:
        times = [table.c[column] for column in _TIMES if column in table.c]
        query = query.where(sa.func.coalesce(*times, type_=sa.DateTime(timezone=True)) >= since)
    count = 0
    with open_target(path, private=True) as stream:
        text = io.TextIOWrapper(stream, "utf-8", newline="", write_through=True)
        writer = csv.writer(text)
        writer.writerow([column.name for column in columns])
        for row in connection.execution_options(yield_per=_ROWS_AT_ONCE).execute(query):
            cells = {column.name: _cell(value) for column, value in zip(columns, row, strict=True)}
            if cells.get(_EXTRA):
                cells[_EXTRA] = reduce_extra(str(cells[_EXTRA]))
            writer.writerow(cells.values())
            count += 1
        text.detach()
    return count


def _cell(value: Any) -> Any:
    if not isinstance(value, datetime):
        return value
    return (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(UTC).isoformat()


def _read_people(connection: sa.Connection, *, groups: bool) -> dict[str, tuple[str, list[dict[str, Any]]]]:
    """Return users and roles in the form of Airflow's API, by option, each with the key of its list."""
    users: dict[int, dict[str, Any]] = {
        row.id: {"username": row.username, "first_name": row.first_name, "last_name": row.last_name,
                 "active": bool(row.active), "roles": [],
                 "created_on": _cell(row.created_on), "changed_on": _cell(row.changed_on)}
        for row in _ask(
            connection,
            "SELECT id, username, first_name, last_name, active, created_on, changed_on FROM ab_user ORDER BY id",
        )
    }  # fmt: skip
    held = "SELECT m.user_id, r.name FROM ab_user_role m JOIN ab_role r ON r.id = m.role_id"
    if groups:  # 3.0 on: a user also has the roles of the groups that the user is in
        held += (
            " UNION SELECT m.user_id, r.name FROM ab_user_group m JOIN ab_group_role g ON g.group_id = m.group_id "
            "JOIN ab_role r ON r.id = g.role_id"
        )
    for row in _ask(connection, f"{held} ORDER BY 1, 2"):
        users[row.user_id]["roles"].append({"name": row.name})
    roles: dict[str, list[dict[str, Any]]] = {row.name: [] for row in _ask(connection, "SELECT name FROM ab_role")}
    permitted = (
        "SELECT r.name AS role, p.name AS action, v.name AS resource FROM ab_permission_view_role m "
        "JOIN ab_role r ON r.id = m.role_id JOIN ab_permission_view pv ON pv.id = m.permission_view_id "
        "JOIN ab_permission p ON p.id = pv.permission_id JOIN ab_view_menu v ON v.id = pv.view_menu_id "
        "ORDER BY 1, 2, 3"
    )
    for row in _ask(connection, permitted):
        roles[row.role].append({"action": {"name": row.action}, "resource": {"name": row.resource}})
    listed = [{"name": name, "actions": actions} for name, actions in sorted(roles.items())]
    return {"--users": ("users", list(users.values())), "--roles": ("roles", listed)}


def _ask(connection: sa.Connection, query: str) -> Iterator[Any]:
    import sqlalchemy as sa  # noqa: PLC0415

    rows: Sequence[Any] = connection.execute(sa.text(query)).all()
    yield from rows
