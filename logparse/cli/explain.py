"""The command ``explain``: how a line was read and judged, or where that stopped."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated, Final

import typer

from logparse.cli import options

EXAMPLES: Final = """\
Examples:
  logparse explain webserver.log:4711
  logparse explain s3://bucket/webserver.log.gz:4711
  grep dagRuns webserver.log | logparse explain
"""


def explain(  # noqa: PLR0913 - its options
    where: Annotated[
        str,
        typer.Argument(
            metavar="[FILE[:LINE]]", help="A line of a file, a small file, or - for standard input.", show_default=False
        ),
    ] = "-",
    *,
    log_format: options.LogFormats = None,
    assume_timezone: options.AssumeTimezone = "UTC",
    message_field: options.MessageFields = None,
    trusted_proxy: options.TrustedProxies = None,
    audit_log: options.AuditLogs = None,
    dag_runs: options.DagRuns = None,
    users: options.Users = None,
    roles: options.Roles = None,
    rules: options.Rules = None,
) -> None:
    """Explain a line: its format, the rule, the evidence and the outcome, or where it stopped and the nearest miss."""
    from logparse.common.text import encodable  # noqa: PLC0415
    from logparse.common.weeks import parse_zone  # noqa: PLC0415
    from logparse.inspection.explain.explanation import explain as explanation  # noqa: PLC0415
    from logparse.lines.proxies import trusting  # noqa: PLC0415
    from logparse.pipeline import job  # noqa: PLC0415 - late, see logparse.cli
    from logparse.verdicts.exports import loader  # noqa: PLC0415 - late, see logparse.cli

    options.checked(assume_timezone, parse_zone, "--assume-timezone")
    options.checked(trusted_proxy or (), trusting, "--trusted-proxy")
    how = job.setup(log_format or (), rules or (), assume_timezone, trusted_proxy or (), message_field or ())
    file, line = place(where)
    given = loader.load(audit_log or (), dag_runs or (), users or (), roles or ())
    how = replace(how, users=given.people.users is not None)
    typer.echo(encodable(explanation(None if file == "-" else file, line, how, given=given)))


def place(text: str) -> tuple[str, int | None]:
    """File and line that ``FILE:LINE`` names; a file of that very name wins. The query of a URL stands behind both."""
    from logparse.sources.object_stores.urls import split_query  # noqa: PLC0415 - late, see logparse.cli

    bare, query = split_query(text) if "://" in text else (text, "")
    file, _, line = bare.rpartition(":")
    if query and line.isascii() and line.isdigit():
        return f"{file}?{query}", int(line)
    if not query and file and line.isascii() and line.isdigit() and not Path(text).exists():
        return file, int(line)
    return text, None
