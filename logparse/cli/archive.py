"""The commands ``archive list``, ``verify``, ``prune`` and ``forget``: looking after what ``report`` has written.

Owns: the arguments of these commands and what they print. Must not know: how an archive is stored.
"""

from typing import Annotated, Final

import typer

from logparse.cli import options
from logparse.cli.output import print_problem, print_text
from logparse.cli.pseudonym_key import KeyFile, read_key

EXAMPLES: Final = """\
Examples:
  logparse archive list reports
  logparse archive verify s3://bucket/reports
  logparse archive prune reports --before 2026-W01
  logparse archive forget reports 'logs/test-*.log'
"""
#: Names are shown as ``forget`` takes them.
LONGEST_NAME: Final = 4096
app = typer.Typer(
    no_args_is_help=True, help="List, verify and clean up an archive that logparse report has written.", epilog=EXAMPLES
)
Wait = Annotated[
    float, typer.Option("--wait", metavar="SECONDS", min=0, help="How long to wait if a run is writing to DIR.")
]


@app.command("list", epilog="Example: logparse archive list reports")
def list_(
    place: options.Place,
    *,
    sources: Annotated[bool, typer.Option("--sources", help="Also list the logs that were read.")] = False,
) -> None:
    """List the weeks that an archive holds, and how large it is."""
    from logparse.common.text import aligned, count, size  # noqa: PLC0415
    from logparse.pipeline.weekly import contents  # noqa: PLC0415 - late, see logparse.cli

    held = contents.list_contents(place)
    for line in aligned(["Week", "Attempts", "Sources", "In findings", "Version", ""], held.weeks):
        typer.echo(line)
    if sources:
        typer.echo("")
        header = ["Source", "Deployment", "Lines", "First", "Last", "Attempts", ""]
        for line in aligned(header, held.sources, widest=LONGEST_NAME):
            typer.echo(line)
    number, stored = held.objects
    typer.echo("")
    typer.echo(
        f"{count(len(held.sources), 'source')} of {size(held.text)}; stored and reported in {count(number, 'object')} "
        f"of {size(stored)}"
    )
    if held.stale:
        typer.echo(f"Weeks that the next run will make again: {', '.join(held.stale)}")


@app.command(epilog="Example: logparse archive verify reports")
def verify(place: options.Place) -> None:
    """Read every byte of an archive and report what is missing or damaged; exit status 1 if anything is."""
    from logparse.pipeline.weekly import contents  # noqa: PLC0415 - late, see logparse.cli

    problems, others = contents.verify(place)
    for problem in [*problems, *others]:
        print_text(problem)
    if problems:
        print_problem(
            f"to repair reports and tables of attempts: logparse report --out {place} --rebuild; if that says that an "
            "object is damaged, read the logs again into a new folder"
        )
        raise typer.Exit(1)
    print_text(f"{place}: nothing is missing or damaged")


@app.command(epilog="Example: logparse archive prune reports --before 2026-W01")
def prune(
    place: options.Place,
    *,
    before: Annotated[str, typer.Option("--before", metavar="WEEK", help="The first week to keep.")],
    rules: options.Rules = None,
    key: KeyFile = None,
    wait: Wait = 0.0,
) -> None:
    """Remove all weeks before a given week and everything stored for them. Their logs are not read again."""
    from logparse.common.text import count  # noqa: PLC0415
    from logparse.pipeline.weekly import removal  # noqa: PLC0415 - late, see logparse.cli

    try:
        done = removal.prune(place, before, rules or (), wait=wait, key=read_key(key))
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--before") from error
    span = ", ".join(dict.fromkeys((done.weeks[0], done.weeks[-1]))) if done.weeks else ""
    weeks = f" ({span.replace(', ', ' to ')})" if span else ""
    typer.echo(f"Removed {count(len(done.weeks), 'week')}{weeks} and {count(done.sources, 'source')}")


@app.command(
    epilog="Examples: logparse archive forget reports 'logs/test-*.log'; logparse archive forget reports --user alice"
)
def forget(
    place: options.Place,
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[SOURCE]...", help="Name of a log as it was read, or a pattern.", show_default=False),
    ] = None,
    *,
    users: Annotated[
        list[str] | None,
        typer.Option(
            "--user",
            metavar="NAME",
            help="In place of logs: a person, with all lines and records that name the person; repeatable.",
            show_default=False,
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would go, but change nothing.")] = False,
    rules: options.Rules = None,
    key: KeyFile = None,
    wait: Wait = 0.0,
) -> None:
    """Remove logs or people and everything stored of them, and make the weeks again that they concern.

    The logs themselves are not changed. A log that was read before is not read again, unless it is given to a run with
    --reclassify.
    """
    from logparse.common.text import count  # noqa: PLC0415
    from logparse.pipeline.weekly import forgetting, removal  # noqa: PLC0415 - late, see logparse.cli

    if bool(names) == bool(users):
        raise typer.BadParameter("name logs, or people with --user", param_hint="SOURCE")
    if users:
        given = read_key(key)
        done = forgetting.forget_people(place, users, rules or (), wait=wait, key=given, dry_run=dry_run)
        numbers = f"{count(done.lines, 'line')}, {count(done.records, 'record')}, {count(done.examples, 'example')}"
        print_text(f"{'Would remove' if dry_run else 'Removed'} {numbers}")
        return
    if dry_run:
        raise typer.BadParameter("is for --user", param_hint="--dry-run")
    for name in removal.forget(place, names or (), rules or (), wait=wait, key=read_key(key)):
        print_text(f"Removed {name}")
