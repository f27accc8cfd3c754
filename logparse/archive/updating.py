"""One run: logs that an archive does not know yet are read and added, and the weeks that they concern are made.

Owns: what a run does to an archive, in which order. Must not know: how a source is read, how a week is made, what a
user sees of it.

Nothing that an archive holds is lost or changed before the new generation is committed as a whole.
"""

from __future__ import annotations

import time
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pyarrow as pa

from logparse import __version__, covered, digests
from logparse.archive import evidence, making
from logparse.archive.collecting import Collected, read_rows, write_rows
from logparse.archive.index import NONE, Entry, Index, Week
from logparse.archive.lines import DAY
from logparse.archive.recognising import Knowledge, is_plain, is_settled, signature
from logparse.gathering import scans
from logparse.leading import named_as
from logparse.plaintext import encodable
from logparse.scan import ruleset
from logparse.weeks import previous_week

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from logparse.archive.deriving import Derived, Task
    from logparse.archive.storage import Storage
    from logparse.digests import TextDigest
    from logparse.engines import Pool
    from logparse.found import Coverage
    from logparse.job import Job
    from logparse.scan import Setup
    from logparse.sources import Source
    from logparse.write import FileFormat

#: What a text was read as may depend on so many lines behind it, and they were not there yet when it was read.
UNSURE: Final = 1000
#: A text of so many bytes may be read in slices, so that its digest is worked out beside.
LARGE: Final = 32 * 1024 * 1024
#: A day whose lines are in more objects than this gets one for all.
_OBJECTS: Final = 6


@dataclass(slots=True)
class Run:
    """What a run does.

    Attributes:
        storage: where the archive is.
        index: the archive, which is changed in place.
        job: what is to be read, and how.
        form: of the reports; None: as they are, or ``csv``.
        reclassify: make all weeks that other rules decided, and read what is at hand anew.
        rebuild: make all weeks.
        entries: what was read.
        known: sources that were not read, since what is in them is known.
        made: weeks that were made, by name.
        added: by week, how many attempts more there are than before.
        messages: what the user should know.
        timings: seconds by step.
    """

    storage: Storage
    index: Index
    job: Job
    form: FileFormat | None = None
    reclassify: bool = False
    rebuild: bool = False
    entries: list[Coverage] = field(default_factory=list)
    known: list[str] = field(default_factory=list)
    made: dict[str, Derived] = field(default_factory=dict)
    added: dict[str, int] = field(default_factory=dict)
    messages: list[str] = field(default_factory=list)
    timings: dict[str, float] = field(default_factory=dict)
    _touched: set[str] = field(default_factory=set)  # days
    _given: set[str] = field(default_factory=set)  # ids of what was given
    _people: dict[str, dict[str, str]] = field(default_factory=dict)  # by week and deployment
    _digests: dict[str, Future[TextDigest]] = field(default_factory=dict)

    def read(self, pool: Pool | None, on_bytes: Callable[[int], None] | None = None) -> None:
        """Read what is not known, and store it.

        Raises:
            OutputError: it cannot be stored.
            FormatError, RuleError: formats or rules cannot be used.
        """
        began = time.time()
        knowledge = Knowledge(self.index)
        looked = {source.name: knowledge.look(source) for source in self.job.sources}
        wanted = [each for each in self.job.sources if self.reclassify or not looked[each.name].id]
        for source in self.job.sources:
            if looked[source.name].id and not self.reclassify:
                self._is_known(source, looked[source.name].id, began)
        self._note_other_options()
        setup = replace(self.job.options.setup, lengths=knowledge.lengths(wanted))
        with Collected() as collected, ThreadPoolExecutor(1, "logparse-digest") as beside:
            for source in wanted:
                if source.path is not None and (source.size or 0) >= LARGE and is_plain(source):
                    self._digests[source.name] = beside.submit(digests.of_file, source.path, (), source.size)
            found = {
                number: scan.coverage[number]
                for number, scan in enumerate(scans(wanted, setup, pool, collected, on_bytes))
            }
            self._add(wanted, found, collected, knowledge, began)
        self._add_exports()
        self.timings["read"] = time.time() - began

    def make(self, pool: Pool | None) -> None:
        """Make the weeks that are concerned, and build their reports.

        Raises:
            OutputError: what the archive holds cannot be read, or a report not be written.
        """
        began = time.time()
        index, zone = self.index, self.job.options.zone
        concerned = making.weeks_of(self._touched, zone) | set(index.stale)
        held = making.weeks_of(index.days, zone, around=0)
        if self.rebuild or self.reclassify:
            concerned |= {*held, *(name for name, week in index.weeks.items() if not week.old or name in held)}
        concerned &= {*held, *index.weeks, *index.stale}
        concerned = {name for name in concerned if name == NONE or name >= index.floor}
        asked = self.job.weeks
        wanted = concerned if asked is None else (concerned & set(asked)) | (set(asked) - index.weeks.keys())
        index.stale = sorted(concerned - wanted)
        before = {name: index.weeks.get(name) for name in index.weeks}
        self._derive(sorted(wanted), pool)
        changed = {name for name, made in self.made.items() if name != NONE and made.part != _part(before.get(name))}
        later = {
            name
            for name in index.weeks
            if name not in self.made and name != NONE and previous_week(name) in changed and name in held
        }
        if asked is not None:
            index.stale = sorted({*index.stale, *(later - set(asked))})
            later &= set(asked)
        self._derive(sorted(later), pool)
        self.timings["weeks"] = time.time() - began

    def touch(self, days: Iterable[str]) -> None:
        """Have the weeks made anew that lines of some days concern."""
        self._touched |= set(days)

    def touch_weeks(self, weeks: Iterable[str]) -> None:
        """Have some weeks made anew."""
        self.index.stale = sorted({*self.index.stale, *weeks})

    # -- sources ----------------------------------------------------------------------------------------------------

    def _is_known(self, source: Source, name: str, began: float) -> None:
        self.known.append(source.name)
        self._given.add(name)
        entry = self.index.sources.get(name)
        if entry is not None:
            self._relabel(entry, source)
        self._remember(source, name, began)

    def _relabel(self, entry: Entry, source: Source) -> None:
        """Take what the user says of a source now, if it is something else than before."""
        options = self.job.options
        label = entry.deployment if options.deployment is None else options.deployment
        leads = entry.leads if not options.leading else named_as(source.name, options.leading)
        if (entry.deployment, entry.leads) != (label, leads):
            entry.deployment, entry.leads = label, leads
            self._touched |= {*entry.days}

    def _remember(self, source: Source, name: str, began: float) -> None:
        told = signature(source)
        if told and is_settled(source, began):
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

    def _add(
        self,
        sources: Sequence[Source],
        found: dict[int, Coverage],
        collected: Collected,
        knowledge: Knowledge,
        began: float,
    ) -> None:
        """Store what was found in new sources."""
        names: dict[int, tuple[str, int]] = {}
        new: dict[str, str] = {}
        beside = Counter(source.folder for source in sources)
        for number in sorted(found, key=lambda each: (-beside[sources[each].folder], sources[each].name)):
            source, entry, coverage = sources[number], *self._entry(sources[number], found[number])
            self._given.add(entry.id)
            self.index.failed.pop(source.name, None)
            self._remember(source, entry.id, began) if entry.whole else self.index.seen.pop(source.name, None)
            if entry.id in new:
                coverage = replace(coverage, copy_of=new[entry.id])
            elif knowledge.knows(entry.id) and not self.reclassify:
                self._is_known(source, entry.id, began)
                old = self.index.sources.get(entry.id)
                if old is not None and not old.packed:
                    old.packed = entry.packed
                continue
            elif not coverage.bytes:
                self._note_failure(entry)
            else:
                new[entry.id] = source.name
                self._link(entry, source, coverage, knowledge)
                names[number] = (entry.key, entry.since)
                entry.days = collected.days(number, entry.since)
                self._touched |= {*entry.days}
                replaced = self.index.sources.get(entry.id)
                if replaced is not None:
                    self._touched |= {*replaced.days}
                self.index.sources[entry.id] = entry
            self.entries.append(coverage)
        for day, name in collected.write(self.storage, names):
            self.index.days.setdefault(day, []).append(name)
            if len(self.index.days[day]) > _OBJECTS:
                self.compact(day)

    def _note_failure(self, entry: Entry) -> None:
        self.index.failed.pop(entry.name, None)
        if not entry.whole:
            self.index.failed[entry.name] = entry.told

    def _entry(self, source: Source, coverage: Coverage) -> tuple[Entry, Coverage]:
        """A source as the archive will know it."""
        options, packed = self.job.options, None
        digest, head = coverage.digest, coverage.head
        if not digest and source.path is not None:  # it was read in slices
            known = self._digests.get(source.name)
            told = None if known is None else known.result()
            if told is None or told.size != coverage.bytes:
                told = digests.of_file(source.path, (), coverage.bytes)
            digest, head = told.digest, told.head
        if source.path is not None and source.size and not is_plain(source):
            on_disk = digests.of_file(source.path)
            packed = [on_disk.size, on_disk.digest]
        told_as = asdict(replace(coverage, digest="", head="", beginnings=()))
        told_as["unparsed"] = [
            [line, encodable(covered.redacted(text)[: covered.EXAMPLE_LENGTH])] for line, text in coverage.unparsed
        ]
        reread = digest in self.index.sources
        entry = Entry(
            id=digest,
            key=f"{digest}-{len(self.index.sources[digest].key)}" if reread else digest,
            name=source.name,
            folder=source.folder,
            deployment=options.deployment or "",
            told=told_as,
            total={each: told_as[each] for each in ("bytes", "lines", "kinds", "formats", "envelopes", "forged")},
            head=head,
            packed=packed,
            leads=named_as(source.name, options.leading),
            users=options.setup.users,
            read_as=_read_as(options.setup),
            zone=str(options.setup.zone),
            rules=ruleset(options.setup.rule_folders).digest,
            whole=not coverage.problem,
        )
        return entry, coverage

    def _link(self, entry: Entry, source: Source, coverage: Coverage, knowledge: Knowledge) -> None:
        """Let a source that has grown go on where it was read before."""
        if self.reclassify and entry.id in self.index.sources:
            old = self.index.sources[entry.id]
            entry.since, entry.until, entry.before, entry.told = old.since, old.until, old.before, old.told
            return
        before = knowledge.beginning(source, coverage.beginnings)
        if before is None or before.id not in self.index.sources or before.until is not None:
            return
        if options_differ(before, entry):
            return
        entry.since = max(before.since, int(before.total["lines"]) - UNSURE)
        before.until = entry.since
        self._touched |= self._days_behind(before)
        if not before.counts:
            entry.before = before.before
            entry.told = _less(entry, self.index.sources.get(entry.before), coverage)
        else:
            entry.before = before.id
            entry.told = _less(entry, before, coverage)

    def _days_behind(self, entry: Entry) -> set[str]:
        """Days of the lines that no longer count for a source."""
        found = set()
        for day in entry.days:
            for rows in (rows for name in self.index.days.get(day, ()) for rows in read_rows(self.storage, name)):
                names = rows["source"].combine_chunks()
                mine = np.array([word == entry.key.encode() for word in names.dictionary.to_pylist()], np.bool_)
                if np.any(mine[names.indices.to_numpy()] & (rows["line"].to_numpy() > (entry.until or 0))):
                    found.add(day)
        return found

    def compact(self, day: str) -> None:
        """Put the lines of a day into one object, without those of sources that are there no more."""
        keys = {entry.key.encode() for entry in self.index.sources.values() if entry.counts}
        tables = []
        for rows in (rows for name in self.index.days.get(day, ()) for rows in read_rows(self.storage, name)):
            names = rows["source"].combine_chunks()
            mine = np.array([word in keys for word in names.dictionary.to_pylist()], np.bool_)
            tables.append(rows.filter(pa.array(mine[names.indices.to_numpy()])) if len(rows) else rows)
        whole = pa.concat_tables(tables) if tables else None
        self.index.days[day] = [write_rows(self.storage, whole)] if whole is not None and len(whole) else []
        if not self.index.days[day]:
            del self.index.days[day]

    # -- exports ----------------------------------------------------------------------------------------------------

    def _add_exports(self) -> None:
        given, label = self.job.options.exports, self.job.options.deployment or ""
        if not given.given:
            return
        records, who = evidence.stored(self.storage, given, label)
        days = {day for name in self._given if name in self.index.sources for day in self.index.sources[name].days}
        if records is not None and records not in self.index.exports:
            self.index.exports.append(records)
            self.index.exports.sort(key=lambda each: (each.deployment, each.object))
            for since, until in records.spans:
                first, last = since // DAY - 1, until // DAY + 1
                self._touched |= {day for day in self.index.days if day == NONE or first <= int(day) <= last}
        if who:
            self._people = {name: {label: who} for name in making.weeks_of(days, self.job.options.zone, around=0)}
            stale = {
                name
                for name, people in self._people.items()
                if name in self.index.weeks and self.index.weeks[name].people.get(label) != people[label]
            }
            self.index.stale = sorted({*self.index.stale, *stale})

    # -- weeks ------------------------------------------------------------------------------------------------------

    def _derive(self, names: Sequence[str], pool: Pool | None) -> None:
        index, options = self.index, self.job.options
        before = dict(index.weeks)
        asked = self.job.weeks or ()

        def task(name: str) -> Task:
            people = self._people.get(name, {})
            return making.task(index, name, self.storage, options.setup.rule_folders, options.zone, people)

        def form(name: str) -> FileFormat:
            known = index.weeks.get(name)
            return self.form or ("parquet" if known is not None and known.form == "parquet" else "csv")

        def part(name: str) -> str:
            return _part(index.weeks.get(previous_week(name)))

        for made in making.made([making.Plan(task(name), form(name)) for name in names], part, pool):
            self.made[made.name] = made
            self.messages += [f"{made.name}: {each}" for each in made.said]
            old = before.get(made.name)
            self.added.setdefault(made.name, made.attempts - (0 if old is None else old.attempts))
            if not made.attempts and made.name not in asked:
                index.weeks.pop(made.name, None)
                continue
            index.weeks[made.name] = Week(
                rules=ruleset(options.setup.rule_folders).digest,
                version=__version__,
                form=form(made.name),
                attempts=made.attempts,
                part=made.part,
                reports=made.reports,
                counts=made.counts,
                findings=dict(sorted(_findings(made).items())),
                outcomes=made.outcomes,
                people={**(old.people if old else {}), **self._people.get(made.name, {})},
                old=old.old if old else "",
            )


def options_differ(one: Entry, other: Entry) -> bool:
    """Whether two sources were read with other options, so that what one holds says nothing of the other."""
    return (one.read_as, one.deployment) != (other.read_as, other.deployment)


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


def _part(week: Week | None) -> str:
    return "" if week is None else week.part


def _findings(made: Derived) -> Counter[str]:
    found: Counter[str] = Counter()
    for name, number in zip(made.findings["finding"], made.findings["attempts"], strict=True):
        found[str(name)] += int(number)
    return found


def _read_as(setup: Setup) -> str:
    return repr((setup.log_formats, str(setup.zone), setup.trusted, setup.message_fields))
