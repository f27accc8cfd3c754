"""Which message the list of DAGs showed after a trigger, as the size of the page shows.

Owns: the likeliest reading of the pages of one browser. Must not know: how long a message is, outcomes.

A message adds its own text, the name of its category and a fixed frame to the page (measured: 148 bytes with 2.2.5 to
2.11, 215 with 2.0.2, 276 with 1.10.15; the texts are those of ``airflow/www/views.py``). So every message about a DAG
whose id is known has a length of its own.

What is left of a page without its message is its ground. One browser's ground is mostly the same from one view to the
next, now and then it moves by some bytes, rarely by many. So a message is the likelier, the nearer the ground that it
leaves is to the ground of other pages of that browser; and those may have held messages too, which are read together.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from functools import cache, lru_cache
from html import escape
from http import HTTPStatus
from math import inf
from typing import TYPE_CHECKING, Final

from logparse.rules.roles import FollowUpRole, TriggerPage
from logparse.verdicts.evidence.message_lengths import (
    NEW_STYLES,
    OLD_STYLES,
    Dags,
    Style,
    length_of_denied,
    length_of_unknown_dag,
    possible_messages,
)

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from logparse.scans.scan import Request
    from logparse.verdicts.attempt import Attempt

#: Pages of the same browser, before and behind, that one page is measured against.
AROUND: Final = 6
#: Lists of DAGs that differ by more bytes than this are those of different users.
APART: Final = 1500
#: Statuses that prove that a DAG exists.
_ACCEPTED_OR_CONFLICT: Final = frozenset({HTTPStatus.OK, HTTPStatus.CREATED, HTTPStatus.CONFLICT})
#: How many browsers are enough to find out which version this is.
SAMPLE: Final = 50
#: How many readings of a page are pursued.
KEPT: Final = 24
PASSED: Final = 3
#: Costs of a ground that moved: for moving at all, for each byte, and at most.
MOVED: Final = 1.3
PER_BYTE: Final = 0.025
#: It mostly moves by multiples of 8 bytes, give or take one (2.8.4 to 2.11.0).
STEP: Final = 8
STEPPED: Final = 0.8
PER_STEP: Final = 0.06
FAR: Final = 4.0
FURTHEST: Final = 600
#: ... or a ground that some page without a message had.
BACK: Final = 1.6
#: Costs of a page that no message explains, of one without a message behind an attempt, and of one with the message of
#: something else.
STRANGE: Final = 3.5
NONE: Final = 1.5
LEFT_OVER: Final = 2.5


@dataclass(slots=True)
class _State:
    """One reading of a page.

    Attributes:
        cost: of the likeliest way to read all pages up to this one so.
        kind: the message; empty for none.
        ground: what is left of the page.
        rest: cost of the likeliest way to read all later pages, given this.
    """

    cost: float
    kind: str
    ground: int
    rest: float = 0.0


@dataclass(slots=True)
class _Page:
    """A list of DAGs as one browser got it, with the attempt that it followed, if any."""

    size: int
    attempt: Attempt | None


def read_page_messages(requests: Sequence[Request], attempts: Sequence[Attempt]) -> None:
    """Note in each attempt that was followed by the list of DAGs which message that page held.

    Args:
        requests: in order of time.
        attempts: with the requests that followed them.
    """
    followed = {id(attempt.followed_by): attempt for attempt in attempts if attempt.followed_by is not None}
    views: defaultdict[tuple[str | None, str | None, str | None], list[Request]] = defaultdict(list)
    for request in requests:
        access = request.access
        if request.tag.role == FollowUpRole.DAG_LIST and access.status == HTTPStatus.OK and access.size:
            views[access.client, access.agent, access.user].append(request)
    chains = [chain for requests_of_browser in views.values() for chain in _chains(requests_of_browser, followed)]
    dags = _dags(attempts)
    for modern, styles in ((True, NEW_STYLES), (False, OLD_STYLES)):
        mine = [chain for chain in chains if any(page.attempt and _modern(page.attempt) == modern for page in chain)]
        if mine:
            best = min(styles, key=lambda style: sum(_read(chain, style, dags)[0] for chain in mine[:SAMPLE]))
            for chain in mine:
                _tell(chain, _read(chain, best, dags)[1])


def _dags(attempts: Sequence[Attempt]) -> Dags:
    named = {attempt.request.tag.dag_id for attempt in attempts} - {None}
    accepted = [attempt for attempt in attempts if attempt.status in _ACCEPTED_OR_CONFLICT and not _modern(attempt)]
    proven = {attempt.request.tag.dag_id for attempt in accepted}
    return Dags(
        tuple(sorted({len(escape(dag)) for dag in named if dag})),
        frozenset(len(escape(dag)) for dag in named - proven if dag),
    )


def _modern(attempt: Attempt) -> bool:
    """Whether the path is one of 2.7 and later."""
    return attempt.request.tag.endpoint.page == TriggerPage.MODERN


def _chains(views: Sequence[Request], followed: Mapping[int, Attempt]) -> list[list[_Page]]:
    """The views of one browser in order; users who see very different lists get a chain each."""
    chains: list[list[_Page]] = []
    for view in views:
        page = _Page(view.access.size or 0, followed.get(id(view)))
        fitting = next((chain for chain in reversed(chains) if abs(chain[-1].size - page.size) <= APART), None)
        if fitting is None:
            chains.append([page])
        else:
            fitting.append(page)
            chains.remove(fitting)
            chains.append(fitting)
    return [near for chain in chains if (near := _near(chain))]


def _near(chain: Sequence[_Page]) -> list[_Page]:
    """Pages that followed attempts, and those that they are measured against."""
    wanted: set[int] = set()
    for at, page in enumerate(chain):
        if page.attempt is not None:
            wanted.update(range(at - AROUND, at + AROUND + 1))
    return [page for at, page in enumerate(chain) if at in wanted]


def _read(chain: Sequence[_Page], style: Style, dags: Dags) -> tuple[float, list[list[_State]]]:
    """The likeliest way to read all pages of one browser together, and the readings of each page."""
    plain = {page.size for page in chain if page.attempt is None} - {page.size for page in chain if page.attempt}
    moves = _moves(style)
    steps: list[list[_State]] = []
    for page in chain:
        before = steps[-1] if steps else []
        states = [
            _State(cost + _reached(page.size - length, before, plain, moves), kind, page.size - length)
            for kind, length, cost in _possible(page, style, dags)
        ]
        states += [_State(state.cost + STRANGE, "", state.ground) for state in before[:PASSED]]
        steps.append(sorted(states, key=lambda state: (state.cost, state.kind, state.ground))[:KEPT])
    for states, behind in zip(reversed(steps[:-1]), reversed(steps[1:]), strict=True):
        own = [later.cost - _reached(later.ground, states, plain, moves) + later.rest for later in behind]
        for state in states:
            state.rest = min(
                cost + _move(later.ground, state.ground, plain, moves) for cost, later in zip(own, behind, strict=True)
            )
    return steps[-1][0].cost, steps


def _reached(ground: int, before: Sequence[_State], plain: Collection[int], moves: Sequence[float]) -> float:
    """Cost of the likeliest way to a ground; ``before`` is in order of cost."""
    best = inf
    for state in before:
        if state.cost >= best:
            break
        best = min(best, state.cost + _move(ground, state.ground, plain, moves))
    return best if before else 0.0


def _possible(page: _Page, style: Style, dags: Dags) -> Iterator[tuple[str, int, float]]:
    """Messages that a page may hold, their lengths, and what speaks against each."""
    if page.attempt is not None:
        tag, kind = page.attempt.request.tag, page.attempt.redirect.kind
        key = (tag.endpoint.page, tag.returns_to, kind, None if tag.dag_id is None else len(escape(tag.dag_id)))
        yield from _behind_attempt(style, dags, *key)
        return
    yield "", 0, 0.0
    yield "denied", length_of_denied(style), LEFT_OVER
    if not style.denied:
        for dag in sorted(dags.unproven):
            yield "dag_not_found", length_of_unknown_dag(style, dag), LEFT_OVER


@lru_cache(maxsize=1 << 10)
def _behind_attempt(
    style: Style, dags: Dags, page: str, returns_to: str, redirect: str, dag: int | None
) -> tuple[tuple[str, int, float], ...]:
    """Messages that the page after an attempt may hold, their lengths, and the least that speaks against each."""
    least: dict[tuple[str, int], float] = {("", 0): NONE}
    for cost, kind, length in possible_messages(style, dags, page, returns_to, redirect, dag):
        least[kind, length] = min(cost, least.get((kind, length), inf))
    return tuple((kind, length, cost) for (kind, length), cost in least.items())


@cache
def _moves(style: Style) -> tuple[float, ...]:
    """What speaks against a ground that moved, by bytes."""
    costs = [0.0]
    while (by := len(costs)) < FURTHEST:
        steps, rest = divmod(by + 1, STEP)
        stepped = style.denied and steps > 0 and rest <= 2  # noqa: PLR2004
        costs.append(min(STEPPED + PER_STEP * steps if stepped else MOVED + PER_BYTE * by, FAR))
    return tuple(costs)


def _move(ground: int, before: int, plain: Collection[int], moves: Sequence[float]) -> float:
    by = abs(ground - before)
    cost = moves[by] if by < FURTHEST else FAR
    return BACK if cost > BACK and ground in plain else cost


def _tell(chain: Sequence[_Page], steps: Sequence[Sequence[_State]]) -> None:
    """Note the likeliest reading of each page in the attempt that it followed."""
    for page, states in zip(chain, steps, strict=True):
        if page.attempt is not None and len(chain) > 1:
            best = min(states, key=lambda state: (state.cost + state.rest, state.kind))
            page.attempt.flash = best.kind
            page.attempt.home_growth = page.size - best.ground
