"""Whether the causes that were planted in made-up logs are found: with whom, on what, since when.

Owns: what counts as found. Must not know: which causes there are.
"""

from __future__ import annotations

import tempfile
from collections import defaultdict
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pandas as pd
from typer.testing import CliRunner

from logparse.cli import app

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

from fleet_logs import DAY, START, WEEKS, Cause, Fleet

#: How far `since` and `until` may be off.
TOLERANCE: Final = timedelta(minutes=1)


def report_weeks(fleet: Fleet, folder: Path) -> pd.DataFrame:
    """Report each week when it is over; return the findings of all weeks, with ``week`` and ``deployment``."""
    out = folder / "out"
    for number, week in enumerate(WEEKS):
        start, end = START + 7 * number * DAY, START + 7 * (number + 1) * DAY
        for deployment in dict.fromkeys(server.partition("/")[0] for server in fleet.lines):
            logs = []
            for server, lines in fleet.lines.items():
                mine = [f"{text}\n" for time, _, text in sorted(lines) if start <= time < end]
                mine = mine[::-1] if server in fleet.newest_first else mine
                if server.startswith(f"{deployment}/") and mine:
                    logs.append(folder / week / f"{server}.log")
                    logs[-1].parent.mkdir(parents=True, exist_ok=True)
                    logs[-1].write_text("".join(mine), "utf-8")
            done = CliRunner().invoke(
                app, ["report", *map(str, logs), "--out", str(out), "--deployment", deployment, "--workers", "1"]
            )
            if done.exit_code:
                raise SystemExit(done.output)
    tables = [pd.read_csv(out / week / "findings.csv", keep_default_na=False).assign(week=week) for week in WEEKS]
    found = pd.concat(tables, ignore_index=True)
    return found.assign(
        **{name: pd.to_datetime(found[name], utc=True, format="ISO8601") for name in ("since", "until")}
    )


def score(cause: Cause, found: pd.DataFrame) -> dict[str, bool]:
    """Return what is right about a cause in all weeks in which it was there."""
    mine, weeks = [], 0
    found = found[found["deployment"] == cause.deployment]
    for number, week in enumerate(WEEKS):
        start, end = START + 7 * number * DAY, START + 7 * (number + 1) * DAY
        if any(start <= time < end for time in cause.times):
            weeks += 1
            there = found[(found["week"] == week) & (found["status"] != "ended") & found["finding"].isin(cause.names)]
            mine += [row for row in there.to_dict("records") if cause.people & _names(row)][:1]
    last = found[(found["key"] == (mine[-1]["key"] if mine else "")) & found["until"].notna()]["until"].to_list()
    ends = [max(cause.times)] if cause.over else []
    return {
        "found": len(mine) == weeks,
        "people": len(mine) == weeks and set().union(*map(_names, mine)) >= cause.people,
        "DAGs": len(mine) == weeks and all(set(row["dags"].split(", ")) <= cause.dags for row in mine),
        "since": len(mine) == weeks and all(_is_near(row["since"], min(cause.times)) for row in mine),
        "trigger": len(mine) == weeks and all(bool(row["likely_trigger"]) is cause.started for row in mine),
        "until": len(mine) == weeks and bool(last) == bool(ends) and all(map(_is_near, last[-1:], ends)),
    }


def _is_near(one: datetime, other: datetime) -> bool:
    return abs(one - other) <= TOLERANCE


def _names(row: Mapping[Any, Any]) -> set[str]:
    return {*row["users"].split(", "), *row["clients"].split(", ")}


def measure(seed: int, plants: Sequence[Callable[[Fleet], None]]) -> dict[str, Any]:
    """Make a fleet, report it, and return the figures."""
    fleet = Fleet(seed)
    for plant in plants:
        plant(fleet)
    with tempfile.TemporaryDirectory() as folder:
        found = report_weeks(fleet, Path(folder))
    scores = {f"{cause.deployment}: {cause.what}": score(cause, found) for cause in fleet.causes}
    shown = found[found["severity"] != "info"]
    known: defaultdict[str, set[str]] = defaultdict(set)
    for cause in fleet.causes:
        known[cause.deployment] |= cause.names
    more = [row for row in shown.to_dict("records") if row["finding"] not in known[row["deployment"]]]
    return {
        "causes": scores,
        "rows": int(shown.groupby(["week", "deployment"]).size().max()),
        "others": [(row["week"], row["deployment"], row["finding"], row["users"] or row["clients"]) for row in more],
        "table": found,
    }


def main(seeds: list[int], plants: Sequence[Callable[[Fleet], None]]) -> None:
    """Print the figures of some fleets."""
    for seed in seeds:
        figures = measure(seed, plants)
        scores = figures["causes"]
        print(f"seed {seed}: {len(scores)} causes, {figures['rows']} rows in a week and deployment at most")
        for name in ("found", "people", "DAGs", "since", "until", "trigger"):
            wrong = [cause for cause, each in scores.items() if not each[name]]
            print(f"  {name}: {len(scores) - len(wrong)} right; not: {', '.join(wrong) or 'none'}")
        for other in figures["others"]:
            print("  not planted:", *other)
