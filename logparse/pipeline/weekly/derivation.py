"""One week from the lines that an archive holds: its attempts, its findings, and what was read of it.

Owns: making the tables of a week from its lines, deployment by deployment. Must not know: which weeks are to be made,
how reports are built, where files go. The result depends on the lines, the exports and the rules alone.
"""

from __future__ import annotations

import glob
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import pandas as pd

from logparse.archive import old_folders, stored_exports
from logparse.archive.index import NONE
from logparse.common.schema import ATTEMPTS, Outcome
from logparse.pipeline import memory, run
from logparse.pipeline.options import Options
from logparse.pipeline.weekly.week_lines import read_week, restore_scan
from logparse.reports import findings
from logparse.reports.coverage import build_coverage, join_coverage
from logparse.reports.report import DEPLOYMENT
from logparse.reports.table_files import encode_table
from logparse.reports.tally import Tally
from logparse.scans.pieces.comparison import Overlap
from logparse.scans.request_store import RequestStore
from logparse.scans.scan import Scan
from logparse.scans.settings import Setup, ruleset
from logparse.scans.taggers import tagger_for
from logparse.sources.source import Source
from logparse.verdicts.frame import empty_frame, with_plain_texts

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from logparse.archive.index import Entry
    from logparse.pipeline.result import Result
    from logparse.pipeline.weekly.week_task import WeekTask
    from logparse.scans.coverage import Coverage
    from logparse.scans.pieces.merging import Doubt

#: Columns of the data set; the week is in the names of its folders only.
DATA_SET_COLUMNS: Final = tuple(column for column in ATTEMPTS if column.name != "week")
#: Columns of findings that later weeks ask for.
FINDING_COLUMNS: Final = (DEPLOYMENT, *findings.STORED)


@dataclass(slots=True)
class MadeWeek:
    """A week that was made from its lines.

    Attributes:
        name: name of the week.
        coverage: columns as in the report ``coverage``, and ``deployment``.
        findings: columns as in ``findings.STORED``, and ``deployment``; without what other weeks show.
        stored_findings: object that holds these findings.
        part: object that holds the attempts; empty if there are none.
        attempts: number of attempts.
        counts: by id of the source, the number of attempts in it.
        undecided: likewise, the number of those that no rule decided.
        outcomes: number of attempts by outcome.
        causes: number of attempts by finding; empty until other weeks are looked at.
        tally: counts for the summary.
        problems: by name of the source, what is counted twice.
        doubts: pairs of sources of which a rule had to decide whether they are pieces of one log.
        exported: for each export, a message on what it was good for; and one if times of attempts are not sure.
        labels: deployments that the reports hold.
        reports: by name of the report, the object that holds it; empty until the reports are built.
    """

    name: str
    coverage: pd.DataFrame
    findings: pd.DataFrame
    stored_findings: str = ""
    part: str = ""
    attempts: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    undecided: dict[str, int] = field(default_factory=dict)
    outcomes: dict[str, int] = field(default_factory=dict)
    causes: dict[str, int] = field(default_factory=dict)
    tally: Tally = field(default_factory=Tally)
    problems: dict[str, str] = field(default_factory=dict)
    doubts: list[Doubt] = field(default_factory=list)
    exported: list[str] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    reports: dict[str, str] = field(default_factory=dict)


def derive_week(task: WeekTask) -> tuple[MadeWeek, pd.DataFrame]:
    """Make a week, without its reports, and store its attempts.

    Returns:
        The week, and its attempts, columns as in ``schema.ATTEMPTS``.

    Raises:
        OutputError: what the archive holds of it cannot be read, or what is made not be written.
        RuleError: rules cannot be used.
    """
    memory.give_back()
    week = None if task.name == NONE else task.name
    made = MadeWeek(
        task.name, build_coverage((), "").assign(deployment=""), findings.no_findings().assign(deployment="")
    )
    parts = [_derive_deployment(task, label, made) for label in sorted({entry.deployment for entry in task.entries})]
    if parts:
        made.findings = pd.concat([part.findings for part in parts], ignore_index=True)
        made.coverage = pd.concat([part.coverage for part in parts], ignore_index=True)
    frames = [part.attempts for part in parts]
    del parts
    attempts = _join_attempts(frames)
    del frames
    if task.old:
        attempts = old_folders.add_old_attempts(attempts, task.storage, task.old, task.name)
    made.tally.add(week, attempts)
    made.stored_findings = task.storage.put(encode_table(made.findings, FINDING_COLUMNS, "parquet"))
    made.counts = dict(sorted(made.counts.items()))
    made.attempts = len(attempts)
    made.part = task.storage.put(encode_table(attempts, DATA_SET_COLUMNS, "parquet")) if len(attempts) else ""
    outcomes = attempts["outcome"].value_counts()
    made.outcomes = {str(outcome): int(outcomes.get(str(outcome), 0)) for outcome in Outcome}
    return made, attempts


class _Part(NamedTuple):
    """The tables of one deployment in a week."""

    attempts: pd.DataFrame
    findings: pd.DataFrame
    coverage: pd.DataFrame


def _derive_deployment(task: WeekTask, label: str, made: MadeWeek) -> _Part:
    """Make the week of one deployment; its counts and messages go into ``made``."""
    week = None if task.name == NONE else task.name
    entries, result = _judge_deployment(task, label)
    attempts = result.decided.of(week)
    of_source = attempts.numbers("number")
    numbers = np.bincount(of_source, minlength=len(entries)).tolist()
    undecided = np.bincount(of_source[attempts.undecided()], minlength=len(entries)).tolist()
    made.counts |= {entry.id: number for entry, number in zip(entries, numbers, strict=True) if number}
    made.undecided |= {entry.id: number for entry, number in zip(entries, undecided, strict=True) if number}
    sources = _cover_week(task, entries, result, numbers, undecided)
    made.problems |= {
        coverage.source: coverage.problem
        for coverage, entry in zip(result.entries, entries, strict=True)
        if coverage.problem != entry.told["problem"]
    }
    made.doubts += result.doubts
    made.exported += [f"{label}: {message}" if label else message for message in result.exported]
    tables = result.tabulate(week, attempts)
    return _Part(
        tables.attempts,
        tables.findings.assign(deployment=label),
        build_coverage(sources, "").assign(deployment=label, zone=_zones(sources, entries)),
    )


def _judge_deployment(task: WeekTask, label: str) -> tuple[list[Entry], Result]:
    """Return the sources of one deployment, and what became of the attempts in them; positions are their numbers."""
    rules = ruleset(task.rule_folders)
    entries = sorted(
        (entry for entry in task.entries if entry.deployment == label),
        key=lambda entry: (entry.name, entry.span or (0, 0), entry.id),
    )
    given = stored_exports.load_exports(task.storage, [export for export in task.exports if export.deployment == label])
    given = stored_exports.add_people(task.storage, given, task.people.get(label, ""))
    options = Options(
        setup=Setup(rule_folders=task.rule_folders),
        zone=task.zone,
        deployment=label or None,
        exports=given,
        leading=tuple(glob.escape(entry.name) for entry in entries if entry.leads),
        overlap=Overlap(task.overlap),
        privacy=task.privacy,
    )
    tagger = tagger_for(options.setup)
    pages = RequestStore(task.zone)
    taker = run.store_for_columns(options, pages)
    found = Scan(coverage={number: entry.coverage for number, entry in enumerate(entries)})
    for of_rows, rows in read_week(task, entries):
        found += _take(restore_scan(of_rows, rows, tagger), taker)  # nobody else keeps the scan
    numbers = {entry.id: number for number, entry in enumerate(entries)}
    continued = {numbers[entry.before]: number for number, entry in enumerate(entries) if entry.before in numbers}
    sources = [Source(entry.name, None, None, lies_in=entry.folder) for entry in entries]
    return entries, run.decide_sources(found, pages, sources, options, rules, continued)


def _take(scan: Scan, taker: RequestStore | None) -> Scan:
    return scan if taker is None else taker.take(scan)


def _cover_week(
    task: WeekTask, entries: Sequence[Entry], result: Result, numbers: Sequence[int], undecided: Sequence[int]
) -> list[Coverage]:
    """Return the coverage of sources that reach into a week, with the numbers of their attempts in it."""
    sources: dict[tuple[str, str], Coverage] = {}
    for entry, coverage, number, left in zip(entries, result.entries, numbers, undecided, strict=True):
        reaches = task.bounds is not None and entry.reaches(*task.bounds)
        if not reaches and not number:
            continue
        part = replace(coverage, attempts=number, timeless=number if task.bounds is None else 0, undecided=left)
        key = (entry.name, entry.zone)  # lines that a source got later are in an entry of their own
        if key not in sources:
            sources[key] = part
        elif reaches:
            sources[key] = join_coverage(sources[key], part)
        else:  # lines of this week that were read again with those of a later one
            more = {
                "attempts": number, "timeless": part.timeless, "undecided": left, "repeated": part.repeated,
            }  # fmt: skip
            sources[key] = replace(
                sources[key], **{name: getattr(sources[key], name) + value for name, value in more.items()}
            )
    return [*sources.values()]


def _zones(sources: Sequence[Coverage], entries: Sequence[Entry]) -> list[str]:
    zones = {entry.name: entry.zone for entry in entries}
    return [zones[coverage.source] if coverage.unzoned else "" for coverage in sources]


def _join_attempts(frames: Iterable[pd.DataFrame]) -> pd.DataFrame:
    filled = [frame for frame in frames if len(frame)]
    if len(filled) == 1:
        return filled[0]
    if not filled:
        return empty_frame()
    whole = pd.concat([with_plain_texts(frame) for frame in filled], ignore_index=True)
    texts = [column.name for column in ATTEMPTS if column.type == "string"]
    return whole.astype(dict.fromkeys(texts, "category"))
