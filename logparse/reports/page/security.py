"""The part of a page on security: which causes are attacks and holes, and which runs were made from there.

Owns: what this part says of a cause. Must not know: how a finding is shown in full.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from logparse.common.schema import Outcome, Security

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from logparse.reports.page.cards import Cause

#: Why a finding is a matter of security, as people say it.
WORDS: Final = {
    Security.GUESSING: "names or passwords were tried",
    Security.OPEN: "runs without credentials",
    Security.FORGED: "tokens that this Airflow did not make",
    Security.MISUSED: "credentials that nobody should use any more, or that many use",
}
#: Findings of one cause whose callers are named.
_NAMED: Final = 5


class Matter(NamedTuple):
    """A cause that is a matter of security.

    Attributes:
        cause: its findings.
        why: why it is one.
        who: users and addresses.
        since: time of the first attempt, as text.
        servers: the deployments, if they have names.
        runs: which runs were made; empty: nothing is known of that.
    """

    cause: Cause
    why: str
    who: str
    since: str
    servers: str
    runs: str


def list_matters(causes: Iterable[Cause]) -> list[Matter]:
    """Return the causes that are matters of security, in their order."""
    told: set[str] = set()
    return [
        Matter(
            cause, WORDS[Security(cause.cards[0]["security"])],
            _join([" from ".join(filter(None, (card["users"], card["clients"]))) for card in cause.cards]),
            min(card["since"] for card in cause.cards),
            _join([card["server"] for card in cause.cards]),
            _tell_runs(cause, told),
        )
        for cause in causes
        if cause.cards[0].get("security")
    ]  # fmt: skip


def _join(texts: Sequence[str]) -> str:
    different = list(dict.fromkeys(filter(None, texts)))
    more = len(different) - _NAMED
    return "; ".join(different[:_NAMED]) + (f" and {more} more" if more > 0 else "")


def _tell_runs(cause: Cause, told: set[str]) -> str:
    """Return which runs were made, or that they are listed already."""
    runs = [card["intruder_runs"] for card in cause.cards if card["intruder_runs"]]
    if runs:
        new = [each for each in dict.fromkeys(runs) if each not in told]
        told.update(new)
        return _join(new) or "those above"
    if all(card["outcome"] == Outcome.SUCCESS for card in cause.cards):
        return "these attempts"
    return "none" if cause.cards[0]["security"] == Security.GUESSING else ""
