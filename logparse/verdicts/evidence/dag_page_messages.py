"""Which message the page of a DAG held, given the messages of its length.

Owns: which of them is the likeliest. Must not know: which page followed which attempt, outcomes.

The page of a DAG whose file cannot be loaded says so to everybody (2.2 to 2.11). So the message behind a trigger stands
beside another one there, and is shorter than alone.
"""

from __future__ import annotations

from html import escape
from math import inf
from typing import TYPE_CHECKING, Final, NamedTuple

from logparse.verdicts.evidence.message_lengths import FAILED, beside_others, length_of_import_error
from logparse.verdicts.evidence.page_readings import MESSAGES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from logparse.verdicts.attempt import Attempt
    from logparse.verdicts.evidence.message_lengths import Style

#: A success and a failure are told apart if so much more speaks against one of them.
CLEAR: Final = 0.5
#: What speaks against import errors of a DAG of which runs were made: its file broke since then, or was mended.
RAN: Final = 1.0
_IMPORT_ERROR: Final = MESSAGES.index("import_error")


class Told(NamedTuple):
    """What a page tells.

    Attributes:
        message: from ``MESSAGES``; empty for none, or if it fits none.
        cost: what speaks against it.
    """

    message: str
    cost: float


class Fits(NamedTuple):
    """What a page that an attempt led to has beyond the page without a message, and messages of that length.

    Attributes:
        length: in bytes.
        kinds: of these messages, see ``MESSAGES``.
        costs: what speaks against each.
    """

    length: int
    kinds: list[int]
    costs: list[float]


def tell_messages(attempts: Sequence[Attempt], fits: Sequence[Fits | None], style: Style) -> list[Told | None]:
    """Return what each page tells, None for a page whose length without a message nobody knows.

    Args:
        attempts: that led to the pages.
        fits: the messages that each page fits.
        style: how the version words its messages.
    """
    told = [fit and _likeliest(fit.kinds, fit.costs) for fit in fits]
    pairs = zip(attempts, told, strict=True)
    made = {attempt.request.tag.dag_id for attempt, tale in pairs if tale and tale.message == "success"}
    for number, (attempt, fit) in enumerate(zip(attempts, fits, strict=True)):
        dag = attempt.request.tag.dag_id
        if fit and dag and fit.length == length_of_import_error(beside_others(style), len(escape(dag))):
            cost = FAILED + RAN * (dag in made or attempt.dag_accepted)
            told[number] = _likeliest([*fit.kinds, _IMPORT_ERROR], [*fit.costs, cost])
    return told


def _likeliest(kinds: Sequence[int], costs: Sequence[float]) -> Told:
    """The likeliest of the messages that a page fits; none if it fits none, or one of a success and others alike."""
    least: dict[str, float] = {}
    for kind, cost in zip(kinds, costs, strict=True):
        least[MESSAGES[kind]] = min(cost, least.get(MESSAGES[kind], inf))
    ranked = sorted((cost, kind) for kind, cost in least.items())
    alike = {kind for cost, kind in ranked if cost - ranked[0][0] < CLEAR}
    if not ranked or (len(alike) > 1 and alike & {"", "success"}):
        return Told("", inf)
    return Told(ranked[0][1], ranked[0][0])
