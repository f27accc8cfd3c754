"""The command ``report``: the main job."""

from pathlib import Path
from typing import Annotated, Final

import typer

from logparse.cli import early, options
from logparse.cli.options import TableFormat

EXAMPLES: Final = """\
Examples:
  logparse report /var/log/airflow --out reports
  logparse report 'logs/*.gz' --out reports --timezone Europe/Berlin
  logparse report s3://bucket/airflow/ --out reports
  kubectl logs deploy/airflow-webserver | logparse report - --out reports
"""


def report(  # noqa: PLR0913 - its options
    paths: options.Paths,
    *,
    out: Annotated[
        str,
        typer.Option(
            "--out",
            "-o",
            metavar="DIR",
            help="Folder for the reports, one folder a week in it, and for the data set of attempts.",
            rich_help_panel="Output",
        ),
    ],
    table_format: Annotated[
        TableFormat, typer.Option("--format", help="How the reports are written.", rich_help_panel="Output")
    ] = TableFormat.CSV,
    replace: Annotated[
        bool,
        typer.Option(
            "--replace",
            help="Write weeks anew even where DIR holds attempts of them that these logs do not.",
            rich_help_panel="Output",
        ),
    ] = False,
    week: options.Weeks = None,
    timezone: options.Timezone = "UTC",
    assume_timezone: options.AssumeTimezone = "UTC",
    log_format: options.LogFormats = None,
    message_field: options.MessageFields = None,
    trusted_proxy: options.TrustedProxies = None,
    deployment: options.Deployment = None,
    leading: options.Leading = None,
    audit_log: options.AuditLogs = None,
    dag_runs: options.DagRuns = None,
    users: options.Users = None,
    roles: options.Roles = None,
    rules: options.Rules = None,
    workers: options.Workers = None,
    engine: options.Engine = options.EngineName.LOCAL,
    scheduler: options.Scheduler = None,
) -> None:
    """Read logs and write weekly reports: who tried to trigger what, and what became of it.

    Writes by_user, by_dag, by_time, by_reason, user_dag and coverage for every week into DIR/WEEK, all attempts as
    a Parquet data set into DIR/attempts, and what was read into DIR. Weeks that the logs do not span are written too,
    and said to be partial. Reports of earlier runs are not read as logs.

    If not all can be written, nothing is. A week of which DIR holds attempts that these logs do not hold is kept, and
    said so. DIR belongs to one --timezone.
    """
    with early.crew(paths, workers, engine) as crew:
        from logparse import archive, summary, weekly  # noqa: PLC0415 - late, see logparse.cli
        from logparse.cli import running  # noqa: PLC0415
        from logparse.scan import ruleset  # noqa: PLC0415
        from logparse.write import check_output  # noqa: PLC0415

        options.checked(out, options.given, "--out")
        folder = Path(out)
        check_output(folder, folder=True)
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
        )
        zone = asked.options.zone
        there = archive.open_folder(folder, zone)
        with running.reading(
            asked, crew, leave_out=lambda source: source.path is not None and weekly.is_report(source.path, folder)
        ) as (result, pool):
            written, messages, tally = weekly.write(
                result,
                there,
                "csv" if table_format is TableFormat.CSV else "parquet",
                asked.weeks,
                rules=ruleset(asked.options.setup.rule_folders).digest,
                replace=replace,
                pool=pool,
            )
        for line in tally.lines(written, weekly.partial(written, zone, result.entries)):
            running.say(line)
        where = f"Reports are in {folder}" if written else f"No week to report; what was read is in {folder}"
        for message in messages:
            running.say(f"logparse: {message}")
        running.say(f"\n{summary.read(result.entries)}\n{where}")
        running.finish(result)
