"""The command ``show``: a report of an archive, or its attempts.

Owns: the arguments of this command. Must not know: where tables come from, how they are printed.
"""

from typing import Annotated, Final

import typer

from logparse.cli import options, tables

EXAMPLES: Final = """\
Examples:
  logparse show reports
  logparse show reports user_dag --week 2026-W47 --user sally
  logparse show reports attempts --since 2026-11-01 --outcome authorization_failure --format csv > denied.csv
"""

Name = Annotated[
    str | None,
    typer.Argument(
        metavar="REPORT",
        help="findings, by_user, by_dag, by_time, by_reason, user_dag, coverage, or attempts.",
        show_default="findings",
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
Schema = Annotated[
    str | None,
    typer.Option(
        "--schema",
        metavar="NAME",
        help="Write attempts as events in the schema of another tool, one JSON object each: ecs (Elastic Common "
        "Schema), ocsf (Open Cybersecurity Schema Framework) or otel (OpenTelemetry).",
    ),
]


def show(  # noqa: PLR0913 - its options
    place: options.Place,
    name: Name = None,
    *,
    weeks: Weeks = None,
    since: Since = None,
    user: User = None,
    dag: Dag = None,
    outcome: OutcomeName = None,
    form: tables.Format = None,
    schema: Schema = None,
    limit: tables.Limit = None,
) -> None:
    """Show a report of an archive, or its attempts.

    On a terminal it is a table with the columns that matter most. Otherwise it is CSV with all columns, or one JSON
    object for each row. Findings are about a user or a DAG if they explain such an attempt.
    """
    from logparse.cli.output import print_message  # noqa: PLC0415 - late, see logparse.cli
    from logparse.common.errors import OptionError  # noqa: PLC0415
    from logparse.common.schema import ATTEMPTS, Outcome  # noqa: PLC0415
    from logparse.common.weeks import parse_start  # noqa: PLC0415
    from logparse.pipeline.weekly import tables as held  # noqa: PLC0415
    from logparse.reports import catalog, selection  # noqa: PLC0415
    from logparse.reports.events.schemas import list_schemas  # noqa: PLC0415

    name = name or (held.ALL if schema else "findings")
    for word, known, hint in (
        (name, [held.ALL] if schema else [*catalog.REPORTS, held.ALL], "REPORT"),
        (schema, [None, *list_schemas()], "--schema"),
        (outcome, [None, *Outcome], "--outcome"),
    ):
        if word not in known:
            raise typer.BadParameter(f"{word!r} is none of {', '.join(filter(None, known))}", param_hint=hint)
    archive = held.open_archive(place)
    try:
        chosen = archive.choose_weeks(weeks or (), since)
    except OptionError as error:
        raise typer.BadParameter(str(error), param_hint="--since" if error.option == "since" else "--week") from error
    frame, columns = archive.read(name, chosen)
    if since is not None and columns is ATTEMPTS:
        frame = frame[frame["time"].astype("int64") >= parse_start(since, archive.zone)]
    asked = {"user": user, "dag": dag, "outcome": outcome}
    frame = selection.select_rows(frame, columns, asked, lambda: archive.read(held.ALL, chosen)[0])
    if schema is not None:
        tables.print_events(frame.head(limit or len(frame)), columns, schema)
        return
    brief = catalog.REPORTS[name].brief if name in catalog.REPORTS else held.BRIEF
    tables.print_rows(frame, columns, form, limit, ("week", *brief) if len(chosen) > 1 else brief)
    if not len(frame):
        print_message(f"No row of {name} in {', '.join(chosen)}")
