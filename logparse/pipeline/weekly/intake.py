"""What a run adds to an archive: lines of sources that it does not know yet, and exports of the database.

Owns: which sources are read, what of them is stored, and which days and weeks that concerns. Must not know: how a
source is read, how a week is made.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

import numpy as np

from logparse.archive import stored_exports
from logparse.archive.collector import LineCollector
from logparse.archive.days import are_from, compact_day, read_day
from logparse.archive.index import DAY, NONE, Entry, Index
from logparse.archive.recognition import Knowledge
from logparse.archive.signatures import Signatures
from logparse.common.text import EXAMPLE_LENGTH, encodable, redacted
from logparse.pipeline.schedule import scans
from logparse.pipeline.weekly import week_reports
from logparse.reports import messages
from logparse.scans.duplicates.leading import is_named
from logparse.scans.settings import ruleset

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from logparse.archive.storage.interface import Storage
    from logparse.pipeline.engines.pool import Pool
    from logparse.pipeline.job import Job
    from logparse.scans.scan import Coverage
    from logparse.scans.settings import Setup
    from logparse.sources.source import Source

#: What a text was read as may depend on so many lines behind it, and they were not there yet when it was read.
UNSURE: Final = 1000
#: A day whose lines are in more objects than this gets one for all.
_OBJECTS: Final = 6


@dataclass(slots=True)
class Addition:
    """What a run adds.

    Attributes:
        storage: where the archive is.
        index: the archive, which is changed in place.
        job: what is to be read, and how.
        again: read what is known, too.
        entries: what was read.
        known: sources that were not read, since what is in them is known.
        touched: days that lines came to, or went from.
        changed: sources that are new, or of which something else is told.
        people: by week and deployment, the object that holds users and roles, where some were given.
        messages: what the user should know.
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
    _given: set[str] = field(default_factory=set)  # ids of what was given
    _signatures: Signatures = field(init=False)

    def read(self, pool: Pool | None, on_bytes: Callable[[int], None] | None = None) -> None:
        """Read what is not known, and store it.

        Raises:
            OutputError: it cannot be stored.
            FormatError, RuleError: formats or rules cannot be used.
        """
        self._signatures = Signatures(self.job.sources)
        knowledge = Knowledge(self.index)
        wanted = []
        for source in self.job.sources:
            known, digest = knowledge.look(source)
            if digest is not None:
                self._signatures.note(source, digest)
            if known and not self.again:
                self._is_known(source, known)
            else:
                wanted.append(source)
        self._note_other_options()
        setup = replace(self.job.options.setup, lengths=knowledge.lengths(wanted), users=self._users())
        workers = 1 if pool is None else pool.workers
        with LineCollector() as collected:
            with self._signatures.beside(wanted, workers, knowledge.lengths):
                found = {
                    number: scan.coverage[number]
                    for number, scan in enumerate(scans(wanted, setup, pool, collected, on_bytes))
                }
            self._add(wanted, found, collected, knowledge, setup)
        self._add_exports()

    def touch(self, entry: Entry) -> None:
        """Have the weeks made anew that a source concerns."""
        self.touched |= {*entry.days}
        self.changed.append(entry)

    def _users(self) -> bool:
        """Whether lines matter that tell of users only: those of the server were given now, or before."""
        before = any(week.people for week in self.index.weeks.values())
        return self.job.options.setup.users or before or any(entry.users for entry in self.index.sources.values())

    # -- what is known ----------------------------------------------------------------------------------------------

    def _is_known(self, source: Source, name: str) -> None:
        self.known.append(source.name)
        self._given.add(name)
        entry = self.index.sources.get(name)
        if entry is not None:
            self._relabel(entry, source)
        self._remember(source, name)

    def _relabel(self, entry: Entry, source: Source) -> None:
        """Take what the user says of a source now, if it is something else than before, for all that came to it."""
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
        as_now = _read_as(self.job.options.setup)
        given = [self.index.sources[each] for each in sorted(self._given) if each in self.index.sources]
        other = [each.name for each in given if each.read_as != as_now]
        if other:
            self.messages.append(
                f"{len(other):,} of the sources, such as {other[0]}, were read with other options before; to read them "
                "anew, add --reclassify"
            )
        users = [each.name for each in given if self.job.options.setup.users and not each.users]
        if users:
            self.messages.append(
                f"{len(users):,} of the sources, such as {users[0]}, were read before users were known; to find what "
                "only concerns users in them, add --reclassify"
            )

    # -- what is new ------------------------------------------------------------------------------------------------

    def _add(
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
        for number in sorted(found, key=lambda each: (-beside[sources[each].folder], sources[each].name)):
            source = sources[number]
            coverage = self._signatures.identified(source, found[number])
            entry = self._entry(source, coverage, setup)
            self.index.failed.pop(source.name, None)
            if not coverage.bytes:
                if not entry.whole:
                    self.index.failed[entry.name] = entry.told
            elif entry.id in new:
                coverage = replace(coverage, copy_of=new[entry.id])
            elif knowledge.knows(entry.id) and not self.again:
                self._is_known(source, entry.id)
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
        """Let an archive know a source."""
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
            self._link(entry, source, coverage, knowledge)
        self.index.sources[entry.id] = entry

    def _complete(self, entry: Entry) -> None:
        """Note what is new about a source that is known: how else it is packed, and that it is whole now."""
        known = self.index.sources.get(entry.id)
        if known is not None:
            known.packed = known.packed or entry.packed
            known.whole = known.whole or entry.whole

    def _entry(self, source: Source, coverage: Coverage, setup: Setup) -> Entry:
        """A source as the archive will know it."""
        options = self.job.options
        digest = coverage.digest
        told_as = asdict(replace(coverage, digest="", head="", beginnings=()))
        told_as["unparsed"] = [[line, encodable(redacted(text)[:EXAMPLE_LENGTH])] for line, text in coverage.unparsed]
        known = self.index.sources.get(digest)
        return Entry(
            id=digest,
            key=digest if known is None else f"{digest}-{uuid4().hex}",
            name=source.name,
            folder=source.folder,
            deployment=options.deployment or "",
            told=told_as,
            total={each: told_as[each] for each in ("bytes", "lines", "kinds", "formats", "envelopes", "forged")},
            head=coverage.head,
            packed=self._signatures.packed(source) if coverage.bytes else None,
            leads=is_named(source.name, options.leading),
            users=setup.users,
            read_as=_read_as(setup),
            zone=str(setup.zone),
            rules=ruleset(setup.rule_folders).digest,
            whole=not coverage.broken,
        )

    # -- what has grown ---------------------------------------------------------------------------------------------

    def _link(self, entry: Entry, source: Source, coverage: Coverage, knowledge: Knowledge) -> None:
        """Let a source that has grown go on where it was read before."""
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
        entry.told = _less(entry, part, coverage)

    def _days_behind(self, entry: Entry) -> set[str]:
        """Days of the lines that no longer count for a source."""
        found = set()
        for day in entry.days:
            for rows in read_day(self.storage, self.index, day):
                mine = are_from(rows, {entry.key.encode()})
                if np.any(mine & (rows["line"].to_numpy() > (entry.until or 0))):
                    found.add(day)
        return found

    # -- exports ----------------------------------------------------------------------------------------------------

    def _add_exports(self) -> None:
        """Store exports, for the weeks that they reach into; users and roles, for those of the logs given with them."""
        given, label = self.job.options.exports, self.job.options.deployment or ""
        if not given.given:
            return
        self.messages += messages.missing_pages(given)
        index = self.index
        records, who = stored_exports.store_exports(self.storage, given, label)
        if records is not None and records not in index.exports:
            index.exports.append(records)
            index.exports.sort(key=lambda each: (each.deployment, each.object))
            for since, until in records.spans:
                first, last = since // DAY - 1, until // DAY + 1
                self.touched |= {day for day in index.days if day == NONE or first <= int(day) <= last}
        if who:
            days = {day for name in self._given if name in index.sources for day in index.sources[name].days}
            weeks = week_reports.weeks_of(days, self.job.options.zone, around=0)
            self.people = {name: {label: who} for name in weeks}
            other = {name for name in weeks if name in index.weeks and index.weeks[name].people.get(label) != who}
            index.stale = sorted({*index.stale, *other})


def _less(entry: Entry, before: Entry | None, coverage: Coverage) -> dict[str, Any]:
    """What came to a source since it was read before."""
    if before is None:
        return entry.told
    told, counted = dict(entry.told), before.total
    for name in ("bytes", "lines", "forged"):
        told[name] -= counted[name]
    told["kinds"] = {kind: number - counted["kinds"][kind] for kind, number in told["kinds"].items()}
    for name in ("formats", "envelopes"):
        rest = {each: number - counted[name].get(each, 0) for each, number in told[name].items()}
        told[name] = {each: number for each, number in rest.items() if number > 0}
    last = before.told["last"]
    if last is not None and coverage.first is not None:
        told["first"] = max(int(last), coverage.first)
    return told


def _read_as(setup: Setup) -> str:
    return repr((setup.log_formats, str(setup.zone), setup.trusted, setup.message_fields))
