"""The likeliest reading of the pages that one browser got: which message each of them held.

Owns: what speaks for and against a reading. Must not know: how long a message is, which pages belong together.

What is left of a page without its message is its ground. One browser's ground is mostly the same from one view to the
next, now and then it moves by some bytes, rarely by many. So a message is the likelier, the nearer the ground that it
leaves is to the ground of other pages of that browser; and those may have held messages too, which are read together.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from itertools import pairwise
from math import inf, log
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from logparse.rules.roles import TriggerPage
from logparse.verdicts.evidence.dag_buttons import is_sent_from_dag_page
from logparse.verdicts.evidence.message_lengths import (
    Dags,
    Named,
    Style,
    length_of_denied,
    length_of_missing_dag,
    length_of_unknown_dag,
    possible_messages,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from logparse.verdicts.attempt import Attempt

#: The page of the form, as the page that a request came from.
_FORM: Final = re.compile(r"/dags/[^/?#]+/trigger/?(?:[?#]|\Z)")
#: How many readings of a page are pursued.
KEPT: Final = 24
PASSED: Final = 3
#: Costs of a ground that moved: for moving at all, for each byte, and at most.
MOVED: Final = 1.3
PER_BYTE: Final = 0.025
#: It mostly moves by multiples of 8 bytes, give or take one (1.10.15 to 2.11.0).
STEP: Final = 8
STEPPED: Final = 0.8
PER_STEP: Final = 0.06
#: The first run of a DAG makes the list longer by few steps, so less speaks against such a move behind a success.
RISEN: Final = 0.4
RISEN_STEPS: Final = 3
FAR: Final = 4.0
FURTHEST: Final = 600
#: One page in so many has another ground than the one before it, where nothing is known.
MOVING: Final = 3
#: ... or a ground that some page without a message had.
BACK: Final = 1.6
#: Messages in alphabetical order, the first one for none.
MESSAGES: Final = ("", "conflict", "dag_not_found", "denied", "import_error", "success")
_SUCCESS: Final = MESSAGES.index("success")
#: Costs of a page that no message explains, of one without a message behind an attempt, and of one with the message of
#: something else.
STRANGE: Final = 3.5
NONE: Final = 1.5
LEFT_OVER: Final = 2.5
#: ... and of one with the message that somebody opened the page of a DAG that is not loaded, which is rarer.
NOT_LOADED: Final = 3.0
#: Ids of DAGs of more lengths than this fit nearly any page.
FEW: Final = 24


@dataclass(slots=True)
class Page:
    """A page as one browser got it, with the attempt that it followed, if any."""

    size: int
    attempt: Attempt | None


class Readings(NamedTuple):
    """Readings of one page, in columns, the likeliest first.

    Attributes:
        cost: of the likeliest way to read all pages up to this one so.
        kind: the message, see ``MESSAGES``.
        ground: what is left of the page.
        rest: cost of the likeliest way to read all later pages, given this.
    """

    cost: NDArray[np.float64]
    kind: NDArray[np.int64]
    ground: NDArray[np.int64]
    rest: NDArray[np.float64]


class _Grounds(NamedTuple):
    """Grounds that speak for a move to them.

    Attributes:
        plain: sizes of pages without a message.
        often: those of two such pages or more, to which one of them can have come back.
        steady: what else speaks against each move: the more, the rarer pages without a message moved.
    """

    plain: NDArray[np.int64]
    often: NDArray[np.int64]
    steady: float

    def between(
        self, page: Page, grounds: NDArray[np.int64], kinds: NDArray[np.int64], before: NDArray[np.int64]
    ) -> NDArray[np.float64]:
        """Return what speaks against each move to that page: a row for each ground, a column for each one before."""
        risen = grounds[:, None] - before[None, :]
        by = np.minimum(np.abs(risen), FURTHEST)
        costs = _MOVES[by] - np.where(
            (kinds == _SUCCESS)[:, None] & _RISES[np.maximum(risen, 0).clip(max=FURTHEST)], RISEN, 0.0
        )
        known = np.isin(grounds, self.plain if page.attempt else self.often)[:, None]
        return np.where(known & (costs > BACK), BACK, costs) + np.where(by > 0, self.steady, 0.0)


def read_pages(chain: Sequence[Page], style: Style, dags: Dags) -> tuple[float, list[Readings]]:
    """The likeliest way to read all pages of one browser together, and the readings of each page."""
    seen = Counter(page.size for page in chain if page.attempt is None)
    plain = seen.keys() - {page.size for page in chain if page.attempt}
    often = [size for size in plain if seen[size] > 1]
    grounds = _Grounds(np.array(list(plain), np.int64), np.array(often, np.int64), _steadiness(chain))
    steps: list[Readings] = []
    for page in chain:
        kinds, lengths, costs = possible_readings(page, style, dags)
        ground = page.size - lengths
        if steps:
            before = steps[-1]
            ways = before.cost[None, :] + grounds.between(page, ground, kinds, before.ground)
            cost = np.concatenate((costs + ways.min(axis=1), before.cost[:PASSED] + STRANGE + grounds.steady))
            kinds = np.concatenate((kinds, np.zeros(len(before.cost[:PASSED]), np.int64)))
            ground = np.concatenate((ground, before.ground[:PASSED]))
        else:
            cost = costs
        best = np.lexsort((ground, kinds, cost))[:KEPT]
        steps.append(Readings(cost[best], kinds[best], ground[best], np.zeros(len(best))))
    for at in range(len(steps) - 2, -1, -1):
        here, behind = steps[at], steps[at + 1]
        moves = grounds.between(chain[at + 1], behind.ground, behind.kind, here.ground)
        own = behind.cost - (here.cost[None, :] + moves).min(axis=1) + behind.rest
        steps[at] = here._replace(rest=(own[:, None] + moves).min(axis=0))
    return float(steps[-1].cost[0]), steps


def _steadiness(chain: Sequence[Page]) -> float:
    """What speaks against any move of the ground, as pages without a message show: nothing if every third one moved."""
    sizes = [page.size for page in chain if page.attempt is None]
    moved = sum(size != before for before, size in pairwise(sizes))
    return max(log((len(sizes) + MOVING) / (MOVING * (moved + 1))), 0.0)


def possible_readings(
    page: Page, style: Style, dags: Dags
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Return kinds (see ``MESSAGES``) and lengths of the messages that a page may hold, and costs of each."""
    if page.attempt is None:
        return _behind_nothing(style, dags)
    tag, kind = page.attempt.request.tag, page.attempt.redirect.kind
    exists = False if page.attempt.dag_missing else page.attempt.dag_accepted or None
    named = None if tag.dag_id is None else Named(len(escape(tag.dag_id)), exists, page.attempt.dag_broken)
    returns_to = "origin" if _by_form(page.attempt) else tag.returns_to
    returns_to = "dag_page" if is_sent_from_dag_page(page.attempt) else returns_to
    return _behind_attempt(style, dags, tag.endpoint.page, returns_to, kind, named)


def _by_form(attempt: Attempt) -> bool:
    """Whether the form was sent, which names the page to return to in its body: from 2.7 on, its page is known."""
    access, page = attempt.request.access, attempt.request.tag.endpoint.page
    if access.method != "POST" or access.referer is None:  # HEAD makes a run, too, and has no body
        return False
    return page == TriggerPage.MODERN and _FORM.search(access.referer) is not None


@lru_cache(maxsize=1 << 6)
def _behind_nothing(style: Style, dags: Dags) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Messages that a page may hold that no attempt led to."""
    messages = [("", 0, 0.0), ("denied", length_of_denied(style), LEFT_OVER)]
    if not style.denied:
        messages += [("dag_not_found", length_of_unknown_dag(style, dag), LEFT_OVER) for dag in sorted(dags.unproven)]
    if style.conflict and len(dags.all) <= FEW:
        messages += [("", length_of_missing_dag(style, dag), NOT_LOADED) for dag in dags.all]
    return _in_columns(messages)


def _in_columns(
    messages: Sequence[tuple[str, int, float]],
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    kinds, lengths, costs = zip(*messages, strict=True)
    return np.array([MESSAGES.index(kind) for kind in kinds], np.int64), np.array(lengths), np.array(costs, np.float64)


@lru_cache(maxsize=1 << 10)
def _behind_attempt(
    style: Style, dags: Dags, page: str, returns_to: str, redirect: str, named: Named | None
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Messages that the page after an attempt may hold, their lengths, and the least that speaks against each."""
    least: dict[tuple[str, int], float] = {("", 0): NONE}
    for cost, kind, length in possible_messages(style, dags, page, returns_to, redirect, named):
        least[kind, length] = min(cost, least.get((kind, length), inf))
    return _in_columns([(kind, length, cost) for (kind, length), cost in least.items()])


def is_step(by: int) -> bool:
    """Return whether grounds mostly move by so many bytes, if they do."""
    steps, rest = divmod(by + 1, STEP)
    return steps > 0 and rest <= 2  # noqa: PLR2004


def _moves() -> NDArray[np.float64]:
    """What speaks against a ground that moved, by bytes."""
    costs = [0.0]
    while (by := len(costs)) < FURTHEST:
        costs.append(min(STEPPED + PER_STEP * ((by + 1) // STEP) if is_step(by) else MOVED + PER_BYTE * by, FAR))
    return np.array([*costs, FAR])


#: What speaks against a ground that moved, by bytes; the last one stands for all that are more.
_MOVES: Final = _moves()
#: Which moves are those of a list that became longer by few steps.
_RISES: Final = np.array([is_step(by) and by <= RISEN_STEPS * STEP + 1 for by in range(FURTHEST + 1)])
