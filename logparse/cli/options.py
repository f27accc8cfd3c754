"""Options that several commands share, each declared once.

Owns: names, help texts and panels of these options, and handing them on to a run as one record. Must not know: any
command, how an option takes effect.
"""

import inspect
import os
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeVar

import typer

from logparse.cli import pseudonym_key

if TYPE_CHECKING:
    from logparse.pipeline.options import Options

T = TypeVar("T")
Command = TypeVar("Command", bound=Callable[..., None])


class OverlapName(StrEnum):
    """What becomes of equal lines in two logs."""

    AUTO = "auto"
    ONCE = "once"
    APART = "apart"


class EngineName(StrEnum):
    """Who reads."""

    LOCAL = "local"
    DASK = "dask"


Paths = Annotated[
    list[str],
    typer.Argument(
        metavar="PATH",
        help="Log files, folders or patterns such as 'logs/*.gz', also in buckets (s3://, gs://, abfs://), or - for "
        "standard input. Compressed files are recognised by their content.",
        show_default=False,
    ),
]
Place = Annotated[
    str, typer.Argument(metavar="DIR", help="The archive, as given to logparse report --out.", show_default=False)
]
Week = Annotated[
    str | None,
    typer.Option("--week", metavar="WEEK", help="The week, such as 2026-W47; the last one if not given."),
]
Rules = Annotated[
    list[str] | None,
    typer.Option(
        "--rules",
        metavar="DIR",
        help="Folder of rules that are added to the shipped rules, or replace those of the same name; repeatable.",
        rich_help_panel="Rules",
        show_default=False,
    ),
]


def _one(flag: str, metavar: str | None, panel: str, text: str, kind: Any = str, **more: Any) -> Any:
    """An option that takes one value, None if it is not given."""
    more = {"show_default": False, **more}
    return Annotated[kind | None, typer.Option(flag, metavar=metavar, rich_help_panel=panel, help=text, **more)]


def _several(flag: str, metavar: str, panel: str, text: str, **more: Any) -> Any:
    """An option that may be repeated."""
    return _one(flag, metavar, panel, f"{text}; repeatable.", list[str], **more)


#: Options of a run: the keys of ``logparse.RunOptions``, and ``engine``, which says whether there is a scheduler.
RUN_OPTIONS: Final[Mapping[str, Any]] = {
    "weeks": _one(
        "--week", "WEEK", "Weeks",
        "ISO week such as 2026-W47; repeatable. Default: all weeks that have attempts.", list[str],
    ),
    "timezone": _one(
        "--timezone", "ZONE", "Weeks", "Time zone in which weeks begin, such as Europe/Berlin or +02:00.",
        show_default=True,
    ),
    "assume_timezone": _one(
        "--assume-timezone", "ZONE", "Input", "Time zone of times that are logged without one.", show_default=True
    ),
    "log_formats": _several(
        "--log-format", "STRING", "Input",
        "Format string of the server's access log, for lines in a format that logparse does not know",
    ),
    "app_formats": _several(
        "--app-format", "STRING", "Input",
        "log_format of airflow.cfg, such as '%(asctime)s %(levelname)s - %(message)s', for app lines that no known "
        "format fits",
    ),
    "formats": _several(
        "--formats", "DIR", "Input",
        "Folder of line formats and envelopes that are added to the shipped ones, or replace those of the same name",
    ),
    "message_fields": _several(
        "--message-field", "NAME", "Input",
        "JSON key (with dots for nested objects) or CSV column that holds the log line",
    ),
    "fields": _several(
        "--field", "FIELD=NAME,...", "Input",
        "JSON key (with dots for nested objects) or CSV column that holds a field of the line, such as "
        "time=when,user=who,size=outBytes",
    ),
    "trusted_proxies": _several(
        "--trusted-proxy", "NETWORK", "Input",
        "Proxy whose X-Forwarded-For header is trusted: an address, a network such as 10.0.0.0/8, unix for unix "
        "sockets, or none", show_default="all addresses that are not public",
    ),
    "max_expand": _one(
        "--max-expand", "N", "Input",
        "How many times its size a compressed log may grow; what is more is not read. Up to 256 MiB always are.", int,
        min=1, show_default="250",
    ),
    "deployment": _one(
        "--deployment", "NAME", "Input", "Name of the Airflow that wrote the logs, for the column deployment."
    ),
    "leading": _several(
        "--leading", "PATTERN", "Input",
        "Log to count requests in if other logs (of a proxy, say) hold the same requests: its name or a pattern",
    ),
    "overlap": _one(
        "--overlap", None, "Input",
        "How to count equal lines in two logs: once if the logs are parts of one log (auto), always once (once), or in "
        "each log (apart).", OverlapName, show_default="auto, or as before",
    ),
    "audit_logs": _several(
        "--audit-log", "FILE", "Evidence",
        "Export of the audit log: table `log` as CSV, or pages of the API's eventLogs as JSON",
    ),
    "dag_runs": _several(
        "--dag-runs", "FILE", "Evidence",
        "Export of DAG runs: table `dag_run` as CSV, or pages of the API's dagRuns as JSON",
    ),
    "users": _several(
        "--users", "FILE", "Evidence", "Users and their roles: `airflow users export`, pages of the API's users"
    ),
    "roles": _several(
        "--roles", "FILE", "Evidence", "Roles and their permissions: `airflow roles export`, pages of the API's roles"
    ),
    "rules": Rules,
    "pseudonymize": _one(
        "--pseudonymize", "COLUMNS", "Privacy",
        "Columns, user or client or both with a comma, that show a pseudonym in place of each name; none: no longer.",
    ),
    "pseudonym_key": pseudonym_key.KeyFile,
    "drop": _several("--drop", "COLUMN", "Privacy", "Column about people to leave empty, such as user_agent"),
    "truncate_addresses": _one(
        "--truncate-addresses", None, "Privacy", "Show only the network of each address: 192.0.2.0, 2001:db8::.", bool,
    ),
    "workers": _one(
        "--workers", "N", "Speed", "Number of threads that read. The result does not depend on it.", int, min=1,
        show_default="number of usable cores, 8 at most",
    ),
    "engine": _one(
        "--engine", None, "Speed",
        "Who reads: this process, or the workers of a Dask cluster (needs the package distributed).",
        EngineName, show_default=True,
    ),
    "scheduler": _one(
        "--scheduler", "ADDRESS", "Speed", "Address of the scheduler of the Dask cluster, such as tcp://scheduler:8786.",
        show_default="DASK_SCHEDULER_ADDRESS",
    ),
}  # fmt: skip
_DEFAULTS: Final[Mapping[str, Any]] = {"timezone": "UTC", "assume_timezone": "UTC", "engine": EngineName.LOCAL}


def with_options(*names: str, **others: Any) -> Callable[[Command], Command]:
    """Give a command some of ``RUN_OPTIONS``, behind its own options; they arrive in its ``**asked``.

    Args:
        *names: the options, in the order in which the help page lists them; none: all of them.
        **others: annotations and defaults that this command has in place of the shared ones.
    """

    def with_options(command: Command) -> Command:
        signature = inspect.signature(command)
        own = [each for each in signature.parameters.values() if each.kind is not inspect.Parameter.VAR_KEYWORD]
        declared = {**{name: (RUN_OPTIONS[name], _DEFAULTS.get(name)) for name in names or RUN_OPTIONS}, **others}
        shared = [
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
            for name, (annotation, default) in declared.items()
        ]
        command.__signature__ = signature.replace(parameters=[*own, *shared])  # type: ignore[attr-defined]
        return command

    return with_options


def check_options(asked: Mapping[str, Any]) -> "Options":
    """Check the options of a run that a command was given.

    Raises:
        typer.BadParameter: an option has a value that it cannot have; the message names the option.
        LogparseError: a format string, the rules or an export cannot be used.
    """
    from logparse.common.errors import OptionError  # noqa: PLC0415 - late, see logparse.cli
    from logparse.pipeline.engines.pool import count_workers  # noqa: PLC0415
    from logparse.pipeline.options import RunOptions, check_options  # noqa: PLC0415

    given: RunOptions = {name: value for name, value in asked.items() if name != "engine"}  # type: ignore[assignment]
    if "pseudonym_key" in asked:
        given["pseudonym_key"] = pseudonym_key.read_key(asked["pseudonym_key"])
        given["pseudonymize"] = (asked["pseudonymize"] or "").split(",") if asked["pseudonymize"] else None
    if "engine" in asked:
        given["scheduler"] = scheduler_of(asked)
        given["workers"] = asked["workers"] or count_workers()
    try:
        return check_options(given)
    except OptionError as error:
        flag = (
            RUN_OPTIONS[error.option].__metadata__[0].default
        )  # typer keeps the first name there until it is declared
        raise typer.BadParameter(str(error), param_hint=flag) from error


def scheduler_of(asked: Mapping[str, Any]) -> str | None:
    """Return the address of the scheduler if Dask is to read, else None.

    Raises:
        typer.BadParameter: an option was given that the engine has no use for, or lacks one that it needs.
    """
    address: str | None = asked["scheduler"]
    if asked["engine"] is not EngineName.DASK:
        if address is not None:
            raise typer.BadParameter("needs --engine dask", param_hint="--scheduler")
        return None
    if asked["workers"] is not None:
        raise typer.BadParameter(
            "cannot be used with --engine dask: the cluster has its own workers", param_hint="--workers"
        )
    address = address or os.environ.get("DASK_SCHEDULER_ADDRESS")
    if not address:
        raise typer.BadParameter("dask needs --scheduler ADDRESS", param_hint="--engine")
    return address
