"""The page of a week: its tables to one HTML file, in which no text of a log can do anything.

Owns: what the page says, in which order, and what protects it from texts that strangers wrote. Must not know: where
the tables come from.

Every text goes through the escaping of Jinja2, or into a block of JSON that a script reads as data. The policy of the
page allows its own style and its own script, which are named by their digests, and nothing else: no text could run as a
script even if it got past both.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections import Counter
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

import jinja2
import pandas as pd

from logparse.common.schema import SEVERITIES, Outcome, Severity
from logparse.common.text import count, printable
from logparse.common.version import __version__
from logparse.reports.finding_lives import ENDED
from logparse.reports.page import charts

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import tzinfo

#: Attempts that the page holds, the last ones that did not succeed first; all of them are in the data set.
MOST_ATTEMPTS: Final = 2_000
#: Findings with a card of their own, and reasons that are listed.
_MOST_CARDS: Final = 40
_MOST_REASONS: Final = 20
_HOURS_OF_A_BAR: Final = 3
_LISTED: Final = (
    "time", "outcome", "reason", "user", "dag_id", "client", "channel", "status", "confidence", "source", "line",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class WeekTables:
    """What a page is made of.

    Attributes:
        week: name of the week.
        zone: of days and hours.
        attempts: columns as in ``schema.ATTEMPTS``.
        findings: columns as in the report ``findings``.
        coverage: columns as in the report ``coverage``.
        notes: sentences about the week, such as which parts of it no log reaches into.
        rules: digest of the rules that judged the attempts.
    """

    week: str
    zone: tzinfo
    attempts: pd.DataFrame
    findings: pd.DataFrame
    coverage: pd.DataFrame
    notes: tuple[str, ...] = ()
    rules: str = ""


def write_page(tables: WeekTables) -> str:
    """Return the page of a week as HTML.

    It needs no other file and no network. It holds at most ``MOST_ATTEMPTS`` attempts.
    """
    attempts = tables.attempts
    outcomes = attempts["outcome"].astype(object).value_counts()
    causes = [_readable(row) for row in tables.findings.to_dict("records")]
    ended = [card for card in causes if card["status"] == ENDED]
    needed = [card for card in causes if card["severity"] != Severity.INFO and card not in ended]
    style, script = _asset("page.css"), _asset("page.js")
    return _environment().get_template("week.html.j2").render(
        tables=tables,
        version=__version__,
        style=style,
        script=script,
        policy=f"default-src 'none'; style-src {_digest(style)}; script-src {_digest(script)}; base-uri 'none'; "
        "form-action 'none'",
        verdict=_tell_verdict(attempts, needed),
        outcomes=[
            (str(outcome), word, int(outcomes.get(str(outcome), 0)))
            for outcome, word in charts.OUTCOMES.items()
        ],
        severities=[
            (str(each), sum(card["severity"] == each for card in needed))
            for each in SEVERITIES
            if each != Severity.INFO
        ],
        cards=needed[:_MOST_CARDS],
        more_cards=len(needed) - _MOST_CARDS,
        ended=ended,
        harmless=[card for card in causes if card["severity"] == Severity.INFO],
        coverage=[_readable(row) for row in tables.coverage.to_dict("records")],
        bars=charts.draw_bars(attempts, tables.zone, _HOURS_OF_A_BAR),
        hours=charts.draw_hours(attempts, tables.zone),
        matrix=charts.draw_matrix(attempts),
        reasons=_list_reasons(attempts),
        confidences=attempts["confidence"].astype(object).value_counts().to_dict(),
        unknown=int(attempts["user"].isna().sum()),
        shown=min(len(attempts), MOST_ATTEMPTS),
        data=_write_data(attempts),
    )  # fmt: skip


def _tell_verdict(attempts: pd.DataFrame, needed: list[dict[str, str]]) -> str:
    """Say in a sentence or two how the week was."""
    if not len(attempts):
        return "Nobody tried to trigger a DAG, as far as the logs show."
    holes = sum(card["severity"] == Severity.CRITICAL for card in needed)
    serious = sum(card["severity"] == Severity.HIGH for card in needed)
    made = int((attempts["outcome"] == str(Outcome.SUCCESS)).sum())
    told = f"{count(made, 'run')} made in {count(len(attempts), 'attempt')}."
    if holes:
        return f"Act now: {count(holes, 'critical finding')}. {told}"
    if serious:
        return f"{count(serious, 'finding')} of high severity. {told}"
    return (
        f"{count(len(needed), 'finding')}, none of them critical or high. {told}" if needed else f"No trouble. {told}"
    )


def _readable(row: Mapping[Any, Any]) -> dict[str, str]:
    """The cells of a row as texts for people."""
    return {str(name): "" if pd.isna(value) else printable(str(value)) for name, value in row.items()}


def _list_reasons(attempts: pd.DataFrame) -> list[tuple[str, str, str, int]]:
    failed = attempts[attempts["outcome"] != str(Outcome.SUCCESS)]
    columns = [failed[name].astype(object).fillna("") for name in ("channel", "outcome", "reason")]
    counts = Counter(zip(*(column.to_list() for column in columns), strict=True))
    top = sorted(counts, key=lambda key: (-counts[key], key))[:_MOST_REASONS]
    return [(channel, outcome, reason, counts[channel, outcome, reason]) for channel, outcome, reason in top]


def _write_data(attempts: pd.DataFrame) -> str:
    """The attempts that the page lists, as JSON that can stand in a script element."""
    failed = attempts["outcome"] != str(Outcome.SUCCESS)
    newest = attempts.assign(_failed=failed).sort_values(["_failed", "time"], ascending=False, kind="stable")
    part = newest.head(MOST_ATTEMPTS)[[*_LISTED]]
    texts = part.assign(time=part["time"].dt.strftime("%Y-%m-%dT%H:%M:%SZ"))
    rows = [
        ["" if pd.isna(value) else printable(value) if isinstance(value, str) else int(value) for value in row]
        for row in texts.astype(object).itertuples(index=False, name=None)
    ]
    text = json.dumps({"columns": _LISTED, "rows": rows}, ensure_ascii=True, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(_asset), autoescape=True, trim_blocks=True, lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )  # fmt: skip
    environment.filters["moment"] = _shorten
    return environment


def _shorten(stamp: str) -> str:
    """Return a time without its seconds, as people write it."""
    return stamp[:16].replace("T", " ")


@cache
def _asset(name: str) -> str:
    return files("logparse.reports.page").joinpath(name).read_text("utf-8")


def _digest(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
