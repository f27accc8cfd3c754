"""What a run adds to an archive: lines of sources that the archive does not know yet.

Owns: which sources are read, what of them is stored, and which days that concerns. Must not know: how a source is read,
how a week is made.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from logparse.archive.collector import LineCollector
from logparse.archive.days import are_from, compact_day, read_day
from logparse.archive.recognition import Knowledge
from logparse.archive.signatures import Signatures
from logparse.pipeline.schedule import read_sources
from logparse.pipeline.weekly.export_intake import add_exports
from logparse.pipeline.weekly.source_entries import describe_reading, make_entry, subtract_earlier
from logparse.reports import messages
from logparse.scans.duplicates.leading import is_named
from logparse.scans.named_keys import check_names

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from logparse.archive.index import Entry, Index
    from logparse.archive.storage.interface import Storage
    from logparse.pipeline.engines.pool import Pool
    from logparse.pipeline.job import Job
    from logparse.scans.coverage import Coverage
    from logparse.scans.settings import Setup
    from logparse.sources.source import Source

#: How a line is read may depend on this many lines behind it. When a source has grown, so many are read again.
UNSURE: Final = 1000
#: A day whose lines are in more objects than this gets one for all.
_OBJECTS: Final = 6


@dataclass(slots=True)
class Addition:
    """What a run adds.

    Attributes:
        storage: where the archive is.
        index: what the archive holds; it is changed in place.
        job: what is to be read, and how.
        again: read sources that are known, too.
        entries: coverage of the sources that were read.
        known: names of sources that were not read, since their text is known.
        touched: days that got lines, or lost some.
        changed: entries of sources that are new, or got another deployment or rank.
        people: by week and deployment, the object that holds users and roles, where some were given.
        messages: messages to the user.
    """

    storage: Storage
    index: Index
    job: Job
    again: bool = False
    entries: list[Coverage] = field(default_factory=list)
    known: list[str] = field(default_factory=list)
    touched: set[str] = field(default_factory=set)
    changed: list[Entry] = field(default_factory=list)
    people: dict[str, dict[str, str]] = field(default_factory=dict)
    messages: list[str] = field(default_factory=list)
    _given: set[str] = field(default_factory=set)  # ids of the sources of this run
    _signatures: Signatures = field(init=False)

    def read(self, pool: Pool | None, on_bytes: Callable[[int], None] | None = None) -> None:
        """Read what is not known, and store it.

        Raises:
            OutputError: it cannot be stored.
            FormatError, RuleError, InputError: formats, rules, or names of keys cannot be used.
        """
        self._signatures = Signatures(self.job.sources)
        knowledge = Knowledge(self.index)
        wanted = []
        for source in self.job.sources:
            known, digest = knowledge.look(source)
            if digest is not None:
                self._signatures.note(source, digest)
            if known and not self.again:
                self._note_known(source, known)
            else:
                wanted.append(source)
        self._note_other_options()
        setup = replace(self.job.options.setup, lengths=knowledge.lengths(wanted))
        workers = 1 if pool is None else pool.workers
        with LineCollector() as collected:
            with self._signatures.beside(wanted, workers, knowledge.lengths):
                found = {
                    number: scan.coverage[number]
                    for number, scan in enumerate(read_sources(wanted, setup, pool, collected, on_bytes))
                }
            check_names(list(found.values()))
            self._add_sources(wanted, found, collected, knowledge, setup)
        days, self.people = add_exports(self.storage, self.index, self.job.options, self._given)
        self.touched |= days
        self.messages += messages.missing_pages(self.job.options.exports)

    def touch(self, entry: Entry) -> None:
        """Have the weeks made again that a source concerns."""
        self.touched |= {*entry.days}
        self.changed.append(entry)

    # -- what is known ----------------------------------------------------------------------------------------------

    def _note_known(self, source: Source, name: str) -> None:
        self.known.append(source.name)
        self._given.add(name)
        entry = self.index.sources.get(name)
        if entry is not None:
            self._relabel(entry, source)
        self._remember(source, name)

    def _relabel(self, entry: Entry, source: Source) -> None:
        """Note the deployment and rank that the user gives a source now, in all entries of it, if they are others."""
        options = self.job.options
        label = entry.deployment if options.deployment is None else options.deployment
        leads = entry.leads if not options.leading else is_named(source.name, options.leading)
        part: Entry | None = entry
        while part is not None:
            if (part.deployment, part.leads) != (label, leads):
                part.deployment, part.leads = label, leads
                self.touch(part)
            part = self.index.sources.get(part.before)

    def _remember(self, source: Source, name: str) -> None:
        if told := self._signatures.settled(source):
            self.index.seen[source.name] = [*told, name]
        else:
            self.index.seen.pop(source.name, None)

    def _note_other_options(self) -> None:
        as_now = describe_reading(self.job.options.setup)
        given = [self.index.sources[key] for key in sorted(self._given) if key in self.index.sources]
        other = [entry.name for entry in given if entry.read_as != as_now]
        if other:
            self.messages.append(
                f"{len(other):,} of the sources, such as {other[0]}, were read with other options before; to read them "
                "again, add --reclassify"
            )

    # -- what is new ------------------------------------------------------------------------------------------------

    def _add_sources(
        self,
        sources: Sequence[Source],
        found: dict[int, Coverage],
        collected: LineCollector,
        knowledge: Knowledge,
        setup: Setup,
    ) -> None:
        """Store what was found in new sources."""
        names: dict[int, tuple[str, int]] = {}
        new: dict[str, str] = {}
        beside = Counter(source.folder for source in sources)
        for number in sorted(found, key=lambda one: (-beside[sources[one].folder], sources[one].name)):
            source = sources[number]
            coverage = self._signatures.identified(source, found[number])
            packed = self._signatures.packed(source) if coverage.bytes else None
            again = coverage.digest in self.index.sources
            entry = make_entry(source, coverage, setup, self.job.options, packed=packed, again=again)
            self.index.failed.pop(source.name, None)
            if not coverage.bytes:
                if not entry.whole:
                    self.index.failed[entry.name] = entry.told
            elif entry.id in new:
                coverage = replace(coverage, copy_of=new[entry.id])
            elif knowledge.knows(entry.id) and not self.again:
                self._note_known(source, entry.id)
                self._complete(entry)
            else:
                new[entry.id] = source.name
                self._store(entry, source, coverage, knowledge)
                entry.days = collected.days(number, entry.since)
                known_lines = self.index.sources[entry.before].total["lines"] if entry.before else 0
                entry.fresh = collected.days(number, int(known_lines))
                names[number] = (entry.key, entry.since)
                self.touch(entry)
            if not (entry.id in knowledge.ids and entry.whole and not self.again):
                self.entries.append(coverage)
        for day, name in collected.write(self.storage, names):
            self.index.days.setdefault(day, []).append(name)
            if len(self.index.days[day]) > _OBJECTS:
                compact_day(self.storage, self.index, day)

    def _store(self, entry: Entry, source: Source, coverage: Coverage, knowledge: Knowledge) -> None:
        """Put a source into the index."""
        self._given.add(entry.id)
        if entry.whole:
            self._remember(source, entry.id)
        else:
            self.index.seen.pop(source.name, None)
        old = self.index.sources.get(entry.id)
        if old is not None:
            self.touch(old)
            entry.since, entry.until, entry.before, entry.told = old.since, old.until, old.before, old.told
        else:
            self._continue(entry, source, coverage, knowledge)
        self.index.sources[entry.id] = entry

    def _complete(self, entry: Entry) -> None:
        """Note that a known source is compressed in another way, or was read to its end now."""
        known = self.index.sources.get(entry.id)
        if known is not None:
            known.packed = known.packed or entry.packed
            known.whole = known.whole or entry.whole

    # -- what has grown ---------------------------------------------------------------------------------------------

    def _continue(self, entry: Entry, source: Source, coverage: Coverage, knowledge: Knowledge) -> None:
        """Let the entry of a source that has grown begin where the entry made before ends."""
        before = knowledge.beginning(source, coverage.beginnings)
        if before is None or before.until is not None or before.read_as != entry.read_as:
            return
        self._relabel(before, source)
        entry.deployment, entry.leads = before.deployment, before.leads
        entry.since = max(before.since, int(before.total["lines"]) - UNSURE)
        before.until = entry.since
        self.touched |= self._days_behind(before)
        part = before if before.counts else self.index.sources.get(before.before)
        entry.before = "" if part is None else part.id
        entry.told = subtract_earlier(entry, part, coverage)

    def _days_behind(self, entry: Entry) -> set[str]:
        """Return the days of lines that no longer count for a source."""
        found = set()
        for day in entry.days:
            for rows in read_day(self.storage, self.index, day):
                mine = are_from(rows, {entry.key.encode()})
                if np.any(mine & (rows["line"].to_numpy() > (entry.until or 0))):
                    found.add(day)
        return found
