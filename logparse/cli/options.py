"""Options that several commands share, each declared once.

Owns: names, help texts and panels of these options, and the check of their values. Must not know: any command.
"""

import os
from collections.abc import Callable
from enum import StrEnum
from typing import Annotated, TypeVar

import typer

T = TypeVar("T")


class TableFormat(StrEnum):
    """How a table is written."""

    CSV = "csv"
    PARQUET = "parquet"


Paths = Annotated[
    list[str],
    typer.Argument(
        metavar="PATH",
        help="Files, folders, globs, the same in buckets (s3://, gs://, abfs://), or - for standard input. "
        "Compression is found by content, not by name.",
        show_default=False,
    ),
]
LogFormats = Annotated[
    list[str] | None,
    typer.Option(
        "--log-format",
        metavar="STRING",
        help="Format string of the server's access log, for lines that no known format fits; repeatable.",
        rich_help_panel="Input",
        show_default=False,
    ),
]
AssumeTimezone = Annotated[
    str,
    typer.Option(
        "--assume-timezone",
        metavar="ZONE",
        help="Zone of times that are logged without one.",
        rich_help_panel="Input",
    ),
]
MessageFields = Annotated[
    list[str] | None,
    typer.Option(
        "--message-field",
        metavar="NAME",
        help="JSON key (dots lead into objects) or CSV column that holds the log line; repeatable.",
        rich_help_panel="Input",
        show_default=False,
    ),
]
TrustedProxies = Annotated[
    list[str] | None,
    typer.Option(
        "--trusted-proxy",
        metavar="NETWORK",
        help="Proxy whose X-Forwarded-For is believed: an address, a network such as 10.0.0.0/8, unix for sockets, "
        "or none for nobody; repeatable.",
        rich_help_panel="Input",
        show_default="addresses that are not of the Internet",
    ),
]
Deployment = Annotated[
    str | None,
    typer.Option(
        metavar="NAME",
        help="Which Airflow the logs are of; written to the column of that name.",
        rich_help_panel="Input",
        show_default=False,
    ),
]
Leading = Annotated[
    list[str] | None,
    typer.Option(
        "--leading",
        metavar="PATTERN",
        help="Log that counts where others (a proxy's) hold the same requests: its name, or a glob; repeatable.",
        rich_help_panel="Input",
        show_default=False,
    ),
]
AuditLogs = Annotated[
    list[str] | None,
    typer.Option(
        "--audit-log",
        metavar="FILE",
        help="Export of the audit log: table `log` as CSV, or pages of the API's eventLogs as JSON; repeatable.",
        rich_help_panel="Evidence",
        show_default=False,
    ),
]
DagRuns = Annotated[
    list[str] | None,
    typer.Option(
        "--dag-runs",
        metavar="FILE",
        help="Export of DAG runs: table `dag_run` as CSV, or pages of the API's dagRuns as JSON; repeatable.",
        rich_help_panel="Evidence",
        show_default=False,
    ),
]
Users = Annotated[
    list[str] | None,
    typer.Option(
        "--users",
        metavar="FILE",
        help="Users and their roles: `airflow users export`, pages of the API's users; repeatable.",
        rich_help_panel="Evidence",
        show_default=False,
    ),
]
Roles = Annotated[
    list[str] | None,
    typer.Option(
        "--roles",
        metavar="FILE",
        help="Roles and their permissions: `airflow roles export`, pages of the API's roles; repeatable.",
        rich_help_panel="Evidence",
        show_default=False,
    ),
]
Weeks = Annotated[
    list[str] | None,
    typer.Option(
        "--week",
        metavar="WEEK",
        help="ISO week such as 2026-W47; repeatable. Default: all weeks that have attempts.",
        rich_help_panel="Weeks",
        show_default=False,
    ),
]
ArchiveTimezone = Annotated[
    str | None,
    typer.Option(
        "--timezone",
        metavar="ZONE",
        help="Zone in whose midnights weeks begin, such as Europe/Berlin or +02:00.",
        rich_help_panel="Weeks",
        show_default="that of the archive, UTC for a new one",
    ),
]
Timezone = Annotated[
    str,
    typer.Option(
        metavar="ZONE",
        help="Zone in whose midnights weeks begin, such as Europe/Berlin or +02:00.",
        rich_help_panel="Weeks",
    ),
]
Rules = Annotated[
    list[str] | None,
    typer.Option(
        "--rules",
        metavar="DIR",
        help="Folder of rules that add to the shipped ones, or override those of the same name; repeatable.",
        rich_help_panel="Rules",
        show_default=False,
    ),
]
Workers = Annotated[
    int | None,
    typer.Option(
        metavar="N",
        min=1,
        help="Processes that read; 1 reads in this one. No result depends on it.",
        rich_help_panel="Speed",
        show_default="cores that may be used",
    ),
]


class OverlapName(StrEnum):
    """What becomes of equal lines in two logs."""

    AUTO = "auto"
    ONCE = "once"
    APART = "apart"


Overlap = Annotated[
    OverlapName | None,
    typer.Option(
        "--overlap",
        help="What becomes of equal lines in two logs: once if the logs are pieces of one (auto), always once, or "
        "counted in each (apart).",
        rich_help_panel="Input",
        show_default="auto, or as before",
    ),
]


class EngineName(StrEnum):
    """Who reads."""

    LOCAL = "local"
    DASK = "dask"


Engine = Annotated[
    EngineName,
    typer.Option(
        "--engine",
        help="Who reads: processes of this machine, or the workers of a Dask cluster (extra logparse[dask]).",
        rich_help_panel="Speed",
    ),
]
Scheduler = Annotated[
    str | None,
    typer.Option(
        "--scheduler",
        metavar="ADDRESS",
        help="Of the Dask cluster's scheduler, such as tcp://scheduler:8786.",
        rich_help_panel="Speed",
        show_default="DASK_SCHEDULER_ADDRESS",
    ),
]


def scheduler_of(engine: EngineName, address: str | None, workers: int | None) -> str | None:
    """The address of the scheduler if Dask is to read, else None.

    Raises:
        typer.BadParameter: an option was given that the engine has no use for, or lacks one that it needs.
    """
    if engine is EngineName.LOCAL:
        if address is not None:
            raise typer.BadParameter("is of --engine dask", param_hint="--scheduler")
        return None
    if workers is not None:
        raise typer.BadParameter("are processes of this machine; a cluster has its own", param_hint="--workers")
    address = address or os.environ.get("DASK_SCHEDULER_ADDRESS")
    if not address:
        raise typer.BadParameter("dask needs --scheduler ADDRESS", param_hint="--engine")
    return address


def named(text: str) -> None:
    """Refuse an empty name, as a variable that is not set leaves it.

    Raises:
        ValueError: it is one.
    """
    if not text:
        raise ValueError("is empty; give a name")


def given(text: str) -> None:
    """Refuse an empty name, as a variable that is not set leaves it, and a URL, which would become a folder ``s3:``.

    Raises:
        ValueError: it is one of these.
    """
    if not text:
        raise ValueError("is empty; give a name")
    if "://" in text:
        raise ValueError("is a URL; write to a folder here, and copy what is in it")


def checked(value: T, check: Callable[[T], object], option: str) -> T:
    """``value``, if ``check`` has nothing against it.

    Raises:
        typer.BadParameter: ``check`` raised ValueError; the message names the option.
    """
    try:
        check(value)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint=option) from error
    return value
