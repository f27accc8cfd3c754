"""One week from the lines that an archive holds: its attempts, its findings, and what was read of it.

Owns: which lines concern a week, and making its tables of them. Must not know: which weeks are to be made, how reports
are built, where files go. What comes out depends on the lines, the exports and the rules alone.
"""

from __future__ import annotations

import glob
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa

from logparse.archive import line_restoring, old_folders, stored_exports, stored_lines
from logparse.archive.days import read_rows
from logparse.archive.index import NONE
from logparse.common.schema import ATTEMPTS, Outcome
from logparse.pipeline import memory, run
from logparse.pipeline.options import Options
from logparse.reports import findings
from logparse.reports.coverage import build_coverage, join_coverage
from logparse.reports.table_files import encoded
from logparse.reports.tally import Tally
from logparse.scans.pieces.comparison import Overlap
from logparse.scans.request_store import Pages
from logparse.scans.scan import Coverage, Evidence, Request, Scan
from logparse.scans.scanner import tagged
from logparse.scans.settings import Setup, ruleset
from logparse.scans.tagging import Tagger
from logparse.sources.source import Source
from logparse.verdicts import frame as table
from logparse.verdicts import row_builder

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import tzinfo

    from logparse.archive.index import Entry, Given
    from logparse.archive.storage.interface import Storage
    from logparse.pipeline.result import Result
    from logparse.scans.pieces.merging import Doubt

#: Evidence lies this near to what it tells of (microseconds): pages, logins and settings of the day before and after.
AROUND: Final = 86_400_000_000
#: Columns of the data set; the week is in the names of its folders only.
OF_DATA_SET: Final = tuple(column for column in ATTEMPTS if column.name != "week")


@dataclass(slots=True)
class Task:
    """What has to be known to make a week.

    Attributes:
        name: of the week; ``unknown``: the attempts without a known time.
        bounds: from when to before when it goes, microseconds UTC; None for ``unknown``.
        storage: where the archive is.
        objects: those that hold lines of the week and of the time around it.
        timeless: those that hold lines without a time.
        entries: sources of which any of these is.
        exports: of the database, those that reach into that time.
        people: by deployment, the object that holds users and roles.
        old: object of attempts that an earlier version wrote; empty: none.
        rule_folders: of the user's own.
        zone: in which weeks begin.
        overlap: what becomes of equal lines in two sources.
    """

    name: str
    bounds: tuple[int, int] | None
    storage: Storage
    objects: list[str]
    timeless: list[str]
    entries: list[Entry]
    exports: list[Given]
    people: dict[str, str]
    old: str
    rule_folders: tuple[str, ...]
    zone: tzinfo
    overlap: str


@dataclass(slots=True)
class Derived:
    """A week as the lines of it make it.

    Attributes:
        name: of the week.
        coverage: one row a source, with the column ``deployment``.
        findings: one row a cause, likewise.
        part: object that holds its attempts; empty if there are none.
        attempts: how many there are.
        counts: by id of the source, how many attempts it holds.
        outcomes: attempts by outcome.
        causes: attempts by finding.
        tally: counts for the summary.
        problems: by name of the source, what is counted twice.
        doubts: what a rule decided that could be otherwise.
        exported: what each export came to.
        labels: deployments that its reports tell of.
        reports: objects by name of the report; empty until they are built.
    """

    name: str
    coverage: pd.DataFrame
    findings: pd.DataFrame
    part: str = ""
    attempts: int = 0
    counts: dict[str, int] = field(default_factory=dict)
    outcomes: dict[str, int] = field(default_factory=dict)
    causes: dict[str, int] = field(default_factory=dict)
    tally: Tally = field(default_factory=Tally)
    problems: dict[str, str] = field(default_factory=dict)
    doubts: list[Doubt] = field(default_factory=list)
    exported: list[str] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    reports: dict[str, str] = field(default_factory=dict)


def derive(task: Task) -> tuple[Derived, pd.DataFrame]:
    """Make a week; what there is to tell of it, and its attempts, columns as in ``schema.ATTEMPTS``.

    Raises:
        OutputError: what the archive holds of it cannot be read, or what is made not be written.
        RuleError: rules cannot be used.
    """
    memory.give_back()
    week = None if task.name == NONE else task.name
    made = Derived(task.name, build_coverage((), "").assign(deployment=""), findings.none().assign(deployment=""))
    parts = [_of_deployment(task, label, made) for label in sorted({entry.deployment for entry in task.entries})]
    if parts:
        made.findings = pd.concat([part.findings for part in parts], ignore_index=True)
        made.coverage = pd.concat([part.coverage for part in parts], ignore_index=True)
    frames = [part.attempts for part in parts]
    del parts
    attempts = _together(frames)
    del frames
    if task.old:
        attempts = old_folders.add_old_attempts(attempts, task.storage, task.old, task.name)
    made.tally.add(week, attempts, made.findings)
    made.counts = dict(sorted(made.counts.items()))
    made.attempts = len(attempts)
    made.part = task.storage.put(encoded(attempts, OF_DATA_SET, "parquet")) if len(attempts) else ""
    outcomes = attempts["outcome"].value_counts()
    causes = made.findings.groupby("finding")["attempts"].sum()
    made.causes = {str(name): int(number) for name, number in causes.items()}
    made.outcomes = {str(each): int(outcomes.get(str(each), 0)) for each in Outcome}
    return made, attempts


class _Part(NamedTuple):
    """What one deployment has in a week."""

    attempts: pd.DataFrame
    findings: pd.DataFrame
    coverage: pd.DataFrame


def _of_deployment(task: Task, label: str, made: Derived) -> _Part:
    """Make the week of one deployment; its counts and messages go into ``made``."""
    week = None if task.name == NONE else task.name
    entries, result = _concluded(task, label)
    numbers = np.bincount(result.decided.of(week).numbers("number"), minlength=len(entries)).tolist()
    made.counts |= {entry.id: number for entry, number in zip(entries, numbers, strict=True) if number}
    told = _told(task, entries, result, numbers)
    made.problems |= {
        each.source: each.problem
        for each, entry in zip(result.entries, entries, strict=True)
        if each.problem != entry.told["problem"]
    }
    made.doubts += result.doubts
    made.exported += [f"{label}: {each}" if label else each for each in result.exported]
    found = result.week(week)
    return _Part(
        found.attempts,
        found.findings.assign(deployment=label),
        build_coverage(told, "").assign(deployment=label, zone=_zones(told, entries)),
    )


def _concluded(task: Task, label: str) -> tuple[list[Entry], Result]:
    """What became of the attempts of one deployment; its sources by number."""
    rules = ruleset(task.rule_folders)
    entries = sorted(
        (entry for entry in task.entries if entry.deployment == label),
        key=lambda entry: (entry.name, entry.span or (0, 0), entry.id),
    )
    given = stored_exports.load_exports(task.storage, [each for each in task.exports if each.deployment == label])
    given = stored_exports.add_people(task.storage, given, task.people.get(label, ""))
    options = Options(
        setup=Setup(rule_folders=task.rule_folders, users=given.people.users is not None),
        zone=task.zone,
        deployment=label or None,
        exports=given,
        leading=tuple(glob.escape(entry.name) for entry in entries if entry.leads),
        overlap=Overlap(task.overlap),
    )
    tagger = Tagger(rules if options.setup.users else rules.without_needs())
    pages = Pages(task.zone)
    taker = run.taking(options, pages)
    found = Scan(coverage={number: entry.coverage for number, entry in enumerate(entries)})
    for number, rows in _lines(task, entries):
        scan = _scan(number, rows, tagger)
        found += scan if taker is None else taker.take(scan)
    numbers = {entry.id: number for number, entry in enumerate(entries)}
    continued = {numbers[entry.before]: number for number, entry in enumerate(entries) if entry.before in numbers}
    sources = [Source(entry.name, None, None, lies_in=entry.folder) for entry in entries]
    return entries, run.joined(found, pages, sources, options, rules, continued)


def _lines(task: Task, entries: Sequence[Entry]) -> Iterator[tuple[int, pa.Table]]:
    """Lines of the week and of the time around it, by number of the source; bit by bit.

    Sources that have any are given with their lines without a time, too; where those are asked for, with all others.
    """
    numbers = {entry.key.encode(): number for number, entry in enumerate(entries)}
    since = np.array([entry.since for entry in entries], np.int64)
    until = np.array([np.iinfo(np.int64).max if each.until is None else each.until for each in entries], np.int64)
    wanted, beside = (task.timeless, task.objects) if task.bounds is None else (task.objects, task.timeless)
    there: set[int] = set()
    for name in (*wanted, *beside):
        for rows in read_rows(task.storage, name):
            column = rows["source"].combine_chunks()
            known = np.array([numbers.get(word, -1) for word in column.dictionary.to_pylist()], np.int64)
            number, line = known[column.indices.to_numpy()], rows["line"].to_numpy()
            counted = (number >= 0) & (line > since[number]) & (line <= until[number])
            if task.bounds is not None and not rows["time"].null_count:
                time = rows["time"].to_numpy()
                counted &= (time >= task.bounds[0] - AROUND) & (time < task.bounds[1] + AROUND)
            for each in np.unique(number[counted]).tolist():
                if name in wanted:
                    there.add(each)
                elif each not in there:
                    continue
                mine = counted & (number == each)
                yield each, rows if mine.all() else rows.filter(pa.array(mine))


def _scan(number: int, rows: pa.Table, tagger: Tagger) -> Scan:
    """Lines of one source as a scan of it finds them, with what they are by the rules at hand."""
    kind = rows["kind"].to_numpy()
    accesses = line_restoring.read_requests(rows.filter(pa.array(kind == stored_lines.REQUEST)))
    said = line_restoring.read_messages(rows.filter(pa.array(kind == stored_lines.MESSAGE)))
    columns = [
        each._replace(shadowed=shadowed)
        for batch, shadowed in line_restoring.read_batches(rows.filter(pa.array(kind == stored_lines.BULK_REQUEST)))
        if (each := tagged(number, batch, tagger)) is not None
    ]
    requests = [
        Request(number, access, tag)
        for access, tag in zip(accesses, tagger.tag_requests(accesses), strict=True)
        if tag is not None
    ]
    events = [
        Evidence(number, message, event)
        for message, event in zip(said, tagger.tag_messages(said), strict=True)
        if event is not None
    ]
    return Scan(requests, events, tagged=columns)


def _told(task: Task, entries: Sequence[Entry], result: Result, numbers: Sequence[int]) -> list[Coverage]:
    """What was read of the week: sources that reach into it, with the attempts that they hold of it."""
    told: dict[tuple[str, str], Coverage] = {}
    for entry, found, number in zip(entries, result.entries, numbers, strict=True):
        reaches = task.bounds is not None and entry.reaches(*task.bounds)
        if not reaches and not number:
            continue
        one = replace(found, attempts=number, timeless=number if task.bounds is None else 0)
        key = (entry.name, entry.zone)  # what came to a source later is a part of it
        if key not in told:
            told[key] = one
        elif reaches:
            told[key] = join_coverage(told[key], one)
        else:  # lines of this week that were read anew with those of a later one
            more = {"attempts": number, "timeless": one.timeless, "repeated": one.repeated}
            told[key] = replace(told[key], **{name: getattr(told[key], name) + value for name, value in more.items()})
    return [*told.values()]


def _zones(told: Sequence[Coverage], entries: Sequence[Entry]) -> list[str]:
    zones = {entry.name: entry.zone for entry in entries}
    return [zones[each.source] if each.unzoned else "" for each in told]


def _together(frames: Iterable[pd.DataFrame]) -> pd.DataFrame:
    some = [frame for frame in frames if len(frame)]
    if len(some) == 1:
        return some[0]
    if not some:
        return row_builder.none()
    whole = pd.concat([table.plain(frame) for frame in some], ignore_index=True)
    texts = [column.name for column in ATTEMPTS if column.type == "string"]
    return whole.astype(dict.fromkeys(texts, "category"))
