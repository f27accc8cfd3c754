"""The command ``html``: a week of an archive as a page to look at.

Owns: the arguments of this command. Must not know: what a page shows.
"""

from pathlib import Path
from typing import Annotated, Final, Literal

import typer

EXAMPLES: Final = """\
Examples:
  logparse html reports --out week.html
  logparse html reports --week 2026-W47 --out - > week.html
"""


def html(
    place: Annotated[
        str, typer.Argument(metavar="DIR", help="The archive, as given to logparse report --out.", show_default=False)
    ],
    *,
    out: Annotated[str, typer.Option("--out", metavar="FILE", help="The file to write; - for standard output.")],
    week: Annotated[
        str | None,
        typer.Option("--week", metavar="WEEK", help="The week, such as 2026-W47; the last one if not given."),
    ] = None,
) -> None:
    """Write a week of an archive as one HTML page: what to act on, when, who, and why.

    The page needs no other file and no network. Texts of logs cannot run anything in it.
    """
    from logparse.cli.output import print_message  # noqa: PLC0415 - late, see logparse.cli
    from logparse.pipeline.weekly import pages  # noqa: PLC0415
    from logparse.reports.atomic_files import open_target  # noqa: PLC0415
    from logparse.reports.table_files import check_output  # noqa: PLC0415

    target: Path | Literal["-"] = "-" if out == "-" else Path(out)
    check_output(target)
    try:
        name, text = pages.make_page(place, week)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--week") from error
    with open_target(target) as stream:
        stream.write(text.encode("utf-8", "backslashreplace"))
    if target != "-":
        print_message(f"The page of {name} is {out}")
