"""The command ``attempts``: the table that everything else is counted from."""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from logparse.cli import options
from logparse.cli import workers as early

if TYPE_CHECKING:
    from logparse.reports.atomic_files import Target

EXAMPLES: Final = """\
Examples:
  logparse attempts webserver.log --out attempts.parquet
  logparse attempts /var/log/airflow --week 2026-W47 | csvlook
"""


def attempts(  # noqa: PLR0913 - its options
    paths: options.Paths,
    *,
    out: Annotated[
        str,
        typer.Option(
            "--out",
            "-o",
            metavar="FILE",
            help="A .csv or .parquet file, or - for CSV on standard output.",
            rich_help_panel="Output",
        ),
    ] = "-",
    week: options.Weeks = None,
    timezone: options.Timezone = "UTC",
    assume_timezone: options.AssumeTimezone = "UTC",
    log_format: options.LogFormats = None,
    message_field: options.MessageFields = None,
    trusted_proxy: options.TrustedProxies = None,
    deployment: options.Deployment = None,
    leading: options.Leading = None,
    overlap: options.Overlap = None,
    audit_log: options.AuditLogs = None,
    dag_runs: options.DagRuns = None,
    users: options.Users = None,
    roles: options.Roles = None,
    rules: options.Rules = None,
    workers: options.Workers = None,
    engine: options.Engine = options.EngineName.LOCAL,
    scheduler: options.Scheduler = None,
) -> None:
    """Write the table of trigger attempts: one row each, with outcome, reason and the evidence for it.

    Every row names the file and the line that it was read from. Attempts without a known time are in it as well,
    unless weeks are asked for.
    """
    with early.crew(paths, workers, engine) as crew:
        from logparse.cli import running  # noqa: PLC0415 - late, see logparse.cli
        from logparse.common.errors import OutputError  # noqa: PLC0415
        from logparse.common.schema import ATTEMPTS  # noqa: PLC0415
        from logparse.reports.table_files import check_output, format_of, write_table  # noqa: PLC0415
        from logparse.scans.pieces.comparison import Overlap  # noqa: PLC0415

        options.checked(out, options.given, "--out")
        target: Target = "-" if out == "-" else Path(out)
        file_format = format_of(target)
        check_output(target)
        real = "" if target == "-" else os.path.realpath(target)
        if real and any(os.path.realpath(path) == real for path in paths):
            raise OutputError(out, "is to be read as well; give another name")
        asked = running.prepare(
            paths,
            timezone=timezone,
            assume_timezone=assume_timezone,
            log_formats=log_format,
            message_fields=message_field,
            trusted_proxies=trusted_proxy,
            rules=rules,
            deployment=deployment,
            given=running.exported(audit_log, dag_runs, users, roles),
            leads=leading,
            weeks=week,
            workers=workers,
            scheduler=options.scheduler_of(engine, scheduler, workers),
            overlap=Overlap.AUTO if overlap is None else Overlap(overlap.value),
        )
        with running.reading(
            asked, crew, leave_out=lambda source: source.path is not None and os.path.realpath(source.path) == real
        ) as result:
            write_table(result.table(asked.weeks), ATTEMPTS, target, file_format)
        running.finish(result)
