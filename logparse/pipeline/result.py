"""What a run found: decided attempts, findings and coverage, week by week.

Owns: the tables that are made of it. Must not know: how attempts were decided, how sources are read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from logparse.common.privacy import NOTHING_HIDDEN, Privacy
from logparse.common.weeks import previous_week, week_bounds
from logparse.findings import diagnosis
from logparse.findings.attempt_columns import AttemptColumns
from logparse.reports import findings
from logparse.reports.finding_lives import Past, follow, shows_ends
from logparse.verdicts.frame import frame_of, with_plain_texts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import tzinfo

    from numpy.typing import NDArray

    from logparse.findings.attempt_columns import AppLine
    from logparse.findings.traits import Traits
    from logparse.rules.model import FindingRule
    from logparse.scans.coverage import Coverage
    from logparse.scans.pieces.merging import Doubt
    from logparse.verdicts.expansion import DecidedAttempts
    from logparse.verdicts.permissions import Lack
    from logparse.verdicts.rows import Rows


class Week(NamedTuple):
    """What a run found in one week.

    Attributes:
        attempts: one row for each attempt, columns as in ``schema.ATTEMPTS``, texts as categories.
        findings: one row for each finding, columns as in ``findings.STORED``.
    """

    attempts: pd.DataFrame
    findings: pd.DataFrame

    def read_attempts(self) -> pd.DataFrame:
        """Return the attempts."""
        return self.attempts


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
    """

    rules: tuple[FindingRule, ...]
    traits: tuple[Traits, ...]
    lacks: tuple[Lack | None, ...]
    said: Mapping[int, Mapping[str, Sequence[AppLine]]]
    starts: Mapping[int, Sequence[int]]
    servers: tuple[str, ...]
    given: frozenset[str]

    def find(
        self, week: str | None, rows: Rows, privacy: Privacy = NOTHING_HIDDEN
    ) -> tuple[pd.DataFrame, NDArray[np.int32]]:
        """Find the findings of a week.

        Args:
            week: name of the week; None: attempts without a known time, which have no findings.
            rows: its attempts.
            privacy: what is hidden of people in the words of findings.

        Returns:
            The findings, columns as in ``findings.STORED``, as if it was the only week; and for each attempt the row of
            the finding that explains it, -1 for none.
        """
        explained = np.full(len(rows), -1, np.int32)
        if week is None:
            return findings.no_findings(), explained
        attempts = AttemptColumns.of(rows, self.traits, self.lacks)
        found = diagnosis.diagnose(attempts, np.arange(len(attempts.time)), self.rules, self.said, self.starts)
        for number, finding in enumerate(found):
            explained[finding.rows] = number
        return findings.tabulate_findings(week, found, attempts.shown(privacy), self.servers, self.given), explained


@dataclass(frozen=True, slots=True)
class Result:
    """What a run found.

    Attributes:
        decided: the attempts.
        coverage: one row for each source.
        exported: one line for each given export: how much of it was joined with attempts; and one if times of attempts
            are not sure.
        entries: the account of each source, in their order.
        zone: time zone in which weeks begin.
        causes: what is needed to find the causes of the attempts of a week.
        doubts: lines of which it is not certain whether two sources hold the same.
        privacy: what the tables hide of people.
    """

    decided: DecidedAttempts
    coverage: pd.DataFrame
    exported: tuple[str, ...]
    entries: tuple[Coverage, ...]
    zone: tzinfo
    causes: Causes
    doubts: tuple[Doubt, ...] = ()
    privacy: Privacy = NOTHING_HIDDEN

    def week(self, name: str | None) -> Week:
        """Return what was found in a week, which may be nothing; None: attempts without a known time, no findings."""
        rows = self.decided.of(name)
        found, explained = self.causes.find(name, rows, self.privacy)
        attempts = frame_of(rows, name, self.zone, self.privacy)
        return Week(attempts.assign(finding=_name_findings(found, explained)), found)

    def compared(self, names: Iterable[str]) -> Iterator[tuple[str, Week, pd.DataFrame | None]]:
        """Yield some weeks in order: name, what was found, and the attempts of the week before; None if it has none.

        Raises:
            ValueError: the name of a week is malformed, or its year has no such week.
        """
        wanted, past = set(names), Past()
        last = max((source.last for source in self.entries if source.last is not None), default=None)
        before: tuple[str, pd.DataFrame] | None = None
        for name in sorted(wanted.union(self.decided.weeks)):
            found = self.week(name)
            told, lives = follow(found.findings, past, ends=shows_ends(*week_bounds(name, self.zone), last))
            past = Past(found.findings, {**past.lives, **lives}, found.read_attempts)
            if name in wanted:
                near = before is not None and before[0] == previous_week(name)
                yield name, found._replace(findings=told), before[1] if before is not None and near else None
            before = None if found.attempts.empty else (name, found.attempts)

    def table(self, wanted: Sequence[str] | None = None) -> pd.DataFrame:
        """Return the attempts of some weeks as in ``Week``; None: all attempts, also those without a known time."""
        whole = frame_of(self.decided.whole(wanted), None, self.zone, self.privacy)
        keys, week = np.full(len(whole), None, object), whole["week"].cat
        for code, name in enumerate(week.categories):  # attempts of a week are in the same order here and there
            keys[week.codes == code] = _name_findings(*self.causes.find(name, self.decided.of(name), self.privacy))
        return whole.assign(finding=pd.Categorical(keys))

    @property
    def attempts(self) -> pd.DataFrame:
        """All attempts, columns as in ``schema.ATTEMPTS``, texts as objects, None for no text."""
        return with_plain_texts(self.table())

    @property
    def findings(self) -> pd.DataFrame:
        """The findings of all weeks, as in ``Week``."""
        found = [self.week(name).findings for name in self.decided.weeks]
        return pd.concat(found, ignore_index=True) if found else self.week(None).findings


def _name_findings(found: pd.DataFrame, explained: NDArray[np.int32]) -> pd.Categorical:
    """Return the key of the finding that explains each attempt."""
    codes, words = pd.factorize(found["key"].to_numpy(object))
    return pd.Categorical.from_codes(np.append(codes, -1)[explained], pd.Index(words, dtype=object))
