"""The commands ``formats list``, ``formats check`` and ``formats detect``."""

import typer

from logparse.cli import options
from logparse.errors import LogparseError

app = typer.Typer(no_args_is_help=True, help="How lines may be written, and how those of a file are.")


@app.command("list", epilog="Example: logparse formats list")
def list_() -> None:
    """List the line formats and the envelopes around lines that are known, in the order in which they are tried."""
    from logparse import envelopes, formats  # noqa: PLC0415 - late, see logparse.cli
    from logparse.plaintext import aligned  # noqa: PLC0415

    rows = [[each.kind, each.id, each.title] for each in formats.shipped()]
    rows += [["envelope", each.id, each.title] for each in envelopes.shipped()]
    typer.echo("\n".join(aligned(["Lines", "Format", "Title"], rows)))


@app.command("check", epilog="Example: logparse formats check")
def check() -> None:
    """Run the samples of all line formats and envelopes; exit status 2 if any fails."""
    from logparse import envelopes, formats  # noqa: PLC0415 - late, see logparse.cli
    from logparse.envelopes import checks  # noqa: PLC0415
    from logparse.errors import RuleError  # noqa: PLC0415
    from logparse.plaintext import count  # noqa: PLC0415
    from logparse.rulecheck import check_formats  # noqa: PLC0415

    if problems := [*check_formats(), *checks.check()]:
        raise RuleError(problems)
    known, around = formats.shipped(), envelopes.shipped()
    samples = sum(len(each.samples) for each in known) + sum(len(each.samples) for each in around)
    told = f"{count(len(known), 'format')}, {count(len(around), 'envelope')}, {count(samples, 'sample')}"
    typer.echo(f"{told}: all pass")


@app.command("detect", epilog="Example: logparse formats detect webserver.log.gz")
def detect(
    paths: options.Paths,
    log_format: options.LogFormats = None,
    message_field: options.MessageFields = None,
    assume_timezone: options.AssumeTimezone = "UTC",
) -> None:
    """Tell how files are compressed and written, and how much of each is understood, by their first lines.

    Exit status 1 if nothing of a file was understood, or some could not be read; 2 if none could.
    """
    from logparse import detect as detection  # noqa: PLC0415 - late, see logparse.cli
    from logparse import job, sources, summary  # noqa: PLC0415
    from logparse.plaintext import encodable  # noqa: PLC0415
    from logparse.weeks import parse_zone  # noqa: PLC0415

    options.checked(assume_timezone, parse_zone, "--assume-timezone")
    how = job.setup(log_format or (), (), assume_timezone, (), message_field or ())
    found = sources.look(paths)
    for message in summary.passed_over(found.empty, found.skipped):
        typer.echo(f"logparse: {message}", err=True)
    failed, strange = 0, False
    for source in found.sources:
        try:
            told = detection.detect(source, how)
        except LogparseError as error:
            failed += 1
            typer.echo(f"logparse: {error}", err=True)
        else:
            typer.echo(encodable(detection.describe(told)))
            if message := detection.unknown(told):
                strange = True
                typer.echo(f"logparse: {message}", err=True)
    if failed or strange:
        raise typer.Exit(2 if failed == len(found.sources) else 1)
