"""The whole way: sources -> scans -> evidence -> verdicts -> tables.

Owns: the order of the steps over all sources. Must not know: how any step works, or who asks.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import UTC, tzinfo
from typing import TYPE_CHECKING, Final

from logparse import correlate, decide, diagnose, exports, identity, leading, overlaps, slices, table
from logparse.found import Coverage, Scan
from logparse.reading import digest_of
from logparse.reports import findings
from logparse.scan import Setup, ruleset, scan, scan_slice, slices_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from concurrent.futures import Future
    from typing import BinaryIO

    import pandas as pd

    from logparse.correlate import Attempt
    from logparse.engines import Pool
    from logparse.exports import Exports
    from logparse.permissions import Lack
    from logparse.rules import RuleSet
    from logparse.slices import Piece, Slice
    from logparse.sources import Source


#: ``2026``, ``22``, ``2026-11-22``, ``dt=20261122``, ``hour=23``, ``h=23``: what sinks and archives name folders.
_DATED: Final = re.compile(r"(?:[a-z]+=)?\d[\d:_-]*")


@dataclass(frozen=True, slots=True)
class Options:
    """What a run is asked for, besides its sources.

    Attributes:
        setup: how to read.
        zone: in which weeks begin.
        deployment: which Airflow the logs are of, if the user said so.
        exports: of the database of that Airflow.
        leading: names of the sources that count where others hold the same requests, as globs.
    """

    setup: Setup = field(default_factory=Setup)
    zone: tzinfo = UTC
    deployment: str | None = None
    exports: Exports = exports.NONE
    leading: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Result:
    """What a run found.

    Attributes:
        attempts: one row a trigger attempt, columns as in ``schema.ATTEMPTS``.
        coverage: one row a source.
        exported: what each export that was given came to, a line each.
        findings: one row a cause and week, columns as in the report of findings, and ``week``.
        entries: the same as objects, in order of the sources.
    """

    attempts: pd.DataFrame
    coverage: pd.DataFrame
    findings: pd.DataFrame
    exported: tuple[str, ...]
    entries: tuple[Coverage, ...]


def run(
    sources: Sequence[Source],
    options: Options,
    *,
    pool: Pool | None = None,
    on_bytes: Callable[[int], None] | None = None,
    stdin: BinaryIO | None = None,
) -> Result:
    """Read all sources and decide what became of each attempt in them.

    The result depends on what is in the sources only, not on their order or the pool.

    Args:
        sources: what to read.
        options: how.
        pool: reads several sources at once, and slices of large ones; None reads them here, one by one.
        on_bytes: told of every portion of bytes taken from disk, or of whole slices where a pool reads.
        stdin: stands for standard input.

    Raises:
        FormatError, RuleError: formats or rules cannot be used.
    """
    rules = ruleset(options.setup.rule_folders)
    ordered = sorted(sources, key=lambda each: each.name)
    found = Scan.total(scans(ordered, options.setup, pool, on_bytes, stdin))
    once = overlaps.once(found, _folders(ordered), lambda number: digest_of(ordered[number]))
    found = overlaps.delivered_once(once)
    found, known = leading.once(found, options.leading)
    return conclude(found, ordered, options, rules, known)


def conclude(
    found: Scan, sources: Sequence[Source], options: Options, rules: RuleSet, known: leading.Once = leading.NONE
) -> Result:
    """All that comes after reading.

    Args:
        found: in all sources together.
        sources: what was read, in the order of their numbers.
        options: how.
        rules: the rules of the run.
        known: what other sources tell of the same requests.
    """
    judge = decide.Judge(rules.outcomes)
    servers = _servers(found, sources, together=options.deployment is not None or options.exports.given)
    decided = [
        (attempt, judge.decide(attempt))
        for group in servers
        for attempt in correlate.correlate(group, rules, options.exports, judge.decide)
    ]
    decided.sort(key=lambda each: (each[0].request.source, each[0].request.access.line, each[0].request.access.order))
    people = options.exports.people
    persons = [
        leading.named(person, attempt.request, known)
        for person, (attempt, _) in zip(identity.name(decided, people), decided, strict=True)
    ]
    decided = [(_completed(attempt, known), verdict) for attempt, verdict in decided]
    lacks = diagnose.lacks(decided, persons, people)
    decided = [(attempt, _detailed(verdict, lack)) for (attempt, verdict), lack in zip(decided, lacks, strict=True)]
    scanned = [found.coverage[number] for number in range(len(sources))]
    entries = overlaps.counted(scanned, [attempt.request for attempt, _ in decided], known)
    names = [source.name for source in sources]
    attempts = table.attempts(decided, persons, names, options.zone, options.deployment)
    tried = diagnose.tried(decided, persons, lacks, {n: i for i, group in enumerate(servers) for n in group.coverage})
    said = {i: diagnose.said(group.evidence) for i, group in enumerate(servers)}
    found_by_week = {
        str(week): diagnose.diagnose([tried[row] for row in rows], rules.findings, said, people)
        for week, rows in sorted(attempts.groupby("week").indices.items())
    }
    return Result(
        attempts=attempts,
        coverage=table.coverage(entries, str(options.setup.zone)),
        exported=exports.told(options.exports, [attempt for attempt, _ in decided]),
        findings=findings.table(found_by_week, names),
        entries=entries,
    )


def _completed(attempt: Attempt, known: leading.Once) -> Attempt:
    """The attempt with what other logs tell of its request."""
    request = leading.completed(attempt.request, known)
    return attempt if request is attempt.request else replace(attempt, request=request)


def _detailed(verdict: decide.Verdict, lack: Lack | None) -> decide.Verdict:
    """The verdict with what the caller lacked, where users and roles tell."""
    if lack is None or not lack.detail or verdict.detail is not None or verdict.reason != "permission_denied":
        return verdict
    return replace(verdict, detail=lack.detail)


def _servers(found: Scan, sources: Sequence[Source], *, together: bool) -> list[Scan]:
    """Part what was found by server: logs of one folder are of one Airflow, unless their envelopes name others.

    The user may say that all are of one.

    Evidence of one server says nothing about another: there the same name may be another person, and the same
    answer another setting.
    """
    if together:
        return [found]
    groups: dict[str, Scan] = {}
    keys = _keys(found, sources)
    for number, key in enumerate(keys):
        groups.setdefault(key, Scan()).coverage[number] = found.coverage[number]
    for request in found.requests:
        groups[keys[request.source]].requests.append(request)
    for said in found.evidence:
        groups[keys[said.source]].evidence.append(said)
    return list(groups.values())


def _keys(found: Scan, sources: Sequence[Source]) -> list[str]:
    """What tells the server of each source: the environment that its envelopes name, or its folder.

    Folders that are named after a day or an hour part the exports of one server, and not two servers.
    """
    named: defaultdict[int, set[str]] = defaultdict(set)
    for request in found.requests:
        named[request.source].add(request.access.origin.deployment)
    for said in found.evidence:
        named[said.source].add(said.message.origin.deployment)
    keys = []
    for number, folder in enumerate(_folders(sources)):
        names = named[number] - {""}
        parts = folder.split("/")
        while len(parts) > 1 and _DATED.fullmatch(parts[-1]):
            parts.pop()
        keys.append(f"deployment {names.pop()}" if len(names) == 1 else "/".join(parts))
    return keys


def _folders(sources: Sequence[Source]) -> list[str]:
    return [source.folder for source in sources]


def scans(
    sources: Sequence[Source],
    setup: Setup,
    pool: Pool | None,
    on_bytes: Callable[[int], None] | None = None,
    stdin: BinaryIO | None = None,
) -> Iterator[Scan]:
    """What each source holds, in order."""
    if pool is None:
        for number, source in enumerate(sources):
            yield scan(source, number, setup, on_bytes=on_bytes, stdin=stdin)
        return
    parts: list[list[Slice]] = []
    futures: list[list[Future[Piece]]] = []
    for number, source in enumerate(sources):
        parts.append([] if source.piped else slices_of(source, setup, pool.workers))
        futures.append([pool.executor.submit(scan_slice, source, number, setup, part) for part in parts[-1]])
    for number, (source, each) in enumerate(zip(sources, parts, strict=True)):
        if source.piped:  # it cannot be handed to another process
            yield scan(source, number, setup, stdin=stdin)
            continue
        pieces = []
        for part, future in zip(each, futures[number], strict=True):
            pieces.append(future.result())
            if on_bytes is not None and source.size:
                on_bytes((source.size if part.stop is None else part.stop) - part.start)
        futures[number].clear()
        yield slices.joined(_apart(source, number, setup, pool, each, pieces), number)


def _apart(
    source: Source, number: int, setup: Setup, pool: Pool, parts: list[Slice], pieces: list[Piece]
) -> list[Piece]:
    """The pieces of a source, those that depend on each other read again as one."""
    while len(groups := slices.together(pieces)) < len(pieces):
        parts = [slices.merged([parts[at] for at in group]) for group in groups]
        again = [
            pool.executor.submit(scan_slice, source, number, setup, part) if len(group) > 1 else None
            for part, group in zip(parts, groups, strict=True)
        ]
        pieces = [
            pieces[group[0]] if future is None else future.result() for future, group in zip(again, groups, strict=True)
        ]
    return pieces
