"""Tables that commands print: on a terminal, or for other programs.

Owns: how a table is laid out on a terminal. Must not know: where tables come from.
"""

import sys
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from logparse.common.schema import Column

#: Rows of a table on a terminal, if nobody asks for another number.
ROWS: Final = 40
#: Characters of a cell on a terminal, at most.
_WIDEST: Final = 160
_LEFT: Final = ("string", "timestamp", "bool")


class Form(StrEnum):
    """How a table is printed."""

    TABLE = "table"
    CSV = "csv"
    JSONL = "jsonl"


Format = Annotated[
    Form | None, typer.Option("--format", help="How to print it.", show_default="a table on a terminal, else csv")
]
Limit = Annotated[
    int | None,
    typer.Option("--limit", metavar="N", min=1, help="Rows at most.", show_default=f"{ROWS} in a table, else all"),
]


def print_rows(
    frame: "pd.DataFrame",
    columns: "tuple[Column, ...]",
    form: Form | None,
    limit: int | None,
    brief: "Sequence[str] | None" = None,
    *,
    counted: bool = True,
) -> None:
    """Print rows on standard output, and on standard error how many more there are.

    Args:
        frame: the table.
        columns: its columns.
        form: how; None: as a table if standard output is a terminal, else as CSV.
        limit: rows at most; None: some in a table, else all.
        brief: columns that a table on a terminal has; None: all of them.
        counted: whether ``frame`` has all rows that there are, so that it can be said how many.
    """
    from logparse.cli.output import print_message  # noqa: PLC0415 - late, see logparse.cli
    from logparse.common.text import count  # noqa: PLC0415
    from logparse.reports import json_lines  # noqa: PLC0415
    from logparse.reports.table_files import write_table  # noqa: PLC0415

    limit = limit or find_limit(form) or len(frame)
    form = form or _usual_form()
    shown = frame.head(limit).reset_index(drop=True)
    if form is Form.TABLE:
        _print_table(shown, [*brief] if brief else [column.name for column in columns], columns)
    elif form is Form.CSV:
        write_table(shown, columns, "-", "csv")
    else:
        for row in json_lines.list_objects(shown, columns):
            typer.echo(json_lines.write_object(row))
    if len(frame) > limit:
        rest = f"{count(len(frame) - limit, 'row')} more" if counted else "more rows"
        print_message(f"... and {rest}: add --limit, or --format csv for all of them")


def find_limit(form: Form | None) -> int | None:
    """Return how many rows are printed if nobody asks for a number; None: all."""
    return ROWS if (form or _usual_form()) is Form.TABLE else None


def _usual_form() -> Form:
    return Form.TABLE if sys.stdout.isatty() else Form.CSV


def print_events(frame: "pd.DataFrame", columns: "tuple[Column, ...]", schema: str) -> None:
    """Print attempts as events in a schema, one JSON object each."""
    from logparse.reports import json_lines  # noqa: PLC0415 - late, see logparse.cli
    from logparse.reports.events import schemas  # noqa: PLC0415

    for event in schemas.list_events(frame, columns, schemas.list_schemas()[schema]):
        typer.echo(json_lines.write_object(event))


def _print_table(frame: "pd.DataFrame", names: list[str], columns: "tuple[Column, ...]") -> None:
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
    for row in frame[names].astype(object).itertuples(index=False, name=None):
        table.add_row(*(Text(_cell(value, kinds[name])) for name, value in zip(names, row, strict=True)))
    Console(highlight=False).print(table)


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
