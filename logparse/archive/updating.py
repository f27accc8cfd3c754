"""The weeks that a run makes anew: those that what was added concerns, and those that the user asks for.

Owns: which weeks these are, and what the archive tells of each. Must not know: what was added, how a week is made.
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from logparse import __version__
from logparse.archive import making
from logparse.archive.adding import Addition
from logparse.archive.index import NONE, Week
from logparse.scan import ruleset
from logparse.weeks import previous_week

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from logparse.archive.deriving import Derived, Task
    from logparse.archive.index import Index
    from logparse.archive.storage import Storage
    from logparse.engines import Pool
    from logparse.job import Job
    from logparse.write import FileFormat


@dataclass(slots=True)
class Run:
    """What a run does to an archive. Nothing of it holds before it is committed.

    Attributes:
        storage: where the archive is.
        index: the archive, which is changed in place.
        job: what is to be read, and how.
        form: of the reports; None: as they are, or ``csv``.
        reclassify: make all weeks, and read what is at hand anew.
        rebuild: make all weeks.
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
    form: FileFormat | None = None
    reclassify: bool = False
    rebuild: bool = False
    addition: Addition = field(init=False)
    made: dict[str, Derived] = field(default_factory=dict)
    added: dict[str, int] = field(default_factory=dict)
    changed: set[str] = field(default_factory=set)
    messages: list[str] = field(default_factory=list)
    timings: dict[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.addition = Addition(self.storage, self.index, self.job, self.reclassify)

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
        index, asked = self.index, self.job.weeks
        held = making.weeks_of(index.days, self.job.options.zone, around=0)
        concerned = self._concerned(held)
        wanted = concerned | self._asked(held)
        if asked is not None:
            wanted = (wanted & set(asked)) | (set(asked) - index.weeks.keys())
        index.stale = sorted(concerned - wanted)
        before = {name: week.part for name, week in index.weeks.items()}
        self._make(sorted(wanted), pool)
        self.changed = {name for name, made in self.made.items() if made.part != before.get(name, "")}
        self._compare()
        if self.reclassify:
            told = ", ".join(sorted(self.changed)) or "none"
            self.messages.append(f"weeks whose attempts change: {told}")
        self.timings["weeks"] = time.time() - began

    def _concerned(self, held: set[str]) -> set[str]:
        """Weeks that what was added concerns, and those that earlier runs have left."""
        index, zone = self.index, self.job.options.zone
        found = making.weeks_of(self.addition.touched, zone) | set(index.stale)
        found |= {week for entry in self.addition.changed for week in making.weeks_reached(entry, zone)}
        found &= {*held, *index.weeks, *index.stale}
        gone = sorted(name for name in found & held if name != NONE and name < index.floor)
        lines = making.weeks_of(self.addition.touched, zone, around=0)
        if left := [name for name in gone if name in lines]:
            self.messages.append(
                f"lines of {', '.join(left)} are left out, since weeks before {index.floor} were removed"
            )
        return {name for name in found if name == NONE or name >= index.floor}

    def _asked(self, held: set[str]) -> set[str]:
        """Weeks that the user wants to be made, whatever has changed."""
        index = self.index
        found = set()
        if self.rebuild or self.reclassify:
            found = held | index.weeks.keys()
        elif self.form is not None:
            found = {name for name, week in index.weeks.items() if week.form != self.form and name != NONE}
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

        def task(name: str) -> Task:
            folders = options.setup.rule_folders
            return making.task(index, name, self.storage, folders, options.zone, people.get(name, {}))

        def form(name: str) -> FileFormat:
            known = before.get(name)
            return self.form or ("parquet" if known is not None and known.form == "parquet" else "csv")

        for made in making.made([making.Plan(task(name), form(name)) for name in names], self._part_before, pool):
            self.made[made.name] = made
            self.messages += [f"{made.name}: {each}" for each in made.said if self._is_new(each)]
            old = before.get(made.name)
            self.added[made.name] = made.attempts - (0 if old is None else old.attempts)
            if not made.attempts and made.name not in (self.job.weeks or ()):
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
                people={**(old.people if old else {}), **people.get(made.name, {})},
                labels=made.labels,
                old=old.old if old else "",
            )

    def _is_new(self, sentence: str) -> bool:
        """Whether a sentence is about a source that was read just now; what was said of others was said before."""
        return self.rebuild or any(entry.source in sentence for entry in self.addition.entries)

    def _compare(self) -> None:
        """Build the reports anew that compare with a week that has changed; what they tell of their own week stays."""
        for name in sorted(self.index.weeks.keys() - self.made.keys() - {NONE}):
            week = self.index.weeks[name]
            if previous_week(name) in self.changed and week.part and week.labels:
                before = self._part_before(name)
                week.reports |= making.compared(self.storage, week, name, before, self.job.options.zone)

    def _part_before(self, name: str) -> str:
        """The object that holds the attempts of the week before one; empty: none are known of it."""
        week = self.index.weeks.get(previous_week(name))
        return "" if week is None else week.part


def _findings(made: Derived) -> Counter[str]:
    found: Counter[str] = Counter()
    for name, number in zip(made.findings["finding"], made.findings["attempts"], strict=True):
        found[str(name)] += int(number)
    return found
