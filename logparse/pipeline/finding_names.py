"""Which findings explain attempts of several weeks, by the names that these findings have in the report of each week.

Owns: going through the weeks for this. Must not know: what a finding is called, and why.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from logparse.reports.finding_lives import find_lives
from logparse.reports.finding_past import Past
from logparse.reports.findings import list_findings, make_table, name_findings, rename_findings

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from logparse.causes.attempt_columns import AttemptColumns
    from logparse.causes.finding import Finding


def name_attempts(
    found: Sequence[Finding],
    among: AttemptColumns,
    attempts: pd.DataFrame,
    weeks: Sequence[str],
    servers: Sequence[str],
) -> pd.Categorical:
    """Return the key of the finding that explains each attempt, none if no finding does.

    Args:
        found: the findings of all weeks.
        among: the attempts that they were found in.
        attempts: these attempts, columns as in ``schema.ATTEMPTS``.
        weeks: names of the weeks that have anything, in order.
        servers: names of the deployments; empty if it is the only one.
    """
    named = name_findings(found, among, servers)
    if len(weeks) < 2 or not any(one.begun for one in found):  # noqa: PLR2004
        return named
    codes, names = attempts["week"].cat.codes.to_numpy(), attempts["week"].cat.categories.to_list()
    past = Past()
    for week in weeks:
        code = names.index(week) if week in names else len(names)
        mine = np.flatnonzero(codes == code)
        of_week = [one for one in found if codes[one.rows[0]] == code]
        table = make_table(list_findings(week, [(of_week, among)], servers, frozenset()))
        lives = find_lives(table, past)
        past = Past(table, {**past.lives, **lives}, partial(attempts.take, mine))
        called = {key: life.key for key, life in lives.items() if life.key != key and life.severity}
        if called:
            named = rename_findings(named, called, mine)
    return named
