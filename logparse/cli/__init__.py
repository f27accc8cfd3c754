"""The command line: which commands there are, and what an error means for the exit status.

Owns: the list of commands, exit statuses, broken pipes, Ctrl-C. Must not know: what any command does.

Modules beside this one hold a command each. They import what does the work inside their function: pandas and pyarrow
take longer to load than ``--help`` may take in all.
"""

import atexit
import gc
import inspect
import logging
import os
import re
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Annotated, Any, Final, NoReturn

import typer

import logparse
from logparse.cli import archive, attempts, bugs, digest, explain, fetch, formats, html, init, report, rules, show, sql
from logparse.cli.config import FILE, read_defaults
from logparse.cli.flags import Command, Group
from logparse.cli.output import clean, discard_output, print_problem
from logparse.common.errors import LogparseError

#: What typer raises if the command line makes no sense; its class has no public name.
UsageError: Final[Any] = typer.BadParameter.__mro__[1]
SIGNALLED: Final = 128  # and the number of the signal, as shells have it
INTERRUPTED: Final = SIGNALLED + signal.SIGINT
#: So many new objects before the garbage collector looks for unused ones. Modules and rules are objects, too, and stay:
#: with Python's usual number, looking through them takes a sixth of the time of a short command. It makes fewer.
_OBJECTS: Final = 250_000
#: Seconds after which a signal that was lost is sent again.
_AGAIN: Final = 0.05


class _Commands(Group):
    """Turns what may go wrong into a message and an exit status, the same for all commands."""

    def make_context(self, info_name: Any, args: Any, parent: Any = None, **extra: Any) -> Any:
        with _clean_usage_errors():
            return super().make_context(info_name, args, parent, **extra)

    def invoke(self, ctx: Any) -> Any:
        ctx.obj = [*ctx.args]  # what is typed behind the command: it is not told any more when options are read
        try:
            with _clean_usage_errors():
                done = super().invoke(ctx)
            sys.stdout.flush()
        except LogparseError as error:
            print_problem(str(error))
            raise typer.Exit(2) from error
        except BrokenPipeError as error:
            discard_output()
            raise typer.Exit(0) from error
        except OSError as error:  # standard output on a full disk, say
            discard_output()
            print_problem(f"{error.filename or 'standard output'}: {error.strerror or error}")
            raise typer.Exit(2) from error
        except KeyboardInterrupt as error:
            raise typer.Exit(INTERRUPTED) from error
        except (typer.Exit, typer.Abort, UsageError):
            raise
        except Exception as error:
            bugs.print_traceback(error)
            print_problem(bugs.describe_bug(error))
            raise typer.Exit(bugs.BUG) from error
        return done


@contextmanager
def _clean_usage_errors() -> Iterator[None]:
    """Take secrets and control characters out of messages about options: they repeat what was typed."""
    try:
        yield
    except UsageError as error:
        error.message = clean(error.message)
        raise


def _open_closed() -> None:
    """Stand in for standard streams that the caller closed: writing to the output fails, messages go nowhere."""
    while (free := os.open(os.devnull, os.O_RDWR)) <= 2:  # noqa: PLR2004 - else a log takes the number of a stream
        pass
    os.close(free)
    if sys.stdout is None:
        os.dup2(os.open(os.devnull, os.O_RDONLY), 1)
        sys.stdout = open(1, "w", encoding="utf-8")  # noqa: SIM115 - until the process ends
    if sys.stderr is None:
        sys.stderr = open(2, "w", encoding="utf-8")  # noqa: SIM115


def _flowing(doc: str | None) -> str:
    """Paragraphs of a docstring as one line each: typer would keep its line breaks."""
    return re.sub(r"(?<!\n)\n(?!\n)", " ", inspect.cleandoc(doc or ""))


_ABOUT: Final = """\
Who tried to trigger which Airflow DAG, what became of it, and if it failed: why.

Reads logs of Airflow's webserver or API server. Distinguishes failed authentication (the caller was not recognised)
from failed authorization (the caller was not permitted).

Exit status: 0 complete; 1 written, but some input could not be read or understood, or is counted twice, or a folder
has no log in it; 2 nothing written; 3 written, and there is a finding that --fail-on names; 4 nothing written,
because of a bug in logparse.
"""
app = typer.Typer(
    cls=_Commands,
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
    rich_markup_mode="rich",
    epilog="Example: logparse report /var/log/airflow --out reports",
)
for name, command, epilog, panel, kind in (
    ("report", report.report, report.EXAMPLES, "Reading logs", Command),
    ("attempts", attempts.attempts, attempts.EXAMPLES, "Reading logs", Command),
    ("fetch", fetch.fetch, fetch.EXAMPLES, "Reading logs", Command),
    ("init", init.init, init.EXAMPLES, "Reading logs", Command),
    ("show", show.show, show.EXAMPLES, "Reading logs", Command),
    ("sql", sql.sql, sql.EXAMPLES, "Reading logs", Command),
    ("digest", digest.digest, digest.EXAMPLES, "Reading logs", Command),
    ("html", html.html, html.EXAMPLES, "Reading logs", Command),
    ("explain", explain.explain, explain.EXAMPLES, "Understanding results", explain.ExplainCommand),
):
    app.command(name, cls=kind, epilog=epilog, rich_help_panel=panel, help=_flowing(command.__doc__))(command)
for name, group, panel in (
    ("archive", archive.app, "Reading logs"),
    ("rules", rules.app, "Understanding results"),
    ("formats", formats.app, "Understanding results"),
):
    app.add_typer(group, name=name, cls=Group, rich_help_panel=panel)
    for registered in group.registered_commands:
        registered.cls = Command


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"logparse {logparse.__version__}")
        raise typer.Exit


@app.callback(help=_flowing(_ABOUT))
def _options(
    ctx: typer.Context,
    *,
    config: Annotated[
        str | None,
        typer.Option(
            "--config",
            metavar="FILE",
            help="File with options.",
            show_default=f"{FILE} in this folder or archive, if any",
        ),
    ] = None,
    profile: Annotated[
        str | None, typer.Option("--profile", metavar="NAME", help="Part of that file that counts as well.")
    ] = None,
    version: Annotated[  # noqa: ARG001 - its callback does all
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Options of the program as a whole."""
    ctx.default_map = read_defaults(ctx.command, config, profile, ctx.obj)


def _terminate(number: int, _frame: object) -> None:
    """End as after Ctrl-C, so that temporary files go; a second signal ends it at once."""
    signal.signal(number, signal.SIG_DFL)
    sys.exit(SIGNALLED + number)


def _heed(unraisable: Any) -> None:
    """Do not let a signal be lost whose exception came up where Python can only print it."""
    error = unraisable.exc_value
    if isinstance(error, KeyboardInterrupt):
        number = int(signal.SIGINT)
    elif isinstance(error, SystemExit) and isinstance(error.code, int) and error.code > SIGNALLED:
        number = error.code - SIGNALLED
        signal.signal(number, _terminate)
    else:
        sys.__unraisablehook__(unraisable)
        return
    again = threading.Timer(_AGAIN, os.kill, (os.getpid(), number))  # at once, it would be lost in here
    again.daemon = True
    again.start()


class _Warnings(logging.Handler):
    """Prints what is wrong with the workers while a command waits for them."""

    def emit(self, record: logging.LogRecord) -> None:
        print_problem(record.getMessage())


def main() -> None:
    """Run the command line of this process; does not return."""
    _open_closed()
    sys.unraisablehook = _heed
    for name in ("SIGTERM", "SIGHUP"):  # the latter is not known on Windows, and ignored by nohup
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) == signal.SIG_DFL:
            signal.signal(number, _terminate)
    logging.getLogger("logparse.pipeline.engines").addHandler(_Warnings(logging.WARNING))
    gc.set_threshold(_OBJECTS)
    try:
        app(prog_name="logparse")
    except KeyboardInterrupt:  # while modules were being imported
        _leave(INTERRUPTED)
    except SystemExit as end:
        if isinstance(end.code, int):
            with suppress(OSError, ValueError):  # Python says what is wrong with the streams
                _leave(end.code)
        raise


def _leave(status: int) -> NoReturn:
    """End the process at once: Python would wait for threads that still read.

    It would also free each object by itself, which takes a tenth of a second after a short command.
    """
    atexit._run_exitfuncs()  # noqa: SLF001 - they remove temporary folders
    if status <= SIGNALLED:
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(status)
