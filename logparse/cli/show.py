"""The command ``show``: tables of an archive on the terminal, or for other programs.

Owns: the arguments of this command, and how a table is laid out on a terminal. Must not know: where tables come from.
"""

import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import typer

if TYPE_CHECKING:
    import pandas as pd

    from logparse.common.schema import Column

EXAMPLES: Final = """\
Examples:
  logparse show reports
  logparse show reports user_dag --week 2026-W47 --user alice
  logparse show reports attempts --since 2026-11-01 --outcome authorization_failure --format csv > denied.csv
"""
#: Rows of a table on a terminal, if nobody asks for another number.
ROWS: Final = 40


class Form(StrEnum):
    """How a table is shown."""

    TABLE = "table"
    CSV = "csv"
    JSONL = "jsonl"


Place = Annotated[
    str, typer.Argument(metavar="DIR", help="The archive, as given to logparse report --out.", show_default=False)
]
Name = Annotated[
    str,
    typer.Argument(
        metavar="REPORT", help="findings, by_user, by_dag, by_time, by_reason, user_dag, coverage, or attempts."
    ),
]
Weeks = Annotated[
    list[str] | None,
    typer.Option("--week", metavar="WEEK", help="ISO week; repeatable.", show_default="the last one"),
]
Since = Annotated[
    str | None,
    typer.Option(
        metavar="WHEN",
        help="All weeks from this week or day on, such as 2026-W45 or 2026-11-01; attempts begin with that day.",
    ),
]
User = Annotated[str | None, typer.Option(metavar="NAME", help="Only rows that name this user.")]
Dag = Annotated[str | None, typer.Option(metavar="ID", help="Only rows that name this DAG.")]
OutcomeName = Annotated[str | None, typer.Option(metavar="OUTCOME", help="Only rows with this outcome.")]
Format = Annotated[
    Form | None, typer.Option("--format", help="How to print it.", show_default="a table on a terminal, else csv")
]
Limit = Annotated[
    int | None,
    typer.Option(metavar="N", min=1, help="Rows at most.", show_default=f"{ROWS} in a table, else all"),
]


def show(  # noqa: PLR0913 - its options
    place: Place,
    name: Name = "findings",
    *,
    weeks: Weeks = None,
    since: Since = None,
    user: User = None,
    dag: Dag = None,
    outcome: OutcomeName = None,
    form: Format = None,
    limit: Limit = None,
) -> None:
    """Show a report of an archive, or its attempts.

    On a terminal it is a table with the columns that matter most. Otherwise it is CSV with all columns, or one JSON
    object for each row. findings name ten users and DAGs at most; attempts name all of them.
    """
    from logparse.cli.output import print_message  # noqa: PLC0415 - late, see logparse.cli
    from logparse.common.schema import ATTEMPTS, Outcome  # noqa: PLC0415
    from logparse.common.text import count  # noqa: PLC0415
    from logparse.common.weeks import parse_start  # noqa: PLC0415
    from logparse.pipeline.weekly import tables  # noqa: PLC0415
    from logparse.reports import catalog, selection  # noqa: PLC0415

    for word, known, hint in (
        (name, [*catalog.REPORTS, tables.ALL], "REPORT"),
        (outcome, [None, *Outcome], "--outcome"),
    ):
        if word not in known:
            raise typer.BadParameter(f"{word!r} is none of {', '.join(filter(None, known))}", param_hint=hint)
    archive = tables.open_archive(place)
    try:
        chosen = archive.choose_weeks(weeks or (), since)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--since" if since else "--week") from error
    frame, columns = archive.read(name, chosen)
    if since is not None and columns is ATTEMPTS:
        frame = frame[frame["time"].astype("int64") >= parse_start(since, archive.zone)]
    frame = selection.select_rows(frame, columns, {"user": user, "dag": dag, "outcome": outcome})
    form = form or (Form.TABLE if sys.stdout.isatty() else Form.CSV)
    limit = limit or (ROWS if form is Form.TABLE else len(frame))
    shown = frame.head(limit).reset_index(drop=True)
    if form is Form.TABLE:
        brief = tables.BRIEF if columns is ATTEMPTS else catalog.REPORTS[name].brief
        _print_table(shown, ("week", *brief) if len(chosen) > 1 else brief, columns)
    else:
        _write(shown, columns, form)
    if len(frame) > limit:
        print_message(f"... and {count(len(frame) - limit, 'row')} more: add --limit, or --format csv for all of them")
    if not len(frame):
        print_message(f"No row of {name} in {', '.join(chosen)}")


def _write(frame: "pd.DataFrame", columns: "tuple[Column, ...]", form: Form) -> None:
    from logparse.reports import json_lines  # noqa: PLC0415 - late, see logparse.cli
    from logparse.reports.table_files import write_table  # noqa: PLC0415

    if form is Form.CSV:
        write_table(frame, columns, "-", "csv")
        return
    for row in json_lines.list_objects(frame, columns):
        typer.echo(json_lines.write_object(row))


def _print_table(frame: "pd.DataFrame", names: tuple[str, ...], columns: "tuple[Column, ...]") -> None:
    """Print some columns of a table, as wide as the terminal, with what is too long for a cell on further lines."""
    from rich import box  # noqa: PLC0415 - late, see logparse.cli
    from rich.console import Console  # noqa: PLC0415
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    kinds = {column.name: column.type for column in columns}
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False, padding=(0, 1, 0, 0))
    for name in names:
        side: Literal["left", "right"] = "left" if kinds[name] in _LEFT else "right"
        table.add_column(Text(name.replace("_", " ")), justify=side, overflow="fold")
    for row in frame[[*names]].astype(object).itertuples(index=False, name=None):
        table.add_row(*(Text(_cell(value, kinds[name])) for name, value in zip(names, row, strict=True)))
    Console(highlight=False).print(table)


_LEFT: Final = ("string", "timestamp", "bool")
#: Characters of a cell on a terminal, at most.
_WIDEST: Final = 160


def _cell(value: Any, kind: str) -> str:
    import pandas as pd  # noqa: PLC0415 - late, see logparse.cli

    from logparse.common.text import printable, shorten  # noqa: PLC0415

    if pd.isna(value):
        return ""
    if kind == "timestamp":
        return f"{value:%m-%d %H:%M}"
    if kind == "double":
        return f"{value:.2f}"
    return f"{value:,}" if kind.startswith("int") else shorten(printable(str(value)), _WIDEST)
