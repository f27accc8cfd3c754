"""What ``report`` and ``attempts`` have in common: reading, with a bar and with messages on standard error.

Owns: the order of checks, reading and messages. Must not know: what is written, or where. Imported late: it is heavy.
"""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace

import typer

from logparse.cli import progress
from logparse.cli.options import checked
from logparse.common.weeks import parse_zone, week_bounds
from logparse.lines.proxies import trusting
from logparse.pipeline import job, memory
from logparse.pipeline.engines import pool as engines
from logparse.pipeline.engines import processes
from logparse.pipeline.engines.pool import Pool
from logparse.pipeline.engines.processes import Crew
from logparse.pipeline.job import Job
from logparse.pipeline.result import Result
from logparse.reports import messages as summary
from logparse.scans.pieces.comparison import Overlap
from logparse.sources.source import Source
from logparse.verdicts.exports import loader
from logparse.verdicts.exports.loader import Exports


def prepare(  # noqa: PLR0913 - the options that the commands share
    paths: Sequence[str],
    *,
    timezone: str,
    assume_timezone: str,
    log_formats: Sequence[str] | None,
    message_fields: Sequence[str] | None,
    trusted_proxies: Sequence[str] | None,
    rules: Sequence[str] | None,
    deployment: str | None,
    given: Exports,
    leads: Sequence[str] | None,
    weeks: Sequence[str] | None,
    workers: int | None,
    scheduler: str | None,
    overlap: Overlap = Overlap.AUTO,
) -> Job:
    """Check all that can be checked before reading, and say where there is nothing to read.

    Raises:
        typer.BadParameter: there is no such zone, network or week.
        LogparseError: a path, a format string or the rules cannot be used.
    """
    zone = parse_zone(checked(timezone, parse_zone, "--timezone"))
    checked(assume_timezone, parse_zone, "--assume-timezone")
    checked(trusted_proxies or (), trusting, "--trusted-proxy")
    for week in weeks or ():
        checked(week, lambda name: week_bounds(name, zone), "--week")
    asked = job.prepare(
        paths,
        job.setup(log_formats or (), rules or (), assume_timezone, trusted_proxies or (), message_fields or ()),
        zone=zone,
        weeks=weeks or None,
        deployment=deployment,
        given=given,
        leads=leads or (),
        workers=engines.cores() if workers is None else workers,
        scheduler=scheduler,
        overlap=overlap,
    )
    for message in summary.passed_over(asked.empty, asked.skipped):
        say(f"logparse: {message}")
    return asked


def exported(
    audit_logs: Sequence[str] | None,
    dag_runs: Sequence[str] | None,
    users: Sequence[str] | None,
    roles: Sequence[str] | None,
) -> Exports:
    """Read the exports that were given.

    Raises:
        InputError: a file cannot be read, or is no such export.
    """
    return loader.load(audit_logs or (), dag_runs or (), users or (), roles or ())


def without(asked: Job, leave_out: Callable[[Source], bool]) -> Job:
    """The same without files that this program has written from logs."""
    wanted = replace(asked, sources=tuple(source for source in asked.sources if not leave_out(source)))
    if asked.sources and not wanted.sources:
        say("logparse: there is nothing to read but what logparse wrote")
    return wanted


@contextmanager
def working(
    asked: Job, crew: Crew | None, *, many: bool = False
) -> Iterator[tuple[Callable[[], AbstractContextManager[Pool | None]], Callable[[int], None] | None]]:
    """What gives workers to a run, and what shows how far it has come.

    Args:
        asked: what to read and how.
        crew: workers that have been started for it.
        many: all weeks of an archive are made, which is worth workers whatever is read.
    """
    memory.thrifty()

    def begin() -> AbstractContextManager[Pool | None]:
        if many and asked.scheduler is None and crew is None:
            return processes.local(asked.workers)
        return job.working(asked, crew)

    with progress.bar(asked.sources, sys.stderr) as on_bytes:
        yield begin, on_bytes


@contextmanager
def reading(asked: Job, crew: Crew | None, *, leave_out: Callable[[Source], bool]) -> Iterator[Result]:
    """Read, showing how far it has come.

    Args:
        asked: what to read and how.
        crew: workers that have been started for it.
        leave_out: tells files that this program has written from logs.

    Yields:
        What was found.

    Raises:
        LogparseError: workers were killed, or the cluster cannot be used.
    """
    wanted = without(asked, leave_out)
    memory.thrifty()
    with job.working(wanted, crew) as pool, progress.bar(wanted.sources, sys.stderr) as on_bytes:
        result = job.run_with(wanted, pool, on_bytes)
    yield result


def finish(result: Result) -> None:
    """Say what is there twice, and what could not be read or understood.

    Raises:
        typer.Exit: with 1, if something is counted twice, or was not read or understood.
    """
    for doubt in result.doubts:
        typer.echo(f"logparse: {doubt}", err=True)
    for message in result.exported:
        typer.echo(message[0].upper() + message[1:], err=True)
    for message in summary.copies(result.entries):
        typer.echo(f"logparse: {message}", err=True)
    messages = summary.shortcomings(result.entries)
    for message in messages:
        typer.echo(f"logparse: {message}", err=True)
    if messages:
        raise typer.Exit(1)


def say(text: str) -> None:
    """Tell the user something; standard output is for data."""
    typer.echo(text, err=True)
