"""The command ``attempts``: the table that everything else is counted from.

Owns: the order of its steps, and where the table goes. Must not know: how attempts are found.
"""

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from logparse.cli import destination, options

if TYPE_CHECKING:
    from logparse.reports.atomic_files import Target

EXAMPLES: Final = """\
Examples:
  logparse attempts webserver.log --out attempts.parquet
  logparse attempts /var/log/airflow --week 2026-W47 | csvlook
"""


@options.with_options()
def attempts(
    paths: options.Paths,
    *,
    out: Annotated[
        str,
        typer.Option(
            "--out",
            "-o",
            metavar="FILE",
            help="File to write, .csv or .parquet; - writes CSV to standard output.",
            rich_help_panel="Output",
        ),
    ] = "-",
    raw: Annotated[
        bool,
        typer.Option(
            "--raw",
            help="Keep line breaks and other control characters in the texts of a CSV file, in place of \\n and \\x1b.",
            rich_help_panel="Output",
        ),
    ] = False,
    **asked: Any,
) -> None:
    """Write the table of trigger attempts: one row each, with its outcome, the reason and the evidence.

    Every row names the file and the line that it was read from. Attempts without a known time are included, unless
    --week is given.
    """
    from logparse.cli import running  # noqa: PLC0415 - late, see logparse.cli
    from logparse.common.errors import OutputError  # noqa: PLC0415
    from logparse.common.schema import ATTEMPTS  # noqa: PLC0415
    from logparse.pipeline import job  # noqa: PLC0415
    from logparse.reports.table_files import check_output, format_of, write_table  # noqa: PLC0415

    destination.check_out(out, url=False)
    target: Target = "-" if out == "-" else Path(out)
    file_format = format_of(target)
    check_output(target)
    real = "" if target == "-" else os.path.realpath(target)
    if real and any(os.path.realpath(path) == real for path in paths):
        raise OutputError(out, "is also among the files to read; give another name")
    asked_for = running.leave_out_own(
        running.prepare(paths, asked),
        lambda source: source.path is not None and os.path.realpath(source.path) == real,
    )
    with running.show_progress(asked_for) as on_bytes:
        result = job.run(asked_for, on_bytes)
    write_table(result.table(asked_for.options.weeks), ATTEMPTS, target, file_format, raw=raw)
    running.finish_attempts(asked_for, result)
