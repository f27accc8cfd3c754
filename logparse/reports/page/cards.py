"""Findings as a page and a digest show them: cells as texts, parted by what is to be done, those of one cause together.

Owns: which findings belong together. Must not know: where they stand on a page.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple

import pandas as pd

from logparse.common.schema import SEVERITIES, Severity
from logparse.common.text import count, printable
from logparse.reports.finding_past import ENDED

if TYPE_CHECKING:
    from collections.abc import Mapping


_WORST_FIRST: Final = [str(severity) for severity in SEVERITIES]
#: Findings of one cause whose callers are named with it.
_NAMED: Final = 3


class Cause(NamedTuple):
    """Findings of one cause: their severity, how much they explain, whom, and the cells of each finding as texts."""

    severity: str
    explains: str
    who: str
    cards: list[dict[str, str]]


def part_findings(
    findings: pd.DataFrame,
) -> tuple[list[dict[str, str]], list[dict[str, str]], list[dict[str, str]]]:
    """Return the findings that need action, those that have ended, and those that need none, their cells as texts.

    Two further cells are made: ``explains`` says how many attempts or logins it is about, and ``anchor`` is the id of
    the element that shows it.
    """
    cards = [as_texts(row) for row in findings.to_dict("records")]
    cards = [
        card | {"explains": tell_explained([card]), "anchor": f"finding-{number}"}
        for number, card in enumerate(cards, 1)
    ]
    ended = [card for card in cards if card["status"] == ENDED]
    rest = [card for card in cards if card["status"] != ENDED]
    needed, harmless = (
        [card for card in rest if (card["severity"] == Severity.INFO) == info] for info in (False, True)
    )
    return needed, ended, harmless


def group_causes(cards: list[dict[str, str]]) -> list[Cause]:
    """Put findings of one cause together, the worst and those that explain most first, whatever Airflow they are of."""
    groups: dict[tuple[str, str], list[dict[str, str]]] = {}
    for card in cards:
        groups.setdefault((card["severity"], card["finding"]), []).append(card)
    causes = [Cause(key[0], tell_explained(of), _name_callers(of), of) for key, of in groups.items()]
    return sorted(causes, key=lambda cause: (_WORST_FIRST.index(cause.severity), -_count(cause.cards, "attempts")))


def tell_explained(cards: list[dict[str, str]]) -> str:
    """Say how many attempts some findings explain; how many logins, if they are about logins alone."""
    attempts, logins = (_count(cards, name) for name in ("attempts", "logins"))
    return count(logins, "login") if logins and not attempts else count(attempts, "attempt")


def _count(cards: list[dict[str, str]], column: str) -> int:
    return sum(int(card[column] or 0) for card in cards)


def _name_callers(cards: list[dict[str, str]]) -> str:
    callers = list(dict.fromkeys(filter(None, (card["users"] or card["clients"] for card in cards))))
    more = ["..."] if len(callers) > _NAMED else []
    return "; ".join([*callers[:_NAMED], *more])


def as_texts(row: Mapping[Any, Any]) -> dict[str, str]:
    """The cells of a row as texts for people."""
    return {str(name): "" if pd.isna(value) else printable(str(value)) for name, value in row.items()}
