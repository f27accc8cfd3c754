"""What a run found: decided attempts, findings and coverage, week by week.

Owns: the tables that are made of it. Must not know: how attempts were decided, how sources are read.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from logparse.causes import diagnosis
from logparse.causes.attempt_columns import AttemptColumns
from logparse.common.privacy import NOTHING_HIDDEN, Privacy
from logparse.common.weeks import previous_week, week_bounds
from logparse.pipeline import finding_names
from logparse.reports import findings
from logparse.reports.coverage import build_coverage
from logparse.reports.finding_lives import follow, shows_ends
from logparse.reports.finding_past import Past
from logparse.verdicts.frame import frame_of, with_plain_texts
from logparse.verdicts.logins import times_of_attempts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import tzinfo

    from numpy.typing import NDArray

    from logparse.causes.attempt_columns import AppLine
    from logparse.causes.finding import Finding
    from logparse.causes.traits import Traits
    from logparse.rules.model import FindingRule
    from logparse.scans.coverage import Coverage
    from logparse.scans.pieces.merging import Doubt
    from logparse.verdicts.expansion import DecidedAttempts
    from logparse.verdicts.logins import DecidedLogins
    from logparse.verdicts.permissions import Lack
    from logparse.verdicts.rows import Rows


class Week(NamedTuple):
    """What a run found in one week.

    Attributes:
        attempts: one row for each attempt, columns as in ``schema.ATTEMPTS``, texts as categories; findings are called
            as the week by itself calls them.
        findings: one row for each finding, columns as in ``findings.STORED``.
    """

    attempts: pd.DataFrame
    findings: pd.DataFrame

    def read_attempts(self) -> pd.DataFrame:
        """Return the attempts."""
        return self.attempts


class Found(NamedTuple):
    """Findings, and the attempts or logins that they were found in.

    Attributes:
        findings: the findings.
        among: their rows are numbers of rows of these, as they are shown.
    """

    findings: list[Finding]
    among: AttemptColumns


@dataclass(frozen=True, slots=True)
class Causes:
    """What is needed to find the causes of attempts.

    Attributes:
        rules: findings, in the order in which they claim attempts.
        traits: the combinations of traits that occur; attempts hold indices of them.
        lacks: what refused callers lacked; attempts hold indices of it.
        said: by deployment and id of an event rule, the app lines that fit it; only of rules that findings ask for.
        starts: by deployment, when its servers were started, in order, microseconds UTC.
        servers: names of the deployments; empty if it is the only one.
        given: options by which exports were given.
        named: ids of DAGs that roles name.
        logins: logins of addresses from which one was refused.
        changed: by name in lower case, when users were made or changed last, as an export says; microseconds UTC.
        edits: changes of what users may do, in order: the time, microseconds UTC, and the event in the audit log.
    """

    rules: tuple[FindingRule, ...]
    traits: tuple[Traits, ...]
    lacks: tuple[Lack | None, ...]
    said: Mapping[int, Mapping[str, Sequence[AppLine]]]
    starts: Mapping[int, Sequence[int]]
    servers: tuple[str, ...]
    given: frozenset[str]
    named: frozenset[str]
    logins: DecidedLogins
    changed: Mapping[str, int]
    edits: tuple[tuple[int, str], ...] = ()

    def find(self, rows: Rows, weeks: Iterable[NDArray[np.int64]], privacy: Privacy) -> Found:
        """Return the findings of weeks, one week behind the other, and the attempts that they are about.

        Args:
            rows: attempts.
            weeks: indices of those of each week.
            privacy: what is hidden of people in the attempts that are returned.
        """
        attempts = AttemptColumns.of(rows, self.traits, self.lacks)
        rules = [rule for rule in self.rules if not rule.about_logins]
        known = diagnosis.Known(self.said, self.starts, self.named, self.changed, edits=self.edits)
        found = [diagnosis.diagnose(attempts, week, rules, known) for week in weeks]
        return Found([*chain.from_iterable(found)], attempts.shown(privacy))

    def find_in_logins(self, week: str, attempts: Rows, privacy: Privacy) -> Found:
        """Return the findings about logins of a week, and the logins that they are about.

        Args:
            week: its name.
            attempts: those of the week, since callers who made some are not kept out.
            privacy: what is hidden of people in the logins that are returned.
        """
        refused = self.logins.of(week)
        logins = AttemptColumns.of(refused, self.traits, ())
        if not len(logins.time):
            return Found([], logins)
        rules = [rule for rule in self.rules if rule.about_logins]
        servers, times = attempts.numbers("server"), attempts.numbers("time")
        lasting = {server: int(times[servers == server].max()) for server in np.unique(servers).tolist()}
        known = diagnosis.Known(self.said, self.starts, busy=times_of_attempts(attempts, refused), lasting=lasting)
        found = diagnosis.diagnose(logins, np.arange(len(logins.time)), rules, known)
        return Found(found, logins.shown(privacy))


@dataclass(frozen=True, slots=True)
class Result:
    """What a run found.

    Attributes:
        decided: the attempts.
        exported: one line for each given export: how much of it was joined with attempts; and one if times of attempts
            are not sure.
        entries: the account of each source, in their order.
        assumed: name of the time zone that was assumed for times without one.
        zone: time zone in which weeks begin.
        causes: what is needed to find the causes of the attempts of a week.
        doubts: lines of which it is not certain whether two sources hold the same.
        privacy: what the tables hide of people.
    """

    decided: DecidedAttempts
    exported: tuple[str, ...]
    entries: tuple[Coverage, ...]
    assumed: str
    zone: tzinfo
    causes: Causes
    doubts: tuple[Doubt, ...] = ()
    privacy: Privacy = NOTHING_HIDDEN

    @property
    def coverage(self) -> pd.DataFrame:
        """What was read, one row for each source."""
        return build_coverage(self.entries, self.assumed)

    def week(self, name: str | None) -> Week:
        """Return what was found in a week, which may be nothing; None: attempts without a known time, no findings."""
        return self.tabulate(name, self.decided.of(name))

    def tabulate(self, name: str | None, rows: Rows) -> Week:
        """Return what was found in a week whose attempts are there already."""
        named, table = self._find(name, rows)  # before its attempts are a table: both take much memory
        return Week(frame_of(rows, name, self.zone, self.privacy).assign(finding=named), table)

    def _find(self, name: str | None, rows: Rows) -> tuple[pd.Categorical, pd.DataFrame]:
        """Return the keys of the findings that explain the attempts of a week, and these findings."""
        found = self.causes.find(rows, [] if name is None else [np.arange(len(rows))], self.privacy)
        listed = self._list_findings(name, rows, found)
        return findings.name_findings(*found, self.causes.servers), findings.make_table(listed)

    def _list_findings(self, name: str | None, rows: Rows, found: Found) -> list[dict[str, Any]]:
        """Return a week's findings, those among logins too, as rows of a table."""
        parts = [found] if name is None else [found, self.causes.find_in_logins(name, rows, self.privacy)]
        return findings.list_findings(name or "", parts, self.causes.servers, self.causes.given)

    def list_findings(self) -> list[dict[str, Any]]:
        """Return the findings of all weeks as rows: cells by column, times in microseconds UTC, None for none.

        A table of them takes longer to make than a few findings take to find.
        """
        listed = []
        for name in self.weeks:
            rows = self.decided.of(name)
            found = self.causes.find(rows, [np.arange(len(rows))], self.privacy)
            listed += self._list_findings(name, rows, found)
        return listed

    @property
    def weeks(self) -> tuple[str, ...]:
        """Names of the weeks that have attempts or refused logins, in order."""
        return tuple(sorted({*self.decided.weeks, *self.causes.logins.weeks}))

    def compared(self, names: Iterable[str]) -> Iterator[tuple[str, Week, pd.DataFrame | None]]:
        """Yield some weeks in order: name, what was found, and the attempts of the week before; None if it has none.

        Raises:
            ValueError: the name of a week is malformed, or its year has no such week.
        """
        wanted, past = set(names), Past()
        last = max((source.last for source in self.entries if source.last is not None), default=None)
        before: tuple[str, pd.DataFrame] | None = None
        for name in sorted(wanted.union(self.weeks)):
            found = self.week(name)
            told, lives = follow(found.findings, past, ends=shows_ends(*week_bounds(name, self.zone), last))
            past = Past(found.findings, {**past.lives, **lives}, found.read_attempts)
            if name in wanted:
                near = before is not None and before[0] == previous_week(name)
                yield name, found._replace(findings=told), before[1] if before is not None and near else None
            before = None if found.attempts.empty else (name, found.attempts)

    def table(self, wanted: Sequence[str] | None = None) -> pd.DataFrame:
        """Return the attempts of some weeks; None: all attempts, also those without a known time.

        Columns are as in ``Week``, but findings are called as in the report of the week: earlier weeks show that.
        """
        last = max(wanted or (), default="")
        rows = self.decided.whole(None if wanted is None else [name for name in self.decided.weeks if name <= last])
        frame = frame_of(rows, None, self.zone, self.privacy)
        weeks = (np.flatnonzero(frame["week"].cat.codes == code) for code in range(len(frame["week"].cat.categories)))
        found = self.causes.find(rows, weeks, self.privacy)
        frame = frame.assign(finding=finding_names.name_attempts(*found, frame, self.weeks, self.causes.servers))
        return frame if wanted is None else frame[frame["week"].isin(wanted)].reset_index(drop=True)

    @property
    def attempts(self) -> pd.DataFrame:
        """All attempts, columns as in ``schema.ATTEMPTS``, texts as objects, None for no text."""
        return with_plain_texts(self.table())

    @property
    def findings(self) -> pd.DataFrame:
        """The findings of all weeks, as in ``Week``."""
        found = [self._find(name, self.decided.of(name))[1] for name in self.weeks]
        return pd.concat(found, ignore_index=True) if found else findings.no_findings()
