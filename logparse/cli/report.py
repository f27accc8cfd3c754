"""The command ``report``: the main job."""

import logging
from pathlib import Path
from typing import Annotated, Final

import typer

from logparse.cli import options
from logparse.cli import workers as early
from logparse.cli.options import TableFormat

EXAMPLES: Final = """\
Examples:
  logparse report /var/log/airflow --out reports
  logparse report 'logs/*.gz' --out reports --timezone Europe/Berlin
  logparse report s3://bucket/airflow/ --out s3://bucket/reports
  kubectl logs deploy/airflow-webserver | logparse report - --out reports
  logparse report --out reports --reclassify
"""


def report(  # noqa: PLR0913 - its options
    paths: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="PATH",
            help="Files, folders, globs, the same in buckets (s3://, gs://, abfs://), or - for standard input. "
            "Compression is found by content, not by name. None with --rebuild or --reclassify alone.",
            show_default=False,
        ),
    ] = None,
    *,
    out: Annotated[
        str,
        typer.Option(
            "--out",
            "-o",
            metavar="DIR",
            help="The archive: folder or bucket for the reports, one folder a week, the data set of attempts, and what "
            "was read.",
            rich_help_panel="Output",
        ),
    ],
    table_format: Annotated[
        TableFormat | None,
        typer.Option(
            "--format", help="How the reports are written.", rich_help_panel="Output", show_default="as before, csv"
        ),
    ] = None,
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="Make all weeks anew from what DIR holds.", rich_help_panel="Output")
    ] = False,
    reclassify: Annotated[
        bool,
        typer.Option(
            "--reclassify",
            help="Decide all weeks anew by the rules at hand, from what DIR holds, and read the logs given anew.",
            rich_help_panel="Output",
        ),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would change, and write nothing.", rich_help_panel="Output")
    ] = False,
    strict: Annotated[
        bool,
        typer.Option(
            "--strict",
            help="Write nothing, and end with 2, if anything was lost, not understood or counted twice.",
            rich_help_panel="Output",
        ),
    ] = False,
    fail_on: Annotated[
        list[str] | None,
        typer.Option(
            "--fail-on",
            metavar="WHAT",
            help="End with 3 if a week that this run makes has a finding: any, new (the week before has none), or of "
            "this id; repeatable.",
            rich_help_panel="Output",
            show_default=False,
        ),
    ] = None,
    wait: Annotated[
        float,
        typer.Option(
            "--wait",
            metavar="SECONDS",
            min=0,
            help="How long to wait for another run that writes to DIR.",
            rich_help_panel="Output",
        ),
    ] = 0.0,
    verbose: Annotated[
        bool,
        typer.Option("--verbose", "-v", help="Tell each step, with its time, as it is done.", rich_help_panel="Output"),
    ] = False,
    week: options.Weeks = None,
    timezone: options.ArchiveTimezone = None,
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
    """Read logs and write weekly reports: who tried to trigger what, and what became of it.

    DIR is an archive that grows: each run reads what DIR does not know yet, adds it, and makes the weeks anew that it
    concerns, with by_user, by_dag, by_time, by_reason, user_dag, findings and coverage in DIR/WEEK, all attempts as a
    Parquet data set in DIR/attempts, and what was read in DIR. What is read twice counts once, whatever it is called.

    A run changes all or nothing. DIR belongs to one --timezone. Weeks that no log spans are written too, and said to
    be partial. Reports are not read as logs.
    """
    with early.crew(paths or [], workers, engine) as crew:
        from logparse.cli import messages, running  # noqa: PLC0415
        from logparse.pipeline.weekly import transaction  # noqa: PLC0415 - late, see logparse.cli
        from logparse.pipeline.weekly.update import Wanted  # noqa: PLC0415
        from logparse.reports.table_files import check_output  # noqa: PLC0415
        from logparse.scans.pieces.comparison import Overlap  # noqa: PLC0415

        options.checked(out, options.named, "--out")
        if verbose:
            logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s", level=logging.INFO)
        if not paths and not (rebuild or reclassify):
            problem = "is missing; without one, only --rebuild and --reclassify do something"
            raise typer.BadParameter(problem, param_hint="PATH")
        folder = None if "://" in out else Path(out)
        if folder is not None:
            check_output(folder, folder=True)
        messages.check(fail_on or (), rules or ())
        zone = timezone or str(transaction.zone_of(out) or "UTC")
        asked = running.prepare(
            paths or [],
            timezone=zone,
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
        if folder is not None:
            asked = running.without(
                asked, lambda source: source.path is not None and transaction.is_ours(source.path, folder)
            )
        wanted = Wanted(
            out if folder is None else str(folder),
            None if table_format is None else "csv" if table_format is TableFormat.CSV else "parquet",
            reclassify=reclassify,
            rebuild=rebuild,
            overlap=None if overlap is None else Overlap(overlap.value),
            strict=strict,
            dry_run=dry_run,
            wait=wait,
        )
        with running.working(asked, crew, many=rebuild or reclassify) as (working, on_bytes):
            done = transaction.run(asked, wanted, working, on_bytes)
        messages.tell(done, wanted)
        messages.finish(done, wanted, fail_on or ())
