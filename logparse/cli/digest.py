"""The command ``digest``: a week of an archive as Markdown.

Owns: the arguments of this command. Must not know: what a digest says.
"""

from typing import Final

import typer

from logparse.cli import options

EXAMPLES: Final = """\
Examples:
  logparse digest reports
  logparse digest reports --week 2026-W47 | mail -s 'DAG triggers' airflow-admins@example.com
"""


def digest(
    place: options.Place,
    *,
    week: options.Week = None,
) -> None:
    """Print a week of an archive as Markdown, for mail and chat: what to act on, the worst first.

    Texts of logs are shown as they are; none is taken for a link, a mention or HTML.
    """
    from logparse.common.errors import OptionError  # noqa: PLC0415 - late, see logparse.cli
    from logparse.pipeline.weekly import pages  # noqa: PLC0415
    from logparse.reports.page.digest import write_digest  # noqa: PLC0415

    try:
        typer.echo(pages.make_page(place, week, write_digest)[1], nl=False)
    except OptionError as error:
        raise typer.BadParameter(str(error), param_hint="--week") from error
