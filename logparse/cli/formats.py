"""The commands ``formats list``, ``formats check`` and ``formats detect``.

Owns: the arguments of these commands and what they print. Must not know: how formats are found.
"""

from typing import Any

import typer

from logparse.cli import options
from logparse.cli.output import print_problem
from logparse.common.errors import LogparseError

app = typer.Typer(no_args_is_help=True, help="Known log formats, and the format of a file.")


@app.command("list", epilog="Example: logparse formats list")
@options.with_options("formats")
def list_(**asked: Any) -> None:
    """List the known line formats, and the envelopes that platforms put around lines, in the order they are tried."""
    from logparse.common.text import aligned  # noqa: PLC0415 - late, see logparse.cli
    from logparse.envelopes.loader import known_envelopes  # noqa: PLC0415
    from logparse.formats.given import compile_formats  # noqa: PLC0415

    how = options.check_options(asked).setup
    rows = [[each.kind, each.id, each.title] for each in compile_formats(how.formats)]
    rows += [["envelope", each.id, each.title] for each in known_envelopes(how.format_folders)]
    typer.echo("\n".join(aligned(["Lines", "Format", "Title"], rows)))


@app.command("check", epilog="Example: logparse formats check --formats my-formats")
@options.with_options("formats")
def check(**asked: Any) -> None:
    """Run the samples of all line formats and envelopes; exit status 2 if any fails."""
    from logparse.common.errors import RuleError  # noqa: PLC0415 - late, see logparse.cli
    from logparse.common.text import count  # noqa: PLC0415
    from logparse.envelopes.loader import known_envelopes  # noqa: PLC0415
    from logparse.formats.given import compile_formats  # noqa: PLC0415
    from logparse.inspection import envelope_samples  # noqa: PLC0415
    from logparse.inspection.format_samples import check_formats  # noqa: PLC0415

    how = options.check_options(asked).setup
    folders = how.format_folders
    if problems := [*check_formats(folders), *envelope_samples.check_envelopes(folders)]:
        raise RuleError(problems)
    known, around = compile_formats(how.formats), known_envelopes(folders)
    samples = sum(len(each.samples) for each in known) + sum(len(each.samples) for each in around)
    told = f"{count(len(known), 'format')}, {count(len(around), 'envelope')}, {count(samples, 'sample')}"
    typer.echo(f"{told}: all pass")


@app.command("detect", epilog="Example: logparse formats detect webserver.log.gz")
@options.with_options("log_formats", "app_formats", "formats", "message_fields", "fields", "assume_timezone")
def detect(paths: options.Paths, **asked: Any) -> None:
    """Show the compression and format of files, and how much of each is understood, judging by their first lines.

    Exit status 1 if nothing in a file was understood or some files could not be read; 2 if no file could be read.
    """
    from logparse.common.text import encodable  # noqa: PLC0415
    from logparse.inspection import description  # noqa: PLC0415 - late, see logparse.cli
    from logparse.inspection import detect as detection  # noqa: PLC0415
    from logparse.reports import messages  # noqa: PLC0415
    from logparse.sources import discovery  # noqa: PLC0415

    how = options.check_options(asked).setup
    found = discovery.discover(paths)
    for message in (*messages.list_unfilled(found.empty, found.archives), *messages.list_skipped(found.skipped)):
        print_problem(message)
    failed, strange = 0, False
    for source in found.sources:
        try:
            told = detection.detect(source, how)
        except LogparseError as error:
            failed += 1
            print_problem(error)
        else:
            typer.echo(encodable(description.describe(told)))
            if message := description.describe_unknown(told):
                strange = True
                print_problem(message)
    if failed or strange:
        raise typer.Exit(2 if failed == len(found.sources) else 1)
