"""The command ``fetch``: exports straight from Airflow's database or API.

Owns: the arguments of this command. Must not know: what is asked of either.
"""

import os
import shlex
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final

import typer

EXAMPLES: Final = """\
Examples:
  logparse fetch --db sqlite:////opt/airflow/airflow.db --out exports
  LOGPARSE_DB=postgresql+psycopg://reader:...@db.example.com/airflow logparse fetch --out exports --since 2026-11-15
"""


def fetch(
    *,
    url: Annotated[
        str | None,
        typer.Option(
            "--db",
            metavar="URL",
            envvar="LOGPARSE_DB",
            help="The database of Airflow, as in its setting sql_alchemy_conn. If it has a password, better in "
            "LOGPARSE_DB: what is typed can be seen by others.",
            show_default=False,
        ),
    ] = None,
    api: Annotated[
        str | None,
        typer.Option(
            "--api",
            metavar="URL",
            help="In place of the database: Airflow's REST API, such as https://airflow.example.com/api/v2, with a "
            "bearer token in LOGPARSE_API_TOKEN, or name:password in LOGPARSE_API_LOGIN.",
            show_default=False,
        ),
    ] = None,
    out: Annotated[str, typer.Option("--out", "-o", metavar="FOLDER", help="Folder for the exports.")],
    since: Annotated[
        str | None,
        typer.Option(
            "--since", metavar="DAY", help="Only records from this day (UTC) on. Take a day more than the logs span."
        ),
    ] = None,
) -> None:
    """Write the audit log, DAG runs, users and roles of Airflow into files for logparse report.

    Nothing is changed in Airflow, and settings of runs (conf) and passwords are not written. Only you may read the
    files. A database needs the package sqlalchemy, which the extra fetch of logparse brings, and a driver such as
    psycopg. An API needs nothing.
    """
    from logparse.cli.output import print_message  # noqa: PLC0415 - late, see logparse.cli
    from logparse.common.weeks import parse_start  # noqa: PLC0415
    from logparse.pipeline import airflow_api, database  # noqa: PLC0415
    from logparse.reports.table_files import check_output  # noqa: PLC0415

    check_output(Path(out), folder=True)
    try:
        first = None if since is None else datetime.fromtimestamp(parse_start(since, UTC) / 1e6, UTC)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--since") from error
    if (url is None) == (api is None):
        raise typer.BadParameter("give a database with --db or an API with --api", param_hint="--db")
    if api is not None:
        token, login = (os.environ.get(name, "") for name in ("LOGPARSE_API_TOKEN", "LOGPARSE_API_LOGIN"))
        written = airflow_api.fetch(api, Path(out), first, token=token, login=login)
    else:
        written = database.fetch(url or "", Path(out), first)
    for message in _tell(written):
        print_message(message)


def _tell(written: dict[str, tuple[Path, int]]) -> Iterator[str]:
    """Yield sentences about what was written, by the option that takes it, and the command that comes next."""
    from logparse.common.text import count  # noqa: PLC0415 - late, see logparse.cli

    for path, rows in written.values():
        yield f"{path}: {count(rows, 'row')}"
    if lacking := [option.removeprefix("--") for option in ("--users", "--roles") if option not in written]:
        yield f"No {' and no '.join(lacking)}: Airflow keeps none here, or this caller may not read them"
    options = " ".join(f"{option} {shlex.quote(str(path))}" for option, (path, _) in written.items())
    yield f"Next: logparse report LOGS --out DIR {options}"
