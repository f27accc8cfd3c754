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
  logparse sql s3://reports/weekly 'from findings' --since 2026-11-01
  logparse sql reports 'show tables'
"""


def sql(
    place: options.Place,
    query: Annotated[str, typer.Argument(metavar="QUERY", help="One SELECT, as DuckDB writes it.", show_default=False)],
    *,
    weeks: Annotated[
        list[str] | None,
        typer.Option("--week", metavar="WEEK", help="Only this ISO week; repeatable.", show_default="all weeks"),
    ] = None,
    since: Annotated[
        str | None, typer.Option(metavar="WHEN", help="Only weeks from this one on, such as 2026-W45 or 2026-11-01.")
    ] = None,
    form: tables.Format = None,
    limit: tables.Limit = None,
) -> None:
    """Answer a question in SQL about an archive: by DuckDB, which reads this archive only, and changes nothing.

    There is a view for each report (by_user, findings ...) and one for attempts. The file views.sql in the archive
    makes the same views in any DuckDB. The package duckdb is needed, which the extra sql of logparse brings.
    Of an archive in a bucket, only the tables and weeks that are asked for are fetched.
    DuckDB may take 2 GB of memory and nothing on disk, and an answer may have 512 MB.
    """
    from logparse.common.errors import OptionError  # noqa: PLC0415
    from logparse.pipeline.weekly import queries  # noqa: PLC0415 - late, see logparse.cli

    shown = limit or tables.find_limit(form)
    try:
        frame, columns = queries.ask(place, query, shown and shown + 1, weeks or (), since)
    except OptionError as error:
        raise typer.BadParameter(str(error), param_hint="--since" if error.option == "since" else "--week") from error
    tables.print_rows(frame, columns, form, limit, counted=False)
