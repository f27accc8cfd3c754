"""What was asked for, checked before anything is read, and then run.

Owns: the step from words of a user (paths, zone names, folders) to what the pipeline takes. The commands and the Python
functions share it. Must not know: how anything is read, decided or written; options of the command line.
"""

from __future__ import annotations

import gc
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from logparse.common.weeks import parse_zone, week_bounds
from logparse.formats import loader as formats
from logparse.lines import proxies
from logparse.pipeline.engines import selection
from logparse.pipeline.options import Options
from logparse.scans.duplicates import leading
from logparse.scans.pieces.comparison import Overlap
from logparse.scans.settings import Setup, ruleset
from logparse.sources import discovery
from logparse.verdicts.exports import loader

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import tzinfo

    from logparse.pipeline.engines.pool import Pool
    from logparse.pipeline.engines.processes import Crew
    from logparse.pipeline.result import Result
    from logparse.sources.source import Source
    from logparse.verdicts.exports.loader import Exports


@dataclass(frozen=True, slots=True)
class Job:
    """A run that is ready to go.

    Attributes:
        sources: what will be read.
        options: how.
        weeks: the weeks wanted, in order; None for all there are.
        workers: how many processes may read.
        scheduler: address of that of a Dask cluster which reads; None: this machine does.
        empty: paths that name something, but no file.
        skipped: names of what was found, but is no log by its name.
    """

    sources: tuple[Source, ...]
    options: Options
    weeks: tuple[str, ...] | None
    workers: int
    scheduler: str | None = None
    empty: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()


def setup(
    log_formats: Iterable[str] = (),
    rules: Iterable[str] = (),
    zone: str = "UTC",
    trusted_proxies: Iterable[str] = (),
    message_fields: Iterable[str] = (),
) -> Setup:
    """How to read, checked: format strings compile, rules load, the zone and the networks exist.

    Raises:
        FormatError, RuleError: a format string or the rules cannot be used.
        ValueError: there is no such zone or network.
    """
    made = Setup(
        log_formats=tuple(log_formats),
        rule_folders=tuple(rules),
        zone=parse_zone(zone),
        trusted=proxies.trusting(trusted_proxies),
        message_fields=tuple(message_fields),
    )
    formats.compile_formats(made.log_formats)
    ruleset(made.rule_folders)
    return made


def prepare(  # noqa: PLR0913 - what one may ask for
    paths: Sequence[str],
    how: Setup,
    *,
    zone: tzinfo,
    weeks: Iterable[str] | None = None,
    deployment: str | None = None,
    given: Exports = loader.NONE,
    leads: Iterable[str] = (),
    workers: int = 1,
    scheduler: str | None = None,
    overlap: Overlap = Overlap.AUTO,
) -> Job:
    """Find the sources and check the weeks; nothing is read yet.

    Raises:
        InputError: a path names nothing, or no source is called as one that is said to lead.
        ValueError: a week is malformed, or its year has no such week.
    """
    wanted = None if weeks is None else tuple(sorted(set(weeks)))
    for week in wanted or ():
        week_bounds(week, zone)
    how = replace(how, users=given.people.users is not None)
    found, patterns = discovery.look(paths), tuple(leads)
    leading.check(patterns, [each.name for each in found.sources])
    options = Options(setup=how, zone=zone, deployment=deployment, exports=given, leading=patterns, overlap=overlap)
    return Job(tuple(found.sources), options, wanted, workers, scheduler, tuple(found.empty), tuple(found.skipped))


@contextmanager
def working(job: Job, crew: Crew | None = None) -> Iterator[Pool | None]:
    """The workers of a job, those that have been started if there are any; None: this process alone.

    Raises:
        LogparseError: on entering, the cluster cannot be used; on leaving, workers were killed.
    """
    with selection.opened(job.workers, job.sources, job.scheduler, crew) as pool:
        yield pool


def run(job: Job, on_bytes: Callable[[int], None] | None = None) -> Result:
    """Read and decide; the result depends on what is in the sources only, not on workers or the order of paths.

    It holds all weeks, since a week is compared with the one before.

    Raises:
        LogparseError: workers were killed, or the cluster cannot be used.
    """
    with working(job) as pool:
        return run_with(job, pool, on_bytes)


def run_with(job: Job, pool: Pool | None, on_bytes: Callable[[int], None] | None = None) -> Result:
    """As ``run``, with workers that are at hand."""
    from logparse.pipeline import run as pipeline  # noqa: PLC0415 - heavy, and loaded while workers start

    with _kept():
        return pipeline.run(job.sources, job.options, pool=pool, on_bytes=on_bytes)


@contextmanager
def _kept() -> Iterator[None]:
    """Nearly all that a run makes is needed to its end: looking for what is not takes a quarter of the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
