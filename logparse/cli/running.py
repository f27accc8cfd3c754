"""What ``report`` and ``attempts`` have in common: reading, with a bar and with messages on standard error.

Owns: the order of checks, reading and messages. Must not know: what is written, or where. Imported late: it is heavy.
"""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import typer

from logparse.cli import options, progress
from logparse.cli.output import print_message, print_problem
from logparse.pipeline import job, memory
from logparse.pipeline.job import Job
from logparse.pipeline.result import Result
from logparse.reports import expectations
from logparse.reports import messages as summary
from logparse.sources.source import Source


def prepare(paths: Sequence[str], asked: Mapping[str, Any]) -> Job:
    """Check all that can be checked before reading, and say where there is nothing to read.

    Args:
        paths: what is to be read.
        asked: options of the command, by the names in ``options.RUN_OPTIONS``.

    Raises:
        typer.BadParameter: an option has a value that it cannot have.
        LogparseError: a path, a format string, the rules or an export cannot be used.
    """
    prepared = job.prepare(paths, options.check_options(asked))
    for message in summary.list_skipped(prepared.skipped):
        print_problem(message)
    return prepared


def leave_out_own(asked: Job, leave_out: Callable[[Source], bool]) -> Job:
    """Return a job without the files that logparse has written."""
    wanted = replace(asked, sources=tuple(source for source in asked.sources if not leave_out(source)))
    if asked.sources and not wanted.sources:
        unfilled = (*asked.unfilled, "there is nothing to read except files that logparse wrote")
        return replace(wanted, unfilled=unfilled)
    return wanted


@contextmanager
def show_progress(asked: Job) -> Iterator[Callable[[int], None] | None]:
    """Provide what shows how much of the logs has been read, of a process that is logparse's own."""
    memory.choose_allocator()
    with progress.bar(asked.sources, sys.stderr) as on_bytes:
        yield on_bytes


def finish_attempts(asked: Job, result: Result) -> None:
    """Print what is counted twice, where there was no log, and what could not be read or understood.

    Raises:
        typer.Exit: with 1, if there was no log somewhere, or something was not read or understood.
    """
    for doubt in result.doubts:
        print_problem(doubt)
    for message in result.exported:
        print_message(message[0].upper() + message[1:])
    entries = result.entries
    for message in (
        *summary.list_empty(entries, asked.sources),
        *expectations.list_without_requests(entries),
        *expectations.list_unmatched(entries, asked.options.setup),
        *summary.list_copies(entries),
    ):
        print_problem(message)
    messages = [*asked.unfilled, *summary.list_shortcomings(entries)]
    for message in messages:
        print_problem(message)
    if messages:
        raise typer.Exit(1)
