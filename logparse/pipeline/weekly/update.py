"""What a run is to do with an archive, and the weeks that it makes: those that new lines concern, and those asked for.

Owns: which weeks these are, and what the index holds of each. Must not know: what was added, how a week is made.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from logparse.archive.index import NONE, Week
from logparse.common.version import __version__
from logparse.common.weeks import previous_week
from logparse.pipeline.weekly import following, privacy_settings, week_reports
from logparse.pipeline.weekly.intake import Addition
from logparse.pipeline.weekly.week_task import plan_week, weeks_near, weeks_reached
from logparse.scans.settings import ruleset

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from logparse.archive.index import Index
    from logparse.archive.storage.interface import Storage
    from logparse.pipeline.engines.pool import Pool
    from logparse.pipeline.job import Job
    from logparse.pipeline.weekly.derivation import MadeWeek
    from logparse.pipeline.weekly.week_task import WeekTask
    from logparse.reports.table_files import FileFormat
    from logparse.scans.pieces.comparison import Overlap
    from logparse.scans.pieces.merging import Doubt

#: A week whose stored lines take more bytes than this is not made beside others: that is half a million attempts or
#: fewer, for which a process takes 0.4 GB.
_LARGE: Final = 8 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a run is asked to do with an archive.

    Attributes:
        place: folder or URL.
        form: how reports are written; None: as before, or ``csv``.
        reclassify: make all weeks again by the current rules, and read the given logs again.
        rebuild: make all weeks again.
        overlap: what becomes of equal lines in two sources; None: as before, or ``auto``.
        strict: write nothing if anything was lost or not understood.
        dry_run: write nothing.
        wait: seconds to wait for another run to end.
    """

    place: str
    form: FileFormat | None = None
    reclassify: bool = False
    rebuild: bool = False
    overlap: Overlap | None = None
    strict: bool = False
    dry_run: bool = False
    wait: float = 0.0


@dataclass(slots=True)
class Run:
    """What a run does to an archive. Nothing of it takes effect before it is committed.

    Attributes:
        storage: where the archive is.
        index: the archive, which is changed in place.
        job: what is to be read, and how.
        wanted: what the user asks for.
        otherwise: equal lines are counted, or people hidden, in another way than before, which concerns all weeks.
        addition: what is added.
        made: weeks that were made, by name.
        added: by week, how many attempts more there are than before.
        changed: weeks whose attempts are others than before.
        messages: what the user should know.
        timings: seconds by step.
    """

    storage: Storage
    index: Index
    job: Job
    wanted: Wanted
    otherwise: bool = field(init=False)
    addition: Addition = field(init=False)
    made: dict[str, MadeWeek] = field(default_factory=dict)
    added: dict[str, int] = field(default_factory=dict)
    changed: set[str] = field(default_factory=set)
    messages: list[str] = field(default_factory=list)
    timings: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        before = self.index.overlap
        self.index.overlap = str(self.wanted.overlap or before)
        self.job, hides_otherwise = privacy_settings.settle(
            self.index, self.job, self.wanted.place, rebuild=self.wanted.rebuild
        )
        self.otherwise = self.index.overlap != before or hides_otherwise
        self.addition = Addition(self.storage, self.index, self.job, self.wanted.reclassify)

    def read(self, pool: Pool | None, on_bytes: Callable[[int], None] | None = None) -> None:
        """Read what is not known, and store it.

        Raises:
            OutputError: it cannot be stored.
            FormatError, RuleError: formats or rules cannot be used.
        """
        began = time.time()
        self.addition.read(pool, on_bytes)
        self.messages += self.addition.messages
        self.timings["read"] = time.time() - began

    def make(self, pool: Pool | None) -> None:
        """Make the weeks that are concerned, and build their reports.

        Raises:
            OutputError: what the archive holds cannot be read, or a report not be written.
        """
        began = time.time()
        index, asked = self.index, self.job.options.weeks
        held = weeks_near(index.days, self.job.options.zone, around=0)
        concerned = self._concerned(held)
        wanted = concerned | self._asked(held)
        if asked is not None:
            wanted = (wanted & set(asked)) | (set(asked) - index.weeks.keys())
        index.stale = sorted(concerned - wanted)
        before = {name: week.own or week.part for name, week in index.weeks.items()}
        self._make(sorted(wanted), pool)
        self.changed = {name for name, made in self.made.items() if made.part != before.get(name, "")}
        self._compare()
        following.follow_findings(self.storage, index, self.made, self.job.options.zone)
        if self.wanted.reclassify:
            told = ", ".join(sorted(self.changed)) or "none"
            self.messages.append(f"weeks whose attempts change: {told}")
        self._note_other_rules()
        self.timings["weeks"] = time.time() - began

    def _concerned(self, held: set[str]) -> set[str]:
        """Return the weeks that new lines concern, and those that earlier runs have left."""
        index, zone = self.index, self.job.options.zone
        found = weeks_near(self.addition.touched, zone) | set(index.stale)
        found |= {week for entry in self.addition.changed for week in weeks_reached(entry, zone)}
        found |= held if self.otherwise else set()
        found &= {*held, *index.weeks, *index.stale}
        gone = sorted(name for name in found & held if name != NONE and name < index.floor)
        lines = weeks_near(self.addition.touched, zone, around=0)
        if left := [name for name in gone if name in lines]:
            self.messages.append(
                f"lines of {', '.join(left)} are left out, since weeks before {index.floor} were removed"
            )
        return {name for name in found if name == NONE or name >= index.floor}

    def _asked(self, held: set[str]) -> set[str]:
        """Return the weeks that the user wants to be made, whatever has changed."""
        index = self.index
        found = set()
        if self.wanted.rebuild or self.wanted.reclassify:
            found = held | index.weeks.keys()
        elif self.wanted.form is not None:
            found = {name for name, week in index.weeks.items() if week.form != self.wanted.form and name != NONE}
        return {
            name
            for name in found
            if (name == NONE or name >= index.floor)
            and (name in held or (name in index.weeks and not index.weeks[name].old))
        }

    def _make(self, names: Sequence[str], pool: Pool | None) -> None:
        index, options = self.index, self.job.options
        before = dict(index.weeks)
        people = self.addition.people

        tasks = [
            plan_week(
                index,
                name,
                self.storage,
                options,
                people=people.get(name, {}),
                form=self.wanted.form or ("parquet" if name in before and before[name].form == "parquet" else "csv"),
            )
            for name in names
        ]
        forms = {task.name: task.form for task in tasks}
        helping = pool if pool is not None and self._may_share(tasks) else None
        for made in week_reports.make_weeks(tasks, self._part_before, helping):
            self.made[made.name] = made
            self.messages += [f"{made.name}: {each}" for each in made.doubts if self._is_new(each)]
            old = before.get(made.name)
            self.added[made.name] = made.attempts - (0 if old is None else old.attempts)
            if not made.attempts and made.findings.empty and made.name not in (self.job.options.weeks or ()):
                index.weeks.pop(made.name, None)
                continue
            index.weeks[made.name] = Week(
                rules=ruleset(options.setup.rule_folders).digest,
                version=__version__,
                form=forms[made.name],
                attempts=made.attempts,
                part=made.part,
                reports=made.reports,
                counts=made.counts,
                undecided=made.undecided,
                outcomes=made.outcomes,
                people={**(old.people if old else {}), **people.get(made.name, {})},
                labels=made.labels,
                old=old.old if old else "",
                causes=made.stored_findings,
            )

    def _may_share(self, tasks: Sequence[WeekTask]) -> bool:
        """True if several weeks may be made at once: they are made here, and none needs much memory."""
        if self.job.options.scheduler is not None or len(tasks) == 1:
            return False
        sizes = self.storage.objects()
        return all(sum(sizes[name] for name in task.objects) <= _LARGE for task in tasks)

    def _is_new(self, doubt: Doubt) -> bool:
        """True if a doubt is about a source that was read just now; other doubts were reported before."""
        read = {entry.source for entry in self.addition.entries}
        return self.otherwise or self.wanted.rebuild or not read.isdisjoint((doubt.one, doubt.other))

    def _note_other_rules(self) -> None:
        weeks = self.index.weeks
        digest = ruleset(self.job.options.setup.rule_folders).digest
        other = sorted(name for name, week in weeks.items() if week.rules != digest and not week.old)
        if other:
            told = f"{other[0]} to {other[-1]}" if len(other) > 1 else other[0]
            self.messages.append(
                f"{len(other):,} of {len(weeks):,} weeks were decided by other rules ({told}); to see which would "
                "change, add --reclassify --dry-run; to decide them again, add --reclassify"
            )

    def _compare(self) -> None:
        """Build the reports again that compare a week with one that has changed."""
        rules = ruleset(self.job.options.setup.rule_folders)
        for name in sorted(self.index.weeks.keys() - self.made.keys() - {NONE}):
            week = self.index.weeks[name]
            if previous_week(name) in self.changed and week.part and week.labels:
                before = self._part_before(name)
                week.reports |= week_reports.rebuild_comparisons(
                    self.storage, week, name, before, self.job.options.zone, rules
                )

    def _part_before(self, name: str) -> str:
        """Return the object that holds the attempts of the week before one; empty: none are known of it."""
        week = self.index.weeks.get(previous_week(name))
        return "" if week is None else week.part
