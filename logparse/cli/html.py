"""The command ``html``: a week of an archive as a page to look at.

Owns: the arguments of this command. Must not know: what a page shows.
"""

from pathlib import Path
from typing import Annotated, Final, Literal

import typer

from logparse.cli import options

EXAMPLES: Final = """\
Examples:
  logparse html reports --out week.html
  logparse html reports --all --out pages
  logparse html reports --week 2026-W47 --out - > week.html
"""


def html(
    place: options.Place,
    *,
    out: Annotated[
        str,
        typer.Option("--out", metavar="FILE", help="The file to write; - for standard output; with --all, a folder."),
    ],
    week: options.Week = None,
    every: Annotated[bool, typer.Option("--all", help="Write a page for each week, and an index with links.")] = False,
) -> None:
    """Write a week of an archive as one HTML page: what to act on, when, who, and why.

    The page needs no other file and no network. Texts of logs cannot run anything in it.
    """
    from logparse.cli.output import print_message  # noqa: PLC0415 - late, see logparse.cli
    from logparse.common.errors import OptionError, OutputError  # noqa: PLC0415
    from logparse.pipeline.weekly import pages  # noqa: PLC0415
    from logparse.pipeline.weekly.transaction import is_own_file  # noqa: PLC0415
    from logparse.reports.atomic_files import open_target  # noqa: PLC0415
    from logparse.reports.table_files import check_output  # noqa: PLC0415

    if every:
        if week is not None or out == "-":
            raise typer.BadParameter("needs a folder as --out, and no --week", param_hint="--all")
        check_output(Path(out), folder=True)
        pages.write_pages(place, Path(out))
        print_message(f"The pages of all weeks are in {out}: begin with {Path(out, 'index.html')}")
        return
    target: Path | Literal["-"] = "-" if out == "-" else Path(out)
    check_output(target)
    if target != "-" and is_own_file(target, Path(place)):
        raise OutputError(out, f"is a file of the archive {place}; give the page another name")
    try:
        name, text = pages.make_page(place, week)
    except OptionError as error:
        raise typer.BadParameter(str(error), param_hint="--week") from error
    with open_target(target) as stream:
        stream.write(text.encode("utf-8", "backslashreplace"))
    if target != "-":
        print_message(f"The page of {name} is {out}")
