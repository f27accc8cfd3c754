"""What ``report`` and ``attempts`` have in common: reading, with a bar and with messages on standard error.

Owns: the order of checks, reading and messages. Must not know: what is written, or where. Imported late: it is heavy.
"""

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from typing import Any

import typer

from logparse.cli import options, progress
from logparse.cli.output import print_message, print_problem
from logparse.pipeline import job, memory
from logparse.pipeline.engines import processes
from logparse.pipeline.engines.pool import Pool
from logparse.pipeline.engines.processes import Crew
from logparse.pipeline.job import Job
from logparse.pipeline.result import Result
from logparse.reports import expectations
from logparse.reports import messages as summary
from logparse.sources.discovery import Discovery
from logparse.sources.source import Source


def prepare(paths: Sequence[str], asked: Mapping[str, Any], found: Discovery | None) -> Job:
    """Check all that can be checked before reading, and say where there is nothing to read.

    Args:
        paths: what is to be read.
        asked: options of the command, by the names in ``options.RUN_OPTIONS``.
        found: what the paths stand for, if somebody has looked already.

    Raises:
        typer.BadParameter: an option has a value that it cannot have.
        LogparseError: a path, a format string, the rules or an export cannot be used.
    """
    prepared = job.prepare(paths, options.check_options(asked), found)
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
def show_progress(
    asked: Job, crew: Crew | None, *, many: bool = False
) -> Iterator[tuple[Callable[[], AbstractContextManager[Pool | None]], Callable[[int], None] | None]]:
    """Provide what opens the workers of a run, and what shows how far it has come.

    Args:
        asked: what to read and how.
        crew: workers that have been started for it.
        many: all weeks of an archive are made, which is worth workers even if little is read.
    """
    memory.choose_allocator()

    def begin() -> AbstractContextManager[Pool | None]:
        if many and asked.options.scheduler is None and crew is None:
            return processes.open_local_pool(asked.options.workers)
        return job.open_workers(asked, crew)

    with progress.bar(asked.sources, sys.stderr) as on_bytes:
        yield begin, on_bytes


@contextmanager
def read_logs(asked: Job, crew: Crew | None) -> Iterator[Result]:
    """Read logs, and show how far it has come.

    Args:
        asked: what to read and how.
        crew: workers that have been started for it.

    Yields:
        What was found.

    Raises:
        LogparseError: workers were killed, or the cluster cannot be used.
    """
    memory.choose_allocator()
    with job.open_workers(asked, crew) as pool, progress.bar(asked.sources, sys.stderr) as on_bytes:
        result = job.run_with_workers(asked, pool, on_bytes)
    yield result


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
        *expectations.list_unmatched(entries, asked.options.setup),
        *summary.list_copies(entries),
    ):
        print_problem(message)
    messages = [*asked.unfilled, *summary.list_shortcomings(entries)]
    for message in messages:
        print_problem(message)
    if messages:
        raise typer.Exit(1)
