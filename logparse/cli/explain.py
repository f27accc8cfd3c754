"""The command ``explain``: how a line was read and judged, or where that stopped.

Owns: what ``FILE:LINE`` means. Must not know: how a line is explained.
"""

import os
import re
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from logparse.cli import options
from logparse.cli.flags import Command

EXAMPLES: Final = """\
Examples:
  logparse explain webserver.log:4711
  logparse explain s3://bucket/webserver.log.gz:4711
  grep dagRuns webserver.log | logparse explain
  zcat webserver.log.gz | logparse explain -:4711
  logparse explain logs/access.log:4711 --with logs/
  logparse explain logs/access.log:4711 --archive reports/
"""
_PIPED_LINE: Final = re.compile(r"-:[0-9]+")
#: A line that was pasted in place of a file.
_LINE: Final = re.compile(r"""[^"\[{]*["\[{].* |.{200}""", re.DOTALL)


class ExplainCommand(Command):
    """Takes ``-:470``, a line of standard input, for what it is: it looks like an option."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Move such a place to the end, where it cannot be taken for an option."""
        place = next((text for text in args if _PIPED_LINE.fullmatch(text)), None)
        if place is not None and "--" not in args:
            args = [*(text for text in args if text != place), "--", place]
        return super().parse_args(ctx, args)


@options.with_options(
    "log_formats", "app_formats", "formats", "assume_timezone", "message_fields", "fields", "trusted_proxies",
    "audit_logs", "dag_runs", "users", "roles", "rules",
)  # fmt: skip
def explain(
    where: Annotated[
        str,
        typer.Argument(
            metavar="[FILE[:LINE]]", help="A line of a file, a small file, or - for standard input.", show_default=False
        ),
    ] = "-",
    others: Annotated[
        list[str] | None,
        typer.Option(
            "--with",
            metavar="PATH",
            help="Log, folder or pattern that the report read as well: its lines count as evidence too; repeatable.",
            show_default=False,
        ),
    ] = None,
    archive: Annotated[
        str | None,
        typer.Option(
            "--archive",
            metavar="DIR",
            help="Archive that holds the report: the logs of the same Airflow that it was made of are read as well, as "
            "far as they are still there, and its exports count.",
            show_default=False,
        ),
    ] = None,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Tell all facts and near misses, too.")] = False,
    **asked: Any,
) -> None:
    """Explain how a line is read and judged: its format, the rule, the evidence and the outcome, or why it has none."""
    from logparse.common.errors import InputError  # noqa: PLC0415 - late, see logparse.cli
    from logparse.common.text import encodable  # noqa: PLC0415
    from logparse.inspection.explain.explanation import explain as explanation  # noqa: PLC0415

    given = options.check_options(asked)
    if _LINE.match(where) and not os.path.exists(where):  # noqa: PTH110 - a line can be too long for a name
        raise InputError(f"{where[:40]}...", "this is a line, not a file", "pipe it in: ... | logparse explain")
    file, line = split_place(where)
    exports, paths = given.exports, others or []
    if archive is not None:
        from logparse.inspection.explain.whole_run import run_of  # noqa: PLC0415

        sources, stored = run_of(archive, file)
        paths, exports = [*paths, *sources], exports if exports.given else stored
    typer.echo(
        encodable(explanation(None if file == "-" else file, line, given.setup, None, exports, paths, verbose=verbose))
    )


def split_place(text: str) -> tuple[str, int | None]:
    """File and line that ``FILE:LINE`` names; a file of that very name wins. The query of a URL stands behind both."""
    from logparse.sources.object_stores.urls import split_query  # noqa: PLC0415 - late, see logparse.cli

    bare, query = split_query(text) if "://" in text else (text, "")
    file, _, line = bare.rpartition(":")
    if query and line.isascii() and line.isdigit():
        return f"{file}?{query}", int(line)
    if not query and file and line.isascii() and line.isdigit() and not Path(text).exists():
        return file, int(line)
    return text, None
