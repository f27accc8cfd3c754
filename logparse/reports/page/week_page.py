"""The page of a week: its tables to one HTML file, in which no text of a log can do anything.

Owns: what the page says, in which order, and what protects it from texts that strangers wrote. Must not know: where
the tables come from.

The list of attempts is a block of JSON that a script reads as data.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from os.path import commonprefix
from typing import TYPE_CHECKING, Final

import pandas as pd

from logparse.common.schema import SEVERITIES, Outcome, Severity
from logparse.common.text import count, printable
from logparse.common.weeks import week_bounds
from logparse.reports.finding_past import STATUSES
from logparse.reports.page import charts
from logparse.reports.page.cards import as_texts, group_causes, part_findings, tell_explained
from logparse.reports.page.rendering import render
from logparse.reports.page.security import list_matters
from logparse.reports.page.small_charts import draw_tiles, draw_timelines

if TYPE_CHECKING:
    from datetime import tzinfo

    from logparse.reports.page.newcomers import Newcomers

#: Attempts that the page holds, the last ones that did not succeed first; all of them are in the data set.
MOST_ATTEMPTS: Final = 2_000
#: Findings of one cause that are shown, and reasons and logs that are listed.
_MOST_CARDS: Final = 20
_MOST_REASONS: Final = 20
_MOST_LOGS: Final = 40
#: More logs are listed only when somebody asks, so that the findings behind them are on the first screen.
_MOST_OPEN: Final = 8
#: Cells of a finding that are listed with it, and what they are called there.
DETAILS: Final = {
    "users": "Users", "clients": "Addresses", "dags": "DAGs", "meant": "Probably meant", "retries": "Does not give up",
    "intruder_runs": "Runs made from there", "succeeded": "Succeeded in that time", "likely_trigger": "Likely trigger",
    "missing": "Missing",
}  # fmt: skip
_HOURS_OF_A_BAR: Final = 3
_LISTED: Final = (
    "time", "outcome", "reason", "user", "dag_id", "client", "channel", "status", "confidence", "line",
)  # fmt: skip
#: Columns of attempts of which a page is made.
COLUMNS: Final = (*_LISTED, "source", "finding")


@dataclass(frozen=True, slots=True)
class WeekTables:
    """What a page is made of.

    Attributes:
        week: name of the week.
        zone: of days and hours.
        attempts: ``COLUMNS`` at least, as in ``schema.ATTEMPTS``.
        findings: columns as in the report ``findings``.
        reasons: columns as in the report ``by_reason``.
        coverage: columns as in the report ``coverage``.
        notes: sentences about the week, such as which parts of it no log reaches into.
        past: the last weeks up to this one, the earliest first.
        links: texts and targets of links to other pages.
        made: how the week was made: names and values of what could be otherwise.
        newcomers: users and clients of whom no earlier week of ``past`` has an attempt; None: there is no earlier week.
    """

    week: str
    zone: tzinfo
    attempts: pd.DataFrame
    findings: pd.DataFrame
    reasons: pd.DataFrame
    coverage: pd.DataFrame
    notes: tuple[str, ...] = ()
    past: tuple[charts.WeekCounts, ...] = ()
    links: tuple[tuple[str, str], ...] = ()
    made: tuple[tuple[str, str], ...] = ()
    newcomers: tuple[Newcomers, ...] | None = None


def write_page(tables: WeekTables) -> str:
    """Return the page of a week as HTML.

    It needs no other file and no network. It holds at most ``MOST_ATTEMPTS`` attempts.
    """
    attempts = tables.attempts
    needed, ended, harmless = part_findings(tables.findings)
    causes, matrix = group_causes(needed), charts.draw_matrix(attempts)
    low = [cause for cause in causes if cause.severity == Severity.LOW]
    return render(
        "week.html.j2",
        script="page.js",
        tables=tables,
        links=tables.links,
        tiles=draw_tiles(attempts, tables.past),
        timelines=draw_timelines(attempts, tables.zone, _HOURS_OF_A_BAR),
        verdict=tell_verdict(attempts, needed),
        outcomes={str(outcome): word for outcome, word in charts.OUTCOMES.items()},
        severities=[
            (str(each), sum(card["severity"] == each for card in needed))
            for each in SEVERITIES
            if each != Severity.INFO
        ],
        causes=[cause for cause in causes if cause.severity != Severity.LOW],
        lives=_count_lives(needed + ended) if len(tables.past) > 1 else [],
        low=low,
        low_explains=tell_explained([card for cause in low for card in cause.cards]),
        most_cards=_MOST_CARDS,
        matters=list_matters(causes),
        details=DETAILS,
        ended=ended,
        harmless=harmless,
        coverage=_list_logs(tables),
        troubled=int((tables.coverage["problem"].fillna("") != "").sum()),
        lines=[int(tables.coverage[name].sum()) for name in ("unparsed", "lines", "attempts_without_time")],
        most_open=_MOST_OPEN,
        failed=int(attempts["outcome"].isin([str(outcome) for outcome in charts.FAILURES]).sum()),
        bars=charts.draw_bars(attempts, tables.zone, _HOURS_OF_A_BAR),
        hours=charts.draw_hours(attempts, tables.zone),
        matrix=matrix,
        reasons=_list_reasons(tables.reasons),
        deployments=tables.reasons["deployment"].notna().any(),
        confidences=attempts["confidence"].astype(object).value_counts().to_dict(),
        unknown=int(attempts["user"].isna().sum()),
        shown=min(len(attempts), MOST_ATTEMPTS),
        data=_write_data(attempts, tables.zone, matrix),
    )  # fmt: skip


def tell_verdict(attempts: pd.DataFrame, needed: list[dict[str, str]]) -> str:
    """Say in a sentence or two how the week was."""
    if not len(attempts):
        more = f" {count(len(needed), 'finding')} about logins." if needed else ""
        return f"Nobody tried to trigger a DAG, as far as the logs show.{more}"
    holes = sum(card["severity"] == Severity.CRITICAL for card in needed)
    serious = sum(card["severity"] == Severity.HIGH for card in needed)
    made = int((attempts["outcome"] == str(Outcome.SUCCESS)).sum())
    told = f"{count(made, 'run')} made in {count(len(attempts), 'attempt')}."
    if holes:
        return f"Act now: {count(holes, 'critical finding')}. {told}"
    if serious:
        return f"{count(serious, 'finding')} of high severity. {told}"
    if not needed:
        return f"No trouble. {told}"
    which = "neither critical nor high" if len(needed) == 1 else "none of them critical or high"
    return f"{count(len(needed), 'finding')}, {which}. {told}"


def _count_lives(cards: list[dict[str, str]]) -> list[tuple[str, int]]:
    """Return how many findings have come, gone on and ended since the week before."""
    counts = Counter(card["status"] for card in cards)
    return [(status, counts[status]) for status in STATUSES]


def _list_logs(tables: WeekTables) -> list[tuple[dict[str, str], charts.Strip | None]]:
    """The logs that the page names, those with problems first, and the part of the week that each reaches into."""
    coverage, bounds = tables.coverage, week_bounds(tables.week, tables.zone)
    bad = coverage["problem"].notna() | (coverage["unparsed"] > 0)
    rows = coverage.assign(_fine=~bad).sort_values("_fine", kind="stable").head(_MOST_LOGS).to_dict("records")
    return [
        (
            as_texts(row),
            None if pd.isna(row["first_time"]) else charts.draw_strip(row["first_time"], row["last_time"], bounds),
        )
        for row in rows
    ]


def _list_reasons(reasons: pd.DataFrame) -> list[dict[str, str]]:
    failed = reasons[reasons["outcome"] != str(Outcome.SUCCESS)]
    top = failed.sort_values("attempts", ascending=False, kind="stable").head(_MOST_REASONS)
    return [as_texts(row) for row in top.to_dict("records")]


def _write_data(attempts: pd.DataFrame, zone: tzinfo, matrix: charts.Grid) -> str:
    """The attempts that the page lists, as JSON that can stand in a script element; each text once.

    The matrix is there hour by hour, of all attempts.
    """
    failed = attempts["outcome"] != str(Outcome.SUCCESS)
    newest = attempts.assign(_failed=failed).sort_values(["_failed", "time"], ascending=False, kind="stable")
    part = newest.head(MOST_ATTEMPTS)
    sources = part["source"].astype(object)
    same = commonprefix(sources.unique().tolist())  # noqa: RUF071 - addresses of stores too; cut at its last slash
    start = same[: same.rfind("/") + 1]
    place = sources.str[len(start) :] + ":" + part["line"].astype(str)
    texts = part.assign(time=part["time"].dt.strftime("%Y-%m-%dT%H:%M:%SZ"), line=place)[[*_LISTED]]
    rows = [
        ["" if pd.isna(value) else printable(value) if isinstance(value, str) else int(value) for value in row]
        for row in texts.astype(object).itertuples(index=False, name=None)
    ]
    hours = charts.count_hours(part, zone).tolist()
    texts_at: dict[str | int, int] = {}
    coded = [[texts_at.setdefault(value, len(texts_at)) for value in row] for row in rows]
    told = {
        "columns": _LISTED, "texts": [*texts_at], "rows": coded, "folder": printable(start), "hours": hours,
        "total": len(attempts), "matrix": charts.count_matrix(attempts, matrix, zone),
    }  # fmt: skip
    text = json.dumps(told, ensure_ascii=True, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")
