"""The command ``sql``: questions in SQL about an archive.

Owns: the arguments of this command. Must not know: how they are answered.
"""

from typing import Annotated, Final

import typer

from logparse.cli import options, tables

EXAMPLES: Final = """\
Examples:
  logparse sql reports 'select week, outcome, count(*) from attempts group by all order by all'
  logparse sql reports 'from by_user where failure_rate > 0.5' --format jsonl
  logparse sql reports 'show tables'
"""


def sql(
    place: options.Place,
    query: Annotated[str, typer.Argument(metavar="QUERY", help="One SELECT, as DuckDB writes it.", show_default=False)],
    *,
    form: tables.Format = None,
    limit: tables.Limit = None,
) -> None:
    """Answer a question in SQL about an archive: by DuckDB, which reads this archive only, and changes nothing.

    There is a view for each report (by_user, findings ...) and one for attempts. The file views.sql in the archive
    makes the same views in any DuckDB. The package duckdb is needed, which the extra sql of logparse brings.
    DuckDB may take 2 GB of memory and nothing on disk, and an answer may have 512 MB.
    """
    from logparse.pipeline.weekly import queries  # noqa: PLC0415 - late, see logparse.cli

    shown = limit or tables.find_limit(form)
    frame, columns = queries.ask(place, query, shown and shown + 1)
    tables.print_rows(frame, columns, form, limit, counted=False)
