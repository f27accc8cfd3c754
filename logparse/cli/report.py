"""The command ``report``: the main job.

Owns: its own options, and the order of its steps. Must not know: how logs are read, how an archive is stored.
"""

import logging
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from logparse.cli import destination, options

EXAMPLES: Final = """\
Examples:
  logparse report /var/log/airflow --out reports
  logparse report 'logs/*.gz' --out reports --timezone Europe/Berlin
  logparse report s3://bucket/airflow/ --out s3://bucket/reports
  kubectl logs deploy/airflow-webserver | logparse report - --out reports
  logparse report --out reports --reclassify
"""
PANEL: Final = "Output"


class TableFormat(StrEnum):
    """How a table is written."""

    CSV = "csv"
    PARQUET = "parquet"


Paths = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="PATH",
        help="Log files, folders or patterns such as 'logs/*.gz', also in buckets (s3://, gs://, abfs://), or - for "
        "standard input. Compressed files are recognised by their content. Not needed with --rebuild or --reclassify.",
        show_default=False,
    ),
]
Out = Annotated[
    str,
    typer.Option(
        "--out",
        "-o",
        metavar="DIR",
        help="Archive, a folder or bucket: the reports, one folder for each week, a table of all attempts, and what is "
        "stored of the logs.",
        rich_help_panel=PANEL,
    ),
]
Format = Annotated[
    TableFormat | None,
    typer.Option("--format", help="File format of the reports.", rich_help_panel=PANEL, show_default="as before, csv"),
]
Rebuild = Annotated[
    bool, typer.Option("--rebuild", help="Make all weeks again from what DIR holds.", rich_help_panel=PANEL)
]
Reclassify = Annotated[
    bool,
    typer.Option(
        "--reclassify",
        help="Judge all weeks again by the current rules, from what DIR holds, and read the given logs again.",
        rich_help_panel=PANEL,
    ),
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Say what would change, but write nothing.", rich_help_panel=PANEL)
]
Strict = Annotated[
    bool,
    typer.Option(
        "--strict",
        help="Write nothing and exit with status 2 if anything was lost, not understood, counted twice, or is missing "
        "that was expected.",
        rich_help_panel=PANEL,
    ),
]
FailOn = Annotated[
    list[str] | None,
    typer.Option(
        "--fail-on",
        metavar="WHAT",
        help="Exit with status 3 if a week that this run makes, or the last week, has a finding that needs action: "
        "any, new (the week before does not have it), one of a severity (critical, high, medium, low) or worse, or the "
        "finding of this name; repeatable.",
        rich_help_panel=PANEL,
        show_default=False,
    ),
]
Wait = Annotated[
    float,
    typer.Option(
        "--wait",
        metavar="SECONDS",
        min=0,
        help="How long to wait if another run is writing to DIR.",
        rich_help_panel=PANEL,
    ),
]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Print each step with its time.", rich_help_panel=PANEL)]
Timezone = Annotated[
    str | None,
    typer.Option(
        "--timezone",
        metavar="ZONE",
        help="Time zone in which weeks begin, such as Europe/Berlin or +02:00.",
        rich_help_panel="Weeks",
        show_default="that of the archive, UTC for a new one",
    ),
]


Html = Annotated[
    str | None,
    typer.Option(
        "--html",
        metavar="FOLDER",
        help="Also write pages to look at into this folder: of each week that this run makes, and an index of all.",
        rich_help_panel=PANEL,
        show_default=False,
    ),
]


Quiet = Annotated[
    bool, typer.Option("--quiet", "-q", help="Print no summary, only what is wrong.", rich_help_panel=PANEL)
]
AsJson = Annotated[
    bool,
    typer.Option(
        "--json", help="Print what the run did on standard output, as one JSON object.", rich_help_panel=PANEL
    ),
]


@options.with_options(timezone=(Timezone, None))
def report(  # noqa: PLR0913 - its options
    paths: Paths = None,
    *,
    out: Out,
    table_format: Format = None,
    rebuild: Rebuild = False,
    reclassify: Reclassify = False,
    dry_run: DryRun = False,
    strict: Strict = False,
    fail_on: FailOn = None,
    html: Html = None,
    quiet: Quiet = False,
    as_json: AsJson = False,
    wait: Wait = 0.0,
    verbose: Verbose = False,
    **asked: Any,
) -> None:
    """Read logs and write weekly reports: who tried to trigger what, and what became of it.

    DIR is an archive that grows. Each run reads the logs that DIR does not know yet, adds them, and writes the reports
    of the weeks that they concern: by_user, by_dag, by_time, by_reason, user_dag, findings and coverage in DIR/WEEK.
    DIR/attempts holds all attempts as Parquet files, DIR/coverage lists the logs. Lines that are read twice count once,
    even if the log has another name.

    A run changes everything or nothing. All weeks in DIR begin in the same time zone. Weeks that the logs cover only in
    part are written too, and the summary says so. The reports in DIR are not read as logs.
    """
    from logparse.cli import messages, running  # noqa: PLC0415 - late, see logparse.cli
    from logparse.pipeline.weekly import transaction  # noqa: PLC0415
    from logparse.pipeline.weekly.update import Wanted  # noqa: PLC0415

    if verbose:
        logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s", level=logging.INFO)
    _check_places(out, html)
    if not paths:
        _require_archive(out, rebuild or reclassify)
    messages.check_fail_on(fail_on or (), asked["rules"] or ())
    timezone = asked["timezone"] or transaction.find_zone(out)
    job = running.prepare(paths or [], {**asked, "timezone": timezone})
    if "://" not in out:
        job = running.leave_out_own(
            job, lambda source: source.path is not None and transaction.is_own_file(source.path, Path(out))
        )
    wanted = Wanted(
        out if "://" in out else str(Path(out)),
        None if table_format is None else "csv" if table_format is TableFormat.CSV else "parquet",
        reclassify=reclassify,
        rebuild=rebuild,
        overlap=job.options.overlap if asked["overlap"] else None,
        strict=strict,
        dry_run=dry_run,
        wait=wait,
    )
    with running.show_progress(job) as on_bytes:
        done = transaction.run_weekly(job, wanted, on_bytes)
    messages.conclude(done, wanted, messages.Telling(fail_on or (), html, quiet=quiet, as_json=as_json))


def _require_archive(out: str, again: bool) -> None:
    """See that a run without logs is to make weeks again, and that there are some."""
    from logparse.common.errors import OutputError  # noqa: PLC0415 - late, see logparse.cli
    from logparse.pipeline.weekly import contents, transaction  # noqa: PLC0415

    if not again:
        problem = "is missing; without one, only --rebuild and --reclassify do something"
        raise typer.BadParameter(problem, param_hint="PATH")
    if transaction.find_zone(out) is None:
        raise OutputError(out, contents.NO_ARCHIVE)


def _check_places(out: str, html: str | None) -> None:
    from logparse.reports.table_files import check_output  # noqa: PLC0415 - late, see logparse.cli

    destination.check_out(out, url=True)
    if html is not None and (not html or "://" in html):
        raise typer.BadParameter("must name a folder", param_hint="--html")
    for folder in (out, html):
        if folder is not None and "://" not in folder:
            check_output(Path(folder), folder=True)
