"""All that comes after reading: evidence, verdicts, names, causes, and the tables of them.

Owns: the order of these steps. Must not know: how any step works, how sources are read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from logparse.common.weeks import previous_week
from logparse.findings import diagnosis
from logparse.findings.attempt_columns import Tried
from logparse.reports import findings
from logparse.verdicts.frame import frame_of, with_plain_texts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import tzinfo

    from logparse.findings.attempt_columns import Line
    from logparse.findings.traits import Traits
    from logparse.rules.model import FindingRule
    from logparse.scans.pieces.merging import Doubt
    from logparse.scans.scan import Coverage
    from logparse.verdicts.expansion import DecidedAttempts
    from logparse.verdicts.permissions import Lack
    from logparse.verdicts.rows import Rows


class Week(NamedTuple):
    """What a run found in one week.

    Attributes:
        attempts: one row each, columns as in ``schema.ATTEMPTS``, texts as categories.
        findings: one row a cause, columns as in the report of findings, and ``week``.
    """

    attempts: pd.DataFrame
    findings: pd.DataFrame


@dataclass(frozen=True, slots=True)
class Causes:
    """Finds causes among attempts.

    Attributes:
        rules: findings, in the order in which they claim attempts.
        kinds: all traits that there are.
        lacks: what refused callers lacked, those that attempts name.
        said: by server, the event rules that fitted any of its app lines, and when those were written; only those that
            findings ask for.
    """

    rules: tuple[FindingRule, ...]
    kinds: tuple[Traits, ...]
    lacks: tuple[Lack | None, ...]
    said: Mapping[int, Mapping[str, Sequence[Line]]]

    def tried(self, rows: Rows) -> Tried:
        """Attempts as causes are found in them."""
        return Tried.of(rows, self.kinds, self.lacks)

    def found(self, week: str | None, tried: Tried) -> pd.DataFrame:
        """Causes among the attempts of a week, columns as in the report of findings, and ``week``; None: no causes."""
        if week is None:
            return findings.tabulate_findings({}, tried)
        found = diagnosis.diagnose(tried, np.arange(len(tried.time)), self.rules, self.said)
        return findings.tabulate_findings({week: found}, tried)


@dataclass(frozen=True, slots=True)
class Result:
    """What a run found.

    Attributes:
        decided: the attempts.
        coverage: one row a source.
        exported: what each export that was given came to, a line each.
        entries: what the sources were, in their order.
        zone: in which weeks begin.
        causes: finds those of the attempts of a week.
        doubts: what a rule decided that could be otherwise.
    """

    decided: DecidedAttempts
    coverage: pd.DataFrame
    exported: tuple[str, ...]
    entries: tuple[Coverage, ...]
    zone: tzinfo
    causes: Causes
    doubts: tuple[Doubt, ...] = ()

    def week(self, name: str | None) -> Week:
        """What was found in one of ``decided.weeks``, any other is empty; None: without one, where no cause is told."""
        rows = self.decided.of(name)
        return Week(frame_of(rows, name, self.zone), self.causes.found(name, self.causes.tried(rows)))

    def compared(self, names: Iterable[str]) -> Iterator[tuple[str, Week, pd.DataFrame | None]]:
        """What was found in each of some weeks, in order, with the attempts of the week before, if it has any.

        Raises:
            ValueError: a week is malformed, or its year has no such week.
        """
        before: tuple[str, pd.DataFrame] | None = None
        for name in sorted(set(names)):
            past = previous_week(name)
            if before is None or before[0] != past:
                before = (past, self.table([past])) if past in self.decided.weeks else None
            found = self.week(name)
            yield name, found, None if before is None else before[1]
            before = None if found.attempts.empty else (name, found.attempts)

    def table(self, wanted: Sequence[str] | None = None) -> pd.DataFrame:
        """The attempts of some weeks, as in ``Week``; None: all, with those without a known time."""
        return frame_of(self.decided.whole(wanted), None, self.zone)

    @property
    def attempts(self) -> pd.DataFrame:
        """All attempts, columns as in ``schema.ATTEMPTS``, texts as objects, None for none."""
        return with_plain_texts(self.table())

    @property
    def findings(self) -> pd.DataFrame:
        """The findings of all weeks, as in ``Week``."""
        found = [self.week(name).findings for name in self.decided.weeks]
        return pd.concat(found, ignore_index=True) if found else self.week(None).findings
