"""The command line: which commands there are, and what an error means for the exit status.

Owns: the list of commands, exit statuses, broken pipes, Ctrl-C. Must not know: what any command does.

Modules beside this one hold a command each. They import what does the work inside their function: pandas and pyarrow
take longer to load than ``--help`` may take in all.
"""

import os
import sys
from typing import Annotated, Any, Final

import typer
from typer.core import TyperGroup

import logparse
from logparse.cli import attempts, explain, formats, report, rules
from logparse.errors import LogparseError

INTERRUPTED: Final = 130  # 128 and the number of the signal, as shells have it


class _Commands(TyperGroup):
    """Turns what may go wrong into a message and an exit status, the same for all commands."""

    def invoke(self, ctx: Any) -> Any:
        try:
            done = super().invoke(ctx)
            sys.stdout.flush()
        except LogparseError as error:
            typer.echo(f"logparse: {error}", err=True)
            raise typer.Exit(2) from error
        except BrokenPipeError as error:
            _discard_output()
            raise typer.Exit(0) from error
        except KeyboardInterrupt as error:
            raise typer.Exit(INTERRUPTED) from error
        return done


def _discard_output() -> None:
    """Nobody reads any more; without this, Python would complain when it flushes at its end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


app = typer.Typer(
    cls=_Commands,
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
    rich_markup_mode="rich",
    epilog="Example: logparse report /var/log/airflow --out reports",
)

for name, command, epilog, panel in (
    ("report", report.report, report.EXAMPLES, "Reading logs"),
    ("attempts", attempts.attempts, attempts.EXAMPLES, "Reading logs"),
    ("explain", explain.explain, explain.EXAMPLES, "Understanding results"),
):
    app.command(name, epilog=epilog, rich_help_panel=panel)(command)
app.add_typer(rules.app, name="rules", rich_help_panel="Understanding results")
app.add_typer(formats.app, name="formats", rich_help_panel="Understanding results")


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"logparse {logparse.__version__}")
        raise typer.Exit


@app.callback()
def logparse_(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Who tried to trigger which Airflow DAG, what became of it, and if it failed: why.

    Reads logs of Airflow's webserver or API server, and tells failures of authentication (the caller was not
    recognised) from failures of authorization (not permitted).

    Exit status: 0 complete; 1 written, but some input could not be read or understood; 2 nothing written.
    """


def main() -> None:
    """Run the command line of this process; does not return."""
    try:
        app()
    except KeyboardInterrupt:  # while modules were being imported
        sys.exit(INTERRUPTED)
