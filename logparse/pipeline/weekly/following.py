"""The report ``findings`` of weeks: what a week alone shows, and what earlier weeks of the archive show about it.

Owns: which weeks are looked at, and storing their findings. Must not know: how findings go on from week to week
(``reports.finding_lives``), how a week is made.
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import pandas as pd
import pyarrow as pa

from logparse.archive.index import NONE
from logparse.common.errors import OutputError
from logparse.common.weeks import week_bounds
from logparse.pipeline.weekly.attempt_names import name_attempts
from logparse.pipeline.weekly.derivation import FINDING_COLUMNS
from logparse.pipeline.weekly.week_reports import read_attempts, select_deployment
from logparse.reports import findings
from logparse.reports.finding_lives import follow, shows_ends
from logparse.reports.finding_past import ENDED, Life, Past
from logparse.reports.report import DEPLOYMENT, conform
from logparse.reports.table_files import encode_table
from logparse.reports.table_reading import decode_table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import tzinfo

    from logparse.archive.index import Index, Week
    from logparse.archive.storage.interface import Storage
    from logparse.pipeline.weekly.derivation import MadeWeek
    from logparse.reports.table_files import FileFormat


def follow_findings(storage: Storage, index: Index, made: Mapping[str, MadeWeek], zone: tzinfo) -> None:
    """Write the report ``findings`` of weeks that were made, and of all later ones, into the archive.

    The attempts of these weeks are written again where a finding has another name than its own week gives it.

    What a week shows alone is stored, so the reports do not depend on the order in which weeks were made.

    Args:
        storage: where the archive is.
        index: the archive, which is changed.
        made: by name, weeks that were made just now; their counts of findings are added.
        zone: in which weeks begin.

    Raises:
        OutputError: findings cannot be read or written.
    """
    names = sorted(name for name, week in index.weeks.items() if name != NONE and week.causes)
    first = min(made.keys() - {NONE}, default="")
    changed = [name for name in names if first and name >= first]
    pasts = _find_pasts(storage, index, [name for name in names if name not in changed]) if changed else {}
    last = _find_ends(index)
    for name in changed:
        week = index.weeks[name]
        found = made[name].findings if name in made else _read_findings(storage, week)
        start, end = week_bounds(name, zone)
        parts, called = [], {}
        for label in week.labels:
            mine, past = found[found[DEPLOYMENT.name] == label], pasts.get(label, Past())
            told, lives = follow(mine, past, ends=shows_ends(start, end, last.get(label)))
            parts.append(told.assign(deployment=label or None))
            week.lives[label] = {key: [*life] for key, life in lives.items()}
            called[label] = {key: life.key for key, life in lives.items() if life.key != key and life.severity}
            pasts[label] = Past(mine, {**past.lives, **lives}, _reader(storage, index, name, label))
        name_attempts(storage, week, called)
        _write_report(storage, week, pd.concat(parts, ignore_index=True), made.get(name))


def _write_report(storage: Storage, week: Week, told: pd.DataFrame, made: MadeWeek | None) -> None:
    several = (DEPLOYMENT,) if len(week.labels) > 1 else ()
    form: FileFormat = "parquet" if week.form == "parquet" else "csv"
    columns = (*several, *findings.REPORT.columns)
    week.reports[findings.REPORT.name] = storage.put(encode_table(conform(told, columns), columns, form))
    there = told[told["status"] != ENDED]
    week.findings = {str(name): int(number) for name, number in there.groupby("finding")["attempts"].sum().items()}
    if made is not None:
        made.causes = week.findings
        made.tally.add_findings(told)


def _find_pasts(storage: Storage, index: Index, names: list[str]) -> dict[str, Past]:
    """Return what is known after some weeks, by deployment."""
    lives: defaultdict[str, dict[str, Life]] = defaultdict(dict)
    last: dict[str, str] = {}
    for name in names:
        for label, told in index.weeks[name].lives.items():
            lives[label] |= {key: Life(*values) for key, values in told.items()}
            last[label] = name
    held = {name: _read_findings(storage, index.weeks[name]) for name in set(last.values())}
    return {
        label: Past(
            held[name][held[name][DEPLOYMENT.name] == label], lives[label], _reader(storage, index, name, label)
        )
        for label, name in last.items()
    }


def _reader(storage: Storage, index: Index, name: str, label: str) -> Callable[[], pd.DataFrame]:
    """Return what reads the attempts of a deployment in a week."""
    week = index.weeks[name]
    return lambda: select_deployment(read_attempts(storage, week.part, name), label, week.labels)


def _find_ends(index: Index) -> dict[str, int]:
    """Return the last time in the logs of each deployment, microseconds UTC."""
    ends: dict[str, int] = {}
    for entry in index.sources.values():
        if entry.span is not None:
            ends[entry.deployment] = max(entry.span[1], ends.get(entry.deployment, 0))
    return ends


def _read_findings(storage: Storage, week: Week) -> pd.DataFrame:
    """Return the findings of a week as they are without other weeks."""
    try:
        with storage.open(week.causes) as stream:
            found = decode_table(stream.read(), FINDING_COLUMNS, "parquet")
    except (OSError, ValueError, pa.ArrowException) as error:
        raise OutputError(storage.place, f"findings cannot be read ({error}); see archive verify") from error
    return found.assign(logins=found["logins"].fillna(0))  # an earlier version has not counted them
